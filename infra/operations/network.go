package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// Network is a VPC with private subnets for functions, and with endpoints for what they call.
type Network interface {
	constructs.Construct
	// Vpc returns the VPC, for FunctionProps.Vpc.
	Vpc() awsec2.Vpc
	// Subnets returns the private subnets, for FunctionProps.VpcSubnets.
	Subnets() *awsec2.SubnetSelection
	// SecurityGroups returns the one security group of the functions, for
	// FunctionProps.SecurityGroups. It allows no connections in, and connections out to port 443
	// only.
	SecurityGroups() *[]awsec2.ISecurityGroup
}

// NetworkProps are the properties of a Network.
type NetworkProps struct {
	// Internet adds a NAT gateway, so that functions reach what has no endpoint in the VPC: other
	// AWS regions and the rest of the internet. It is billed by the hour and by the gigabyte.
	// Default: false.
	Internet *bool
	// Services are the AWS services that get an interface endpoint. Each is billed by the hour in
	// each zone, and by the gigabyte. Amazon S3 and DynamoDB always have gateway endpoints, which are
	// free of charge.
	// Default: - AWS Secrets Manager and Amazon Bedrock (BEDROCK_RUNTIME).
	Services *[]awsec2.InterfaceVpcEndpointAwsService
	// MaxAzs is the number of availability zones. With one zone, its failure stops all functions in
	// the network.
	// Default: 2.
	MaxAzs *float64
}

type network struct {
	constructs.Construct
	vpc      awsec2.Vpc
	group    awsec2.SecurityGroup
	subnets  awsec2.SubnetType
	internet bool
	services []string // by their short names
}

// NewNetwork defines a Network. The URL of a function in it stays public, and the policy says who may
// call. The function itself reaches only what the network has; a call to anything else hangs until it
// times out. So a warning at synth names each service that a function's role allows and the network
// does not reach.
//
// If the stack names its account, the CDK CLI looks up the zones, as for every VPC, and keeps them in
// cdk.context.json.
//
// Functions in a VPC have network interfaces, which AWS deletes up to 20 minutes after the function.
func NewNetwork(scope constructs.Construct, id *string, props *NetworkProps) Network {
	var p NetworkProps
	if props != nil {
		p = *props
	}
	var found problems.List
	between(&found, p.MaxAzs, 1, 6, "NetworkProps.MaxAzs")
	whole(&found, p.MaxAzs, "NetworkProps.MaxAzs")
	if p.Services == nil {
		p.Services = &[]awsec2.InterfaceVpcEndpointAwsService{
			awsec2.InterfaceVpcEndpointAwsService_SECRETS_MANAGER(), awsec2.InterfaceVpcEndpointAwsService_BEDROCK_RUNTIME(),
		}
	}
	for i, service := range *p.Services {
		if service == nil {
			found.Add("NetworkProps.Services has nil at index %d; remove it", i)
		}
	}
	found.Report()

	n := &network{internet: p.Internet != nil && *p.Internet, subnets: awsec2.SubnetType_PRIVATE_ISOLATED}
	if n.internet {
		n.subnets = awsec2.SubnetType_PRIVATE_WITH_EGRESS
	}
	constructs.NewConstruct_Override(n, scope, id)
	n.vpc = n.newVpc(orDefault(p.MaxAzs, 2))
	n.group = awsec2.NewSecurityGroup(n, jsii.String("Functions"), &awsec2.SecurityGroupProps{
		Vpc: n.vpc, AllowAllOutbound: jsii.Bool(false), Description: jsii.String("Functions: nothing in, HTTPS out"),
	})
	n.group.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(443)), jsii.String("HTTPS"), nil)
	n.addEndpoints(*p.Services)
	awscdk.Aspects_Of(awscdk.Stack_Of(n)).Add(&reach{n}, nil)
	return n
}

func (n *network) Vpc() awsec2.Vpc { return n.vpc }

func (n *network) Subnets() *awsec2.SubnetSelection {
	return &awsec2.SubnetSelection{SubnetType: n.subnets}
}

func (n *network) SecurityGroups() *[]awsec2.ISecurityGroup {
	return &[]awsec2.ISecurityGroup{n.group}
}

func (n *network) newVpc(zones *float64) awsec2.Vpc {
	subnets := []*awsec2.SubnetConfiguration{{Name: jsii.String("Private"), SubnetType: n.subnets, CidrMask: jsii.Number(20)}}
	if n.internet {
		subnets = append(subnets, &awsec2.SubnetConfiguration{
			Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, CidrMask: jsii.Number(28), // for the NAT gateway
		})
	}
	gateways := 0
	if n.internet {
		gateways = 1
	}
	return awsec2.NewVpc(n, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs: zones, NatGateways: jsii.Number(gateways), SubnetConfiguration: &subnets,
		RestrictDefaultSecurityGroup: jsii.Bool(false), // it would need a custom resource, for a group that nothing uses
		GatewayEndpoints: &map[string]*awsec2.GatewayVpcEndpointOptions{
			"S3":       {Service: awsec2.GatewayVpcEndpointAwsService_S3()},
			"DynamoDb": {Service: awsec2.GatewayVpcEndpointAwsService_DYNAMODB()},
		},
	})
}

// addEndpoints adds the interface endpoints, which admit the functions alone.
func (n *network) addEndpoints(services []awsec2.InterfaceVpcEndpointAwsService) {
	if len(services) == 0 {
		return
	}
	group := awsec2.NewSecurityGroup(n, jsii.String("Endpoints"), &awsec2.SecurityGroupProps{
		Vpc: n.vpc, AllowAllOutbound: jsii.Bool(false), Description: jsii.String("Endpoints: HTTPS from functions"),
	})
	group.AddIngressRule(n.group, awsec2.Port_Tcp(jsii.Number(443)), jsii.String("HTTPS"), nil)
	for _, service := range services {
		name := *service.ShortName()
		n.services = append(n.services, name)
		n.vpc.AddInterfaceEndpoint(jsii.String("Endpoint-"+name), &awsec2.InterfaceVpcEndpointOptions{
			Service: service, Open: jsii.Bool(false), PrivateDnsEnabled: jsii.Bool(true),
			SecurityGroups: &[]awsec2.ISecurityGroup{group},
			Subnets:        n.Subnets(),
		})
	}
}
