package check

import (
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/webadapter"
	"github.com/streamfront/streamfront/internal/causes"
)

// A functionURL is an AWS::Lambda::Url with its function.
type functionURL struct {
	properties value
	domain     string // "": not known
	target     string // the ARN of the function, with the alias; "": not known
	authType   string // AWS_IAM if it is not known
	streams    bool
	function   *assembly.Resource // nil: not in the assembly
}

func (u *functionURL) public() bool { return u.authType == "NONE" }

func (c *checker) readURL(res *assembly.Resource) *functionURL {
	p := c.properties(res)
	u := &functionURL{
		properties: p,
		authType:   p.at("AuthType").or("AWS_IAM"),
		streams:    p.at("InvokeMode").text() == "RESPONSE_STREAM",
	}
	if address, err := res.Attribute("FunctionUrl"); err == nil {
		u.domain = bare(address)
	}
	target, err := res.Attribute("FunctionArn")
	if err != nil {
		p.at("TargetFunctionArn").find(causes.ValueUnknown, Warning, "is not known before the deployment: %v", err)
		return u
	}
	u.target = target
	function, _ := splitARN(target)
	if u.function, _ = c.assembly.Find("AWS::Lambda::Function", "Arn", function); u.function == nil {
		p.at("TargetFunctionArn").find(causes.ValueUnknown, Warning, "is %s, which is not in this assembly: its timeout and its code cannot be looked at", target)
	}
	return u
}

// splitARN takes the alias or version off a function's ARN.
func splitARN(arn string) (function, qualifier string) {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) < 8 {
		return arn, ""
	}
	return strings.Join(parts[:7], ":"), parts[7]
}

func (c *checker) checkURL(u *functionURL) {
	if u.public() {
		u.properties.at("AuthType").find(causes.URLPublic, Error, "is NONE: whoever knows the address calls the function")
	}
	if u.function != nil {
		c.checkInvokeMode(u)
	}
}

// checkInvokeMode compares the URL with what shows of the function's way to answer.
func (c *checker) checkInvokeMode(u *functionURL) {
	at := u.properties.at("InvokeMode")
	if at.unknown {
		return
	}
	mode := at.or("BUFFERED")
	f := c.properties(u.function)
	runtime := f.at("Runtime").text()
	if adapter, set, streams := adapterMode(f); adapter {
		switch {
		case streams && !u.streams:
			at.find(causes.InvokeModeMismatch, Warning, "is %s, but %s sets AWS_LWA_INVOKE_MODE to response_stream: nothing arrives before the last byte", mode, u.function.Name())
		case !streams && u.streams && set:
			at.find(causes.InvokeModeMismatch, Warning, "is %s, but %s sets AWS_LWA_INVOKE_MODE to buffered: viewers get {\"statusCode\":...} as text", mode, u.function.Name())
		case !streams && u.streams:
			at.find(causes.InvokeModeMismatch, Warning, "is %s, but %s does not set AWS_LWA_INVOKE_MODE, and the adapter is buffered then: viewers get {\"statusCode\":...} as text", mode, u.function.Name())
		}
		return
	}
	if runtime == "" {
		return // a container image, which may have the adapter, or anything else
	}
	managed := !strings.HasPrefix(runtime, "provided")
	node := strings.HasPrefix(runtime, "nodejs")
	if u.streams && managed && !node {
		at.find(causes.InvokeModeMismatch, Warning, "is %s, but the runtime %s of %s does not stream: viewers get {\"statusCode\":...} as text", mode, runtime, u.function.Name())
		return
	}
	code := c.codeOf(u.function)
	if code == nil {
		return // an asset that is not here, as in an assembly that was only sent on
	}
	streaming := code.contains("streamifyResponse") || !managed && code.contains("LambdaFunctionURLStreamingResponse")
	switch {
	case streaming && !u.streams:
		at.find(causes.InvokeModeMismatch, Warning, "is %s, but the code of %s streams: nothing arrives before the last byte", mode, u.function.Name())
	case !streaming && u.streams && node:
		at.find(causes.InvokeModeMismatch, Warning, "is %s, but the code of %s never calls awslambda.streamifyResponse: viewers get {\"statusCode\":...} as text", mode, u.function.Name())
	}
}

// adapterMode tells whether a function has the Lambda Web Adapter, and how it answers.
func adapterMode(f value) (adapter, set, streams bool) {
	variables := f.at("Environment").at("Variables")
	mode := variables.carried("AWS_LWA_INVOKE_MODE")
	adapter = mode != "" || variables.carried("AWS_LAMBDA_EXEC_WRAPPER") == webadapter.Wrapper
	layers, _ := f.at("Layers").v.([]any)
	for _, layer := range layers {
		if arn, err := f.res.Stack.Resolve(layer); err == nil {
			text, _ := arn.(string)
			_, ok := webadapter.IsLayer(text)
			adapter = adapter || ok
		}
	}
	return adapter, mode != "", strings.EqualFold(mode, "response_stream")
}

// carried reads a property that rarely matters: what is not known of it is no finding.
func (v value) carried(name string) string {
	object, _ := v.v.(map[string]any)
	got, err := v.res.Stack.Resolve(object[name])
	if err != nil {
		return ""
	}
	text, _ := got.(string)
	return text
}
