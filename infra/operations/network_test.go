package operations_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/operations"
)

// private puts a function that may do something into a network.
func private(props *operations.NetworkProps, actions ...string) *assembly {
	stack := newStack("eu-west-1")
	n := operations.NewNetwork(stack, jsii.String("Network"), props)
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("//")),
		Vpc: n.Vpc(), VpcSubnets: n.Subnets(), SecurityGroups: n.SecurityGroups(),
	})
	newEndpoint(stack, function)
	for _, action := range actions { // after everything else, as apps grant
		function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings(action), Resources: jsii.Strings("*"),
		}))
	}
	return synth(stack)
}

var (
	isolated = sync.OnceValue(func() *assembly { return private(nil, "bedrock:InvokeModelWithResponseStream", "s3:GetObject") })
	withNat  = sync.OnceValue(func() *assembly {
		return private(&operations.NetworkProps{Internet: jsii.Bool(true), Services: &[]awsec2.InterfaceVpcEndpointAwsService{}}, "bedrock:InvokeModel")
	})
)

func TestIsolatedNetwork(t *testing.T) {
	main := isolated().main
	for typ, want := range map[string]int{
		"AWS::EC2::Subnet": 2, "AWS::EC2::NatGateway": 0, "AWS::EC2::InternetGateway": 0, "AWS::EC2::VPCEndpoint": 4, "AWS::EC2::SecurityGroup": 2,
	} {
		if got := len(main.All(typ)); got != want {
			t.Errorf("%d of %s, want %d", got, typ, want)
		}
	}
	var services []string
	for _, e := range main.All("AWS::EC2::VPCEndpoint") {
		services = append(services, text(e.Properties["ServiceName"]))
		if e.Properties["VpcEndpointType"] == "Interface" && e.Properties["PrivateDnsEnabled"] != true {
			t.Errorf("%s is not found by its usual name", e.ID)
		}
	}
	for _, want := range []string{".s3", ".dynamodb", ".secretsmanager", ".bedrock-runtime"} {
		if !strings.Contains(strings.Join(services, " "), want+`"`) {
			t.Errorf("no endpoint for %s among %s", want, services)
		}
	}
	// Nothing comes in to the functions, and endpoints admit the functions alone.
	for _, g := range main.All("AWS::EC2::SecurityGroup") {
		if ingress := g.Properties["SecurityGroupIngress"]; ingress != nil {
			t.Errorf("%s admits %v", g.ID, ingress)
		}
	}
	wantJSON(t, "FromPort", main.Only(t, "AWS::EC2::SecurityGroupIngress").Properties["FromPort"], `443`)
	vpc := main.Resources["Function76856677"].Properties["VpcConfig"].(object)
	if n := len(vpc["SubnetIds"].([]any)); n != 2 {
		t.Errorf("the function is in %d subnets, want 2", n)
	}
}

func TestNetworkWithNat(t *testing.T) {
	main := withNat().main
	for typ, want := range map[string]int{"AWS::EC2::Subnet": 4, "AWS::EC2::NatGateway": 1, "AWS::EC2::VPCEndpoint": 2} {
		if got := len(main.All(typ)); got != want {
			t.Errorf("%d of %s, want %d", got, typ, want)
		}
	}
}

func TestWarningsOfWhatIsNotReached(t *testing.T) {
	const ssm = "the function may use ssm, which the network \\\"Test/Network\\\" does not reach, so that its calls time out; add awsec2.InterfaceVpcEndpointAwsService_SSM() to NetworkProps.Services, or set NetworkProps.Internet"
	for name, test := range map[string]struct {
		props   *operations.NetworkProps
		actions []string
		want    string // "" is no warning
	}{
		"reached":        {nil, []string{"bedrock:InvokeModel", "s3:GetObject", "dynamodb:UpdateItem", "secretsmanager:GetSecretValue"}, ""},
		"not reached":    {nil, []string{"ssm:GetParameter"}, ssm},
		"no endpoint":    {nil, []string{"polly:SynthesizeSpeech"}, "the function may use polly, which the network \\\"Test/Network\\\" does not reach, so that its calls time out; add the endpoint of polly to NetworkProps.Services, or set NetworkProps.Internet"},
		"by NAT":         {&operations.NetworkProps{Internet: jsii.Bool(true)}, []string{"ssm:GetParameter"}, ""},
		"by an endpoint": {&operations.NetworkProps{Services: &[]awsec2.InterfaceVpcEndpointAwsService{awsec2.InterfaceVpcEndpointAwsService_SSM()}}, []string{"ssm:GetParameter"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := warnings(t, private(test.props, test.actions...))
			if test.want == "" && strings.Contains(metadata, "does not reach") {
				t.Errorf("warns: %s", metadata)
			}
			if !strings.Contains(metadata, test.want) {
				t.Errorf("no %s in %s", test.want, metadata)
			}
		})
	}
}

// A function outside the network is none of its business.
func TestFunctionsElsewhereAreNotWarnedOf(t *testing.T) {
	stack := newStack("eu-west-1")
	operations.NewNetwork(stack, jsii.String("Network"), nil)
	newFunction(stack, "Function").AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("ssm:GetParameter"), Resources: jsii.Strings("*"),
	}))
	if metadata := warnings(t, synth(stack)); strings.Contains(metadata, "does not reach") {
		t.Errorf("warns: %s", metadata)
	}
}

// warnings is the metadata of the stack, where the CDK CLI finds warnings.
func warnings(t *testing.T, a *assembly) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"manifest.json", "Test.metadata.json"} {
		if text, err := os.ReadFile(filepath.Join(a.dir, name)); err == nil {
			b.Write(text)
		}
	}
	return b.String()
}

func TestNetworkRefuses(t *testing.T) {
	mustPanic(t, "streamfront: NetworkProps.MaxAzs is 0; use a number from 1 to 6", func() {
		operations.NewNetwork(newStack("eu-west-1"), jsii.String("Network"), &operations.NetworkProps{MaxAzs: jsii.Number(0)})
	})
	mustPanic(t, "streamfront: NetworkProps.Services has nil at index 0; remove it", func() {
		operations.NewNetwork(newStack("eu-west-1"), jsii.String("Network"), &operations.NetworkProps{Services: &[]awsec2.InterfaceVpcEndpointAwsService{nil}})
	})
}
