package jwt

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
)

// A problem is a problem document (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// refuse answers in place of the handler.
func (a *Authorizer) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		w.Header().Set("Retry-After", "10")
		a.respond(w, r, problem{Status: http.StatusServiceUnavailable, Code: "issuer_unavailable", Detail: "the keys of the issuer cannot be fetched: try again"})
		return
	}
	w.Header().Set("WWW-Authenticate", a.challenge(r, refused))
	p := problem{Status: http.StatusUnauthorized, Code: refused.code, Detail: refused.reason}
	switch refused.code {
	case "":
		p.Code = "token_required"
	case "invalid_request":
		p.Status = http.StatusBadRequest
	case "insufficient_scope":
		p.Status = http.StatusForbidden
	}
	a.respond(w, r, p)
}

// challenge is WWW-Authenticate. Its parts are constants and the configuration.
func (a *Authorizer) challenge(r *http.Request, refused *refusal) string {
	var parameters []string
	if refused.code != "" {
		parameters = append(parameters, `error="`+refused.code+`"`, `error_description="`+refused.reason+`"`)
	}
	if len(refused.scopes) > 0 {
		parameters = append(parameters, `scope="`+strings.Join(refused.scopes, " ")+`"`)
	}
	if metadata := a.config.ResourceMetadata; metadata != "" {
		if strings.HasPrefix(metadata, "/") {
			metadata = scheme(r) + "://" + r.Host + metadata
		}
		parameters = append(parameters, `resource_metadata="`+metadata+`"`)
	}
	return strings.TrimSuffix("Bearer "+strings.Join(parameters, ", "), " ")
}

// scheme returns the scheme of this server's URLs: https, except for plain HTTP on loopback, which only
// this machine can reach.
func scheme(r *http.Request) string {
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	ip := net.ParseIP(name)
	local := name == "localhost" || strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback()
	if local && r.TLS == nil && r.Header.Get("X-Forwarded-Proto") != "https" {
		return "http"
	}
	return "https"
}

func (a *Authorizer) respond(w http.ResponseWriter, r *http.Request, p problem) {
	header := w.Header()
	origin := r.Header.Get("Origin")
	switch {
	case slices.Contains(a.config.AllowedOrigins, "*"):
		origin = "*"
	case origin == "" || !slices.Contains(a.config.AllowedOrigins, origin):
		origin = ""
	}
	if len(a.config.AllowedOrigins) > 0 {
		header.Add("Vary", "Origin")
	}
	if origin != "" {
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
	}
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/problem+json")
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and a number cannot fail
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // the viewer may have left
	}
}
