package local_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// What the construct library cdk-nextjs-standalone deploys: static files, and the code of the server
// in the place of an asset.
func TestDeploymentsOfNextjsStandalone(t *testing.T) {
	t.Parallel()
	f := newFixture()
	program, err := functionAsset()
	if err != nil {
		t.Fatal(err)
	}
	f.asset = t.TempDir()
	if err := os.CopyFS(f.asset, os.DirFS(program)); err != nil {
		t.Fatal(err)
	}
	f.placeholder = t.TempDir()
	for file, text := range map[string]string{
		f.asset + "/_next/static/app.js": "fetch('{{ NEXT_PUBLIC_API }}')", f.asset + "/icon.woff2": "font", f.asset + "/sitemap.xml": "<x/>",
		f.placeholder + "/index.mjs": "export const handler = () => 'to be replaced'",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.properties("Function")["Code"] = object{"S3Bucket": "assets", "S3Key": "placeholder.zip"}
	maps.Copy(f.at("Resources"), object{
		"Server": object{"Type": "Custom::NextjsBucketDeployment", "Properties": object{
			"ServiceToken": "arn", "sourceBucketName": "assets", "sourceKeyPrefix": "function.zip",
			"destinationBucketName": "assets", "destinationKeyPrefix": "placeholder.zip", "prune": false, "substitutionConfig": object{"{{ NEXT_PUBLIC_API }}": "x"}, "zip": true,
		}},
		"Static": object{"Type": "Custom::NextjsBucketDeployment", "Properties": object{
			"ServiceToken": "arn", "sourceBucketName": "assets", "sourceKeyPrefix": "function.zip", "destinationBucketName": object{"Ref": "Bucket"}, "prune": false,
			"putConfig":          object{"**/_next/static/**/*": object{"CacheControl": "immutable"}, "**/*.{xml,json}": object{"ContentType": "application/xml; charset=utf-8"}},
			"substitutionConfig": object{"{{ NEXT_PUBLIC_API }}": object{"Fn::Sub": "https://${Distribution.DomainName}/api"}},
		}},
		"Bucket": object{"Type": "AWS::S3::Bucket", "Properties": object{"PublicAccessBlockConfiguration": object{"BlockPublicPolicy": false, "RestrictPublicBuckets": false}}},
		"Policy": object{"Type": "AWS::S3::BucketPolicy", "Properties": object{"Bucket": object{"Ref": "Bucket"}, "PolicyDocument": object{"Statement": []any{object{
			"Effect": "Allow", "Action": "s3:GetObject", "Resource": object{"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}, "Principal": "*",
		}}}}},
	})
	var behaviors []any
	for _, pattern := range []string{"/_next/*", "*.woff2", "*.xml"} {
		behaviors = append(behaviors, object{
			"PathPattern": pattern, "TargetOriginId": "bucket", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
		})
	}
	f.config()["CacheBehaviors"] = behaviors
	f.config()["Origins"] = append(f.config()["Origins"].([]any), object{
		"Id": "bucket", "DomainName": object{"Fn::GetAtt": []any{"Bucket", "RegionalDomainName"}}, "S3OriginConfig": object{},
	})
	chain := f.start(t, local.Options{})
	if !slices.ContainsFunc(chain.Notes(), func(note string) bool {
		return strings.Contains(note, "Site/Function: its code has {{ NEXT_PUBLIC_API }} here")
	}) {
		t.Errorf("notes = %q, want one of the text in the server's code", chain.Notes())
	}
	url := chain.URL()
	if resp, body := send(t, "GET", url+"/page", ""); resp.StatusCode != 200 || decode(t, body).Target != "/page" {
		t.Errorf("the server = %d %s, want the code that is deployed over the asset", resp.StatusCode, body)
	}
	for _, want := range []struct{ path, contentType, cache, body string }{
		{"/_next/static/app.js", "text/javascript", "immutable", "fetch('" + url + "/api')"},
		{"/icon.woff2", "font/woff2", "", "font"},
		{"/sitemap.xml", "application/xml; charset=utf-8", "", "<x/>"},
	} {
		resp, body := send(t, "GET", url+want.path, "")
		if h := resp.Header; resp.StatusCode != 200 || h.Get("Content-Type") != want.contentType || h.Get("Cache-Control") != want.cache || body != want.body {
			t.Errorf("%s = %d %s %q %q, want %v", want.path, resp.StatusCode, h.Get("Content-Type"), h.Get("Cache-Control"), body, want)
		}
	}
}
