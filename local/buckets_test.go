package local_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// withBucket lets the fixture's function use a bucket.
func withBucket() *fixture {
	f := newFixture()
	resources := f.at("Resources")
	resources["Role"] = object{"Type": "AWS::IAM::Role", "Properties": object{}}
	resources["Bucket"] = object{"Type": "AWS::S3::Bucket", "Properties": object{"BucketName": "my-bucket"}}
	resources["Policy"] = object{"Type": "AWS::IAM::Policy", "Properties": object{
		"PolicyName": "p", "Roles": []any{object{"Ref": "Role"}}, "PolicyDocument": object{"Statement": []any{object{
			"Effect": "Allow", "Action": "s3:*Object", "Resource": object{"Fn::Sub": "${Bucket.Arn}/*"},
		}}},
	}}
	f.properties("Function")["Role"] = object{"Fn::GetAtt": []any{"Role", "Arn"}}
	return f
}

// What the function is told about the services behind it.
type behind struct {
	S3  string
	Key [3]string
}

func whatIsBehind(t *testing.T, chain *local.Chain) behind {
	t.Helper()
	_, body := send(t, "GET", chain.URL(), "")
	var b behind
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return b
}

// presigned is what a library makes of what the function is told.
func (b behind) presigned(t *testing.T, method, key string) string {
	t.Helper()
	request, err := http.NewRequest(method, b.S3+"/my-bucket/"+key+"?X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = true })
	credentials := aws.Credentials{AccessKeyID: b.Key[0], SecretAccessKey: b.Key[1], SessionToken: b.Key[2]}
	url, _, err := signer.PresignHTTP(t.Context(), credentials, request, "UNSIGNED-PAYLOAD", "s3", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Amazon S3 invokes the function about new objects, as the bucket says itself and as CDK's custom
// resource says, for the keys that are meant. What fails is tried three times.
func TestNotificationsOfABucket(t *testing.T) {
	t.Parallel()
	arn := object{"Fn::GetAtt": []any{"Function", "Arn"}}
	rules := []any{object{"Name": "prefix", "Value": "in/"}, object{"Name": "suffix", "Value": "d"}}
	permission := object{"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunction", "FunctionName": arn, "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::my-bucket",
	}}
	for name, set := range map[string]func(f *fixture){
		"by the bucket": func(f *fixture) {
			f.properties("Bucket")["NotificationConfiguration"] = object{"LambdaConfigurations": []any{object{
				"Event": "s3:ObjectCreated:*", "Function": arn, "Filter": object{"S3Key": object{"Rules": rules}},
			}}}
		},
		"by a custom resource": func(f *fixture) {
			f.at("Resources")["Notifications"] = object{"Type": "Custom::S3BucketNotifications", "Properties": object{
				"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:handler", "BucketName": object{"Ref": "Bucket"}, "Managed": true,
				"NotificationConfiguration": object{"LambdaFunctionConfigurations": []any{object{
					"Events": []any{"s3:ObjectRemoved:*", "s3:ObjectCreated:Put"}, "LambdaFunctionArn": arn, "Filter": object{"Key": object{"FilterRules": rules}},
				}}},
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withBucket()
			set(f)
			if _, err := local.Start(t.Context(), local.Options{Assembly: f.write(t), Log: t.Output()}); err == nil || !strings.Contains(err.Error(), "Amazon S3 refuses the notification") {
				t.Errorf("without a permission: %v, want a refusal", err)
			}
			f.at("Resources")["Permission"] = permission
			events, log := make(chan local.Trace, 8), &lines{}
			chain := start(t, local.Options{Assembly: f.write(t), Log: log, Trace: func(r local.Trace) {
				if r.Method == "EVENT" {
					events <- r
				}
			}})
			b := whatIsBehind(t, chain)
			for _, key := range []string{"out/d", "in/other", "in/%C3%BC%20%2B.d", "in/bad"} {
				if resp, text := send(t, "PUT", b.presigned(t, "PUT", key), "hello"); resp.StatusCode != 200 {
					t.Fatalf("PUT %s: %d %s", key, resp.StatusCode, text)
				}
			}
			seen := map[string]local.Trace{}
			for range 2 {
				select {
				case r := <-events:
					seen[r.Target] = r
				case <-time.After(patience):
					t.Fatalf("only %v came", seen)
				}
			}
			if r, ok := seen["ObjectCreated:Put /my-bucket/in/ü +.d"]; !ok || len(r.Hops) != 1 || r.Hops[0].Refused {
				t.Errorf("events = %+v, want one about in/ü +.d", seen)
			}
			if r := seen["ObjectCreated:Put /my-bucket/in/bad"]; len(r.Hops) != 3 || !r.Hops[2].Refused {
				t.Errorf("hops = %+v, want three attempts that fail", r.Hops)
			}
			// As a function would put it for the 16th event of a chain.
			if resp, text := send(t, "PUT", b.presigned(t, "PUT", "in/round.d"), "hello", "X-Amzn-Trace-Id", "Root=1-a-b;Lineage=16:local:0"); resp.StatusCode != 200 {
				t.Fatalf("PUT: %d %s", resp.StatusCode, text)
			}
			if r := testclient.Receive(t, "the event of a loop", events); len(r.Hops) != 1 || !r.Hops[0].Refused || !strings.Contains(r.Hops[0].Decision, "takes this for a loop") {
				t.Errorf("hops = %+v, want none but the refusal of a loop", r.Hops)
			}
			if want := "registered in/ü +.d of my-bucket, 5 bytes, ObjectCreated:Put, 5d41402abc4b2a76b9719d911017c592"; !strings.Contains(log.String(), want) {
				t.Errorf("log = %s, want %s", log.String(), want)
			}
		})
	}
}

// A reload changes neither the addresses nor the keys, and keeps what was uploaded; a grant
// that is gone is gone at once.
func TestBucketsSurviveAReload(t *testing.T) {
	t.Parallel()
	f := withBucket()
	dir := f.write(t)
	chain := start(t, local.Options{Assembly: dir})
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "stands in for Amazon S3 with Site/Bucket") {
		t.Errorf("notes = %q, want the bucket in them", notes)
	}
	b := whatIsBehind(t, chain)
	put, get := b.presigned(t, "PUT", "a"), b.presigned(t, "GET", "a")
	if resp, body := send(t, "PUT", put, "hello"); resp.StatusCode != 200 {
		t.Fatalf("PUT: %d %s", resp.StatusCode, body)
	}
	if err := chain.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp, body := send(t, "GET", get, ""); resp.StatusCode != 200 || body != "hello" {
		t.Errorf("GET after a reload: %d %q, want hello", resp.StatusCode, body)
	}
	if again := whatIsBehind(t, chain); again != b {
		t.Errorf("after a reload the function sees %+v, was %+v", again, b)
	}

	f.properties("Policy")["Roles"] = []any{"another"}
	f.properties("Function")["Environment"] = object{"Variables": object{"BUCKET": object{"Ref": "Bucket"}}}
	template, err := json.Marshal(f.template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Site.template.json"), template, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chain.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp, body := send(t, "GET", get, ""); resp.StatusCode != 403 || !strings.Contains(body, "AccessDenied") {
		t.Errorf("GET without a grant: %d %s, want 403 AccessDenied", resp.StatusCode, body)
	}
}

// A function has credentials, as on AWS, so that no library looks for real ones; they are
// good for nothing where there are no buckets.
func TestFunctionsHaveMadeUpCredentials(t *testing.T) {
	t.Parallel()
	b := whatIsBehind(t, newFixture().start(t, local.Options{}))
	if !strings.HasPrefix(b.Key[0], "ASIA") || b.Key[1] == "" || !strings.HasPrefix(b.Key[2], "local-") || b.S3 != "" {
		t.Errorf("the function sees %+v, want made-up keys and no S3", b)
	}
}

// Nothing that was uploaded stays on this machine. Not in parallel: it has a folder for
// temporary files of its own.
func TestUploadsAreGoneAtTheEnd(t *testing.T) {
	if _, err := functionAsset(); err != nil { // outlives this test
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	chain := withBucket().start(t, local.Options{})
	if resp, body := send(t, "PUT", whatIsBehind(t, chain).presigned(t, "PUT", "a"), "hello"); resp.StatusCode != 200 {
		t.Fatalf("PUT: %d %s", resp.StatusCode, body)
	}
	kept := func() []string {
		files, err := filepath.Glob(filepath.Join(dir, "streamfront-chain-*", "streamfront-s3-*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	if got := kept(); len(got) != 1 {
		t.Fatalf("kept %q, want one file", got)
	}
	chain.Close()
	if got := kept(); len(got) != 0 {
		t.Errorf("after the end %q is still there", got)
	}
}
