package fronts

import (
	"maps"

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

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// LoadBalancedService is a program in Fargate tasks behind an Application Load Balancer. It streams:
// outside Lambda, streamhttp.Serve runs an ordinary HTTP server.
type LoadBalancedService interface {
	constructs.Construct
	// Url returns the address, without a slash at the end. It is a token without
	// LoadBalancedServiceProps.DomainName.
	Url() *string
	// LoadBalancer returns the load balancer.
	LoadBalancer() elb.ApplicationLoadBalancer
	// Service returns the service.
	Service() awsecs.FargateService
	// TaskRole returns the role of the program. Grant it what the program needs.
	TaskRole() awsiam.IRole
	// AccessLogBucket returns the bucket of the access logs.
	AccessLogBucket() awss3.Bucket
}

// LoadBalancedServiceProps are the properties of a LoadBalancedService.
type LoadBalancedServiceProps struct {
	// Image contains the program, which serves HTTP on the port in the variable PORT.
	// Required.
	Image awsecs.ContainerImage
	// CpuArchitecture is the architecture of the image.
	// Default: awsecs.CpuArchitecture_ARM64().
	CpuArchitecture awsecs.CpuArchitecture
	// Environment are environment variables of the program. The construct sets PORT.
	// Default: - PORT alone.
	Environment *map[string]*string
	// Secrets are environment variables whose values are in Secrets Manager or SSM.
	// Default: - none.
	Secrets *map[string]awsecs.Secret
	// Cpu is a task's share of a processor, in units of 1/1024.
	// Default: 256.
	Cpu *float64
	// MemoryLimitMiB is the memory of a task in MiB. Fargate has a range of sizes for each Cpu.
	// Default: 512.
	MemoryLimitMiB *float64
	// DesiredCount is the number of tasks.
	// Default: 2.
	DesiredCount *float64
	// HealthCheckPath is a path that a healthy program answers with 200, without a key.
	// Default: "/healthz".
	HealthCheckPath *string
	// Vpc has public subnets for the load balancer. The tasks run in its private subnets with
	// egress, if it has any, and otherwise in the public ones.
	// Default: - a VPC of two public subnets. Tasks have public addresses, but only the load balancer can reach them.
	Vpc awsec2.IVpc
	// Certificate covers DomainName. It must be in the stack's region. Without one the load balancer
	// speaks HTTP in clear text, and a warning says so.
	// Default: - no TLS.
	Certificate awscertificatemanager.ICertificate
	// DomainName is the name that callers use. You create its DNS record.
	// Default: - the load balancer's own name, which no certificate covers.
	DomainName *string
	// IdleTimeout is how long a stream may be silent. From 1 to 4000 seconds.
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

type loadBalancedService struct {
	constructs.Construct
	balancer elb.ApplicationLoadBalancer
	service  awsecs.FargateService
	logs     awss3.Bucket
	url      *string
}

const containerPort = 8080

// NewLoadBalancedService defines a LoadBalancedService with access logs and the program's logs. A
// deployment whose tasks do not become healthy is rolled back. ECS stops a task 30 seconds after
// SIGTERM; within that time streamhttp.Serve ends its streams.
func NewLoadBalancedService(scope constructs.Construct, id *string, props *LoadBalancedServiceProps) LoadBalancedService {
	var p LoadBalancedServiceProps
	if props != nil {
		p = *props
	}
	var found problems.List
	if p.Image == nil {
		found.Add("LoadBalancedServiceProps.Image is required; pass the image of the program that answers the requests")
	}
	p.validateTask(&found)
	p.IdleTimeout = idleTimeout(&found, "LoadBalancedServiceProps", p.IdleTimeout)
	validateWebAcl(&found, "LoadBalancedServiceProps.WebAclArn", p.WebAclArn)
	requireRegion(&found, scope)
	found.Report()

	s := &loadBalancedService{}
	constructs.NewConstruct_Override(s, scope, id)
	if p.Vpc == nil {
		p.Vpc = newVpc(s)
	}
	s.logs = newLogBucket(s)
	s.balancer = newBalancer(s, p.Vpc, p.IdleTimeout, p.DeletionProtection, s.logs)
	s.service = s.newService(&p)
	group := elb.NewApplicationTargetGroup(s, jsii.String("Targets"), &elb.ApplicationTargetGroupProps{
		Vpc: p.Vpc, Port: jsii.Number(containerPort), Protocol: elb.ApplicationProtocol_HTTP,
		Targets:             &[]elb.IApplicationLoadBalancerTarget{s.service},
		HealthCheck:         &elb.HealthCheck{Path: p.HealthCheckPath},
		DeregistrationDelay: awscdk.Duration_Seconds(jsii.Number(30)), // as long as streams go on after SIGTERM
	})
	_, s.url = listen(s, s.balancer, group, p.Certificate, p.DomainName)
	associate(s, p.WebAclArn, s.balancer.LoadBalancerArn())
	return s
}

func (s *loadBalancedService) newService(p *LoadBalancedServiceProps) awsecs.FargateService {
	architecture := p.CpuArchitecture
	if architecture == nil {
		architecture = awsecs.CpuArchitecture_ARM64()
	}
	environment := map[string]*string{"PORT": jsii.Sprintf("%d", containerPort)}
	if p.Environment != nil {
		maps.Copy(environment, *p.Environment)
	}
	task := awsecs.NewFargateTaskDefinition(s, jsii.String("Task"), &awsecs.FargateTaskDefinitionProps{
		Cpu: p.Cpu, MemoryLimitMiB: p.MemoryLimitMiB,
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
		Cluster: cluster, TaskDefinition: task, DesiredCount: p.DesiredCount,
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
