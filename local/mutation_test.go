package local_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/authorizer"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/tools/check"
	"github.com/streamfront/streamfront/local"
)

// A mutation breaks one line that security or delivery rests on. The check has to name it
// from the template alone, and the chain has to refuse it: at its start, or in AWS's words
// when the request comes. Where one of the two cannot, the table says why.
type mutation struct {
	mutate func(*fixture)
	// rule and at are what the check finds, nothing else: the rule's id and the logical id.
	rule, at string
	// unseen says why the check finds nothing.
	unseen string

	// start is in the message with which the chain refuses to start.
	start string
	// method, errorType and body are of the request that is answered 403.
	method    string
	errorType string
	body      string
	// cause is what the trace says of that request; "" if it is the rule.
	cause string
	// served says why the chain serves it all the same.
	served string
}

const (
	allViewer        = "216adef6-5c7f-47e4-b989-5492eafa07d3"
	cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
)

func mutations() map[string]mutation {
	denied := func(m mutation) mutation {
		m.method, m.errorType, m.body = "GET", "AccessDeniedException", forbidden
		return m
	}
	unsigned := func(m mutation) mutation {
		m.method, m.errorType, m.body = "POST", "InvalidSignatureException", mismatch
		return m
	}
	unknownHost := func(m mutation) mutation {
		m.method, m.errorType, m.body = "GET", "AccessDeniedException", `{"Message":null}`
		return m
	}
	edge := func(property, start string, value any) mutation {
		return mutation{
			mutate: func(f *fixture) { f.properties("Signer")[property] = value },
			rule:   "edge-function-unfit", at: "Signer", start: start,
		}
	}
	withoutSigner := func(f *fixture) { delete(f.behavior(), "LambdaFunctionAssociations") }
	const wide = "AWS grants it to the one distribution as well, which is the only one here"

	table := map[string]mutation{
		// Who may call.
		"URL without authorization": denied(mutation{ // nor a grant for everybody
			mutate: func(f *fixture) { f.properties("Url")["AuthType"] = "NONE" }, rule: "url-public", at: "Url", cause: "grant-url-missing",
		}),
		"URL open to everybody, as CDK writes it": {
			mutate: func(f *fixture) {
				f.properties("Url")["AuthType"] = "NONE"
				for _, id := range []string{"InvokeFunctionUrl", "InvokeFunction"} {
					f.properties(id)["Principal"] = "*"
					delete(f.properties(id), "SourceArn")
				}
				f.properties("InvokeFunctionUrl")["FunctionUrlAuthType"] = "NONE"
			}, rule: "url-public", at: "Url",
			served: "it is what the template says: what is open is the way past CloudFront, too",
		},
		"grant for everybody": {
			mutate: func(f *fixture) {
				grant := f.properties("InvokeFunctionUrl")
				f.at("Resources")["Everybody"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
					"Action": grant["Action"], "FunctionName": grant["FunctionName"], "Principal": "*",
				}}
			}, rule: "url-public", at: "Everybody",
			served: "CloudFront's requests pass as before: what is open is the way past it",
		},
		"without InvokeFunctionUrl": denied(mutation{
			mutate: func(f *fixture) { delete(f.at("Resources"), "InvokeFunctionUrl") }, rule: "grant-url-missing", at: "Url",
		}),
		"without InvokeFunction": denied(mutation{
			mutate: func(f *fixture) { delete(f.at("Resources"), "InvokeFunction") }, rule: "grant-function-missing", at: "Url",
		}),
		"grant of another action": denied(mutation{
			mutate: func(f *fixture) { f.properties("InvokeFunctionUrl")["Action"] = "lambda:GetFunction" }, rule: "grant-url-missing", at: "Url",
		}),
		"grant to another principal": denied(mutation{
			mutate: func(f *fixture) { f.properties("InvokeFunction")["Principal"] = "s3.amazonaws.com" }, rule: "grant-function-missing", at: "Url",
		}),
		"grant on another function": denied(mutation{
			mutate: func(f *fixture) { f.properties("InvokeFunction")["FunctionName"] = object{"Ref": "Signer"} }, rule: "grant-function-missing", at: "Url",
		}),
		"grant on a version of the function": denied(mutation{
			mutate: func(f *fixture) {
				f.properties("InvokeFunctionUrl")["FunctionName"] = object{"Fn::Sub": "${Function.Arn}:1"}
			}, rule: "grant-url-missing", at: "Url",
		}),
		"grant for URLs without authorization": denied(mutation{
			mutate: func(f *fixture) { f.properties("InvokeFunctionUrl")["FunctionUrlAuthType"] = "NONE" }, rule: "grant-url-missing", at: "Url",
		}),
		"grant with a condition of the other action": {
			mutate: func(f *fixture) { f.properties("InvokeFunction")["FunctionUrlAuthType"] = "AWS_IAM" }, rule: "grant-function-missing", at: "InvokeFunction",
			start: "InvokeFunction: FunctionUrlAuthType is AWS_IAM: Lambda accepts it for",
		},
		"grant to another distribution": denied(mutation{
			mutate: func(f *fixture) {
				f.properties("InvokeFunctionUrl")["SourceArn"] = "arn:aws:cloudfront::111122223333:distribution/EOTHER"
			}, rule: "grant-other-distribution", at: "InvokeFunctionUrl",
		}),
		"grant to another account": denied(mutation{
			mutate: func(f *fixture) { f.properties("InvokeFunction")["SourceAccount"] = "999999999999" }, rule: "grant-function-missing", at: "Url",
		}),
		"grant to every distribution": {
			mutate: func(f *fixture) { delete(f.properties("InvokeFunctionUrl"), "SourceArn") }, rule: "grant-too-wide", at: "InvokeFunctionUrl", served: wide,
		},
		"grant to every distribution of the account": {
			mutate: func(f *fixture) {
				f.properties("InvokeFunction")["SourceArn"] = object{"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/*"}
			}, rule: "grant-too-wide", at: "InvokeFunction", served: wide,
		},
		"grant without InvokedViaFunctionUrl": {
			mutate: func(f *fixture) { delete(f.properties("InvokeFunction"), "InvokedViaFunctionUrl") }, rule: "grant-without-via-url", at: "InvokeFunction",
			served: "the URL is one of the ways that the wider grant allows",
		},

		// What signs.
		"without the OAC": denied(mutation{
			mutate: func(f *fixture) { delete(f.origin(), "OriginAccessControlId") }, rule: "origin-without-oac", at: "Distribution",
		}),
		"OAC that never signs": denied(mutation{
			mutate: func(f *fixture) { f.oac()["SigningBehavior"] = "never" }, rule: "oac-not-always", at: "OAC",
		}),
		"OAC that does not override": {
			mutate: func(f *fixture) { f.oac()["SigningBehavior"] = "no-override" }, rule: "oac-not-always", at: "OAC",
			served: "the signer takes Authorization away, so that there is nothing to override",
		},
		"signer that leaves Authorization, OAC that does not override": {
			mutate: func(f *fixture) {
				f.editSigner("if (headers.authorization)", "if (false)")
				f.oac()["SigningBehavior"] = "no-override"
			}, rule: "oac-not-always", at: "OAC", method: "POST", errorType: "IncompleteSignatureException",
		},
		"address of the URL in place of its name": {
			mutate: func(f *fixture) {
				f.origin()["DomainName"] = object{"Fn::GetAtt": []any{"Url", "FunctionUrl"}}
			},
			rule: "url-unknown", at: "Distribution", start: ".DomainName is the whole address of the function URL",
		},
		"OAC for buckets": {
			mutate: func(f *fixture) { f.oac()["OriginAccessControlOriginType"] = "s3" }, rule: "oac-not-always", at: "OAC",
			start: "OriginAccessControlOriginType is",
		},
		"origin by HTTP": {
			mutate: func(f *fixture) { f.origin()["CustomOriginConfig"].(object)["OriginProtocolPolicy"] = "match-viewer" }, rule: "origin-not-https", at: "Distribution",
			start: "OriginProtocolPolicy is",
		},

		// The hash of the body.
		"without the signer": unsigned(mutation{mutate: withoutSigner, rule: "payload-hash-missing", at: "Distribution"}),
		"without the body": unsigned(mutation{
			mutate: func(f *fixture) { f.association()["IncludeBody"] = false }, rule: "signer-without-body", at: "Distribution",
		}),
		"another function in the signer's place": unsigned(mutation{
			mutate: func(f *fixture) {
				f.properties("Signer")["Code"] = object{"ZipFile": "exports.handler = async (e) => e.Records[0].cf.request;"}
			}, rule: "payload-hash-missing", at: "Distribution",
		}),
		"signer that hashes text": unsigned(mutation{
			mutate: func(f *fixture) {
				f.editSigner("scratch.subarray(0, scratch.write(data, 'base64'))", "Buffer.from(data, 'base64').toString()")
			}, unseen: "it is a fault of the code, which is not understood but only searched for the header", cause: "payload-hash-wrong",
		}),
		"signer that trusts the viewer": unsigned(mutation{
			mutate: func(f *fixture) { f.editSigner("digest = sha256(body);", "digest = sent;") },
			unseen: "it is a fault of the code, which is not understood but only searched for the header", cause: "payload-hash-missing",
		}),

		// Authorization at the edge.
		"authorizer's configuration before a signer that verifies nothing": {
			mutate: func(f *fixture) {
				f.origin()["OriginCustomHeaders"] = []any{object{"HeaderName": "x-streamfront-jwt-issuer", "HeaderValue": "https://issuer.example.com"}}
			}, rule: "authorizer-without-check", at: "Distribution", served: "nothing asks for a token",
		},
		"authorizer of one path, beside an open one": {
			mutate: func(f *fixture) {
				second, admin := maps.Clone(f.origin()), maps.Clone(f.behavior())
				second["Id"], admin["TargetOriginId"], admin["PathPattern"] = "second", "second", "/admin/*"
				second["OriginCustomHeaders"] = []any{
					object{"HeaderName": "x-streamfront-jwt-issuer", "HeaderValue": "https://issuer.example.com"},
					object{"HeaderName": "x-streamfront-jwt-audience", "HeaderValue": "app"},
				}
				f.properties("Signer")["Code"] = object{"ZipFile": authorizer.Signing}
				f.config()["Origins"] = append(f.config()["Origins"].([]any), second)
				f.config()["CacheBehaviors"] = []any{admin}
			}, rule: "authorizer-avoided", at: "Distribution", served: "the other path is open, as the template says",
		},

		// Permissions and what is beside the way.
		"grant to another account's root": {
			mutate: func(f *fixture) {
				f.at("Resources")["Account"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
					"Action": "lambda:*", "FunctionName": object{"Ref": "Function"}, "Principal": "arn:aws:iam::999999999999:root",
				}}
			}, rule: "grant-too-wide", at: "Account", served: "CloudFront's requests pass as before: what is open is the way past it",
		},
		"bucket for everybody": {
			mutate: func(f *fixture) {
				f.uploads()
				document := f.properties("BucketPolicy")["PolicyDocument"].(object)
				document["Statement"] = append(document["Statement"].([]any), object{
					"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": object{"Fn::Sub": "${Bucket.Arn}/*"},
				})
			}, rule: "bucket-open", at: "BucketPolicy", served: "what is open is the bucket, past the function",
		},
		"bucket with a public ACL": {
			mutate: func(f *fixture) { f.uploads(); f.properties("Bucket")["AccessControl"] = "PublicReadWrite" }, rule: "bucket-open", at: "Bucket",
			served: "what is open is the bucket, past the function",
		},
		"bucket without the block of public access": {
			mutate: func(f *fixture) {
				f.uploads()
				f.properties("Bucket")["PublicAccessBlockConfiguration"] = object{"BlockPublicAcls": false, "BlockPublicPolicy": false}
			}, rule: "bucket-open", at: "Bucket", served: "nothing uses it yet",
		},
		"bucket for pages of every origin": {
			mutate: func(f *fixture) {
				f.uploads()
				f.properties("Bucket")["CorsConfiguration"] = object{"CorsRules": []any{object{"AllowedMethods": []any{"PUT"}, "AllowedOrigins": []any{"*"}}}}
			}, rule: "bucket-open", at: "Bucket", served: "what is open is the bucket, past the function",
		},
		"bucket that CloudFront may not read": {
			mutate: func(f *fixture) {
				f.at("Resources")["Site"] = object{"Type": "AWS::S3::Bucket", "Properties": object{}}
				f.config()["Origins"] = append(f.config()["Origins"].([]any), object{
					"Id": "site", "DomainName": object{"Fn::GetAtt": []any{"Site", "RegionalDomainName"}}, "S3OriginConfig": object{},
				})
				f.config()["CacheBehaviors"] = []any{object{
					"PathPattern": "/site/*", "TargetOriginId": "site", "ViewerProtocolPolicy": "https-only", "CachePolicyId": cachingOptimized,
				}}
			}, rule: "bucket-closed", at: "Distribution", served: "the pages of the bucket alone are answered 403",
		},
		"record of a name that the distribution does not have": {
			mutate: func(f *fixture) {
				f.at("Resources")["Record"] = object{"Type": "AWS::Route53::RecordSet", "Properties": object{
					"Name": "chat.example.com.", "Type": "A", "HostedZoneId": "Z1",
					"AliasTarget": object{"DNSName": object{"Fn::GetAtt": []any{"Distribution", "DomainName"}}, "HostedZoneId": "Z2FDTNDATAQYW2"},
				}}
			}, rule: "domain-unknown", at: "Record", served: "by its own name the distribution answers",
		},
		"pages of every origin with cookies": {
			mutate: func(f *fixture) {
				f.properties("Url")["Cors"] = object{"AllowOrigins": []any{"*"}, "AllowCredentials": true}
			}, rule: "cors-any-origin", at: "Url", served: "which pages may call is what the template says",
		},
		"origin that no browser sends": {
			mutate: func(f *fixture) {
				f.properties("Url")["Cors"] = object{"AllowOrigins": []any{"https://app.example.com/"}}
			}, rule: "cors-unfit", at: "Url",
			served: "only a browser keeps pages out",
		},
		"bucket by plain HTTP": {
			mutate: func(f *fixture) { f.uploads(); delete(f.at("Resources"), "BucketPolicy") }, rule: "bucket-plain-http", at: "Bucket",
			served: "the chain has no TLS that could be missing",
		},
		"function that writes where it is invoked": {
			mutate: func(f *fixture) { f.notified(object{"SourceArn": "arn:aws:s3:::my-bucket"}, "my-bucket/in/*") }, rule: "recursive-invocation", at: "Bucket",
			served: "the function decides what it writes",
		},
		"permission for every bucket": {
			mutate: func(f *fixture) { f.notified(nil, "my-bucket/out/*") }, rule: "grant-any-bucket", at: "Permission",
			served: "the chain has the buckets of the assembly alone",
		},
		"web ACL of no distribution": {
			mutate: func(f *fixture) { f.firewall(); delete(f.config(), "WebACLId") }, rule: "web-acl-open", at: "Firewall",
			served: "the chain has no AWS WAF, and says so",
		},
		"web ACL without rules": {
			mutate: func(f *fixture) { f.firewall(); f.properties("Firewall")["Rules"] = []any{} }, rule: "web-acl-open", at: "Firewall",
			served: "the chain has no AWS WAF, and says so",
		},
		"web ACL for other services": {
			mutate: func(f *fixture) { f.firewall(); f.properties("Firewall")["Scope"] = "REGIONAL" }, rule: "value-refused", at: "Distribution",
			start: "WebACLId is a web ACL of the scope REGIONAL",
		},
		"logs to a bucket that takes no ACLs": {
			mutate: func(f *fixture) {
				f.at("Resources")["Logs"] = object{"Type": "AWS::S3::Bucket"}
				f.config()["Logging"] = object{"Bucket": object{"Fn::GetAtt": []any{"Logs", "RegionalDomainName"}}}
			}, rule: "value-refused", at: "Distribution", start: "Logging.Bucket is Site/Logs, which does not accept ACLs",
		},
		"name that the certificate is not for": {
			mutate: func(f *fixture) {
				f.at("Resources")["Certificate"] = object{"Type": "AWS::CertificateManager::Certificate", "Properties": object{"DomainName": "example.com"}}
				f.config()["Aliases"] = []any{"chat.example.com"}
				f.config()["ViewerCertificate"] = object{
					"AcmCertificateArn": object{"Ref": "Certificate"}, "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021",
				}
			}, rule: "value-refused", at: "Distribution", start: "Aliases[0] is chat.example.com, and the certificate Site/Certificate is for example.com",
		},
		"function that waits for its own URL": {
			mutate: func(f *fixture) {
				f.at("Resources", "Function")["DependsOn"] = []any{"Settings"}
				f.at("Resources")["Settings"] = object{"Type": "AWS::SSM::Parameter", "Properties": object{
					"Type": "String", "Value": object{"Fn::Sub": "see ${Url.FunctionUrl}"},
				}}
			}, rule: "circular-dependency", at: "Function",
			start: "Site/Function: DependsOn is in a circle, which AWS refuses as a circular dependency: Function -> Settings (DependsOn) -> Url (Fn::Sub in Value) -> Function (Fn::GetAtt in TargetFunctionArn)",
		},

		// What is forwarded and shared.
		"Host forwarded by a managed policy": unknownHost(mutation{
			mutate: func(f *fixture) { f.behavior()["OriginRequestPolicyId"] = allViewer }, rule: "host-forwarded", at: "Distribution",
		}),
		"Host forwarded by a policy of its own": unknownHost(mutation{
			mutate: func(f *fixture) {
				f.behavior()["OriginRequestPolicyId"] = object{"Ref": "Policy"}
				f.at("Resources")["Policy"] = object{"Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": object{
					"OriginRequestPolicyConfig": object{
						"Name": "policy", "HeadersConfig": object{"HeaderBehavior": "allExcept", "Headers": []any{"cookie"}},
						"CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "none"},
					},
				}}
			}, rule: "host-forwarded", at: "Distribution",
		}),
		"Authorization forwarded by no policy": {
			mutate: func(f *fixture) { delete(f.behavior(), "OriginRequestPolicyId") }, rule: "authorization-lost", at: "Distribution",
			served: "what the answer is without a token is the application's affair",
		},
		"Host in the cache key": unknownHost(mutation{
			mutate: func(f *fixture) {
				f.behavior()["CachePolicyId"] = object{"Ref": "Cache"}
				delete(f.behavior(), "OriginRequestPolicyId")
				f.at("Resources")["Cache"] = object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
					"Name": "cache", "MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 1, "ParametersInCacheKeyAndForwardedToOrigin": object{
						"EnableAcceptEncodingGzip": false, "HeadersConfig": object{"HeaderBehavior": "whitelist", "Headers": []any{"host", "authorization"}},
						"CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "none"},
					},
				}}}
			}, rule: "host-forwarded", at: "Distribution",
		}),
		"cache that users share": {
			mutate: func(f *fixture) { f.behavior()["CachePolicyId"] = cachingOptimized }, rule: "cache-mixes-users", at: "Distribution",
			served: "CloudFront caches what it is told to, and so does the chain",
		},

		"cache that keeps what says no-store": {
			mutate: func(f *fixture) {
				f.behavior()["CachePolicyId"] = object{"Ref": "Cache"}
				delete(f.behavior(), "OriginRequestPolicyId")
				f.at("Resources")["Cache"] = object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
					"Name": "cache", "MinTTL": 60, "DefaultTTL": 60, "MaxTTL": 60, "ParametersInCacheKeyAndForwardedToOrigin": object{
						"EnableAcceptEncodingGzip": false, "HeadersConfig": object{"HeaderBehavior": "whitelist", "Headers": []any{"authorization"}},
						"CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "none"},
					},
				}}}
			}, rule: "no-store-cached", at: "Distribution", served: "CloudFront caches what it is told to, and so does the chain",
		},
		"route without the viewer function": {
			mutate: func(f *fixture) {
				b := maps.Clone(f.behavior())
				b["PathPattern"] = "/api/*"
				delete(b, "FunctionAssociations")
				f.config()["CacheBehaviors"] = []any{b}
			}, rule: "viewer-forwarded-host", at: "Distribution",
			served: "what the application makes of the header is its affair",
		},
		"one identity for all": {
			mutate: func(f *fixture) {
				f.origin()["OriginCustomHeaders"] = []any{object{"HeaderName": "X-Forwarded-Authorization", "HeaderValue": "Bearer one"}}
			}, rule: "origin-header-trusted", at: "Distribution", served: "what the application makes of the header is its affair",
		},
		"pattern for everything before another": {
			mutate: func(f *fixture) {
				for _, pattern := range []string{"*", "/api/*"} {
					b := maps.Clone(f.behavior())
					b["PathPattern"] = pattern
					behaviors, _ := f.config()["CacheBehaviors"].([]any)
					f.config()["CacheBehaviors"] = append(behaviors, b)
				}
			}, rule: "route-hidden", at: "Distribution", served: "CloudFront accepts the first pattern that fits, and so does the chain",
		},
		"methods that write before a group of origins": {
			mutate: func(f *fixture) {
				f.config()["OriginGroups"] = object{"Quantity": 1, "Items": []any{object{
					"Id": "group", "FailoverCriteria": object{"StatusCodes": object{"Quantity": 1, "Items": []any{500}}},
					"Members": object{"Quantity": 2, "Items": []any{object{"OriginId": "function"}, object{"OriginId": "second"}}},
				}}}
				second := maps.Clone(f.origin())
				second["Id"] = "second"
				f.config()["Origins"] = append(f.config()["Origins"].([]any), second)
				f.behavior()["TargetOriginId"] = "group"
			}, rule: "value-refused", at: "Distribution", start: "CloudFront accepts GET, HEAD and OPTIONS before a group",
		},

		// Viewers.
		"plain HTTP": {
			mutate: func(f *fixture) { f.behavior()["ViewerProtocolPolicy"] = "allow-all" }, rule: "viewer-http-allowed", at: "Distribution",
			served: "AWS serves it, and the chain has no TLS that could be missing",
		},
		"old TLS": {
			mutate: func(f *fixture) {
				f.config()["Aliases"] = []any{"chat.example.com"}
				f.config()["ViewerCertificate"] = object{
					"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1",
				}
			}, rule: "tls-old", at: "Distribution", served: "AWS serves it, and the chain has no TLS",
		},
		"page in place of 403": {
			mutate: func(f *fixture) {
				f.config()["CustomErrorResponses"] = []any{object{"ErrorCode": 403, "ResponseCode": 200, "ResponsePagePath": "/index.html"}}
			}, rule: "errors-hide-403", at: "Distribution", served: "AWS serves it, with the page in place of any 403",
		},

		// Modes and timeouts.
		"buffered URL before a function that streams": {
			mutate: func(f *fixture) { f.properties("Url")["InvokeMode"] = "BUFFERED" }, rule: "invoke-mode-mismatch", at: "Url",
			served: "as on AWS the answer comes, but wrong",
		},
		"read timeout of CloudFront's own": {
			mutate: func(f *fixture) { delete(f.origin()["CustomOriginConfig"].(object), "OriginReadTimeout") }, rule: "read-timeout-short", at: "Distribution",
			served: "a request that is answered in time shows nothing; TestTimeoutsInMidStream has the others",
		},
		"completion timeout below the function's": {
			mutate: func(f *fixture) {
				f.origin()["ResponseCompletionTimeout"] = 90
				f.properties("Function")["Timeout"] = 900
			}, rule: "completion-timeout-short", at: "Distribution",
			served: "a request that is answered in time shows nothing; TestTimeoutsInMidStream has the others",
		},
		"web adapter without its layer": {
			mutate: func(f *fixture) {
				f.properties("Function")["Runtime"], f.properties("Function")["Handler"] = "nodejs24.x", "index.handler"
				f.properties("Function")["Code"] = object{"ZipFile": "exports.handler = awslambda.streamifyResponse(async () => {});"}
				f.properties("Function")["Environment"] = object{"Variables": object{"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "AWS_LWA_INVOKE_MODE": "response_stream"}}
			}, rule: "function-failed", at: "Function", start: "AWS_LAMBDA_EXEC_WRAPPER",
		},
		"handler that the code does not have": {
			mutate: func(f *fixture) { f.properties("Signer")["Handler"] = "index.main" }, rule: "handler-missing", at: "Signer",
			served: "AWS accepts it, too; the edge function fails, which is no 403",
		},
		"role that may not write logs": {
			mutate: func(f *fixture) {
				f.at("Resources")["Role"] = object{"Type": "AWS::IAM::Role", "Properties": object{"AssumeRolePolicyDocument": object{"Statement": []any{object{
					"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": "lambda.amazonaws.com"},
				}}}}}
				f.properties("Function")["Role"] = object{"Fn::GetAtt": []any{"Role", "Arn"}}
			}, rule: "logs-missing", at: "Role", served: "the function runs as well",
		},
		"function at viewer-response that returns the request": {
			mutate: func(f *fixture) {
				f.at("Resources")["After"] = object{"Type": "AWS::CloudFront::Function", "Properties": object{
					"AutoPublish": true, "FunctionCode": "function handler(event) { return event.request; }",
					"FunctionConfig": object{"Comment": "", "Runtime": "cloudfront-js-2.0"}, "Name": "after",
				}}
				f.behavior()["FunctionAssociations"] = append(f.behavior()["FunctionAssociations"].([]any),
					object{"EventType": "viewer-response", "FunctionARN": object{"Fn::GetAtt": []any{"After", "FunctionARN"}}})
			}, rule: "edge-result-invalid", at: "Distribution", served: "AWS accepts it, too; what it answers then is no 403",
		},
		"authorizer without an audience": {
			mutate: func(f *fixture) {
				f.properties("Signer")["Code"] = object{"ZipFile": authorizer.Signing}
				f.origin()["OriginCustomHeaders"] = []any{object{"HeaderName": "x-streamfront-jwt-issuer", "HeaderValue": "https://issuer.example.com"}}
			}, rule: "signer-failed", at: "Distribution", served: "AWS accepts it, too; the authorizer fails, which is no 403",
		},
		"read timeout over the default quota": {
			mutate: func(f *fixture) { f.origin()["CustomOriginConfig"].(object)["OriginReadTimeout"] = 180 }, rule: "over-default-quota", at: "Distribution",
			served: "accounts may have a higher quota",
		},
		"completion timeout below the read timeout": {
			mutate: func(f *fixture) { f.origin()["ResponseCompletionTimeout"] = 30 }, rule: "completion-timeout-short", at: "Distribution",
			start: "ResponseCompletionTimeout is 30 s",
		},

		// What AWS does not take, whatever it would do.
		"set of methods that there is not": {
			mutate: func(f *fixture) { f.behavior()["AllowedMethods"] = []any{"GET", "HEAD", "POST"} }, rule: "value-refused", at: "Distribution",
			start: `AllowedMethods is ["GET" "HEAD" "POST"]: CloudFront accepts one of the sets`,
		},
		"environment over 4 KB": {
			mutate: func(f *fixture) {
				f.properties("Function")["Environment"] = object{"Variables": object{"TEXT": strings.Repeat("x", 4096)}}
			}, rule: "value-refused", at: "Function", start: "Environment.Variables have 4100 bytes: Lambda accepts 4096",
		},
		"CloudFront Function over 10 KB": {
			mutate: func(f *fixture) {
				f.properties("Viewer")["FunctionCode"] = f.properties("Viewer")["FunctionCode"].(string) + "\n//" + strings.Repeat("x", 10<<10)
			}, rule: "value-refused", at: "Viewer", start: "bytes: AWS accepts 10240",
		},
		"function that runs for 1000 s": {
			mutate: func(f *fixture) { f.properties("Function")["Timeout"] = 1000.0 }, rule: "value-refused", at: "Function",
			start: "Timeout is 1000: AWS accepts 1 to 900",
		},

		// Lambda@Edge.
		"edge function with environment":    edge("Environment", "have no environment variables", object{"Variables": object{"STAGE": "b"}}),
		"edge function for arm64":           edge("Architectures", "runs on x86_64", []any{"arm64"}),
		"edge function with layers":         edge("Layers", "Layers", []any{"arn:aws:lambda:us-east-1:111122223333:layer:l:1"}),
		"edge function in a VPC":            edge("VpcConfig", "VpcConfig", object{"SubnetIds": []any{"subnet-1"}, "SecurityGroupIds": []any{"sg-1"}}),
		"edge function in an image":         edge("PackageType", "PackageType", "Image"),
		"edge function with a dead letter":  edge("DeadLetterConfig", "DeadLetterConfig", object{"TargetArn": "arn:aws:sqs:us-east-1:111122223333:q"}),
		"edge function with X-Ray":          edge("TracingConfig", "TracingConfig", object{"Mode": "Active"}),
		"edge function with a key":          edge("KmsKeyArn", "KmsKeyArn", "arn:aws:kms:us-east-1:111122223333:key/1"),
		"edge function with much disk":      edge("EphemeralStorage", "EphemeralStorage", object{"Size": 1024}),
		"edge function that runs for long":  edge("Timeout", "Lambda@Edge allows 30", 31),
		"edge function in another language": edge("Runtime", "Runtime", "java21"),
		"edge function at viewers' events that is slow": {
			mutate: func(f *fixture) {
				f.atViewerRequest("exports.handler = async (e) => e.Records[0].cf.request; // x-forwarded-host, x-streamfront-claims", 20)
			}, rule: "edge-function-unfit", at: "Other", start: "Timeout is 20 s: Lambda@Edge allows 5 at viewer-request",
		},
		"signer at viewer-request": {
			mutate: func(f *fixture) {
				f.atViewerRequest("exports.handler = async (e) => hash(e, 'x-amz-content-sha256'); // x-forwarded-host, x-streamfront-claims", 5)
			}, rule: "body-over-edge-limit", at: "Distribution", served: "AWS runs it, and it hashes what it sees of a body",
		},
		"edge function without a version": {
			mutate: func(f *fixture) {
				f.association()["LambdaFunctionARN"] = object{"Fn::GetAtt": []any{"Signer", "Arn"}}
			}, rule: "edge-function-unfit", at: "Distribution", start: "Lambda@Edge accepts the ARN of a numbered version",
		},
		"edge function at two places": {
			mutate: func(f *fixture) {
				again := object{"EventType": "origin-request", "LambdaFunctionARN": object{"Ref": "SignerVersion"}}
				f.behavior()["LambdaFunctionAssociations"] = append(f.behavior()["LambdaFunctionAssociations"].([]any), again)
			}, rule: "edge-function-unfit", at: "Distribution", start: "CloudFront runs one function for an event",
		},
		"load balancer without a grant": {
			mutate: balancer(func(f *fixture) { delete(f.at("Resources"), "Invoke") }),
			rule:   "balancer-grant-missing", at: "Group", start: "lets elasticloadbalancing.amazonaws.com invoke it",
		},
		"load balancer on the internet without TLS": {
			mutate: balancer(func(f *fixture) { f.properties("Balancer")["Scheme"] = "internet-facing" }),
			rule:   "balancer-plain-http", at: "Listener", served: "AWS serves it in clear text",
		},
		"load balancer that waits less than the function takes": {
			mutate: balancer(func(f *fixture) { f.properties("Function")["Timeout"] = 61.0 }),
			rule:   "idle-timeout-short", at: "Balancer", served: "what comes in time arrives",
		},
		"load balancer without lists of values": {
			mutate: balancer(func(f *fixture) { f.setAttribute("Group", "lambda.multi_value_headers.enabled", "false") }),
			rule:   "values-lost", at: "Group", served: "the last value of each arrives",
		},
	}
	return table
}

// balancer is a mutation of the fixture with a load balancer.
func balancer(mutate func(*fixture)) func(*fixture) {
	return func(f *fixture) {
		*f = *newBalancer()
		mutate(f)
	}
}

// Without the line, the check names it with the one rule at its resource, and the chain
// refuses in AWS's words.
func TestMutatedTemplateIsRefused(t *testing.T) {
	t.Parallel()
	for name, m := range mutations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			m.mutate(f)
			m.wantNamed(t, f)
			if m.start != "" {
				m.wantNoStart(t, f)
				return
			}
			traces := make(chan local.Trace, 100)
			chain := f.start(t, local.Options{TraceDetails: true, Trace: func(tr local.Trace) { traces <- tr }})
			if m.served != "" {
				if resp, got := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode == http.StatusForbidden {
					t.Errorf("answer = 403 %s, but the table says that it is served: %s", got, m.served)
				}
				return
			}
			m.wantForbidden(t, chain.URL())
			m.wantCause(t, testclient.Receive(t, "the trace", traces))
			m.wantExplained(t, chain.URL())
		})
	}
}

// The same lines unbroken: nothing is found, and requests pass.
func TestNothingIsWrongWithTheFixture(t *testing.T) {
	t.Parallel()
	f := newFixture()
	mutation{unseen: "nothing is wrong"}.wantNamed(t, f)
	chain := f.start(t, local.Options{})
	for _, method := range []string{"GET", "POST"} {
		if resp, got := send(t, method, chain.URL()+"/", strings.Repeat("x", len(method)-3)); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s, want 200", method, resp.StatusCode, got)
		}
	}
}

// Each rule that the check knows has its mutation, and a row says what happens to it.
func TestEveryRuleHasAMutation(t *testing.T) {
	t.Parallel()
	rules := map[string]bool{
		"value-unknown":              true, // breaks nothing, by its nature
		"grant-other-region":         true, // takes two regions: TestStackInAnotherRegion
		"route-unknown":              true, // takes an API: TestUnknownPaths, TestRules of package apigateway
		"manage-connections-missing": true, // takes a WebSocket API: TestWebSocketWhoseFunctionMayNotAnswer
		"api-grant-missing":          true, // takes an API: TestAnAPIWithoutPermission
		"authorizer-policy-cached":   true, // takes an API: TestAnAuthorizerBehindADistribution
		"websocket-handshake-lost":   true, // takes a WebSocket API: TestAWebSocketThroughADistribution
		"request-invalid":            true, // takes an API: TestRefusedValidation of package apigateway, TestARESTAPIValidates
		"origin-unreachable":         true, // takes a load balancer: TestADistributionBeforeAnotherFrontDoor
	}
	for name, m := range mutations() {
		rules[m.rule] = true
		if (m.rule == "") == (m.unseen == "") {
			t.Errorf("%s: want either a rule or why there is none", name)
		}
		outcomes := 0
		for _, outcome := range []string{m.start, m.errorType, m.served} {
			if outcome != "" {
				outcomes++
			}
		}
		if outcomes != 1 {
			t.Errorf("%s: want one of start, errorType and served, got %d", name, outcomes)
		}
	}
	for _, rule := range aws.Rules() {
		if !rules[string(rule.ID)] {
			t.Errorf("no mutation shows rule %s", rule.ID)
		}
	}
}

func (m mutation) wantNamed(t *testing.T, f *fixture) {
	t.Helper()
	report, err := check.Run(f.write(t), check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, finding := range report.Findings {
		got = append(got, string(finding.Rule)+" at "+finding.LogicalID)
	}
	if m.rule != "" {
		want = []string{m.rule + " at " + m.at}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the check finds %q, want %q: %s", got, want, fmt.Sprint(report.Findings))
	}
}

func (m mutation) wantNoStart(t *testing.T, f *fixture) {
	t.Helper()
	chain, err := local.Start(t.Context(), local.Options{Assembly: f.write(t), Log: t.Output()})
	if err == nil {
		chain.Close()
		t.Fatalf("the chain starts, want an error with %q", m.start)
	}
	if !strings.Contains(err.Error(), m.start) {
		t.Errorf("error = %v, want %q", err, m.start)
	}
}

func (m mutation) wantForbidden(t *testing.T, url string) {
	t.Helper()
	body := ""
	if m.method == "POST" {
		body = "\xff\x00 not text"
	}
	resp, got := send(t, m.method, url+"/", body, "Authorization", "Bearer secret")
	if resp.StatusCode != http.StatusForbidden || resp.Header.Get("X-Amzn-Errortype") != m.errorType {
		t.Errorf("answer = %d %q, want 403 %q", resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), m.errorType)
	}
	if m.body != "" && got != m.body {
		t.Errorf("body = %s, want %s", got, m.body)
	}
	if want := "Error from cloudfront"; resp.Header.Get("X-Cache") != want {
		t.Errorf("X-Cache = %q, want %q", resp.Header.Get("X-Cache"), want)
	}
}

// The trace gives the same reason for the request as the check for the template.
func (m mutation) wantCause(t *testing.T, tr local.Trace) {
	t.Helper()
	want := m.cause
	if want == "" {
		want = m.rule
	}
	if got := tr.Cause(); got != want {
		t.Errorf("the trace's cause is %q, want %q", got, want)
	}
	if m.body != mismatch {
		return
	}
	// The two canonical requests differ in the payload, and in nothing else.
	lines, known := tr.Signature()
	for _, line := range lines {
		if line.Differs != (line.Part == "payload hash") {
			t.Errorf("line %+v", line)
		}
	}
	if len(lines) == 0 || !known {
		t.Errorf("the trace has not both canonical requests: %+v", lines)
	}
}

func (f *fixture) config() object {
	return f.at("Resources", "Distribution", "Properties", "DistributionConfig")
}

func (f *fixture) origin() object {
	return f.at("Resources", "Distribution", "Properties", "DistributionConfig", "Origins", 0)
}

func (f *fixture) association() object {
	return f.at("Resources", "Distribution", "Properties", "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0)
}

// uploads gives the function a bucket that nobody else gets at.
func (f *fixture) uploads() {
	f.at("Resources")["Bucket"] = object{"Type": "AWS::S3::Bucket", "Properties": object{}}
	f.at("Resources")["BucketPolicy"] = object{"Type": "AWS::S3::BucketPolicy", "Properties": object{
		"Bucket": object{"Ref": "Bucket"}, "PolicyDocument": object{"Statement": []any{object{
			"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
			"Resource": []any{object{"Fn::GetAtt": []any{"Bucket", "Arn"}}, object{"Fn::Sub": "${Bucket.Arn}/*"}},
		}}},
	}}
	f.properties("Function")["Environment"] = object{"Variables": object{"BUCKET": object{"Ref": "Bucket"}}}
}

// notified has the bucket of uploads invoke the function about objects below in/. It may write what
// is said.
func (f *fixture) notified(source object, written string) {
	f.uploads()
	// By its name, since references both ways would be a circular dependency.
	f.properties("Bucket")["BucketName"] = "my-bucket"
	f.properties("Function")["Environment"] = object{"Variables": object{"BUCKET": "my-bucket"}}
	arn := object{"Fn::GetAtt": []any{"Function", "Arn"}}
	f.properties("Bucket")["NotificationConfiguration"] = object{"LambdaConfigurations": []any{object{
		"Event": "s3:ObjectCreated:*", "Function": arn, "Filter": object{"S3Key": object{"Rules": []any{object{"Name": "prefix", "Value": "in/"}}}},
	}}}
	f.at("Resources")["Permission"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunction", "FunctionName": arn, "Principal": "s3.amazonaws.com",
	}}
	maps.Copy(f.properties("Permission"), source)
	f.at("Resources")["Role"] = object{"Type": "AWS::IAM::Role", "Properties": object{"ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}, "Policies": []any{object{
		"PolicyName": "p", "PolicyDocument": object{"Statement": []any{object{
			"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::" + written,
		}}},
	}}}}
	f.properties("Function")["Role"] = object{"Fn::GetAtt": []any{"Role", "Arn"}}
}

// firewall gives the distribution a web ACL.
func (f *fixture) firewall() {
	f.at("Resources")["Firewall"] = object{"Type": "AWS::WAFv2::WebACL", "Properties": object{
		"Scope": "CLOUDFRONT", "DefaultAction": object{"Allow": object{}}, "Rules": []any{object{"Name": "rate"}},
	}}
	f.config()["WebACLId"] = object{"Fn::GetAtt": []any{"Firewall", "Arn"}}
}

// atViewerRequest puts a Lambda@Edge function in place of the CloudFront Function.
func (f *fixture) atViewerRequest(code string, timeout float64) {
	delete(f.behavior(), "FunctionAssociations")
	f.at("Resources")["Other"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
		"Code": object{"ZipFile": code}, "Role": "arn:aws:iam::111122223333:role/function", "Handler": "index.handler", "Runtime": "nodejs24.x", "Timeout": timeout,
	}}
	f.at("Resources")["OtherVersion"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": object{"Ref": "Other"}}}
	f.behavior()["LambdaFunctionAssociations"] = append(f.behavior()["LambdaFunctionAssociations"].([]any),
		object{"EventType": "viewer-request", "IncludeBody": true, "LambdaFunctionARN": object{"Ref": "OtherVersion"}})
}

func (f *fixture) oac() object {
	return f.properties("OAC")["OriginAccessControlConfig"].(object)
}

func (f *fixture) editSigner(old, replacement string) {
	code := f.properties("Signer")["Code"].(object)
	source := code["ZipFile"].(string)
	if !strings.Contains(source, old) {
		panic("the signer has no " + old)
	}
	code["ZipFile"] = strings.Replace(source, old, replacement, 1)
}
