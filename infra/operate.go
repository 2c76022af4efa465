package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/operations"
	"github.com/streamfront/streamfront/infra/streamfront"
)

var (
	full = setting{
		context:     "full",
		environment: []string{"STREAMFRONT_FULL"},
		fallback:    "false",
		pattern:     regexp.MustCompile(`^(true|false)$`),
		want:        "true or false",
	}
	vpc = setting{
		context:     "vpc",
		environment: []string{"STREAMFRONT_VPC"},
		fallback:    "false",
		pattern:     regexp.MustCompile(`^(true|false)$`),
		want:        "true or false",
	}
	alarmEmail = setting{
		context:     "alarmEmail",
		environment: []string{"STREAMFRONT_ALARM_EMAIL"},
		pattern:     regexp.MustCompile(`^$|^[^@\s]+@[^@\s]+$`),
		want:        "an email address",
	}
	monthlyBudget = setting{
		context:     "monthlyBudget",
		environment: []string{"STREAMFRONT_MONTHLY_BUDGET"},
		fallback:    "100",
		pattern:     regexp.MustCompile(`^[1-9][0-9]{0,6}$`),
		want:        "a whole number of US dollars",
	}
)

func (p *stackProps) isFull() bool { return p.full == "true" }

// isPrivate reports whether the function is in a VPC.
func (p *stackProps) isPrivate() bool { return p.vpc == "true" || p.isFull() }

// validateOperations checks what single settings cannot show.
func (p *stackProps) validateOperations() error {
	switch {
	case p.isFull() && p.front != "" && p.front != "cloudfront":
		return fmt.Errorf("streamfront: full is true and front is %q, but what it adds is for CloudFront; use the front cloudfront", p.front)
	case p.isPrivate() && p.front == "ecs":
		return fmt.Errorf("streamfront: vpc is true and front is \"ecs\", whose tasks have a VPC of their own; leave vpc out")
	case !p.isFull() && p.alarmEmail != "":
		return fmt.Errorf("streamfront: alarmEmail is %q, which has an effect only with -c full=true", p.alarmEmail)
	}
	return nil
}

// crossRegion reports whether a stack in us-east-1 has to know of this one.
func (p *stackProps) crossRegion() *bool {
	if p.isFull() && p.region != "us-east-1" {
		return jsii.Bool(true)
	}
	return nil
}

// addNetwork puts a function that is to be made into private subnets, from which it reaches what
// the choices need, and no more.
func addNetwork(stack awscdk.Stack, f *awslambda.FunctionProps, props *stackProps) {
	if !props.isPrivate() {
		return
	}
	services := []awsec2.InterfaceVpcEndpointAwsService{}
	internet := false
	switch {
	case props.apiKey != "" || props.sample == "node" || props.auth == "cognito" || props.auth == "jwt":
	case props.apiKeyParameter != "":
		services = append(services, awsec2.InterfaceVpcEndpointAwsService_SSM())
	default:
		services = append(services, awsec2.InterfaceVpcEndpointAwsService_SECRETS_MANAGER())
		internet = props.apiKeySecret != "" && strings.Split(props.apiKeySecret, ":")[3] != props.region
	}
	if props.bedrockModel != "" || props.upstream != "" && bedrockRegion(props.upstream) == props.region {
		services = append(services, awsec2.InterfaceVpcEndpointAwsService_BEDROCK_RUNTIME())
	} else if props.upstream != "" {
		internet = true // by a NAT gateway
	}
	if internet {
		services = services[:0]
	}
	network := operations.NewNetwork(stack, jsii.String("Network"), &operations.NetworkProps{Services: &services, Internet: &internet})
	f.Vpc, f.VpcSubnets, f.SecurityGroups = network.Vpc(), network.Subnets(), network.SecurityGroups()
}

// newFirewall is in a stack of its own where the endpoint is not in us-east-1: the endpoint
// depends on it, and what else is in us-east-1 depends on the endpoint.
func newFirewall(stack awscdk.Stack, props *stackProps) streamfront.Firewall {
	scope := stack
	if props.region != "us-east-1" {
		scope = awscdk.NewStack(stack.Node().Root().(constructs.Construct), jsii.String(props.name+"-Firewall"), &awscdk.StackProps{
			Env:                   &awscdk.Environment{Account: stack.Account(), Region: jsii.String("us-east-1")},
			CrossRegionReferences: jsii.Bool(true),
			Description:           jsii.Sprintf("The web ACL of the stack %s in %s", props.name, props.region),
		})
	}
	return streamfront.NewFirewall(scope, jsii.String("Firewall"), nil)
}

// operate adds what an endpoint needs once people use it.
func operate(stack awscdk.Stack, endpoint streamfront.Endpoint, fn awslambda.Function, release operations.Release, firewall streamfront.Firewall, props *stackProps) {
	var email *string
	if props.alarmEmail != "" {
		email = &props.alarmEmail
	}
	monitoring := operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
		Endpoint: endpoint, Functions: &[]awslambda.IFunction{release.Alias()}, Email: email,
		WebAclMetricName: firewall.MetricName(),
		LogGroups:        &[]awslogs.ILogGroup{stack.Node().FindChild(jsii.String(functionLogs)).(awslogs.ILogGroup)},
	})
	operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{Endpoint: endpoint})
	operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{Endpoint: endpoint})
	dollars, err := strconv.ParseFloat(props.monthlyBudget, 64)
	if err != nil {
		panic(fmt.Sprintf("streamfront: monthlyBudget is %q; want %s", props.monthlyBudget, monthlyBudget.want))
	}
	guard := operations.NewCostGuard(stack, jsii.String("CostGuard"), &operations.CostGuardProps{
		Functions: &[]awslambda.Function{fn}, Releases: &[]operations.Release{release}, MonthlyBudget: &dollars, Email: email,
	})
	for _, output := range []struct {
		name, description string
		value             *string
	}{
		{"Dashboard", "The dashboard", jsii.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#dashboards/dashboard/%s",
			props.region, props.region, *monitoring.Dashboard().DashboardName())},
		{"Close", "Closes the endpoint; to paste into a shell", guard.CloseCommand()},
		{"Open", "Opens the endpoint that the budget or you have closed; to paste into a shell", guard.OpenCommand()},
	} {
		awscdk.NewCfnOutput(stack, jsii.String(output.name), &awscdk.CfnOutputProps{
			Description: jsii.String(output.description), Value: output.value,
		})
	}
}
