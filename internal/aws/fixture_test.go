package aws_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
)

type (
	object = map[string]any
	list   = []any
)

func getAtt(id, attribute string) object { return object{"Fn::GetAtt": list{id, attribute}} }

func ref(id string) object { return object{"Ref": id} }

// A fixture is a cloud assembly of two stacks in us-east-1: Site with one endpoint, and
// Far, which is empty, in eu-west-1.
type fixture struct {
	site, far object // Resources
	dir       string // where read wrote the assembly
	account   string // of both stacks
}

func newFixture() *fixture {
	grant := func(action string, more object) object {
		p := object{
			"Action": action, "FunctionName": getAtt("Fn", "Arn"), "Principal": "cloudfront.amazonaws.com",
			"SourceArn": object{"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Dist}"},
		}
		for name, v := range more {
			p[name] = v
		}
		return object{"Type": "AWS::Lambda::Permission", "Properties": p}
	}
	return &fixture{
		account: "111122223333",
		site: object{
			"Fn": object{"Type": "AWS::Lambda::Function", "Properties": object{
				"Architectures": list{"arm64"}, "Code": object{"S3Bucket": "assets", "S3Key": "fn.zip"}, "Handler": "bootstrap",
				"Runtime": "provided.al2023", "Role": getAtt("Role", "Arn"), "Timeout": 900, "MemorySize": 512,
				"Environment": object{"Variables": object{"STAGE": "prod", "SELF": object{"Fn::Sub": "${AWS::Region}"}, "COUNT": 5}},
			}},
			"Url": object{"Type": "AWS::Lambda::Url", "Properties": object{
				"AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM", "TargetFunctionArn": getAtt("Fn", "Arn"),
			}},
			"GrantUrl":    grant("lambda:InvokeFunctionUrl", object{"FunctionUrlAuthType": "AWS_IAM"}),
			"GrantInvoke": grant("lambda:InvokeFunction", object{"InvokedViaFunctionUrl": true}),
			"Signer": object{"Type": "AWS::Lambda::Function", "Properties": object{
				"Code": object{"ZipFile": "exports.handler = async (e) => e"}, "Handler": "index.handler", "Runtime": "nodejs24.x",
				"Role": getAtt("Role", "Arn"), "Timeout": 5, "Architectures": list{"x86_64"},
			}},
			"Version": object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": ref("Signer")}},
			"Viewer": object{"Type": "AWS::CloudFront::Function", "Properties": object{
				"AutoPublish": true, "FunctionCode": "function handler(e) { return e.request }", "Name": "viewer",
				"FunctionConfig": object{"Comment": "c", "Runtime": "cloudfront-js-2.0"},
			}},
			"OAC": object{"Type": "AWS::CloudFront::OriginAccessControl", "Properties": object{"OriginAccessControlConfig": object{
				"Name": "oac", "OriginAccessControlOriginType": "lambda", "SigningBehavior": "always", "SigningProtocol": "sigv4",
			}}},
			"Dist": object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": object{
				"Enabled": true, "HttpVersion": "http2and3", "IPV6Enabled": true, "Comment": "c",
				"DefaultCacheBehavior": behavior(object{
					"AllowedMethods":       list{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"},
					"FunctionAssociations": list{object{"EventType": "viewer-request", "FunctionARN": getAtt("Viewer", "FunctionARN")}},
					"LambdaFunctionAssociations": list{
						object{"EventType": "origin-request", "IncludeBody": true, "LambdaFunctionARN": ref("Version")},
					},
				}),
				"CacheBehaviors": list{behavior(object{"PathPattern": "/static/*"})},
				"Origins": list{object{
					"Id": "fn", "OriginAccessControlId": getAtt("OAC", "Id"),
					"DomainName":          object{"Fn::Select": list{2, object{"Fn::Split": list{"/", getAtt("Url", "FunctionUrl")}}}},
					"OriginCustomHeaders": list{object{"HeaderName": "x-tenant", "HeaderValue": "one"}},
					"CustomOriginConfig": object{
						"OriginProtocolPolicy": "https-only", "OriginReadTimeout": 60, "OriginKeepaliveTimeout": 60,
						"OriginSSLProtocols": list{"TLSv1.2"},
					},
				}},
			}}},
			// Off the path. Nobody can know these values, and nobody has to.
			"Role":  object{"Type": "AWS::IAM::Role", "Properties": object{"Path": object{"Fn::GetAZs": ""}}},
			"Table": object{"Type": "AWS::DynamoDB::Table", "Properties": object{"TableName": object{"Fn::Nonsense": ref("Nobody")}}},
			"Queue": object{"Type": "AWS::SQS::Queue", "Condition": "Nowhere"},
		},
		far: object{},
	}
}

func behavior(more object) object {
	b := object{
		"CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
		"TargetOriginId": "fn", "ViewerProtocolPolicy": "redirect-to-https", "Compress": false,
	}
	for name, v := range more {
		b[name] = v
	}
	return b
}

// properties returns the properties of a resource of stack Site.
func (f *fixture) properties(id string) object { return f.site[id].(object)["Properties"].(object) }

func (f *fixture) config() object { return f.properties("Dist")["DistributionConfig"].(object) }

func (f *fixture) behavior() object { return f.config()["DefaultCacheBehavior"].(object) }

func (f *fixture) origin() object { return f.config()["Origins"].(list)[0].(object) }

func (f *fixture) custom() object { return f.origin()["CustomOriginConfig"].(object) }

func (f *fixture) oac() object {
	return f.properties("OAC")["OriginAccessControlConfig"].(object)
}

// read writes the assembly and reads it.
func (f *fixture) read(t *testing.T) (*aws.Model, error) {
	t.Helper()
	f.dir = t.TempDir()
	stack := func(name, region string) object {
		return object{
			"type": "aws:cloudformation:stack", "environment": "aws://" + f.account + "/" + region,
			"properties": object{"templateFile": name + ".template.json"},
		}
	}
	for name, content := range map[string]any{
		"manifest.json": object{"artifacts": object{
			"Site": stack("Site", "us-east-1"), "Far": stack("Far", "eu-west-1"),
			"Site.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "assets.json"}},
		}},
		"assets.json": object{"files": object{"fn": object{
			"source": object{"path": "asset.fn"}, "destinations": object{"d": object{"objectKey": "fn.zip"}},
		}}},
		"Site.template.json": object{
			"Parameters": object{"Unset": object{"Type": "String"}},
			"Conditions": object{"Yes": object{"Fn::Equals": list{"a", "a"}}, "No": object{"Fn::Equals": list{"a", "b"}}},
			"Resources":  f.site,
		},
		"Far.template.json": object{"Resources": f.far},
	} {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(f.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := assembly.Load(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	m := aws.Read(a, aws.Options{})
	return m, m.Err()
}
