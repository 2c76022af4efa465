package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// Release is an alias of a function that AWS CodeDeploy moves to each new version: first for a part of
// the requests, and for the rest if no alarm is raised.
type Release interface {
	constructs.Construct
	// Alias returns the alias, for EndpointProps.Function and AddRoute. The function URL and both
	// permissions then belong to the alias.
	Alias() awslambda.Alias
	// DeploymentGroup returns the deployment group, for instance to add alarms to it.
	DeploymentGroup() awscodedeploy.LambdaDeploymentGroup
}

// ReleaseProps are the properties of a Release.
type ReleaseProps struct {
	// Function is the function to release.
	// Required.
	Function awslambda.Function
	// AliasName is the name of the alias. A new name means a new function URL.
	// Default: "live".
	AliasName *string
	// DeploymentConfig says how the requests move to a new version.
	// Default: awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_5MINUTES().
	DeploymentConfig awscodedeploy.ILambdaDeploymentConfig
	// ProvisionedConcurrentExecutions is how many environments of the function are kept started. They
	// are billed by the hour. Requests beyond them start further environments.
	// Default: - none.
	ProvisionedConcurrentExecutions *float64
	// ErrorRate is the percentage of requests to the alias with status 5xx that rolls a deployment
	// back.
	// Default: 5.
	ErrorRate *float64
	// Alarms are further alarms that roll a deployment back.
	// Default: - none.
	Alarms *[]interfacesawscloudwatch.IAlarmRef
}

type release struct {
	constructs.Construct
	function    awslambda.Function
	alias       awslambda.Alias
	group       awscodedeploy.LambdaDeploymentGroup
	provisioned *float64
}

// NewRelease defines a Release. A deployment is rolled back if the new version crashes once, or if
// too many requests to the alias fail, within the time of the DeploymentConfig. CloudFormation waits
// for that time, and rolls the stack back as well.
//
// A stream continues with the version that it began with. Old versions stay, so that the alias can go
// back to them. They cost nothing.
func NewRelease(scope constructs.Construct, id *string, props *ReleaseProps) Release {
	var p ReleaseProps
	if props != nil {
		p = *props
	}
	var found problems.List
	required(&found, p.Function != nil, "ReleaseProps.Function", "pass the function to release")
	between(&found, p.ProvisionedConcurrentExecutions, 1, 1e6, "ReleaseProps.ProvisionedConcurrentExecutions")
	whole(&found, p.ProvisionedConcurrentExecutions, "ReleaseProps.ProvisionedConcurrentExecutions")
	between(&found, p.ErrorRate, 0, 100, "ReleaseProps.ErrorRate")
	found.Report()
	if p.AliasName == nil {
		p.AliasName = jsii.String("live")
	}
	if p.DeploymentConfig == nil {
		p.DeploymentConfig = awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_5MINUTES()
	}
	p.ErrorRate = orDefault(p.ErrorRate, 5)

	r := &release{function: p.Function, provisioned: p.ProvisionedConcurrentExecutions}
	constructs.NewConstruct_Override(r, scope, id)
	version := p.Function.CurrentVersion()
	version.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	r.alias = awslambda.NewAlias(r, jsii.String("Alias"), &awslambda.AliasProps{
		AliasName: p.AliasName, Version: version, ProvisionedConcurrentExecutions: p.ProvisionedConcurrentExecutions,
	})
	alarms := []interfacesawscloudwatch.IAlarmRef{r.crashes(version), r.failures(*p.ErrorRate)}
	if p.Alarms != nil {
		alarms = append(alarms, *p.Alarms...)
	}
	r.group = awscodedeploy.NewLambdaDeploymentGroup(r, jsii.String("DeploymentGroup"), &awscodedeploy.LambdaDeploymentGroupProps{
		Alias: r.alias, DeploymentConfig: p.DeploymentConfig, Alarms: &alarms,
		AutoRollback: &awscodedeploy.AutoRollbackConfig{
			FailedDeployment: jsii.Bool(true), StoppedDeployment: jsii.Bool(true), DeploymentInAlarm: jsii.Bool(true),
		},
	})
	return r
}

func (r *release) Alias() awslambda.Alias { return r.alias }

func (r *release) DeploymentGroup() awscodedeploy.LambdaDeploymentGroup { return r.group }

// crashes returns an alarm about the new version only: faults of the old version must not roll back.
// Answers with status 5xx do not count as crashes.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html (ExecutedVersion)
func (r *release) crashes(version awslambda.Version) awscloudwatch.Alarm {
	// The name is written out. A reference to the alias would be circular, which CloudFormation
	// refuses: by its UpdatePolicy the alias depends on the deployment group and so on this alarm.
	// https://github.com/aws/aws-cdk/issues/2231
	resource := *r.function.FunctionName() + ":" + *r.alias.AliasName()
	return newAlarm(r, alarm{
		id: "Crashes", description: "The new version of the function crashes, or runs into its timeout",
		metric: awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String("AWS/Lambda"), MetricName: jsii.String("Errors"), Statistic: jsii.String("Sum"),
			Period: awscdk.Duration_Minutes(jsii.Number(1)),
			DimensionsMap: &map[string]*string{
				"FunctionName": r.function.FunctionName(), "Resource": &resource, "ExecutedVersion": version.Version(),
			},
		}),
		threshold: 1, periods: 1, datapoint: 1,
	})
}

// failures returns an alarm about both versions, because function URLs count answers by alias.
func (r *release) failures(percent float64) awscloudwatch.Alarm {
	minute := func(name string) awscloudwatch.IMetric {
		return r.alias.Metric(&name, &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(1))})
	}
	return newAlarm(r, alarm{
		id: "Failures", description: "Requests to the alias are answered with status 5xx",
		metric: awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression:   jsii.String("IF(requests > 0, 100 * failures / requests, 0)"),
			UsingMetrics: &map[string]awscloudwatch.IMetric{"requests": minute("UrlRequestCount"), "failures": minute("Url5xxCount")},
			Label:        jsii.String("failed, percent"), Period: awscdk.Duration_Minutes(jsii.Number(1)),
		}),
		threshold: percent, periods: 1, datapoint: 1,
	})
}
