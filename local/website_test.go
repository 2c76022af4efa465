package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// websiteFixture is a distribution before the website of a bucket that has a few pages.
func websiteFixture(t *testing.T, website object, origin object, condition any) *fixture {
	t.Helper()
	asset := t.TempDir()
	program, err := functionAsset()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(asset, os.DirFS(program)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"index.html": "home", "docs/index.html": "docs", "404.html": "not here", "new/a.html": "moved"} {
		file := filepath.Join(asset, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := newFixture()
	f.asset = asset
	allow := object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": object{"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}, "Principal": "*"}
	if condition != nil {
		allow["Condition"] = condition
	}
	bucket := object{"PublicAccessBlockConfiguration": object{"BlockPublicPolicy": false, "RestrictPublicBuckets": false}}
	if website != nil {
		bucket["WebsiteConfiguration"] = website
	}
	for id, resource := range (object{
		"Bucket": object{"Type": "AWS::S3::Bucket", "Properties": bucket},
		"Deploy": object{"Type": "Custom::CDKBucketDeployment", "Properties": object{
			"ServiceToken": "arn", "SourceBucketNames": []any{"assets"}, "SourceObjectKeys": []any{"function.zip"}, "DestinationBucketName": object{"Ref": "Bucket"},
		}},
		"Policy": object{"Type": "AWS::S3::BucketPolicy", "Properties": object{"Bucket": object{"Ref": "Bucket"}, "PolicyDocument": object{"Statement": []any{allow}}}},
	}) {
		f.at("Resources")[id] = resource
	}
	f.behavior()["TargetOriginId"] = "website"
	for _, name := range []string{"LambdaFunctionAssociations", "FunctionAssociations", "OriginRequestPolicyId"} {
		delete(f.behavior(), name)
	}
	own := object{
		"Id": "website", "DomainName": object{"Fn::Select": []any{2.0, object{"Fn::Split": []any{"/", object{"Fn::GetAtt": []any{"Bucket", "WebsiteURL"}}}}}},
		"CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"},
	}
	for name, value := range origin {
		own[name] = value
	}
	f.config()["Origins"] = append(f.config()["Origins"].([]any), own)
	return f
}

func TestWebsiteOfABucket(t *testing.T) {
	t.Parallel()
	documents := object{"IndexDocument": "index.html", "ErrorDocument": "404.html"}
	rules := object{"IndexDocument": "index.html", "RoutingRules": []any{
		object{"RoutingRuleCondition": object{"KeyPrefixEquals": "old/"}, "RedirectRule": object{"ReplaceKeyPrefixWith": "new/", "HttpRedirectCode": "302", "HostName": "www.example.com", "Protocol": "https"}},
		object{"RoutingRuleCondition": object{"HttpErrorCodeReturnedEquals": "404"}, "RedirectRule": object{"ReplaceKeyPrefixWith": "#!/", "HostName": "www.example.com"}},
	}}
	type answer struct {
		path   string
		status int
		text   string // of the body, or of Location
	}
	secret := object{"StringEquals": object{"aws:Referer": "secret"}}
	for name, test := range map[string]struct {
		website   object
		origin    object
		condition any
		answers   []answer
	}{
		"documents": {documents, nil, nil, []answer{
			{"/", 200, "home"}, {"/docs/", 200, "docs"}, {"/docs", 302, "/docs/"}, {"/new/a.html", 200, "moved"}, {"/nothing", 404, "not here"},
		}},
		"below a path":       {documents, object{"OriginPath": "/docs"}, nil, []answer{{"/", 200, "docs"}, {"/x", 404, "not here"}}},
		"no error document":  {object{"IndexDocument": "index.html"}, nil, nil, []answer{{"/nothing", 404, "<li>Code: NoSuchKey</li>"}}},
		"routing rules":      {rules, nil, nil, []answer{{"/old/a.html", 302, "https://www.example.com/new/a.html"}, {"/nothing", 301, "http://www.example.com/#!/nothing"}}},
		"another site":       {object{"RedirectAllRequestsTo": object{"HostName": "www.example.com", "Protocol": "https"}}, nil, nil, []answer{{"/a/b", 301, "https://www.example.com/a/b"}}},
		"a secret":           {documents, object{"OriginCustomHeaders": []any{object{"HeaderName": "Referer", "HeaderValue": "secret"}}}, secret, []answer{{"/", 200, "home"}}},
		"another secret":     {documents, nil, secret, []answer{{"/", 403, "<li>Code: AccessDenied</li>"}}},
		"no website":         {nil, nil, nil, []answer{{"/", 404, "NoSuchWebsiteConfiguration"}}},
		"a website by HTTPS": {documents, object{"CustomOriginConfig": object{"OriginProtocolPolicy": "https-only"}}, nil, []answer{{"/", 502, "the website of a bucket speaks HTTP alone"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := websiteFixture(t, test.website, test.origin, test.condition).start(t, local.Options{}).Distributions()[0].URL
			for _, a := range test.answers {
				resp, body := testclient.Do(t, client.Transport.RoundTrip, testclient.Request(t, "GET", url+a.path, "")) // follows no redirect
				if got := body + resp.Header.Get("Location"); resp.StatusCode != a.status || !strings.Contains(got, a.text) {
					t.Errorf("%s = %d %s, want %d %s", a.path, resp.StatusCode, got, a.status, a.text)
				}
			}
		})
	}
}
