package cloudfront

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/exactjson"
	"github.com/streamfront/streamfront/internal/template"
)

// originChange is what a CloudFront Function changes of the origin of a request. What it leaves
// out is as the origin of the behavior has it.
//
// Source: Amazon CloudFront Developer Guide, "Helper methods for origin modification".
type originChange struct {
	DomainName         *string           `json:"domainName"`
	HostHeader         *string           `json:"hostHeader"`
	OriginPath         *string           `json:"originPath"`
	CustomHeaders      map[string]string `json:"customHeaders"`
	ConnectionAttempts *int              `json:"connectionAttempts"`
	Timeouts           struct {
		ReadTimeout               *int `json:"readTimeout"`
		KeepAliveTimeout          *int `json:"keepAliveTimeout"`
		ConnectionTimeout         *int `json:"connectionTimeout"`
		ResponseCompletionTimeout *int `json:"responseCompletionTimeout"`
	} `json:"timeouts"`
	CustomOriginConfig struct {
		Port         *int     `json:"port"`
		Protocol     *string  `json:"protocol"`
		SSLProtocols []string `json:"sslProtocols"`
	} `json:"customOriginConfig"`
	OriginAccessControlConfig *struct {
		Enabled         *bool   `json:"enabled"`
		SigningBehavior *string `json:"signingBehavior"`
		SigningProtocol *string `json:"signingProtocol"`
		OriginType      *string `json:"originType"`
		Region          *string `json:"region"`
	} `json:"originAccessControlConfig"`
	// A cache in front of the origin, which changes no answer.
	OriginShieldConfig json.RawMessage `json:"originShieldConfig"`
	// Of TLS nothing is seen here.
	SNI                     *string  `json:"sni"`
	AllowedCertificateNames []string `json:"allowedCertificateNames"`
}

// A route is the origins that may be asked for a request, in their order, and the statuses that
// count as failures of the first one.
type route struct {
	origins []*Origin
	codes   []int
}

// originGroup is what cf.createRequestOriginGroup takes (documented; that an id may also stand
// without an object around it is assumed).
type originGroup struct {
	OriginIDs         []memberID `json:"originIds"`
	SelectionCriteria string     `json:"selectionCriteria"`
	FailoverCriteria  struct {
		StatusCodes []int `json:"statusCodes"`
	} `json:"failoverCriteria"`
}

type memberID struct {
	OriginID        string          `json:"originId"`
	OriginOverrides json.RawMessage `json:"originOverrides"`
}

func (m *memberID) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &m.OriginID)
	}
	type plain memberID
	return exactjson.Strict(data, (*plain)(m))
}

// chosen is the route that a function at viewer-request chose; nil if it chose none.
func (x *exchange) chosen(b *Behavior, r *edge.Result) (*route, *refusal) {
	c := &r.Chosen
	if !c.Made() {
		return nil, nil
	}
	if c.Group != nil {
		if c.Update != nil || c.ID != "" {
			return nil, refuse(http.StatusNotImplemented, causes.None, "cf.createRequestOriginGroup beside another choice of the origin: not modelled by the local chain")
		}
		return x.chosenGroup(b, c.Group)
	}
	assigned := b.candidates(x.viewer)[0]
	if c.ID != "" {
		var refused *refusal
		if assigned, refused = x.selected(b, "selectRequestOriginById", c.ID, c.Overrides); refused != nil {
			return nil, refused
		}
	}
	if c.Update != nil {
		var change originChange
		if err := exactjson.Strict(c.Update, &change); err != nil {
			return nil, refuse(http.StatusNotImplemented, causes.None, "cf.updateRequestOrigin: %v: not modelled by the local chain", err)
		}
		var refused *refusal
		if assigned, refused = assigned.changed(x.Distribution, &change); refused != nil {
			return nil, refused
		}
	}
	return &route{origins: []*Origin{assigned}}, nil
}

// selected is an origin of the distribution with what of it is overridden.
func (x *exchange) selected(b *Behavior, method, id string, overrides json.RawMessage) (*Origin, *refusal) {
	i := slices.IndexFunc(x.Distribution.Origins, func(o *Origin) bool { return o.ID.Is(id) })
	if i < 0 {
		return nil, choiceFailed("cf.%s: the distribution has no origin %q", method, id)
	}
	o := x.Distribution.Origins[i]
	missing := &template.Log{}
	if o.unserved(missing); len(missing.Findings()) > 0 {
		return nil, unserved(b.PathPattern.V, missing.Findings())
	}
	if overrides == nil {
		return o, nil
	}
	var c struct {
		HostHeader              *string  `json:"hostHeader"`
		SNI                     *string  `json:"sni"` // of TLS nothing is seen here
		AllowedCertificateNames []string `json:"allowedCertificateNames"`
	}
	if err := exactjson.Strict(overrides, &c); err != nil {
		return nil, refuse(http.StatusNotImplemented, causes.None, "cf.%s: overrides: %v: not modelled by the local chain", method, err)
	}
	return o.changed(x.Distribution, &originChange{HostHeader: c.HostHeader})
}

// choiceFailed is the failure of a function that chose what there is not (assumed: as one that
// it threw).
func choiceFailed(format string, args ...any) *refusal {
	return &refusal{status: http.StatusServiceUnavailable, cache: viewerFailed, cause: causes.SignerFailed, reason: fmt.Sprintf(format, args...)}
}

func (x *exchange) chosenGroup(b *Behavior, given json.RawMessage) (*route, *refusal) {
	const method = "createRequestOriginGroup"
	var g originGroup
	if err := exactjson.Strict(given, &g); err != nil {
		return nil, refuse(http.StatusNotImplemented, causes.None, "cf.%s: %v: not modelled by the local chain", method, err)
	}
	if g.SelectionCriteria != "" && g.SelectionCriteria != "default" {
		return nil, refuse(http.StatusNotImplemented, causes.None, "cf.%s: selectionCriteria is %s: the local chain models default", method, g.SelectionCriteria)
	}
	if len(g.OriginIDs) != 2 {
		return nil, choiceFailed("cf.%s: originIds has %d origins: CloudFront accepts a group of two", method, len(g.OriginIDs))
	}
	if len(g.FailoverCriteria.StatusCodes) == 0 {
		return nil, choiceFailed("cf.%s: failoverCriteria.statusCodes is missing or empty", method)
	}
	to := &route{codes: g.FailoverCriteria.StatusCodes}
	for _, code := range to.codes {
		if !slices.Contains(failures, code) {
			return nil, choiceFailed("cf.%s: failoverCriteria.statusCodes has %d: CloudFront accepts %v", method, code, failures)
		}
	}
	for _, member := range g.OriginIDs {
		o, refused := x.selected(b, method, member.OriginID, member.OriginOverrides)
		if refused != nil {
			return nil, refused
		}
		to.origins = append(to.origins, o)
	}
	to.origins = mayFailOver(to.origins, x.viewer)
	return to, nil
}

// moved is the origin as Lambda@Edge left it. An origin access control goes on signing where it
// is of the origin's kind (assumed).
func (o *Origin) moved(d *Distribution, to *edge.Origin) *Origin {
	n := *o
	if to.DomainName != o.DomainName.V || to.S3 != o.S3 {
		n.at(d, to.DomainName)
	}
	n.S3, n.Path, n.signingRegion = to.S3, template.Of(to.Path), to.Region
	n.ReadTimeout, n.KeepAliveTimeout, n.CompletionTimeout = template.Of(to.ReadTimeout), template.Of(to.KeepAliveTimeout), template.Of(to.CompletionTimeout)
	if n.Access != nil && n.Access.Type.Is("s3") != to.S3 {
		n.Access, n.AccessID = nil, template.Text{}
	}
	if to.S3 {
		n.Identity, n.IdentityID = nil, ""
		if to.AuthMethod == "origin-access-identity" {
			n.Identity, n.IdentityID = o.Identity, o.IdentityID
		}
		return &n
	}
	n.Port, n.ProtocolPolicy, n.HTTPPort = template.Of(to.Port), template.Of(to.Protocol+"-only"), template.Of(to.Port)
	n.Identity, n.IdentityID = nil, ""
	return &n
}

// at puts the origin where a domain name is: at another origin of the distribution, at a
// function URL or a bucket; else it cannot be reached.
func (o *Origin) at(d *Distribution, domain string) {
	o.DomainName, o.Address = template.Of(domain), ""
	o.URL, o.Bucket, o.Website, o.Identity, o.IdentityID = nil, nil, nil, nil, ""
	o.Foreign, o.S3 = functionURL.MatchString(domain), s3Domain.MatchString(domain)
	for _, other := range d.Origins {
		if other.DomainName.Is(domain) {
			o.ID, o.Address, o.URL, o.Bucket, o.Website, o.Foreign = other.ID, other.Address, other.URL, other.Bucket, other.Website, other.Foreign
		}
	}
}

func (o *Origin) changed(d *Distribution, c *originChange) (*Origin, *refusal) {
	n := *o
	number := func(v *template.Number, given *int) {
		if given != nil {
			*v = template.Of(*given)
		}
	}
	seconds := func(v *template.Duration, given *int) {
		if given != nil {
			*v = template.Of(time.Duration(*given) * time.Second)
		}
	}
	if c.DomainName != nil && *c.DomainName != o.DomainName.V {
		n.at(d, *c.DomainName)
	}
	if c.HostHeader != nil {
		n.hostHeader = *c.HostHeader
	}
	if c.OriginPath != nil {
		n.Path = template.Of(*c.OriginPath)
	}
	number(&n.Attempts, c.ConnectionAttempts)
	seconds(&n.ReadTimeout, c.Timeouts.ReadTimeout)
	seconds(&n.KeepAliveTimeout, c.Timeouts.KeepAliveTimeout)
	seconds(&n.ConnectionTimeout, c.Timeouts.ConnectionTimeout)
	seconds(&n.CompletionTimeout, c.Timeouts.ResponseCompletionTimeout)
	number(&n.Port, c.CustomOriginConfig.Port)
	if protocol := c.CustomOriginConfig.Protocol; protocol != nil {
		n.ProtocolPolicy = template.Of(*protocol + "-only")
		n.HTTPPort = n.Port
	}
	if c.CustomHeaders != nil {
		n.Headers = nil
		for _, name := range slices.Sorted(maps.Keys(c.CustomHeaders)) {
			if wrong := customHeader(name); wrong != "" {
				return nil, &refusal{status: http.StatusBadGateway, cache: viewerInvalid, cause: causes.EdgeResultInvalid, reason: "cf.updateRequestOrigin: the custom header " + wrong}
			}
			n.Headers = append(n.Headers, CustomHeader{template.Of(name), template.Of(c.CustomHeaders[name])})
		}
	}
	if a := c.OriginAccessControlConfig; a != nil {
		access := AccessControl{Type: template.Of("lambda"), Behavior: template.Of(string(SignNever))}
		if o.Access != nil {
			access = *o.Access
		}
		set := func(v *template.Text, given *string) {
			if given != nil {
				*v = template.Of(*given)
			}
		}
		set(&access.Type, a.OriginType)
		set(&access.Behavior, a.SigningBehavior)
		if a.SigningProtocol != nil && *a.SigningProtocol != "sigv4" {
			return nil, &refusal{status: http.StatusBadGateway, cache: viewerInvalid, cause: causes.EdgeResultInvalid, reason: fmt.Sprintf("cf.updateRequestOrigin: signingProtocol is %s: CloudFront accepts sigv4", *a.SigningProtocol)}
		}
		if a.Enabled != nil && !*a.Enabled {
			access.Behavior = template.Of(string(SignNever))
		}
		if a.Region != nil {
			n.signingRegion = *a.Region
		}
		n.Access = &access
	}
	return &n, nil
}
