package local_test

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// patience bounds every wait of these tests: a machine that is busy compiling may need it.
const patience = 60 * time.Second

// object is a piece of a template.
type object = map[string]any

// at returns the object at a path of keys, so that a test can change one line of it.
func (f *fixture) at(path ...any) object {
	var v any = f.template
	for _, key := range path {
		switch key := key.(type) {
		case string:
			v = v.(object)[key]
		case int:
			v = v.([]any)[key]
		}
	}
	return v.(object)
}

func (f *fixture) properties(id string) object { return f.at("Resources", id, "Properties") }

func (f *fixture) behavior() object {
	return f.at("Resources", "Distribution", "Properties", "DistributionConfig", "DefaultCacheBehavior")
}

// A fixture is a cloud assembly with one endpoint, as the construct synthesizes it.
type fixture struct {
	template object
	asset    string // the function's code; "": testdata/function
	// placeholder is an asset whose code another one replaces; "": there is none.
	placeholder string
	image       string // what the container image with the tag "image" is built from; "": there is none
}

func newFixture() *fixture {
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	getAtt := func(id, name string) object { return object{"Fn::GetAtt": []any{id, name}} }
	grant := func(action string) object {
		return object{
			"Action": action, "FunctionName": getAtt("Function", "Arn"), "Principal": "cloudfront.amazonaws.com",
			"SourceArn": object{"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"},
		}
	}
	resource := func(typ string, properties object) object { return object{"Type": typ, "Properties": properties} }
	invokeFunction := grant("lambda:InvokeFunction")
	invokeFunction["InvokedViaFunctionUrl"] = true
	return &fixture{template: object{"Resources": object{
		"Function": resource("AWS::Lambda::Function", object{
			"Architectures": []any{arch}, "Code": object{"S3Bucket": "assets", "S3Key": "function.zip"},
			"Role": "arn:aws:iam::111122223333:role/function", "Handler": "bootstrap", "Runtime": "provided.al2023", "Timeout": 60.0,
		}),
		"Url": resource("AWS::Lambda::Url", object{
			"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM", "TargetFunctionArn": getAtt("Function", "Arn"),
		}),
		"InvokeFunctionUrl": resource("AWS::Lambda::Permission", grant("lambda:InvokeFunctionUrl")),
		"InvokeFunction":    resource("AWS::Lambda::Permission", invokeFunction),
		"Signer": resource("AWS::Lambda::Function", object{
			"Code": object{"ZipFile": signer.Source}, "Role": "arn:aws:iam::111122223333:role/function", "Handler": "index.handler", "Runtime": "nodejs24.x", "Timeout": 5.0,
		}),
		"SignerVersion": resource("AWS::Lambda::Version", object{"FunctionName": object{"Ref": "Signer"}}),
		"Viewer": resource("AWS::CloudFront::Function", object{
			"AutoPublish": true, "FunctionCode": viewer.Route{Streamed: true, Signed: true}.Source(),
			"FunctionConfig": object{"Comment": "", "Runtime": "cloudfront-js-2.0"}, "Name": "viewer",
		}),
		"OAC": resource("AWS::CloudFront::OriginAccessControl", object{"OriginAccessControlConfig": object{
			"Name": "oac", "OriginAccessControlOriginType": "lambda", "SigningBehavior": "always", "SigningProtocol": "sigv4",
		}}),
		"Distribution": resource("AWS::CloudFront::Distribution", object{"DistributionConfig": object{
			"Enabled": true,
			"DefaultCacheBehavior": object{
				"AllowedMethods": []any{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"},
				"CachePolicyId":  "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
				"FunctionAssociations": []any{
					object{"EventType": "viewer-request", "FunctionARN": getAtt("Viewer", "FunctionARN")},
				},
				"LambdaFunctionAssociations": []any{
					object{"EventType": "origin-request", "IncludeBody": true, "LambdaFunctionARN": object{"Ref": "SignerVersion"}},
				},
				"OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
				"TargetOriginId":        "function",
				"ViewerProtocolPolicy":  "redirect-to-https",
			},
			"Origins": []any{object{
				"Id": "function",
				"DomainName": object{"Fn::Select": []any{2.0, object{"Fn::Split": []any{
					"/", getAtt("Url", "FunctionUrl"),
				}}}},
				"CustomOriginConfig":    object{"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 60.0},
				"OriginAccessControlId": getAtt("OAC", "Id"),
			}},
		}}),
	}}}
}

// functionAsset builds testdata/function once for this process.
var functionAsset = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "streamfront-test-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := functionAsset(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// write writes the assembly to disk.
func (f *fixture) write(t *testing.T) string {
	t.Helper()
	asset := f.asset
	if asset == "" {
		var err error
		if asset, err = functionAsset(); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	files := object{}
	for key, path := range map[string]string{"function.zip": asset, "placeholder.zip": f.placeholder} {
		if path != "" {
			files[key] = object{
				"source":       object{"path": relative(t, dir, path), "packaging": "zip"},
				"destinations": object{"here": object{"bucketName": "assets", "objectKey": key}},
			}
		}
	}
	for name, content := range map[string]object{
		"manifest.json": {"version": "54.0.0", "artifacts": object{
			"Site": object{
				"type": "aws:cloudformation:stack", "environment": "aws://111122223333/us-east-1",
				"properties": object{"templateFile": "Site.template.json"},
			},
			"Site.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "Site.assets.json"}},
		}},
		"Site.template.json": f.template,
		"Site.assets.json":   {"files": files, "dockerImages": f.images()},
	} {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (f *fixture) images() object {
	if f.image == "" {
		return object{}
	}
	return object{"image": object{
		"source":       object{"directory": f.image, "dockerFile": "docker/Dockerfile"},
		"destinations": object{"here": object{"repositoryName": "images", "imageTag": "image"}},
	}}
}

// archived makes an asset that is an archive of a folder.
func archived(t *testing.T, folder string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "asset.zip")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(out)
	if err := errors.Join(archive.AddFS(os.DirFS(folder)), archive.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

func relative(t *testing.T, from, to string) string {
	t.Helper()
	path, err := filepath.Rel(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs the fixture for the time of the test.
func (f *fixture) start(t *testing.T, options local.Options) *local.Chain {
	t.Helper()
	options.Assembly = f.write(t)
	return start(t, options)
}

func start(t *testing.T, options local.Options) *local.Chain {
	t.Helper()
	if options.Log == nil {
		options.Log = t.Output()
	}
	chain, err := local.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	return chain
}

var client = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// send sends a request with headers given as name, value pairs and returns the answer
// with its whole body.
func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	return testclient.Do(t, client.Do, testclient.Request(t, method, url, body, headers...))
}

func open(t *testing.T, method, url string, headers ...string) *http.Response {
	t.Helper()
	resp, err := client.Do(testclient.Request(t, method, url, "", headers...))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
