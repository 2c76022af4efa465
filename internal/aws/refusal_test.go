package aws_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	unmodelled = " is not modelled by the local chain; remove it or test this on AWS"
	config     = "Site/Dist: DistributionConfig."
	origin     = config + "Origins[0]."
	byDefault  = config + "DefaultCacheBehavior."
)

// Each change alone makes Read fail with exactly these lines.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	set := func(at func(*fixture) object, name string, v any) func(*fixture) {
		return func(f *fixture) { at(f)[name] = v }
	}
	without := func(at func(*fixture) object, name string) func(*fixture) {
		return func(f *fixture) { delete(at(f), name) }
	}
	of := func(id string) func(*fixture) object { return func(f *fixture) object { return f.properties(id) } }
	variables := func(f *fixture) object { return f.properties("Fn")["Environment"].(object)["Variables"].(object) }
	association := func(kind string) func(*fixture) object {
		return func(f *fixture) object { return f.behavior()[kind].(list)[0].(object) }
	}
	viewerConfig := func(f *fixture) object { return f.properties("Viewer")["FunctionConfig"].(object) }
	grant, dist := of("GrantUrl"), of("Dist")

	// Unknown properties at every level.
	tests := map[string]struct {
		change func(*fixture)
		want   string // lines
	}{}
	for where, at := range map[string]struct {
		object func(*fixture) object
		path   string
	}{
		"distribution":          {dist, "Site/Dist: "},
		"distribution config":   {(*fixture).config, config},
		"default behavior":      {(*fixture).behavior, byDefault},
		"other behavior":        {func(f *fixture) object { return f.config()["CacheBehaviors"].(list)[0].(object) }, config + "CacheBehaviors[0]."},
		"viewer association":    {association("FunctionAssociations"), byDefault + "FunctionAssociations[0]."},
		"edge association":      {association("LambdaFunctionAssociations"), byDefault + "LambdaFunctionAssociations[0]."},
		"origin":                {(*fixture).origin, origin},
		"custom header":         {func(f *fixture) object { return f.origin()["OriginCustomHeaders"].(list)[0].(object) }, origin + "OriginCustomHeaders[0]."},
		"custom origin config":  {(*fixture).custom, origin + "CustomOriginConfig."},
		"OAC config":            {(*fixture).oac, "Site/OAC: OriginAccessControlConfig."},
		"function URL":          {of("Url"), "Site/Url: "},
		"function":              {of("Fn"), "Site/Fn: "},
		"function code":         {func(f *fixture) object { return f.properties("Fn")["Code"].(object) }, "Site/Fn: Code."},
		"function environment":  {func(f *fixture) object { return f.properties("Fn")["Environment"].(object) }, "Site/Fn: Environment."},
		"permission":            {grant, "Site/GrantUrl: "},
		"CloudFront Function":   {of("Viewer"), "Site/Viewer: "},
		"CloudFront Function 2": {viewerConfig, "Site/Viewer: FunctionConfig."},
		"edge function":         {of("Signer"), "Site/Signer: "},
		"edge function version": {of("Version"), "Site/Version: "},
	} {
		want := at.path + "Nonsense" + unmodelled
		tests["unknown property of the "+where] = struct {
			change func(*fixture)
			want   string
		}{set(at.object, "Nonsense", "x"), want}
	}

	for name, test := range map[string]struct {
		change func(*fixture)
		want   string
	}{
		// Distribution.
		"disabled":                  {set((*fixture).config, "Enabled", false), config + "Enabled is false: CloudFront does not serve this distribution"},
		"neither on nor off":        {without((*fixture).config, "Enabled"), config + "Enabled is missing"},
		"no configuration":          {without(dist, "DistributionConfig"), "Site/Dist: DistributionConfig is missing"},
		"no default behavior":       {without((*fixture).config, "DefaultCacheBehavior"), config + "DefaultCacheBehavior is missing"},
		"staging":                   {set((*fixture).config, "Staging", true), config + "Staging is true: staging distributions are not modelled by the local chain"},
		"origin groups":             {set((*fixture).config, "OriginGroups", object{"Quantity": 1}), config + "OriginGroups.Quantity is 1, and there are 0 Items"},
		"custom error responses":    {set((*fixture).config, "CustomErrorResponses", list{object{"ErrorCode": 402}}), config + "CustomErrorResponses[0].ErrorCode is 402: CloudFront accepts one of [400 403 404 405 414 416 500 501 502 503 504]"},
		"distribution as a list":    {set(dist, "DistributionConfig", list{}), "Site/Dist: DistributionConfig is []: want an object"},
		"no distribution at all":    {func(f *fixture) { delete(f.site, "Dist") }, `Site/GrantInvoke: SourceArn: Fn::Sub: Ref: template has no resource or parameter "Dist"` + "\n" + `Site/GrantUrl: SourceArn: Fn::Sub: Ref: template has no resource or parameter "Dist"`},
		"value that nobody knows":   {set((*fixture).config, "Enabled", ref("Nobody")), config + `Enabled: Ref: template has no resource or parameter "Nobody"`},
		"unknown value, unknown to": {set((*fixture).config, "PriceTag", ref("Nobody")), config + `PriceTag: Ref: template has no resource or parameter "Nobody"`},

		// Behaviors.
		"unknown cache policy":            {set((*fixture).behavior, "CachePolicyId", "2e54312d-136d-493c-8eb9-b001f22f67d2"), byDefault + "CachePolicyId is 2e54312d-136d-493c-8eb9-b001f22f67d2: neither a managed policy that the local chain models nor an AWS::CloudFront::CachePolicy of this cloud assembly"},
		"no cache policy":                 {without((*fixture).behavior, "CachePolicyId"), byDefault + "CachePolicyId is missing: CloudFront accepts a behavior with a cache policy, or with ForwardedValues"},
		"unknown origin request policy":   {set((*fixture).behavior, "OriginRequestPolicyId", "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"), byDefault + "OriginRequestPolicyId is 88a5eaf4-2fd4-4709-b370-b4c650ea3fcf: neither a managed policy that the local chain models nor an AWS::CloudFront::OriginRequestPolicy of this cloud assembly"},
		"response headers policy":         {set((*fixture).behavior, "ResponseHeadersPolicyId", "x"), byDefault + "ResponseHeadersPolicyId is x: neither a managed policy that the local chain models nor an AWS::CloudFront::ResponseHeadersPolicy of this cloud assembly"},
		"set of methods":                  {set((*fixture).behavior, "AllowedMethods", list{"GET", "HEAD", "POST"}), byDefault + `AllowedMethods is ["GET" "HEAD" "POST"]: CloudFront accepts one of the sets [["GET" "HEAD"] ["GET" "HEAD" "OPTIONS"] ["DELETE" "GET" "HEAD" "OPTIONS" "PATCH" "POST" "PUT"]]`},
		"methods of objects":              {set((*fixture).behavior, "AllowedMethods", list{object{}}), byDefault + "AllowedMethods[0] is {}: want text"},
		"target of no origin":             {set((*fixture).behavior, "TargetOriginId", "other"), byDefault + "TargetOriginId is other, which is not one of the distribution's origins"},
		"gRPC":                            {set((*fixture).behavior, "GrpcConfig", object{"Enabled": true}), byDefault + "GrpcConfig.Enabled is true: gRPC needs HTTP/2 to the origin, which a function URL does not speak"},
		"smooth streaming":                {set((*fixture).behavior, "SmoothStreaming", true), byDefault + "SmoothStreaming is true: not modelled by the local chain"},
		"viewer protocol policy":          {set((*fixture).behavior, "ViewerProtocolPolicy", "http-only"), byDefault + "ViewerProtocolPolicy is http-only: AWS accepts redirect-to-https, https-only, allow-all"},
		"edge function at viewer-request": {set(association("LambdaFunctionAssociations"), "EventType", "viewer-request"), byDefault + "LambdaFunctionAssociations[0].EventType is viewer-request, which has a CloudFront Function already: CloudFront runs one function for an event"},
		"two viewer functions": {
			func(f *fixture) {
				a := f.behavior()["FunctionAssociations"].(list)[0]
				f.behavior()["FunctionAssociations"] = list{a, a}
			},
			byDefault + "FunctionAssociations[1].EventType is viewer-request, which has a CloudFront Function already: CloudFront runs one function for an event",
		},
		"two edge functions": {
			func(f *fixture) {
				a := f.behavior()["LambdaFunctionAssociations"].(list)[0]
				f.behavior()["LambdaFunctionAssociations"] = list{a, a}
			},
			byDefault + "LambdaFunctionAssociations[1].EventType is origin-request, which has a Lambda@Edge function already: CloudFront runs one function for an event",
		},

		// Origins.
		"S3 origin": {
			func(f *fixture) {
				delete(f.origin(), "CustomOriginConfig")
				f.origin()["S3OriginConfig"] = object{}
			},
			origin + "S3OriginConfig is set, and DomainName is agjrxlktlmn6elmrgs65ir3fmqln2lsl.lambda-url.us-east-1.on.aws: CloudFront accepts the domain name of a bucket\nSite/OAC: OriginAccessControlConfig.OriginAccessControlOriginType is lambda: the local chain models s3 there",
		},
		"another origin":           {set((*fixture).origin, "DomainName", "example.com"), origin + "DomainName is example.com, which is neither a function URL nor a bucket, an API or a load balancer of this cloud assembly: say where it is with --origin fn=http://localhost:PORT"},
		"http to the origin":       {set((*fixture).custom, "OriginProtocolPolicy", "match-viewer"), origin + "CustomOriginConfig.OriginProtocolPolicy is match-viewer: the local chain models https-only"},
		"another port":             {set((*fixture).custom, "HTTPSPort", 8443), origin + "CustomOriginConfig.HTTPSPort is 8443: the local chain models 443"},
		"no read timeout":          {set((*fixture).custom, "OriginReadTimeout", 0), origin + "CustomOriginConfig.OriginReadTimeout is 0: AWS accepts 1 to 300"},
		"keep-alive too long":      {set((*fixture).custom, "OriginKeepaliveTimeout", 301), origin + "CustomOriginConfig.OriginKeepaliveTimeout is 301: AWS accepts 1 to 300"},
		"timeout of text":          {set((*fixture).custom, "OriginReadTimeout", "long"), origin + "CustomOriginConfig.OriginReadTimeout is long: want a whole number"},
		"completion before read":   {set((*fixture).origin, "ResponseCompletionTimeout", 59), origin + "ResponseCompletionTimeout is 59 s: CloudFront requires at least OriginReadTimeout, 60 s"},
		"header that nobody takes": {set(func(f *fixture) object { return f.origin()["OriginCustomHeaders"].(list)[0].(object) }, "HeaderName", "X-Amz-Date"), origin + `OriginCustomHeaders[0].HeaderName is "X-Amz-Date": CloudFront does not take it as an origin custom header`},
		"31 headers": {
			func(f *fixture) {
				headers := list{}
				for i := range 31 {
					headers = append(headers, object{"HeaderName": fmt.Sprintf("x-%d", i), "HeaderValue": "v"})
				}
				f.origin()["OriginCustomHeaders"] = headers
			},
			origin + "OriginCustomHeaders has 31 headers: CloudFront accepts 30",
		},
		"two origins of one id": {
			func(f *fixture) { f.config()["Origins"] = list{f.origin(), f.origin()} },
			config + `Origins[1].Id is "fn": another origin has it, too`,
		},
		"OAC of another assembly": {set((*fixture).origin, "OriginAccessControlId", "E123"), origin + "OriginAccessControlId is E123, which is not in this cloud assembly"},

		// Origin access control. Both behaviors lead to it, both say so.
		"OAC for S3":             {set((*fixture).oac, "OriginAccessControlOriginType", "s3"), "Site/OAC: OriginAccessControlConfig.OriginAccessControlOriginType is s3: the local chain models lambda there"},
		"OAC that signs at will": {set((*fixture).oac, "SigningBehavior", "sometimes"), "Site/OAC: OriginAccessControlConfig.SigningBehavior is sometimes: AWS accepts always, no-override, never"},
		"OAC with another":       {set((*fixture).oac, "SigningProtocol", "sigv4a"), "Site/OAC: OriginAccessControlConfig.SigningProtocol is sigv4a: AWS accepts sigv4"},
		"OAC of nothing":         {without(of("OAC"), "OriginAccessControlConfig"), "Site/OAC: OriginAccessControlConfig is missing"},

		// Function URL and function.
		"OPTIONS in CORS":        {set(of("Url"), "Cors", object{"AllowMethods": list{"OPTIONS"}}), "Site/Url: Cors.AllowMethods[0] is OPTIONS: AWS accepts GET, PUT, HEAD, POST, PATCH, DELETE, *"},
		"CORS for too long":      {set(of("Url"), "Cors", object{"MaxAge": 86401}), "Site/Url: Cors.MaxAge is 86401: AWS accepts 0 to 86400"},
		"URL of an alias":        {set(of("Url"), "Qualifier", "live"), "Site/Url: TargetFunctionArn is arn:aws:lambda:us-east-1:111122223333:function:Site-Fn-A5REY6LBO45T:live: this cloud assembly has no such alias"},
		"URL of another auth":    {set(of("Url"), "AuthType", "JWT"), "Site/Url: AuthType is JWT: AWS accepts AWS_IAM, NONE"},
		"URL of no function":     {set(of("Url"), "TargetFunctionArn", "arn:aws:lambda:us-east-1:111122223333:function:nobody"), "Site/Url: TargetFunctionArn is arn:aws:lambda:us-east-1:111122223333:function:nobody: the local chain runs functions of this cloud assembly only"},
		"levels without JSON":    {set(of("Fn"), "LoggingConfig", object{"ApplicationLogLevel": "INFO"}), "Site/Fn: LoggingConfig.ApplicationLogLevel is set, and LogFormat is not JSON: Lambda accepts levels with that format only"},
		"log of another format":  {set(of("Fn"), "LoggingConfig", object{"LogFormat": "XML"}), "Site/Fn: LoggingConfig.LogFormat is XML: AWS accepts Text, JSON"},
		"function in Java":       {set(of("Fn"), "Runtime", "java21"), "Site/Fn: Runtime is java21: the local chain models nodejs, python, provided.al2023, provided.al2; give it a program of your own: --function Site/Fn='npm start'"},
		"function of an image":   {set(of("Fn"), "PackageType", "Image"), "Site/Fn: PackageType is Image: the local chain runs no containers; give it the program of the image: --function Site/Fn='npm start'"},
		"function with layers":   {set(of("Fn"), "Layers", list{"arn"}), "Site/Fn: Layers[0] is arn: the layer is not in this cloud assembly: say in which folder it is unpacked with --layer arn=FOLDER, or run without it by --layer arn="},
		"architectures":          {set(of("Fn"), "Architectures", list{"x86_64", "arm64"}), "Site/Fn: Architectures is x86_64, arm64: Lambda accepts one"},
		"function of no code":    {without(of("Fn"), "Code"), "Site/Fn: Code is missing"},
		"inline function":        {set(of("Fn"), "Code", object{"ZipFile": "x"}), "Site/Fn: Code.ZipFile is set: Lambda accepts inline code for Node.js and Python, not for provided.al2023"},
		"function of no asset":   {set(of("Fn"), "Code", object{"S3Bucket": "assets", "S3Key": "other.zip"}), `Site/Fn: Code.S3Key: no asset of the cloud assembly has the object key "other.zip"`},
		"function without a key": {set(of("Fn"), "Code", object{"S3Bucket": "assets"}), `Site/Fn: Code.S3Key is missing`},
		"function that runs on":  {set(of("Fn"), "Timeout", 901), "Site/Fn: Timeout is 901: AWS accepts 1 to 900"},
		"too little memory":      {set(of("Fn"), "MemorySize", 64), "Site/Fn: MemorySize is 64: AWS accepts 128 to 10240"},
		"variable of a dash":     {set(variables, "MY-KEY", "x"), "Site/Fn: Environment.Variables.MY-KEY is not a name that Lambda accepts: a letter, then letters, digits and underscores"},
		"variable of one letter": {set(variables, "K", "x"), "Site/Fn: Environment.Variables.K is not a name that Lambda accepts: a letter, then letters, digits and underscores"},
		"too many variables":     {set(variables, "KEY", strings.Repeat("x", 4096)), "Site/Fn: Environment.Variables have 4127 bytes: Lambda accepts 4096"},
		"reserved variable":      {set(variables, "AWS_REGION", "x"), "Site/Fn: Environment.Variables.AWS_REGION is reserved: Lambda sets it and refuses a function that does"},
		"variable that a parameter decides": {
			func(f *fixture) {
				f.variables()["KEY"] = object{"Fn::If": list{"Paid", "a", "b"}}
			},
			`Site/Fn: Environment.Variables.KEY: Fn::If: template has no condition "Paid"`,
		},
		"variable of a list": {set(variables, "KEY", list{"a"}), `Site/Fn: Environment.Variables.KEY is ["a"]: want text`},
		"variable of nobody": {set(variables, "KEY", getAtt("Queue", "Arn")), "Site/Fn: Environment.Variables.KEY: Fn::GetAtt: Site/Queue (AWS::SQS::Queue): condition Nowhere: template has no condition \"Nowhere\""},

		// Permissions.
		"auth type of a plain invoke":  {set(of("GrantInvoke"), "FunctionUrlAuthType", "AWS_IAM"), "Site/GrantInvoke: FunctionUrlAuthType is AWS_IAM: Lambda accepts it for lambda:InvokeFunctionUrl only and refuses this permission"},
		"organization":                 {set(grant, "PrincipalOrgID", "o-1"), "Site/GrantUrl: PrincipalOrgID" + unmodelled},
		"permission without an action": {without(grant, "Action"), "Site/GrantUrl: Action is missing"},
		"permission for nobody":        {without(grant, "Principal"), "Site/GrantUrl: Principal is missing"},
		"permission for no function":   {without(grant, "FunctionName"), "Site/GrantUrl: FunctionName is missing"},
		"permission of a source that nobody knows": {
			set(grant, "SourceArn", getAtt("Table", "Arn")),
			"Site/GrantUrl: SourceArn: Fn::GetAtt: Site/Table (AWS::DynamoDB::Table): the value of attribute Arn is not known before deployment",
		},

		"permission elsewhere": {
			func(f *fixture) {
				f.far["Grant"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
					"Action": "lambda:InvokeFunction", "Principal": "cloudfront.amazonaws.com",
					"FunctionName": object{"Fn::Sub": "arn:aws:lambda:us-east-1:111122223333:function:chat"},
				}}
				f.properties("Fn")["FunctionName"] = "chat"
			},
			"Far/Grant: the permission is created in eu-west-1, and the function is in us-east-1",
		},

		// CloudFront Function.
		"not published":             {set(of("Viewer"), "AutoPublish", false), "Site/Viewer: AutoPublish is not true: the function stays in stage DEVELOPMENT and no distribution can use it"},
		"not published by default":  {without(of("Viewer"), "AutoPublish"), "Site/Viewer: AutoPublish is not true: the function stays in stage DEVELOPMENT and no distribution can use it"},
		"runtime that there is not": {set(viewerConfig, "Runtime", "cloudfront-js-3.0"), "Site/Viewer: FunctionConfig.Runtime is cloudfront-js-3.0: AWS accepts cloudfront-js-1.0, cloudfront-js-2.0"},
		"two key value stores": {
			func(f *fixture) {
				store := object{"KeyValueStoreARN": "arn:aws:cloudfront::111122223333:key-value-store/x"}
				viewerConfig(f)["KeyValueStoreAssociations"] = list{store, store}
			},
			"Site/Viewer: FunctionConfig.KeyValueStoreAssociations has 2 stores: CloudFront accepts one\nSite/Viewer: FunctionConfig.KeyValueStoreAssociations[1].KeyValueStoreARN is arn:aws:cloudfront::111122223333:key-value-store/x, which is not in this cloud assembly",
		},
		"viewer without a config":    {without(of("Viewer"), "FunctionConfig"), "Site/Viewer: FunctionConfig is missing"},
		"viewer without code":        {without(of("Viewer"), "FunctionCode"), "Site/Viewer: FunctionCode is missing"},
		"viewer of over 10 KB":       {set(of("Viewer"), "FunctionCode", strings.Repeat("x", 10241)), "Site/Viewer: FunctionCode has 10241 bytes: AWS accepts 10240"},
		"viewer of another assembly": {set(association("FunctionAssociations"), "FunctionARN", "arn:aws:cloudfront::1:function/x"), byDefault + "FunctionAssociations[0].FunctionARN is arn:aws:cloudfront::1:function/x: CloudFront Functions must be in this cloud assembly"},

		// Lambda@Edge.
		"edge on arm64":            {set(of("Signer"), "Architectures", list{"arm64"}), "Site/Signer: Architectures[0] is arm64: Lambda@Edge runs on x86_64"},
		"edge with variables":      {set(of("Signer"), "Environment", object{"Variables": object{"STAGE": "b"}}), "Site/Signer: Environment.Variables is set: Lambda@Edge functions have no environment variables"},
		"edge with layers":         {set(of("Signer"), "Layers", list{"arn"}), "Site/Signer: Layers is set: Lambda@Edge does not support it"},
		"edge in a VPC":            {set(of("Signer"), "VpcConfig", object{"SubnetIds": list{getAtt("Nobody", "Id")}}), "Site/Signer: VpcConfig is set: Lambda@Edge does not support it"},
		"edge with a dead letter":  {set(of("Signer"), "DeadLetterConfig", object{"TargetArn": "arn:aws:sqs:us-east-1:111122223333:q"}), "Site/Signer: DeadLetterConfig is set: Lambda@Edge does not support it"},
		"edge in Python of old":    {set(of("Signer"), "Runtime", "python2.7"), "Site/Signer: Runtime is python2.7: the local chain runs nodejs and python3 at the edge"},
		"edge of 31 s":             {set(of("Signer"), "Timeout", 31), "Site/Signer: Timeout is 31 s: Lambda@Edge allows 30"},
		"edge of an image":         {set(of("Signer"), "PackageType", "Image"), "Site/Signer: PackageType is Image: Lambda@Edge does not run container images"},
		"provisioned edge version": {set(of("Version"), "ProvisionedConcurrencyConfig", object{"ProvisionedConcurrentExecutions": 1}), "Site/Version: ProvisionedConcurrencyConfig is set: Lambda@Edge does not support it"},
		"$LATEST at the edge": {
			set(association("LambdaFunctionAssociations"), "LambdaFunctionARN", object{"Fn::Sub": "arn:aws:lambda:us-east-1:111122223333:function:x:$LATEST"}),
			byDefault + "LambdaFunctionAssociations[0].LambdaFunctionARN is arn:aws:lambda:us-east-1:111122223333:function:x:$LATEST: Lambda@Edge functions must be in this cloud assembly\n" +
				byDefault + "LambdaFunctionAssociations[0].LambdaFunctionARN is arn:aws:lambda:us-east-1:111122223333:function:x:$LATEST: Lambda@Edge accepts the ARN of a numbered version, neither $LATEST nor an alias",
		},
		"edge from another account": {
			func(f *fixture) {
				f.properties("Version")["FunctionName"] = "arn:aws:lambda:us-east-1:222233334444:function:x"
			},
			byDefault + "LambdaFunctionAssociations[0].LambdaFunctionARN is arn:aws:lambda:us-east-1:222233334444:function:x:1, of another account than the distribution's, 111122223333\n" +
				byDefault + "LambdaFunctionAssociations[0].LambdaFunctionARN is arn:aws:lambda:us-east-1:222233334444:function:x:1: Lambda@Edge functions must be in this cloud assembly",
		},
		"edge function elsewhere": {
			func(f *fixture) {
				f.properties("Signer")["FunctionName"] = "signer"
				f.far["Signer"] = f.site["Signer"]
				f.far["Version"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": ref("Signer")}}
				delete(f.site, "Signer")
				delete(f.site, "Version")
				f.properties("Dist")["DistributionConfig"].(object)["DefaultCacheBehavior"].(object)["LambdaFunctionAssociations"].(list)[0].(object)["LambdaFunctionARN"] = "arn:aws:lambda:eu-west-1:111122223333:function:signer:1"
				f.far["Signer"].(object)["Properties"].(object)["Role"] = "arn:aws:iam::111122223333:role/edge"
			},
			byDefault + "LambdaFunctionAssociations[0].LambdaFunctionARN is arn:aws:lambda:eu-west-1:111122223333:function:signer:1: Lambda@Edge accepts functions of us-east-1",
		},

		"several at once": {
			func(f *fixture) {
				f.config()["Nonsense"] = 1
				f.behavior()["CachePolicyId"] = "x"
				f.custom()["HTTPSPort"] = 1
				f.properties("Signer")["Architectures"] = list{"arm64"}
				f.properties("Signer")["Layers"] = list{"arn"}
				f.properties("Viewer")["AutoPublish"] = false
				f.properties("GrantUrl")["Nonsense"] = 1
			},
			strings.Join([]string{
				origin + "CustomOriginConfig.HTTPSPort is 1: CloudFront accepts 80, 443 and 1024 to 65535",
				byDefault + "CachePolicyId is x: neither a managed policy that the local chain models nor an AWS::CloudFront::CachePolicy of this cloud assembly",
				config + "Nonsense" + unmodelled,
				"Site/Viewer: AutoPublish is not true: the function stays in stage DEVELOPMENT and no distribution can use it",
				"Site/Signer: Architectures[0] is arm64: Lambda@Edge runs on x86_64",
				"Site/Signer: Layers is set: Lambda@Edge does not support it",
				"Site/GrantUrl: Nonsense" + unmodelled,
			}, "\n"),
		},
	} {
		tests[name] = test
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			test.change(f)
			m, err := f.read(t)
			if err == nil {
				for _, f := range m.Unserved() { // which stops no other path
					err = errors.Join(err, errors.New(f.String()))
				}
			}
			if err == nil {
				t.Fatal("Read succeeded, want an error")
			}
			got := sorted(strings.ReplaceAll(err.Error(), f.dir, "DIR"))
			if want := sorted(test.want); got != want {
				t.Errorf("error =\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// sorted orders the lines, since the order of problems is nobody's business.
func sorted(lines string) string {
	parts := strings.Split(lines, "\n")
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}
