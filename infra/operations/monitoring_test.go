package operations_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/apptest"
	"github.com/streamfront/streamfront/infra/operations"
	"github.com/streamfront/streamfront/infra/streamfront"
)

func monitored(region string) func() *assembly {
	return sync.OnceValue(func() *assembly {
		stack := newStack(region)
		group := awslogs.NewLogGroup(stack, jsii.String("Logs"), nil)
		function := newFunction(stack, "Function")
		endpoint := newEndpoint(stack, function)
		endpoint.AddRoute(jsii.String("/read/*"), newFunction(stack, "Read"), &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_NONE})
		operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
			Endpoint: endpoint, Functions: &[]awslambda.IFunction{function},
			Email: jsii.String("ops@example.com"), LogGroups: &[]awslogs.ILogGroup{group},
			WebAclMetricName: jsii.String("Acl"), ConcurrentExecutions: jsii.Number(80),
		})
		return synth(stack)
	})
}

var (
	monitoredAtHome = monitored("us-east-1")
	monitoredAbroad = monitored("eu-west-1")
)

// An alarm in another region than its metric never gets a value, and a composite alarm takes
// alarms of its own region only.
func TestAlarmsAreWhereTheirMetricsAre(t *testing.T) {
	for name, test := range map[string]struct {
		template    *apptest.Template
		cloudfront  bool
		lambda      bool
		description string
	}{
		"one stack, us-east-1":  {monitoredAtHome().main, true, true, "The endpoint fails, or is slow"},
		"the stack, eu-west-1":  {monitoredAbroad().main, false, true, "The functions of the endpoint fail"},
		"operations, us-east-1": {monitoredAbroad().edge, true, false, "The endpoint fails, or is slow"},
	} {
		t.Run(name, func(t *testing.T) {
			namespaces := map[string]bool{}
			for _, a := range test.template.All("AWS::CloudWatch::Alarm") {
				for _, m := range regexp.MustCompile(`"Namespace":"([^"]+)"`).FindAllStringSubmatch(text(a.Properties), -1) {
					namespaces[m[1]] = true
				}
				if a.Properties["TreatMissingData"] != "notBreaching" {
					t.Errorf("%s takes a night without requests for %v", a.ID, a.Properties["TreatMissingData"])
				}
			}
			if namespaces["AWS/CloudFront"] != test.cloudfront || namespaces["AWS/Lambda"] != test.lambda {
				t.Errorf("alarms of %v", namespaces)
			}
			composite := test.template.Only(t, "AWS::CloudWatch::CompositeAlarm")
			if got := composite.Properties["AlarmDescription"]; got != test.description {
				t.Errorf("the composite alarm says %q, want %q", got, test.description)
			}
			topic := test.template.Only(t, "AWS::SNS::Topic")
			for _, actions := range []string{"AlarmActions", "OKActions"} {
				wantJSON(t, actions, composite.Properties[actions], `[{"Ref":"`+topic.ID+`"}]`)
			}
			// Each alarm is counted by the composite one, or tells the topic itself.
			for _, a := range test.template.All("AWS::CloudWatch::Alarm") {
				counted := strings.Contains(text(composite.Properties["AlarmRule"]), `"`+a.ID+`"`)
				if tells := a.Properties["AlarmActions"] != nil; tells == counted {
					t.Errorf("%s: counted %v, tells %v", a.ID, counted, tells)
				}
			}
		})
	}
}

// With a policy of its own a topic has lost the one that AWS gives it.
func TestAlarmsMayPublishToTheTopic(t *testing.T) {
	for _, template := range []*apptest.Template{monitoredAbroad().main, monitoredAbroad().edge} {
		topic := template.Only(t, "AWS::SNS::Topic")
		policy := text(template.Only(t, "AWS::SNS::TopicPolicy").Properties)
		for _, want := range []string{
			`"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"}`, `"aws:SourceAccount":"` + account + `"`,
			`"Effect":"Deny"`, `"aws:SecureTransport":"false"`, topic.ID,
		} {
			if !strings.Contains(policy, want) {
				t.Errorf("no %s in %s", want, policy)
			}
		}
		wantJSON(t, "Endpoint", template.Only(t, "AWS::SNS::Subscription").Properties["Endpoint"], `"ops@example.com"`)
	}
}

// The dashboard shows everything that the documentation promises, from the right region.
func TestDashboardShowsEachLayer(t *testing.T) {
	for region, a := range map[string]func() *assembly{"us-east-1": monitoredAtHome, "eu-west-1": monitoredAbroad} {
		body := a().main.Only(t, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]
		parts := body.(object)["Fn::Join"].([]any)[1].([]any)
		var b strings.Builder
		for _, part := range parts {
			if s, ok := part.(string); ok {
				b.WriteString(s)
			} else {
				b.WriteString("REFERENCE")
			}
		}
		var dashboard struct {
			Widgets []struct {
				Type       string
				Properties struct {
					Title, Region string
					Metrics       [][]any
				}
			}
		}
		if err := json.Unmarshal([]byte(b.String()), &dashboard); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		shown := map[string]bool{}
		for _, w := range dashboard.Widgets {
			for _, m := range w.Properties.Metrics {
				options, _ := m[len(m)-1].(object)
				if expression, ok := m[0].(object); ok {
					for _, found := range regexp.MustCompile(`MetricName=\\"(\w+)\\"`).FindAllStringSubmatch(text(expression["expression"]), -1) {
						shown["Streamfront "+found[1]] = true
					}
					continue
				}
				namespace, name := m[0].(string), m[1].(string)
				shown[namespace+" "+name] = true
				from := region
				if r, ok := options["region"].(string); ok {
					from = r
				}
				if (namespace == "AWS/CloudFront" || namespace == "AWS/WAFV2") && from != "us-east-1" {
					t.Errorf("%s: %s of %s is looked for in %s", region, name, namespace, from)
				}
			}
		}
		for _, want := range []string{
			"AWS/CloudFront Requests", "AWS/Lambda UrlRequestCount", "Streamfront Requests",
			"AWS/CloudFront 5xxErrorRate", "AWS/Lambda Url5xxCount", "AWS/Lambda Errors", "Streamfront Errors",
			"AWS/CloudFront OriginLatency", "Streamfront TimeToFirstToken", "Streamfront LongestGap", "Streamfront OutputTokens", "Streamfront InputTokens",
			"AWS/Lambda ConcurrentExecutions", "AWS/Lambda Throttles", "AWS/CloudFront 502ErrorRate", "AWS/CloudFront FunctionExecutionErrors",
			"AWS/CloudFront CacheHitRate", "AWS/WAFV2 BlockedRequests", "AWS/CloudFront BytesDownloaded", "AWS/Lambda Duration",
		} {
			if !shown[want] {
				t.Errorf("%s: the dashboard does not show %s", region, want)
			}
		}
	}
}

func TestAdditionalMetricsAreOnOnce(t *testing.T) {
	if n := len(monitoredAbroad().main.All("AWS::CloudFront::MonitoringSubscription")); n != 1 {
		t.Errorf("%d subscriptions, want 1", n)
	}
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: function, DistributionProps: &awscloudfront.DistributionProps{PublishAdditionalMetrics: jsii.Bool(true)},
	})
	monitor(stack, endpoint, function)
	if n := len(synth(stack).main.All("AWS::CloudFront::MonitoringSubscription")); n != 1 {
		t.Errorf("with PublishAdditionalMetrics %d subscriptions, want 1", n)
	}
}

func monitor(stack awscdk.Stack, endpoint streamfront.Endpoint, function awslambda.IFunction) operations.Monitoring {
	return operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
		Endpoint: endpoint, Functions: &[]awslambda.IFunction{function},
	})
}

// The sample writes these fields; a query for others finds nothing.
func TestQueriesAreSaved(t *testing.T) {
	var names []string
	for _, q := range monitoredAbroad().main.All("AWS::Logs::QueryDefinition") {
		name := q.Properties["Name"].(string)
		names = append(names, name[strings.LastIndexByte(name, '/')+1:])
		wantJSON(t, "LogGroupNames", q.Properties["LogGroupNames"], `[{"Ref":"Logs6819BB44"}]`)
	}
	slices.Sort(names)
	if want := []string{"ByKey", "ByModel", "Failures", "RefusedRequests", "SlowestRequests"}; !slices.Equal(names, want) {
		t.Errorf("queries %q, want %q", names, want)
	}
}

func TestMonitoringTakesTopics(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	m := monitor(stack, newEndpoint(stack, function), function)
	if m.Topic() != m.EdgeTopic() || m.Unhealthy() != m.FunctionsUnhealthy() {
		t.Error("in us-east-1 there are two topics or composite alarms")
	}
}

// The ids of metrics are unique in a graph, and lines of the same name cannot be told apart.
func TestMonitoringOfSeveralFunctions(t *testing.T) {
	stack := newStack("us-east-1")
	chat, read := newFunction(stack, "Chat"), newFunction(stack, "Read")
	endpoint := newEndpoint(stack, chat)
	endpoint.AddRoute(jsii.String("/read/*"), read, nil)
	operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
		Endpoint: endpoint, Functions: &[]awslambda.IFunction{chat, read},
	})
	dashboard := text(synth(stack).main.All("AWS::CloudWatch::Dashboard")[0].Properties)
	for _, name := range []string{"Chat", "Read"} {
		for _, label := range []string{"function URL", "function crashed", "requests at once", "throttled", "seconds of the function"} {
			if want := label + ", " + *stack.Node().Path() + "/" + name; !strings.Contains(dashboard, want) {
				t.Errorf("the dashboard has no line %q", want)
			}
		}
	}
}

func TestMonitoringRefuses(t *testing.T) {
	mustPanic(t, `streamfront: 5 problems:
- MonitoringProps.Endpoint is required; pass the endpoint to watch
- MonitoringProps.Functions has nil at index 0; remove it
- MonitoringProps.ErrorRate is -1; use a number from 0 to 100
- MonitoringProps.ConcurrentExecutions is 0; use a number from 1 to 1000000
- a Monitoring needs a stack with an explicit region, since a part of it is placed in us-east-1; set StackProps.Env.Region`, func() {
		operations.NewMonitoring(awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Nowhere"), nil), jsii.String("Monitoring"), &operations.MonitoringProps{
			Functions: &[]awslambda.IFunction{nil}, ErrorRate: jsii.Number(-1), ConcurrentExecutions: jsii.Number(0),
		})
	})
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, function)
	mustPanic(t, "streamfront: MonitoringProps.Functions is required; pass the functions of the endpoint", func() {
		operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{Endpoint: endpoint})
	})
	mustPanic(t, "streamfront: MonitoringProps.ErrorRate is 101; use a number from 0 to 100", func() {
		operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
			Endpoint: endpoint, Functions: &[]awslambda.IFunction{function}, ErrorRate: jsii.Number(101),
		})
	})
	mustPanic(t, `streamfront: 2 problems:
- MonitoringProps.Functions has "`+*function.Node().Path()+`" twice; remove one
- MonitoringProps.FirstByte is 0, which every request exceeds; use a duration above 0`, func() {
		operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
			Endpoint: endpoint, Functions: &[]awslambda.IFunction{function, function}, FirstByte: awscdk.Duration_Seconds(jsii.Number(0)),
		})
	})
}
