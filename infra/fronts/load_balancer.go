package fronts

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2targets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
	"github.com/streamfront/streamfront/infra/internal/warning"
)

// LoadBalancer is an Application Load Balancer whose requests are served by one function. It does
// not stream: a response is sent when it is complete. Requests and responses have at most 1 MB.
type LoadBalancer interface {
	constructs.Construct
	// Url returns the address, without a slash at the end. It is a token without
	// LoadBalancerProps.DomainName.
	Url() *string
	// LoadBalancer returns the load balancer.
	LoadBalancer() elb.ApplicationLoadBalancer
	// Listener returns the listener that the function serves.
	Listener() elb.ApplicationListener
	// AccessLogBucket returns the bucket of the access logs.
	AccessLogBucket() awss3.Bucket
}

// LoadBalancerProps are the properties of a LoadBalancer.
type LoadBalancerProps struct {
	// Function serves the requests.
	// Required.
	Function awslambda.IFunction
	// Vpc has public subnets for the load balancer. The function is outside of it.
	// Default: - a VPC of two public subnets.
	Vpc awsec2.IVpc
	// Certificate covers DomainName. It must be in the stack's region. Without one the load balancer
	// speaks HTTP in clear text, and a warning says so.
	// Default: - no TLS.
	Certificate awscertificatemanager.ICertificate
	// DomainName is the name that callers use. You create its DNS record.
	// Default: - the load balancer's own name, which no certificate covers.
	DomainName *string
	// IdleTimeout is how long the load balancer waits for the function. From 1 to 4000 seconds.
	// Default: awscdk.Duration_Minutes(15).
	IdleTimeout awscdk.Duration
	// WebAclArn is the ARN of a web ACL of AWS WAF with scope REGIONAL, such as that of a
	// streamfront.Firewall with this scope. It can limit requests, which a load balancer cannot.
	// Default: - no web ACL.
	WebAclArn *string
	// DeletionProtection keeps the load balancer from being deleted.
	// Default: false.
	DeletionProtection *bool
}

type loadBalancer struct {
	constructs.Construct
	balancer elb.ApplicationLoadBalancer
	listener elb.ApplicationListener
	logs     awss3.Bucket
	url      *string
}

// NewLoadBalancer defines a LoadBalancer with access logs. The target group passes headers and
// query parameters as lists of values, so that none is lost. It makes no health checks, which would
// invoke the function.
func NewLoadBalancer(scope constructs.Construct, id *string, props *LoadBalancerProps) LoadBalancer {
	var p LoadBalancerProps
	if props != nil {
		p = *props
	}
	var found problems.List
	p.IdleTimeout = idleTimeout(&found, "LoadBalancerProps", p.IdleTimeout)
	own := p.door()
	own.validateFunction(&found, "LoadBalancerProps.Function", p.Function)
	validateWebAcl(&found, "LoadBalancerProps.WebAclArn", p.WebAclArn)
	requireRegion(&found, scope)
	found.Report()

	b := &loadBalancer{}
	constructs.NewConstruct_Override(b, scope, id)
	if p.Vpc == nil {
		p.Vpc = newVpc(b)
	}
	b.logs = newLogBucket(b)
	b.balancer = newBalancer(b, p.Vpc, p.IdleTimeout, p.DeletionProtection, b.logs)
	group := elb.NewApplicationTargetGroup(b, jsii.String("Targets"), &elb.ApplicationTargetGroupProps{
		TargetType:               elb.TargetType_LAMBDA,
		Targets:                  &[]elb.IApplicationLoadBalancerTarget{awselasticloadbalancingv2targets.NewLambdaTarget(p.Function)},
		MultiValueHeadersEnabled: jsii.Bool(true),
	})
	b.listener, b.url = listen(b, b.balancer, group, p.Certificate, p.DomainName)
	associate(b, p.WebAclArn, b.balancer.LoadBalancerArn())
	own.addTo(p.Function)
	return b
}

func (p *LoadBalancerProps) door() door {
	if *p.IdleTimeout.IsUnresolved() {
		return door{"alb", "alb"} // idleTimeout has found that
	}
	return door{"alb", fmt.Sprintf("alb=%vs", seconds(p.IdleTimeout))}
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
func idleTimeout(found *problems.List, props string, timeout awscdk.Duration) awscdk.Duration {
	if timeout == nil {
		return awscdk.Duration_Minutes(jsii.Number(15))
	}
	validateDuration(found, props+".IdleTimeout", timeout, 1, 4000)
	return timeout
}

// newVpc returns a VPC without a NAT gateway, which would cost more each month than all the rest,
// and without flow logs.
func newVpc(scope constructs.Construct) awsec2.IVpc {
	return awsec2.NewVpc(scope, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs: jsii.Number(2), NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{{
			Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, MapPublicIpOnLaunch: jsii.Bool(false),
		}},
		RestrictDefaultSecurityGroup: jsii.Bool(false), // it would need a custom resource
	})
}

func newBalancer(scope constructs.Construct, vpc awsec2.IVpc, idle awscdk.Duration, protected *bool, logs awss3.Bucket) elb.ApplicationLoadBalancer {
	balancer := elb.NewApplicationLoadBalancer(scope, jsii.String("LoadBalancer"), &elb.ApplicationLoadBalancerProps{
		Vpc: vpc, InternetFacing: jsii.Bool(true), IdleTimeout: idle, DeletionProtection: protected,
		DropInvalidHeaderFields: jsii.Bool(true),
		XffHeaderProcessingMode: elb.XffHeaderProcessingMode_APPEND, // streamhttp relies on it
	})
	balancer.LogAccessLogs(logs, nil)
	return balancer
}

// requireRegion finds that the region is unknown, on which the policy of the bucket of access logs
// depends.
func requireRegion(found *problems.List, scope constructs.Construct) {
	if *awscdk.Token_IsUnresolved(awscdk.Stack_Of(scope).Region()) {
		found.Add("the access logs of a load balancer need a stack with an explicit region; set StackProps.Env.Region")
	}
}

// listen makes the listener for the targets and, with TLS, one that redirects to it.
func listen(scope constructs.Construct, balancer elb.ApplicationLoadBalancer, group elb.IApplicationTargetGroup, certificate awscertificatemanager.ICertificate, domain *string) (elb.ApplicationListener, *string) {
	props := &elb.BaseApplicationListenerProps{
		Port: jsii.Number(80), Protocol: elb.ApplicationProtocol_HTTP, Open: jsii.Bool(true),
		DefaultTargetGroups: &[]elb.IApplicationTargetGroup{group},
	}
	scheme := "http"
	if certificate != nil {
		scheme = "https"
		balancer.AddRedirect(&elb.ApplicationLoadBalancerRedirectConfig{Open: jsii.Bool(true)})
		props.Port, props.Protocol = jsii.Number(443), elb.ApplicationProtocol_HTTPS
		props.Certificates = &[]elb.IListenerCertificate{certificate}
		props.SslPolicy = elb.SslPolicy_TLS13_RES
	} else {
		warning.Add(scope, "noTls", "the load balancer has no certificate, so keys and answers travel in clear text; set Certificate and DomainName, unless this is a trial")
	}
	if domain == nil {
		domain = balancer.LoadBalancerDnsName()
	}
	return balancer.AddListener(jsii.String("Listener"), props), jsii.Sprintf("%s://%s", scheme, *domain)
}

func (b *loadBalancer) Url() *string { return b.url }

func (b *loadBalancer) LoadBalancer() elb.ApplicationLoadBalancer { return b.balancer }

func (b *loadBalancer) Listener() elb.ApplicationListener { return b.listener }

func (b *loadBalancer) AccessLogBucket() awss3.Bucket { return b.logs }
