package operations

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// AccessLogs are the access logs of an endpoint: CloudFront's standard logs, version 2. They have a
// line of JSON for each request, with the time to the first byte.
type AccessLogs interface {
	constructs.Construct
	// LogGroup returns the log group in us-east-1 that gets the logs. It is nil if a bucket or a
	// delivery stream gets them.
	LogGroup() awslogs.ILogGroup
	// Delivery returns the connection of the distribution with the destination.
	Delivery() awslogs.CfnDelivery
}

// AccessLogsProps are the properties of AccessLogs. Set at most one of LogGroup, Bucket and
// DeliveryStreamArn.
type AccessLogsProps struct {
	// Endpoint is the endpoint whose requests are logged.
	// Required.
	Endpoint streamfront.Endpoint
	// LogGroup gets the logs. It must be in us-east-1.
	// Default: - a new log group, unless another destination is set.
	LogGroup awslogs.LogGroup
	// Retention is how long the new log group keeps the logs, which hold IP addresses.
	// Default: awslogs.RetentionDays_THREE_MONTHS.
	Retention awslogs.RetentionDays
	// Bucket gets the logs instead, in files of JSON lines that begin with AWSLogs/. It may be
	// in any region.
	// Default: - none.
	Bucket awss3.IBucket
	// DeliveryStreamArn is the ARN of a stream of Amazon Data Firehose in us-east-1 that gets
	// the logs instead. It needs the tag LogDeliveryEnabled with the value true.
	// Default: - none.
	DeliveryStreamArn *string
	// RecordFields are the fields of a line. The default leaves out query strings and cookies, which
	// often hold secrets.
	// Default: - AccessLogFields().
	RecordFields *[]*string
}

// AccessLogFields are the fields that AccessLogs have by default.
func AccessLogFields() *[]*string {
	return jsii.Strings(
		"date", "time", "x-edge-request-id", "x-edge-location", "c-ip", "c-country", "asn",
		"cs-method", "cs(Host)", "x-host-header", "cs-uri-stem", "cs-protocol", "cs-protocol-version", "cs(User-Agent)", "cs-bytes",
		"sc-status", "sc-content-type", "sc-bytes", "x-edge-result-type", "x-edge-response-result-type", "x-edge-detailed-result-type",
		"time-to-first-byte", "time-taken", "origin-fbl", "origin-lbl", "cache-behavior-path-pattern",
	)
}

type accessLogs struct {
	constructs.Construct
	logGroup awslogs.ILogGroup
	delivery awslogs.CfnDelivery
}

// NewAccessLogs defines AccessLogs. If a log group gets them, it also saves queries of CloudWatch
// Logs Insights: the slowest, refused and failed requests, requests by country and by address, and
// the time to the first byte.
//
// CloudFront delivers the logs within the hour, and sometimes later, so they are for questions and
// not for alarms. They are billed by the gigabyte. The older logs of EndpointProps.AccessLogs are
// independent of these.
func NewAccessLogs(scope constructs.Construct, id *string, props *AccessLogsProps) AccessLogs {
	var p AccessLogsProps
	if props != nil {
		p = *props
	}
	var found problems.List
	p.validate(&found)
	requireRegion(&found, scope, "AccessLogs")
	found.Report()
	if p.Retention == "" {
		p.Retention = awslogs.RetentionDays_THREE_MONTHS
	}
	if p.RecordFields == nil {
		p.RecordFields = AccessLogFields()
	}

	a := &accessLogs{}
	constructs.NewConstruct_Override(a, scope, id)
	edge := edgeScope(a)
	destination := a.newDestination(&p, edge)
	source := a.newSource(&p, edge)
	a.delivery = awslogs.NewCfnDelivery(edge, jsii.String("Delivery"), &awslogs.CfnDeliveryProps{
		DeliverySourceName: source.Name(), DeliveryDestinationArn: destination.AttrArn(), RecordFields: p.RecordFields,
	})
	a.delivery.Node().AddDependency(source) // a name is not a reference
	if a.logGroup != nil {
		saveQueries(edge, []awslogs.ILogGroup{a.logGroup}, accessQueries)
	}
	return a
}

func (a *accessLogs) LogGroup() awslogs.ILogGroup { return a.logGroup }

func (a *accessLogs) Delivery() awslogs.CfnDelivery { return a.delivery }

func (p *AccessLogsProps) validate(found *problems.List) {
	required(found, p.Endpoint != nil, "AccessLogsProps.Endpoint", "pass the endpoint whose requests to log")
	var set []string
	for _, destination := range []struct {
		name  string
		given bool
	}{{"LogGroup", p.LogGroup != nil}, {"Bucket", p.Bucket != nil}, {"DeliveryStreamArn", p.DeliveryStreamArn != nil}} {
		if destination.given {
			set = append(set, destination.name)
		}
	}
	if len(set) > 1 {
		found.Add("AccessLogsProps has %s, but AccessLogs go to one destination; define further AccessLogs for the others", strings.Join(set, " and "))
	}
	if p.Retention != "" && len(set) > 0 {
		found.Add("AccessLogsProps.Retention and %[1]s are set, but Retention is for a new log group; leave it out, and set the retention of %[1]s itself", set[0])
	}
	if arn := p.DeliveryStreamArn; arn != nil && !*awscdk.Token_IsUnresolved(arn) && !strings.HasPrefix(*arn, "arn:") {
		found.Add("AccessLogsProps.DeliveryStreamArn is %q; use the ARN of a stream, such as arn:aws:firehose:us-east-1:123456789012:deliverystream/name", *arn)
	}
	if p.RecordFields != nil {
		for i, field := range *p.RecordFields {
			if field == nil || *field == "" {
				found.Add("AccessLogsProps.RecordFields has %s at index %d; use names of fields, such as those of AccessLogFields", quoted(field), i)
			}
		}
	}
	if p.LogGroup != nil {
		if region := *awscdk.Stack_Of(p.LogGroup).Region(); region != edgeRegion && !*awscdk.Token_IsUnresolved(&region) {
			found.Add("AccessLogsProps.LogGroup is in %s, but CloudFront delivers to log groups in us-east-1 only; leave LogGroup out for a new one there", region)
		}
	}
}

// newSource makes the source, which must be in us-east-1. Its name comes from the construct's path:
// names are unique in an account and region, and a distribution has one source for this kind of
// logs.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
func (a *accessLogs) newSource(p *AccessLogsProps, edge constructs.Construct) awslogs.CfnDeliverySource {
	return awslogs.NewCfnDeliverySource(edge, jsii.String("Source"), &awslogs.CfnDeliverySourceProps{
		Name:        uniqueName(edge, "Source"),
		LogType:     jsii.String("ACCESS_LOGS"),
		ResourceArn: p.Endpoint.Distribution().DistributionArn(),
	})
}

func (a *accessLogs) newDestination(p *AccessLogsProps, edge constructs.Construct) awslogs.CfnDeliveryDestination {
	props := &awslogs.CfnDeliveryDestinationProps{Name: uniqueName(edge, "Destination"), OutputFormat: jsii.String("json")}
	var policy constructs.IDependable
	switch {
	case p.Bucket != nil:
		props.DestinationResourceArn = p.Bucket.BucketArn()
		policy = admitToBucket(p.Bucket)
	case p.DeliveryStreamArn != nil:
		props.DestinationResourceArn = p.DeliveryStreamArn
	default:
		group := p.LogGroup
		if group == nil {
			group = awslogs.NewLogGroup(edge, jsii.String("LogGroup"), &awslogs.LogGroupProps{
				// Policies of groups with this prefix do not count against the ten that a region
				// may have.
				// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
				LogGroupName:  jsii.String("/aws/vendedlogs/cloudfront/" + *uniqueName(edge, "AccessLogs")),
				Retention:     p.Retention,
				RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
			})
		}
		a.logGroup = group
		props.DestinationResourceArn = group.LogGroupArn()
		policy = admitToLogGroup(group)
	}
	destination := awslogs.NewCfnDeliveryDestination(edge, jsii.String("Destination"), props)
	if policy != nil {
		destination.Node().AddDependency(policy)
	}
	return destination
}

// delivers allows actions to the service that writes the logs, for deliveries of this account.
// Deliveries of CloudFront are in us-east-1, whatever the region of the destination.
func delivers(scope constructs.IConstruct, actions []string, resource string, conditions map[string]any) awsiam.PolicyStatement {
	stack := awscdk.Stack_Of(scope)
	source := "arn:" + *stack.Partition() + ":logs:" + edgeRegion + ":" + *stack.Account() + ":*"
	equals := map[string]any{"aws:SourceAccount": stack.Account()}
	for key, value := range conditions {
		equals[key] = value
	}
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("delivery.logs.amazonaws.com"), nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  &[]*string{&resource},
		Conditions: &map[string]any{"StringEquals": equals, "ArnLike": map[string]any{"aws:SourceArn": source}},
	})
}

// The ARN of a log group in CloudFormation ends in ":*", which stands for its streams.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-CloudWatchLogs.html
func admitToLogGroup(group awslogs.LogGroup) constructs.IDependable {
	return group.AddToResourcePolicy(delivers(group, []string{"logs:CreateLogStream", "logs:PutLogEvents"}, *group.LogGroupArn(), nil)).PolicyDependable
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html
func admitToBucket(bucket awss3.IBucket) constructs.IDependable {
	stack := awscdk.Stack_Of(bucket)
	return bucket.AddToResourcePolicy(delivers(bucket, []string{"s3:PutObject"},
		*bucket.BucketArn()+"/AWSLogs/"+*stack.Account()+"/*", map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"})).PolicyDependable
}

// uniqueName returns a name for a resource of CloudWatch Logs, which allows 60 characters.
func uniqueName(scope constructs.Construct, suffix string) *string {
	name := *awscdk.Names_UniqueResourceName(scope, &awscdk.UniqueResourceNameOptions{
		MaxLength: jsii.Number(60 - 1 - len(suffix)),
	})
	return jsii.String(name + "-" + suffix)
}
