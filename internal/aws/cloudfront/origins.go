package cloudfront

import (
	"errors"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
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

	URL     *functionurl.URL // nil: of somebody else, or no function URL
	Foreign bool             // a function URL of somebody else

	// signer tells that an edge function on the way to the origin signs.
	signer bool
	log    *template.Log
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

// Signing is the signing behavior of an origin access control.
type Signing string

// The signing behaviors of an origin access control, and the lack of one.
const (
	SignAlways     Signing = "always"
	SignNoOverride Signing = "no-override"
	SignNever      Signing = "never"
)

// Signing tells how the requests for the origin are signed.
func (o *Origin) Signing() Signing {
	if o.Access == nil {
		return SignNever
	}
	return Signing(o.Access.Behavior.V)
}

// HasAccessControl tells whether the origin names an origin access control, be it one that
// never signs.
func (o *Origin) HasAccessControl() bool { return o.AccessID.V != "" }

// ServesFunction tells whether there is a function URL behind the origin.
func (o *Origin) ServesFunction() bool { return o.URL != nil || o.Foreign }

// iam tells whether the function URL asks for a signature.
func (o *Origin) iam() bool { return o.URL == nil || !o.URL.Public() }

// signedAtTheEdge tells whether an edge function signs in place of an origin access control.
func (o *Origin) signedAtTheEdge() bool { return o.signer && o.AccessID.Is("") }

// event is what edge functions see of the origin.
func (o *Origin) event() *edge.Origin {
	e := &edge.Origin{
		DomainName: o.DomainName.V, Path: o.Path.V, Headers: map[string]string{}, ReadTimeout: o.ReadTimeout.V,
		KeepAliveTimeout: o.KeepAliveTimeout.V, CompletionTimeout: o.CompletionTimeout.V, SSLProtocols: o.SSLProtocols.Strings(),
	}
	for _, h := range o.Headers {
		e.Headers[h.Name.V] = h.Value.V
	}
	return e
}

// functionURL is the domain name of a function URL.
var functionURL = regexp.MustCompile(`^[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws$`)

func readOrigin(r *template.Reader, way *template.Log, urls *functionurl.Model) *Origin {
	o := &Origin{Place: r.Place, log: &template.Log{}}
	o.ID = r.Text("Id", template.Required)
	r.Into(o.log)
	if r.Raw("S3OriginConfig", template.Unserved).Given || r.Raw("VpcOriginConfig", template.Unserved).Given {
		r.SkipAll()
		return o
	}
	r.Into(way)
	o.DomainName = r.Text("DomainName", template.Required, template.Part, template.QuietIf(elsewhere))
	r.Into(o.log)
	if elsewhere(o.DomainName.Why) {
		o.DomainName.Why = nil // nobody's function URL, whatever it is
	}
	domain := functionurl.Bare(o.DomainName.V)
	for _, u := range urls.URLs {
		if u.DomainName != "" && u.DomainName == domain {
			o.URL = u
		}
	}
	o.Foreign = o.URL == nil && functionURL.MatchString(domain)
	if o.URL == nil && o.DomainName.IsNot("") {
		r.Unmodelled("DomainName", "is %s, which is not a function URL of this cloud assembly", o.DomainName.V)
	}
	o.read(r)
	return o
}

// elsewhere tells of a domain name that is not known whether it is made of a resource that is
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
	o.Path = r.Text("OriginPath", template.Quiet)
	o.AccessID = r.Text("OriginAccessControlId")
	// The origin is on this machine: connecting neither fails nor takes long.
	r.Number("ConnectionTimeout", template.Between(1, maxConnecting), template.Quiet)
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
	if shield.Bool("Enabled", template.Quiet).Is(true) {
		shield.Unmodelled("Enabled", "is true: Origin Shield is not modelled by the local chain")
	}
	custom := r.Object("CustomOriginConfig")
	if !custom.Given {
		r.Unmodelled("CustomOriginConfig", "is missing: the local chain serves Lambda function URLs only")
	}
	o.ProtocolPolicy = custom.Text("OriginProtocolPolicy", template.Required, template.OneOf(originPolicies...), template.Models("https-only"))
	custom.Number("HTTPPort", template.Takes(port), template.Quiet)
	custom.Text("IpAddressType", template.OneOf("ipv4", "ipv6", "dualstack"), template.Quiet)
	o.Port = custom.Number("HTTPSPort", template.Default(443), template.Takes(port), template.Models("443"))
	o.ReadTimeout = custom.Seconds("OriginReadTimeout", template.Default(defaultReadTimeout), template.Between(1, maxOriginTimeout))
	o.KeepAliveTimeout = custom.Seconds("OriginKeepaliveTimeout", template.Default(defaultKeepAliveTimeout), template.Between(1, maxOriginTimeout), template.Quiet)
	o.SSLProtocols = custom.Texts("OriginSSLProtocols", template.OneOf(originProtocols...))
}

func readAccessControl(res *assembly.Resource) *AccessControl {
	c := &AccessControl{Place: template.Place{Resource: res}, log: &template.Log{}}
	template.Read(res, c.log, func(r *template.Reader) {
		config := r.Object("OriginAccessControlConfig", template.Required)
		config.Skip("Description")
		config.Text("Name", template.Required, template.Quiet)
		why := template.Blame(causes.OACNotAlways)
		c.Type = config.Text("OriginAccessControlOriginType", template.Required, why, template.OneOf(originTypes...), template.Models("lambda"))
		c.Protocol = config.Text("SigningProtocol", template.Required, why, template.OneOf("sigv4"))
		c.Behavior = config.Text("SigningBehavior", template.Required, why, template.OneOf(string(SignAlways), string(SignNoOverride), string(SignNever)))
	})
	return c
}
