// Package example has the program that README shows: an endpoint with two functions, a
// cached route, a web ACL, a domain name and logs. The tests run it as it is.
package example

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// NewSite defines the stack of a site: a Go function that streams at every path, and under
// /catalog a web application in Node.js, whose responses CloudFront keeps as it says.
func NewSite(app awscdk.App) streamfront.Endpoint {
	stack := awscdk.NewStack(app, jsii.String("Site"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("us-east-1")},
	})
	chat := awslambda.NewFunction(stack, jsii.String("Chat"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"),
		Code:    streamfront.GoCode(&streamfront.GoCodeProps{Entry: jsii.String("./functions/stream")}),
		Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	catalog := awslambda.NewFunction(stack, jsii.String("Catalog"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("run.sh"),
		Code:    awslambda.Code_FromAsset(jsii.String("./functions/node"), nil),
	})
	streamfront.AddWebAdapter(catalog, nil)
	zone := awsroute53.HostedZone_FromHostedZoneAttributes(stack, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: jsii.String("Z0123456789ABCDEFGHIJ"), ZoneName: jsii.String("example.com"),
	})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function:    chat,
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: awscertificatemanager.NewCertificate(stack, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
			DomainName: jsii.String("chat.example.com"),
			Validation: awscertificatemanager.CertificateValidation_FromDns(zone),
		}),
		HostedZone: zone,
		WebAclId:   streamfront.NewFirewall(stack, jsii.String("Firewall"), nil).WebAclArn(),
		AccessLogs: jsii.Bool(true),
	})
	endpoint.AddRoute(jsii.String("/catalog"), catalog, &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("FollowOrigin"), nil),
	})
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: endpoint.Url()})
	return endpoint
}
