package explain

import (
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// atTheEdge knows answers that functions at the edge make or break.
//
// Source: Amazon CloudFront Developer Guide, "HTTP 502 status code" and "HTTP 503 status
// code"; the values of x-cache are field reports.
func atTheEdge(a *Answer, f *findings) {
	function, result, _ := strings.Cut(strings.TrimSuffix(a.cache(), " from cloudfront"), "ValidationError")
	switch {
	case a.has(`payload_hash_required`):
		f.add(Certain, causes.BodyOverEdgeLimit, "the problem document of this project's signer, code payload_hash_required")
	case result == "" && function != a.cache() && (function == "Lambda" || function == "Function"):
		f.add(Certain, causes.EdgeResultInvalid, "x-cache is %q", a.cache())
	case a.has(`function result failed validation|function returned an invalid|Lambda function result`):
		f.add(Certain, causes.EdgeResultInvalid, "the page says that the function's result is invalid")
	case strings.HasPrefix(a.cache(), "LambdaExecutionError"), strings.HasPrefix(a.cache(), "LambdaLimitExceeded"),
		strings.HasPrefix(a.cache(), "FunctionExecutionError"), strings.HasPrefix(a.cache(), "FunctionThrottledError"):
		f.add(Certain, causes.SignerFailed, "x-cache is %q", a.cache())
	case a.has(`Lambda function (associated with the CloudFront distribution|execution|.{0,40}throttled)|LambdaExecutionError|LambdaLimitExceeded`):
		f.add(Certain, causes.SignerFailed, "the page says that a function at the edge failed")
	}
}

// fromCloudFront knows CloudFront's own pages.
func fromCloudFront(a *Answer, f *findings) {
	if a.Status == http.StatusRequestURITooLong || a.Status == 494 {
		f.add(Certain, causes.RequestTooLong, "the status is %d", a.Status)
		return
	}
	if a.Status == 0 && a.has(`no alternative certificate subject name|certificate is valid for .{1,500}, not |ERR_CERT_COMMON_NAME_INVALID|SSL_ERROR_BAD_CERT_DOMAIN`) {
		f.add(Likely, causes.DomainUnknown, "the certificate is not for the name that was asked for")
		return
	}
	if a.has(`<Code>(MissingKey|InvalidKey|MalformedPolicy)</Code>|Missing Key-Pair-Id`) {
		f.add(Certain, causes.SignedURLRefused, "the code is one of CloudFront's for signed URLs and signed cookies")
		return
	}
	if a.has(`<Code>AccessDenied</Code><Message>Access denied</Message></Error>`) {
		f.add(Likely, causes.SignedURLRefused, "the words are CloudFront's for signed URLs and signed cookies, and not those of Amazon S3")
		return
	}
	if !a.isPage() || len(f.list) > 0 {
		return
	}
	switch a.Status {
	case http.StatusForbidden, 0: // some pages are known by their words alone
		pageForbidden(a, f)
	case http.StatusBadGateway:
		const says = "502 with CloudFront's own page: it got no answer that it could pass on"
		// All pages say that "we can't connect to the server".
		if a.has(`able to connect to the origin|establish a connection with the origin`) {
			f.add(Likely, causes.OriginNotHTTPS, "%s, since it could not connect", says)
			f.add(Possible, causes.OriginUnreachable, "%s, since it could not connect: if a load balancer is the origin", says)
			f.add(Possible, causes.FunctionFailed, "%s", says)
		} else {
			f.add(Likely, causes.FunctionFailed, "%s", says)
			f.add(Possible, causes.OriginNotHTTPS, "%s", says)
		}
		f.add(Possible, causes.StreamCompressed, "%s, which a compressed stream does", says)
		f.add(Possible, causes.EdgeResultInvalid, "502 with CloudFront's own page, and x-cache does not show")
	case http.StatusServiceUnavailable:
		f.add(Likely, causes.SignerFailed, "503 with CloudFront's own page")
	case http.StatusGatewayTimeout:
		if a.has(`response completion timeout`) {
			f.add(Certain, causes.CompletionTimeoutShort, "the page names the response completion timeout")
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
		f.add(Certain, causes.MethodNotAllowed, "the page says that the distribution does not allow the method")
	case a.has(`block access from your country`):
		f.add(Certain, causes.CountryBlocked, "the page says that the distribution blocks the viewer's country")
	case a.has(`must not have a body`), readsWithBody:
		f.add(Certain, causes.GetWithBody, "%s, and it is a %s with a body", says, or(a.Request.Method, "GET"))
	case a.has(`Request blocked`):
		f.add(Likely, causes.WebACLBlocked, `the page says "Request blocked"`)
	case a.Status == http.StatusForbidden:
		if a.has(`Bad request`) {
			f.add(Likely, causes.DomainUnknown, `the page says "Bad request"`)
		}
		f.add(Likely, causes.WebACLBlocked, "%s", says)
		if !a.Request.reads() {
			f.add(Possible, causes.MethodNotAllowed, "%s", says)
		}
		if a.Request.Method == "" || a.Request.Method == http.MethodGet && a.Request.Length < 0 {
			f.add(Possible, causes.GetWithBody, "%s, if it is a GET with a body", says)
		}
	}
}

func timeouts(f *findings, fit Fit, says string) {
	f.add(fit, causes.ReadTimeoutExceeded, "%s", says)
	f.add(fit, causes.ReadTimeoutShort, "%s", says)
	f.add(Possible, causes.StreamWithoutBody, "if it is a redirect, a 204 or another answer without a body")
	f.add(Possible, causes.CompletionTimeoutShort, "if it always takes just as long")
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
