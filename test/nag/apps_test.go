package nag

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// defaults is the least app: one function, one endpoint.
func defaults(app awscdk.App) {
	stack := newStack(app, "Default", "eu-west-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack),
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
	web := newFunction(stack)
	streamfront.AddWebAdapter(web, nil)
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:    web,
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: certificate,
		HostedZone:  zone,
		WebAclId:    firewall.WebAclArn(),
		AccessLogs:  jsii.Bool(true),
		DistributionProps: &awscloudfront.DistributionProps{
			GeoRestriction: awscloudfront.GeoRestriction_Denylist(jsii.String("AQ")),
		},
	})
}

func newStack(app awscdk.App, id, region string) awscdk.Stack {
	return awscdk.NewStack(app, &id, &awscdk.StackProps{
		Env:                   &awscdk.Environment{Account: jsii.String("123456789012"), Region: &region},
		CrossRegionReferences: jsii.Bool(true),
	})
}

// newFunction stands for the user's function.
func newFunction(stack awscdk.Stack) awslambda.Function {
	return awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("run.sh"),
		Code:    awslambda.Code_FromInline(jsii.String("exec node server.mjs")),
	})
}
