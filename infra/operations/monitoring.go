package operations

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// Monitoring is a dashboard and the alarms of an endpoint.
type Monitoring interface {
	constructs.Construct
	// Dashboard returns the dashboard, for instance to add widgets to it. It is in the stack's
	// region, and shows metrics of both regions.
	Dashboard() awscloudwatch.Dashboard
	// Unhealthy returns the composite alarm "endpoint unhealthy" of what viewers see. It is in
	// us-east-1. If the stack is there too, it includes the alarms of the functions.
	Unhealthy() awscloudwatch.CompositeAlarm
	// FunctionsUnhealthy returns the composite alarm of the functions. If the stack is in us-east-1
	// it is Unhealthy: a composite alarm can only include alarms of its own region.
	FunctionsUnhealthy() awscloudwatch.CompositeAlarm
	// Topic returns the topic of the alarms in the stack's region.
	Topic() awssns.ITopic
	// EdgeTopic returns the topic of the alarms in us-east-1. It is Topic if the stack is there.
	EdgeTopic() awssns.ITopic
}

// MonitoringProps are the properties of a Monitoring.
type MonitoringProps struct {
	// Endpoint is the endpoint to watch. Only its routes so far count.
	// Required.
	Endpoint streamfront.Endpoint
	// Functions are the functions or aliases of the endpoint's routes.
	// Required.
	Functions *[]awslambda.IFunction
	// Email gets the alarms. Each topic's subscription must be confirmed once.
	// Default: - nobody; subscribe to Topic() and EdgeTopic().
	Email *string
	// Topic gets the alarms of the stack's region. Its policy must let cloudwatch.amazonaws.com
	// publish.
	// Default: - a new topic.
	Topic awssns.ITopic
	// EdgeTopic gets the alarms of us-east-1. It must be in that region.
	// Default: - Topic if the stack is in us-east-1, else a new topic.
	EdgeTopic awssns.ITopic
	// WebAclMetricName is the metric name of the web ACL in front, such as Firewall.MetricName. The
	// dashboard shows what it blocks.
	// Default: - no widget.
	WebAclMetricName *string
	// MetricNamespace is the namespace of the metrics that a function writes itself, with the
	// dimension Model and the names of the sample: Requests, Errors, ClientErrors, TimeToFirstToken,
	// LongestGap, InputTokens and OutputTokens.
	// Default: "Streamfront".
	MetricNamespace *string
	// LogGroups are the log groups of the functions. The construct saves queries of CloudWatch Logs
	// Insights for them.
	// Default: - no queries.
	LogGroups *[]awslogs.ILogGroup
	// ErrorRate is the percentage of requests with status 5xx that raises an alarm, in two of three
	// periods of five minutes.
	// Default: 5.
	ErrorRate *float64
	// FirstByte is how long the slowest tenth of the requests may wait for the first byte of the
	// origin. More than that in three periods of five minutes raises an alarm.
	// Default: awscdk.Duration_Seconds(10).
	FirstByte awscdk.Duration
	// ConcurrentExecutions is the number of requests at once in a function that raises an alarm. Use
	// a number a little below the function's reserved concurrency, or the account's quota.
	// Default: - no such alarm; throttled requests raise one anyway.
	ConcurrentExecutions *float64
}

type monitoring struct {
	constructs.Construct
	dashboard        awscloudwatch.Dashboard
	topic, edgeTopic awssns.ITopic

	unhealthy, functionsUnhealthy awscloudwatch.CompositeAlarm
}

// NewMonitoring defines a Monitoring. It turns on the additional metrics of the distribution (a
// MonitoringSubscription), which are billed by the month. The time to the first byte is one of them.
//
// The single alarms do not notify anybody. Composite alarms combine them, and notify the topics when
// a problem begins and when it ends.
func NewMonitoring(scope constructs.Construct, id *string, props *MonitoringProps) Monitoring {
	var p MonitoringProps
	if props != nil {
		p = *props
	}
	var found problems.List
	p.validate(&found)
	requireRegion(&found, scope, "a Monitoring")
	found.Report()
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

func (p *MonitoringProps) validate(found *problems.List) {
	required(found, p.Endpoint != nil, "MonitoringProps.Endpoint", "pass the endpoint to watch")
	required(found, p.Functions != nil && len(*p.Functions) > 0, "MonitoringProps.Functions", "pass the functions of the endpoint")
	if p.Functions != nil {
		for i, f := range *p.Functions {
			if f == nil {
				found.Add("MonitoringProps.Functions has nil at index %d; remove it", i)
			} else if slices.Contains((*p.Functions)[:i], f) {
				found.Add("MonitoringProps.Functions has %q twice; remove one", *f.Node().Path())
			}
		}
	}
	if p.FirstByte != nil && !*p.FirstByte.IsUnresolved() && *p.FirstByte.ToMilliseconds(nil) == 0 {
		found.Add("MonitoringProps.FirstByte is 0, which every request exceeds; use a duration above 0")
	}
	between(found, p.ErrorRate, 0, 100, "MonitoringProps.ErrorRate")
	between(found, p.ConcurrentExecutions, 1, 1e6, "MonitoringProps.ConcurrentExecutions")
}

func (m *monitoring) Dashboard() awscloudwatch.Dashboard { return m.dashboard }

func (m *monitoring) Unhealthy() awscloudwatch.CompositeAlarm { return m.unhealthy }

func (m *monitoring) FunctionsUnhealthy() awscloudwatch.CompositeAlarm { return m.functionsUnhealthy }

func (m *monitoring) Topic() awssns.ITopic { return m.topic }

func (m *monitoring) EdgeTopic() awssns.ITopic { return m.edgeTopic }

// subscribe turns on the additional metrics, unless DistributionProps.PublishAdditionalMetrics did:
// a distribution has one subscription.
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
