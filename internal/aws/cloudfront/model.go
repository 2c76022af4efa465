package cloudfront

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/s3"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Distribution is a CloudFront distribution.
type Distribution struct {
	template.Place

	Name       string // "Stack/LogicalId"
	ID         string
	DomainName string
	ARN        string
	Account    string
	Behaviors  []Behavior // in order of precedence; the last one matches every path
	Origins    []*Origin
	Aliases    template.Texts // its alternate domain names
	Notes      []string       // what of it is not acted upon here

	// Root is the object that the path / stands for; "": none.
	Root           template.Text
	Certificate    Certificate
	webACL         template.Text
	logs           template.Text // the domain name of the bucket that they go to
	ErrorResponses []ErrorResponse
	// Unknown says that where some requests go is not known, which was found.
	Unknown bool

	groups  []group
	records []template.Text // names of DNS records that lead to it
	way     *template.Log   // what was found on the way to its origins
	log     *template.Log   // what was found in it beside its origins and behaviors
}

// A Certificate is what viewers see of TLS.
type Certificate struct {
	template.Place
	Given   bool
	Default template.Bool // CloudFront's own
	Minimum template.Text // the oldest protocol

	own    template.Text // the ARN of one of ACM
	server template.Raw  // one of IAM
	method template.Text // how viewers name the distribution

	res *assembly.Resource // of own; nil: not of this assembly
}

// Is reports whether an ARN, which may have wildcards, is the distribution's.
func (d *Distribution) Is(pattern string) bool {
	return wildcard.MatchARN(d.Resource.Stack.Own(pattern), d.ARN)
}

// Fronts reports whether there is a function URL behind the distribution.
func (d *Distribution) Fronts() bool {
	return slices.ContainsFunc(d.Origins, (*Origin).ServesFunction)
}

// Model is what an assembly says of CloudFront.
type Model struct {
	Distributions []*Distribution

	urls     *functionurl.Model
	assembly *assembly.Assembly
	acls     []*webACL
}

// Sources are what origins can be.
type Sources struct {
	URLs    *functionurl.Model
	Buckets *s3.Model
	Doors   []door.Door // the other front doors, of which some may be origins
	// Addresses are where origins are that somebody else serves, by their ids.
	Addresses map[string]string
}

// Read reads the distributions of the assembly and follows what they refer to.
func Read(a *assembly.Assembly, sources *Sources, functions *edge.Definitions, log *template.Log) *Model {
	m := &Model{assembly: a, urls: sources.URLs}
	l := &linker{assembly: a, functions: functions, policies: newPolicies(a), controls: map[string]*AccessControl{}}
	for _, res := range template.Each(a, "AWS::CloudFront::Distribution", log) {
		d := readDistribution(res, sources)
		for i := range d.Behaviors {
			l.link(d, &d.Behaviors[i])
		}
		for _, o := range d.Origins {
			l.control(o) // also of one that no behavior leads to
		}
		d.Certificate.find(a)
		m.Distributions = append(m.Distributions, d)
	}
	m.readACLs(a)
	m.readRecords(a)
	return m
}

func readDistribution(res *assembly.Resource, sources *Sources) *Distribution {
	d := &Distribution{
		Place: template.Place{Resource: res}, Name: res.Name(), Account: res.Stack.Account,
		way: &template.Log{}, log: &template.Log{},
	}
	d.ID, _ = res.Attribute("Id") // made up; not there if its condition is not known, which was found
	d.DomainName, _ = res.Attribute("DomainName")
	d.ARN = fmt.Sprintf("arn:aws:cloudfront::%s:distribution/%s", d.Account, d.ID)
	template.Read(res, d.way, func(r *template.Reader) {
		r.Skip("Tags")
		config := r.Object("DistributionConfig", template.Required, template.Part)
		d.readOrigins(config, sources)
		d.readConfig(config.Into(d.log))
	})
	return d
}

// readOrigins reads what reports whether there is a function behind the distribution.
func (d *Distribution) readOrigins(r *template.Reader, sources *Sources) {
	origins, why := r.Objects("Origins", template.Part)
	d.Unknown = why != nil || !r.Known()
	if len(origins) == 0 && !d.Unknown && !r.Has("S3Origin") && !r.Has("CustomOrigin") {
		r.Refuse("Origins", "is empty: CloudFront accepts a distribution with an origin")
	}
	for _, item := range origins {
		o := readOrigin(item, sources)
		d.Unknown = d.Unknown || !item.Known() || !o.DomainName.Known()
		for _, other := range d.Origins {
			if o.ID.V != "" && o.ID.Is(other.ID.V) {
				item.Refuse("Id", "is %q: another origin has it, too", o.ID.V)
			}
		}
		d.Origins = append(d.Origins, o)
		if o.Shield {
			d.note("Origin Shield before its origin " + o.ID.V + " is left out: it is a cache that changes no answer")
		}
		for _, h := range o.Headers {
			if h.Value.MadeUp != "" {
				d.note("its origin header " + h.Name.V + " has a made-up value, since only a deployment knows it: " + h.Value.MadeUp)
			}
		}
	}
}

func (d *Distribution) readConfig(r *template.Reader) {
	// Every viewer counts as one that came by HTTPS, so edge locations make no difference
	// here; neither do logs.
	r.Skip("IPV6Enabled", "AnycastIpListId")
	r.Text("Comment", template.AtMost(maxComment), template.Spare)
	logs := r.Object("Logging", template.Spare)
	logs.Skip("Prefix", "IncludeCookies")
	d.logs = logs.Text("Bucket", template.Matching(s3Domain, "the domain name of a bucket"), template.Spare)
	d.readAliases(r)
	r.Text("HttpVersion", template.OneOf(httpVersions...), template.Quiet)
	r.Text("PriceClass", template.OneOf(priceClasses...), template.Quiet)
	if enabled := r.Bool("Enabled", template.Required, template.Quiet); enabled.Is(false) {
		r.Unmodelled("Enabled", "is false: CloudFront does not serve this distribution")
	}
	d.Root = r.Text("DefaultRootObject", template.Matching(rootObject, "255 letters, digits and _-.*$/~\"'& at most"), template.Quiet)
	if r.Bool("Staging", template.Quiet).Is(true) {
		r.Unmodelled("Staging", "is true: staging distributions are not modelled by the local chain")
	}
	d.readGroups(r.Object("OriginGroups"))
	d.readRestriction(r.Object("Restrictions").Object("GeoRestriction", template.Required))
	if d.webACL = r.Text("WebACLId", template.Matching(webACLID, "the ARN of a web ACL, or the id of one of AWS WAF Classic"), template.Spare); d.webACL.Given { // it may come from a stack in another region
		d.note("its web ACL is not applied: what AWS WAF blocks passes here")
	}
	d.readCertificate(r.Object("ViewerCertificate"))
	responses, _ := r.Objects("CustomErrorResponses")
	for _, item := range responses {
		d.ErrorResponses = append(d.ErrorResponses, readErrorResponse(item))
	}
	behaviors, _ := r.Objects("CacheBehaviors", template.Part)
	for _, item := range behaviors {
		d.Behaviors = append(d.Behaviors, readBehavior(item, item.Text("PathPattern", template.Required, template.Matching(pathPattern, "255 letters, digits and _-.*?$/~\"'@:+& at most"), template.Quiet)))
	}
	if item := r.Object("DefaultCacheBehavior", template.Required, template.Part); item.Given {
		d.Behaviors = append(d.Behaviors, readBehavior(item, template.Text{Place: item.Place, V: "*"}))
	}
}

// readRestriction reads which countries are let in.
func (d *Distribution) readRestriction(r *template.Reader) {
	typ := r.Text("RestrictionType", template.Required, template.OneOf("none", "whitelist", "blacklist"), template.Quiet)
	countries := r.Texts("Locations", template.Matching(country, "codes of two letters, such as CH"), template.Spare)
	if !typ.Given || !typ.IsNot("none") {
		return
	}
	if countries.Known() && len(countries.Items) == 0 {
		r.Refuse("Locations", "is missing: CloudFront accepts a %s with countries", typ.V)
	}
	d.note("its geographic restriction is not applied: this machine is in no country")
}

// Names are all names by which viewers may ask for the distribution.
func (d *Distribution) Names() []string {
	return append([]string{d.DomainName}, d.Aliases.Strings()...)
}

// readAliases reads the names that the template gives. One that only a deployment could know
// keeps nothing from running, since there are others.
func (d *Distribution) readAliases(r *template.Reader) {
	if d.Aliases = r.Texts("Aliases", template.Matching(aliasName, "domain names, with a * in place of the first part at most"), template.Spare); r.Known() && !d.Aliases.Known() {
		d.note("an alternate domain name is known after a deployment only: here the distribution does not answer to it")
	}
}

func (d *Distribution) readCertificate(r *template.Reader) {
	d.Certificate = Certificate{Place: r.Place, Given: r.Given}
	d.Certificate.Default = r.Bool("CloudFrontDefaultCertificate")
	acm := r.Text("AcmCertificateArn", template.Matching(certificateARN, "the ARN of a certificate of ACM in us-east-1"), template.Spare)
	iam := r.Raw("IamCertificateId", template.Spare)
	ssl := r.Text("SslSupportMethod", template.OneOf("sni-only", "vip", "static-ip"), template.Quiet)
	own := acm.Given || iam.Given
	d.Certificate.own, d.Certificate.server, d.Certificate.method = acm, iam, ssl
	if own && !ssl.Given {
		r.Refuse("SslSupportMethod", "is missing: CloudFront requires it with a certificate of your own")
	}
	if names := d.Aliases; len(names.Items) > 0 && !own && r.Known() {
		d.log.Add(template.Finding{
			Place: names.Place, Rule: causes.ValueRefused, Kind: template.Refused, Level: template.Error,
			Message: "is " + strings.Join(names.Strings(), ", ") + ", and there is no certificate for it in ViewerCertificate: CloudFront accepts names with one",
		})
	}
	d.Certificate.Minimum = r.Text("MinimumProtocolVersion", template.OneOf(viewerProtocols...))
}

func (d *Distribution) note(text string) { d.Notes = append(d.Notes, d.Name+": "+text) }
