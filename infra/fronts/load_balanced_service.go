package fronts

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	elb "github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// LoadBalancedService is a program in tasks of Fargate behind an Application Load Balancer. It
// streams: the program is the server that streamhttp.Serve is outside Lambda.
type LoadBalancedService interface {
	constructs.Construct
	// Url returns the address, without a slash at the end. It is a token, unless it is of
	// DomainName.
	Url() *string
	// LoadBalancer returns the load balancer.
	LoadBalancer() elb.ApplicationLoadBalancer
	// Service returns the service.
	Service() awsecs.FargateService
	// TaskRole returns the role of the program, to grant it what it needs.
	TaskRole() awsiam.IRole
	// AccessLogBucket returns the bucket of the access logs.
	AccessLogBucket() awss3.Bucket
}

// LoadBalancedServiceProps are the properties of a LoadBalancedService.
type LoadBalancedServiceProps struct {
	// Image has the program, which serves HTTP on the port that PORT names.
	// Required.
	Image awsecs.ContainerImage
	// CpuArchitecture is that of the image.
	// Default: awsecs.CpuArchitecture_ARM64().
	CpuArchitecture awsecs.CpuArchitecture
	// Environment are variables for the program.
	// Default: - PORT alone.
	Environment *map[string]*string
	// Secrets are variables with values of Secrets Manager or of SSM.
	// Default: - none.
	Secrets *map[string]awsecs.Secret
	// Cpu is what a task has of a processor, in 1/1024.
	// Default: 256.
	Cpu *float64
	// MemoryLimitMiB is the memory of a task.
	// Default: 512.
	MemoryLimitMiB *float64
	// DesiredCount is the number of tasks.
	// Default: 2.
	DesiredCount *float64
	// HealthCheckPath is answered with 200 by a program that is up, without a key.
	// Default: "/healthz".
	HealthCheckPath *string
	// Vpc has public subnets for the load balancer, and for the tasks unless it has private ones
	// with a way out.
	// Default: - a VPC of two public subnets, in which tasks have public addresses that admit the load balancer alone.
	Vpc awsec2.IVpc
	// Certificate covers DomainName, and is of the stack's region. Without one the load balancer
	// speaks HTTP alone, in clear text, and a warning says so.
	// Default: - no TLS.
	Certificate awscertificatemanager.ICertificate
	// DomainName is the name that callers use, for which you make a record.
	// Default: - the load balancer's own name, which no certificate covers.
	DomainName *string
	// IdleTimeout is the longest silence of a stream. From 1 to 4000 seconds.
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

type loadBalancedService struct {
	constructs.Construct
	balancer elb.ApplicationLoadBalancer
	service  awsecs.FargateService
	logs     awss3.Bucket
	url      *string
}

const containerPort = 8080

// NewLoadBalancedService defines a LoadBalancedService with access logs and the program's. A
// deployment that does not get well is rolled back. The program's tasks are stopped 30 seconds
// after SIGTERM, within which streamhttp.Serve ends its streams.
func NewLoadBalancedService(scope constructs.Construct, id *string, props *LoadBalancedServiceProps) LoadBalancedService {
	var p LoadBalancedServiceProps
	if props != nil {
		p = *props
	}
	required(p.Image != nil, "LoadBalancedServiceProps.Image")
	p.IdleTimeout = idleTimeout("LoadBalancedServiceProps", p.IdleTimeout)

	s := &loadBalancedService{}
	constructs.NewConstruct_Override(s, scope, id)
	if p.Vpc == nil {
		p.Vpc = newVpc(s)
	}
	s.logs = newLogBucket(s)
	s.balancer = newBalancer(s, p.Vpc, p.IdleTimeout, p.DeletionProtection, s.logs)
	s.service = s.newService(&p)
	if p.HealthCheckPath == nil {
		p.HealthCheckPath = jsii.String("/healthz")
	}
	group := elb.NewApplicationTargetGroup(s, jsii.String("Targets"), &elb.ApplicationTargetGroupProps{
		Vpc: p.Vpc, Port: jsii.Number(containerPort), Protocol: elb.ApplicationProtocol_HTTP,
		Targets:             &[]elb.IApplicationLoadBalancerTarget{s.service},
		HealthCheck:         &elb.HealthCheck{Path: p.HealthCheckPath},
		DeregistrationDelay: awscdk.Duration_Seconds(jsii.Number(30)), // as long as a stream has once its task gets SIGTERM
	})
	_, s.url = listen(s, s.balancer, group, p.Certificate, p.DomainName)
	associate(s, p.WebAclArn, s.balancer.LoadBalancerArn())
	return s
}

func (s *loadBalancedService) newService(p *LoadBalancedServiceProps) awsecs.FargateService {
	number := func(value *float64, fallback float64) *float64 {
		if value == nil {
			return &fallback
		}
		return value
	}
	architecture := p.CpuArchitecture
	if architecture == nil {
		architecture = awsecs.CpuArchitecture_ARM64()
	}
	environment := map[string]*string{"PORT": jsii.Sprintf("%d", containerPort)}
	if p.Environment != nil {
		for name, value := range *p.Environment {
			environment[name] = value
		}
	}
	task := awsecs.NewFargateTaskDefinition(s, jsii.String("Task"), &awsecs.FargateTaskDefinitionProps{
		Cpu: number(p.Cpu, 256), MemoryLimitMiB: number(p.MemoryLimitMiB, 512),
		RuntimePlatform: &awsecs.RuntimePlatform{
			CpuArchitecture: architecture, OperatingSystemFamily: awsecs.OperatingSystemFamily_LINUX(),
		},
	})
	task.AddContainer(jsii.String("Program"), &awsecs.ContainerDefinitionOptions{
		Image: p.Image, Environment: &environment, Secrets: p.Secrets,
		ReadonlyRootFilesystem: jsii.Bool(true),
		PortMappings:           &[]*awsecs.PortMapping{{ContainerPort: jsii.Number(containerPort)}},
		StopTimeout:            awscdk.Duration_Seconds(jsii.Number(30)),
		Logging: awsecs.LogDriver_AwsLogs(&awsecs.AwsLogDriverProps{
			StreamPrefix: jsii.String("program"),
			LogGroup: awslogs.NewLogGroup(s, jsii.String("Logs"), &awslogs.LogGroupProps{
				Retention: awslogs.RetentionDays_ONE_MONTH, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
			}),
		}),
	})
	cluster := awsecs.NewCluster(s, jsii.String("Cluster"), &awsecs.ClusterProps{
		Vpc: p.Vpc, ContainerInsightsV2: awsecs.ContainerInsights_ENABLED,
	})
	private := len(*p.Vpc.PrivateSubnets()) > 0
	subnets := awsec2.SubnetType_PUBLIC
	if private {
		subnets = awsec2.SubnetType_PRIVATE_WITH_EGRESS
	}
	return awsecs.NewFargateService(s, jsii.String("Service"), &awsecs.FargateServiceProps{
		Cluster: cluster, TaskDefinition: task, DesiredCount: number(p.DesiredCount, 2),
		AssignPublicIp: jsii.Bool(!private), VpcSubnets: &awsec2.SubnetSelection{SubnetType: subnets},
		CircuitBreaker:    &awsecs.DeploymentCircuitBreaker{Rollback: jsii.Bool(true)},
		MinHealthyPercent: jsii.Number(100),
	})
}

func (s *loadBalancedService) Url() *string { return s.url }

func (s *loadBalancedService) LoadBalancer() elb.ApplicationLoadBalancer { return s.balancer }

func (s *loadBalancedService) Service() awsecs.FargateService { return s.service }

func (s *loadBalancedService) TaskRole() awsiam.IRole { return s.service.TaskDefinition().TaskRole() }

func (s *loadBalancedService) AccessLogBucket() awss3.Bucket { return s.logs }
