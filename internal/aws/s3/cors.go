package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const forbiddenCORS = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, " +
	"request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."

// preflight answers a browser that asks whether a page may do something. It is not signed.
func (s *Server) preflight(w http.ResponseWriter, r *request) (string, *Error) {
	origin, method := r.Header.Get("Origin"), r.Header.Get("Access-Control-Request-Method")
	if origin == "" || method == "" {
		return "", &Error{Code: "InvalidRequest", Message: "Insufficient information. Origin request header needed."}
	}
	if len(r.bucket.CORS) == 0 {
		return "", &Error{Code: "AccessForbidden", Message: "CORSResponse: CORS is not enabled for this bucket."}
	}
	var headers []string
	for _, name := range strings.Split(r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name := strings.TrimSpace(name); name != "" {
			headers = append(headers, name)
		}
	}
	rule := s.rule(r.bucket, origin, method, headers)
	if rule == nil {
		return "", &Error{Code: "AccessForbidden", Message: forbiddenCORS, detail: fmt.Sprintf("no rule for %s of %s with headers %q", method, origin, headers)}
	}
	rule.write(w.Header(), origin)
	if len(headers) > 0 {
		w.Header().Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(headers, ", ")))
	}
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return "preflight of " + origin + " for " + method, nil
}

// admitOrigin lets the page that sent the request see the answer, errors included.
func (s *Server) admitOrigin(w http.ResponseWriter, r *request) {
	if origin := r.Header.Get("Origin"); origin != "" {
		if rule := s.rule(r.bucket, origin, r.Method, nil); rule != nil {
			rule.write(w.Header(), origin)
		}
	}
}

// A corsRule is the first rule that fits, with "*" for an origin if that is what it says.
type corsRule struct {
	*CORSRule
	any bool
}

// rule returns the first rule that allows it all, nil if there is none.
func (s *Server) rule(b *Bucket, origin, method string, headers []string) *corsRule {
	for i := range b.CORS {
		rule := &b.CORS[i]
		pattern := slices.IndexFunc(rule.Origins.Strings(), func(pattern string) bool {
			return matches(pattern, origin) || s.Origins[pattern] != "" && s.Origins[pattern] == byNumber(origin)
		})
		if pattern < 0 || !rule.Methods.Has(method) {
			continue
		}
		if slices.ContainsFunc(headers, func(name string) bool {
			return !slices.ContainsFunc(rule.Headers.Strings(), func(pattern string) bool {
				return matches(strings.ToLower(pattern), strings.ToLower(name))
			})
		}) {
			continue
		}
		return &corsRule{rule, rule.Origins.Strings()[pattern] == "*"}
	}
	return nil
}

// byNumber returns the address of a page that the browser reached by the name localhost.
func byNumber(origin string) string {
	return strings.Replace(origin, "://localhost:", "://127.0.0.1:", 1)
}

// matches compares with a pattern that may have one "*".
func matches(pattern, s string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}

func (rule *corsRule) write(h http.Header, origin string) {
	if rule.any {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(rule.Methods.Strings(), ", "))
	if len(rule.Exposed.Items) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(rule.Exposed.Strings(), ", "))
	}
	if rule.MaxAge.V >= 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(rule.MaxAge.V))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
}
