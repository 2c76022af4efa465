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

	"github.com/streamfront/streamfront/infra/internal/warning"
)

// LoadBalancer is an Application Load Balancer whose requests one function serves. It does not
// stream: a response is sent when it is complete, and has 1 MB at most, as a request has.
type LoadBalancer interface {
	constructs.Construct
	// Url returns the address, without a slash at the end. It is a token, unless it is of
	// DomainName.
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
	// Vpc has public subnets for the load balancer. The function is not in it.
	// Default: - a VPC of two public subnets.
	Vpc awsec2.IVpc
	// Certificate covers DomainName, and is of the stack's region. Without one the load balancer
	// speaks HTTP alone, in clear text, and a warning says so.
	// Default: - no TLS.
	Certificate awscertificatemanager.ICertificate
	// DomainName is the name that callers use, for which you make a record.
	// Default: - the load balancer's own name, which no certificate covers.
	DomainName *string
	// IdleTimeout is how long the load balancer waits for the function. From 1 to 4000 seconds.
	// Default: awscdk.Duration_Minutes(15).
	IdleTimeout awscdk.Duration
	// WebAclArn is the ARN of a web ACL of AWS WAF with scope REGIONAL, such as that of a
	// streamfront.Firewall with this scope, which limits requests: a load balancer does not.
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

// NewLoadBalancer defines a LoadBalancer with access logs. The target group has lists of values
// for headers and queries, so that none is lost. It makes no health checks, which would invoke
// the function.
func NewLoadBalancer(scope constructs.Construct, id *string, props *LoadBalancerProps) LoadBalancer {
	var p LoadBalancerProps
	if props != nil {
		p = *props
	}
	required(p.Function != nil, "LoadBalancerProps.Function")
	p.IdleTimeout = idleTimeout("LoadBalancerProps", p.IdleTimeout)

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
	tell(p.Function, "alb", fmt.Sprintf("alb=%vs", *p.IdleTimeout.ToSeconds(nil)))
	return b
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
func idleTimeout(props string, timeout awscdk.Duration) awscdk.Duration {
	if timeout == nil {
		return awscdk.Duration_Minutes(jsii.Number(15))
	}
	if s := *timeout.ToSeconds(nil); s < 1 || s > 4000 {
		panic(fmt.Sprintf("streamfront: %s.IdleTimeout is %v s; a load balancer accepts 1 to 4000 seconds", props, s))
	}
	return timeout
}

// newVpc has no NAT gateway, which costs more each month than all the rest, and logs no flows.
func newVpc(scope constructs.Construct) awsec2.IVpc {
	return awsec2.NewVpc(scope, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs: jsii.Number(2), NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{{
			Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, MapPublicIpOnLaunch: jsii.Bool(false),
		}},
		RestrictDefaultSecurityGroup: jsii.Bool(false), // which takes a custom resource
	})
}

func newBalancer(scope constructs.Construct, vpc awsec2.IVpc, idle awscdk.Duration, protected *bool, logs awss3.Bucket) elb.ApplicationLoadBalancer {
	if *awscdk.Token_IsUnresolved(awscdk.Stack_Of(scope).Region()) {
		panic("streamfront: the access logs of a load balancer need a stack with an explicit region; set StackProps.Env.Region")
	}
	balancer := elb.NewApplicationLoadBalancer(scope, jsii.String("LoadBalancer"), &elb.ApplicationLoadBalancerProps{
		Vpc: vpc, InternetFacing: jsii.Bool(true), IdleTimeout: idle, DeletionProtection: protected,
		DropInvalidHeaderFields: jsii.Bool(true),
		XffHeaderProcessingMode: elb.XffHeaderProcessingMode_APPEND, // what streamhttp believes
	})
	balancer.LogAccessLogs(logs, nil)
	return balancer
}

// listen makes the listener for the targets, and one that redirects to it if there is TLS.
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
		warning.Add(scope, "noTls", "the load balancer has no certificate and speaks HTTP in clear text, keys and answers included; good for a trial, set Certificate and DomainName in production")
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
