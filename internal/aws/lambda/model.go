package lambda

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/iam/roles"
	"github.com/streamfront/streamfront/internal/aws/webadapter"
	"github.com/streamfront/streamfront/internal/template"
)

// A Definition is a function as a template defines it. Behind a function URL and at the edge
// other properties of it count; who uses it judges it.
type Definition struct {
	template.Place

	Name         string // "Stack/LogicalId"
	FunctionName string
	ARN          string // without a version
	Account      string
	Region       string

	Runtime       template.Text
	Handler       template.Text
	PackageType   template.Text
	Architectures template.Texts
	Timeout       template.Duration
	Memory        template.Number // MB
	Storage       template.Number // MB of /tmp
	Concurrency   template.Number // reserved; -1: none is
	Tracing       template.Text
	LogFormat     template.Text // Text or JSON
	LogLevel      template.Text // of the function's own lines, in JSON; "": Lambda's
	Layers        template.Texts
	RecursiveLoop template.Text // "Allow" or "Terminate"
	Code          Code

	// Variables are the function's own, by name, and Environment is where they stand.
	Variables   map[string]template.Text
	Environment template.Place

	// What Lambda@Edge does not take.
	VPC, DeadLetter, Key, FileSystems, Image template.Raw

	// LayerDirs are the folders or archives of the layers from assets, in their order.
	LayerDirs []string
	// Replaced says that somebody gives the program that runs in place of its code.
	Replaced bool
	// Adapter are the settings of the Lambda Web Adapter; nil: the function has none.
	Adapter *webadapter.Settings
	// Trust reports whether Lambda may assume the role; see ReadRole.
	Trust Trust
	// Logs reports whether the role lets Lambda write logs; see ReadRole.
	Logs Trust
	// Role is what the policies of the function's role say; see ReadRole.
	Role iam.Role

	Log    *template.Log // what was found in it
	source *Source
	asked  bool // for the source
	served bool // it is prepared to be run here
}

// A Trust reports whether a service may assume the role of a function, or do something by it,
// and where that stands.
type Trust struct {
	template.Place
	Given, Known bool
}

// Code is where a function's code is: a folder, or the text of index.js.
type Code struct {
	Place template.Place

	Dir    string
	Inline string
	Texts  []string // in whose place the deployment puts values, and the local chain does not
}

// Architecture is what the function runs on.
func (d *Definition) Architecture() string {
	if len(d.Architectures.Items) > 0 {
		return d.Architectures.Items[0].V
	}
	return "x86_64"
}

// Values are the function's own variables.
func (d *Definition) Values() map[string]string {
	values := make(map[string]string, len(d.Variables))
	for name, v := range d.Variables {
		values[name] = v.V
	}
	return values
}

// MadeUp says which variables have values that only a deployment knows, each with what it
// comes from, but for those that are given otherwise.
func (d *Definition) MadeUp(given map[string]string) []string {
	var made []string
	for _, name := range slices.Sorted(maps.Keys(d.Variables)) {
		if _, ok := given[name]; !ok && d.Variables[name].MadeUp != "" {
			made = append(made, fmt.Sprintf("%s (%s)", name, d.Variables[name].MadeUp))
		}
	}
	return made
}

// Definitions are the functions of an assembly. Each is read once, when it is asked for:
// those off the way of every request are not looked at.
type Definitions struct {
	// Replaced are the names of functions whose program somebody gives; see Called.
	Replaced []string
	// Layers are the folders of layers that are not in the assembly, by the layer's name or ARN;
	// "": the functions run without it.
	Layers map[string]string

	foreign  []string // layers that are not in the assembly
	assembly *assembly.Assembly
	read     map[*assembly.Resource]*Definition
}

// Unknown returns those of the names in Replaced that no function has.
func (ds *Definitions) Unknown() []string {
	return slices.DeleteFunc(slices.Clone(ds.Replaced), func(name string) bool {
		for _, d := range ds.read {
			if d.Replaced && d.Called(name) {
				return true
			}
		}
		return false
	})
}

// NewDefinitions are those of the assembly.
func NewDefinitions(a *assembly.Assembly) *Definitions {
	return &Definitions{assembly: a, read: map[*assembly.Resource]*Definition{}}
}

// Find returns the function with the ARN, which has no version; nil if the assembly does
// not have it.
func (ds *Definitions) Find(arn string) *Definition {
	res, err := ds.assembly.Find("AWS::Lambda::Function", "Arn", arn)
	if err != nil || res == nil {
		return nil
	}
	d, known := ds.read[res]
	if !known {
		d = readDefinition(res, arn)
		ds.place(d)
		ds.read[res] = d
	}
	return d
}

func readDefinition(res *assembly.Resource, arn string) *Definition {
	d := &Definition{
		Place: template.Place{Resource: res}, Name: res.Name(), ARN: arn, FunctionName: arn[strings.LastIndexByte(arn, ':')+1:],
		Account: res.Stack.Account, Region: res.Stack.Region, Variables: map[string]template.Text{}, Log: &template.Log{},
	}
	template.Read(res, d.Log, func(r *template.Reader) {
		// The function runs as the user who started the chain, on this machine's network
		// and disk; where it logs is not seen by a request.
		r.Text("FunctionName", template.Matching(functionName, "64 letters, digits, dashes and underscores at most"), template.Spare)
		r.Text("Description", template.AtMost(maxDescription), template.Spare)
		r.Skip("Tags", "RuntimeManagementConfig")
		d.RecursiveLoop = r.Text("RecursiveLoop", template.Default("Terminate"), template.OneOf("Allow", "Terminate"), template.Quiet)
		d.readLogging(r.Object("LoggingConfig", template.Spare))
		r.Text("Role", template.Required, template.Matching(roleARN, "the ARN of a role"), template.Spare)
		d.Runtime = r.Text("Runtime", template.Matching(runtimeName, "the name of a runtime, such as nodejs24.x"))
		d.Handler = r.Text("Handler", template.Matching(handlerName, "128 characters without spaces at most"), template.Quiet)
		d.PackageType = r.Text("PackageType", template.Default("Zip"), template.OneOf("Zip", "Image"))
		d.Architectures = r.Texts("Architectures", template.OneOf("x86_64", "arm64"))
		d.Timeout = r.Seconds("Timeout", template.Default(defaultTimeout), template.Between(1, maxTimeout))
		d.Memory = r.Number("MemorySize", template.Default(minMemory), template.Between(minMemory, maxMemory), template.Quiet)
		d.Storage = r.Object("EphemeralStorage").Number("Size", template.Default(minStorage), template.Between(minStorage, maxStorage))
		d.Concurrency = r.Number("ReservedConcurrentExecutions", template.Default(-1), template.Takes(notNegative), template.Quiet)
		d.Tracing = r.Object("TracingConfig").Text("Mode", template.OneOf("Active", "PassThrough"))
		d.Layers = r.Texts("Layers", template.Quiet)
		d.VPC, d.DeadLetter, d.Key = r.Raw("VpcConfig", template.Spare), r.Raw("DeadLetterConfig", template.Spare), r.Raw("KmsKeyArn", template.Spare)
		d.FileSystems, d.Image = r.Raw("FileSystemConfigs", template.Spare), r.Raw("ImageConfig", template.Spare)
		d.readVariables(r.Object("Environment"))
		d.readCode(r.Object("Code", template.Required))
		if n := len(d.Layers.Items); n > maxLayers {
			r.Refuse("Layers", "has %d layers: Lambda accepts %d", n, maxLayers)
		}
		if len(d.Architectures.Items) > 1 {
			r.Refuse("Architectures", "is %s: Lambda accepts one", strings.Join(d.Architectures.Strings(), ", "))
		}
		if d.PackageType.Is("Zip") {
			for name, v := range map[string]template.Text{"Runtime": d.Runtime, "Handler": d.Handler} {
				if !v.Given {
					r.Refuse(name, "is missing: a function in a zip archive has one")
				}
			}
		}
	})
	return d
}

func notNegative(v any) string {
	if n := v.(int); n < 0 {
		return fmt.Sprintf("is %d: AWS accepts 0 and more", n)
	}
	return ""
}

// readLogging reads how the runtimes write what a function logs.
//
// Source: AWS Lambda Developer Guide, "Configuring advanced logging controls". Documented.
func (d *Definition) readLogging(r *template.Reader) {
	r.Skip("LogGroup")
	d.LogFormat = r.Text("LogFormat", template.OneOf("Text", "JSON"), template.Spare)
	d.LogLevel = r.Text("ApplicationLogLevel", template.OneOf("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"), template.Spare)
	system := r.Text("SystemLogLevel", template.OneOf("DEBUG", "INFO", "WARN"), template.Spare)
	for name, level := range map[string]template.Text{"ApplicationLogLevel": d.LogLevel, "SystemLogLevel": system} {
		if level.Given && d.LogFormat.IsNot("JSON") {
			r.Refuse(name, "is set, and LogFormat is not JSON: Lambda accepts levels with that format only")
		}
	}
}

// LogVariables are those by which runtimes know the format of a function's log.
func (d *Definition) LogVariables() map[string]string {
	if !d.LogFormat.Is("JSON") {
		return nil
	}
	return map[string]string{"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": cmp.Or(d.LogLevel.V, "INFO")}
}

func (d *Definition) readVariables(r *template.Reader) {
	variables := r.Object("Variables")
	d.Environment = variables.Place
	size := 0
	for _, name := range variables.Names() {
		v := variables.Text(name, template.Carried)
		if !v.Given {
			continue // no value
		}
		switch {
		case slices.Contains(reserved, name):
			variables.Refuse(name, "is reserved: Lambda sets it and refuses a function that does")
		case !variableName.MatchString(name):
			variables.Refuse(name, "is not a name that Lambda accepts: a letter, then letters, digits and underscores")
		}
		d.Variables[name] = v
		size += len(name) + len(v.V)
	}
	if size > maxVariables {
		r.Refuse("Variables", "have %d bytes: Lambda accepts %d", size, maxVariables)
	}
}

// readCode finds the code. An asset that is not here is another thing for each who uses the
// function, so that it is not a finding yet.
func (d *Definition) readCode(r *template.Reader) {
	d.Code.Place = r.Place
	inline, key := r.Text("ZipFile", template.Quiet), r.Text("S3Key", template.Quiet)
	r.Skip("S3ObjectVersion", "SourceKMSKeyArn")
	if bucket := r.Text("S3Bucket", template.Matching(bucketName, "the name of a bucket"), template.Spare); !bucket.Given && key.Given {
		r.Refuse("S3Bucket", "is missing: Lambda accepts a key with its bucket")
	}
	image := r.Text("ImageUri", template.Matching(imageURI, "an image in a private repository of Amazon ECR, 123456789012.dkr.ecr.REGION.amazonaws.com/NAME:TAG"), template.Quiet)
	switch {
	case !inline.Known() || !key.Known() || !r.Known():
	case inline.V != "":
		d.Code.Inline = inline.V
		if strings.HasPrefix(d.Runtime.V, "provided") {
			r.Refuse("ZipFile", "is set: Lambda accepts inline code for Node.js and Python, not for %s", d.Runtime.V)
		}
	case key.V != "":
		dir, err := d.Resource.Stack.AssetPath(key.V)
		if err != nil {
			r.Unmodelled("S3Key", ": %v", err)
		}
		d.Code.Dir = dir
	case r.Given && !image.Given:
		r.Refuse("S3Key", "is missing")
	}
}

// ReadRole reads what the role of the function allows it, as far as it is about the services
// that are served here.
func (ds *Definitions) ReadRole(d *Definition) {
	d.Trust.Place, d.Trust.Given, d.Trust.Known = roles.Trusts(ds.assembly, d.Resource, "lambda.amazonaws.com")
	ds.ReadLogs(d)
	d.Role = roles.Read(ds.assembly, d.Resource, d.Resource.RawProperties()["Role"], d.Log)
}

// ReadLogs reads whether the role of the function may write logs.
func (ds *Definitions) ReadLogs(d *Definition) {
	d.Logs.Place, d.Logs.Given, d.Logs.Known = roles.Logs(ds.assembly, d.Resource)
}

// SplitARN takes the alias or version off a function's ARN.
func SplitARN(arn string) (function, qualifier string) {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) < 8 {
		return arn, ""
	}
	return strings.Join(parts[:7], ":"), parts[7]
}
