package explain

import (
	"net/http"

	"github.com/streamfront/streamfront/internal/causes"
)

// fromAPI knows API Gateway's own answers. A function behind an API may give any of them, too,
// with the same headers.
//
// Sources: Amazon API Gateway Developer Guide, "Gateway response types"; field reports for those
// of HTTP APIs; see the causes.
func fromAPI(a *Answer, f *findings) {
	rest := a.Header.Get("X-Amz-Apigw-Id") != ""
	says := func(text string) bool { return a.has(`"message"\s*:\s*"` + text + `"`) }
	switch a.Status {
	case http.StatusUnauthorized:
		if says("The incoming token has expired") {
			f.add(Certain, causes.TokenTime, "the words are those of the authorizer")
		} else if says("Unauthorized") {
			for _, id := range []causes.ID{causes.TokenRequired, causes.TokenTime, causes.TokenAudience, causes.TokenUse, causes.TokenIssuer} {
				f.add(Possible, id, "the authorizer refuses the request, and does not say why")
			}
			f.add(Possible, causes.IdentitySourceMissing, "a Lambda authorizer is not asked where what identifies the caller is missing")
			f.add(Possible, causes.AuthorizerDenies, "a Lambda authorizer that fails with the message Unauthorized gets the same answer")
		}
	case http.StatusForbidden:
		switch {
		case a.has(`"Message"\s*:\s*"User is not authorized to access this resource with an explicit deny"`):
			f.add(Certain, causes.AuthorizerDenies, "the words are those of a REST API whose Lambda authorizer returns a Deny")
		case a.has(`"Message"\s*:\s*"User is not authorized to access this resource"`):
			f.add(Likely, causes.AuthorizerPolicyCached, "the policy of the Lambda authorizer has no Allow for this method and path: as one does that is kept from another path")
			f.add(Likely, causes.AuthorizerDenies, "the policy that the Lambda authorizer returned has no Allow for this method and path")
		case !rest && says("Forbidden") && a.Header.Get("Apigw-Requestid") != "":
			f.add(Likely, causes.AuthorizerDenies, "an HTTP API says so where its Lambda authorizer lets nobody in")
			f.add(Possible, causes.AuthorizerPolicyCached, "a policy that is kept from another route gets the same answer")
			f.add(Possible, causes.TokenScope, "a JWT without the scopes of the route gets the same answer")
		case says("Missing Authentication Token"):
			f.add(Likely, causes.RouteUnknown, "a REST API says so of a path or a method that it does not have")
			f.add(Possible, causes.UnsignedDirectCall, "a method that requires an IAM signature says so, too")
		case rest && says("Forbidden"):
			f.add(Likely, causes.APIKeyRequired, "a REST API says so to a request without a key that counts")
			f.add(Possible, causes.RouteUnknown, "a stage that is not there gets the same answer")
			f.add(Possible, causes.WebACLBlocked, "a web ACL gives the same answer")
			if a.throughCloudFront() == yes {
				f.add(Possible, causes.HostForwarded, "an API behind CloudFront gives the same answer to a Host that is not its own")
			}
		}
	case http.StatusBadRequest:
		if rest && says("Invalid request body|Missing required request parameters: .*") {
			f.add(Certain, causes.RequestInvalid, "the words are those of a REST API's request validator")
		}
	case http.StatusNotFound:
		if !rest && says("Not Found") {
			f.add(Likely, causes.RouteUnknown, "an HTTP API says so of a route or a stage that it does not have")
		}
	case http.StatusRequestEntityTooLarge:
		if says("Request Too Long|Request Entity Too Large") {
			f.add(Likely, causes.BodyOverAPILimit, "413 in the words of API Gateway")
			f.add(Possible, causes.BodyOverFunctionLimit, "an event over 6 MB is refused in the same way")
		}
	case http.StatusTooManyRequests:
		if says("Too Many Requests|Limit Exceeded") {
			f.add(Likely, causes.Throttled, "429 in the words of API Gateway: the limits of the stage or of a usage plan")
		}
	case http.StatusInternalServerError, http.StatusBadGateway:
		if a.has(`"message"\s*:\s*null`) {
			f.add(Certain, causes.AuthorizerFailed, "a REST API says null where its Lambda authorizer gives no answer that counts")
			f.add(Possible, causes.APIGrantMissing, "an authorizer that the API may not invoke gets the same answer")
			return
		}
		if !says("Internal server error") {
			return
		}
		if a.Status == http.StatusInternalServerError {
			f.add(Likely, causes.APIGrantMissing, "500 in the words of API Gateway: Lambda refuses the invocation")
			f.add(Possible, causes.Throttled, "a function whose concurrency is used up gets the same answer")
		}
		if a.Status == http.StatusBadGateway || !rest {
			f.add(Likely, causes.FunctionFailed, "in the words of API Gateway: the function fails, or answers in a form that is not its integration's")
			f.add(Possible, causes.InvokeModeMismatch, "a function that streams behind an integration that does not, or the other way round, gets the same answer")
		}
		if a.Status == http.StatusInternalServerError && !rest {
			f.add(Possible, causes.AuthorizerFailed, "an HTTP API says so of a Lambda authorizer that gives no answer that counts, too")
		}
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if says("Endpoint request timed out|Service Unavailable") {
			f.add(Likely, causes.IntegrationTimeout, "in the words of API Gateway: the integration's time is over")
		}
	}
	if a.Broken && f.list == nil {
		f.add(Possible, causes.IntegrationTimeout, "the answer breaks off, as a stream does that lasts, or is silent, for too long")
	}
}
