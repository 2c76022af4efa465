package check

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

// An origin is one of a distribution's.
type origin struct {
	at      value
	id      string
	url     *functionURL // of this assembly; nil: another's, or no function URL
	foreign bool         // a function URL of somebody else
	unknown bool         // its domain name is not known, which was told
	signed  bool         // by an edge function, in place of an origin access control
}

// servesFunction tells whether there is a function URL behind the origin.
func (o *origin) servesFunction() bool { return o.url != nil || o.foreign }

// iam tells whether the function URL asks for a signature.
func (o *origin) iam() bool { return o.url == nil || !o.url.public() }

// lambdaURL is a function URL's domain name.
var lambdaURL = regexp.MustCompile(`^[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws$`)

func (c *checker) readOrigin(at value) *origin {
	o := &origin{at: at, id: at.at("Id").text()}
	if at.at("S3OriginConfig").there() || at.at("VpcOriginConfig").there() {
		return o
	}
	object, _ := at.v.(map[string]any)
	resolved, err := at.res.Stack.Resolve(object["DomainName"])
	if err != nil {
		if !elsewhere(err) {
			o.unknown = at.at("DomainName").unknown // which tells it
		}
		return o
	}
	given, _ := resolved.(string)
	domain := bare(given)
	for _, u := range c.urls {
		if u.domain != "" && u.domain == domain {
			o.url = u
		}
	}
	o.foreign = o.url == nil && lambdaURL.MatchString(domain)
	if o.foreign {
		at.at("DomainName").find(causes.ValueUnknown, Warning, "is %s, a function URL that is not in this assembly: its permissions cannot be looked at", domain)
	}
	if domain != given && o.servesFunction() {
		at.at("DomainName").find(causes.URLUnknown, Error, "is the whole address of the function URL: CloudFront takes a domain name, without https:// and slashes, and refuses the rest at the deployment")
	}
	return o
}

// bare takes the scheme and the slash off the address of a function URL.
func bare(address string) string {
	return strings.TrimSuffix(strings.TrimPrefix(address, "https://"), "/")
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

func (c *checker) checkOrigin(d *distribution, o *origin) {
	if o.iam() {
		c.checkAccessControl(d, o)
	}
	custom := o.at.at("CustomOriginConfig")
	if policy := custom.at("OriginProtocolPolicy"); !policy.unknown && policy.text() != "https-only" {
		policy.find(causes.OriginNotHTTPS, Error, "is %s: want https-only", brief(policy.v))
	}
	if port := custom.at("HTTPSPort"); port.number(443) != 443 {
		port.find(causes.OriginNotHTTPS, Error, "is %s: a function URL listens on 443", port.text())
	}
	for _, protocol := range custom.at("OriginSSLProtocols").items() {
		if slices.Contains(oldProtocols, protocol.text()) {
			protocol.find(causes.TLSOld, Warning, "is %s: CloudFront may speak it with the origin", protocol.text())
		}
	}
	c.checkTimeouts(o, custom)
}

func (c *checker) checkAccessControl(d *distribution, o *origin) {
	at := o.at.at("OriginAccessControlId")
	id := at.text()
	if id == "" {
		switch o.signed = c.signsAtTheEdge(d, o); {
		case at.unknown:
		case o.signed:
			at.find(causes.OriginWithoutOAC, Warning, "is missing, and an edge function signs instead: whether its role may call the function is not looked at")
		default:
			at.find(causes.OriginWithoutOAC, Error, "is missing: CloudFront does not sign the requests for the function URL")
		}
		return
	}
	res, err := c.assembly.Find("AWS::CloudFront::OriginAccessControl", "Id", id)
	if res == nil {
		why := "which is not in this assembly"
		if err != nil {
			why = err.Error()
		}
		at.find(causes.ValueUnknown, Warning, "is %s, %s: how it signs cannot be looked at", id, why)
		return
	}
	config := c.properties(res).at("OriginAccessControlConfig")
	for name, want := range map[string]string{"OriginAccessControlOriginType": "lambda", "SigningBehavior": "always", "SigningProtocol": "sigv4"} {
		p := config.at(name)
		got := p.text()
		if got == want || p.unknown {
			continue
		}
		level := Error
		if got == "no-override" { // works for callers who send no Authorization
			level = Warning
		}
		p.find(causes.OACNotAlways, level, "is %s: want %s", brief(p.v), want)
	}
}

// Defaults of CloudFormation, in seconds. A read timeout of patient and more is taken for
// a choice: no template tells how long a function is silent.
const (
	defaultReadTimeout     = 30
	patient                = 60
	defaultFunctionTimeout = 3
)

// checkTimeouts compares what CloudFront waits with what the function may take. A buffered
// function is silent until it is done; one that streams for as long as it likes, of which
// nothing shows but that nobody thought of it where the read timeout is CloudFront's own.
func (c *checker) checkTimeouts(o *origin, custom value) {
	at, total := custom.at("OriginReadTimeout"), o.at.at("ResponseCompletionTimeout")
	read, completion := at.number(defaultReadTimeout), total.number(0)
	if completion > 0 && !at.unknown && completion < read {
		total.find(causes.CompletionTimeoutShort, Error, "is %d s: CloudFront takes no less than OriginReadTimeout, %d s", completion, read)
	}
	if o.url == nil || o.url.function == nil {
		return
	}
	timeout := c.properties(o.url.function).at("Timeout")
	if timeout.unknown {
		return
	}
	runs, name := timeout.number(defaultFunctionTimeout), o.url.function.Name()
	if completion > 0 && completion >= read && completion < runs {
		total.find(causes.CompletionTimeoutShort, Warning, "is %d s, and %s may run for %d s", completion, name, runs)
	}
	if at.unknown || o.url.properties.at("InvokeMode").unknown || read >= runs {
		return
	}
	is := "is missing, which is 30 s"
	if at.there() {
		is = "is " + at.text() + " s"
	}
	switch {
	case !o.url.streams:
		at.find(causes.ReadTimeoutShort, Warning, "%s, and %s, which answers in one piece, may take %d s", is, name, runs)
	case read < patient:
		at.find(causes.ReadTimeoutShort, Warning, "%s, and %s may run, and be silent, for %d s", is, name, runs)
	}
}
