package resources

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/webadapter"
)

// A Function is a Lambda function behind a function URL.
type Function struct {
	Name         string // "Stack/LogicalId"
	FunctionName string
	ARN          string // with the alias, if the URL is an alias's
	Alias        string // "": the URL is the function's own
	Account      string
	Region       string
	Runtime      string
	Handler      string
	Architecture string // "x86_64" or "arm64"
	Code         Code
	Environment  map[string]string
	Timeout      time.Duration
	Memory       int                  // MB
	Concurrency  int                  // reserved concurrent executions; -1: none reserved
	Adapter      *webadapter.Settings // of the Lambda Web Adapter; nil: the function has none
	URL          URL
	Grants       []Grant
	Statements   []Statement // of the role's policies, about Amazon S3
	Notes        []string    // what of the role is not applied
}

// A URL is the function URL of a Function.
type URL struct {
	Name       string // "Stack/LogicalId"
	DomainName string
	AuthType   string // "AWS_IAM" or "NONE"
	InvokeMode string // "RESPONSE_STREAM" or "BUFFERED"
}

// A Grant is one statement of a function's resource policy (AWS::Lambda::Permission).
type Grant struct {
	Name           string // "Stack/LogicalId"
	Action         string
	Principal      string
	SourceARN      string
	SourceAccount  string
	URLAuthType    string // condition lambda:FunctionUrlAuthType; "": none
	ViaFunctionURL bool   // condition lambda:InvokedViaFunctionUrl
}

// Code is where a function's code is: a folder, or the text of index.js.
type Code struct {
	Dir    string
	Inline string
}

func readURL(a *assembly.Assembly, res *assembly.Resource) (*Function, error) {
	u := URL{Name: res.Name()}
	address, err := res.Attribute("FunctionUrl")
	if err != nil {
		return nil, err
	}
	u.DomainName = domainOf(address)
	err = read(res, func(r *reader) {
		r.required("TargetFunctionArn") // a name or an ARN
		r.without("Qualifier")          // the alias, which is in the attribute FunctionArn
		u.AuthType = r.oneOf("AuthType", "", "AWS_IAM", "NONE")
		u.InvokeMode = r.oneOf("InvokeMode", "BUFFERED", "RESPONSE_STREAM", "BUFFERED")
	})
	if err != nil {
		return nil, err
	}
	target, err := res.Attribute("FunctionArn")
	if err != nil {
		return nil, err
	}
	alias, err := a.Find("AWS::Lambda::Alias", "", target)
	if err != nil {
		return nil, err
	}
	unqualified := target
	if alias != nil {
		unqualified = target[:strings.LastIndexByte(target, ':')]
		if err := read(alias, func(r *reader) {
			r.without("Name", "Description", "FunctionName", "FunctionVersion", "ProvisionedConcurrencyConfig")
		}); err != nil {
			return nil, err
		}
	}
	resource, err := functionOf(a, unqualified)
	if err != nil {
		return nil, fmt.Errorf("%s: TargetFunctionArn: %w", u.Name, err)
	}
	f, err := readFunction(resource)
	if err != nil {
		return nil, err
	}
	// An alias has a resource policy of its own. The version behind it is the code that
	// the template has now.
	f.URL, f.ARN = u, target
	if alias != nil {
		f.Alias = target[strings.LastIndexByte(target, ':')+1:]
	}
	f.Grants, err = readGrants(a, f)
	return f, errors.Join(err, f.readRole(a, resource))
}

// domainOf takes the domain out of "https://domain/".
func domainOf(address string) string {
	return strings.Trim(strings.TrimPrefix(address, "https://"), "/")
}

func readFunction(res *assembly.Resource) (*Function, error) {
	f := &Function{
		Name: res.Name(), Account: res.Stack.Account, Region: res.Stack.Region,
		Environment: map[string]string{}, Concurrency: -1,
	}
	var err error
	if f.ARN, err = res.Attribute("Arn"); err != nil {
		return nil, err
	}
	f.FunctionName = f.ARN[strings.LastIndexByte(f.ARN, ':')+1:]
	return f, read(res, func(r *reader) {
		// The function runs as the user who started the chain, on this machine's network
		// and disk; where it logs and how it is traced is not seen by a request.
		r.without("FunctionName", "Role", "Description", "Tags", "LoggingConfig", "TracingConfig", "KmsKeyArn",
			"EphemeralStorage", "VpcConfig", "DeadLetterConfig", "RuntimeManagementConfig", "RecursiveLoop")
		f.Runtime = r.required("Runtime")
		f.Handler = r.text("Handler", "bootstrap")
		f.Architecture = architecture(r)
		f.Timeout = time.Duration(r.between("Timeout", 3, 1, maxTimeout)) * time.Second
		f.Memory = r.between("MemorySize", minMemory, minMemory, maxMemory)
		f.Concurrency = r.number("ReservedConcurrentExecutions", -1)
		r.oneOf("PackageType", "Zip", "Zip")
		if environment, ok := r.object("Environment"); ok {
			if variables, ok := environment.object("Variables"); ok {
				f.Environment = readVariables(variables)
				size := 0
				for name, value := range f.Environment {
					size += len(name) + len(value)
				}
				if size > maxVariables {
					environment.fail("Variables", " have %d bytes: Lambda takes %d", size, maxVariables)
				}
			}
			environment.finish()
		}
		f.readAdapter(r)
		if f.Adapter == nil {
			r.oneOf("Runtime", "", "provided.al2023", "provided.al2")
		}
		f.Code = readCode(r, res.Stack)
		if f.Code.Inline != "" {
			r.fail("Code.ZipFile", ": inline code is for Node.js and Python, not for %s", f.Runtime)
		}
	})
}

// readAdapter reads the layers: the Lambda Web Adapter's is the one that is modelled.
func (f *Function) readAdapter(r *reader) {
	for _, arn := range r.texts("Layers") {
		architecture, ok := webadapter.IsLayer(arn)
		switch {
		case !ok:
			r.fail("Layers", " has %s: the local chain models the Lambda Web Adapter's layers only", arn)
			continue
		case architecture != f.Architecture:
			r.fail("Layers", " has %s, which does not run on %s", arn, f.Architecture)
		case strings.HasPrefix(f.Runtime, "provided"):
			f.Handler = "bootstrap" // the application itself: OS-only runtimes have no wrappers
		case f.Environment["AWS_LAMBDA_EXEC_WRAPPER"] != webadapter.Wrapper:
			r.fail("Layers", " has %s, which does nothing unless AWS_LAMBDA_EXEC_WRAPPER is %s", arn, webadapter.Wrapper)
		}
		settings, err := webadapter.ParseSettings(f.Environment)
		if err != nil {
			r.fail("Environment.Variables", ": %v", err)
		}
		f.Adapter = &settings
	}
}

// Bounds of every Lambda function, in seconds and MB.
const (
	maxTimeout = 900
	minMemory  = 128
	maxMemory  = 10240
)

// reserved are the variables that Lambda sets and takes from nobody else.
//
// Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
var reserved = strings.Fields(`_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV
	AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE
	AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR AWS_LAMBDA_MAX_CONCURRENCY
	AWS_LAMBDA_METADATA_API AWS_LAMBDA_METADATA_TOKEN`)

// Restrictions of a function's own variables. Documented.
var variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

const maxVariables = 4 << 10 // bytes of all names and values

func readVariables(r *reader) map[string]string {
	variables := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		v, ok := r.takeMadeUp(name)
		if !ok {
			continue
		}
		if slices.Contains(reserved, name) {
			r.fail(name, " is reserved: Lambda sets it and refuses a function that does")
		}
		if !variableName.MatchString(name) {
			r.fail(name, " is no name that Lambda takes: a letter, then letters, digits and underscores")
		}
		variables[name] = r.scalar(name, v)
	}
	return variables
}

func architecture(r *reader) string {
	given := r.texts("Architectures")
	if len(given) == 0 {
		return "x86_64"
	}
	if len(given) > 1 || !slices.Contains([]string{"x86_64", "arm64"}, given[0]) {
		r.fail("Architectures", " is %q: want [x86_64] or [arm64]", given)
	}
	return given[0]
}

func readCode(r *reader, s *assembly.Stack) Code {
	code, ok := r.needed("Code")
	if !ok {
		return Code{}
	}
	defer code.finish()
	if inline := code.text("ZipFile", ""); inline != "" {
		return Code{Inline: inline}
	}
	code.without("S3Bucket")
	dir, err := s.AssetPath(code.required("S3Key"))
	if err != nil {
		code.fail("S3Key", ": %v", err)
	}
	return Code{Dir: dir}
}

// functionOf finds the function with the unqualified ARN.
func functionOf(a *assembly.Assembly, arn string) (*assembly.Resource, error) {
	res, err := a.Find("AWS::Lambda::Function", "Arn", arn)
	if err == nil && res == nil {
		err = missing("AWS::Lambda::Function", arn, "the local chain runs functions of this cloud assembly only, by their unqualified ARN")
	}
	return res, err
}

func missing(typ, arn, hint string) error {
	return fmt.Errorf("no %s has the ARN %s: %s", typ, arn, hint)
}

// readGrants collects the resource policy of a function.
func readGrants(a *assembly.Assembly, f *Function) ([]Grant, error) {
	permissions, err := a.OfType("AWS::Lambda::Permission")
	if err != nil {
		return nil, err
	}
	var grants []Grant
	var errs []error
	for _, res := range permissions {
		concerns, err := f.concerns(res)
		if err != nil {
			errs = append(errs, err)
		}
		if !concerns {
			continue
		}
		g := Grant{Name: res.Name()}
		err = read(res, func(r *reader) {
			r.without("FunctionName")
			g.Principal = r.required("Principal")
			g.Action = r.required("Action")
			g.SourceARN = res.Stack.Own(r.text("SourceArn", ""))
			g.SourceAccount = res.Stack.Own(r.text("SourceAccount", ""))
			g.URLAuthType = r.text("FunctionUrlAuthType", "")
			g.ViaFunctionURL = r.boolean("InvokedViaFunctionUrl")
			if g.URLAuthType != "" && g.Action != "" && g.Action != "lambda:InvokeFunctionUrl" {
				r.fail("FunctionUrlAuthType", " is valid for the action lambda:InvokeFunctionUrl only, not for %s", g.Action)
			}
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		grants = append(grants, g)
	}
	return grants, errors.Join(errs...)
}

// concerns tells whether a permission is about this function and about who may call its
// URL. Of all services CloudFront alone does: what others may do does not matter here.
func (f *Function) concerns(permission *assembly.Resource) (bool, error) {
	var errs []error
	r := newReader(permission.Stack, permission.Name()+": ", permission.RawProperties(), &errs)
	principal := r.required("Principal")
	if principal != "cloudfront.amazonaws.com" && strings.HasSuffix(principal, ".amazonaws.com") {
		return false, nil
	}
	named := f.named(r.required("FunctionName"), permission.Stack)
	return named && len(errs) == 0, errors.Join(errs...)
}

// named tells whether a permission's FunctionName is this function: its name in the region
// of the permission, its ARN, or the ARN without what is clear, each with the alias whose
// URL it is: versions and aliases have policies of their own.
func (f *Function) named(function string, s *assembly.Stack) bool {
	if function == f.ARN {
		return true
	}
	name := f.FunctionName
	if f.Alias != "" {
		name += ":" + f.Alias
	}
	here := s.Region == f.Region && s.Account == f.Account
	return here && (function == name || function == f.Account+":function:"+name)
}
