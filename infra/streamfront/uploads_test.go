package streamfront_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// withUploads is an endpoint and the uploads of its function. That it synthesizes says that
// nothing in it refers in a circle: CDK finds those.
var withUploads = sync.OnceValue(func() *assembly {
	stack := newStack("eu-west-1")
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{AllowedOrigins: endpoint.Origins(), Function: function})
	return synth(stack)
})

func TestUploadsBucketIsPrivateAndForgets(t *testing.T) {
	main := withUploads().main
	bucket := main.Only(t, "AWS::S3::Bucket")
	for property, want := range map[string]string{
		"BucketEncryption": `{"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}`,
		"PublicAccessBlockConfiguration": `{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true
		}`,
		"LifecycleConfiguration": `{"Rules": [{
			"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}, "ExpirationInDays": 1, "Id": "Expire", "Status": "Enabled"
		}]}`,
		"OwnershipControls": `null`, // ACLs are off unless this says otherwise
	} {
		wantJSON(t, property, bucket.At(t, property), want)
	}
	if bucket.DeletionPolicy != "Delete" {
		t.Errorf("deletion policy %q, want Delete", bucket.DeletionPolicy)
	}
	policy := main.Only(t, "AWS::S3::BucketPolicy")
	statements := policy.At(t, "PolicyDocument", "Statement").([]any)
	if len(statements) != 1 {
		t.Fatalf("%d statements in the bucket policy, want 1", len(statements))
	}
	wantJSON(t, "Effect", policy.At(t, "PolicyDocument", "Statement", 0, "Effect"), `"Deny"`)
	wantJSON(t, "Condition", policy.At(t, "PolicyDocument", "Statement", 0, "Condition"), `{"Bool": {"aws:SecureTransport": "false"}}`)
}

// Pages of any other origin cannot upload, and those of the endpoint can do nothing else.
func TestUploadsCORS(t *testing.T) {
	main := withUploads().main
	distribution := main.Only(t, "AWS::CloudFront::Distribution")
	wantJSON(t, "CorsConfiguration", main.Only(t, "AWS::S3::Bucket").At(t, "CorsConfiguration"), `{"CorsRules": [{
		"AllowedHeaders": ["content-type", "x-amz-meta-name"],
		"AllowedMethods": ["PUT"],
		"AllowedOrigins": [{"Fn::Join": ["", ["https://", {"Fn::GetAtt": ["`+distribution.ID+`", "DomainName"]}]]}],
		"MaxAge": 3600
	}]}`)
}

func TestUploadsCORSHasTheDomainNames(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:    function,
		DomainNames: jsii.Strings("chat.example.com", "www.example.com"),
		Certificate: awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"),
			jsii.String("arn:aws:acm:us-east-1:123456789012:certificate/1")),
	})
	uploads := streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{AllowedOrigins: endpoint.Origins(), Function: function})
	if got, want := *uploads.Bucket().Node().Path(), "Test/Uploads/Bucket"; got != want {
		t.Errorf("Bucket is at %s, want %s", got, want)
	}
	origins := synth(stack).main.Only(t, "AWS::S3::Bucket").At(t, "CorsConfiguration", "CorsRules", 0, "AllowedOrigins").([]any)
	if len(origins) != 3 || origins[1] != "https://chat.example.com" || origins[2] != "https://www.example.com" {
		t.Errorf("origins = %v, want CloudFront's name and both others", origins)
	}
}

// The name in the function's environment and policy is that which the bucket will have.
func TestUploadsGrantsTheLeast(t *testing.T) {
	main := withUploads().main
	bucket := main.Only(t, "AWS::S3::Bucket")
	wantJSON(t, "BucketNamespace", bucket.At(t, "BucketNamespace"), `"account-regional"`)
	prefix, _ := bucket.At(t, "BucketNamePrefix").(string)
	name := prefix + "-123456789012-eu-west-1-an"
	if prefix == "" || prefix != strings.ToLower(prefix) || len(name) > 63 {
		t.Errorf("the bucket is called %q: want at most 63 characters in lower case", name)
	}
	policy := main.Only(t, "AWS::IAM::Policy")
	wantJSON(t, "Statement", policy.At(t, "PolicyDocument", "Statement"), `[{
		"Action": ["s3:GetObject", "s3:PutObject"],
		"Effect": "Allow",
		"Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::`+name+`/uploads/*"]]}
	}]`)
	function := main.Refers(t, main.Only(t, "AWS::Lambda::Url").At(t, "TargetFunctionArn"))
	wantJSON(t, "Variables", function.At(t, "Environment", "Variables"), `{"UPLOADS_BUCKET": "`+name+`"}`)
}

// Without an account CloudFormation makes the name of the same parts.
func TestUploadsOfAnUnknownAccount(t *testing.T) {
	stack := awscdk.NewStack(newApp(nil), jsii.String("Test"), &awscdk.StackProps{Env: &awscdk.Environment{Region: jsii.String("eu-west-1")}})
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{AllowedOrigins: endpoint.Origins(), Function: function})
	main := synth(stack).main
	prefix, _ := main.Only(t, "AWS::S3::Bucket").At(t, "BucketNamePrefix").(string)
	web := main.Refers(t, main.Only(t, "AWS::Lambda::Url").At(t, "TargetFunctionArn"))
	wantJSON(t, "UPLOADS_BUCKET", web.At(t, "Environment", "Variables", "UPLOADS_BUCKET"),
		`{"Fn::Join": ["", ["`+prefix+`-", {"Ref": "AWS::AccountId"}, "-eu-west-1-an"]]}`)
}

func TestUploadsOptions(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	props := streamfront.UploadsProps{
		AllowedOrigins: jsii.Strings("https://app.example.com", "*"),
		Function:       function,
		Expiration:     awscdk.Duration_Hours(jsii.Number(72)),
		RemovalPolicy:  awscdk.RemovalPolicy_RETAIN,
	}
	given := props
	streamfront.NewUploads(stack, jsii.String("Uploads"), &props)
	if props != given {
		t.Errorf("props are %+v after the call, were %+v", props, given)
	}
	bucket := synth(stack).main.Only(t, "AWS::S3::Bucket")
	wantJSON(t, "ExpirationInDays", bucket.At(t, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"), `3`)
	wantJSON(t, "AllowedOrigins", bucket.At(t, "CorsConfiguration", "CorsRules", 0, "AllowedOrigins"), `["https://app.example.com", "*"]`)
	if bucket.DeletionPolicy != "Retain" {
		t.Errorf("deletion policy %q, want Retain", bucket.DeletionPolicy)
	}
}

// Names are cut, and differ all the same.
func TestUploadsWithLongNames(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	for _, id := range []string{"UploadsOfTheDepartmentForLongNamesAndSuchA", "UploadsOfTheDepartmentForLongNamesAndSuchB"} {
		streamfront.NewUploads(stack, &id, &streamfront.UploadsProps{AllowedOrigins: endpoint.Origins(), Function: newFunction(stack, "FunctionOf"+id)})
	}
	seen := map[any]bool{}
	for _, bucket := range synth(stack).main.All("AWS::S3::Bucket") {
		prefix, _ := bucket.At(t, "BucketNamePrefix").(string)
		if len(prefix) > 32 || seen[prefix] {
			t.Errorf("prefix %q: want at most 32 characters, none twice", prefix)
		}
		seen[prefix] = true
	}
}

func TestUploadsRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		region string
		change func(*streamfront.UploadsProps)
		want   string
	}{
		"no origins": {
			"us-east-1", func(p *streamfront.UploadsProps) { p.AllowedOrigins = &[]*string{} },
			"streamfront: UploadsProps.AllowedOrigins is required; pass the origins of the pages that upload, such as Endpoint.Origins()",
		},
		"a path is not an origin": {
			"us-east-1", func(p *streamfront.UploadsProps) { p.AllowedOrigins = jsii.Strings("https://app.example.com/") },
			`streamfront: UploadsProps.AllowedOrigins has "https://app.example.com/", which is not an origin; write it as a browser does, such as https://app.example.com, or "*"`,
		},
		"several things at once": {
			"me-south-1", func(p *streamfront.UploadsProps) {
				p.AllowedOrigins, p.Expiration = nil, awscdk.Duration_Days(jsii.Number(0))
			},
			`streamfront: 3 problems:
- UploadsProps.AllowedOrigins is required; pass the origins of the pages that upload, such as Endpoint.Origins()
- Uploads makes a bucket in the account-regional namespace, which Amazon S3 does not have in me-south-1; define a bucket of your own there, and set UPLOADS_BUCKET
- UploadsProps.Expiration is 0 days; Amazon S3 accepts whole days, at least 1`,
		},
		"no function": {
			"us-east-1", func(p *streamfront.UploadsProps) { p.Function = nil },
			"streamfront: UploadsProps.Function is required; pass the Lambda function that presigns and reads the uploads",
		},
		"hours": {
			"us-east-1", func(p *streamfront.UploadsProps) { p.Expiration = awscdk.Duration_Hours(jsii.Number(36)) },
			"streamfront: UploadsProps.Expiration is 1.5 days; Amazon S3 accepts whole days, at least 1",
		},
		"at once": {
			"us-east-1", func(p *streamfront.UploadsProps) { p.Expiration = awscdk.Duration_Days(jsii.Number(0)) },
			"streamfront: UploadsProps.Expiration is 0 days; Amazon S3 accepts whole days, at least 1",
		},
		"region without the namespace": {
			"me-south-1", func(*streamfront.UploadsProps) {},
			"streamfront: Uploads makes a bucket in the account-regional namespace, which Amazon S3 does not have in me-south-1; define a bucket of your own there, and set UPLOADS_BUCKET",
		},
		"a second bucket": {
			"us-east-1", func(p *streamfront.UploadsProps) {
				streamfront.NewUploads(awscdk.Stack_Of(p.Function), jsii.String("First"), p)
			},
			`streamfront: UploadsProps.Function "Test/Function" has the uploads "Test/First" already, and UPLOADS_BUCKET names one bucket; use those uploads, or pass another function`,
		},
		"function elsewhere": {
			"us-east-1", func(p *streamfront.UploadsProps) {
				p.Function = newFunction(newStack("eu-west-1"), "Function")
			},
			`streamfront: UploadsProps.Function "Test/Function" is in eu-west-1 and the bucket would be in us-east-1, but a function presigns for its own region; define Uploads in the function's stack`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(test.region)
			function := newFunction(stack, "Function")
			props := &streamfront.UploadsProps{
				AllowedOrigins: jsii.Strings("https://chat.example.com"),
				Function:       function,
			}
			test.change(props)
			mustPanic(t, test.want, func() { streamfront.NewUploads(stack, jsii.String("Uploads"), props) })
		})
	}
	stack := newStack("us-east-1")
	mustPanic(t, `streamfront: 2 problems:
- UploadsProps.AllowedOrigins is required; pass the origins of the pages that upload, such as Endpoint.Origins()
- UploadsProps.Function is required; pass the Lambda function that presigns and reads the uploads`, func() {
		streamfront.NewUploads(stack, jsii.String("Uploads"), nil)
	})
}
