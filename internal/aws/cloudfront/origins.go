package cloudfront

import (
	"errors"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/s3"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// An Origin is one of a distribution's.
type Origin struct {
	template.Place

	ID                template.Text
	DomainName        template.Text
	Path              template.Text
	Headers           []CustomHeader    // sent with every request
	ProtocolPolicy    template.Text     // by which CloudFront calls it
	Port              template.Number   // for HTTPS
	ReadTimeout       template.Duration // until the first byte, and for every gap after it
	KeepAliveTimeout  template.Duration
	Attempts          template.Number   // for GET and HEAD, on a read timeout
	CompletionTimeout template.Duration // of the whole response; 0: none
	SSLProtocols      template.Texts
	AccessID          template.Text  // of the origin access control
	Access            *AccessControl // nil: none, or not of this assembly

	HTTPPort          template.Number
	ConnectionTimeout template.Duration // of one attempt
	IdentityID        string            // of the origin access identity; "": none

	URL      *functionurl.URL // nil: of somebody else, or no function URL
	Foreign  bool             // a function URL of somebody else
	Bucket   *s3.Bucket       // nil: no bucket of this assembly
	Website  *s3.Bucket       // whose website it is; nil: none's
	VPC      bool             // it is reached inside a VPC
	Identity *Identity        // nil: none, or not of this assembly
	S3       bool             // it has S3OriginConfig: a bucket, of whomever
	Shield   bool             // it has Origin Shield, a cache in front of it
	// Address is where the origin is, if somebody said so: a URL. "": what the template says.
	Address string

	way   *template.Log // what was found in its id and its domain name
	where *template.Log // why nobody here is what its domain name says

	known []door.Door // the front doors of the assembly, which it may be

	hostHeader    string // "": the domain name
	signingRegion string // "": the one in the domain name

	// signer says that an edge function on the way to the origin signs, and unseen that one
	// cannot be looked at, which may.
	signer, unseen bool
	log            *template.Log
}

// A CustomHeader is sent with every request to the origin.
type CustomHeader struct{ Name, Value template.Text }

// An AccessControl is an origin access control.
type AccessControl struct {
	template.Place
	Type     template.Text
	Behavior template.Text
	Protocol template.Text
	log      *template.Log
}

// An Identity is an origin access identity, by which buckets know CloudFront.
type Identity struct {
	template.Place
	ID            string
	CanonicalUser string
	log           *template.Log
}

// Signing is the signing behavior of an origin access control.
type Signing string

// The signing behaviors of an origin access control, and the lack of one.
const (
	SignAlways     Signing = "always"
	SignNoOverride Signing = "no-override"
	SignNever      Signing = "never"
)

// Signing says how the requests for the origin are signed.
func (o *Origin) Signing() Signing {
	if o.Access == nil {
		return SignNever
	}
	return Signing(o.Access.Behavior.V)
}

// HasAccessControl reports whether the origin names an origin access control, be it one that
// never signs.
func (o *Origin) HasAccessControl() bool { return o.AccessID.V != "" }

// ServesFunction reports whether there is a function URL behind the origin.
func (o *Origin) ServesFunction() bool { return o.URL != nil || o.Foreign }

// iam reports whether the function URL asks for a signature.
func (o *Origin) iam() bool { return o.URL == nil || !o.URL.Public() }

// signedAtTheEdge reports whether an edge function signs in place of an origin access control, or
// may: one that cannot be looked at is a finding already.
func (o *Origin) signedAtTheEdge() bool { return (o.signer || o.unseen) && o.AccessID.Is("") }

// unserved adds what of the origin the local chain does not model.
func (o *Origin) unserved(all *template.Log) {
	all.Take(o.log, template.Unmodelled)
	if o.Access != nil {
		all.Take(o.Access.log, template.Unmodelled)
	}
	if o.Address == "" {
		all.Take(o.way, template.Unmodelled)
		o.unservedDoor(all)
		all.Take(o.where, template.Unmodelled)
		if o.Bucket != nil {
			all.Take(o.Bucket.Log, template.Unmodelled)
		}
		if o.Website != nil {
			all.Take(o.Website.Log, template.Unmodelled)
			if o.Website.Website != nil {
				all.Take(o.Website.Website.Log, template.Unmodelled)
			}
		}
		if o.URL != nil {
			for _, f := range o.URL.Unserved() {
				all.Add(f)
			}
		}
	}
}

// event is what edge functions see of the origin.
func (o *Origin) event() *edge.Origin {
	e := &edge.Origin{
		S3: o.S3, Port: o.Port.V, Protocol: "https",
		DomainName: o.DomainName.V, Path: o.Path.V, Headers: map[string]string{}, ReadTimeout: o.ReadTimeout.V,
		KeepAliveTimeout: o.KeepAliveTimeout.V, CompletionTimeout: o.CompletionTimeout.V, SSLProtocols: o.SSLProtocols.Strings(),
	}
	if o.ProtocolPolicy.Is("http-only") {
		e.Protocol, e.Port = "http", o.HTTPPort.V
	}
	if o.Bucket != nil {
		e.Region = o.Bucket.Region
	}
	e.AuthMethod = "none"
	if o.IdentityID != "" {
		e.AuthMethod = "origin-access-identity"
	}
	for _, h := range o.Headers {
		e.Headers[h.Name.V] = h.Value.V
	}
	return e
}

// functionURL is the domain name of a function URL.
var functionURL = regexp.MustCompile(`^[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws$`)

func readOrigin(r *template.Reader, sources *Sources) *Origin {
	o := &Origin{Place: r.Place, log: &template.Log{}, way: &template.Log{}, where: &template.Log{}}
	r.Into(o.way)
	o.ID = r.Text("Id", template.Required)
	o.Address = sources.Addresses[o.ID.V]
	o.DomainName = r.Text("DomainName", template.Required, template.Part, template.QuietIf(elsewhere))
	o.S3 = r.Raw("S3OriginConfig", template.Quiet).Given
	o.VPC = r.Raw("VpcOriginConfig", template.Quiet).Given
	o.known = sources.Doors
	if elsewhere(o.DomainName.Why) {
		o.DomainName.Why = nil // nobody's function URL, whatever it is
	}
	o.find(sources)
	r.Into(o.log)
	o.read(r)
	return o
}

// s3Domain is the domain name of a bucket's objects.
var s3Domain = regexp.MustCompile(`^[a-z0-9.-]+\.s3([.-][a-z0-9.-]+)?\.amazonaws\.com(\.cn)?$`)

// find finds what the domain name names.
func (o *Origin) find(sources *Sources) {
	domain := functionurl.Bare(o.DomainName.V)
	if domain == "" {
		return
	}
	for _, u := range sources.URLs.URLs {
		if u.DomainName != "" && u.DomainName == domain {
			o.URL = u
		}
	}
	if o.URL != nil {
		return
	}
	o.Foreign = functionURL.MatchString(domain)
	if o.Bucket = sources.Buckets.Origin(domain); o.Bucket != nil {
		return
	}
	if len(o.doors()) > 0 {
		return
	}
	if o.Website = sources.Buckets.Website(domain); o.Website != nil {
		return
	}
	const what = "which is neither a function URL nor a bucket, an API or a load balancer of this cloud assembly"
	o.where.Unmodelled(o.DomainName.Place, "is %s, %s: say where it is with --origin %s=http://localhost:PORT", domain, what, o.ID.V)
}

// elsewhere reports a domain name that is not known whether it is made of a resource that is
// no function URL and stands for none, such as a load balancer: it is nobody's function URL.
func elsewhere(err error) bool {
	unknown := (*assembly.UnknownError)(nil)
	if !errors.As(err, &unknown) {
		return false
	}
	switch typ := unknown.Resource.Type; typ {
	case "AWS::Lambda::Url", "AWS::CloudFormation::Stack", "AWS::CloudFormation::CustomResource":
		return false
	default:
		return !strings.HasPrefix(typ, "Custom::")
	}
}

func (o *Origin) read(r *template.Reader) {
	o.Path = r.Text("OriginPath", template.Matching(originPath, "a path that begins with / and does not end with one"), template.Quiet)
	o.AccessID = r.Text("OriginAccessControlId")
	o.ConnectionTimeout = r.Seconds("ConnectionTimeout", template.Default(maxConnecting), template.Between(1, maxConnecting), template.Quiet)
	o.Attempts = r.Number("ConnectionAttempts", template.Default(maxAttempts), template.Between(1, maxAttempts), template.Quiet)
	o.CompletionTimeout = r.Seconds("ResponseCompletionTimeout", template.Default(0))
	headers, _ := r.Objects("OriginCustomHeaders", template.Quiet)
	for _, item := range headers {
		o.Headers = append(o.Headers, CustomHeader{
			item.Text("HeaderName", template.Required, template.Matching(headerName, "the name of a header"), template.AtMost(maxCustomName), template.Takes(customHeader), template.Quiet),
			item.Text("HeaderValue", template.Required, template.AtMost(maxCustomValue), template.Carried),
		})
	}
	refuseHeaders(r, o.Headers)
	shield := r.Object("OriginShield", template.Quiet)
	shield.Skip("OriginShieldRegion")
	o.Shield = shield.Bool("Enabled", template.Quiet).Is(true)
	kinds := 0
	for _, kind := range []string{"S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig"} {
		if r.Raw(kind, template.Quiet).Given {
			kinds++
		}
	}
	if kinds != 1 && r.Known() {
		r.RefuseAll("has %d of S3OriginConfig, CustomOriginConfig and VpcOriginConfig: CloudFront accepts one", kinds)
	}
	o.readVPC(r.Object("VpcOriginConfig"))
	o.readBucket(r.Object("S3OriginConfig"))
	o.readCustom(r.Object("CustomOriginConfig"))
}

// identityPath is how an origin names an origin access identity.
const identityPath = "origin-access-identity/cloudfront/"

func (o *Origin) readBucket(r *template.Reader) {
	identity := r.Text("OriginAccessIdentity", template.Quiet)
	if o.S3 {
		o.ReadTimeout = r.Seconds("OriginReadTimeout", template.Default(defaultReadTimeout), template.Between(1, maxOriginTimeout), template.Quiet)
	}
	if domain := functionurl.Bare(o.DomainName.V); r.Given && domain != "" && o.Bucket == nil && !s3Domain.MatchString(domain) {
		r.RefuseAll("is set, and DomainName is %s: CloudFront accepts the domain name of a bucket", domain)
	}
	if identity.V == "" {
		return
	}
	id, ok := strings.CutPrefix(identity.V, identityPath)
	switch {
	case !ok:
		r.Refuse("OriginAccessIdentity", "is %s: CloudFront accepts %sID", identity.V, identityPath)
	case o.AccessID.IsNot(""):
		r.Refuse("OriginAccessIdentity", "is set beside OriginAccessControlId: CloudFront accepts one of them")
	}
	o.IdentityID = id
}

// readVPC reads how an origin in a VPC is asked. By which protocol, and at which port, its
// AWS::CloudFront::VpcOrigin says, which is not looked at.
func (o *Origin) readVPC(r *template.Reader) {
	if !o.VPC {
		return
	}
	r.Skip("OwnerAccountId")
	r.Raw("VpcOriginId", template.Required, template.Spare)
	o.ReadTimeout = r.Seconds("OriginReadTimeout", template.Default(defaultReadTimeout), template.Between(1, maxOriginTimeout), template.Quiet)
	o.KeepAliveTimeout = r.Seconds("OriginKeepaliveTimeout", template.Default(defaultKeepAliveTimeout), template.Between(1, maxOriginTimeout), template.Quiet)
}

func (o *Origin) readCustom(r *template.Reader) {
	o.HTTPPort = r.Number("HTTPPort", template.Default(80), template.Takes(port), template.Quiet)
	r.Text("IpAddressType", template.OneOf("ipv4", "ipv6", "dualstack"), template.Quiet)
	o.Port = r.Number("HTTPSPort", template.Default(443), template.Takes(port))
	o.ProtocolPolicy = r.Text("OriginProtocolPolicy", template.Required, template.OneOf(originPolicies...))
	if o.ServesFunction() {
		// Function URLs speak HTTPS on 443 and nothing else.
		if o.ProtocolPolicy.Given && o.ProtocolPolicy.IsNot("https-only") {
			r.Unmodelled("OriginProtocolPolicy", "is %s: the local chain models https-only", o.ProtocolPolicy.V)
		}
		if o.Port.IsNot(443) {
			r.Unmodelled("HTTPSPort", "is %d: the local chain models 443", o.Port.V)
		}
	}
	if !o.S3 && !o.VPC {
		o.ReadTimeout = r.Seconds("OriginReadTimeout", template.Default(defaultReadTimeout), template.Between(1, maxOriginTimeout))
	}
	if !o.VPC {
		o.KeepAliveTimeout = r.Seconds("OriginKeepaliveTimeout", template.Default(defaultKeepAliveTimeout), template.Between(1, maxOriginTimeout), template.Quiet)
	}
	o.SSLProtocols = r.Texts("OriginSSLProtocols", template.OneOf(originProtocols...))
}

func readAccessControl(res *assembly.Resource) *AccessControl {
	c := &AccessControl{Place: template.Place{Resource: res}, log: &template.Log{}}
	template.Read(res, c.log, func(r *template.Reader) {
		config := r.Object("OriginAccessControlConfig", template.Required)
		config.Skip("Description")
		config.Text("Name", template.Required, template.AtMost(maxOACName), template.Quiet)
		why := template.Blame(causes.OACNotAlways)
		c.Type = config.Text("OriginAccessControlOriginType", template.Required, why, template.OneOf(originTypes...), template.Models("lambda", "s3"))
		c.Protocol = config.Text("SigningProtocol", template.Required, why, template.OneOf("sigv4"))
		c.Behavior = config.Text("SigningBehavior", template.Required, why, template.OneOf(string(SignAlways), string(SignNoOverride), string(SignNever)))
	})
	return c
}
