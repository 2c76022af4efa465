package edge

import (
	"regexp"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/edge/script"
	"github.com/streamfront/streamfront/internal/aws/iam/roles"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// A ViewerDefinition is a CloudFront Function as a template defines it.
type ViewerDefinition struct {
	template.Place

	Name      string // "Stack/LogicalId"
	ARN       string
	Runtime   template.Text // script.Runtime1 or script.Runtime2
	Code      template.Text
	Published template.Bool

	Log *template.Log // what was found in it
}

// A Definition is a version of a Lambda function at the edge.
type Definition struct {
	*lambda.Definition

	ARN         string // of the version
	Version     template.Place
	Provisioned template.Raw // concurrency
	Trust       Trust

	Log *template.Log // what was found in the version
}

// A Trust tells whether Lambda@Edge may assume the role of a function.
type Trust struct {
	template.Place
	Given, Known bool
}

// Definitions are the functions at the edge. Each is read once, when a behavior names it.
type Definitions struct {
	assembly *assembly.Assembly
	lambda   *lambda.Definitions
	viewers  map[string]*ViewerDefinition // by ARN
	edges    map[string]*Definition       // by the ARN of the version
}

// NewDefinitions are those of the assembly.
func NewDefinitions(a *assembly.Assembly, functions *lambda.Definitions) *Definitions {
	return &Definitions{assembly: a, lambda: functions, viewers: map[string]*ViewerDefinition{}, edges: map[string]*Definition{}}
}

// Viewer returns the CloudFront Function with the ARN; nil if the assembly does not have it.
func (ds *Definitions) Viewer(arn string) *ViewerDefinition {
	f, known := ds.viewers[arn]
	if !known {
		if res, _ := ds.assembly.Find("AWS::CloudFront::Function", "FunctionARN", arn); res != nil {
			f = readViewer(res, arn)
		}
		ds.viewers[arn] = f
	}
	return f
}

// viewerName is the form of a CloudFront Function's name.
var viewerName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func readViewer(res *assembly.Resource, arn string) *ViewerDefinition {
	f := &ViewerDefinition{Place: template.Place{Resource: res}, Name: res.Name(), ARN: arn, Log: &template.Log{}}
	template.Read(res, f.Log, func(r *template.Reader) {
		r.Skip("Tags", "FunctionMetadata")
		r.Text("Name", template.Required, template.Matching(viewerName, "1 to 64 letters, digits, underscores and dashes"), template.Quiet)
		f.Code = r.Text("FunctionCode", template.Required, template.AtMost(maxViewerCode))
		f.Published = r.Bool("AutoPublish", template.Default(false), template.Quiet)
		if f.Published.IsNot(true) {
			r.Unmodelled("AutoPublish", "is not true: the function stays in stage DEVELOPMENT and no distribution can use it")
		}
		config := r.Object("FunctionConfig", template.Required)
		config.Text("Comment", template.Required, template.Quiet)
		f.Runtime = config.Text("Runtime", template.Required, template.OneOf(script.Runtime1, script.Runtime2))
		config.Raw("KeyValueStoreAssociations", template.Quiet, template.Unserved)
	})
	return f
}

// principal is who runs functions at the edge.
const principal = "edgelambda.amazonaws.com"

// versionARN is the ARN of a numbered version.
var versionARN = regexp.MustCompile(`^arn:[a-z-]+:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]+):(\d+)$`)

// ParseVersion takes the ARN of a numbered version apart.
func ParseVersion(arn string) (region, account string, ok bool) {
	m := versionARN.FindStringSubmatch(arn)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// Lambda returns the function at the edge with the ARN of a version; nil if the assembly
// does not have the function.
func (ds *Definitions) Lambda(arn string) *Definition {
	if f, known := ds.edges[arn]; known {
		return f
	}
	var f *Definition
	function, _ := lambda.SplitARN(arn)
	if d := ds.lambda.Find(function); d != nil {
		f = &Definition{Definition: d, ARN: arn, Log: &template.Log{}}
		f.Trust.Place, f.Trust.Given, f.Trust.Known = roles.Trusts(ds.assembly, d.Resource, principal)
		if version, _ := ds.assembly.Find("AWS::Lambda::Version", "", arn); version != nil {
			f.readVersion(version)
		}
	}
	ds.edges[arn] = f
	return f
}

func (f *Definition) readVersion(version *assembly.Resource) {
	f.Version = template.Place{Resource: version}
	template.Read(version, f.Log, func(r *template.Reader) {
		r.Skip("FunctionName", "Description", "CodeSha256", "RuntimePolicy")
		f.Provisioned = r.Raw("ProvisionedConcurrencyConfig")
	})
}
