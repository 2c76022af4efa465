package operations

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// alarm is what differs between alarms. All compare "at least the threshold", and treat missing data
// as healthy.
type alarm struct {
	id, description    string
	metric             awscloudwatch.IMetric
	threshold          float64
	periods, datapoint float64
}

func newAlarm(scope constructs.Construct, a alarm) awscloudwatch.Alarm {
	return awscloudwatch.NewAlarm(scope, &a.id, &awscloudwatch.AlarmProps{
		AlarmDescription: &a.description, Metric: a.metric, Threshold: &a.threshold,
		EvaluationPeriods: &a.periods, DatapointsToAlarm: &a.datapoint,
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
}

// newAlarms makes the alarms where their metrics are, and the composite alarms.
func (m *monitoring) newAlarms(p *MonitoringProps, edge constructs.Construct) {
	var functions []awscloudwatch.IAlarmRule
	for _, f := range *p.Functions {
		for _, a := range functionAlarms(p, f) {
			functions = append(functions, ofAlarm(newAlarm(m, a)))
		}
		if p.ConcurrentExecutions != nil {
			a := newAlarm(m, alarm{
				id: "Concurrency" + idOf(f), description: "A function has almost all the requests at once that it may have",
				metric:    functionMetric(f, "ConcurrentExecutions", "Maximum", "at once"),
				threshold: *p.ConcurrentExecutions, periods: 3, datapoint: 2,
			})
			notify(a, m.topic)
		}
	}
	viewers := viewerAlarms(p, edge)
	if atEdge(m) {
		m.unhealthy = newComposite(m, "EndpointUnhealthy", "The endpoint fails, or is slow", append(viewers, functions...), m.topic)
		m.functionsUnhealthy = m.unhealthy
		return
	}
	m.unhealthy = newComposite(edge, "EndpointUnhealthy", "The endpoint fails, or is slow", viewers, m.edgeTopic)
	m.functionsUnhealthy = newComposite(m, "FunctionsUnhealthy", "The functions of the endpoint fail", functions, m.topic)
}

// functionAlarms are about requests that reached a function.
func functionAlarms(p *MonitoringProps, f awslambda.IFunction) []alarm {
	failures := awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String("IF(requests > 0, 100 * failures / requests, 0)"),
		UsingMetrics: &map[string]awscloudwatch.IMetric{
			"requests": functionMetric(f, "UrlRequestCount", "Sum", "requests"),
			"failures": functionMetric(f, "Url5xxCount", "Sum", "failures"),
		},
		Label: jsii.String("failed, percent"), Period: period(),
	})
	return []alarm{
		{
			id: "Failures" + idOf(f), description: "The function URL answers with status 5xx",
			metric: failures, threshold: *p.ErrorRate, periods: 3, datapoint: 2,
		},
		{
			id: "Throttles" + idOf(f), description: "Requests are refused, since a function has as many at once as it may",
			metric: functionMetric(f, "Throttles", "Sum", "throttled"), threshold: 1, periods: 3, datapoint: 2,
		},
	}
}

// viewerAlarms are about what viewers see, by CloudFront's metrics.
func viewerAlarms(p *MonitoringProps, edge constructs.Construct) []awscloudwatch.IAlarmRule {
	rules := []awscloudwatch.IAlarmRule{
		ofAlarm(newAlarm(edge, alarm{
			id: "ServerErrors", description: "Viewers get answers with status 5xx",
			metric:    distributionMetric(p.Endpoint, "5xxErrorRate", "Average", "5xx, percent"),
			threshold: *p.ErrorRate, periods: 3, datapoint: 2,
		})),
		ofAlarm(newAlarm(edge, alarm{
			id: "FirstByte", description: "The slowest tenth of the requests wait too long for the first byte",
			metric:    distributionMetric(p.Endpoint, "OriginLatency", "p90", "first byte, p90"),
			threshold: *p.FirstByte.ToMilliseconds(nil), periods: 3, datapoint: 3,
		})),
	}
	for i, f := range viewerFunctionsOf(p.Endpoint) {
		metrics := map[string]awscloudwatch.IMetric{}
		for name, id := range map[string]string{"FunctionExecutionErrors": "execution", "FunctionValidationErrors": "validation", "FunctionThrottles": "throttles"} {
			metrics[id] = edgeMetric(name, "Sum", id, "FunctionName", f.FunctionName())
		}
		sum := "FILL(execution, 0) + FILL(validation, 0) + FILL(throttles, 0)"
		rules = append(rules, ofAlarm(newAlarm(edge, alarm{
			id: fmt.Sprintf("ViewerFunction%d", i), description: "The function at viewer-request fails, and its requests with it",
			metric: awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
				Expression: &sum, UsingMetrics: &metrics, Label: jsii.String("failed"), Period: period(),
			}),
			threshold: 1, periods: 3, datapoint: 2,
		})))
	}
	return rules
}

func ofAlarm(a awscloudwatch.Alarm) awscloudwatch.IAlarmRule {
	return awscloudwatch.AlarmRule_FromAlarm(a, awscloudwatch.AlarmState_ALARM)
}

// newComposite combines alarms, and notifies when a problem begins and when it ends.
func newComposite(scope constructs.Construct, id, description string, rules []awscloudwatch.IAlarmRule, topic awssns.ITopic) awscloudwatch.CompositeAlarm {
	composite := awscloudwatch.NewCompositeAlarm(scope, &id, &awscloudwatch.CompositeAlarmProps{
		AlarmDescription: &description,
		AlarmRule:        awscloudwatch.AlarmRule_AnyOf(rules...),
	})
	notify(composite, topic)
	return composite
}

type notifier interface {
	AddAlarmAction(actions ...awscloudwatch.IAlarmAction)
	AddOkAction(actions ...awscloudwatch.IAlarmAction)
}

func notify(a notifier, topic awssns.ITopic) {
	a.AddAlarmAction(awscloudwatchactions.NewSnsAction(topic))
	a.AddOkAction(awscloudwatchactions.NewSnsAction(topic))
}

// idOf returns an id that distinguishes the functions of a construct.
func idOf(f awslambda.IFunction) string { return *awscdk.Names_NodeUniqueId(f.Node()) }
