package apigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// A caller is who was let in.
type caller struct {
	authorizer any                // of the event
	identity   *event.IAMIdentity // of a signature; nil: none
	usageKey   string             // that an authorizer's function names
	keyID, key string             // API key
}

// authorize lets the request in, or says why not.
func (x *exchange) authorize(m *match, body []byte) (who *caller, refused *refusal, why string) {
	o := m.operation
	switch o.Authorization.V {
	case "AWS_IAM":
		return x.bySignature(x.r, body)
	case "COGNITO_USER_POOLS":
		return x.byPool(x.r, o)
	case "JWT":
		return x.byToken(x.r, o)
	case "CUSTOM":
		return x.byFunction(m)
	default:
		return &caller{}, nil, "no authorizer"
	}
}

// byPool looks at a token of a user pool: an access token where the method names scopes, else
// an ID token.
//
// Source: Amazon API Gateway Developer Guide, "Control access to REST APIs using Amazon Cognito
// user pools as an authorizer". Documented; that "Bearer" may stand before it, and 401 for
// scopes, are field reports.
func (s *server) byPool(r *http.Request, o *Operation) (who *caller, refused *refusal, why string) {
	known, err := verify(r.Context(), bearer(r.Header.Get(o.Authorizer.Header)), s.issuers[o.Authorizer], s.Now())
	if err == nil {
		want := "id"
		if len(o.Scopes.Items) > 0 {
			want = "access"
		}
		switch use := known.text("token_use"); {
		case use != want:
			err = untrusted(causes.TokenUse, "the token's use is %q, and the method requires %q", use, want)
		case len(o.Scopes.Items) > 0 && !shared(known.scopes(), o.Scopes.Strings()):
			err = untrusted(causes.TokenScope, "the token has none of the scopes %s", strings.Join(o.Scopes.Strings(), ", "))
		}
	}
	if err != nil {
		text := "Unauthorized"
		if causeOf(err) == causes.TokenTime {
			text = "The incoming token has expired"
		}
		f := &refusal{kind: "UNAUTHORIZED", status: http.StatusUnauthorized, message: text, errorType: "UnauthorizedException"}
		return nil, f.because(causeOf(err), "%v", err), ""
	}
	return &caller{authorizer: map[string]any{"claims": flat(known, ",", "", "")}}, nil, "the token of the user pool holds"
}

// byToken looks at a token of the issuer of a JWT authorizer.
//
// Source: Amazon API Gateway Developer Guide, "Control access to HTTP APIs with JWT
// authorizers in API Gateway": client_id counts where there is no aud. Documented.
func (s *server) byToken(r *http.Request, o *Operation) (who *caller, refused *refusal, why string) {
	known, err := verify(r.Context(), bearer(r.Header.Get(o.Authorizer.Header)), s.issuers[o.Authorizer], s.Now())
	if err == nil && len(o.Authorizer.Audience) > 0 {
		audience := known.list("aud")
		if len(audience) == 0 {
			audience = known.list("client_id")
		}
		if !shared(audience, o.Authorizer.Audience) {
			err = untrusted(causes.TokenAudience, "the token is for %q, and the authorizer accepts %q", audience, o.Authorizer.Audience)
		}
	}
	if err == nil && s.Now().Before(known.time("iat")) {
		err = untrusted(causes.TokenTime, "the token was issued in the future")
	}
	if err != nil {
		f := &refusal{kind: "UNAUTHORIZED", status: http.StatusUnauthorized, message: "Unauthorized", challenge: "Bearer"}
		return nil, f.because(causeOf(err), "%v", err), ""
	}
	var scopes []string
	if wanted := o.Scopes.Strings(); len(wanted) > 0 {
		has := known.scopes()
		if !shared(has, wanted) {
			f := &refusal{kind: "ACCESS_DENIED", status: http.StatusForbidden, message: "Forbidden", challenge: `Bearer scope="` + strings.Join(wanted, " ") + `" error="insufficient_scope"`}
			return nil, f.because(causes.TokenScope, "the token has none of the scopes %s", strings.Join(wanted, ", ")), ""
		}
		scopes = slices.DeleteFunc(slices.Clone(wanted), func(w string) bool { return !slices.Contains(has, w) })
	}
	return &caller{authorizer: map[string]any{"jwt": map[string]any{"claims": flat(known, " ", "[", "]"), "scopes": scopes}}}, nil, "the token of the issuer holds"
}

func shared(some, others []string) bool {
	return slices.ContainsFunc(some, func(one string) bool { return slices.Contains(others, one) })
}

// bearer is the token of a header, with or without its scheme.
func bearer(header string) string {
	if scheme, token, ok := strings.Cut(header, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return header
}

// flat are the claims as an event has them: texts. How lists are written is a field report.
func flat(c claims, separator, begin, end string) map[string]string {
	out := make(map[string]string, len(c))
	for name, value := range c {
		switch value.(type) {
		case []any:
			out[name] = begin + strings.Join(c.list(name), separator) + end
		default:
			out[name] = fmt.Sprint(value)
		}
	}
	return out
}

// bySignature looks at a signature of AWS. The one key that there is here may call: it stands
// for a user of the account whose policies allow it (Options.InvokerKey).
func (s *server) bySignature(r *http.Request, body []byte) (*caller, *refusal, string) {
	forbidden := func(kind, text, errorType string) *refusal {
		if s.api.Kind == HTTP {
			text = "Forbidden"
		}
		return &refusal{kind: kind, status: http.StatusForbidden, message: text, errorType: errorType}
	}
	if r.Header.Get("Authorization") == "" {
		f := forbidden("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", "MissingAuthenticationTokenException")
		return nil, f.because(causes.UnsignedDirectCall, "the request is not signed"), ""
	}
	sum := sha256.Sum256(body)
	verifier := sigv4.Verifier{
		Service: "execute-api", Region: s.api.Region, Now: s.Now, Window: s.SignatureWindow,
		Lookup: func(accessKey string) (iam.Credentials, bool) {
			return s.Invoker, s.Invoker.AccessKey != "" && accessKey == s.Invoker.AccessKey
		},
	}
	accessKey, err := verifier.Verify(r, hex.EncodeToString(sum[:]))
	var refused *sigv4.Error
	if errors.As(err, &refused) {
		cause := causes.SignatureMismatch
		if refused.Reason == sigv4.Clock {
			cause = causes.SignatureClock
		}
		f := forbidden("INVALID_SIGNATURE", refused.Message, refused.Type)
		f.detail = trace.MaskCanonical(refused.Detail)
		return nil, f.because(cause, "%v", err), ""
	}
	identity := &event.IAMIdentity{
		AccessKey: accessKey, AccountID: s.api.Account, CallerID: "AIDALOCALINVOKER", UserID: "AIDALOCALINVOKER",
		UserARN: "arn:aws:iam::" + s.api.Account + ":user/invoker",
	}
	c := &caller{identity: identity}
	if s.api.Kind == HTTP {
		c.authorizer = &event.IAM{IAM: *identity}
	}
	return c, nil, "the signature holds"
}

// byKey looks for an API key, and counts the request.
//
// Source: Amazon API Gateway Developer Guide, "Usage plans and API keys for REST APIs".
// Documented.
func (s *server) byKey(r *http.Request, a *arrival, c *caller) *refusal {
	value, from := r.Header.Get("X-Api-Key"), "X-Api-Key"
	if s.api.KeySource.Is("AUTHORIZER") {
		value, from = c.usageKey, "usageIdentifierKey of the authorizer"
	}
	plan, key := s.api.plan(a.stage.Name.V, value)
	if plan == nil {
		f := &refusal{kind: "INVALID_API_KEY", status: http.StatusForbidden, message: "Forbidden", errorType: "ForbiddenException"}
		return f.because(causes.APIKeyRequired, "the method requires the %s to be a key of a usage plan for this stage", from)
	}
	now := s.Now()
	if !s.buckets.Take([2]any{plan, key}, plan.Limits, now) {
		return tooMany("Too Many Requests", "THROTTLED").because(causes.Throttled, "the rate of the usage plan is exceeded")
	}
	if plan.Quota > 0 && !s.quotas.take([2]any{plan, key}, plan.Quota, plan.Period, now) {
		return tooMany("Limit Exceeded", "QUOTA_EXCEEDED").because(causes.Throttled, "the quota of the usage plan is used up")
	}
	c.key, c.keyID = key.Value, key.ID
	return nil
}

func tooMany(text, kind string) *refusal {
	return &refusal{kind: kind, status: http.StatusTooManyRequests, message: text, errorType: "TooManyRequestsException"}
}
