package streamfront_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// CloudFront writes by the bucket's ACL: without ACLs the distribution would not deploy,
// with the objects' writer as owner the logs would not be the account's.
func TestAccessLogsHaveABucketThatCloudFrontCanWriteTo(t *testing.T) {
	stack := newStack("eu-west-1")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:   newFunction(stack, "Function"),
		AccessLogs: jsii.Bool(true),
	})
	if got, want := *endpoint.AccessLogBucket().Node().Path(), "Test/Api/AccessLogs"; got != want {
		t.Errorf("AccessLogBucket is at %s, want %s", got, want)
	}
	main := synth(stack).main
	bucket := main.Only(t, "AWS::S3::Bucket")
	wantJSON(t, "Logging", main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "Logging"),
		`{"Bucket": {"Fn::GetAtt": ["`+bucket.ID+`", "RegionalDomainName"]}}`)
	for property, want := range map[string]string{
		"OwnershipControls": `{"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}`,
		"BucketEncryption":  `{"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}`,
		"PublicAccessBlockConfiguration": `{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true
		}`,
		"LifecycleConfiguration": `{"Rules": [{"ExpirationInDays": 90, "Id": "Expire", "Status": "Enabled"}]}`,
	} {
		wantJSON(t, property, bucket.At(t, property), want)
	}
	if bucket.DeletionPolicy != "Retain" {
		t.Errorf("deletion policy %q, want Retain", bucket.DeletionPolicy)
	}
	if !strings.Contains(indent(main.Only(t, "AWS::S3::BucketPolicy").Properties), "aws:SecureTransport") {
		t.Error("the bucket can be read in the clear")
	}
}

func TestNoAccessLogsByDefault(t *testing.T) {
	main := oneAtHome().main
	if n := len(main.All("AWS::S3::Bucket")); n != 0 {
		t.Errorf("%d buckets, want none", n)
	}
	wantJSON(t, "Logging", main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "Logging"), `null`)
}

func TestAccessLogsRefuse(t *testing.T) {
	both := newStack("us-east-1")
	mustPanic(t, "streamfront: EndpointProps.AccessLogs and DistributionProps.EnableLogging or LogBucket are set; keep AccessLogs for a bucket of the endpoint's, and set AccessLogBucket for a bucket of your own", func() {
		streamfront.NewEndpoint(both, jsii.String("Api"), &streamfront.EndpointProps{
			Function:          newFunction(both, "Function"),
			AccessLogs:        jsii.Bool(true),
			DistributionProps: &awscloudfront.DistributionProps{EnableLogging: jsii.Bool(true)},
		})
	})
	milan := newStack("eu-south-1")
	mustPanic(t, "streamfront: EndpointProps.AccessLogs makes a bucket in eu-south-1, to which CloudFront does not deliver standard logs; set EndpointProps.AccessLogBucket to a bucket of another region", func() {
		streamfront.NewEndpoint(milan, jsii.String("Api"), &streamfront.EndpointProps{
			Function:   newFunction(milan, "Function"),
			AccessLogs: jsii.Bool(true),
		})
	})
}
