package edge

import (
	"regexp"
	"slices"

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
	Store     *StoreDefinition // nil: none

	Log *template.Log // what was found in it

	storeARN template.Text
}

// A Definition is a version of a Lambda function at the edge.
type Definition struct {
	*lambda.Definition

	ARN         string // of the version
	Version     template.Place
	Provisioned template.Raw // concurrency
	Trust       lambda.Trust // in Lambda@Edge

	Log *template.Log // what was found in the version
}

// Definitions are the functions at the edge. Each is read once, when a behavior names it.
type Definitions struct {
	assembly *assembly.Assembly
	lambda   *lambda.Definitions
	viewers  map[string]*ViewerDefinition // by ARN
	edges    map[string]*Definition       // by the ARN of the version
	stores   map[string]*StoreDefinition  // by ARN

	// Filled are the names of key-value stores whose values somebody gives.
	Filled []string
}

// Stores are the key-value stores of functions that were asked for.
func (ds *Definitions) Stores() (all []*StoreDefinition) {
	for _, f := range ds.viewers {
		if f != nil && f.Store != nil && !slices.Contains(all, f.Store) {
			all = append(all, f.Store)
		}
	}
	return all
}

// NewDefinitions are those of the assembly.
func NewDefinitions(a *assembly.Assembly, functions *lambda.Definitions) *Definitions {
	return &Definitions{assembly: a, lambda: functions, viewers: map[string]*ViewerDefinition{}, edges: map[string]*Definition{}, stores: map[string]*StoreDefinition{}}
}

// Viewer returns the CloudFront Function with the ARN; nil if the assembly does not have it.
func (ds *Definitions) Viewer(arn string) *ViewerDefinition {
	f, known := ds.viewers[arn]
	if !known {
		if res, _ := ds.assembly.Find("AWS::CloudFront::Function", "FunctionARN", arn); res != nil {
			f = readViewer(res, arn)
			ds.readStore(f)
		}
		ds.viewers[arn] = f
	}
	return f
}

// readStore finds the key-value store of a function.
func (ds *Definitions) readStore(f *ViewerDefinition) {
	if f.storeARN.V == "" {
		return
	}
	f.Store = ds.store(f.storeARN.V)
	switch {
	case f.Store == nil:
		f.Log.Unmodelled(f.storeARN.Place, "is %s, which is not in this cloud assembly", f.storeARN.V)
	case !slices.ContainsFunc(ds.Filled, f.Store.Is):
		f.Log.Take(f.Store.Log)
	}
}

// viewerName is the form of a CloudFront Function's name.
var viewerName = template.Bounded{Regexp: regexp.MustCompile(`^[a-zA-Z0-9_-]+$`), Most: 64}

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
		stores, _ := config.Objects("KeyValueStoreAssociations", template.Quiet)
		for _, item := range stores {
			f.storeARN = item.Text("KeyValueStoreARN", template.Required, template.Quiet)
		}
		if len(stores) > 1 {
			config.Refuse("KeyValueStoreAssociations", "has %d stores: CloudFront accepts one", len(stores))
		}
		if len(stores) > 0 && f.Runtime.Is(script.Runtime1) {
			config.Refuse("KeyValueStoreAssociations", "is set, and Runtime is %s: CloudFront accepts stores with %s", f.Runtime.V, script.Runtime2)
		}
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
		ds.lambda.ReadLogs(d)
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
