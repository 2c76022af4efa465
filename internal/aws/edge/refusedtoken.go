package edge

import (
	"encoding/json"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// refusedTokens are the words of the authorizer for each refusal, of this project's edge
// function and middleware. They say nothing of the token itself.
var refusedTokens = []struct {
	code, words string
	cause       causes.ID
}{
	{"token_required", "a bearer token is required", causes.TokenRequired},
	{"invalid_request", "there are several Authorization headers", causes.TokenMalformed},
	{"invalid_request", "Authorization is not the word Bearer and one token", causes.TokenMalformed},
	{"invalid_token", "this is not a JSON Web Token", causes.TokenMalformed},
	{"invalid_token", "the algorithm of the token is not accepted", causes.TokenMalformed},
	{"invalid_token", "the token has critical header parameters that are not understood", causes.TokenMalformed},
	{"invalid_token", "the token does not name its key", causes.TokenMalformed},
	{"invalid_token", "the token is signed by a key that the issuer does not have", causes.TokenKeyUnknown},
	{"invalid_token", "the signature of the token does not hold", causes.TokenSignature},
	{"invalid_token", "the token has no expiry", causes.TokenTime},
	{"invalid_token", "the token has expired", causes.TokenTime},
	{"invalid_token", "the token is not valid yet", causes.TokenTime},
	{"invalid_token", "the token is of another issuer", causes.TokenIssuer},
	{"invalid_token", "the token is for another audience", causes.TokenAudience},
	{"invalid_token", "the token is not one for", causes.TokenUse},
	{"insufficient_scope", "the token lacks the scope", causes.TokenScope},
	{"issuer_unavailable", "the keys of the issuer cannot be fetched", causes.IssuerUnavailable},
}

// RefusedToken says why an authorizer refused, by the body of its answer: the cause, and its
// words for it. The cause is "" if it is not an authorizer's answer.
func RefusedToken(body string) (cause causes.ID, words string) {
	var problem struct{ Code, Detail string }
	if json.Unmarshal([]byte(body), &problem) != nil {
		return causes.None, ""
	}
	for _, r := range refusedTokens {
		if problem.Code == r.code && strings.HasPrefix(problem.Detail, r.words) {
			return r.cause, r.words
		}
	}
	return causes.None, ""
}
