package streamfront

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// ReadinessProtocol is how the web adapter determines that the application is ready.
type ReadinessProtocol string

const (
	// ReadinessProtocol_HTTP requests ReadinessPath until the status is below 500.
	ReadinessProtocol_HTTP ReadinessProtocol = "http"
	// ReadinessProtocol_TCP connects to the port. It is for applications that do not answer a plain
	// GET, or must not be asked too early.
	ReadinessProtocol_TCP ReadinessProtocol = "tcp"
)

// WebAdapterProps are the properties of AddWebAdapter.
type WebAdapterProps struct {
	// Port is the port on 127.0.0.1 at which the application listens. The variable PORT has it. It
	// must not be 9001, which Lambda uses.
	// Default: 8080.
	Port *float64
	// ReadinessPath is requested with GET until the application is ready, which any status below 500
	// shows. The path should be cheap, because it is requested every ten milliseconds.
	// Default: "/".
	ReadinessPath *string
	// ReadinessProtocol is how the adapter determines that the application is ready.
	// Default: ReadinessProtocol_HTTP.
	ReadinessProtocol ReadinessProtocol
	// ReadinessTimeout is how long the application may take to become ready. After that the start
	// fails, and the caller gets 502 at once and not only after the function's own timeout.
	// Default: - only Lambda's own limit.
	ReadinessTimeout awscdk.Duration
	// AsyncInit lets an application that needs more than Lambda's ten seconds to initialize continue
	// during the first request, which is billed.
	// Default: false.
	AsyncInit *bool
	// InvokeMode must be the invoke mode of the function URL. With BUFFERED behind a streaming URL,
	// viewers would get JSON instead of the page.
	// Default: awslambda.InvokeMode_RESPONSE_STREAM.
	InvokeMode awslambda.InvokeMode
	// LayerVersion is the version of the adapter's layer for functions from a zip file. A container
	// image contains the adapter and ignores it.
	// Default: 30, which is Lambda Web Adapter 1.1.0.
	LayerVersion *float64
}

// AddWebAdapter sets up the AWS Lambda Web Adapter in a function, for use behind an Endpoint. The
// function's code is an ordinary HTTP server in any language. It gets each invocation as a request,
// and its response is streamed. Props may be nil.
//
// A function from a zip file gets AWS's layer with the adapter, for its region and architecture. Its
// handler is the name of an executable start script in the zip, for instance run.sh. With an OS-only
// runtime, such as PROVIDED_AL2023, the application itself is the file bootstrap. A container image
// gets only environment variables, and needs this line in its Dockerfile:
//
//	COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.1.0 /lambda-adapter /opt/extensions/lambda-adapter
//
// The adapter restores the viewer's Authorization, but not Host, which is that of the function URL.
// The viewer's host is in x-forwarded-host, for which most frameworks have a setting. The page
// docs/web-adapter.md in the repository lists the settings that were tested.
func AddWebAdapter(function awslambda.Function, props *WebAdapterProps) {
	var p WebAdapterProps
	if props != nil {
		p = *props
	}
	p.setDefaults()
	var found problems.List
	p.validate(&found, function)
	found.Report()

	if !isImage(function) {
		addAdapterLayer(function, *p.LayerVersion)
	}
	set := func(name, value string) { function.AddEnvironment(&name, &value, nil) }
	if !isImage(function) && !isOSOnly(function) {
		// The wrapper starts the handler as a program. OS-only runtimes do not support wrappers.
		// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
		set("AWS_LAMBDA_EXEC_WRAPPER", "/opt/bootstrap")
	}
	port := strconv.Itoa(int(*p.Port))
	set("PORT", port) // for the application; the next one is for the adapter
	set("AWS_LWA_PORT", port)
	set("AWS_LWA_INVOKE_MODE", strings.ToLower(string(p.InvokeMode)))
	set("AWS_LWA_AUTHORIZATION_SOURCE", "x-forwarded-authorization")
	if p.ReadinessPath != nil {
		set("AWS_LWA_READINESS_CHECK_PATH", *p.ReadinessPath)
	}
	if p.ReadinessProtocol != "" {
		set("AWS_LWA_READINESS_CHECK_PROTOCOL", string(p.ReadinessProtocol))
	}
	if p.ReadinessTimeout != nil {
		set("AWS_LWA_READINESS_CHECK_TIMEOUT_SECONDS", strconv.FormatFloat(seconds(p.ReadinessTimeout), 'f', -1, 64))
	}
	if p.AsyncInit != nil && *p.AsyncInit {
		set("AWS_LWA_ASYNC_INIT", "true")
	}
}

func (p *WebAdapterProps) setDefaults() {
	if p.Port == nil {
		p.Port = jsii.Number(8080)
	}
	if p.InvokeMode == "" {
		p.InvokeMode = awslambda.InvokeMode_RESPONSE_STREAM
	}
	if p.LayerVersion == nil {
		p.LayerVersion = jsii.Number(30)
	}
}

func (p *WebAdapterProps) validate(found *problems.List, function awslambda.Function) {
	if function == nil {
		found.Add("AddWebAdapter needs a function; pass the one that runs the web application")
	} else if function.Node().TryFindChild(jsii.String(adapterLayer)) != nil {
		found.Add("function %q has the web adapter already; call AddWebAdapter once", *function.Node().Path())
	}
	if function != nil && !isImage(function) {
		region := function.Stack().Region()
		if !isToken(*region) && (strings.HasPrefix(*region, "cn-") || strings.HasPrefix(*region, "us-gov-")) {
			found.Add("the layer of the web adapter is not published in %s under the account of the other regions; use a container image", *region)
		}
	}
	if port := *p.Port; port < 1 || port > 65535 || port != math.Trunc(port) || port == 9001 {
		found.Add("WebAdapterProps.Port is %v; pass a whole number from 1 to 65535, except 9001, where Lambda's runtime API listens", port)
	}
	if p.ReadinessPath != nil && !strings.HasPrefix(*p.ReadinessPath, "/") {
		found.Add("WebAdapterProps.ReadinessPath is %q; pass a path that begins with a slash", *p.ReadinessPath)
	}
	switch p.ReadinessProtocol {
	case "", ReadinessProtocol_HTTP, ReadinessProtocol_TCP:
	default:
		found.Add("WebAdapterProps.ReadinessProtocol is %q; pass ReadinessProtocol_HTTP or ReadinessProtocol_TCP", p.ReadinessProtocol)
	}
	if p.ReadinessProtocol == ReadinessProtocol_TCP && p.ReadinessPath != nil {
		found.Add("WebAdapterProps.ReadinessPath is set, but ReadinessProtocol_TCP asks for no path; leave one of them out")
	}
	if p.ReadinessTimeout != nil && seconds(p.ReadinessTimeout) <= 0 {
		found.Add("WebAdapterProps.ReadinessTimeout is 0 seconds, which the adapter treats as no limit; leave it out if you mean that")
	}
	if v := *p.LayerVersion; v < 1 || v != math.Trunc(v) {
		found.Add("WebAdapterProps.LayerVersion is %v; pass the number of a version of LambdaAdapterLayerX86 and LambdaAdapterLayerArm64", v)
	}
}

func seconds(d awscdk.Duration) float64 {
	return *d.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
}

// isImage distinguishes container images, to which Lambda attaches no layers, from zip files.
func isImage(function awslambda.Function) bool {
	return *function.Runtime().Name() == *awslambda.Runtime_FROM_IMAGE().Name()
}

func isOSOnly(function awslambda.Function) bool {
	return strings.HasPrefix(*function.Runtime().Name(), "provided")
}

const adapterLayer = "WebAdapter"

// addAdapterLayer attaches the layer that the adapter's authors publish.
// https://aws.github.io/aws-lambda-web-adapter/getting-started/zip-packages.html
func addAdapterLayer(function awslambda.Function, version float64) {
	region := function.Stack().Region() // a token, if the stack has no region, works as well
	name := "LambdaAdapterLayerX86"
	if *function.Architecture().Name() == *awslambda.Architecture_ARM_64().Name() {
		name = "LambdaAdapterLayerArm64"
	}
	arn := fmt.Sprintf("arn:aws:lambda:%s:753240598075:layer:%s:%d", *region, name, int(version))
	function.AddLayers(awslambda.LayerVersion_FromLayerVersionArn(function, jsii.String(adapterLayer), &arn))
}
