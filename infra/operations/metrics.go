package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// period is the period of every metric. CloudFront sends a value for each minute with requests.
func period() awscdk.Duration { return awscdk.Duration_Minutes(jsii.Number(5)) }

// edgeMetric returns a metric of CloudFront. They are in us-east-1, with the dimension Region "Global".
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
func edgeMetric(name, statistic, label, dimension string, value *string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String("AWS/CloudFront"), MetricName: &name, Statistic: &statistic, Label: &label,
		DimensionsMap: &map[string]*string{dimension: value, "Region": jsii.String("Global")},
		Region:        jsii.String(edgeRegion), Period: period(),
	})
}

func distributionMetric(endpoint streamfront.Endpoint, name, statistic, label string) awscloudwatch.Metric {
	return edgeMetric(name, statistic, label, "DistributionId", endpoint.Distribution().DistributionId())
}

// functionMetric returns a metric of a function or an alias.
func functionMetric(f awslambda.IFunction, name, statistic, label string) awscloudwatch.Metric {
	return f.Metric(&name, &awscloudwatch.MetricOptions{Statistic: &statistic, Label: &label, Period: period()})
}

// replicaMetric returns a metric of a Lambda@Edge function in a region where CloudFront ran it.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-testing-debugging.html
func replicaMetric(functionName *string, region, name, statistic string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String("AWS/Lambda"), MetricName: &name, Statistic: &statistic, Label: &region,
		DimensionsMap: &map[string]*string{"FunctionName": jsii.String(edgeRegion + "." + *functionName)},
		Region:        &region, Period: period(),
	})
}

// byModel returns the metrics of one name that the functions write, one for each model.
func byModel(namespace *string, name, statistic string) awscloudwatch.MathExpression {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.Sprintf(`SEARCH('{%s,Model} MetricName="%s"', '%s', 300)`, *namespace, name, statistic),
		Label:      jsii.String(name + " ${PROP('Dim.Model')}"), Period: period(),
	})
}
