package explain

import (
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// fromFunction knows what arrives of an invocation, or in place of one.
func fromFunction(a *Answer, f *findings) {
	if len(f.list) > 0 {
		return
	}
	switch {
	case a.Status == http.StatusUnauthorized:
		unauthorized(a, f)
	case a.Status == http.StatusBadGateway && !a.isPage() && a.has(`^\W*(\{"message":\s*)?"?Internal Server Error`):
		f.add(Likely, causes.FunctionFailed, `502 "Internal Server Error" is Lambda's answer for an invocation without a response`)
		f.add(Possible, causes.StreamCompressed, "a stream that the application compresses can end so, too")
	case a.Status == 0 && a.has(`^\W*(\{"message":\s*)?"?Internal Server Error\W*$`):
		f.add(Possible, causes.FunctionFailed, `with the status 502 "Internal Server Error" is Lambda's answer for an invocation without a response`)
	case a.Status == http.StatusOK && a.has(`^\s*\{\s*"(statusCode|isBase64Encoded|headers|multiValueHeaders|cookies|body)"\s*:`) && a.has(`"statusCode"\s*:\s*\d`):
		f.add(Certain, causes.InvokeModeMismatch, "the text of the answer is a buffered response, which a streaming URL does not read")
	case a.Status == http.StatusOK && strings.HasPrefix(a.Body, "\x1f\ufffd") && a.Header.Get("Content-Encoding") == "":
		f.add(Certain, causes.StreamCompressed, "the body is gzip, and there is no content-encoding to say so")
	}
}

// sessions knows MCP servers that keep them: by the words of the SDKs, of which a client
// prints a part, or by the headers.
func sessions(a *Answer, f *findings) {
	const words = `session not found|session (is )?(terminated|expired)|no valid session id|server not initialized|mcp-session-id header is required`
	asked, given := a.Request.Header.Get("Mcp-Session-Id") != "", a.Header.Get("Mcp-Session-Id") != ""
	refused := a.Status == 0 || a.Status == http.StatusNotFound || a.Status == http.StatusBadRequest
	switch {
	case refused && a.has(words) && (asked || given || a.has(`jsonrpc|\bmcp\b|mcp-session-id|-3200[01]|streamable`)):
		f.add(Certain, causes.MCPSessionLost, "these are the words of an MCP server that does not know the session")
	case refused && a.has(`^\W*session not found\W*$`):
		f.add(Likely, causes.MCPSessionLost, "the answer says nothing but \"session not found\", as the Go SDK for MCP does")
	case refused && a.has(words) && !a.isPage():
		f.add(Possible, causes.MCPSessionLost, "these are words of MCP servers, too, that do not know the session")
	case asked && refused && a.Status != 0:
		f.add(Likely, causes.MCPSessionLost, "%d for a request with mcp-session-id", a.Status)
	case given && !asked && a.Status < 400:
		f.add(Likely, causes.MCPSessionLost, "the answer has mcp-session-id: the server keeps sessions")
	}
}

// redirected knows answers that lead past the distribution.
func redirected(a *Answer, f *findings) {
	location := Request{URL: a.Header.Get("Location")}
	switch {
	case location.direct() && !a.Request.direct():
		f.add(Certain, causes.LocationFunctionURL, "location names the function URL: %s", location.URL)
	case location.local() && !a.Request.local() && a.throughCloudFront() == yes:
		f.add(Likely, causes.LocationFunctionURL, "location names the function's own machine: %s", location.URL)
	case f.has(causes.UnsignedDirectCall) && a.Request.direct() && a.Request.Method == http.MethodGet:
		f.add(Possible, causes.LocationFunctionURL, "a browser comes to this address by a redirect or a link of the application")
	}
}

// unauthorized is the application's own: it wants a token, and either does not get the one
// that was sent, or its challenge does not arrive.
func unauthorized(a *Answer, f *findings) {
	remapped := a.Header.Get("X-Amzn-Remapped-Www-Authenticate")
	if remapped != "" && a.Header.Get("Www-Authenticate") == "" {
		f.add(Certain, causes.ChallengeRemapped, "x-amzn-remapped-www-authenticate is %q, and there is no www-authenticate", remapped)
	}
	switch {
	case a.Request.Header.Get("Authorization") != "":
		f.add(Likely, causes.AuthorizationLost, "the request has an Authorization header, and the application answers as if it had none, or a wrong one")
	case a.Request.Header == nil:
		f.add(Possible, causes.AuthorizationLost, "401 comes from the application, if the request had a token")
	}
}

// hidden knows answers that look well and are not.
func hidden(a *Answer, f *findings) {
	through := a.throughCloudFront()
	replaced := strings.HasPrefix(a.cache(), "Error from cloudfront") && (a.Status == http.StatusOK || a.Status == http.StatusNotFound)
	switch {
	case replaced && a.Status == http.StatusOK:
		f.add(Certain, causes.ErrorsHide403, "the status is 200, while x-cache is %q: another status was replaced", a.cache())
	case replaced && !a.fromFunction() && !a.isPage():
		f.add(Possible, causes.ErrorsHide403, "404 without the request id of a function: another status may have been replaced")
	}
	if a.Status == 0 || a.Status >= 400 {
		return
	}
	if a.Request.direct() && through == no && a.Request.Header.Get("Authorization") == "" {
		f.add(Certain, causes.URLPublic, "%d for a request straight to the function URL, without a signature", a.Status)
	}
	if strings.HasPrefix(a.cache(), "Hit from cloudfront") && (a.Request.Header.Get("Authorization") != "" || a.Request.Header.Get("Cookie") != "") {
		f.add(Possible, causes.CacheMixesUsers, "the answer to a request with credentials came out of the cache")
	}
}

// broken knows answers that end before their end.
func broken(a *Answer, f *findings) {
	if !a.Broken || a.Status >= 400 {
		return
	}
	const says = "the connection was cut within the body"
	f.add(Likely, causes.ReadTimeoutExceeded, "%s, as CloudFront does when the function is silent for too long", says)
	f.add(Possible, causes.FunctionFailed, "%s, as it ends for a function that crashes or runs out of time", says)
	f.add(Possible, causes.CompletionTimeoutShort, "%s, if always at the same age", says)
	f.add(Possible, causes.StreamNotEnded, "%s, if always at the age of the function's timeout", says)
	f.add(Possible, causes.ReadTimeoutShort, "%s", says)
}

// stalled knows answers that do not end, of which no byte of the body has come.
func stalled(a *Answer, f *findings) {
	switch {
	case !a.Stalled || a.Status == http.StatusGatewayTimeout:
	case a.Status == 0:
		const says = "nothing came until the client gave up"
		f.add(Possible, causes.StreamWithoutBody, "%s, and the status does not show: a redirect, 204 or empty answer may not end", says)
		f.add(Possible, causes.ReadTimeoutExceeded, "%s: the function may be at work, without a first byte", says)
	default:
		f.add(Likely, causes.StreamWithoutBody, "the status %d came, and no byte of a body until the client gave up", a.Status)
		f.add(Possible, causes.ReadTimeoutExceeded, "the status %d came, and the function may be at work on its first byte", a.Status)
	}
}
