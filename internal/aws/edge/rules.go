package edge

import (
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge/script"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are what Lambda@Edge takes of a function.
//
// Source: Amazon CloudFront Developer Guide, "Restrictions on Lambda@Edge".
var Rules = []template.Rule[*Definition]{
	{ID: causes.EdgeFunctionUnfit, Kind: template.Refused, Level: template.Error, Look: unfit},
	{ID: causes.HandlerMissing, Kind: template.Hole, Level: template.Error, Look: func(f *Definition, r *template.Report) { f.JudgeHandler(r) }},
	{ID: causes.LogsMissing, Kind: template.Hole, Level: template.Note, Look: func(f *Definition, r *template.Report) { f.JudgeLogs(r) }},
}

// ViewerRules are those about one CloudFront Function.
var ViewerRules = []template.Rule[*ViewerDefinition]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: unfitCode},
}

// Judge finds what is wrong with the function.
func (f *Definition) Judge(log *template.Log) {
	log.Take(f.Definition.Log)
	log.Take(f.Log)
	template.Judge(Rules, f, log)
	f.served(log)
}

// Judge finds what is wrong with the function.
func (f *ViewerDefinition) Judge(log *template.Log) {
	log.Take(f.Log)
	template.Judge(ViewerRules, f, log)
}

func unfit(f *Definition, r *template.Report) {
	if runtime := f.Runtime.V; f.Runtime.Given && f.Runtime.Known() && !strings.HasPrefix(runtime, "nodejs") && !strings.HasPrefix(runtime, "python") {
		r.Error(f.Runtime.Place, "is %s: Lambda@Edge runs Node.js and Python", runtime)
	}
	if seconds := int(f.Timeout.V.Seconds()); f.Timeout.Known() && seconds > maxTimeout {
		r.Error(f.Timeout.Place, "is %d s: Lambda@Edge allows %d", seconds, maxTimeout)
	}
	for _, item := range f.Architectures.Items {
		if item.IsNot("x86_64") {
			r.Error(item.Place, "is %s: Lambda@Edge runs on x86_64", item.V)
		}
	}
	if len(f.Variables) > 0 {
		r.Error(f.Environment, "is set: Lambda@Edge functions have no environment variables")
	}
	if f.PackageType.Is("Image") {
		r.Error(f.PackageType.Place, "is Image: Lambda@Edge does not run container images")
	}
	if f.Tracing.Is("Active") {
		r.Error(f.Tracing.Place, "is Active: Lambda@Edge does not support X-Ray")
	}
	if f.Storage.Known() && f.Storage.V > maxEdgeStorage {
		r.Error(f.Storage.Place, "is %d MB: Lambda@Edge allows %d", f.Storage.V, maxEdgeStorage)
	}
	for _, there := range f.unsupported() {
		if there.Filled() {
			r.Error(there.Place, "is set: Lambda@Edge does not support it")
		}
	}
	if f.Trust.Known && !f.Trust.Given {
		r.Error(f.Trust.Place, "does not let %s assume the role of %s: Lambda@Edge runs no function whose role it may not assume", principal, f.Name)
	}
	if len(f.Layers.Items) > 0 {
		r.Error(f.Layers.Place, "is set: Lambda@Edge does not support it")
	}
}

// unsupported are the properties that no function at the edge may have.
func (f *Definition) unsupported() []template.Raw {
	return []template.Raw{f.VPC, f.DeadLetter, f.Key, f.FileSystems, f.Image, f.Provisioned}
}

func (f *Definition) served(log *template.Log) {
	for _, there := range f.unsupported() {
		if !there.Known() { // which is nothing to a function behind a URL
			log.Unknown(there.Place, "is not known before the deployment: %v", there.Why)
		}
	}
	if _, ok := managed.Parse(f.Runtime.V); f.Runtime.Given && f.Runtime.Known() && !ok {
		log.Unmodelled(f.Runtime.Place, "is %s: the local chain runs nodejs and python3 at the edge", f.Runtime.V)
	}
	if f.Version.Resource == nil {
		log.Unmodelled(f.Place, "has no AWS::Lambda::Version with the ARN %s in this cloud assembly", f.ARN)
	}
}

// unfitCode finds code that CloudFront does not take when it creates the function.
func unfitCode(f *ViewerDefinition, r *template.Report) {
	if !f.Code.Known() || !f.Runtime.Known() || f.Code.V == "" {
		return
	}
	if _, err := script.Compile(f.Code.V, script.Options{Runtime: f.Runtime.V}); err != nil {
		r.Error(f.Code.Place, "is not code that CloudFront accepts: %v", err)
	}
}
