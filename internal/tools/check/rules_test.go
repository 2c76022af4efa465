package check_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/authorizer"
	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/tools/check"
)

func splitLines(data []byte) []string {
	var lines []string
	for line := range strings.Lines(string(data)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// Each line that security rests on is in the mutation test of package local, which the chain
// runs, too. Here are the forms that the same faults take, and what only looks like one.
func TestRules(t *testing.T) {
	t.Parallel()
	const (
		permission = "AWS::Lambda::Permission"
	)
	unsignedViewer := func(r resources, code string) {
		delete(r.behavior(), "LambdaFunctionAssociations")
		viewerFunction(r, code)
	}
	cachePolicy := func(r resources, ttl int, headers, cookies object) {
		r["Cache"] = object{"Type": "AWS::CloudFront::CachePolicy", "Properties": object{"CachePolicyConfig": object{
			"Name": "cache", "MinTTL": 0, "DefaultTTL": ttl, "MaxTTL": 31536000,
			"ParametersInCacheKeyAndForwardedToOrigin": object{
				"EnableAcceptEncodingGzip": false,
				"HeadersConfig":            headers, "CookiesConfig": cookies, "QueryStringsConfig": object{"QueryStringBehavior": "all"},
			},
		}}}
		r.behavior()["CachePolicyId"] = ref("Cache")
	}
	noHeaders, noCookies := object{"HeaderBehavior": "none"}, object{"CookieBehavior": "none"}
	allCookies := object{"CookieBehavior": "all"}

	for name, test := range map[string]struct {
		mutate func(resources)
		want   []string // "level rule LogicalId"
	}{
		// Access.
		"URL without a distribution is looked at": {func(r resources) {
			for _, id := range []string{"Distribution", "GrantUrl", "GrantFunction"} {
				delete(r, id)
			}
			r.at("Url")["AuthType"] = "NONE"
		}, []string{"error url-public Url"}},
		"grant for everybody for URLs without authorization": {func(r resources) {
			r["Public"] = object{"Type": permission, "Properties": object{
				"Action": "lambda:InvokeFunctionUrl", "FunctionName": ref("Function"), "Principal": "*", "FunctionUrlAuthType": "NONE",
			}}
		}, []string{"warning url-public Public"}},
		"grant for everybody of one organization": {func(r resources) {
			r["Organization"] = object{"Type": permission, "Properties": object{
				"Action": "lambda:InvokeFunctionUrl", "FunctionName": ref("Function"), "Principal": "*", "PrincipalOrgID": "o-1",
			}}
		}, nil},
		"grant of every action to everybody": {func(r resources) {
			r["Public"] = object{"Type": permission, "Properties": object{"Action": "lambda:*", "FunctionName": ref("Function"), "Principal": "*"}}
		}, []string{"error url-public Public"}},
		"grants of other services": {func(r resources) {
			r["Bucket"] = object{"Type": permission, "Properties": object{
				"Action": "lambda:InvokeFunction", "FunctionName": object{"Fn::ImportValue": "unknown"}, "Principal": "s3.amazonaws.com",
			}}
		}, nil},
		"grant by the name of the function": {func(r resources) { r.at("GrantUrl")["FunctionName"] = ref("Function") }, nil},
		"grant by a partial ARN": {func(r resources) {
			r.at("GrantUrl")["FunctionName"] = object{"Fn::Sub": "${AWS::AccountId}:function:${Function}"}
		}, nil},
		"grant of every action": {func(r resources) { r.at("GrantUrl")["Action"] = "lambda:*" }, []string{"warning grant-too-wide GrantUrl", "warning grant-without-via-url GrantUrl"}},
		"grant to any distribution of the account": {func(r resources) {
			delete(r.at("GrantUrl"), "SourceArn")
			r.at("GrantUrl")["SourceAccount"] = ref("AWS::AccountId")
		}, []string{"warning grant-too-wide GrantUrl"}},
		"grant to any distribution by a wildcard": {func(r resources) {
			r.at("GrantUrl")["SourceArn"] = "arn:aws:cloudfront::*:distribution/*"
		}, []string{"error grant-too-wide GrantUrl"}},
		"grant of another distribution beside the right one": {func(r resources) {
			r["More"] = object{"Type": permission, "Properties": object{
				"Action": "lambda:InvokeFunctionUrl", "FunctionName": ref("Function"), "Principal": "cloudfront.amazonaws.com",
				"SourceArn": "arn:aws:cloudfront::111122223333:distribution/EMORE",
			}}
		}, nil},
		"URL of an alias, grants of the function": {func(r resources) {
			r["Version"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": ref("Function")}}
			r["Alias"] = object{"Type": "AWS::Lambda::Alias", "Properties": object{
				"FunctionName": ref("Function"), "Name": "live", "FunctionVersion": getAtt("Version", "Version"),
			}}
			r.at("Url")["Qualifier"] = "live"
		}, []string{"error grant-url-missing Url", "error grant-function-missing Url"}},

		// Authorizers.
		"authorizer":                 {func(r resources) { authorize(r, "") }, nil},
		"authorizer that nobody has": {func(r resources) { authorize(r, ""); r.at("Signer")["Code"] = object{"ZipFile": signer.Source} }, []string{"error authorizer-without-check Distribution"}},
		"authorizer before a cache": {func(r resources) {
			authorize(r, "")
			cachePolicy(r, 60, noHeaders, noCookies)
			delete(r.behavior(), "OriginRequestPolicyId")
		}, []string{"error authorizer-without-check Distribution", "warning authorization-lost Distribution"}},
		"authorizer of one path":      {func(r resources) { authorize(r, "/admin/*") }, []string{"warning authorizer-avoided Distribution"}},
		"authorizer beside open path": {func(r resources) { authorize(r, ""); openPath(r, "/healthz") }, nil},
		"authorizer beside open tree": {func(r resources) { authorize(r, ""); openPath(r, "/public/*") }, []string{"warning authorizer-avoided Distribution"}},

		// Origin and OAC.
		"address of the URL in place of its name": {func(r resources) {
			r.origin()["DomainName"] = getAtt("Url", "FunctionUrl")
		}, []string{"error url-unknown Distribution"}},
		"address of a URL of another app": {func(r resources) {
			r.origin()["DomainName"] = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws/"
		}, []string{"error url-unknown Distribution", "warning value-unknown Distribution"}},
		"OAC id of nothing": {func(r resources) { r.origin()["OriginAccessControlId"] = "" }, []string{"error origin-without-oac Distribution"}},
		"OAC with another port": {func(r resources) {
			r.at("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig")["HTTPSPort"] = 8443
		}, []string{"error origin-not-https Distribution"}},
		"old TLS with the origin": {func(r resources) {
			r.at("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig")["OriginSSLProtocols"] = list{"TLSv1.1", "TLSv1.2"}
		}, []string{"warning tls-old Distribution"}},
		"OAC that is for web functions": {func(r resources) {
			r.at("OAC", "OriginAccessControlConfig")["SigningBehavior"] = "always-amz-auth"
		}, []string{"error oac-not-always OAC"}},
		"a distribution before something else is not looked at": {func(r resources) {
			r["Other"] = object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": object{
				"Enabled":              true,
				"DefaultCacheBehavior": object{"TargetOriginId": "bucket", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
				"Origins": list{
					object{"Id": "bucket", "DomainName": getAtt("Bucket", "RegionalDomainName"), "S3OriginConfig": object{}},
					object{"Id": "balancer", "DomainName": object{"Fn::Select": list{2, object{"Fn::Split": list{"/", getAtt("Api", "ApiEndpoint")}}}}, "CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"}},
				},
			}}}
			r["Bucket"] = object{"Type": "AWS::S3::Bucket"}
			r["Api"] = object{"Type": "AWS::ApiGatewayV2::Api"}
		}, nil},
		"a behavior of the same distribution before something else": {func(r resources) {
			r.config()["Origins"] = append(r.config()["Origins"].(list), object{
				"Id": "web", "DomainName": "example.com", "CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"},
			})
			r.config()["CacheBehaviors"] = list{object{
				"PathPattern": "/web/*", "TargetOriginId": "web", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
			}}
		}, []string{"warning viewer-http-allowed Distribution"}},
		"a behavior of the same distribution that AWS refuses": {func(r resources) {
			r.config()["Origins"] = append(r.config()["Origins"].(list), object{
				"Id": "web", "DomainName": "example.com", "CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"},
			})
			r.config()["CacheBehaviors"] = list{object{"PathPattern": "/web/*", "TargetOriginId": "web", "ViewerProtocolPolicy": "https-only"}}
		}, []string{"error value-refused Distribution"}},
		"a group of an origin that there is not": {func(r resources) {
			originGroup(r)
			r.behavior()["AllowedMethods"] = list{"GET", "HEAD"}
			r.at("Distribution", "DistributionConfig", "OriginGroups", "Items", 0, "Members", "Items", 1)["OriginId"] = "other"
		}, []string{"error value-refused Distribution"}},
		"a role of the function that only EC2 may assume": {func(r resources) {
			r["Role"] = role("ec2.amazonaws.com")
			r.at("Role")["ManagedPolicyArns"] = list{basicExecution}
			r.at("Function")["Role"] = getAtt("Role", "Arn")
		}, []string{"error value-refused Role"}},
		"a policy with an effect that there is not": {uploads(func(_, policy object) {
			policy["PolicyDocument"].(object)["Statement"].(list)[0].(object)["Effect"] = "Refuse"
		}), []string{"error value-refused BucketPolicy"}},
		"a group of origins with the function in it": {func(r resources) {
			originGroup(r)
			r.behavior()["ViewerProtocolPolicy"] = "allow-all"
		}, []string{"error value-refused Distribution", "error viewer-http-allowed Distribution"}},
		"a group of origins for reads": {func(r resources) {
			originGroup(r)
			r.behavior()["AllowedMethods"] = list{"GET", "HEAD", "OPTIONS"}
		}, nil},
		"a header with the caller's identity": {customHeader("X-Forwarded-Authorization"), []string{"error origin-header-trusted Distribution"}},
		"claims that nobody verified":         {customHeader("x-streamfront-claims"), []string{"error origin-header-trusted Distribution"}},
		"a header with the caller's address":  {customHeader("X-Forwarded-For"), []string{"warning origin-header-trusted Distribution"}},
		"Authorization, which OAC overwrites": {customHeader("Authorization"), nil},
		"a header of the application's":       {customHeader("X-Stage"), nil},
		"a name of a header that is too long": {customHeader("X-" + strings.Repeat("x", 255)), []string{"error value-refused Distribution"}},
		"read timeout over the default quota": {func(r resources) {
			r.at("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig")["OriginReadTimeout"] = 180
		}, []string{"note over-default-quota Distribution"}},

		// Buckets.
		"a bucket that nobody else gets at":    {uploads(func(object, object) {}), nil},
		"a bucket without a policy":            {func(r resources) { uploads(nil)(r); delete(r, "BucketPolicy") }, []string{"note bucket-plain-http Bucket"}},
		"a bucket with a policy for a service": {uploads(func(_, policy object) { allow(policy, object{"Service": "logging.s3.amazonaws.com"}) }), nil},
		"a bucket for all distributions":       {uploads(func(_, policy object) { allow(policy, object{"Service": "cloudfront.amazonaws.com"}) }), []string{"error bucket-open BucketPolicy"}},
		"a bucket for everybody":               {uploads(func(_, policy object) { allow(policy, "*") }), []string{"error bucket-open BucketPolicy"}},
		"a bucket for everybody, as AWS":       {uploads(func(_, policy object) { allow(policy, object{"AWS": list{"*"}}) }), []string{"error bucket-open BucketPolicy"}},
		"a bucket for everybody but one": {uploads(func(_, policy object) {
			allow(policy, "*")
			s := policy["PolicyDocument"].(object)["Statement"].(list)[1].(object)
			s["NotPrincipal"] = s["Principal"]
			delete(s, "Principal")
		}), []string{"error bucket-open BucketPolicy"}},
		"a bucket for an address": {uploads(func(_, policy object) {
			allow(policy, "*")
			policy["PolicyDocument"].(object)["Statement"].(list)[1].(object)["Condition"] = object{"IpAddress": object{"aws:SourceIp": "192.0.2.0/24"}}
		}), nil},
		"a bucket for another account": {uploads(func(_, policy object) { allow(policy, object{"AWS": "arn:aws:iam::999999999999:root"}) }), []string{"warning bucket-open BucketPolicy"}},
		"a bucket for its own account": {uploads(func(_, policy object) { allow(policy, object{"AWS": "111122223333"}) }), nil},
		"a public ACL":                 {uploads(func(bucket, _ object) { bucket["AccessControl"] = "PublicRead" }), []string{"error bucket-open Bucket"}},
		"an ACL for logs":              {uploads(func(bucket, _ object) { bucket["AccessControl"] = "LogDeliveryWrite" }), nil},
		"a block of public access that is not whole": {uploads(func(bucket, _ object) {
			bucket["PublicAccessBlockConfiguration"] = object{"BlockPublicAcls": true, "BlockPublicPolicy": false, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}
		}), []string{"warning bucket-open Bucket"}},
		"the default block of public access": {uploads(func(bucket, _ object) { delete(bucket, "PublicAccessBlockConfiguration") }), nil},
		"CORS for every page": {uploads(func(bucket, _ object) {
			bucket["CorsConfiguration"] = object{"CorsRules": list{object{"AllowedMethods": list{"PUT"}, "AllowedOrigins": list{"*"}}}}
		}), []string{"warning bucket-open Bucket"}},
		"a Deny of plain HTTP for something else": {uploads(func(_, policy object) {
			policy["PolicyDocument"].(object)["Statement"].(list)[0].(object)["Resource"] = list{getAtt("Bucket", "Arn")}
		}), []string{"note bucket-plain-http Bucket"}},

		// Notifications.
		"a bucket that invokes the function": {notified(func(_, _, _ object) {}), []string{"warning recursive-invocation Bucket"}},
		"a circle that is meant":             {func(r resources) { notified(func(_, _, _ object) {})(r); r.at("Function")["RecursiveLoop"] = "Allow" }, nil},
		"notifications of what is deleted":   {notified(func(configuration, _, _ object) { configuration["Event"] = "s3:ObjectRemoved:*" }), nil},
		"notifications of what is read":      {notified(func(_, statement, _ object) { statement["Action"] = "s3:GetObject" }), nil},
		"notifications of another prefix": {notified(func(configuration, statement, _ object) {
			configuration["Filter"] = object{"S3Key": object{"Rules": list{object{"Name": "prefix", "Value": "in/"}}}}
			statement["Resource"] = "arn:aws:s3:::my-bucket/out/*"
		}), nil},
		"notifications of uploads by a page": {func(r resources) {
			notified(func(_, _, _ object) {})(r)
			r.at("Bucket")["CorsConfiguration"] = object{"CorsRules": list{object{"AllowedMethods": list{"PUT"}, "AllowedOrigins": list{"https://a.example"}}}}
		}, nil},
		"a permission for every bucket":          {notified(func(_, s, p object) { s["Action"] = "s3:GetObject"; delete(p, "SourceArn") }), []string{"error grant-any-bucket Permission"}},
		"a permission for every name of buckets": {notified(func(_, s, p object) { s["Action"] = "s3:GetObject"; p["SourceArn"] = "arn:aws:s3:::*" }), []string{"error grant-any-bucket Permission"}},
		"a permission for an account's buckets": {notified(func(_, s, p object) {
			s["Action"] = "s3:GetObject"
			delete(p, "SourceArn")
			p["SourceAccount"] = ref("AWS::AccountId")
		}), nil},

		// Permissions for accounts.
		"grant to another account":                   {accountGrant("arn:aws:iam::999999999999:root", "lambda:InvokeFunctionUrl"), []string{"warning grant-too-wide Account"}},
		"grant to a role of another account":         {accountGrant("arn:aws:iam::999999999999:role/caller", "lambda:InvokeFunctionUrl"), []string{"warning grant-too-wide Account"}},
		"grant to another account by its number":     {accountGrant("999999999999", "lambda:InvokeFunction"), []string{"warning grant-too-wide Account"}},
		"grant of every action to another account":   {accountGrant("999999999999", "lambda:*"), []string{"error grant-too-wide Account"}},
		"grant to a role of the account":             {accountGrant("arn:aws:iam::111122223333:role/caller", "lambda:InvokeFunctionUrl"), nil},
		"grant of every action to the account":       {accountGrant("arn:aws:iam::111122223333:root", "*"), []string{"warning grant-too-wide Account"}},
		"grant of another action to another account": {accountGrant("999999999999", "lambda:GetFunction"), nil},

		// Certificates and names.
		"a certificate and CloudFront's own":       {certificate(func(c object) { c["CloudFrontDefaultCertificate"] = true }), []string{"error value-refused Distribution"}},
		"certificates of ACM and IAM":              {certificate(func(c object) { c["IamCertificateId"] = "ASCA" }), []string{"error value-refused Distribution"}},
		"SSL 3 with SNI":                           {certificate(func(c object) { c["MinimumProtocolVersion"] = "SSLv3" }), []string{"error value-refused Distribution", "warning tls-old Distribution"}},
		"a name that the certificate is for":       {names("app.example.com", "example.com", "*.example.com"), nil},
		"a name that the certificate is not for":   {names("app.example.com", "example.com"), []string{"error value-refused Distribution"}},
		"a name below what the certificate is for": {names("a.b.example.com", "*.example.com"), []string{"error value-refused Distribution"}},
		"a name that is none":                      {names("not a name", "*"), []string{"error value-refused Distribution"}},
		"a name of two distributions": {func(r resources) {
			certificate(func(object) {})(r)
			r.config()["Aliases"] = list{"app.example.com"}
			r["Second"] = object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": maps.Clone(r.config())}}
			r["Second"]["Properties"].(object)["DistributionConfig"].(object)["Aliases"] = list{"APP.example.com"}
			for _, id := range []string{"GrantUrl", "GrantFunction"} {
				more := maps.Clone(r.at(id))
				more["SourceArn"] = object{"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Second}"}
				r[id+"Second"] = object{"Type": permission, "Properties": more}
			}
		}, []string{"error value-refused Second"}},

		// Web ACLs and logs.
		"a web ACL":                      {firewall(func(object) {}), nil},
		"a web ACL for other services":   {firewall(func(acl object) { acl["Scope"] = "REGIONAL" }), []string{"error value-refused Distribution"}},
		"a web ACL without rules":        {firewall(func(acl object) { delete(acl, "Rules") }), []string{"warning web-acl-open Firewall"}},
		"a web ACL that blocks the rest": {firewall(func(acl object) { acl["Rules"], acl["DefaultAction"] = list{}, object{"Block": object{}} }), nil},
		"a web ACL of no distribution":   {func(r resources) { firewall(func(object) {})(r); delete(r.config(), "WebACLId") }, []string{"warning web-acl-open Firewall"}},
		"a web ACL of another service": {func(r resources) {
			firewall(func(acl object) { acl["Scope"] = "REGIONAL" })(r)
			delete(r.config(), "WebACLId")
		}, nil},
		"a web ACL of another app": {func(r resources) {
			r.config()["WebACLId"] = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/name/0123"
		}, nil},
		"a web ACL of another app, for other services": {func(r resources) {
			r.config()["WebACLId"] = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/name/0123"
		}, []string{"error value-refused Distribution"}},
		"logs to a bucket that takes ACLs": {logs(object{"OwnershipControls": object{"Rules": list{object{"ObjectOwnership": "BucketOwnerPreferred"}}}}), nil},
		"logs to a bucket as it comes":     {logs(object{}), []string{"error value-refused Distribution"}},
		"logs to a bucket without ACLs":    {logs(object{"OwnershipControls": object{"Rules": list{object{"ObjectOwnership": "BucketOwnerEnforced"}}}}), []string{"error value-refused Distribution"}},
		"logs to a bucket of another app":  {func(r resources) { r.config()["Logging"] = object{"Bucket": "logs.s3.amazonaws.com"} }, nil},

		// Functions.
		"web adapter without its layer": {func(r resources) {
			adapter("response_stream", "RESPONSE_STREAM")(r)
			delete(r.at("Function"), "Layers")
		}, []string{"error function-failed Function"}},
		"more concurrency than an account has": {func(r resources) { r.at("Function")["ReservedConcurrentExecutions"] = 2000 }, []string{"note over-default-quota Function"}},

		// Routes.
		"a pattern after one for everything": {routes("*", "/api/*"), []string{"warning route-hidden Distribution"}},
		"a pattern twice":                    {routes("/api/*", "/api/*"), []string{"warning route-hidden Distribution"}},
		"a narrower pattern after a wider":   {routes("/api/*", "api/v1/*"), []string{"warning route-hidden Distribution"}},
		"a narrower pattern before a wider":  {routes("/api/v1/*", "/api/*"), nil},
		"patterns beside each other":         {routes("/?/*", "/*/a", "/a"), nil},

		// Hash.
		"caller hashes, as the construct marks it": {func(r resources) {
			unsignedViewer(r, "const SIGNED = false;\ndelete headers['x-amz-content-sha256'];")
		}, []string{"note payload-hash-missing Distribution"}},
		"viewer function counts on a signer that is not there": {func(r resources) {
			unsignedViewer(r, "const SIGNED = true;\ndelete headers['x-amz-content-sha256'];")
		}, []string{"error payload-hash-missing Distribution"}},
		"viewer function that knows nothing of hashes": {func(r resources) {
			unsignedViewer(r, "function handler(event) { return event.request; }")
		}, []string{"error payload-hash-missing Distribution"}},
		"reads only": {func(r resources) {
			delete(r.behavior(), "LambdaFunctionAssociations")
			r.behavior()["AllowedMethods"] = list{"GET", "HEAD", "OPTIONS"}
		}, nil},
		"CloudFront's own methods": {func(r resources) {
			delete(r.behavior(), "LambdaFunctionAssociations")
			delete(r.behavior(), "AllowedMethods")
		}, nil},
		"signer whose code is elsewhere": {func(r resources) {
			r.at("Signer")["Code"] = object{"S3Bucket": "assets", "S3Key": "elsewhere.zip"}
		}, []string{"warning value-unknown Distribution"}},
		"function whose code is elsewhere, without the body": {func(r resources) {
			r.at("Signer")["Code"] = object{"S3Bucket": "assets", "S3Key": "elsewhere.zip"}
			delete(r.association(), "IncludeBody")
		}, []string{"error payload-hash-missing Distribution"}},
		"signer that writes the header in capitals": {func(r resources) {
			r.at("Signer")["Code"] = object{"ZipFile": "exports.handler = async (e) => sign(e, 'X-Amz-Content-SHA256');"}
		}, nil},
		"signer at viewer-request": {func(r resources) {
			r.association()["EventType"] = "viewer-request"
		}, []string{"warning body-over-edge-limit Distribution"}},
		"signer at viewer-request, too slow and too large": {func(r resources) {
			r.association()["EventType"] = "viewer-request"
			r.at("Signer")["Timeout"] = 20
			r.at("Signer")["MemorySize"] = 1024
		}, []string{"error edge-function-unfit Signer", "error edge-function-unfit Signer", "warning body-over-edge-limit Distribution"}},
		"another function at viewer-request": {func(r resources) {
			r["Other"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
				"Role": "arn:aws:iam::111122223333:role/function", "Runtime": "nodejs24.x", "Handler": "index.handler", "Timeout": 5,
				"Code": object{"ZipFile": "exports.handler = async (e) => e.Records[0].cf.request;"},
			}}
			r["OtherVersion"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": ref("Other")}}
			r.behavior()["LambdaFunctionAssociations"] = append(r.behavior()["LambdaFunctionAssociations"].(list),
				object{"EventType": "viewer-request", "IncludeBody": true, "LambdaFunctionARN": ref("OtherVersion")})
		}, nil},
		"Lambda@Edge beside a CloudFront Function": {func(r resources) {
			associations := r.behavior()["LambdaFunctionAssociations"]
			unsignedViewer(r, "function handler(event) { return event.request; }")
			r.behavior()["LambdaFunctionAssociations"] = append(associations.(list), object{"EventType": "viewer-response", "LambdaFunctionARN": ref("SignerVersion")})
		}, []string{"error edge-function-unfit Distribution"}},

		"edge function whose role only Lambda may assume": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com")
			r.at("Role")["ManagedPolicyArns"] = list{basicExecution}
			r.at("Signer")["Role"] = getAtt("Role", "Arn")
		}, []string{"error edge-function-unfit Role"}},
		"edge function whose role Lambda@Edge may assume, too": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com", "edgelambda.amazonaws.com")
			r.at("Role")["ManagedPolicyArns"] = list{basicExecution}
			r.at("Signer")["Role"] = getAtt("Role", "Arn")
		}, nil},

		// Forwarding and caching.
		"headers of everybody but one": {func(r resources) {
			r["Policy"] = originRequestPolicy(object{"HeaderBehavior": "allExcept", "Headers": list{"host"}}, noCookies)
			r.behavior()["OriginRequestPolicyId"] = ref("Policy")
		}, nil},
		"headers of everybody but another": {func(r resources) {
			r["Policy"] = originRequestPolicy(object{"HeaderBehavior": "allExcept", "Headers": list{"cookie"}}, noCookies)
			r.behavior()["OriginRequestPolicyId"] = ref("Policy")
		}, []string{"error host-forwarded Distribution"}},
		"Host by forwarded values": {func(r resources) {
			delete(r.behavior(), "CachePolicyId")
			delete(r.behavior(), "OriginRequestPolicyId")
			r.behavior()["ForwardedValues"] = object{"QueryString": true, "Headers": list{"*"}}
		}, []string{"error host-forwarded Distribution"}},
		"forwarded values that fit": {func(r resources) {
			delete(r.behavior(), "CachePolicyId")
			delete(r.behavior(), "OriginRequestPolicyId")
			r.behavior()["ForwardedValues"] = object{"QueryString": true, "Headers": list{"Accept"}, "Cookies": object{"Forward": "all"}}
		}, nil},
		"cache by the origin's word, cookies outside of the key": {func(r resources) {
			cachePolicy(r, 0, object{"HeaderBehavior": "whitelist", "Headers": list{"authorization", "x-forwarded-authorization", "x-api-key"}}, noCookies)
		}, []string{"warning cache-mixes-users Distribution"}},
		"cache for a day, cookies outside of the key": {func(r resources) {
			cachePolicy(r, 86400, noHeaders, noCookies)
		}, []string{"error cache-mixes-users Distribution"}},
		"cache with all of it in the key": {func(r resources) {
			cachePolicy(r, 86400, object{"HeaderBehavior": "whitelist", "Headers": list{"authorization", "x-forwarded-authorization", "x-api-key"}}, allCookies)
		}, nil},
		"cache that forwards the key only": {func(r resources) {
			cachePolicy(r, 86400, noHeaders, noCookies)
			delete(r.behavior(), "OriginRequestPolicyId")
		}, nil},
		"cookies in the key, Authorization that OAC overwrites": {func(r resources) {
			cachePolicy(r, 86400, object{"HeaderBehavior": "whitelist", "Headers": list{"x-api-key"}}, allCookies)
			delete(r.behavior(), "LambdaFunctionAssociations")
			r.behavior()["AllowedMethods"] = list{"GET", "HEAD"}
		}, nil},
		"Authorization that OAC passes on": {func(r resources) {
			cachePolicy(r, 86400, object{"HeaderBehavior": "whitelist", "Headers": list{"x-api-key"}}, allCookies)
			r.at("OAC", "OriginAccessControlConfig")["SigningBehavior"] = "no-override"
		}, []string{"error cache-mixes-users Distribution", "warning oac-not-always OAC"}},
		"Authorization that a signer moves": {func(r resources) {
			cachePolicy(r, 0, object{"HeaderBehavior": "whitelist", "Headers": list{"x-api-key"}}, allCookies)
			r.at("Signer")["Code"] = object{"ZipFile": "exports.handler = async () => [headers['x-amz-content-sha256'], headers['x-forwarded-authorization']]"}
		}, []string{"warning cache-mixes-users Distribution"}},
		"an API key outside of the key": {func(r resources) {
			cachePolicy(r, 86400, noHeaders, allCookies)
		}, []string{"note cache-mixes-users Distribution"}},
		"a pair of policies at several behaviors": {func(r resources) {
			cachePolicy(r, 0, noHeaders, noCookies)
			routes("/a/*", "/b/*")(r)
		}, []string{"warning cache-mixes-users Distribution"}},
		"a minimum time": {func(r resources) {
			cachePolicy(r, 60, noHeaders, noCookies)
			r.at("Cache", "CachePolicyConfig")["MinTTL"] = 60
			delete(r.behavior(), "OriginRequestPolicyId")
			routes("/a/*")(r)
		}, []string{"warning no-store-cached Distribution"}},
		"a second of AWS's own": {func(r resources) {
			r.behavior()["CachePolicyId"] = "658327ea-f89d-4fab-a63d-7e88639e58f6"
			delete(r.behavior(), "OriginRequestPolicyId")
		}, []string{"note no-store-cached Distribution"}},
		"a route without the viewer function that the others have": {func(r resources) {
			viewerFunction(r, "headers['x-forwarded-host'] = headers.host; delete headers['x-streamfront-claims'];")
			routes("/a/*")(r)
			delete(r.at("Distribution", "DistributionConfig", "CacheBehaviors", 0), "FunctionAssociations")
		}, []string{"warning viewer-forwarded-host Distribution"}},
		"a function that knows of x-forwarded-host": {func(r resources) {
			r.at("Function")["Code"] = object{"ZipFile": "exports.handler = awslambda.streamifyResponse(async (e) => e.headers['x-forwarded-host']);"}
		}, []string{"note viewer-forwarded-host Distribution"}},
		"a function that knows of it, behind one that sets it": {func(r resources) {
			r.at("Function")["Code"] = object{"ZipFile": "exports.handler = awslambda.streamifyResponse(async (e) => e.headers['x-forwarded-host']);"}
			viewerFunction(r, "headers['x-forwarded-host'] = headers.host;")
		}, nil},
		"a function that knows of it, and a header of the origin's": {func(r resources) {
			r.at("Function")["Code"] = object{"ZipFile": "exports.handler = awslambda.streamifyResponse(async (e) => e.headers['x-forwarded-host']);"}
			customHeader("X-Forwarded-Host")(r)
		}, nil},
		"cookies in the key by name": {func(r resources) {
			cachePolicy(r, 0, noHeaders, object{"CookieBehavior": "whitelist", "Cookies": list{"session"}})
			r["Policy"] = originRequestPolicy(noHeaders, object{"CookieBehavior": "whitelist", "Cookies": list{"session"}})
			r.behavior()["OriginRequestPolicyId"] = ref("Policy")
		}, nil},
		"another cookie by name": {func(r resources) {
			cachePolicy(r, 0, noHeaders, object{"CookieBehavior": "whitelist", "Cookies": list{"theme"}})
			r["Policy"] = originRequestPolicy(noHeaders, object{"CookieBehavior": "whitelist", "Cookies": list{"session"}})
			r.behavior()["OriginRequestPolicyId"] = ref("Policy")
		}, []string{"warning cache-mixes-users Distribution"}},
		"policy of AWS that is not known": {func(r resources) {
			r.behavior()["OriginRequestPolicyId"] = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
		}, []string{"warning value-unknown Distribution"}},

		// Viewers.
		"today's TLS": {func(r resources) {
			r.config()["ViewerCertificate"] = object{"AcmCertificateArn": ref("Certificate"), "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
		}, nil},
		"CloudFront's own certificate": {func(r resources) {
			r.config()["ViewerCertificate"] = object{"CloudFrontDefaultCertificate": true, "MinimumProtocolVersion": "TLSv1"}
		}, nil},
		"a certificate without a protocol": {func(r resources) {
			r.config()["ViewerCertificate"] = object{"AcmCertificateArn": ref("Certificate"), "SslSupportMethod": "sni-only"}
		}, []string{"warning tls-old Distribution"}},
		"page for 404, and a caching time": {func(r resources) {
			r.config()["CustomErrorResponses"] = list{
				object{"ErrorCode": 404, "ResponseCode": 404, "ResponsePagePath": "/404.html"}, object{"ErrorCode": 502, "ErrorCachingMinTTL": 0},
			}
		}, nil},
		"404 as 200, and a page for 503": {func(r resources) {
			r.config()["CustomErrorResponses"] = list{
				object{"ErrorCode": 404, "ResponseCode": 200, "ResponsePagePath": "/index.html"}, object{"ErrorCode": 503, "ResponseCode": 503, "ResponsePagePath": "/sorry.html"},
			}
		}, []string{"warning errors-hide-403 Distribution", "warning errors-hide-403 Distribution"}},

		// Modes and timeouts.
		"web adapter that streams":                             {adapter("response_stream", "RESPONSE_STREAM"), nil},
		"web adapter that buffers":                             {adapter("buffered", "BUFFERED"), nil},
		"web adapter that buffers before a URL that streams":   {adapter("buffered", "RESPONSE_STREAM"), []string{"warning invoke-mode-mismatch Url"}},
		"web adapter that is not told to stream":               {adapter("", "RESPONSE_STREAM"), []string{"warning invoke-mode-mismatch Url"}},
		"web adapter that streams before a URL that does not":  {adapter("response_stream", ""), []string{"warning invoke-mode-mismatch Url"}},
		"program that streams before a URL that buffers":       {program("", "BUFFERED"), []string{"error value-refused Function", "warning invoke-mode-mismatch Url"}},
		"program of streamhttp that buffers":                   {program("rest,url-buffered", "BUFFERED"), []string{"error value-refused Function"}},
		"program of streamhttp that buffers, URL that streams": {program("url-buffered", "RESPONSE_STREAM"), []string{"error value-refused Function", "warning invoke-mode-mismatch Url"}},
		"Python before a URL that streams":                     {func(r resources) { r.at("Function")["Runtime"] = "python3.14" }, []string{"warning invoke-mode-mismatch Url"}},
		"Node.js that returns its answer, URL that streams":    {code("exports.handler = async () => ({});"), []string{"warning invoke-mode-mismatch Url"}},
		"buffered function that may take longer than the wait": {buffered(61), []string{"warning read-timeout-short Distribution"}},
		"buffered function that is done by then":               {buffered(60), nil},
		"stream that chose its timeout":                        {func(r resources) { r.at("Function")["Timeout"] = 900 }, nil},
		"stream that chose too short a one": {func(r resources) {
			r.at("Function")["Timeout"] = 900
			r.at("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig")["OriginReadTimeout"] = 20
		}, []string{"warning read-timeout-short Distribution"}},
		"completion timeout above the function's": {func(r resources) { r.origin()["ResponseCompletionTimeout"] = 120 }, nil},

		// What only looks wrong.
		"URL for everybody, not signed for": {func(r resources) {
			r.at("Url")["AuthType"] = "NONE"
			delete(r.origin(), "OriginAccessControlId")
			delete(r, "GrantUrl")
			delete(r, "GrantFunction")
		}, []string{"error url-public Url"}},
		"edge function that signs in place of an OAC": {func(r resources) {
			delete(r.origin(), "OriginAccessControlId")
			delete(r, "GrantUrl")
			delete(r, "GrantFunction")
			r.at("Signer")["Code"] = object{"ZipFile": "exports.handler = async () => new SignatureV4({ service: 'lambda' }, headers['x-amz-content-sha256'])"}
		}, []string{"warning origin-without-oac Distribution"}},
		"edge function that hashes, without an OAC": {func(r resources) {
			delete(r.origin(), "OriginAccessControlId")
		}, []string{"error origin-without-oac Distribution"}},

		// CORS.
		"pages of every origin with cookies": {func(r resources) {
			r.at("Url")["Cors"] = object{"AllowOrigins": list{"*"}, "AllowCredentials": true}
		}, []string{"error cors-any-origin Url"}},
		"pages of every origin without cookies": {func(r resources) { r.at("Url")["Cors"] = object{"AllowOrigins": list{"*"}} }, nil},
		"pages of one origin with cookies": {func(r resources) {
			r.at("Url")["Cors"] = object{"AllowOrigins": list{"https://app.example.com", "http://localhost:3000", "app://here", "null"}, "AllowCredentials": true}
		}, nil},
		"an origin with a slash at the end": {func(r resources) { r.at("Url")["Cors"] = object{"AllowOrigins": list{"https://app.example.com/"}} }, []string{"warning cors-unfit Url"}},
		"an origin with a wildcard":         {func(r resources) { r.at("Url")["Cors"] = object{"AllowOrigins": list{"https://*.example.com"}} }, []string{"warning cors-unfit Url"}},
		"an origin without a scheme":        {func(r resources) { r.at("Url")["Cors"] = object{"AllowOrigins": list{"app.example.com"}} }, []string{"warning cors-unfit Url"}},
		"an origin by a parameter":          {func(r resources) { r.at("Url")["Cors"] = object{"AllowOrigins": list{ref("Parameter")}} }, []string{"warning value-unknown Url"}},
		"CORS of no origin":                 {func(r resources) { r.at("Url")["Cors"] = object{"AllowMethods": list{"GET"}} }, []string{"warning cors-unfit Url"}},
		"an origin with a slash in a policy": {func(r resources) {
			corsPolicy(r)["AccessControlAllowOrigins"] = object{"Items": list{"https://app.example.com/"}}
		}, []string{"warning cors-unfit CORS"}},
		"every origin with cookies in a policy": {func(r resources) {
			corsPolicy(r)["AccessControlAllowOrigins"] = object{"Items": list{"*"}}
			corsPolicy(r)["AccessControlAllowCredentials"] = true
		}, []string{"error value-refused CORS"}},
		"origins in a policy": {func(r resources) {
			corsPolicy(r)["AccessControlAllowOrigins"] = object{"Items": list{"https://*.example.com", "example.org", "http://localhost:3000"}}
		}, nil},
		"a header of a policy that is none": {func(r resources) { corsPolicy(r)["AccessControlAllowHeaders"] = object{"Items": list{"a b"}} }, []string{"error value-refused CORS"}},
		"a distribution elsewhere that AWS refuses": {func(r resources) {
			r["Other"] = object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": object{
				"Enabled": true, "Origins": list{object{"Id": "web", "DomainName": "example.com", "CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"}}},
				"DefaultCacheBehavior": object{"TargetOriginId": "wep", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
			}}}
		}, []string{"error value-refused Other"}},
		"CORS of what is no header": {func(r resources) {
			r.at("Url")["Cors"] = object{"AllowOrigins": list{"*"}, "AllowHeaders": list{"content-type, x-key"}}
		}, []string{"warning cors-unfit Url"}},

		// Handlers and roles.
		"a handler in another file than the inline code": {func(r resources) { r.at("Function")["Handler"] = "app.handler" }, []string{"error handler-missing Function"}},
		"a handler that the inline code does not have":   {func(r resources) { r.at("Signer")["Handler"] = "index.main" }, []string{"error handler-missing Signer"}},
		"a handler without a function":                   {func(r resources) { r.at("Function")["Handler"] = "handler" }, []string{"error handler-missing Function"}},
		"a handler with a space":                         {func(r resources) { r.at("Function")["Handler"] = "index. handler" }, []string{"error value-refused Function"}},
		"a handler that a layer may bring": {func(r resources) {
			r.at("Function")["Handler"] = "other.handler"
			r.at("Function")["Layers"] = list{"arn:aws:lambda:us-east-1:111122223333:layer:own:1"}
		}, nil},
		"a handler that a wrapper may replace": {func(r resources) {
			r.at("Function")["Handler"] = "run.sh"
			r.at("Function")["Environment"] = object{"Variables": object{"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
		}, nil},
		"a function that is named after its URL": {func(r resources) {
			r.at("Function")["FunctionName"] = object{"Fn::Select": list{2, object{"Fn::Split": list{"/", getAtt("Url", "FunctionUrl")}}}}
		}, []string{"error circular-dependency Function"}},
		"a function that waits for its URL": {func(r resources) {
			r["Function"]["DependsOn"] = "Url"
			r.at("Function")["Description"] = object{"Fn::Sub": "at ${Url.FunctionUrl}"}
		}, []string{"error circular-dependency Function"}},
		"six layers": {func(r resources) {
			r.at("Function")["Layers"] = list{"a:1", "a:2", "a:3", "a:4", "a:5", "a:6"}
		}, []string{"error value-refused Function"}},
		"a role without logs": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com")
			r.at("Function")["Role"] = getAtt("Role", "Arn")
		}, []string{"note logs-missing Role"}},
		"a role without logs at the edge": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com", "edgelambda.amazonaws.com")
			r.at("Role")["Policies"] = list{object{"PolicyName": "p", "PolicyDocument": statement("ssm:GetParameter", "*")}}
			r.at("Signer")["Role"] = getAtt("Role", "Arn")
		}, []string{"note logs-missing Role"}},
		"a role with logs by a policy of its own": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com")
			r["Logs"] = object{"Type": "AWS::IAM::Policy", "Properties": object{
				"PolicyName": "logs", "Roles": list{ref("Role")}, "PolicyDocument": statement(list{"logs:CreateLog*", "logs:Put*"}, "*"),
			}}
			r.at("Function")["Role"] = getAtt("Role", "Arn")
		}, nil},
		"a role with a policy that is not here": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com")
			r.at("Role")["ManagedPolicyArns"] = list{"arn:aws:iam::111122223333:policy/own"}
			r.at("Function")["Role"] = getAtt("Role", "Arn")
		}, nil},
		"a policy with an action that is none": {func(r resources) {
			r["Role"] = role("lambda.amazonaws.com")
			r.at("Role")["ManagedPolicyArns"] = list{basicExecution}
			r.at("Role")["Policies"] = list{object{"PolicyName": "p", "PolicyDocument": statement("GetObject", "*")}}
			r.at("Function")["Role"] = getAtt("Role", "Arn")
		}, []string{"error value-refused Role"}},
		"a policy with a resource that is none": {uploads(func(_, policy object) {
			policy["PolicyDocument"].(object)["Statement"].(list)[0].(object)["Resource"] = list{"uploads", "*"}
		}), []string{"error value-refused BucketPolicy"}},

		// Buckets before which the distribution stands.
		"a bucket with its OAC":          {site(func(resources) {}), nil},
		"a bucket by HTTP":               {site(func(r resources) { sitePages(r)["ViewerProtocolPolicy"] = "allow-all" }), []string{"warning viewer-http-allowed Distribution"}},
		"a bucket without an OAC":        {site(func(r resources) { delete(siteOrigin(r), "OriginAccessControlId") }), []string{"error bucket-closed Distribution"}},
		"a bucket whose OAC never signs": {site(func(r resources) { r.at("SiteOAC", "OriginAccessControlConfig")["SigningBehavior"] = "never" }), []string{"error bucket-closed SiteOAC"}},
		"a bucket whose OAC AWS refuses": {site(func(r resources) { r.at("SiteOAC", "OriginAccessControlConfig")["SigningProtocol"] = "sigv3" }), []string{"error oac-not-always SiteOAC"}},
		"a site without a policy":        {site(func(r resources) { delete(r, "SitePolicy") }), []string{"error bucket-closed Distribution"}},
		"a bucket for another distribution": {site(func(r resources) {
			siteCondition(r)["AWS:SourceArn"] = "arn:aws:cloudfront::111122223333:distribution/EOTHER"
		}), []string{"error bucket-closed Distribution"}},
		"a bucket that lets list alone":       {site(func(r resources) { siteStatement(r)["Action"] = "s3:ListBucket" }), []string{"error bucket-closed Distribution"}},
		"a bucket for every distribution":     {site(func(r resources) { delete(siteStatement(r), "Condition") }), []string{"error bucket-open SitePolicy"}},
		"a bucket with actions of others":     {site(func(r resources) { siteStatement(r)["Action"] = list{"s3:GetObject", "lambda:*"} }), []string{"error value-refused SitePolicy"}},
		"a bucket for nobody":                 {site(func(r resources) { delete(siteStatement(r), "Principal") }), []string{"error value-refused SitePolicy", "error bucket-closed Distribution"}},
		"a bucket for a principal of no kind": {site(func(r resources) { siteStatement(r)["Principal"] = "cloudfront.amazonaws.com" }), []string{"error value-refused SitePolicy", "error bucket-closed Distribution"}},
		"a bucket on a condition we do not know": {site(func(r resources) {
			siteStatement(r)["Condition"] = object{"IpAddress": object{"aws:SourceIp": "10.0.0.0/8"}}
		}), nil},
		"a public bucket without an OAC": {site(func(r resources) {
			delete(siteOrigin(r), "OriginAccessControlId")
			r.at("Site")["PublicAccessBlockConfiguration"] = object{"BlockPublicPolicy": false, "RestrictPublicBuckets": false, "BlockPublicAcls": true, "IgnorePublicAcls": true}
			siteStatement(r)["Principal"] = "*"
			delete(siteStatement(r), "Condition")
		}), []string{"error bucket-open SitePolicy"}},

		// Names, certificates, headers and patterns.
		"a record of a name that the distribution does not have": {func(r resources) {
			r["Record"] = record("chat.example.com.")
		}, []string{"warning domain-unknown Record"}},
		"records of names that the distribution has": {func(r resources) {
			called(r, "chat.example.com", "*.example.org")
			r["Record"], r["Other"] = record("chat.example.com."), record("a.example.org")
		}, nil},
		"a newer protocol for clients without SNI": {func(r resources) {
			called(r, "chat.example.com")
			r.at("Distribution", "DistributionConfig", "ViewerCertificate")["SslSupportMethod"] = "vip"
		}, []string{"note over-default-quota Distribution"}},
		"addresses of one's own": {func(r resources) {
			called(r, "chat.example.com")
			r.at("Distribution", "DistributionConfig", "ViewerCertificate")["SslSupportMethod"] = "static-ip"
		}, []string{"note over-default-quota Distribution"}},
		"an origin header twice": {func(r resources) {
			r.origin()["OriginCustomHeaders"] = list{object{"HeaderName": "x-key", "HeaderValue": "a"}, object{"HeaderName": "X-Key", "HeaderValue": "b"}}
		}, []string{"warning value-unknown Distribution"}},
		"the same pattern twice": {func(r resources) {
			openPath(r, "/api/*")
			r.config()["CacheBehaviors"] = append(r.config()["CacheBehaviors"].(list), r.config()["CacheBehaviors"].(list)[0])
		}, []string{"warning route-hidden Distribution"}},
		"a pattern for everything before the default": {func(r resources) { openPath(r, "*") }, []string{"warning route-hidden Distribution"}},
		"a pattern with a space":                      {func(r resources) { openPath(r, "/a b") }, []string{"error value-refused Distribution"}},
		"a path of an origin that ends in a slash":    {func(r resources) { r.origin()["OriginPath"] = "/api/" }, []string{"error value-refused Distribution"}},
		"a web ACL by its name":                       {func(r resources) { r.config()["WebACLId"] = "firewall" }, []string{"error value-refused Distribution"}},
		"countries without a list": {func(r resources) {
			r.config()["Restrictions"] = object{"GeoRestriction": object{"RestrictionType": "whitelist"}}
		}, []string{"error value-refused Distribution"}},
		"a country by its name": {func(r resources) {
			r.config()["Restrictions"] = object{"GeoRestriction": object{"RestrictionType": "whitelist", "Locations": list{"Switzerland"}}}
		}, []string{"error value-refused Distribution"}},
		"an image of a public registry": {func(r resources) {
			r["Function"]["Properties"] = object{"Role": "arn:aws:iam::111122223333:role/function", "PackageType": "Image", "Timeout": 60, "Code": object{"ImageUri": "public.ecr.aws/lambda/nodejs:22"}}
		}, []string{"error value-refused Function"}},
		"a function at viewer-response that returns the request": {func(r resources) {
			viewerFunction(r, "function handler(event) { return event.request; }")
			r.at("Distribution", "DistributionConfig", "DefaultCacheBehavior", "FunctionAssociations", 0)["EventType"] = "viewer-response"
		}, []string{"error edge-result-invalid Distribution"}},
		"a function at viewer-response that returns the response": {func(r resources) {
			viewerFunction(r, "function handler(event) { return event.response; }")
			r.at("Distribution", "DistributionConfig", "DefaultCacheBehavior", "FunctionAssociations", 0)["EventType"] = "viewer-response"
		}, nil},
		"an authorizer without an audience": {func(r resources) {
			authorize(r, "")
			r.origin()["OriginCustomHeaders"] = list{object{"HeaderName": "x-streamfront-jwt-issuer", "HeaderValue": "https://issuer.example.com"}}
		}, []string{"error signer-failed Distribution"}},
		"an authorizer of an issuer by HTTP": {func(r resources) {
			authorize(r, "")
			r.at("Distribution", "DistributionConfig", "Origins", 0, "OriginCustomHeaders", 0)["HeaderValue"] = "http://issuer.example.com"
		}, []string{"error signer-failed Distribution"}},

		// What is not known.
		"read timeout by a parameter": {func(r resources) {
			r.at("Distribution", "DistributionConfig", "Origins", 0, "CustomOriginConfig")["OriginReadTimeout"] = ref("Parameter")
		}, []string{"warning value-unknown Distribution"}},
		"authorization by an import": {func(r resources) {
			r.at("Url")["AuthType"] = object{"Fn::ImportValue": "type"}
		}, []string{"warning value-unknown Url"}},
		"authorization by a dynamic reference": {func(r resources) {
			r.at("Url")["AuthType"] = "{{resolve:ssm:type}}"
		}, []string{"warning value-unknown Url"}},
		"source by an import": {func(r resources) {
			r.at("GrantUrl")["SourceArn"] = object{"Fn::ImportValue": "arn"}
		}, []string{"warning value-unknown GrantUrl"}},
		"origin by a custom resource": {func(r resources) {
			r["Reader"] = object{"Type": "Custom::Reader"}
			r.origin()["DomainName"] = getAtt("Reader", "Domain")
		}, []string{"warning value-unknown Distribution"}},
		"origin of another app": {func(r resources) {
			r.origin()["DomainName"] = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"
		}, []string{"warning value-unknown Distribution"}},
		"function of another app": {func(r resources) {
			r.at("Url")["TargetFunctionArn"] = "arn:aws:lambda:us-east-1:111122223333:function:other"
			r.at("GrantUrl")["FunctionName"] = "other"
			r.at("GrantFunction")["FunctionName"] = "other"
		}, []string{"warning value-unknown Url"}},
		"OAC of another app": {func(r resources) { r.origin()["OriginAccessControlId"] = "E123" }, []string{"warning value-unknown Distribution"}},
		"edge function of another app": {func(r resources) {
			r.at("Distribution", "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0)["LambdaFunctionARN"] = "arn:aws:lambda:us-east-1:111122223333:function:other:7"
		}, []string{"warning value-unknown Distribution"}},
		"edge function of another region and account": {func(r resources) {
			r.at("Distribution", "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0)["LambdaFunctionARN"] = "arn:aws:lambda:eu-west-1:999999999999:function:other:7"
		}, []string{
			"error edge-function-unfit Distribution", "error edge-function-unfit Distribution",
			"warning value-unknown Distribution",
		}},
		"nested stack": {func(r resources) {
			r["Nested"] = object{"Type": "AWS::CloudFormation::Stack", "Properties": object{"TemplateURL": "https://example.com/elsewhere.json"}}
		}, []string{"warning value-unknown Nested"}},
		"condition that only a deployment knows": {func(r resources) {
			r["Url"]["Condition"] = "Unknown"
		}, []string{"warning value-unknown Url", "warning value-unknown Url", "warning value-unknown Distribution"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			test.mutate(r)
			wantFindings(t, r.write(t), test.want...)
		})
	}
}

// corsPolicy gives the behavior a response headers policy, and returns its CORS.
func corsPolicy(r resources) object {
	if r["CORS"] == nil {
		r["CORS"] = object{"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": object{"ResponseHeadersPolicyConfig": object{"Name": "cors", "CorsConfig": object{
			"AccessControlAllowCredentials": false, "AccessControlAllowHeaders": object{"Items": list{"content-type"}}, "AccessControlAllowMethods": object{"Items": list{"GET"}},
			"AccessControlAllowOrigins": object{"Items": list{"https://app.example.com"}}, "OriginOverride": true,
		}}}}
		r.behavior()["ResponseHeadersPolicyId"] = ref("CORS")
	}
	return r.at("CORS", "ResponseHeadersPolicyConfig", "CorsConfig")
}

// basicExecution is the policy of AWS by which functions write logs.
const basicExecution = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

// statement is a policy of one statement that allows something.
func statement(action, resource any) object {
	return object{"Version": "2012-10-17", "Statement": list{object{"Effect": "Allow", "Action": action, "Resource": resource}}}
}

// record is a DNS record that leads to the distribution.
func record(name string) object {
	return object{"Type": "AWS::Route53::RecordSet", "Properties": object{
		"Name": name, "Type": "A", "HostedZoneId": "Z1", "AliasTarget": object{"DNSName": getAtt("Distribution", "DomainName"), "HostedZoneId": "Z2FDTNDATAQYW2"},
	}}
}

// called gives the distribution names, with a certificate of elsewhere.
func called(r resources, names ...any) {
	r.config()["Aliases"] = names
	r.config()["ViewerCertificate"] = object{
		"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/12345678", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021",
	}
}

// site puts a bucket with pages beside the function, as CDK's S3BucketOrigin does, and changes it.
func site(mutate func(resources)) func(resources) {
	return func(r resources) {
		r["Site"] = object{"Type": "AWS::S3::Bucket", "Properties": object{}}
		r["SiteOAC"] = object{"Type": "AWS::CloudFront::OriginAccessControl", "Properties": object{"OriginAccessControlConfig": object{
			"Name": "site", "OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4",
		}}}
		r["SitePolicy"] = object{"Type": "AWS::S3::BucketPolicy", "Properties": object{"Bucket": ref("Site"), "PolicyDocument": object{
			"Version": "2012-10-17",
			"Statement": list{object{
				"Effect": "Allow", "Action": "s3:GetObject", "Principal": object{"Service": "cloudfront.amazonaws.com"},
				"Resource":  object{"Fn::Join": list{"", list{getAtt("Site", "Arn"), "/*"}}},
				"Condition": object{"StringEquals": object{"AWS:SourceArn": object{"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}}},
			}},
		}}}
		r.config()["Origins"] = append(r.config()["Origins"].(list), object{
			"Id": "site", "DomainName": getAtt("Site", "RegionalDomainName"), "S3OriginConfig": object{"OriginAccessIdentity": ""}, "OriginAccessControlId": getAtt("SiteOAC", "Id"),
		})
		r.config()["CacheBehaviors"] = list{object{
			"PathPattern": "/site/*", "TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
		}}
		mutate(r)
	}
}

func sitePages(r resources) object {
	return r.at("Distribution", "DistributionConfig", "CacheBehaviors", 0)
}

func siteOrigin(r resources) object { return r.at("Distribution", "DistributionConfig", "Origins", 1) }

func siteStatement(r resources) object { return r.at("SitePolicy", "PolicyDocument", "Statement", 0) }

func siteCondition(r resources) object {
	return r.at("SitePolicy", "PolicyDocument", "Statement", 0, "Condition", "StringEquals")
}

// authorize gives the default behavior an authorizer, or with a pattern another one, beside an
// open default behavior.
func authorize(r resources, pattern string) {
	r.at("Signer")["Code"] = object{"ZipFile": authorizer.Signing}
	origin := r.origin()
	if pattern != "" {
		origin = secondOrigin(r, pattern)
	}
	origin["OriginCustomHeaders"] = list{
		object{"HeaderName": "X-Streamfront-Jwt-Issuer", "HeaderValue": "https://issuer.example.com"},
		object{"HeaderName": "x-streamfront-jwt-audience", "HeaderValue": "app"},
	}
}

// secondOrigin adds a behavior before another origin, to the same function.
func secondOrigin(r resources, pattern string) object {
	config := r.at("Distribution", "DistributionConfig")
	origin, behavior := maps.Clone(r.origin()), maps.Clone(r.behavior())
	origin["Id"] = "second"
	behavior["PathPattern"], behavior["TargetOriginId"] = pattern, "second"
	config["Origins"], config["CacheBehaviors"] = append(config["Origins"].(list), origin), list{behavior}
	return origin
}

// openPath adds a behavior without an authorizer, to the same function.
func openPath(r resources, pattern string) {
	delete(secondOrigin(r, pattern), "OriginCustomHeaders")
}

// viewerFunction puts a CloudFront Function before the default behavior.
func viewerFunction(r resources, code string) {
	r["Viewer"] = object{"Type": "AWS::CloudFront::Function", "Properties": object{
		"Name": "viewer", "FunctionCode": code, "AutoPublish": true, "FunctionConfig": object{"Comment": "", "Runtime": "cloudfront-js-2.0"},
	}}
	r.behavior()["FunctionAssociations"] = list{object{"EventType": "viewer-request", "FunctionARN": getAtt("Viewer", "FunctionARN")}}
}

// routes adds behaviors like the default one, with these patterns.
func routes(patterns ...string) func(resources) {
	return func(r resources) {
		var behaviors list
		for _, pattern := range patterns {
			b := maps.Clone(r.behavior())
			b["PathPattern"] = pattern
			behaviors = append(behaviors, b)
		}
		r.config()["CacheBehaviors"] = behaviors
	}
}

// customHeader adds a header to the origin.
func customHeader(name string) func(resources) {
	return func(r resources) {
		r.origin()["OriginCustomHeaders"] = list{object{"HeaderName": name, "HeaderValue": "v"}}
	}
}

// originGroup puts the default behavior before a group of the origin and another like it.
func originGroup(r resources) {
	second := maps.Clone(r.origin())
	second["Id"] = "second"
	r.config()["Origins"] = append(r.config()["Origins"].(list), second)
	r.config()["OriginGroups"] = object{"Quantity": 1, "Items": list{object{
		"Id": "group", "FailoverCriteria": object{"StatusCodes": object{"Quantity": 1, "Items": list{500}}},
		"Members": object{"Quantity": 2, "Items": list{object{"OriginId": "function"}, object{"OriginId": "second"}}},
	}}}
	r.behavior()["TargetOriginId"] = "group"
}

// uploads adds a bucket that the function uses, and its policy.
func uploads(mutate func(bucket, policy object)) func(resources) {
	return func(r resources) {
		r["Bucket"] = object{"Type": "AWS::S3::Bucket", "Properties": object{
			"PublicAccessBlockConfiguration": object{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
		}}
		r["BucketPolicy"] = object{"Type": "AWS::S3::BucketPolicy", "Properties": object{
			"Bucket": ref("Bucket"), "PolicyDocument": object{"Statement": list{object{
				"Effect": "Deny", "Action": "s3:*", "Principal": object{"AWS": "*"}, "Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
				"Resource": list{getAtt("Bucket", "Arn"), object{"Fn::Sub": "${Bucket.Arn}/*"}},
			}}},
		}}
		r.at("Function")["Environment"] = object{"Variables": object{"BUCKET": ref("Bucket")}}
		if mutate != nil {
			mutate(r.at("Bucket"), r.at("BucketPolicy"))
		}
	}
}

// notified has the bucket of uploads invoke the function, whose role may write to it.
func notified(mutate func(configuration, statement, permission object)) func(resources) {
	return func(r resources) {
		uploads(nil)(r)
		// By its name, since references both ways would be a circular dependency.
		r.at("Bucket")["BucketName"] = "my-bucket"
		r.at("Function")["Environment"] = object{"Variables": object{"BUCKET": "my-bucket"}}
		configuration := object{"Event": "s3:ObjectCreated:*", "Function": getAtt("Function", "Arn")}
		statement := object{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-bucket/*"}
		permission := object{
			"Action": "lambda:InvokeFunction", "FunctionName": getAtt("Function", "Arn"), "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::my-bucket",
		}
		r.at("Bucket")["NotificationConfiguration"] = object{"LambdaConfigurations": list{configuration}}
		r["Permission"] = object{"Type": "AWS::Lambda::Permission", "Properties": permission}
		r["Writer"] = object{"Type": "AWS::IAM::Role", "Properties": object{"ManagedPolicyArns": list{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}, "Policies": list{object{
			"PolicyName": "p", "PolicyDocument": object{"Statement": list{statement}},
		}}}}
		r.at("Function")["Role"] = getAtt("Writer", "Arn")
		mutate(configuration, statement, permission)
	}
}

// allow adds a statement to the policy of the bucket.
func allow(policy object, principal any) {
	document := policy["PolicyDocument"].(object)
	document["Statement"] = append(document["Statement"].(list), object{
		"Effect": "Allow", "Action": "s3:GetObject", "Principal": principal, "Resource": object{"Fn::Sub": "${Bucket.Arn}/*"},
	})
}

func accountGrant(principal, action string) func(resources) {
	return func(r resources) {
		r["Account"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{"Action": action, "FunctionName": ref("Function"), "Principal": principal}}
	}
}

// certificate gives the distribution a certificate of its own.
func certificate(mutate func(object)) func(resources) {
	return func(r resources) {
		c := object{
			"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021",
		}
		mutate(c)
		r.config()["ViewerCertificate"] = c
	}
}

// names gives the distribution a name, and a certificate of the app for other names.
func names(alias string, of ...any) func(resources) {
	return func(r resources) {
		certificate(func(c object) { c["AcmCertificateArn"] = ref("Certificate") })(r)
		r["Certificate"] = object{"Type": "AWS::CertificateManager::Certificate", "Properties": object{"DomainName": of[0], "SubjectAlternativeNames": of[1:]}}
		r.config()["Aliases"] = list{alias}
	}
}

// firewall gives the distribution a web ACL.
func firewall(mutate func(object)) func(resources) {
	return func(r resources) {
		acl := object{"Scope": "CLOUDFRONT", "DefaultAction": object{"Allow": object{}}, "Rules": list{object{"Name": "rate"}}}
		mutate(acl)
		r["Firewall"] = object{"Type": "AWS::WAFv2::WebACL", "Properties": acl}
		r.config()["WebACLId"] = getAtt("Firewall", "Arn")
	}
}

// logs lets the distribution log to a bucket.
func logs(bucket object) func(resources) {
	return func(r resources) {
		r["Logs"] = object{"Type": "AWS::S3::Bucket", "Properties": bucket}
		r.config()["Logging"] = object{"Bucket": getAtt("Logs", "RegionalDomainName")}
	}
}

func role(services ...any) object {
	return object{"Type": "AWS::IAM::Role", "Properties": object{"AssumeRolePolicyDocument": object{"Statement": list{
		object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": services}},
	}}}}
}

func originRequestPolicy(headers, cookies object) object {
	return object{"Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": object{"OriginRequestPolicyConfig": object{
		"Name": "policy", "HeadersConfig": headers, "CookiesConfig": cookies, "QueryStringsConfig": object{"QueryStringBehavior": "all"},
	}}}
}

func adapter(setting, mode string) func(resources) {
	return func(r resources) {
		variables := object{"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "TABLE": getAtt("Table", "Arn")}
		if setting != "" {
			variables["AWS_LWA_INVOKE_MODE"] = setting
		}
		r.at("Function")["Environment"] = object{"Variables": variables}
		r.at("Function")["Layers"] = list{object{"Fn::Sub": "arn:aws:lambda:${AWS::Region}:753240598075:layer:LambdaAdapterLayerX86:30"}}
		delete(r.at("Url"), "InvokeMode")
		if mode != "" {
			r.at("Url")["InvokeMode"] = mode
		}
	}
}

// program stands for a binary. Its code is inline, which Lambda refuses for its runtime.
func program(doors, mode string) func(resources) {
	return func(r resources) {
		code("LambdaFunctionURLStreamingResponse")(r)
		r.at("Function")["Runtime"] = "provided.al2023"
		r.at("Function")["Environment"] = object{"Variables": object{"STREAMFRONT_DOORS": doors}}
		r.at("Url")["InvokeMode"] = mode
	}
}

func code(text string) func(resources) {
	return func(r resources) { r.at("Function")["Code"] = object{"ZipFile": text} }
}

func buffered(timeout int) func(resources) {
	return func(r resources) {
		code("exports.handler = async () => ({});")(r)
		r.at("Url")["InvokeMode"] = "BUFFERED"
		r.at("Function")["Timeout"] = timeout
	}
}

// Where an app leaves its account open, any account that it writes may be its own.
func TestAppsForAnyEnvironment(t *testing.T) {
	t.Parallel()
	const anywhere, anyAccount = "aws://unknown-account/unknown-region", "aws://unknown-account/us-east-1"
	ofAccount := func(r resources) {
		for _, id := range []string{"GrantUrl", "GrantFunction"} {
			r.at(id)["SourceArn"] = object{"Fn::Sub": "arn:aws:cloudfront::444455556666:distribution/${Distribution}"}
			r.at(id)["SourceAccount"] = "444455556666"
		}
	}
	imported := func(r resources) {
		r.association()["LambdaFunctionARN"] = "arn:aws:lambda:us-east-1:444455556666:function:signer:7"
	}
	for name, test := range map[string]struct {
		environment string
		mutate      func(resources)
		want        []string
	}{
		"grants of an account":      {anyAccount, ofAccount, nil},
		"grants of another account": {"aws://111122223333/us-east-1", ofAccount, []string{"error grant-url-missing Url", "error grant-function-missing Url"}},
		"grants of every distribution of an account": {anyAccount, func(r resources) {
			r.at("GrantUrl")["SourceArn"] = "arn:aws:cloudfront::444455556666:distribution/*"
		}, []string{"warning grant-too-wide GrantUrl"}},
		"grant of another distribution": {anyAccount, func(r resources) {
			r.at("GrantUrl")["SourceArn"] = "arn:aws:cloudfront::444455556666:distribution/EOTHER"
		}, []string{"error grant-other-distribution GrantUrl"}},
		"edge function of an account":      {anyAccount, imported, []string{"warning value-unknown Distribution"}},
		"edge function of another account": {"aws://111122223333/us-east-1", imported, []string{"error edge-function-unfit Distribution", "warning value-unknown Distribution"}},
		"edge function of any region":      {anywhere, func(resources) {}, []string{"warning value-unknown Distribution"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			test.mutate(r)
			wantFindings(t, writeAssembly(t, test.environment, object{"Resources": r}), test.want...)
		})
	}
}

// A distribution before something that is not a function URL is not looked at, however its
// domain name comes to it.
func TestOriginsThatAreNoFunctionURLs(t *testing.T) {
	t.Parallel()
	domain := func(name any, more resources) resources {
		more["Distribution"] = object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": object{
			"Enabled":              true,
			"DefaultCacheBehavior": object{"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
			"Origins":              list{object{"Id": "o", "DomainName": name, "CustomOriginConfig": object{"OriginProtocolPolicy": "http-only"}}},
		}}}
		return more
	}
	balancer := resources{"Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"}}
	const nothing = "nothing to check"
	for name, test := range map[string]struct {
		web  resources
		want []string
		note string
	}{
		"a load balancer of another stack": {domain(object{"Fn::ImportValue": "balancer"}, resources{}), nil, nothing},
		"an API, by its address": {domain(object{"Fn::Select": list{2, object{"Fn::Split": list{"/", object{"Fn::Sub": "${Api.ApiEndpoint}/x"}}}}}, resources{
			"Api": {"Type": "AWS::ApiGatewayV2::Api"},
		}), nil, nothing},
		"an API, by its id": {domain(object{"Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"}, resources{
			"Api": {"Type": "AWS::ApiGateway::RestApi"},
		}), nil, nothing},
		"a name": {domain("www.example.com", resources{}), nil, nothing},
		"a name, in what AWS refuses": {func() resources {
			r := domain("www.example.com", resources{})
			r.config()["HttpVersion"] = "http4"
			return r
		}(), []string{"error value-refused Distribution"}, "only what AWS refuses was looked for"},
		"an import of who knows what": {domain(object{"Fn::ImportValue": "other"}, resources{}), []string{"warning value-unknown Distribution"}, "is known to have"},
		"an output of a nested stack": {domain(getAtt("Nested", "Outputs.Domain"), resources{
			"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": object{"TemplateURL": "https://example.com/elsewhere.json"}},
		}), []string{"warning value-unknown Distribution", "warning value-unknown Nested"}, "is known to have"},
		"what a custom resource finds": {domain(getAtt("Reader", "Domain"), resources{"Reader": {"Type": "Custom::Reader"}}), []string{"warning value-unknown Distribution"}, "is known to have"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeJSON(t, filepath.Join(dir, "Net.json"), object{"Resources": balancer, "Outputs": object{
				"Balancer": object{"Value": getAtt("Balancer", "DNSName"), "Export": object{"Name": "balancer"}},
			}})
			writeJSON(t, filepath.Join(dir, "Web.json"), object{"Resources": test.web})
			artifacts := object{}
			for _, stack := range []string{"Net", "Web"} {
				artifacts[stack] = object{"type": "aws:cloudformation:stack", "environment": "aws://111122223333/us-east-1", "properties": object{"templateFile": stack + ".json"}}
			}
			writeJSON(t, filepath.Join(dir, "manifest.json"), object{"artifacts": artifacts})
			report := wantFindings(t, dir, test.want...)
			if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], test.note) {
				t.Errorf("notes = %q, want one with %q", report.Notes, test.note)
			}
		})
	}
}

// Messages say what is set, and where: the values are the template's.
func TestFindingsNameTheValue(t *testing.T) {
	t.Parallel()
	r := endpoint()
	r["Distribution"]["Metadata"] = object{"aws:cdk:path": "App/Site/Distribution/Resource"}
	r.behavior()["ViewerProtocolPolicy"] = "allow-all"
	report := run(t, r.write(t))
	if len(report.Findings) != 1 {
		t.Fatalf("findings = %+v, want one", report.Findings)
	}
	got := report.Findings[0]
	cause := causes.Get("viewer-http-allowed")
	line := got.Line
	got.Line = 0
	want := check.Finding{
		Rule: "viewer-http-allowed", Level: check.Error, Stack: "Site", LogicalID: "Distribution",
		Type: "AWS::CloudFront::Distribution", Construct: "App/Site/Distribution/Resource",
		Property: "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy",
		Message:  "is allow-all: tokens and bodies may come in the clear",
		Why:      cause.Why, Fix: cause.Fix.In(cdk.TypeScript), Template: "Site.template.json",
	}
	if got != want {
		t.Errorf("finding = %+v\nwant %+v", got, want)
	}
	if line < 2 {
		t.Errorf("line = %d, want that of the resource", line)
	}
}

// A missing permission tells of those that come near, and of no others.
func TestMissingGrantsNameThoseThatComeNear(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mutate func(resources)
		near   string
	}{
		"another account": {func(r resources) { r.at("GrantUrl")["SourceAccount"] = "999999999999" }, "; Site/GrantUrl is for the account 999999999999"},
		"another function, which has no URL": {func(r resources) {
			r.at("GrantUrl")["FunctionName"] = ref("Signer")
		}, "; Site/GrantUrl is for another function"},
		"a version": {func(r resources) {
			r.at("GrantUrl")["FunctionName"] = object{"Fn::Sub": "${Function}:3"}
		}, "; Site/GrantUrl is for the qualifier 3, and the URL is not of that"},
		"none": {func(r resources) { delete(r, "GrantUrl") }, ""},
		"a function of another distribution": {func(r resources) {
			r.at("GrantUrl")["FunctionName"] = ref("Signer")
			r.at("GrantUrl")["SourceArn"] = "arn:aws:cloudfront::111122223333:distribution/EOTHER"
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			test.mutate(r)
			report := run(t, r.write(t))
			want := "no permission lets Site/Distribution use lambda:InvokeFunctionUrl" + test.near
			if len(report.Findings) != 1 || report.Findings[0].Message != want {
				t.Errorf("findings = %+v, want %q", report.Findings, want)
			}
		})
	}
}

// What is in a nested stack is looked at as if it were beside it.
func TestNestedStacks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		template string
		want     []string
	}{
		"with a bucket": {`{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}`, nil},
		"with a public function URL": {
			`{"Resources":{"U":{"Type":"AWS::Lambda::Url","Properties":{"AuthType":"NONE","TargetFunctionArn":{"Ref":"F"}}},
				"F":{"Type":"AWS::Lambda::Function","Properties":{"Runtime":"python3.13","Handler":"index.main","Role":"arn:aws:iam::111122223333:role/r","Code":{"ZipFile":"def main(event, context): return 1"}}}}}`,
			[]string{"error url-public U"},
		},
		"that asks for a parameter": {`{"Parameters":{"Model":{"Type":"String"}},"Resources":{}}`, []string{"error value-refused Nested"}},
		"with a nested stack from elsewhere": {
			`{"Resources":{"Inner":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://example.com/x.json"}}}}`,
			[]string{"warning value-unknown Inner"},
		},
		"that is not a template": {`[]`, []string{"warning value-unknown Nested"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			r["Nested"] = object{"Type": "AWS::CloudFormation::Stack", "Properties": object{
				"TemplateURL": object{"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/assets/0123.json"},
			}}
			dir := writeWithAsset(t, r, "0123.json", "nested.json")
			if err := os.WriteFile(filepath.Join(dir, "nested.json"), []byte(test.template), 0o600); err != nil {
				t.Fatal(err)
			}
			wantFindings(t, dir, test.want...)
		})
	}
}

func TestSuppressedFindings(t *testing.T) {
	t.Parallel()
	r := endpoint()
	r.at("Url")["AuthType"] = "NONE"
	r.behavior()["ViewerProtocolPolicy"] = "allow-all"
	r["Url"]["Metadata"] = object{"streamfront": object{"suppress": list{object{"id": "url-public", "reason": "a webhook of others"}}}}
	r["Distribution"]["Metadata"] = object{"streamfront": object{"suppress": list{
		object{"id": "viewer-http-allowed"}, object{"id": "no-such-rule", "reason": "none"},
	}}}
	report := wantFindings(t, r.write(t), "error viewer-http-allowed Distribution")
	if got := told(report.Suppressed); !slices.Equal(got, []string{"error url-public Url"}) || report.Suppressed[0].Reason != "a webhook of others" {
		t.Errorf("suppressed = %+v, want url-public with its reason", report.Suppressed)
	}
	for _, want := range []string{`"no-such-rule", which is not a rule`, "without a reason"} {
		if !slices.ContainsFunc(report.Notes, func(note string) bool { return strings.Contains(note, want) }) {
			t.Errorf("notes = %q, want one with %q", report.Notes, want)
		}
	}
}

// Rules are causes, in the order of their table.
func TestRulesAreCauses(t *testing.T) {
	t.Parallel()
	var rules, order []causes.ID
	for _, rule := range aws.Rules() {
		rules = append(rules, rule.ID)
	}
	for _, c := range causes.All {
		if slices.Contains(rules, c.ID) {
			order = append(order, c.ID)
		}
	}
	if !slices.Equal(rules, order) {
		t.Errorf("rules = %q\nwant %q", rules, order)
	}
}

// What there is not to check is said, and so is what is no assembly.
func TestNothingToCheck(t *testing.T) {
	t.Parallel()
	report := wantFindings(t, resources{"Topic": {"Type": "AWS::SNS::Topic"}}.write(t))
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "nothing to check") {
		t.Errorf("notes = %q, want one that says so", report.Notes)
	}
	report = wantFindings(t, resources{"Public": {"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunction", "FunctionName": "other", "Principal": "*",
	}}}.write(t), "error url-public Public")
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "only permissions were checked") {
		t.Errorf("notes = %q, want one that says what was checked", report.Notes)
	}
	if _, err := check.Run(t.TempDir(), check.Options{}); err == nil || !strings.Contains(err.Error(), "cdk synth") {
		t.Errorf("error = %v, want one with 'cdk synth'", err)
	}
}

// Identifiers that only a deployment gives are made up here: none is held to AWS's form.
func TestMadeUpIdentifiersAreNotRefused(t *testing.T) {
	t.Parallel()
	r := endpoint()
	r["Certificate"] = object{"Type": "Custom::Certificate"}
	r["Role"] = object{"Type": "Custom::Role"}
	r.config()["Aliases"] = list{"chat.example.com"}
	r.config()["ViewerCertificate"] = object{"AcmCertificateArn": ref("Certificate"), "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
	r.at("Function")["Role"] = ref("Role")
	r.at("Signer")["Role"] = object{"Fn::Sub": "${Role}"}
	wantFindings(t, r.write(t))
}
