package streamfront

import (
	"fmt"
	"reflect"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/infra/internal/warning"
)

// behaviorOf returns the cache behavior of a route: RouteOptions.Behavior, the endpoint's edge
// functions, and defaults.
func (e *endpoint) behaviorOf(r *route) *awscloudfront.AddBehaviorOptions {
	b := r.behavior
	b.FunctionAssociations = prepend(&awscloudfront.FunctionAssociation{
		EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST,
		Function:  e.viewerFunctionOf(r),
	}, b.FunctionAssociations)
	if r.restoresChallenge() {
		b.EdgeLambdas = prepend(e.challengeLambda(), b.EdgeLambdas)
	}
	switch {
	case r.authorized():
		b.EdgeLambdas = prepend(e.authorizerLambda(r), b.EdgeLambdas)
	case r.PayloadHash == PayloadHash_EDGE:
		b.EdgeLambdas = prepend(e.signerLambda(), b.EdgeLambdas)
	}
	e.edgeLambdas += length(b.EdgeLambdas)
	e.warn(r)

	b.CachePolicy = r.CachePolicy
	if b.OriginRequestPolicy == nil && !r.key.caches {
		b.OriginRequestPolicy = awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER()
	}
	if b.ViewerProtocolPolicy == "" {
		b.ViewerProtocolPolicy = awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS
	}
	if b.AllowedMethods == nil {
		b.AllowedMethods = awscloudfront.AllowedMethods_ALLOW_ALL()
		if r.PayloadHash == PayloadHash_NONE {
			b.AllowedMethods = awscloudfront.AllowedMethods_ALLOW_GET_HEAD_OPTIONS()
		}
	}
	if b.ResponseHeadersPolicy == nil {
		b.ResponseHeadersPolicy = e.responseHeaders
	}
	if b.Compress == nil {
		// Compression would delay a stream.
		b.Compress = jsii.Bool(r.key.caches && !r.streams())
	}
	return &b
}

// maxEdgeLambdas is CloudFront's quota for Lambda@Edge on a distribution. The Developer Guide counts
// functions, the API's error associations (both documented).
const maxEdgeLambdas = 100

// warn warns of what is valid but may go wrong.
func (e *endpoint) warn(r *route) {
	warn := func(name, format string, args ...any) {
		warning.Add(e, name, fmt.Sprintf(format, args...))
	}
	if !r.key.known {
		warn("importedCachePolicy", "the cache policy of %s is imported, so it cannot be examined: the route is anonymous, and the policy must not have Host in its key", r.name())
	}
	if r.key.caches && !r.forwardingKnown {
		warn("importedOriginRequestPolicy", "the origin request policy of %s is imported, so it cannot be examined: it must forward nothing that is not in the cache key, or one viewer could get a response made for another", r.name())
	}
	if e.edgeLambdas > maxEdgeLambdas {
		warn("edgeLambdas", "the endpoint has more than %d associations with Lambda@Edge functions, which may be CloudFront's quota for a distribution; let one pattern match several paths, or set PayloadHash_NONE where nobody sends a body", maxEdgeLambdas)
	}
}

// length returns the number of elements of a list that may be nil.
func length[T any](list *[]T) int {
	if list == nil {
		return 0
	}
	return len(*list)
}

// signerLambda returns the association of the signer. All routes share the signer.
func (e *endpoint) signerLambda() *awscloudfront.EdgeLambda {
	if e.signer == nil {
		e.signer = NewPayloadSigner(e, jsii.String("Signer"), nil)
	}
	return e.signer.EdgeLambda()
}

// viewerFunctionOf returns the route's function at viewer-request: the user's, or the variant for
// this kind of route, which is made once.
func (e *endpoint) viewerFunctionOf(r *route) interfacesawscloudfront.IFunctionRef {
	if r.ViewerFunction != nil {
		return r.ViewerFunction
	}
	variant := viewer.Route{
		Streamed:  r.streams(),
		Signed:    r.PayloadHash == PayloadHash_EDGE || r.authorized(),
		Cached:    r.key.caches,
		Anonymous: r.key.caches && !r.key.hasIdentity(),
	}
	if e.viewerFunctions[variant] == nil {
		e.viewerFunctions[variant] = e.newViewerFunction(variant)
		e.ownViewerFunctions = append(e.ownViewerFunctions, e.viewerFunctions[variant])
	}
	return e.viewerFunctions[variant]
}

func (e *endpoint) newViewerFunction(variant viewer.Route) awscloudfront.Function {
	id, comment := "Viewer", "streamfront: keeps the viewer's host"
	if !variant.Streamed {
		id += "Buffered"
	}
	switch {
	case variant.Anonymous:
		id += "Anonymous"
		comment += ", drops who it is"
	case variant.Cached:
		id += "Cached"
		comment += " and Authorization, drops X-Forwarded-For"
	case !variant.Signed:
		id += "Unsigned"
		comment += " and Authorization"
	}
	return awscloudfront.NewFunction(e, &id, &awscloudfront.FunctionProps{
		Comment: &comment,
		Code:    awscloudfront.FunctionCode_FromInline(jsii.String(variant.Source())),
		Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
	})
}

// validateBehavior finds what the CDK accepts and AWS refuses, and what the endpoint could not keep.
func (r *route) validateBehavior() {
	if r.behavior.EdgeLambdas != nil {
		for _, l := range *r.behavior.EdgeLambdas {
			r.validateEdgeLambda(l)
		}
	}
	if r.behavior.FunctionAssociations != nil {
		for _, a := range *r.behavior.FunctionAssociations {
			if a.EventType == awscloudfront.FunctionEventType_VIEWER_REQUEST {
				r.found.Add("%s has a viewer-request function, but CloudFront runs only one, which is the endpoint's; pass yours as %s, where it must also do what the endpoint's does", r.base("FunctionAssociations"), r.option("ViewerFunction"))
			}
		}
	}
	if r.behavior.EnableGrpc != nil && *r.behavior.EnableGrpc {
		r.found.Add("%s is set, but a function URL does not speak gRPC; leave it out", r.base("EnableGrpc"))
	}
}

// validateEdgeLambda finds a function at an event that has one already. Lambda@Edge at viewer events
// cannot be combined with a CloudFront Function.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
func (r *route) validateEdgeLambda(l *awscloudfront.EdgeLambda) {
	switch l.EventType {
	case awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST:
		if r.PayloadHash == PayloadHash_EDGE {
			r.found.Add("%s has an origin-request function, but CloudFront runs only one, which is the signer; do its work in the function, set PayloadHash_CLIENT or PayloadHash_NONE, or use a PayloadSigner on a distribution of your own", r.base("EdgeLambdas"))
		}
	case awscloudfront.LambdaEdgeEventType_ORIGIN_RESPONSE:
		if r.restoresChallenge() {
			r.found.Add("%s has an origin-response function, but CloudFront runs only one, which is RestoreChallenge's; leave RestoreChallenge out and give x-amzn-remapped-www-authenticate its name back in your function", r.base("EdgeLambdas"))
		}
	case awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST, awscloudfront.LambdaEdgeEventType_VIEWER_RESPONSE:
		r.found.Add("%s has a function at %s, but CloudFront allows no Lambda@Edge at viewer events beside a CloudFront Function, which the endpoint has at viewer-request; use a CloudFront Function at viewer-response or Lambda@Edge at origin-response", r.base("EdgeLambdas"), l.EventType)
	}
}

// defaultBehavior returns the options of a behavior with its origin. The two CDK types differ only in
// that field. Reflection also copies fields that a later CDK adds.
func defaultBehavior(options *awscloudfront.AddBehaviorOptions, origin awscloudfront.IOrigin) *awscloudfront.BehaviorOptions {
	b := &awscloudfront.BehaviorOptions{Origin: origin}
	copyFields(b, options)
	return b
}

// copyFields sets the fields of *to that *from has as well.
func copyFields(to, from any) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range f.NumField() {
		if field := t.FieldByName(f.Type().Field(i).Name); field.IsValid() {
			field.Set(f.Field(i))
		}
	}
}

// prepend returns a new list, so that the user's stays unchanged.
func prepend[T any](first T, rest *[]T) *[]T {
	list := []T{first}
	if rest != nil {
		list = append(list, *rest...)
	}
	return &list
}
