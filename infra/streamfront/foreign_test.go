package streamfront_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/internal/golden"
)

// foreign is where the assemblies of apps lie that know nothing of this package, for the
// tests of the local chain and of the check, which cannot import the CDK.
const foreign = "../../local/testdata/foreign"

// A Go app with CDK's own FunctionUrlOrigin, at the CDK of go.mod: it grants one of the two
// permissions, and nobody hashes bodies. Where a newer CDK grants both, the record says so.
func TestForeignGoApp(t *testing.T) {
	outdir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: &outdir, AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
	})
	plainApp(awscdk.NewStack(app, jsii.String("Plain"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111122223333"), Region: jsii.String("us-east-1")},
	}))
	app.Synth(nil)

	files := golden.Files{
		Texts:  map[string]string{},
		Record: filepath.Join("testdata", "foreign.newest.diff"), Assembly: oneAtHome().dir, Module: "../..",
	}
	for _, name := range []string{"manifest.json", "Plain.template.json", "Plain.assets.json"} {
		text, err := os.ReadFile(filepath.Join(outdir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "manifest.json" {
			text = stacksAndAssets(t, text)
		}
		files.Texts[filepath.Join(foreign, "go-cdk", name)] = string(text)
	}
	files.Check(t, *update)
}

func plainApp(stack awscdk.Stack) {
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"),
		Code:    awslambda.Code_FromAsset(jsii.String(foreign+"/function"), nil),
		Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	url := function.AddFunctionUrl(&awslambda.FunctionUrlOptions{
		AuthType: awslambda.FunctionUrlAuthType_AWS_IAM, InvokeMode: awslambda.InvokeMode_RESPONSE_STREAM,
	})
	awscloudfront.NewDistribution(stack, jsii.String("Distribution"), &awscloudfront.DistributionProps{
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:               awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, nil),
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_ALL(),
			CachePolicy:          awscloudfront.CachePolicy_CACHING_DISABLED(),
			OriginRequestPolicy:  awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER(),
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
		},
	})
}

// stacksAndAssets leaves out of a manifest what no test reads.
func stacksAndAssets(t *testing.T, text []byte) []byte {
	t.Helper()
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	artifacts := manifest["artifacts"].(map[string]any)
	for id, artifact := range artifacts {
		switch artifact.(map[string]any)["type"] {
		case "cdk:asset-manifest", "aws:cloudformation:stack":
		default:
			delete(artifacts, id)
		}
	}
	return []byte(indent(manifest) + "\n")
}
