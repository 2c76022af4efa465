package cloudfront

import (
	"crypto"
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// A Behavior is a cache behavior with what it refers to.
type Behavior struct {
	template.Place

	PathPattern    template.Text // "*" for the default behavior
	Methods        template.Texts
	Cached         template.Texts // the methods whose responses are kept, beside GET and HEAD
	ViewerProtocol template.Text
	Compress       template.Bool

	Target          template.Text
	Origin          *Origin   // nil: none of the distribution's
	Origins         []*Origin // all that requests may go to: of a group there are two
	CacheID         template.Text
	Cache           *CachePolicy // nil: not known
	PolicyID        template.Text
	Policy          *OriginRequestPolicy // nil: not known
	ResponseID      template.Text
	ResponseHeaders *ResponseHeadersPolicy // nil: none
	KeyGroups       template.Texts         // whose keys sign URLs and cookies

	// The functions at the edge, as the template associates them, and as the chain runs them;
	// nil: none.
	ViewerFunctions []ViewerAssociation
	EdgeFunctions   []Association
	ViewerRequest   *edge.ViewerDefinition
	ViewerResponse  *edge.ViewerDefinition
	// Lambda@Edge at viewer events; nil: none.
	LambdaRequest  *edge.Definition
	LambdaBody     bool // LambdaRequest gets the body
	LambdaResponse *edge.Definition
	OriginRequest  *edge.Definition
	IncludeBody    bool // of OriginRequest
	OriginResponse *edge.Definition

	distribution *Distribution
	keys         map[string]crypto.PublicKey // of KeyGroups, by their ids; nil: nobody needs to sign
	group        *group                      // nil: one origin
	unserved     []template.Finding          // what of it the local chain does not model
	legacy       template.Place              // of ForwardedValues, if Cache is made of them
	log          *template.Log
}

// A ViewerAssociation is a CloudFront Function at an event.
type ViewerAssociation struct {
	template.Place
	Event    template.Text
	ARN      template.Text
	Function *edge.ViewerDefinition // nil: not of this assembly
}

// An Association is a Lambda@Edge function at an event.
type Association struct {
	template.Place
	Event    template.Text
	ARN      template.Text
	Body     template.Bool    // its event has the body of the request
	Function *edge.Definition // nil: not of this assembly
}

// source is the code of the function; nil if the assembly does not have it.
func (a *Association) source() *lambda.Source {
	if a.Function == nil {
		return nil
	}
	return a.Function.Source()
}

// Allows reports whether the behavior lets the HTTP method through.
func (b *Behavior) Allows(method string) bool { return b.Methods.Has(method) }

func readBehavior(r *template.Reader, pattern template.Text) Behavior {
	b := Behavior{Place: r.Place, PathPattern: pattern, log: &template.Log{}}
	r.Into(b.log)
	b.Target = r.Text("TargetOriginId", template.Required)
	b.ViewerProtocol = r.Text("ViewerProtocolPolicy", template.Required, template.OneOf(viewerPolicies...))
	b.Compress = r.Bool("Compress", template.Quiet)
	b.CacheID = r.Text("CachePolicyId")
	b.readForwardedValues(r)
	b.PolicyID = r.Text("OriginRequestPolicyId")
	b.ResponseID = r.Text("ResponseHeadersPolicyId", template.Quiet)
	b.KeyGroups = r.Texts("TrustedKeyGroups", template.Quiet)
	r.Skip("RealtimeLogConfigArn")
	if r.Bool("SmoothStreaming", template.Quiet).Is(true) {
		r.Unmodelled("SmoothStreaming", "is true: not modelled by the local chain")
	}
	if grpc := r.Object("GrpcConfig", template.Quiet); grpc.Bool("Enabled", template.Quiet).Is(true) {
		grpc.Unmodelled("Enabled", "is true: gRPC needs HTTP/2 to the origin, which a function URL does not speak")
	}
	b.Cached = r.Texts("CachedMethods", template.Quiet)
	oneOfSets(r, "CachedMethods", &b.Cached, methodSets[:2])
	b.Methods = r.Texts("AllowedMethods")
	oneOfSets(r, "AllowedMethods", &b.Methods, methodSets)
	if !b.Methods.Given {
		b.Methods.Items = template.TextsOf(methodSets[0]...).Items
	}
	functions, _ := r.Objects("FunctionAssociations", template.Part)
	for _, item := range functions {
		b.ViewerFunctions = append(b.ViewerFunctions, ViewerAssociation{
			Place: item.Place, ARN: item.Text("FunctionARN", template.Required, template.Part),
			Event: item.Text("EventType", template.Required, template.OneOf(viewerEvents...)),
		})
	}
	functions, _ = r.Objects("LambdaFunctionAssociations", template.Part)
	for _, item := range functions {
		b.EdgeFunctions = append(b.EdgeFunctions, Association{
			Place: item.Place, ARN: item.Text("LambdaFunctionARN", template.Required, template.Part), Body: item.Bool("IncludeBody"),
			Event: item.Text("EventType", template.Required, template.OneOf(edgeEvents...)),
		})
	}
	return b
}

// A linker replaces the identifiers in behaviors by what they identify. What several
// behaviors share is read once.
type linker struct {
	assembly  *assembly.Assembly
	functions *edge.Definitions
	policies  *policies
	controls  map[string]*AccessControl // by id
}

func (l *linker) link(d *Distribution, b *Behavior) {
	b.distribution = d
	targets := d.targets(b)
	b.group, b.Origins = d.group(b), targets
	if len(targets) > 0 {
		b.Origin = targets[0] // of a group the first function decides
		if i := slices.IndexFunc(targets, (*Origin).ServesFunction); i >= 0 {
			b.Origin = targets[i]
		}
	}
	for i := range b.ViewerFunctions {
		a := &b.ViewerFunctions[i]
		if a.ARN.V == "" {
			continue
		}
		if a.Function = l.functions.Viewer(a.ARN.V); a.Function == nil {
			b.log.Unmodelled(a.ARN.Place, "is %s: CloudFront Functions must be in this cloud assembly", a.ARN.V)
		}
		switch a.Event.V {
		case "viewer-request":
			b.ViewerRequest = a.Function
		case "viewer-response":
			b.ViewerResponse = a.Function
		}
	}
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		if a.ARN.V == "" {
			continue
		}
		if a.Function = l.functions.Lambda(a.ARN.V); a.Function == nil {
			b.log.Unmodelled(a.ARN.Place, "is %s: Lambda@Edge functions must be in this cloud assembly", a.ARN.V)
		}
		switch a.Event.V {
		case "origin-request":
			b.OriginRequest, b.IncludeBody = a.Function, a.Body.V
		case "origin-response":
			b.OriginResponse = a.Function
		case "viewer-request":
			b.LambdaRequest, b.LambdaBody = a.Function, a.Body.V
		case "viewer-response":
			b.LambdaResponse = a.Function
		}
	}
	l.policies.link(b)
	l.trustedKeys(b)
	for _, o := range targets {
		l.control(o)
		l.identity(o)
		o.signer, o.unseen = o.signer || b.signs(), o.unseen || b.unseen()
	}
}

func (l *linker) control(o *Origin) {
	id := o.AccessID.V
	if id == "" || o.Access != nil {
		return
	}
	c, known := l.controls[id]
	if !known {
		if res, _ := l.assembly.Find("AWS::CloudFront::OriginAccessControl", "Id", id); res != nil {
			c = readAccessControl(res)
		}
		l.controls[id] = c
	}
	want := "lambda"
	if o.S3 {
		want = "s3"
	}
	if c != nil && c.Type.IsNot(want) && (o.S3 || o.ServesFunction()) {
		o.log.Unmodelled(c.Type.Place, "is %s: the local chain models %s there", c.Type.V, want)
	}
	if o.Access = c; c == nil {
		o.log.Unmodelled(o.AccessID.Place, "is %s, which is not in this cloud assembly", id)
	}
}

// identity finds the origin access identity of an origin.
func (l *linker) identity(o *Origin) {
	if o.IdentityID == "" || o.Identity != nil {
		return
	}
	res, _ := l.assembly.Find("AWS::CloudFront::CloudFrontOriginAccessIdentity", "Id", o.IdentityID)
	if res == nil {
		o.log.Unmodelled(o.At("S3OriginConfig.OriginAccessIdentity"), "is %s, which is not in this cloud assembly", o.IdentityID)
		return
	}
	user, _ := res.Attribute("S3CanonicalUserId")
	o.Identity = &Identity{Place: template.Place{Resource: res}, ID: o.IdentityID, CanonicalUser: user, log: &template.Log{}}
	template.Read(res, o.Identity.log, func(r *template.Reader) {
		r.Object("CloudFrontOriginAccessIdentityConfig", template.Required).Text("Comment", template.Required, template.Spare)
	})
}

// Unserved returns what on the way of the behavior's requests the local chain does not model;
// nothing if all is. CloudFront serves it: here its paths, and no others, are answered 501.
func (b *Behavior) Unserved() []template.Finding { return b.unserved }

// gather collects what is Unserved, of what was found in the behavior and on the way to its
// origins.
func (b *Behavior) gather(found *template.Log) {
	all := &template.Log{}
	all.Take(found, template.Unmodelled)
	if b.group != nil {
		all.Take(b.group.log, template.Unmodelled)
	}
	for _, o := range b.Origins {
		o.unserved(all)
	}
	b.unserved = all.Findings()
}

// signs reports whether a function at origin-request signs the requests, as was done before
// there was origin access control for Lambda.
func (b *Behavior) signs() bool {
	return slices.ContainsFunc(b.EdgeFunctions, func(a Association) bool {
		code := a.source()
		return a.Event.Is("origin-request") && code != nil && (code.Names("aws4") || code.Names("signaturev4"))
	})
}

// unseen reports whether a function at origin-request, which may sign, cannot be looked at.
func (b *Behavior) unseen() bool {
	return slices.ContainsFunc(b.EdgeFunctions, func(a Association) bool {
		return (a.Event.Is("origin-request") || !a.Event.Known()) && a.source() == nil
	})
}
