package streamfront_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// newWebFunction stands for a web application in a zip file.
func newWebFunction(stack awscdk.Stack, architecture awslambda.Architecture, runtime awslambda.Runtime) awslambda.Function {
	return awslambda.NewFunction(stack, jsii.String("Web"), &awslambda.FunctionProps{
		Architecture: architecture,
		Runtime:      runtime,
		Handler:      jsii.String("run.sh"),
		Code:         awslambda.Code_FromInline(jsii.String("exec node server.mjs")),
	})
}

// The layer is a binary: with that of the other architecture or of another region no
// environment would start.
func TestWebAdapterLayerFitsTheFunction(t *testing.T) {
	for name, test := range map[string]struct {
		region       string
		architecture awslambda.Architecture
		props        *streamfront.WebAdapterProps
		want         string
	}{
		"by default": {"us-east-1", nil, nil, "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:30"},
		"arm64":      {"eu-west-1", awslambda.Architecture_ARM_64(), nil, "arn:aws:lambda:eu-west-1:753240598075:layer:LambdaAdapterLayerArm64:30"},
		"a version":  {"us-east-1", awslambda.Architecture_X86_64(), &streamfront.WebAdapterProps{LayerVersion: jsii.Number(31)}, "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:31"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack(test.region)
			streamfront.AddWebAdapter(newWebFunction(stack, test.architecture, awslambda.Runtime_NODEJS_24_X()), test.props)
			wantJSON(t, "Layers", synth(stack).main.Only(t, "AWS::Lambda::Function").At(t, "Layers"), `["`+test.want+`"]`)
		})
	}
}

func TestWebAdapterLayerOfAStackWithoutRegion(t *testing.T) {
	stack := awscdk.NewStack(newApp(nil), jsii.String("Test"), nil)
	streamfront.AddWebAdapter(newWebFunction(stack, nil, awslambda.Runtime_NODEJS_24_X()), nil)
	wantJSON(t, "Layers", synth(stack).main.Only(t, "AWS::Lambda::Function").At(t, "Layers"),
		`[{"Fn::Join": ["", ["arn:aws:lambda:", {"Ref": "AWS::Region"}, ":753240598075:layer:LambdaAdapterLayerX86:30"]]}]`)
}

func TestWebAdapterEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		runtime awslambda.Runtime
		props   *streamfront.WebAdapterProps
		want    string
	}{
		"defaults": {awslambda.Runtime_PYTHON_3_13(), nil, `{
			"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
			"PORT": "8080",
			"AWS_LWA_PORT": "8080",
			"AWS_LWA_INVOKE_MODE": "response_stream",
			"AWS_LWA_AUTHORIZATION_SOURCE": "x-forwarded-authorization"
		}`},
		"everything": {awslambda.Runtime_NODEJS_24_X(), &streamfront.WebAdapterProps{
			Port:              jsii.Number(3000),
			ReadinessPath:     jsii.String("/healthz"),
			ReadinessProtocol: streamfront.ReadinessProtocol_HTTP,
			ReadinessTimeout:  awscdk.Duration_Millis(jsii.Number(2500)),
			AsyncInit:         jsii.Bool(true),
			InvokeMode:        awslambda.InvokeMode_BUFFERED,
		}, `{
			"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
			"PORT": "3000",
			"AWS_LWA_PORT": "3000",
			"AWS_LWA_READINESS_CHECK_PATH": "/healthz",
			"AWS_LWA_READINESS_CHECK_PROTOCOL": "http",
			"AWS_LWA_READINESS_CHECK_TIMEOUT_SECONDS": "2.5",
			"AWS_LWA_ASYNC_INIT": "true",
			"AWS_LWA_INVOKE_MODE": "buffered",
			"AWS_LWA_AUTHORIZATION_SOURCE": "x-forwarded-authorization"
		}`},
		// Its bootstrap is the application, which the layer's extension goes in front of.
		"OS-only runtime": {awslambda.Runtime_PROVIDED_AL2023(), &streamfront.WebAdapterProps{ReadinessProtocol: streamfront.ReadinessProtocol_TCP}, `{
			"PORT": "8080",
			"AWS_LWA_PORT": "8080",
			"AWS_LWA_READINESS_CHECK_PROTOCOL": "tcp",
			"AWS_LWA_INVOKE_MODE": "response_stream",
			"AWS_LWA_AUTHORIZATION_SOURCE": "x-forwarded-authorization"
		}`},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			function := awslambda.NewFunction(stack, jsii.String("Web"), &awslambda.FunctionProps{
				Runtime: test.runtime,
				Handler: jsii.String("run.sh"),
				Code:    awslambda.Code_FromBucket(awss3.Bucket_FromBucketName(stack, jsii.String("Code"), jsii.String("code")), jsii.String("web.zip"), nil),
			})
			streamfront.AddWebAdapter(function, test.props)
			wantJSON(t, "Variables", synth(stack).main.Only(t, "AWS::Lambda::Function").At(t, "Environment", "Variables"), test.want)
		})
	}
}

// Lambda refuses layers on container images, which bring the adapter along.
func TestWebAdapterOfAContainerImage(t *testing.T) {
	stack := newStack("us-east-1")
	function := awslambda.NewDockerImageFunction(stack, jsii.String("Web"), &awslambda.DockerImageFunctionProps{
		Code: awslambda.DockerImageCode_FromEcr(awsecr.Repository_FromRepositoryName(stack, jsii.String("Images"), jsii.String("web")), nil),
	})
	streamfront.AddWebAdapter(function, nil)
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	main := synth(stack).main
	web := main.Refers(t, main.Only(t, "AWS::Lambda::Url").At(t, "TargetFunctionArn"))
	wantJSON(t, "Layers", web.At(t, "Layers"), `null`)
	wantJSON(t, "Variables", web.At(t, "Environment", "Variables"), `{
		"PORT": "8080",
		"AWS_LWA_PORT": "8080",
		"AWS_LWA_INVOKE_MODE": "response_stream",
		"AWS_LWA_AUTHORIZATION_SOURCE": "x-forwarded-authorization"
	}`)
}

func TestAddWebAdapterRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		props *streamfront.WebAdapterProps
		want  string
	}{
		"fraction of a port": {
			&streamfront.WebAdapterProps{Port: jsii.Number(80.5)},
			"streamfront: WebAdapterProps.Port is 80.5; pass a whole number from 1 to 65535, except 9001, where Lambda's runtime API listens",
		},
		"port 0": {
			&streamfront.WebAdapterProps{Port: jsii.Number(0)},
			"streamfront: WebAdapterProps.Port is 0; pass a whole number from 1 to 65535, except 9001, where Lambda's runtime API listens",
		},
		"port of the runtime API": {
			&streamfront.WebAdapterProps{Port: jsii.Number(9001)},
			"streamfront: WebAdapterProps.Port is 9001; pass a whole number from 1 to 65535, except 9001, where Lambda's runtime API listens",
		},
		"readiness URL": {
			&streamfront.WebAdapterProps{ReadinessPath: jsii.String("http://localhost/")},
			`streamfront: WebAdapterProps.ReadinessPath is "http://localhost/"; pass a path that begins with a slash`,
		},
		"readiness protocol": {
			&streamfront.WebAdapterProps{ReadinessProtocol: "udp"},
			`streamfront: WebAdapterProps.ReadinessProtocol is "udp"; pass ReadinessProtocol_HTTP or ReadinessProtocol_TCP`,
		},
		"a path to connect to": {
			&streamfront.WebAdapterProps{ReadinessProtocol: streamfront.ReadinessProtocol_TCP, ReadinessPath: jsii.String("/healthz")},
			"streamfront: WebAdapterProps.ReadinessPath is set, but ReadinessProtocol_TCP asks for no path; leave one of them out",
		},
		"no time": {
			&streamfront.WebAdapterProps{ReadinessTimeout: awscdk.Duration_Seconds(jsii.Number(0))},
			"streamfront: WebAdapterProps.ReadinessTimeout is 0 seconds, which the adapter treats as no limit; leave it out if you mean that",
		},
		"layer version": {
			&streamfront.WebAdapterProps{LayerVersion: jsii.Number(1.1)},
			"streamfront: WebAdapterProps.LayerVersion is 1.1; pass the number of a version of LambdaAdapterLayerX86 and LambdaAdapterLayerArm64",
		},
	} {
		t.Run(name, func(t *testing.T) {
			function := newWebFunction(newStack("us-east-1"), nil, awslambda.Runtime_NODEJS_24_X())
			mustPanic(t, test.want, func() { streamfront.AddWebAdapter(function, test.props) })
		})
	}
	mustPanic(t, "streamfront: AddWebAdapter needs a function; pass the one that runs the web application", func() {
		streamfront.AddWebAdapter(nil, nil)
	})
	mustPanic(t, "streamfront: the layer of the web adapter is not published in cn-north-1 under the account of the other regions; use a container image", func() {
		streamfront.AddWebAdapter(newWebFunction(newStack("cn-north-1"), nil, awslambda.Runtime_NODEJS_24_X()), nil)
	})
	twice := newWebFunction(newStack("us-east-1"), nil, awslambda.Runtime_NODEJS_24_X())
	streamfront.AddWebAdapter(twice, nil)
	mustPanic(t, `streamfront: function "Test/Web" has the web adapter already; call AddWebAdapter once`, func() {
		streamfront.AddWebAdapter(twice, nil)
	})
}

func TestAddWebAdapterLeavesItsProps(t *testing.T) {
	props := &streamfront.WebAdapterProps{}
	streamfront.AddWebAdapter(newWebFunction(newStack("us-east-1"), nil, awslambda.Runtime_NODEJS_24_X()), props)
	if *props != (streamfront.WebAdapterProps{}) {
		t.Errorf("props = %+v, want them untouched", *props)
	}
}
