package resources

import (
	"errors"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
)

// A ViewerFunction is a CloudFront Function at viewer-request.
type ViewerFunction struct {
	Name    string // "Stack/LogicalId"
	ARN     string
	Runtime string // "cloudfront-js-1.0" or "cloudfront-js-2.0"
	Code    string
}

// An EdgeFunction is a Lambda@Edge function at origin-request.
type EdgeFunction struct {
	Name    string // "Stack/LogicalId"
	ARN     string // of the version
	Handler string
	Runtime string // such as "nodejs24.x"
	Code    Code
	Timeout time.Duration
	Memory  int // MB
}

// maxViewerCode is the size of a CloudFront Function in bytes (documented: 10 KB).
const maxViewerCode = 10 << 10

func readViewerFunction(res *assembly.Resource) (*ViewerFunction, error) {
	f := &ViewerFunction{Name: res.Name()}
	var err error
	if f.ARN, err = res.Attribute("FunctionARN"); err != nil {
		return nil, err
	}
	return f, read(res, func(r *reader) {
		r.without("Name", "Tags")
		f.Code = r.required("FunctionCode")
		if n := len(f.Code); n > maxViewerCode {
			r.fail("FunctionCode", " has %d bytes: CloudFront takes %d", n, maxViewerCode)
		}
		if !r.boolean("AutoPublish") {
			r.fail("AutoPublish", " is not true: the function stays in stage DEVELOPMENT and no distribution can use it")
		}
		if config, ok := r.needed("FunctionConfig"); ok {
			config.without("Comment")
			f.Runtime = config.oneOf("Runtime", "", "cloudfront-js-1.0", "cloudfront-js-2.0")
			config.finish()
		}
	})
}

// readEdgeFunction reads the function behind a version ARN and refuses what Lambda@Edge
// refuses (Amazon CloudFront Developer Guide, "Restrictions on Lambda@Edge").
func readEdgeFunction(a *assembly.Assembly, arn string) (*EdgeFunction, error) {
	version, err := a.Find("AWS::Lambda::Version", "", arn)
	if err != nil {
		return nil, err
	}
	if version == nil {
		return nil, missing("AWS::Lambda::Version", arn, "Lambda@Edge needs a numbered version, neither $LATEST nor an alias, that is in this cloud assembly")
	}
	function, err := functionOf(a, arn[:strings.LastIndexByte(arn, ':')])
	if err != nil {
		return nil, err
	}
	f := &EdgeFunction{Name: function.Name(), ARN: arn}
	return f, errors.Join(readVersion(version), read(function, func(r *reader) {
		r.without("FunctionName", "Role", "Description", "Tags", "LoggingConfig")
		if function.Stack.Region != "us-east-1" {
			r.fail("", "the function is in %s: Lambda@Edge functions are created in us-east-1", function.Stack.Region)
		}
		f.Runtime = r.required("Runtime")
		// Those that Lambda offers for new functions, of Node.js (November 2026).
		if f.Runtime != "nodejs22.x" && f.Runtime != "nodejs24.x" {
			r.fail("Runtime", " is %q: the local chain runs nodejs22.x and nodejs24.x at the edge", f.Runtime)
		}
		f.Handler = r.required("Handler")
		f.Timeout = time.Duration(r.between("Timeout", 3, 1, maxTimeout)) * time.Second
		if f.Timeout > 30*time.Second {
			r.fail("Timeout", " is %s: Lambda@Edge allows 30 s", f.Timeout)
		}
		f.Memory = r.between("MemorySize", minMemory, minMemory, maxMemory)
		if a := architecture(r); a != "x86_64" {
			r.fail("Architectures", " is %q: Lambda@Edge runs on x86_64 only", a)
		}
		if environment, ok := r.object("Environment"); ok {
			if v, ok := environment.object("Variables"); ok && len(v.values) > 0 {
				r.fail("Environment", ": Lambda@Edge functions have no environment variables")
			}
		}
		r.oneOf("PackageType", "Zip", "Zip")
		for _, name := range []string{"Layers", "VpcConfig", "DeadLetterConfig", "TracingConfig", "KmsKeyArn", "FileSystemConfigs"} {
			if _, ok := r.take(name); ok {
				r.fail(name, ": Lambda@Edge does not support it")
			}
		}
		f.Code = readCode(r, function.Stack)
	}))
}

func readVersion(version *assembly.Resource) error {
	return read(version, func(r *reader) {
		r.without("FunctionName", "Description", "CodeSha256")
		if _, ok := r.take("ProvisionedConcurrencyConfig"); ok {
			r.fail("ProvisionedConcurrencyConfig", ": Lambda@Edge does not support it")
		}
	})
}
