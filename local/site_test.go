package local_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A single-page app of a stranger: its page and its files come from the bucket, under the
// origin access control, and paths that are no file get the page.
func TestASinglePageAppIsServed(t *testing.T) {
	t.Parallel()
	chain := startChain(t, local.Options{Assembly: stranger(t, "spa")})
	url := chain.Distributions()[0].URL
	for _, test := range []struct{ path, contentType, body string }{
		{"/", "text/html", "<script"},
		{"/index.html", "text/html", "<script"},
		{"/app.js", "text/javascript", ""},
		{"/some/route", "text/html", "<script"}, // the error page of 403: nobody may list the bucket
	} {
		resp, body := send(t, "GET", url+test.path, "")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != test.contentType || !strings.Contains(body, test.body) {
			t.Errorf("%s = %d %s %q", test.path, resp.StatusCode, resp.Header.Get("Content-Type"), body)
		}
	}
	if resp, _ := send(t, "GET", url+"/some/route", ""); resp.Header.Get("X-Cache") != "Error from cloudfront" {
		t.Errorf("X-Cache of an error page = %q", resp.Header.Get("X-Cache"))
	}
	if resp, _ := send(t, "GET", url+"/app.js", ""); resp.Header.Get("X-Cache") != "Hit from cloudfront" || resp.Header.Get("Server") != "AmazonS3" {
		t.Errorf("the second answer = %v", resp.Header)
	}
	resp, body := send(t, "POST", url+"/api/chat", "hello from the page")
	if resp.StatusCode != 200 || !strings.Contains(body, "hello") {
		t.Errorf("POST /api/chat = %d %s", resp.StatusCode, body)
	}
}

// An origin of somebody else is answered 501 on its own paths, or asked where the user says.
func TestOriginsOfSomebodyElse(t *testing.T) {
	t.Parallel()
	partner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Key"))
	}))
	defer partner.Close()
	const id = "partner"
	f := newFixture()
	f.config()["CacheBehaviors"] = []any{object{
		"PathPattern": "/partner/*", "TargetOriginId": id, "ViewerProtocolPolicy": "https-only", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
	}}
	f.config()["Origins"] = append(f.config()["Origins"].([]any), object{
		"Id": id, "DomainName": "api.example.com", "CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"},
		"OriginCustomHeaders": []any{object{"HeaderName": "X-Key", "HeaderValue": "k"}},
	})
	assembly := f.write(t)
	at := func(chain *local.Chain) string { return chain.Distributions()[0].URL }

	chain := startChain(t, local.Options{Assembly: assembly})
	resp, body := send(t, "GET", at(chain)+"/partner/x", "")
	if resp.StatusCode != 501 || !strings.Contains(body, "Site/Distribution: DistributionConfig.Origins[1].DomainName is api.example.com") {
		t.Errorf("without an address: %d %s", resp.StatusCode, body)
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "the behavior /partner/* is answered 501: Site/Distribution: DistributionConfig.Origins[1].DomainName") {
		t.Errorf("the notes do not say so: %s", notes)
	}
	if resp, _ := send(t, "GET", at(chain)+"/elsewhere", ""); resp.StatusCode != 200 {
		t.Errorf("a path of another behavior is answered %d", resp.StatusCode)
	}

	chain = startChain(t, local.Options{Assembly: assembly, Origins: map[string]string{id: partner.URL + "/base/"}})
	if resp, body := send(t, "GET", at(chain)+"/partner/a%2Fb", ""); resp.StatusCode != 200 || body != "GET api.example.com /base/partner/a%2Fb k" {
		t.Errorf("with an address: %d %s", resp.StatusCode, body)
	}
	partner.Close()
	if resp, _ := send(t, "GET", at(chain)+"/partner/c", ""); resp.StatusCode != 502 {
		t.Errorf("where nobody listens: %d, want 502", resp.StatusCode)
	}

	for given, want := range map[string]string{"nobody": `no distribution has an origin "nobody" (--origin): those here are [` + `"`, id: "want an address such as http://localhost:3000"} {
		if _, err := local.Start(t.Context(), local.Options{Assembly: assembly, Origins: map[string]string{given: "localhost:3000"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--origin %s=localhost:3000: %v, want it to say %s", given, err, want)
		}
	}
}

// An origin in a VPC and the website of somebody else's bucket are asked where the user says, too.
func TestOriginsInAVPCAndWebsites(t *testing.T) {
	t.Parallel()
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }))
	t.Cleanup(there.Close)
	for name, test := range map[string]struct {
		domain any
		kind   object
	}{
		"VPC":     {"internal.example.com", object{"VpcOriginConfig": object{"VpcOriginId": "vo_1"}}},
		"website": {"their-site.s3-website-us-east-1.amazonaws.com", object{"CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.at("Resources")["Site"] = object{"Type": "AWS::S3::Bucket", "Properties": object{"BucketName": "my-site"}}
			origin := object{"Id": "there", "DomainName": test.domain}
			maps.Copy(origin, test.kind)
			f.config()["Origins"] = append(f.config()["Origins"].([]any), origin)
			f.config()["CacheBehaviors"] = []any{object{
				"PathPattern": "/there/*", "TargetOriginId": "there", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
			}}
			if resp, body := send(t, "GET", f.start(t, local.Options{}).URL()+"/there/x", ""); resp.StatusCode != 501 || !strings.Contains(body, "--origin there=http://localhost:PORT") {
				t.Errorf("without an address: %d %s, want 501 and the flag", resp.StatusCode, body)
			}
			chain := f.start(t, local.Options{Origins: map[string]string{"there": there.URL}})
			if resp, body := send(t, "GET", chain.URL()+"/there/x", ""); resp.StatusCode != 200 || body != test.domain {
				t.Errorf("with an address: %d %s", resp.StatusCode, body)
			}
		})
	}
}

// The first origin of the group is an empty bucket, which answers 403; the second one has the
// files.
func TestAnOriginGroupFailsOver(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 16)
	chain := startChain(t, local.Options{Assembly: stranger(t, "origin-group"), Trace: func(tr local.Trace) { traces <- tr }})
	url := chain.Distributions()[0].URL
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "App/SiteE53D7754 is an origin and empty") || !strings.Contains(notes, "--origin AppDistributionOrigin1340DDA7D=http://localhost:PORT") || !strings.Contains(notes, "App/Second394350F9 has 2 objects") {
		t.Errorf("notes = %s", notes)
	}
	if resp, body := send(t, "GET", url, ""); resp.StatusCode != 403 || !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("the root = %d %s", resp.StatusCode, body)
	}
	// One request, one trace: what the bucket said is a hop of it.
	got := <-traces
	var details []string
	for _, hop := range got.Hops {
		details = append(details, hop.Detail)
	}
	for _, want := range []string{"s3:ListBucket on arn:aws:s3:::", "set DefaultRootObject"} {
		if got.Status != 403 || !strings.Contains(strings.Join(details, "\n"), want) {
			t.Errorf("the trace of the root = %+v, want %q", got, want)
		}
	}
	if resp, body := send(t, "GET", url+"/index.html", ""); resp.StatusCode != 200 || !strings.Contains(body, "It loads") {
		t.Errorf("/index.html = %d %s", resp.StatusCode, body)
	}
	if resp, body := send(t, "GET", url+"/none.html", ""); resp.StatusCode != 403 || !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("/none.html = %d %s", resp.StatusCode, body)
	}
	if resp, _ := send(t, "HEAD", url+"/app.js", ""); resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/javascript" {
		t.Errorf("HEAD /app.js = %d %v", resp.StatusCode, resp.Header)
	}
}

// The policy of the bucket decides: the assembly is the same, but for one thing.
func TestTheBucketPolicyDecides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change []string // pairs of old and new
		path   string
		status int
		code   string
	}{
		"as it is":             {nil, "/index.html", 200, ""},
		"a key that is none":   {nil, "/none", 403, "AccessDenied"},
		"another distribution": {[]string{`"Ref": "Distribution830FAC52"`, `"Ref": "AWS::StackName"`}, "/index.html", 403, "AccessDenied"},
		"no signature":         {[]string{`"SigningBehavior": "always"`, `"SigningBehavior": "never"`}, "/index.html", 403, "AccessDenied"},
		"another action":       {[]string{`"s3:GetObject"`, `"s3:PutObject"`}, "/index.html", 403, "AccessDenied"},
		"another service":      {[]string{`"Service": "cloudfront.amazonaws.com"`, `"Service": "logging.s3.amazonaws.com"`}, "/index.html", 403, "AccessDenied"},
		"a condition more":     {[]string{`"StringEquals": {`, `"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals": {`}, "/index.html", 403, "AccessDenied"},
		"who may list":         {[]string{`"Action": "s3:GetObject"`, `"Action": ["s3:GetObject", "s3:ListBucket"]`, `"/*"`, `"*"`}, "/none", 404, "NoSuchKey"},
		"public, blocked":      {[]string{`"Service": "cloudfront.amazonaws.com"`, `"AWS": "*"`, `"StringEquals": {`, `"Null": {`}, "/index.html", 403, "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := stranger(t, "origin-group")
			file := filepath.Join(dir, "App.template.json")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(test.change); i += 2 {
				if !strings.Contains(string(text), test.change[i]) {
					t.Fatalf("the template does not have %s", test.change[i])
				}
			}
			text = []byte(strings.NewReplacer(test.change...).Replace(string(text)))
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			chain := startChain(t, local.Options{Assembly: dir})
			resp, body := send(t, "GET", chain.Distributions()[0].URL+test.path, "")
			if resp.StatusCode != test.status || !strings.Contains(body, test.code) {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, body, test.status, test.code)
			}
		})
	}
}

// A bucket behind an origin access identity, as it was done before origin access control, and a
// function at the edge with a key-value store.
func TestOriginAccessIdentityAndKeyValueStore(t *testing.T) {
	t.Parallel()
	arn := object{"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}
	f := func(canonical any) *fixture {
		f := newFixture()
		resources := object{
			"Bucket":   object{"Type": "AWS::S3::Bucket", "Properties": object{}},
			"Identity": object{"Type": "AWS::CloudFront::CloudFrontOriginAccessIdentity", "Properties": object{"CloudFrontOriginAccessIdentityConfig": object{"Comment": ""}}},
			"BucketPolicy": object{"Type": "AWS::S3::BucketPolicy", "Properties": object{"Bucket": object{"Ref": "Bucket"}, "PolicyDocument": object{"Statement": []any{object{
				"Effect": "Allow", "Action": "s3:GetObject", "Resource": arn, "Principal": object{"CanonicalUser": canonical},
			}}}}},
			"Deploy": object{"Type": "Custom::CDKBucketDeployment", "Properties": object{
				"ServiceToken": "arn", "SourceBucketNames": []any{"assets"}, "SourceObjectKeys": []any{"function.zip"},
				"DestinationBucketName": object{"Ref": "Bucket"}, "DestinationBucketKeyPrefix": "files", "SystemMetadata": object{"cache-control": "max-age=5"},
			}},
			"Store": object{"Type": "AWS::CloudFront::KeyValueStore", "Properties": object{"Name": "routes"}},
			"Router": object{"Type": "AWS::CloudFront::Function", "Properties": object{
				"AutoPublish": true, "Name": "router", "FunctionCode": `import cf from 'cloudfront';
async function handler(event) { try { event.request.uri = await cf.kvs().get(event.request.uri); } catch (e) { } return event.request; }`,
				"FunctionConfig": object{"Comment": "", "Runtime": "cloudfront-js-2.0", "KeyValueStoreAssociations": []any{object{"KeyValueStoreARN": object{"Fn::GetAtt": []any{"Store", "Arn"}}}}},
			}},
		}
		maps.Copy(f.at("Resources"), resources)
		f.config()["CacheBehaviors"] = []any{object{
			"PathPattern": "/files/*", "TargetOriginId": "bucket", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
			"AllowedMethods": []any{"GET", "HEAD", "OPTIONS"}, "CachedMethods": []any{"GET", "HEAD", "OPTIONS"},
			"FunctionAssociations": []any{object{"EventType": "viewer-request", "FunctionARN": object{"Fn::GetAtt": []any{"Router", "FunctionARN"}}}},
		}}
		f.config()["Origins"] = append(f.config()["Origins"].([]any), object{
			"Id": "bucket", "DomainName": object{"Fn::GetAtt": []any{"Bucket", "RegionalDomainName"}},
			"S3OriginConfig": object{"OriginAccessIdentity": object{"Fn::Sub": "origin-access-identity/cloudfront/${Identity}"}},
		})
		return f
	}
	values := filepath.Join(t.TempDir(), "routes.json")
	if err := os.WriteFile(values, []byte(`{"/files/latest": "/files/bootstrap"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	chain := f(object{"Fn::GetAtt": []any{"Identity", "S3CanonicalUserId"}}).start(t, local.Options{KeyValueStores: map[string]string{"routes": values}})
	for path, want := range map[string]int{"/files/bootstrap": 200, "/files/latest": 200, "/files/none": 403} {
		if resp, _ := send(t, "HEAD", chain.URL()+path, ""); resp.StatusCode != want || want == 200 && resp.Header.Get("Cache-Control") != "max-age=5" {
			t.Errorf("%s = %d %v, want %d", path, resp.StatusCode, resp.Header, want)
		}
	}
	if resp, _ := send(t, "HEAD", f("somebody").start(t, local.Options{}).URL()+"/files/bootstrap", ""); resp.StatusCode != 403 {
		t.Errorf("of another identity: %d, want 403", resp.StatusCode)
	}
	dir := f("somebody").write(t)
	if _, err := local.Start(t.Context(), local.Options{Assembly: dir, KeyValueStores: map[string]string{"other": values}}); err == nil || !strings.Contains(err.Error(), `["Site/Store"]`) {
		t.Errorf("a store that there is not: %v", err)
	}
}

// Source.jsonData of CDK: the values of tokens stand in place of markers, as text of JSON.
func TestConfigurationFileOfADeployment(t *testing.T) {
	t.Parallel()
	program, err := functionAsset()
	if err != nil {
		t.Fatal(err)
	}
	asset := t.TempDir()
	if err := os.CopyFS(asset, os.DirFS(program)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(asset, "config.json"), []byte(`{"name":"<<0>>","all":<<1>>,"api":"https://<<2>>/v1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFixture()
	f.asset = asset
	const name = `the "first" é`
	maps.Copy(f.at("Resources"), object{
		"Bucket": object{"Type": "AWS::S3::Bucket", "Properties": object{"PublicAccessBlockConfiguration": object{"BlockPublicPolicy": false, "RestrictPublicBuckets": false}}},
		"Deploy": object{"Type": "Custom::CDKBucketDeployment", "Properties": object{
			"ServiceToken": "arn", "SourceBucketNames": []any{"assets"}, "SourceObjectKeys": []any{"function.zip"}, "DestinationBucketName": object{"Ref": "Bucket"},
			"SourceMarkers":       []any{object{"<<0>>": name, "<<1>>": object{"Fn::Sub": "in ${AWS::Region}"}, "<<2>>": object{"Fn::GetAtt": []any{"Distribution", "DomainName"}}}},
			"SourceMarkersConfig": []any{object{"jsonEscape": true, "markerEncodings": object{"<<1>>": "JSON_VALUE"}}},
		}},
		"Policy": object{"Type": "AWS::S3::BucketPolicy", "Properties": object{"Bucket": object{"Ref": "Bucket"}, "PolicyDocument": object{"Statement": []any{object{
			"Effect": "Allow", "Action": "s3:GetObject", "Resource": object{"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}, "Principal": "*",
		}}}}},
	})
	f.config()["CacheBehaviors"] = []any{object{
		"PathPattern": "/config.json", "TargetOriginId": "bucket", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
	}}
	f.config()["Origins"] = append(f.config()["Origins"].([]any), object{
		"Id": "bucket", "DomainName": object{"Fn::GetAtt": []any{"Bucket", "RegionalDomainName"}}, "S3OriginConfig": object{},
	})
	url := f.start(t, local.Options{}).URL()
	want := `{"name":"the \"first\" \u00e9","all":"in us-east-1","api":"` + url + `/v1"}` // a page that runs here calls what runs here
	if resp, body := send(t, "GET", url+"/config.json", ""); resp.StatusCode != 200 || body != want {
		t.Errorf("%d %s, want %s", resp.StatusCode, body, want)
	}
}
