package fronts

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newLogGroup returns a log group for access logs. They hold IP addresses, so it keeps them for as
// long as they help and no longer.
func newLogGroup(scope constructs.Construct) awslogs.LogGroup {
	return awslogs.NewLogGroup(scope, jsii.String("AccessLogs"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_THREE_MONTHS,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
}

// newLogBucket returns a bucket for the access logs of a load balancer, which cannot write to
// CloudWatch. The bucket must use S3's own keys.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func newLogBucket(scope constructs.Construct) awss3.Bucket {
	return awss3.NewBucket(scope, jsii.String("AccessLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:         jsii.String("Expire"),
			Expiration: awscdk.Duration_Days(jsii.Number(90)),
		}},
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
	})
}

// logFields are the fields that every kind of API has.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
var logFields = map[string]string{
	"requestId": "$context.requestId", "requestTime": "$context.requestTime", "ip": "$context.identity.sourceIp",
	"status": "$context.status", "error": "$context.error.message", "integrationError": "$context.integrationErrorMessage",
	"latency": "$context.responseLatency",
}

func logFormat(more map[string]string) *string {
	fields := make(map[string]string, len(logFields)+len(more))
	for _, some := range []map[string]string{logFields, more} {
		for name, value := range some {
			fields[name] = value
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return jsii.String(string(text))
}

// logStage sets the access log of a stage of an HTTP or WebSocket API.
func logStage(stage constructs.Construct, group awslogs.LogGroup, format *string) {
	stage.Node().DefaultChild().(awsapigatewayv2.CfnStage).SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: group.LogGroupArn(),
		Format:         format,
	})
}
