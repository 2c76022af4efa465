package explain

import (
	"net/http"
	"strings"
)

// atTheEdge knows answers that functions at the edge make or break.
//
// Source: Amazon CloudFront Developer Guide, "HTTP 502 status code" and "HTTP 503 status
// code"; the values of x-cache are field reports.
func atTheEdge(a *Answer, f *findings) {
	function, result, _ := strings.Cut(strings.TrimSuffix(a.cache(), " from cloudfront"), "ValidationError")
	switch {
	case a.has(`payload_hash_required`):
		f.add(Certain, "body-over-edge-limit", "the problem document of this project's signer, code payload_hash_required")
	case result == "" && function != a.cache() && (function == "Lambda" || function == "Function"):
		f.add(Certain, "edge-result-invalid", "x-cache is %q", a.cache())
	case a.has(`function result failed validation|function returned an invalid|Lambda function result`):
		f.add(Certain, "edge-result-invalid", "the page says that the function's result is invalid")
	case strings.HasPrefix(a.cache(), "LambdaExecutionError"), strings.HasPrefix(a.cache(), "LambdaLimitExceeded"),
		strings.HasPrefix(a.cache(), "FunctionExecutionError"), strings.HasPrefix(a.cache(), "FunctionThrottledError"):
		f.add(Certain, "signer-failed", "x-cache is %q", a.cache())
	case a.has(`Lambda function (associated with the CloudFront distribution|execution|.{0,40}throttled)|LambdaExecutionError|LambdaLimitExceeded`):
		f.add(Certain, "signer-failed", "the page says that a function at the edge failed")
	}
}

// fromCloudFront knows CloudFront's own pages.
func fromCloudFront(a *Answer, f *findings) {
	if a.Status == http.StatusRequestURITooLong || a.Status == 494 {
		f.add(Certain, "request-too-long", "the status is %d", a.Status)
		return
	}
	if a.Status == 0 && a.has(`no alternative certificate subject name|certificate is valid for .{1,500}, not |ERR_CERT_COMMON_NAME_INVALID|SSL_ERROR_BAD_CERT_DOMAIN`) {
		f.add(Likely, "domain-unknown", "the certificate is not for the name that was asked for")
		return
	}
	if !a.isPage() || len(f.list) > 0 {
		return
	}
	switch a.Status {
	case http.StatusForbidden, 0: // some pages tell by their words alone
		pageForbidden(a, f)
	case http.StatusBadGateway:
		const says = "502 with CloudFront's own page: it got no answer that it could pass on"
		// All pages say that "we can't connect to the server".
		if a.has(`able to connect to the origin|establish a connection with the origin`) {
			f.add(Likely, "origin-not-https", "%s, since it could not connect", says)
			f.add(Possible, "function-failed", "%s", says)
		} else {
			f.add(Likely, "function-failed", "%s", says)
			f.add(Possible, "origin-not-https", "%s", says)
		}
		f.add(Possible, "stream-compressed", "%s, which a compressed stream does", says)
		f.add(Possible, "edge-result-invalid", "502 with CloudFront's own page, and x-cache does not show")
	case http.StatusServiceUnavailable:
		f.add(Likely, "signer-failed", "503 with CloudFront's own page")
	case http.StatusGatewayTimeout:
		if a.has(`response completion timeout`) {
			f.add(Certain, "completion-timeout-short", "the page names the response completion timeout")
			return
		}
		timeouts(f, Likely, "504 with CloudFront's own page")
	}
}

func pageForbidden(a *Answer, f *findings) {
	const says = "403 with CloudFront's own page: the request did not get to the function URL"
	readsWithBody := a.Request.reads() && a.Request.Method != http.MethodOptions && a.Request.Length > 0
	switch {
	case a.has(`not configured to allow the HTTP`):
		f.add(Certain, "method-not-allowed", "the page says that the distribution does not allow the method")
	case a.has(`block access from your country`):
		f.add(Certain, "country-blocked", "the page says that the distribution blocks the viewer's country")
	case a.has(`must not have a body`), readsWithBody:
		f.add(Certain, "get-with-body", "%s, and it is a %s with a body", says, or(a.Request.Method, "GET"))
	case a.has(`Request blocked`):
		f.add(Likely, "web-acl-blocked", `the page says "Request blocked"`)
	case a.Status == http.StatusForbidden:
		if a.has(`Bad request`) {
			f.add(Likely, "domain-unknown", `the page says "Bad request"`)
		}
		f.add(Likely, "web-acl-blocked", "%s", says)
		if !a.Request.reads() {
			f.add(Possible, "method-not-allowed", "%s", says)
		}
		if a.Request.Method == "" || a.Request.Method == http.MethodGet && a.Request.Length < 0 {
			f.add(Possible, "get-with-body", "%s, if it is a GET with a body", says)
		}
	}
}

func timeouts(f *findings, fit Fit, says string) {
	f.add(fit, "read-timeout-exceeded", "%s", says)
	f.add(fit, "read-timeout-short", "%s", says)
	f.add(Possible, "completion-timeout-short", "if it always takes just as long")
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
