package apigateway

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
)

// The names of the context that identity sources may have here.
var (
	restContext = []string{"accountId", "apiId", "domainName", "httpMethod", "identity.sourceIp", "identity.userAgent", "path", "resourceId", "resourcePath", "stage"}
	httpContext = []string{"accountId", "apiId", "domainName", "httpMethod", "identity.sourceIp", "identity.userAgent", "path", "routeKey", "stage"}
)

// context are the values of those names.
func (x *exchange) context(m *match) map[string]string {
	peer, _, _ := net.SplitHostPort(x.r.RemoteAddr)
	return map[string]string{
		"accountId": x.api.Account, "apiId": x.api.ID, "domainName": x.domain, "httpMethod": x.r.Method,
		"identity.sourceIp": peer, "identity.userAgent": x.r.UserAgent(), "path": rawPath(x.r),
		"resourceId": m.operation.Resource.LogicalID, "resourcePath": m.operation.Path, "routeKey": m.operation.Key, "stage": x.stage.Name.V,
	}
}

// byFunction asks the function of a Lambda authorizer.
//
// Sources: Amazon API Gateway Developer Guide, "Use API Gateway Lambda authorizers" and "Control
// access to HTTP APIs with AWS Lambda authorizers". Documented; the words of a 500 and the error
// types are field reports.
func (x *exchange) byFunction(m *match) (who *caller, refused *refusal, why string) {
	a := m.operation.Authorizer
	values, missing := authorizer.Identify(a.Sources, x.r, x.stage.Variables, x.context(m))
	switch {
	case missing != "":
		return nil, x.unauthorized().because(causes.IdentitySourceMissing, "the authorizer requires the %s, which is missing; its function is not invoked", missing), ""
	case a.Validation != nil && !a.Validation.MatchString(values[0]):
		return nil, x.unauthorized().because(causes.IdentitySourceMissing, "the %s does not match the IdentityValidationExpression of the authorizer; its function is not invoked", a.Sources[0]), ""
	}
	arn := x.api.arn() + "/" + x.stage.Name.V + "/" + x.r.Method + x.path
	if x.api.Kind == REST && len(arn) > maxARN {
		f := &refusal{kind: "DEFAULT_4XX", status: http.StatusRequestURITooLong, message: "Request URI too long"} // the words are assumed
		return nil, f.because(causes.RequestTooLong, "the ARN of the method has %d bytes, and API Gateway accepts %d", len(arn), maxARN), ""
	}
	q := &authorizer.Question{
		Function: a.Function, API: x.api.arn(), Permissions: x.api.grants, Form: a.form(), Wait: x.waits,
		TTL: time.Duration(a.TTL.V) * time.Second, Stage: x.stage.Name.V, Identity: values,
		ARN: arn, Event: func() []byte { return x.question(m, arn, values) }, Find: x.Function,
	}
	hop := x.rec.Hop(authorizer.Hop)
	v, err := q.Ask(x.r.Context(), &x.answers, x.Now())
	if err != nil {
		hop.Warn(authorizer.CauseOf(err), "%v", err)
		return nil, x.unanswered(err).because(authorizer.CauseOf(err), "%v", err), ""
	}
	if v.Decision != iam.Allow {
		hop.Warn(v.Cause(arn), "%s", v.Why(arn))
		f := x.denied(v.Decision).because(v.Cause(arn), "%s", v.Why(arn))
		f.authorizer = v.Texts()
		return nil, f, ""
	}
	hop.Pass("%s", v.Why(arn))
	return &caller{authorizer: x.found(m.operation, v), usageKey: v.Key}, nil, "the authorizer allows it"
}

// form is what the function has to return.
func (a *Authorizer) form() authorizer.Form {
	switch {
	case a.API.Kind == REST:
		return authorizer.Policy
	case a.Simple.Is(true):
		return authorizer.Simple
	default:
		return authorizer.HTTPPolicy
	}
}

// found is what the event has of an authorizer's answer. Of HTTP APIs the values keep their types
// (recorded); that format 1.0 has them beside principalId is assumed.
func (x *exchange) found(o *Operation, v *authorizer.Verdict) any {
	switch {
	case x.api.Kind == REST:
		return v.Texts()
	case o.Integration.Format.V == "2.0":
		return map[string]any{"lambda": v.Context}
	}
	all := map[string]any{}
	maps.Copy(all, v.Context)
	if v.Principal != "" {
		all["principalId"] = v.Principal
	}
	return all
}

// unauthorized is the answer where nothing identifies the caller, or where the function says so.
func (x *exchange) unauthorized() *refusal {
	return &refusal{kind: "UNAUTHORIZED", status: http.StatusUnauthorized, message: "Unauthorized", errorType: "UnauthorizedException"}
}

// denied is the answer where the function lets nobody in. The words of REST APIs are recorded.
func (x *exchange) denied(decision iam.Decision) *refusal {
	f := &refusal{kind: "ACCESS_DENIED", status: http.StatusForbidden, message: "Forbidden"}
	if x.api.Kind == REST {
		f.key, f.message, f.errorType = "Message", "User is not authorized to access this resource", "AccessDeniedException"
		if decision == iam.ExplicitDeny {
			f.message += " with an explicit deny"
		}
	}
	return f
}

// unanswered is the answer where the function gives none that counts. That one which is late is
// of another type is assumed.
func (x *exchange) unanswered(err error) *refusal {
	switch {
	case errors.Is(err, authorizer.ErrUnauthorized):
		return x.unauthorized()
	case x.api.Kind == HTTP:
		return x.api.broken(http.StatusInternalServerError)
	case authorizer.Late(err):
		return &refusal{kind: "AUTHORIZER_FAILURE", status: http.StatusInternalServerError, errorType: "AuthorizerFailureException"}
	default:
		return &refusal{kind: "AUTHORIZER_CONFIGURATION_ERROR", status: http.StatusInternalServerError, errorType: "AuthorizerConfigurationException"}
	}
}

// A tokenQuestion is the event of a TOKEN authorizer.
type tokenQuestion struct {
	Type  string `json:"type"`
	ARN   string `json:"methodArn"`
	Token string `json:"authorizationToken"`
}

// A requestQuestion1 is the event of a REQUEST authorizer in format 1.0. It has no body.
type requestQuestion1 struct {
	Type     string `json:"type"`
	ARN      string `json:"methodArn"`
	Identity string `json:"identitySource,omitempty"`     // of HTTP APIs
	Token    string `json:"authorizationToken,omitempty"` // of HTTP APIs, the same
	*event.Format1
	NoBody   *string `json:"body,omitempty"`
	NoBase64 *bool   `json:"isBase64Encoded,omitempty"`
}

// A requestQuestion2 is the event of a REQUEST authorizer in format 2.0. It has no body.
type requestQuestion2 struct {
	Type     string   `json:"type"`
	ARN      string   `json:"routeArn"`
	Identity []string `json:"identitySource"`
	*event.Format2
	NoBody   *string `json:"body,omitempty"`
	NoBase64 *bool   `json:"isBase64Encoded,omitempty"`
}

// question is the event of an authorizer.
//
// Sources: "Input to an API Gateway Lambda authorizer" and "Control access to HTTP APIs with AWS
// Lambda authorizers". Documented; that what is empty is {} in format 1.0 is recorded for path
// parameters, and assumed for the rest.
func (x *exchange) question(m *match, arn string, values []string) []byte {
	a := m.operation.Authorizer
	switch {
	case a.Type.Is("TOKEN"):
		return marshal(tokenQuestion{"TOKEN", arn, values[0]})
	case x.api.Kind == HTTP && a.Format.Is("2.0"):
		return marshal(requestQuestion2{Type: "REQUEST", ARN: arn, Identity: values, Format2: x.new2(m, nil)})
	}
	e := x.new1(m)
	for _, empty := range []*map[string]string{&e.QueryStringParameters, &e.PathParameters, &e.StageVariables} {
		if *empty == nil {
			*empty = map[string]string{}
		}
	}
	if e.MultiValueQueryStringParameters == nil {
		e.MultiValueQueryStringParameters = map[string][]string{}
	}
	q := requestQuestion1{Type: "REQUEST", ARN: arn, Format1: e}
	if x.api.Kind == HTTP {
		q.Identity = strings.Join(values, ",")
		q.Token = q.Identity
	}
	return marshal(q)
}
