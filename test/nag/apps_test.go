package nag

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/fronts"
	"github.com/streamfront/streamfront/infra/operations"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// defaults is the least app: one function, one endpoint.
func defaults(app awscdk.App) {
	stack := newStack(app, "Default", "eu-west-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
	})
}

// everything has every option set, in the two stacks that a region other than us-east-1
// asks for.
func everything(app awscdk.App) {
	edge := newStack(app, "Edge", "us-east-1")
	zone := awsroute53.HostedZone_FromHostedZoneAttributes(edge, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: jsii.String("Z1"), ZoneName: jsii.String("example.com"),
	})
	certificate := awscertificatemanager.NewCertificate(edge, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: jsii.String("chat.example.com"),
		Validation: awscertificatemanager.CertificateValidation_FromDns(zone),
	})
	firewall := streamfront.NewFirewall(edge, jsii.String("Firewall"), nil)

	stack := newStack(app, "Full", "eu-west-1")
	web := newFunction(stack, "Function")
	streamfront.AddWebAdapter(web, nil)
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:    web,
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: certificate,
		HostedZone:  zone,
		WebAclId:    firewall.WebAclArn(),
		AccessLogs:  jsii.Bool(true),
		DistributionProps: &awscloudfront.DistributionProps{
			GeoRestriction: awscloudfront.GeoRestriction_Denylist(jsii.String("AQ")),
		},
		DefaultRoute: &streamfront.RouteOptions{RestoreChallenge: jsii.Bool(true)},
	})
	endpoint.AddRoute(jsii.String("/models"), newFunction(stack, "Models"), &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("CachePolicy"), nil),
	})
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
		AllowedOrigins: endpoint.Origins(), Function: web, OnUploaded: web,
	})
	endpoint.AddRoute(jsii.String("/upload"), web, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT})
}

// others has the other doors, each with a function, as they are by default, and what gives a
// load balancer TLS.
func others(app awscdk.App) {
	stack := newStack(app, "Others", "eu-west-1")
	function := func(id string) awslambda.Function { return newFunction(stack, id+"Function") }
	certificate := awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"),
		jsii.String("arn:aws:acm:eu-west-1:123456789012:certificate/1"))
	fronts.NewUrl(stack, jsii.String("Url"), &fronts.UrlProps{Function: function("Url")})
	fronts.NewRestApi(stack, jsii.String("Rest"), &fronts.RestApiProps{Function: function("Rest")})
	fronts.NewHttpApi(stack, jsii.String("Http"), &fronts.HttpApiProps{Function: function("Http")})
	fronts.NewWebSocketApi(stack, jsii.String("WebSocket"), &fronts.WebSocketApiProps{Function: function("WebSocket")})
	fronts.NewLoadBalancer(stack, jsii.String("Balancer"), &fronts.LoadBalancerProps{
		Function: function("Balancer"), Certificate: certificate, DomainName: jsii.String("chat.example.com"),
	})
	fronts.NewLoadBalancedService(stack, jsii.String("Service"), &fronts.LoadBalancedServiceProps{
		Image:       awsecs.ContainerImage_FromRegistry(jsii.String("example.com/chat:1"), nil),
		Certificate: certificate, DomainName: jsii.String("chat.example.com"),
	})
}

// operated is an endpoint with everything that package operations has for it.
func operated(app awscdk.App) {
	stack := newStack(app, "Operated", "eu-west-1")
	network := operations.NewNetwork(stack, jsii.String("Network"), &operations.NetworkProps{Internet: jsii.Bool(true)})
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};")),
		Vpc:     network.Vpc(), VpcSubnets: network.Subnets(), SecurityGroups: network.SecurityGroups(),
	})
	release := operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{
		Function: function, ProvisionedConcurrentExecutions: jsii.Number(1),
	})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: release.Alias(),
		WebAclId: jsii.String("arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"),
	})
	functions := &[]awslambda.IFunction{release.Alias()}
	operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
		Endpoint: endpoint, Functions: functions, Email: jsii.String("ops@example.com"),
	})
	operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{Endpoint: endpoint})
	operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{Endpoint: endpoint})
	operations.NewCostGuard(stack, jsii.String("CostGuard"), &operations.CostGuardProps{
		Functions: &[]awslambda.Function{function}, Releases: &[]operations.Release{release},
		MonthlyBudget: jsii.Number(100), Email: jsii.String("ops@example.com"),
	})
}

func newStack(app awscdk.App, id, region string) awscdk.Stack {
	return awscdk.NewStack(app, &id, &awscdk.StackProps{
		Env:                   &awscdk.Environment{Account: jsii.String("123456789012"), Region: &region},
		CrossRegionReferences: jsii.Bool(true),
	})
}

// newFunction stands for a function of the user's.
func newFunction(stack awscdk.Stack, id string) awslambda.Function {
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("run.sh"),
		Code:    awslambda.Code_FromInline(jsii.String("exec node server.mjs")),
	})
}
