package nag

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// readme is the program of docs/constructs.md.
func readme(app awscdk.App) {
	stack := awscdk.NewStack(app, jsii.String("Chat"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("us-east-1")},
	})
	newFunction := func(id, entry string) awslambda.Function {
		return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PROVIDED_AL2023(),
			Handler: jsii.String("bootstrap"),
			Code:    streamfront.GoCode(&streamfront.GoCodeProps{Entry: &entry}),
			Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
		})
	}
	zone := awsroute53.HostedZone_FromHostedZoneAttributes(stack, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: jsii.String("Z0123456789ABCDEFGHIJ"), ZoneName: jsii.String("example.com"),
	})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function:    newFunction("Chat", "./cmd/chat"),
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: awscertificatemanager.NewCertificate(stack, jsii.String("Certificate"), &awscertificatemanager.CertificateProps{
			DomainName: jsii.String("chat.example.com"),
			Validation: awscertificatemanager.CertificateValidation_FromDns(zone),
		}),
		HostedZone: zone,
		WebAclId:   streamfront.NewFirewall(stack, jsii.String("Firewall"), nil).WebAclArn(),
		AccessLogs: jsii.Bool(true),
	})
	endpoint.AddRoute(jsii.String("/v1/models"), newFunction("Models", "./cmd/models"), &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("CachePolicy"), nil),
	})
}

// What cdk-nag is run over is word for word what docs/constructs.md shows.
func TestReadmeProgramIsTheOneChecked(t *testing.T) {
	own, example := between(t, "readme_test.go", "}\n"), between(t, "../../infra/streamfront/example_options_test.go", "\tapp.Synth(nil)\n")
	if own != example {
		t.Errorf("readme has\n%s\nwant the example's\n%s", own, example)
	}
}

// between returns the lines of a file from the stack to the end of the program.
func between(t *testing.T, file, end string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(text), "\tstack := ")
	program, _, ok := strings.Cut(program, "\n"+end)
	if !ok {
		t.Fatalf("%s has no program", file)
	}
	return program
}
