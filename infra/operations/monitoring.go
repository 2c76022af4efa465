package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// Monitoring is a dashboard of an endpoint, and alarms.
type Monitoring interface {
	constructs.Construct
	// Dashboard returns the dashboard, for instance to add widgets to it. It is in the
	// region of the stack, and shows metrics of both regions.
	Dashboard() awscloudwatch.Dashboard
	// Unhealthy returns the composite alarm of what viewers meet, "endpoint unhealthy". It is
	// in us-east-1. Where the stack is in us-east-1 it counts the functions' alarms as well.
	Unhealthy() awscloudwatch.CompositeAlarm
	// FunctionsUnhealthy returns the composite alarm of the functions, which is Unhealthy
	// where the stack is in us-east-1: a composite alarm counts alarms of its own region.
	FunctionsUnhealthy() awscloudwatch.CompositeAlarm
	// Topic returns the topic of the alarms in the region of the stack.
	Topic() awssns.ITopic
	// EdgeTopic returns the topic of the alarms in us-east-1, which is Topic where the stack
	// is there.
	EdgeTopic() awssns.ITopic
}

// MonitoringProps are the properties of a Monitoring.
type MonitoringProps struct {
	// Endpoint is what is watched, with the routes that it has by now.
	// Required.
	Endpoint streamfront.Endpoint
	// Functions are those of the endpoint's routes, as functions or as aliases.
	// Required.
	Functions *[]awslambda.IFunction
	// Email gets the alarms, after it has confirmed one subscription for each topic.
	// Default: - nobody; subscribe to Topic() and EdgeTopic().
	Email *string
	// Topic gets the alarms of the region of the stack; its policy has to let
	// cloudwatch.amazonaws.com publish.
	// Default: - a topic is made.
	Topic awssns.ITopic
	// EdgeTopic gets the alarms of us-east-1, and has to be there.
	// Default: - Topic where the stack is in us-east-1, else a topic is made.
	EdgeTopic awssns.ITopic
	// WebAclMetricName is the metric name of the web ACL in front, whose blocks the dashboard
	// shows; Firewall.MetricName has it.
	// Default: - no widget.
	WebAclMetricName *string
	// MetricNamespace is that of the metrics that a function writes itself, by dimension Model
	// and under the names of the sample: Requests, Errors, ClientErrors, TimeToFirstToken,
	// LongestGap, InputTokens and OutputTokens.
	// Default: "Streamfront".
	MetricNamespace *string
	// LogGroups are those of the functions, for which queries of CloudWatch Logs Insights are
	// saved.
	// Default: - no queries.
	LogGroups *[]awslogs.ILogGroup
	// ErrorRate is the percentage of failed requests, those with status 5xx, from which on an
	// alarm is raised, in two of three periods of five minutes.
	// Default: 5.
	ErrorRate *float64
	// FirstByte is how long the slowest tenth of the requests may wait for the first byte of
	// the origin, over three periods of five minutes.
	// Default: awscdk.Duration_Seconds(10).
	FirstByte awscdk.Duration
	// ConcurrentExecutions is how many requests a function may have at once before an alarm is
	// raised: a bit below what is reserved for it, or the account has.
	// Default: - no such alarm; throttled requests raise one in any case.
	ConcurrentExecutions *float64
}

type monitoring struct {
	constructs.Construct
	dashboard        awscloudwatch.Dashboard
	topic, edgeTopic awssns.ITopic

	unhealthy, functionsUnhealthy awscloudwatch.CompositeAlarm
}

// NewMonitoring defines a Monitoring. It turns the additional metrics of the distribution on
// (a MonitoringSubscription), which cost by the distribution and month: the time to the first
// byte is among them.
//
// The alarms that viewers and functions raise are silent by themselves. Composite alarms sum
// them up, and notify the topics when a problem begins and when it is over.
func NewMonitoring(scope constructs.Construct, id *string, props *MonitoringProps) Monitoring {
	var p MonitoringProps
	if props != nil {
		p = *props
	}
	p.validate()
	requireRegion(scope, "a Monitoring")
	if p.MetricNamespace == nil {
		p.MetricNamespace = jsii.String("Streamfront")
	}
	p.ErrorRate = orDefault(p.ErrorRate, 5)
	if p.FirstByte == nil {
		p.FirstByte = awscdk.Duration_Seconds(jsii.Number(10))
	}

	m := &monitoring{}
	constructs.NewConstruct_Override(m, scope, id)
	m.subscribe(&p)
	edge := edgeScope(m)
	m.newTopics(&p, edge)
	m.newAlarms(&p, edge)
	m.dashboard = m.newDashboard(&p)
	if p.LogGroups != nil {
		saveQueries(m, *p.LogGroups, functionQueries)
	}
	return m
}

func (p *MonitoringProps) validate() {
	required(p.Endpoint != nil, "MonitoringProps.Endpoint", "pass the endpoint to watch")
	required(p.Functions != nil && len(*p.Functions) > 0, "MonitoringProps.Functions", "pass the functions of the endpoint")
	for _, f := range *p.Functions {
		required(f != nil, "MonitoringProps.Functions", "one of them is nil")
	}
	between(p.ErrorRate, 0, 100, "MonitoringProps.ErrorRate", "a percentage")
	between(p.ConcurrentExecutions, 1, 1e6, "MonitoringProps.ConcurrentExecutions", "the alarm")
}

func (m *monitoring) Dashboard() awscloudwatch.Dashboard { return m.dashboard }

func (m *monitoring) Unhealthy() awscloudwatch.CompositeAlarm { return m.unhealthy }

func (m *monitoring) FunctionsUnhealthy() awscloudwatch.CompositeAlarm { return m.functionsUnhealthy }

func (m *monitoring) Topic() awssns.ITopic { return m.topic }

func (m *monitoring) EdgeTopic() awssns.ITopic { return m.edgeTopic }

// subscribe turns the additional metrics on, unless DistributionProps.PublishAdditionalMetrics
// has: a distribution takes one subscription.
func (m *monitoring) subscribe(p *MonitoringProps) {
	distribution := p.Endpoint.Distribution()
	if distribution.Node().TryFindChild(jsii.String("MonitoringSubscription")) != nil {
		return
	}
	awscloudfront.NewCfnMonitoringSubscription(m, jsii.String("MonitoringSubscription"), &awscloudfront.CfnMonitoringSubscriptionProps{
		DistributionId: distribution.DistributionId(),
		MonitoringSubscription: &awscloudfront.CfnMonitoringSubscription_MonitoringSubscriptionProperty{
			RealtimeMetricsSubscriptionConfig: &awscloudfront.CfnMonitoringSubscription_RealtimeMetricsSubscriptionConfigProperty{
				RealtimeMetricsSubscriptionStatus: jsii.String("Enabled"),
			},
		},
	})
}

func (m *monitoring) newTopics(p *MonitoringProps, edge constructs.Construct) {
	m.topic, m.edgeTopic = p.Topic, p.EdgeTopic
	if m.topic == nil {
		m.topic = newTopic(m, "Topic", p.Email, alarms)
	}
	switch {
	case m.edgeTopic != nil:
	case atEdge(m):
		m.edgeTopic = m.topic
	default:
		m.edgeTopic = newTopic(edge, "Topic", p.Email, alarms)
	}
}
