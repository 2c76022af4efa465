package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newTopic returns a topic to which only AWS services can publish.
//
// It requires TLS. The CDK writes that as a policy of the topic, which replaces the default policy,
// so alarms and budgets need statements of their own to publish. The topic is not encrypted: alarms
// cannot publish to a topic with AWS's own key, a customer managed key has a monthly price, and the
// messages are not secret.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func newTopic(scope constructs.Construct, id string, email *string, publishers ...publisher) awssns.Topic {
	topic := awssns.NewTopic(scope, &id, &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
	account := awscdk.Stack_Of(scope).Account()
	for _, p := range publishers {
		topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        &p.name,
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&p.service, nil)},
			Actions:    jsii.Strings("sns:Publish"),
			Resources:  &[]*string{topic.TopicArn()},
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}},
		}))
	}
	if email != nil {
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(email, nil))
	}
	return topic
}

// publisher is a service that publishes to a topic for this account.
type publisher struct{ name, service string }

var (
	alarms  = publisher{"Alarms", "cloudwatch.amazonaws.com"}
	budgets = publisher{"Budgets", "budgets.amazonaws.com"}
)
