package cloudfront

import (
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// A ResponseHeadersPolicy says how the headers of responses are changed.
//
// Source: Amazon CloudFront Developer Guide, "Understand response headers policies".
// Documented.
type ResponseHeadersPolicy struct {
	template.Place

	Name   string
	Remove []string
	CORS   CORS
	Set    []ResponseHeader
	Timing Timing

	log *template.Log
}

// A ResponseHeader is a header that CloudFront adds.
type ResponseHeader struct {
	Name, Value string
	Override    bool // also where the origin sent it
}

// apply changes the headers of a response to a viewer. What is removed is removed first
// (documented).
func (p *ResponseHeadersPolicy) apply(h http.Header, viewer *http.Request) {
	for _, name := range p.Remove {
		h.Del(name)
		if name == "Server" {
			h.Set("Server", "CloudFront") // documented: its own version takes the place
		}
	}
	p.CORS.apply(h, viewer)
	for _, header := range p.Set {
		if header.Override || len(h.Values(header.Name)) == 0 {
			h.Set(header.Name, header.Value)
		}
	}
}

func readResponseHeadersPolicy(res *assembly.Resource) *ResponseHeadersPolicy {
	p := &ResponseHeadersPolicy{Place: template.Place{Resource: res}, Name: res.Name(), log: &template.Log{}}
	template.Read(res, p.log, func(r *template.Reader) {
		r.Hush()
		config := r.Object("ResponseHeadersPolicyConfig", template.Required)
		config.Skip("Comment")
		config.Text("Name", template.Required)
		items, _ := config.Object("RemoveHeadersConfig").Objects("Items", template.Required)
		for _, item := range items {
			name := item.Text("Header", template.Required, template.Matching(headerName, "the name of a header"), template.Takes(removable))
			p.Remove = append(p.Remove, textproto.CanonicalMIMEHeaderKey(name.V))
		}
		p.CORS = readCORS(config.Object("CorsConfig"))
		p.readSecurity(config.Object("SecurityHeadersConfig"))
		items, _ = config.Object("CustomHeadersConfig").Objects("Items", template.Required)
		for _, item := range items {
			name := item.Text("Header", template.Required, template.Matching(headerName, "the name of a header"))
			p.set(name.V, item.Text("Value", template.AtMost(maxHeaderValue)).V, item)
		}
		p.Timing = readTiming(config.Object("ServerTimingHeadersConfig"))
	})
	return p
}

// maxHeaderValue is the length of a value that a policy adds (documented: quotas).
const maxHeaderValue = 1783

// irremovable are the headers that a policy cannot remove.
//
// Source: Amazon CloudFront Developer Guide, "Headers that you can't remove". Documented.
var irremovable = regexp.MustCompile(`(?i)^(connection|content-encoding|content-length|expect|host|keep-alive|proxy-authenticate|` +
	`proxy-authorization|proxy-connection|trailer|transfer-encoding|upgrade|via|warning|x-accel-(buffering|charset|limit-rate|redirect)|` +
	`x-amz-cf-.*|x-amzn-(auth|cf-billing|cf-id|cf-xff|errortype|fle-profile|header-count|header-order|lambda-integration-tag|requestid)|` +
	`x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$`)

func removable(v any) string {
	if name := v.(string); irremovable.MatchString(name) {
		return fmt.Sprintf("is %s: CloudFront does not take it as a header to remove", name)
	}
	return ""
}

func (p *ResponseHeadersPolicy) set(name, value string, r *template.Reader) {
	override := r.Bool("Override", template.Required)
	p.Set = append(p.Set, ResponseHeader{textproto.CanonicalMIMEHeaderKey(name), value, override.V})
}

func (p *ResponseHeadersPolicy) readSecurity(r *template.Reader) {
	each := func(name string, take func(*template.Reader)) {
		if o := r.Object(name); o.Given {
			take(o)
		}
	}
	each("ContentSecurityPolicy", func(r *template.Reader) {
		p.set("Content-Security-Policy", r.Text("ContentSecurityPolicy", template.Required, template.AtMost(maxHeaderValue)).V, r)
	})
	each("ContentTypeOptions", func(r *template.Reader) { p.set("X-Content-Type-Options", "nosniff", r) })
	each("FrameOptions", func(r *template.Reader) {
		p.set("X-Frame-Options", r.Text("FrameOption", template.Required, template.OneOf("DENY", "SAMEORIGIN")).V, r)
	})
	each("ReferrerPolicy", func(r *template.Reader) {
		p.set("Referrer-Policy", r.Text("ReferrerPolicy", template.Required, template.OneOf(referrerPolicies...)).V, r)
	})
	each("StrictTransportSecurity", func(r *template.Reader) {
		value := []string{"max-age=" + strconv.Itoa(r.Number("AccessControlMaxAgeSec", template.Required, template.Takes(notNegative)).V)}
		if r.Bool("IncludeSubdomains").V {
			value = append(value, "includeSubDomains")
		}
		if r.Bool("Preload").V {
			value = append(value, "preload")
		}
		p.set("Strict-Transport-Security", strings.Join(value, "; "), r)
	})
	each("XSSProtection", func(r *template.Reader) {
		value := "0"
		protection, block, uri := r.Bool("Protection", template.Required), r.Bool("ModeBlock"), r.Text("ReportUri")
		if protection.V {
			value = "1"
			if block.V {
				value = "1; mode=block"
			}
			if uri.V != "" {
				value += "; report=" + uri.V
			}
		}
		if block.V && uri.V != "" {
			r.Refuse("ReportUri", "is set, and ModeBlock is true: CloudFront accepts one of them")
		}
		p.set("X-Xss-Protection", value, r)
	})
}

var referrerPolicies = []string{
	"no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin",
	"strict-origin-when-cross-origin", "unsafe-url",
}

// The managed response headers policies, by their ids.
//
// Source: Amazon CloudFront Developer Guide, "Use managed response headers policies".
// Documented.
var (
	managedResponseHeadersPolicies = map[string]*ResponseHeadersPolicy{
		"60669652-455b-4ae9-85a4-c4c02393f86c": {Name: "SimpleCORS", CORS: simpleCORS},
		"5cc3b908-e619-4b99-88e5-2cf7f45965bd": {Name: "CORS-With-Preflight", CORS: corsWithPreflight},
		"67f7725c-6f97-4210-82d7-5512b31e9d03": {Name: "SecurityHeadersPolicy", Set: securityHeaders},
		"e61eb60c-9c35-4d20-a928-2b84e02af89c": {Name: "CORS-and-SecurityHeadersPolicy", CORS: simpleCORS, Set: securityHeaders},
		"eaab4381-ed33-4a86-88ca-d9558dc6cd63": {Name: "CORS-with-preflight-and-SecurityHeadersPolicy", CORS: corsWithPreflight, Set: securityHeaders},
	}

	simpleCORS        = CORS{Given: true, Origins: []string{"*"}}
	corsWithPreflight = CORS{Given: true, Origins: []string{"*"}, Methods: corsMethods, Exposed: []string{"*"}}

	securityHeaders = []ResponseHeader{
		{"Referrer-Policy", "strict-origin-when-cross-origin", false},
		{"Strict-Transport-Security", "max-age=31536000", false},
		{"X-Content-Type-Options", "nosniff", true},
		{"X-Frame-Options", "SAMEORIGIN", false},
		{"X-Xss-Protection", "1; mode=block", false},
	}
)
