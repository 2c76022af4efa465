package operations_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/operations"
)

func logged(region string) func() *assembly {
	return sync.OnceValue(func() *assembly {
		stack := newStack(region)
		endpoint := newEndpoint(stack, newFunction(stack, "Function"))
		operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{Endpoint: endpoint})
		operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{Endpoint: endpoint})
		return synth(stack)
	})
}

var (
	loggedAtHome = logged("us-east-1")
	loggedAbroad = logged("eu-west-1")
)

func TestAccessLogsAreDeliveredInUsEast1(t *testing.T) {
	for name, a := range map[string]func() *assembly{"at home": loggedAtHome, "abroad": loggedAbroad} {
		t.Run(name, func(t *testing.T) {
			edge := a().edge
			source := edge.OnlyWith(t, "AWS::Logs::DeliverySource", "LogType", "ACCESS_LOGS")
			destination := edge.OnlyWith(t, "AWS::Logs::DeliveryDestination", "OutputFormat", "json")
			group := edge.OnlyWith(t, "AWS::Logs::LogGroup", "RetentionInDays", 90)
			delivery := edge.Only(t, "AWS::Logs::Delivery")
			wantJSON(t, "DeliveryDestinationArn", delivery.Properties["DeliveryDestinationArn"], `{"Fn::GetAtt":["`+destination.ID+`","Arn"]}`)
			wantJSON(t, "DeliverySourceName", delivery.Properties["DeliverySourceName"], text(source.Properties["Name"]))
			if !strings.Contains(text(delivery.DependsOn), source.ID) {
				t.Errorf("the delivery depends on %v, not on its source", delivery.DependsOn)
			}
			wantJSON(t, "DestinationResourceArn", destination.Properties["DestinationResourceArn"], `{"Fn::GetAtt":["`+group.ID+`","Arn"]}`)
			if arn := text(source.Properties["ResourceArn"]); !strings.Contains(arn, ":distribution/") {
				t.Errorf("the source is %s, want the distribution", arn)
			}
			for _, field := range []string{"time-to-first-byte", "c-country", "sc-status", "x-edge-detailed-result-type"} {
				if !slices.Contains(delivery.Properties["RecordFields"].([]any), any(field)) {
					t.Errorf("the logs have no %s", field)
				}
			}
			for _, secret := range []string{"cs-uri-query", "cs(Cookie)"} {
				if slices.Contains(delivery.Properties["RecordFields"].([]any), any(secret)) {
					t.Errorf("the logs have %s", secret)
				}
			}
			policy := text(edge.Only(t, "AWS::Logs::ResourcePolicy").Properties)
			if !strings.Contains(policy, "delivery.logs.amazonaws.com") || !strings.Contains(policy, "logs:us-east-1:"+account) {
				t.Errorf("the policy of the log group is %s", policy)
			}
			// The attribute ends in ":*" already: with more after it, no stream would match.
			if !strings.Contains(policy, `\"Resource\":\"",{"Fn::GetAtt":["`+group.ID+`","Arn"]},"\"}]`) {
				t.Errorf("the policy is not for the streams of the log group: %s", policy)
			}
			if n := len(edge.All("AWS::Logs::QueryDefinition")); n < 5 {
				t.Errorf("%d queries are saved", n)
			}
		})
	}
	if loggedAbroad().edge == loggedAbroad().main {
		t.Error("the source is in eu-west-1, where AWS refuses it")
	}
}

// Every field that a saved query asks for is in the logs.
func TestQueriesAskForFieldsThatAreLogged(t *testing.T) {
	fields := loggedAtHome().main.Only(t, "AWS::Logs::Delivery").Properties["RecordFields"].([]any)
	for _, q := range loggedAtHome().main.All("AWS::Logs::QueryDefinition") {
		quoted := strings.Split(q.Properties["QueryString"].(string), "`")
		if len(quoted) < 3 {
			t.Errorf("%s asks for no field: %s", q.ID, q.Properties["QueryString"])
		}
		for i := 1; i < len(quoted); i += 2 {
			if !slices.Contains(fields, any(quoted[i])) {
				t.Errorf("%s asks for %s, which is not logged", q.ID, quoted[i])
			}
		}
	}
}

func TestAccessLogsToABucketOfAnotherRegion(t *testing.T) {
	stack := newStack("eu-west-1")
	bucket := awss3.NewBucket(stack, jsii.String("Bucket"), nil)
	logs := operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{
		Endpoint: newEndpoint(stack, newFunction(stack, "Function")), Bucket: bucket,
		RecordFields: jsii.Strings("date", "time-to-first-byte"),
	})
	if logs.LogGroup() != nil {
		t.Error("there is a log group besides the bucket")
	}
	a := synth(stack)
	policy := text(a.main.Only(t, "AWS::S3::BucketPolicy").Properties)
	for _, want := range []string{"delivery.logs.amazonaws.com", `"s3:x-amz-acl":"bucket-owner-full-control"`, "/AWSLogs/" + account + "/*", ":logs:us-east-1:" + account} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	wantJSON(t, "RecordFields", a.edge.Only(t, "AWS::Logs::Delivery").Properties["RecordFields"], `["date","time-to-first-byte"]`)
	if n := len(a.edge.All("AWS::Logs::LogGroup")) + len(a.edge.All("AWS::Logs::QueryDefinition")); n != 0 {
		t.Errorf("%d log groups and queries, want none", n)
	}
}

func TestAccessLogsToFirehose(t *testing.T) {
	const stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/logs"
	stack := newStack("us-east-1")
	operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{
		Endpoint: newEndpoint(stack, newFunction(stack, "Function")), DeliveryStreamArn: jsii.String(stream),
	})
	main := synth(stack).main
	wantJSON(t, "DestinationResourceArn", main.Only(t, "AWS::Logs::DeliveryDestination").Properties["DestinationResourceArn"], `"`+stream+`"`)
}

func TestAccessLogsRefuse(t *testing.T) {
	stack := newStack("eu-west-1")
	endpoint := newEndpoint(stack, newFunction(stack, "Function"))
	bucket := awss3.NewBucket(stack, jsii.String("Bucket"), nil)
	define := func(p operations.AccessLogsProps) func() {
		return func() { operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &p) }
	}
	mustPanic(t, "streamfront: AccessLogsProps.Endpoint is required; pass the endpoint whose requests to log", define(operations.AccessLogsProps{}))
	mustPanic(t, "streamfront: AccessLogsProps has Bucket and DeliveryStreamArn, but AccessLogs go to one destination; define further AccessLogs for the others",
		define(operations.AccessLogsProps{Endpoint: endpoint, Bucket: bucket, DeliveryStreamArn: jsii.String("arn:aws:firehose:us-east-1:123456789012:deliverystream/logs")}))
	mustPanic(t, "streamfront: AccessLogsProps.Retention and Bucket are set, but Retention is for a new log group; leave it out, and set the retention of Bucket itself",
		define(operations.AccessLogsProps{Endpoint: endpoint, Bucket: bucket, Retention: awslogs.RetentionDays_ONE_DAY}))
	mustPanic(t, "streamfront: AccessLogsProps.LogGroup is in eu-west-1, but CloudFront delivers to log groups in us-east-1 only; leave LogGroup out for a new one there",
		define(operations.AccessLogsProps{Endpoint: endpoint, LogGroup: awslogs.NewLogGroup(stack, jsii.String("Group"), nil)}))
}

// Lambda@Edge writes in the region that served, which nobody knows beforehand.
func TestEdgeLogsExpireInEveryRegion(t *testing.T) {
	for name, a := range map[string]func() *assembly{"at home": loggedAtHome, "abroad": loggedAbroad} {
		regions := map[string]bool{}
		for _, r := range a().main.All("Custom::LogRetention") {
			regions[r.Properties["LogGroupRegion"].(string)] = true
			if r.Properties["RetentionInDays"] != 30.0 || !strings.Contains(text(r.Properties["LogGroupName"]), "/aws/lambda/us-east-1.") {
				t.Errorf("%s: %v", name, r.Properties)
			}
		}
		if len(regions) != 13 || !regions["us-east-1"] || !regions["sa-east-1"] {
			t.Errorf("%s: regions %v", name, regions)
		}
	}
}

func TestNamesOfLogsAreRefused(t *testing.T) {
	stack := newStack("us-east-1")
	endpoint := newEndpoint(stack, newFunction(stack, "Function"))
	mustPanic(t, `streamfront: 3 problems:
- AccessLogsProps.DeliveryStreamArn is "logs"; use the ARN of a stream, such as arn:aws:firehose:us-east-1:123456789012:deliverystream/name
- AccessLogsProps.RecordFields has nil at index 0; use names of fields, such as those of AccessLogFields
- AccessLogsProps.RecordFields has "" at index 1; use names of fields, such as those of AccessLogFields`, func() {
		operations.NewAccessLogs(stack, jsii.String("Logs"), &operations.AccessLogsProps{
			Endpoint: endpoint, DeliveryStreamArn: jsii.String("logs"), RecordFields: &[]*string{nil, jsii.String("")},
		})
	})
	mustPanic(t, `streamfront: 2 problems:
- EdgeLogRetentionProps.Regions has "Frankfurt" at index 1; use names of regions, such as eu-central-1
- EdgeLogRetentionProps.Regions has nil at index 2; use names of regions, such as eu-central-1`, func() {
		operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{
			Endpoint: endpoint, Regions: &[]*string{jsii.String("ap-northeast-1"), jsii.String("Frankfurt"), nil},
		})
	})
}

func TestEdgeLogRetentionRefuses(t *testing.T) {
	stack := newStack("eu-west-1")
	endpoint := newEndpoint(stack, newFunction(stack, "Function"))
	mustPanic(t, "streamfront: EdgeLogRetentionProps.Endpoint is required; pass the endpoint with the edge functions", func() {
		operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), nil)
	})
	mustPanic(t, "streamfront: EdgeLogRetentionProps.Regions has eu-west-1 twice; remove one", func() {
		operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{
			Endpoint: endpoint, Regions: jsii.Strings("eu-west-1", "eu-west-1"),
		})
	})
}
