package streamfront

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// withoutStandardLogs are the regions to which CloudFront does not deliver standard logs.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
var withoutStandardLogs = []string{
	"af-south-1", "ap-east-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ca-west-1",
	"eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
}

func (p *EndpointProps) wantsAccessLogs() bool { return p.AccessLogs != nil && *p.AccessLogs }

func (p *EndpointProps) validateAccessLogs(found *problems.List, scope constructs.Construct) {
	if p.AccessLogBucket != nil {
		if p.AccessLogs != nil && !*p.AccessLogs {
			found.Add("EndpointProps.AccessLogs is false and AccessLogBucket is set; leave out one of them")
		}
		if d := p.DistributionProps; d != nil && (d.EnableLogging != nil || d.LogBucket != nil) {
			found.Add("EndpointProps.AccessLogBucket and DistributionProps.EnableLogging or LogBucket are set; keep AccessLogBucket")
		}
		return
	}
	if !p.wantsAccessLogs() {
		return
	}
	if d := p.DistributionProps; d != nil && (d.EnableLogging != nil || d.LogBucket != nil) {
		found.Add("EndpointProps.AccessLogs and DistributionProps.EnableLogging or LogBucket are set; keep AccessLogs for a bucket of the endpoint's, and set AccessLogBucket for a bucket of your own")
	}
	if region := *awscdk.Stack_Of(scope).Region(); slices.Contains(withoutStandardLogs, region) {
		found.Add("EndpointProps.AccessLogs makes a bucket in %s, to which CloudFront does not deliver standard logs; set EndpointProps.AccessLogBucket to a bucket of another region", region)
	}
}

// newAccessLogBucket returns the bucket of the access logs: the user's, a new one, or nil without
// access logs.
func (e *endpoint) newAccessLogBucket(p *EndpointProps) awss3.IBucket {
	if p.AccessLogBucket != nil {
		return p.AccessLogBucket
	}
	if !p.wantsAccessLogs() {
		return nil
	}
	return awss3.NewBucket(e, jsii.String("AccessLogs"), &awss3.BucketProps{
		// CloudFront adds an entry to the bucket's ACL in order to deliver, so ACLs must be
		// enabled. With this setting the bucket owner still owns the files.
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_PREFERRED,
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		// Logs hold IP addresses, so they are kept for as long as they help and no longer.
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:         jsii.String("Expire"),
			Expiration: awscdk.Duration_Days(jsii.Number(90)),
		}},
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
}

// setAccessLogs writes the bucket into the props of the distribution, which are a copy.
func (e *endpoint) setAccessLogs(d *awscloudfront.DistributionProps) {
	if e.accessLogBucket != nil {
		d.EnableLogging, d.LogBucket = jsii.Bool(true), e.accessLogBucket
	}
}
