package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

// An edgeFunction is what a LambdaFunctionARN stands for.
type edgeFunction struct {
	code    *code // nil: not known
	outside bool  // it is not in the assembly, which was told
}

// versionARN is the ARN of a numbered version.
var versionARN = regexp.MustCompile(`^arn:[a-z-]+:lambda:([a-z0-9-]+):(\d{12}):function:[A-Za-z0-9_-]+:(\d+)$`)

func (c *checker) edgeFunctionAt(at value, d *distribution) *edgeFunction {
	arn := at.text()
	if arn == "" {
		return &edgeFunction{outside: true}
	}
	parts := versionARN.FindStringSubmatch(arn)
	if parts == nil {
		at.find(causes.EdgeFunctionUnfit, Error, "is %s: Lambda@Edge takes the ARN of a numbered version, neither $LATEST nor an alias", arn)
		return c.edgeFunction(arn, at)
	}
	if parts[1] != "us-east-1" {
		at.find(causes.EdgeFunctionUnfit, Error, "is %s: Lambda@Edge takes functions of us-east-1", arn)
	}
	if stack := d.properties.res.Stack; stack.Own(parts[2]) != stack.Account {
		at.find(causes.EdgeFunctionUnfit, Error, "is %s, of another account than the distribution's, %s", arn, stack.Account)
	}
	if version, _ := c.assembly.Find("AWS::Lambda::Version", "", arn); version != nil {
		if version.Stack.AnyRegion {
			at.find(causes.ValueUnknown, Warning, "is of the stack %s, whose region is left open: Lambda@Edge takes functions of us-east-1", version.Stack.Name)
		}
		if p := c.properties(version).at("ProvisionedConcurrencyConfig"); p.filled() {
			p.find(causes.EdgeFunctionUnfit, Error, "is there: Lambda@Edge does not support it")
		}
	}
	return c.edgeFunction(arn, at)
}

// signsAtTheEdge tells whether a function at origin-request signs the requests for an origin,
// as was done before there was origin access control for Lambda.
func (c *checker) signsAtTheEdge(d *distribution, o *origin) bool {
	for _, at := range d.behaviors() {
		if !slices.Contains(d.targets(at), o) {
			continue
		}
		for _, a := range c.associations(&behavior{at: at, origin: o, distribution: d}) {
			if code := a.function.code; a.event == "origin-request" && code != nil && (code.names("aws4") || code.names("signaturev4")) {
				return true
			}
		}
	}
	return false
}

// edgeFunction looks at the function that an ARN is of, once.
func (c *checker) edgeFunction(arn string, at value) *edgeFunction {
	function, _ := splitARN(arn)
	if f, known := c.edges[function]; known {
		return f
	}
	f := &edgeFunction{}
	c.edges[function] = f
	if res, _ := c.assembly.Find("AWS::Lambda::Function", "Arn", function); res != nil {
		f.code = c.codeOf(res)
		c.checkEdgeFunction(res)
	} else {
		f.outside = true
		at.find(causes.ValueUnknown, Warning, "is %s, which is not in this assembly: whether it fits, and hashes bodies, cannot be looked at", arn)
	}
	return f
}

// checkEdgeFunction holds what Lambda@Edge takes of a function (Amazon CloudFront Developer
// Guide, "Restrictions on Lambda@Edge").
func (c *checker) checkEdgeFunction(res *assembly.Resource) {
	p := c.properties(res)
	refuse := func(at value, format string, args ...any) {
		at.find(causes.EdgeFunctionUnfit, Error, "%s", fmt.Sprintf(format, args...))
	}
	if at := p.at("Runtime"); at.there() && !at.unknown {
		if runtime := at.text(); !strings.HasPrefix(runtime, "nodejs") && !strings.HasPrefix(runtime, "python") {
			refuse(at, "is %s: Lambda@Edge runs Node.js and Python", runtime)
		}
	}
	if at := p.at("Timeout"); at.number(defaultFunctionTimeout) > 30 {
		refuse(at, "is %s s: Lambda@Edge allows 30", at.text())
	}
	for _, at := range p.at("Architectures").items() {
		if at.text() != "" && at.text() != "x86_64" {
			refuse(at, "is %s: Lambda@Edge runs on x86_64", at.text())
		}
	}
	if at := p.at("Environment").at("Variables"); at.filled() {
		refuse(at, "is there: Lambda@Edge functions have no environment variables")
	}
	if at := p.at("PackageType"); at.text() == "Image" {
		refuse(at, "is Image: Lambda@Edge takes no container images")
	}
	if at := p.at("TracingConfig").at("Mode"); at.text() == "Active" {
		refuse(at, "is Active: Lambda@Edge does not support X-Ray")
	}
	if at := p.at("EphemeralStorage").at("Size"); at.number(512) > 512 {
		refuse(at, "is %s MB: Lambda@Edge allows 512", at.text())
	}
	for _, name := range []string{"Layers", "VpcConfig", "DeadLetterConfig", "KmsKeyArn", "FileSystemConfigs", "ImageConfig"} {
		if object, _ := p.v.(map[string]any); object[name] != nil {
			if at := p.at(name); at.filled() {
				refuse(at, "is there: Lambda@Edge does not support it")
			}
		}
	}
}
