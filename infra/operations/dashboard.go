package operations

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// newDashboard arranges the metrics along the path of a request: viewers, edge, functions,
// application, and costs.
func (m *monitoring) newDashboard(p *MonitoringProps) awscloudwatch.Dashboard {
	rows := [][]awscloudwatch.IWidget{
		{m.alarmStatus()},
		{requests(p), failures(p)},
		{firstByte(p), gaps(p), tokens(p)},
		{concurrency(p), throttles(p)},
		append([]awscloudwatch.IWidget{edgeErrors(p)}, edgeFunctionErrors(p)...),
		append([]awscloudwatch.IWidget{cacheHits(p), costs(p)}, blocks(p)...),
	}
	dashboard := awscloudwatch.NewDashboard(m, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(24)),
	})
	for _, row := range rows {
		dashboard.AddWidgets(row...)
	}
	return dashboard
}

// alarmStatus shows the composite alarms of the stack's region. It cannot show those of us-east-1,
// because such a widget has no region.
func (m *monitoring) alarmStatus() awscloudwatch.IWidget {
	return awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
		Title: jsii.String("Alarms"), Width: jsii.Number(24), Height: jsii.Number(3),
		Alarms: &[]interfacesawscloudwatch.IAlarmRef{m.functionsUnhealthy},
	})
}

func requests(p *MonitoringProps) awscloudwatch.IWidget {
	left := []awscloudwatch.IMetric{distributionMetric(p.Endpoint, "Requests", "Sum", "viewers")}
	for _, f := range *p.Functions {
		left = append(left, functionMetric(f, "UrlRequestCount", "Sum", p.label("function URL", f)))
	}
	return graph("Requests", 12, append(left, byModel(p.MetricNamespace, "Requests", "Sum")), nil)
}

func failures(p *MonitoringProps) awscloudwatch.IWidget {
	left := []awscloudwatch.IMetric{}
	for _, f := range *p.Functions {
		left = append(left,
			functionMetric(f, "Url5xxCount", "Sum", p.label("function URL, 5xx", f)),
			functionMetric(f, "Url4xxCount", "Sum", p.label("function URL, 4xx", f)),
			functionMetric(f, "Errors", "Sum", p.label("function crashed", f)))
	}
	left = append(left, byModel(p.MetricNamespace, "Errors", "Sum"), byModel(p.MetricNamespace, "ClientErrors", "Sum"))
	return graph("Errors by layer (left: number, right: percent of CloudFront's requests)", 12, left, []awscloudwatch.IMetric{
		distributionMetric(p.Endpoint, "5xxErrorRate", "Average", "CloudFront, 5xx"),
		distributionMetric(p.Endpoint, "4xxErrorRate", "Average", "CloudFront, 4xx"),
	})
}

func firstByte(p *MonitoringProps) awscloudwatch.IWidget {
	return graph("Time to the first byte (left: CloudFront's, right: to the first token), ms", 8, []awscloudwatch.IMetric{
		distributionMetric(p.Endpoint, "OriginLatency", "p50", "half"),
		distributionMetric(p.Endpoint, "OriginLatency", "p90", "nine of ten"),
		distributionMetric(p.Endpoint, "OriginLatency", "p99", "99 of 100"),
	}, []awscloudwatch.IMetric{byModel(p.MetricNamespace, "TimeToFirstToken", "p90")})
}

func gaps(p *MonitoringProps) awscloudwatch.IWidget {
	return graph("Longest silence within an answer, ms", 8, []awscloudwatch.IMetric{
		byModel(p.MetricNamespace, "LongestGap", "p90"), byModel(p.MetricNamespace, "LongestGap", "Maximum"),
	}, nil)
}

func tokens(p *MonitoringProps) awscloudwatch.IWidget {
	return graph("Tokens", 8, []awscloudwatch.IMetric{
		byModel(p.MetricNamespace, "OutputTokens", "Sum"), byModel(p.MetricNamespace, "InputTokens", "Sum"),
	}, nil)
}

func concurrency(p *MonitoringProps) awscloudwatch.IWidget {
	var left []awscloudwatch.IMetric
	for _, f := range *p.Functions {
		left = append(left,
			functionMetric(f, "ConcurrentExecutions", "Maximum", p.label("requests at once", f)),
			functionMetric(f, "ProvisionedConcurrentExecutions", "Maximum", p.label("of them provisioned", f)))
	}
	return graph("Concurrency", 12, left, nil)
}

func throttles(p *MonitoringProps) awscloudwatch.IWidget {
	var left, right []awscloudwatch.IMetric
	for _, f := range *p.Functions {
		left = append(left, functionMetric(f, "Throttles", "Sum", p.label("throttled", f)))
		right = append(right, functionMetric(f, "ProvisionedConcurrencySpilloverInvocations", "Sum", p.label("beyond what is provisioned", f)))
	}
	return graph("Throttled requests", 12, left, right)
}

// edgeErrors are the failures at the edge: a function at origin-request that fails is a 502 or
// a 503 of CloudFront's, an origin that does not answer a 504.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-lambda-validation-error.html
func edgeErrors(p *MonitoringProps) awscloudwatch.IWidget {
	var left []awscloudwatch.IMetric
	for _, status := range []string{"403", "502", "503", "504"} {
		left = append(left, distributionMetric(p.Endpoint, status+"ErrorRate", "Average", status))
	}
	return graph("CloudFront's own errors, percent of requests", 8, left, nil)
}

func edgeFunctionErrors(p *MonitoringProps) []awscloudwatch.IWidget {
	var left, right, replicas []awscloudwatch.IMetric
	for _, f := range viewerFunctionsOf(p.Endpoint) {
		for _, name := range []string{"FunctionExecutionErrors", "FunctionValidationErrors", "FunctionThrottles"} {
			left = append(left, edgeMetric(name, "Sum", name, "FunctionName", f.FunctionName()))
		}
		right = append(right, edgeMetric("FunctionComputeUtilization", "Average", "of the time allowed, percent", "FunctionName", f.FunctionName()))
	}
	for _, f := range edgeFunctionsOf(p.Endpoint) {
		for _, region := range edgeRegions {
			replicas = append(replicas, replicaMetric(functionNameOf(f), region, "Errors", "Sum"))
		}
	}
	var widgets []awscloudwatch.IWidget
	if len(left) > 0 {
		widgets = append(widgets, graph("Functions at viewer-request", 8, left, right))
	}
	if len(replicas) > 0 {
		widgets = append(widgets, graph("Errors of Lambda@Edge by region", 8, replicas, nil))
	}
	return widgets
}

func cacheHits(p *MonitoringProps) awscloudwatch.IWidget {
	return graph("Cache hits, percent of requests that may be cached", 8, []awscloudwatch.IMetric{
		distributionMetric(p.Endpoint, "CacheHitRate", "Average", "hits"),
	}, nil)
}

// costs are what AWS counts on the bill: seconds of the functions, gigabytes to viewers.
func costs(p *MonitoringProps) awscloudwatch.IWidget {
	var seconds []awscloudwatch.IMetric
	for i, f := range *p.Functions {
		id := fmt.Sprintf("milliseconds%d", i) // ids are unique in a graph
		seconds = append(seconds, awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression:   jsii.String(id + " / 1000"),
			UsingMetrics: &map[string]awscloudwatch.IMetric{id: functionMetric(f, "Duration", "Sum", "duration")},
			Label:        jsii.String(p.label("seconds of the function", f)), Period: period(),
		}))
	}
	bytes := awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String("(down + up) / 1000000000"),
		UsingMetrics: &map[string]awscloudwatch.IMetric{
			"down": distributionMetric(p.Endpoint, "BytesDownloaded", "Sum", "down"),
			"up":   distributionMetric(p.Endpoint, "BytesUploaded", "Sum", "up"),
		},
		Label: jsii.String("GB from and to viewers"), Period: period(),
	})
	return graph("Cost drivers (left: seconds, right: GB)", 8, seconds, []awscloudwatch.IMetric{bytes})
}

// blocks are the requests that the web ACL refused. Its metrics have no region where it is
// CloudFront's.
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
func blocks(p *MonitoringProps) []awscloudwatch.IWidget {
	if p.WebAclMetricName == nil {
		return nil
	}
	var left []awscloudwatch.IMetric
	for _, name := range []string{"BlockedRequests", "CountedRequests"} {
		left = append(left, awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String("AWS/WAFV2"), MetricName: jsii.String(name), Statistic: jsii.String("Sum"), Label: jsii.String(name),
			DimensionsMap: &map[string]*string{"WebACL": p.WebAclMetricName, "Rule": jsii.String("ALL")},
			Region:        jsii.String(edgeRegion), Period: period(),
		}))
	}
	return []awscloudwatch.IWidget{graph("The web ACL", 8, left, nil)}
}

// label tells the lines of several functions in one graph apart.
func (p *MonitoringProps) label(text string, f awslambda.IFunction) string {
	if len(*p.Functions) == 1 {
		return text
	}
	return fmt.Sprintf("%s, %s", text, *f.Node().Path())
}

func graph(title string, width int, left, right []awscloudwatch.IMetric) awscloudwatch.IWidget {
	p := &awscloudwatch.GraphWidgetProps{
		Title: &title, Width: jsii.Number(width), Height: jsii.Number(6), Left: &left,
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0)}, LiveData: jsii.Bool(false),
	}
	if len(right) > 0 {
		p.Right, p.RightYAxis = &right, &awscloudwatch.YAxisProps{Min: jsii.Number(0)}
	}
	return awscloudwatch.NewGraphWidget(p)
}
