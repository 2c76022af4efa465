package resources_test

import (
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
		"OAC config":            {(*fixture).oac, "Site/Dist: behavior /static/*: Site/OAC: OriginAccessControlConfig."},
		"function URL":          {of("Url"), "Site/Url: "},
		"function":              {of("Fn"), "Site/Fn: "},
		"function code":         {func(f *fixture) object { return f.properties("Fn")["Code"].(object) }, "Site/Fn: Code."},
		"function environment":  {func(f *fixture) object { return f.properties("Fn")["Environment"].(object) }, "Site/Fn: Environment."},
		"permission":            {grant, "Site/GrantUrl: "},
		"CloudFront Function":   {of("Viewer"), "Site/Dist: behavior *: Site/Viewer: "},
		"CloudFront Function 2": {viewerConfig, "Site/Dist: behavior *: Site/Viewer: FunctionConfig."},
		"edge function":         {of("Signer"), "Site/Dist: behavior *: Site/Signer: "},
		"edge function version": {of("Version"), "Site/Dist: behavior *: Site/Version: "},
	} {
		want := at.path + "Nonsense" + unmodelled
		if where == "OAC config" { // two behaviors, one origin: each says so
			want += "\n" + strings.Replace(want, "/static/*", "*", 1)
		}
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
		"disabled":                  {set((*fixture).config, "Enabled", false), config + "Enabled is not true: CloudFront does not serve this distribution"},
		"neither on nor off":        {without((*fixture).config, "Enabled"), config + "Enabled is not true: CloudFront does not serve this distribution"},
		"no configuration":          {without(dist, "DistributionConfig"), "Site/Dist: DistributionConfig is missing"},
		"no default behavior":       {without((*fixture).config, "DefaultCacheBehavior"), config + "DefaultCacheBehavior is missing"},
		"default root object":       {set((*fixture).config, "DefaultRootObject", "index.html"), config + `DefaultRootObject is "index.html": not modelled by the local chain`},
		"staging":                   {set((*fixture).config, "Staging", true), config + "Staging is true: staging distributions are not modelled by the local chain"},
		"origin groups":             {set((*fixture).config, "OriginGroups", object{"Quantity": 1}), config + "OriginGroups is not modelled by the local chain"},
		"custom error responses":    {set((*fixture).config, "CustomErrorResponses", list{object{"ErrorCode": 403}}), config + "CustomErrorResponses" + unmodelled},
		"distribution as a list":    {set(dist, "DistributionConfig", list{}), "Site/Dist: DistributionConfig is []: want an object"},
		"no distribution at all":    {func(f *fixture) { delete(f.site, "Dist") }, "cloud assembly DIR has no AWS::CloudFront::Distribution: there is nothing to serve\nSite/GrantInvoke: SourceArn: Fn::Sub: Ref: template has no resource or parameter \"Dist\"\nSite/GrantUrl: SourceArn: Fn::Sub: Ref: template has no resource or parameter \"Dist\""},
		"value that nobody knows":   {set((*fixture).config, "Enabled", ref("Nobody")), config + `Enabled: Ref: template has no resource or parameter "Nobody"`},
		"unknown value, unknown to": {set((*fixture).config, "PriceTag", ref("Nobody")), config + `PriceTag: Ref: template has no resource or parameter "Nobody"`},

		// Behaviors.
		"unknown cache policy":            {set((*fixture).behavior, "CachePolicyId", "2e54312d-136d-493c-8eb9-b001f22f67d2"), "Site/Dist: behavior *: " + `CachePolicyId "2e54312d-136d-493c-8eb9-b001f22f67d2" is neither a managed policy that the local chain models nor an AWS::CloudFront::CachePolicy of this cloud assembly`},
		"no cache policy":                 {without((*fixture).behavior, "CachePolicyId"), byDefault + "CachePolicyId is missing"},
		"unknown origin request policy":   {set((*fixture).behavior, "OriginRequestPolicyId", "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"), "Site/Dist: behavior *: " + `OriginRequestPolicyId "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf" is neither a managed policy that the local chain models nor an AWS::CloudFront::OriginRequestPolicy of this cloud assembly`},
		"response headers policy":         {set((*fixture).behavior, "ResponseHeadersPolicyId", "x"), "Site/Dist: behavior *: " + `ResponseHeadersPolicyId "x" is neither a managed policy that the local chain models nor an AWS::CloudFront::ResponseHeadersPolicy of this cloud assembly`},
		"set of methods":                  {set((*fixture).behavior, "AllowedMethods", list{"GET", "HEAD", "POST"}), byDefault + `AllowedMethods is ["GET" "HEAD" "POST"]: CloudFront takes one of the sets [["GET" "HEAD"] ["GET" "HEAD" "OPTIONS"] ["DELETE" "GET" "HEAD" "OPTIONS" "PATCH" "POST" "PUT"]]`},
		"methods of objects":              {set((*fixture).behavior, "AllowedMethods", list{object{}}), byDefault + "AllowedMethods is map[]: want text"},
		"target of no origin":             {set((*fixture).behavior, "TargetOriginId", "other"), config + `behavior *: TargetOriginId "other" is not among the origins`},
		"gRPC":                            {set((*fixture).behavior, "GrpcConfig", object{"Enabled": true}), byDefault + "GrpcConfig.Enabled is true: gRPC needs HTTP/2 to the origin, which a function URL does not speak"},
		"smooth streaming":                {set((*fixture).behavior, "SmoothStreaming", true), byDefault + "SmoothStreaming is true: not modelled by the local chain"},
		"viewer protocol policy":          {set((*fixture).behavior, "ViewerProtocolPolicy", "http-only"), byDefault + `ViewerProtocolPolicy is "http-only": the local chain models ["redirect-to-https" "https-only" "allow-all"]`},
		"viewer function at response":     {set(association("FunctionAssociations"), "EventType", "viewer-response"), byDefault + `FunctionAssociations[0].EventType is "viewer-response": the local chain models ["viewer-request"]`},
		"edge function at viewer-request": {set(association("LambdaFunctionAssociations"), "EventType", "viewer-request"), byDefault + `LambdaFunctionAssociations[0].EventType is "viewer-request": the local chain models ["origin-request" "origin-response"]`},
		"two viewer functions": {
			func(f *fixture) {
				a := f.behavior()["FunctionAssociations"].(list)[0]
				f.behavior()["FunctionAssociations"] = list{a, a}
			},
			byDefault + "FunctionAssociations[1].EventType is viewer-request once more: CloudFront runs one function per event",
		},
		"two edge functions": {
			func(f *fixture) {
				a := f.behavior()["LambdaFunctionAssociations"].(list)[0]
				f.behavior()["LambdaFunctionAssociations"] = list{a, a}
			},
			byDefault + "LambdaFunctionAssociations[1].EventType is origin-request once more: CloudFront runs one function per event",
		},

		// Origins.
		"S3 origin": {
			func(f *fixture) {
				delete(f.origin(), "CustomOriginConfig")
				f.origin()["S3OriginConfig"] = object{}
			},
			origin + "CustomOriginConfig is missing: the local chain serves Lambda function URLs only\n" + origin + "S3OriginConfig" + unmodelled,
		},
		"another origin":           {set((*fixture).origin, "DomainName", "example.com"), "Site/Dist: behavior *: origin fn: example.com is not a function URL of this cloud assembly\nSite/Dist: behavior /static/*: origin fn: example.com is not a function URL of this cloud assembly"},
		"http to the origin":       {set((*fixture).custom, "OriginProtocolPolicy", "match-viewer"), origin + `CustomOriginConfig.OriginProtocolPolicy is "match-viewer": the local chain models ["https-only"]`},
		"another port":             {set((*fixture).custom, "HTTPSPort", 8443), origin + "CustomOriginConfig.HTTPSPort is 8443: a function URL listens on 443"},
		"no read timeout":          {set((*fixture).custom, "OriginReadTimeout", 0), origin + "CustomOriginConfig.OriginReadTimeout is 0: AWS takes 1 to 300"},
		"keep-alive too long":      {set((*fixture).custom, "OriginKeepaliveTimeout", 301), origin + "CustomOriginConfig.OriginKeepaliveTimeout is 301: AWS takes 1 to 300"},
		"timeout of text":          {set((*fixture).custom, "OriginReadTimeout", "long"), origin + "CustomOriginConfig.OriginReadTimeout is long: want a whole number"},
		"completion before read":   {set((*fixture).origin, "ResponseCompletionTimeout", 59), origin + "ResponseCompletionTimeout is 59s: CloudFront takes no less than OriginReadTimeout, 1m0s"},
		"origin shield":            {set((*fixture).origin, "OriginShield", object{"Enabled": true, "OriginShieldRegion": "x"}), origin + "OriginShield.Enabled is true: Origin Shield is not modelled by the local chain"},
		"header that nobody takes": {set(func(f *fixture) object { return f.origin()["OriginCustomHeaders"].(list)[0].(object) }, "HeaderName", "X-Amz-Date"), origin + `OriginCustomHeaders[0].HeaderName is "X-Amz-Date": CloudFront does not take it as an origin custom header`},
		"header of a secret":       {set(func(f *fixture) object { return f.origin()["OriginCustomHeaders"].(list)[0].(object) }, "HeaderValue", "key {{resolve:secretsmanager:x}}"), origin + "OriginCustomHeaders[0].HeaderValue is the dynamic reference key {{resolve:secretsmanager:x}}, which only CloudFormation can resolve"},
		"31 headers": {
			func(f *fixture) {
				headers := list{}
				for i := range 31 {
					headers = append(headers, object{"HeaderName": fmt.Sprintf("x-%d", i), "HeaderValue": "v"})
				}
				f.origin()["OriginCustomHeaders"] = headers
			},
			origin + "OriginCustomHeaders has 31 headers: CloudFront takes 30",
		},
		"two origins of one id": {
			func(f *fixture) { f.config()["Origins"] = list{f.origin(), f.origin()} },
			config + `Origins[1].Id is "fn": another origin has it, too`,
		},
		"OAC of another assembly": {set((*fixture).origin, "OriginAccessControlId", "E123"), "Site/Dist: behavior *: OriginAccessControlId \"E123\" is not in this cloud assembly\nSite/Dist: behavior /static/*: OriginAccessControlId \"E123\" is not in this cloud assembly"},

		// Origin access control. Both behaviors lead to it, both say so.
		"OAC for S3":             {set((*fixture).oac, "OriginAccessControlOriginType", "s3"), twice(`Site/OAC: OriginAccessControlConfig.OriginAccessControlOriginType is "s3": the local chain models ["lambda"]`)},
		"OAC that signs at will": {set((*fixture).oac, "SigningBehavior", "sometimes"), twice(`Site/OAC: OriginAccessControlConfig.SigningBehavior is "sometimes": the local chain models ["always" "no-override" "never"]`)},
		"OAC with another":       {set((*fixture).oac, "SigningProtocol", "sigv4a"), twice(`Site/OAC: OriginAccessControlConfig.SigningProtocol is "sigv4a": the local chain models ["sigv4"]`)},
		"OAC of nothing":         {without(of("OAC"), "OriginAccessControlConfig"), twice("Site/OAC: OriginAccessControlConfig is missing")},

		// Function URL and function.
		"URL with CORS":          {set(of("Url"), "Cors", object{}), "Site/Url: Cors" + unmodelled},
		"URL of an alias":        {set(of("Url"), "Qualifier", "live"), "Site/Url: TargetFunctionArn: no AWS::Lambda::Function has the ARN arn:aws:lambda:us-east-1:111122223333:function:Site-Fn-A5REY6LBO45T:live: the local chain runs functions of this cloud assembly only, by their unqualified ARN"},
		"URL of another auth":    {set(of("Url"), "AuthType", "JWT"), `Site/Url: AuthType is "JWT": the local chain models ["AWS_IAM" "NONE"]`},
		"URL of no function":     {set(of("Url"), "TargetFunctionArn", "arn:aws:lambda:us-east-1:111122223333:function:nobody"), "Site/Url: TargetFunctionArn: no AWS::Lambda::Function has the ARN arn:aws:lambda:us-east-1:111122223333:function:nobody: the local chain runs functions of this cloud assembly only, by their unqualified ARN"},
		"function in Node.js":    {set(of("Fn"), "Runtime", "nodejs24.x"), `Site/Fn: Runtime is "nodejs24.x": the local chain models ["provided.al2023" "provided.al2"]`},
		"function of an image":   {set(of("Fn"), "PackageType", "Image"), `Site/Fn: PackageType is "Image": the local chain models ["Zip"]`},
		"function with layers":   {set(of("Fn"), "Layers", list{"arn"}), "Site/Fn: Layers has arn: the local chain models the Lambda Web Adapter's layers only"},
		"architectures":          {set(of("Fn"), "Architectures", list{"x86_64", "arm64"}), `Site/Fn: Architectures is ["x86_64" "arm64"]: want [x86_64] or [arm64]`},
		"function of no code":    {without(of("Fn"), "Code"), "Site/Fn: Code is missing"},
		"inline function":        {set(of("Fn"), "Code", object{"ZipFile": "x"}), "Site/Fn: Code.ZipFile: inline code is for Node.js and Python, not for provided.al2023"},
		"function of no asset":   {set(of("Fn"), "Code", object{"S3Bucket": "b", "S3Key": "other.zip"}), `Site/Fn: Code.S3Key: no asset of the cloud assembly has the object key "other.zip"`},
		"function without a key": {set(of("Fn"), "Code", object{"S3Bucket": "b"}), `Site/Fn: Code.S3Key is missing`},
		"function that runs on":  {set(of("Fn"), "Timeout", 901), "Site/Fn: Timeout is 901: AWS takes 1 to 900"},
		"too little memory":      {set(of("Fn"), "MemorySize", 64), "Site/Fn: MemorySize is 64: AWS takes 128 to 10240"},
		"dynamic reference":      {set(variables, "KEY", "{{resolve:ssm:/key}}"), "Site/Fn: Environment.Variables.KEY is the dynamic reference {{resolve:ssm:/key}}, which only CloudFormation can resolve"},
		"dynamic reference, mid": {set(variables, "KEY", object{"Fn::Join": list{"", list{"Bearer ", "{{resolve:ssm:/key}}"}}}), "Site/Fn: Environment.Variables.KEY is the dynamic reference Bearer {{resolve:ssm:/key}}, which only CloudFormation can resolve"},
		"variable of a dash":     {set(variables, "MY-KEY", "x"), "Site/Fn: Environment.Variables.MY-KEY is no name that Lambda takes: a letter, then letters, digits and underscores"},
		"variable of one letter": {set(variables, "K", "x"), "Site/Fn: Environment.Variables.K is no name that Lambda takes: a letter, then letters, digits and underscores"},
		"too many variables":     {set(variables, "KEY", strings.Repeat("x", 4096)), "Site/Fn: Environment.Variables have 4127 bytes: Lambda takes 4096"},
		"reserved variable":      {set(variables, "AWS_REGION", "x"), "Site/Fn: Environment.Variables.AWS_REGION is reserved: Lambda sets it and refuses a function that does"},
		"variable of a list":     {set(variables, "KEY", list{"a"}), "Site/Fn: Environment.Variables.KEY is [a]: want text"},
		"variable of nobody":     {set(variables, "KEY", getAtt("Queue", "Arn")), "Site/Fn: Environment.Variables.KEY: Fn::GetAtt: Site/Queue (AWS::SQS::Queue): condition Nowhere: template has no condition \"Nowhere\""},

		// Permissions.
		"auth type of a plain invoke":  {set(of("GrantInvoke"), "FunctionUrlAuthType", "AWS_IAM"), "Site/GrantInvoke: FunctionUrlAuthType is valid for the action lambda:InvokeFunctionUrl only, not for lambda:InvokeFunction"},
		"organization":                 {set(grant, "PrincipalOrgID", "o-1"), "Site/GrantUrl: PrincipalOrgID" + unmodelled},
		"permission without an action": {without(grant, "Action"), "Site/GrantUrl: Action is missing"},
		"permission for nobody":        {without(grant, "Principal"), "Site/GrantUrl: Principal is missing"},
		"permission for no function":   {without(grant, "FunctionName"), "Site/GrantUrl: FunctionName is missing"},
		"permission of a source that nobody knows": {
			set(grant, "SourceArn", getAtt("Table", "Arn")),
			"Site/GrantUrl: SourceArn: Fn::GetAtt: Site/Table (AWS::DynamoDB::Table): the value of attribute Arn is not known before deployment",
		},

		// CloudFront Function.
		"not published":              {set(of("Viewer"), "AutoPublish", false), "Site/Dist: behavior *: Site/Viewer: AutoPublish is not true: the function stays in stage DEVELOPMENT and no distribution can use it"},
		"not published by default":   {without(of("Viewer"), "AutoPublish"), "Site/Dist: behavior *: Site/Viewer: AutoPublish is not true: the function stays in stage DEVELOPMENT and no distribution can use it"},
		"runtime that there is not":  {set(viewerConfig, "Runtime", "cloudfront-js-3.0"), `Site/Dist: behavior *: Site/Viewer: FunctionConfig.Runtime is "cloudfront-js-3.0": the local chain models ["cloudfront-js-1.0" "cloudfront-js-2.0"]`},
		"key value store":            {set(viewerConfig, "KeyValueStoreAssociations", list{}), "Site/Dist: behavior *: Site/Viewer: FunctionConfig.KeyValueStoreAssociations" + unmodelled},
		"viewer without a config":    {without(of("Viewer"), "FunctionConfig"), "Site/Dist: behavior *: Site/Viewer: FunctionConfig is missing"},
		"viewer without code":        {without(of("Viewer"), "FunctionCode"), "Site/Dist: behavior *: Site/Viewer: FunctionCode is missing"},
		"viewer of over 10 KB":       {set(of("Viewer"), "FunctionCode", strings.Repeat("x", 10241)), "Site/Dist: behavior *: Site/Viewer: FunctionCode has 10241 bytes: CloudFront takes 10240"},
		"viewer of another assembly": {set(association("FunctionAssociations"), "FunctionARN", "arn:aws:cloudfront::1:function/x"), "Site/Dist: behavior *: no AWS::CloudFront::Function has the ARN arn:aws:cloudfront::1:function/x: CloudFront Functions must be in this cloud assembly"},

		// Lambda@Edge.
		"edge on arm64":            {set(of("Signer"), "Architectures", list{"arm64"}), `Site/Dist: behavior *: Site/Signer: Architectures is "arm64": Lambda@Edge runs on x86_64 only`},
		"edge with variables":      {set(of("Signer"), "Environment", object{"Variables": object{"A": "b"}}), "Site/Dist: behavior *: Site/Signer: Environment: Lambda@Edge functions have no environment variables"},
		"edge with layers":         {set(of("Signer"), "Layers", list{"arn"}), "Site/Dist: behavior *: Site/Signer: Layers: Lambda@Edge does not support it"},
		"edge in a VPC":            {set(of("Signer"), "VpcConfig", object{"SubnetIds": list{getAtt("Nobody", "Id")}}), "Site/Dist: behavior *: Site/Signer: VpcConfig: Lambda@Edge does not support it"},
		"edge with a dead letter":  {set(of("Signer"), "DeadLetterConfig", object{}), "Site/Dist: behavior *: Site/Signer: DeadLetterConfig: Lambda@Edge does not support it"},
		"edge in Python":           {set(of("Signer"), "Runtime", "python3.13"), `Site/Dist: behavior *: Site/Signer: Runtime is "python3.13": the local chain runs nodejs22.x and nodejs24.x at the edge`},
		"edge in a Node.js of old": {set(of("Signer"), "Runtime", "nodejs16.x"), `Site/Dist: behavior *: Site/Signer: Runtime is "nodejs16.x": the local chain runs nodejs22.x and nodejs24.x at the edge`},
		"edge of 31 s":             {set(of("Signer"), "Timeout", 31), "Site/Dist: behavior *: Site/Signer: Timeout is 31s: Lambda@Edge allows 30 s"},
		"edge of an image":         {set(of("Signer"), "PackageType", "Image"), `Site/Dist: behavior *: Site/Signer: PackageType is "Image": the local chain models ["Zip"]`},
		"provisioned edge version": {set(of("Version"), "ProvisionedConcurrencyConfig", object{"ProvisionedConcurrentExecutions": 1}), "Site/Dist: behavior *: Site/Version: ProvisionedConcurrencyConfig: Lambda@Edge does not support it"},
		"$LATEST at the edge": {
			set(association("LambdaFunctionAssociations"), "LambdaFunctionARN", object{"Fn::Sub": "arn:aws:lambda:us-east-1:111122223333:function:x:$LATEST"}),
			"Site/Dist: behavior *: no AWS::Lambda::Version has the ARN arn:aws:lambda:us-east-1:111122223333:function:x:$LATEST: Lambda@Edge needs a numbered version, neither $LATEST nor an alias, that is in this cloud assembly",
		},
		"edge from another account": {
			func(f *fixture) {
				f.properties("Version")["FunctionName"] = "arn:aws:lambda:us-east-1:222233334444:function:x"
			},
			"arn:aws:lambda:us-east-1:222233334444:function:x:1 is of another account than the distribution: Lambda@Edge does not take it\n" +
				"Site/Dist: behavior *: no AWS::Lambda::Function has the ARN arn:aws:lambda:us-east-1:222233334444:function:x: the local chain runs functions of this cloud assembly only, by their unqualified ARN",
		},
		"edge function elsewhere": {
			func(f *fixture) {
				f.properties("Signer")["FunctionName"] = "signer"
				f.far["Signer"] = f.site["Signer"]
				f.far["Version"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": ref("Signer")}}
				delete(f.site, "Signer")
				delete(f.site, "Version")
				f.properties("Dist")["DistributionConfig"].(object)["DefaultCacheBehavior"].(object)["LambdaFunctionAssociations"].(list)[0].(object)["LambdaFunctionARN"] = "arn:aws:lambda:eu-west-1:111122223333:function:signer:1"
				delete(f.far["Signer"].(object)["Properties"].(object), "Role")
			},
			"Site/Dist: behavior *: Far/Signer: the function is in eu-west-1: Lambda@Edge functions are created in us-east-1",
		},

		"several at once": {
			func(f *fixture) {
				f.config()["Nonsense"] = 1
				f.behavior()["CachePolicyId"] = "x"
				f.custom()["HTTPSPort"] = 1
				f.properties("Signer")["Architectures"] = list{"arm64"}
				f.properties("Signer")["Layers"] = list{}
				f.properties("Viewer")["AutoPublish"] = false
				f.properties("GrantUrl")["Nonsense"] = 1
			},
			strings.Join([]string{
				origin + "CustomOriginConfig.HTTPSPort is 1: a function URL listens on 443",
				`Site/Dist: behavior *: CachePolicyId "x" is neither a managed policy that the local chain models nor an AWS::CloudFront::CachePolicy of this cloud assembly`,
				config + "Nonsense" + unmodelled,
				"Site/Dist: behavior *: Site/Viewer: AutoPublish is not true: the function stays in stage DEVELOPMENT and no distribution can use it",
				`Site/Dist: behavior *: Site/Signer: Architectures is "arm64": Lambda@Edge runs on x86_64 only`,
				"Site/Signer: Layers: Lambda@Edge does not support it",
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
			_, err := f.read(t)
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

// twice is a problem of the origin that both behaviors share.
func twice(problem string) string {
	return "Site/Dist: behavior *: " + problem + "\nSite/Dist: behavior /static/*: " + problem
}

// sorted orders the lines, since the order of problems is nobody's business.
func sorted(lines string) string {
	parts := strings.Split(lines, "\n")
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}
