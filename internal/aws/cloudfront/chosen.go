package cloudfront

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// originChange is what a CloudFront Function changes of the origin of a request. What it leaves
// out is as the origin of the behavior has it.
//
// Source: Amazon CloudFront Developer Guide, "Helper methods for origin modification".
type originChange struct {
	DomainName         *string
	HostHeader         *string
	OriginPath         *string
	CustomHeaders      map[string]string
	ConnectionAttempts *int
	Timeouts           struct {
		ReadTimeout, KeepAliveTimeout, ConnectionTimeout, ResponseCompletionTimeout *int
	}
	CustomOriginConfig struct {
		Port         *int
		Protocol     *string
		SSLProtocols []string
	}
	OriginAccessControlConfig *struct {
		Enabled                                              *bool
		SigningBehavior, SigningProtocol, OriginType, Region *string
	}
	// Of TLS nothing is seen here.
	SNI                     *string
	AllowedCertificateNames []string
}

// chosen is the origin that a function at viewer-request chose; nil if it chose none.
func (x *exchange) chosen(b *Behavior, r *edge.Result) (*Origin, *refusal) {
	assigned := b.candidates(x.viewer)[0]
	if r.OriginID != "" {
		i := slices.IndexFunc(x.Distribution.Origins, func(o *Origin) bool { return o.ID.Is(r.OriginID) })
		if i < 0 {
			return nil, &refusal{status: http.StatusServiceUnavailable, cache: viewerFailed, cause: causes.SignerFailed, reason: "cf.selectRequestOriginById: the distribution has no origin " + r.OriginID}
		}
		assigned = x.Distribution.Origins[i]
		missing := &template.Log{}
		if assigned.unserved(missing); len(missing.Findings()) > 0 {
			return nil, unserved(b.PathPattern.V, missing.Findings())
		}
	}
	if r.Origin == nil {
		if r.OriginID == "" {
			return nil, nil
		}
		return assigned, nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(r.Origin)))
	decoder.DisallowUnknownFields()
	var c originChange
	if err := decoder.Decode(&c); err != nil {
		return nil, refuse(http.StatusNotImplemented, causes.None, "cf.updateRequestOrigin: %v: not modelled by the local chain", err)
	}
	return assigned.changed(&c)
}

func (o *Origin) changed(c *originChange) (*Origin, *refusal) {
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
		n.DomainName, n.Address = template.Of(*c.DomainName), ""
		n.URL, n.Bucket, n.Identity, n.IdentityID = nil, nil, nil, ""
		n.Foreign, n.S3 = functionURL.MatchString(*c.DomainName), s3Domain.MatchString(*c.DomainName)
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
			return nil, &refusal{status: http.StatusBadGateway, cache: viewerInvalid, cause: causes.EdgeResultInvalid, reason: fmt.Sprintf("cf.updateRequestOrigin: signingProtocol is %s: CloudFront takes sigv4", *a.SigningProtocol)}
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
