package jwt

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// leeway is how far the issuer's clock and ours may differ.
const leeway = 60 * time.Second

// fits says which key an algorithm needs (RFC 7518, 3.1; RFC 8037). None is symmetric, and "none" is not
// an algorithm.
var fits = map[jose.SignatureAlgorithm]func(*key) bool{
	jose.RS256: rsaKey, jose.RS384: rsaKey, jose.RS512: rsaKey,
	jose.ES256: curve("P-256"), jose.ES384: curve("P-384"), jose.ES512: curve("P-521"),
	jose.EdDSA: curve("Ed25519"),
}

var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA}

func rsaKey(k *key) bool { return k.typ == "RSA" }

func curve(name string) func(*key) bool { return func(k *key) bool { return k.curve == name } }

// A refusal says why a token is not accepted, in the terms of RFC 6750, 3.1.
type refusal struct {
	code   string // "": no token was sent
	reason string
	scopes []string
}

func (r *refusal) Error() string { return r.reason }

func invalid(reason string) error { return &refusal{code: "invalid_token", reason: reason} }

// An object is a JSON object with exact names: encoding/json would accept "EXP" for a field exp.
type object map[string]any

func parse(segment string) (object, []byte, bool) {
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return nil, nil, false
	}
	var out object
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&out) != nil || out == nil || !json.Valid(text) {
		return nil, nil, false
	}
	return out, text, true
}

// verify returns the claims of a token that is valid for a handler with the scopes.
func (a *Authorizer) verify(ctx context.Context, token string, scopes []string) (json.RawMessage, error) {
	const noToken = "this is not a JSON Web Token"
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, invalid(noToken)
	}
	header, _, ok := parse(parts[0])
	if !ok || !header.hasTexts("alg", "kid") {
		return nil, invalid(noToken)
	}
	claims, text, ok := parse(parts[1])
	if !ok || parts[2] == "" || !claims.wellFormed() {
		return nil, invalid(noToken)
	}
	alg, _ := header["alg"].(string)
	algorithm := jose.SignatureAlgorithm(alg)
	if fits[algorithm] == nil {
		return nil, invalid("the algorithm of the token is not accepted")
	}
	// RFC 7515, 4.1.11: critical parameters must be understood, and we understand none.
	if header["crit"] != nil || header["b64"] != nil {
		return nil, invalid("the token has critical header parameters that are not understood")
	}
	kid, ok := header["kid"].(string)
	if !ok {
		return nil, invalid("the token does not name its key")
	}
	k, err := a.keys.find(ctx, kid)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, invalid("the token is signed by a key that the issuer does not have")
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || !k.signs(algorithm) {
		return nil, invalid("the signature of the token does not hold (" + alg + ")")
	}
	if verified, err := signed.Verify(k.public); err != nil || !bytes.Equal(verified, text) {
		return nil, invalid("the signature of the token does not hold (" + alg + ")")
	}
	if err := a.meant(claims, scopes); err != nil {
		return nil, err
	}
	return text, nil
}

// wellFormed reports whether the registered claims have the types of RFC 7519, 4.1.
func (c object) wellFormed() bool {
	for _, name := range []string{"exp", "nbf", "iat"} {
		if value, ok := c[name]; ok {
			if _, isNumber := seconds(value); !isNumber {
				return false
			}
		}
	}
	value, ok := c["aud"]
	_, isList := texts(value)
	return (!ok || isList) && c.hasTexts("iss", "sub", "scope", "jti")
}

// hasTexts reports whether the members of these names, where there are any, are texts.
func (c object) hasTexts(names ...string) bool {
	for _, name := range names {
		if value, ok := c[name]; ok {
			if _, isText := value.(string); !isText {
				return false
			}
		}
	}
	return true
}

// seconds reads a NumericDate, which may have a fraction.
func seconds(value any) (float64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := number.Float64()
	return f, err == nil
}

// texts reads a text or a list of them.
func texts(value any) ([]string, bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []any:
		out := make([]string, len(v))
		for i, one := range v {
			text, ok := one.(string)
			if !ok {
				return nil, false
			}
			out[i] = text
		}
		return out, true
	}
	return nil, false
}

// meant checks that a token that the issuer signed is valid now, for this application and for this use.
func (a *Authorizer) meant(claims object, scopes []string) error {
	now := float64(time.Now().UnixNano()) / float64(time.Second)
	exp, ok := seconds(claims["exp"])
	if !ok {
		return invalid("the token has no expiry")
	}
	if exp+leeway.Seconds() < now {
		return invalid("the token has expired")
	}
	if nbf, ok := seconds(claims["nbf"]); ok && nbf-leeway.Seconds() > now {
		return invalid("the token is not valid yet")
	}
	if claims["iss"] != a.config.Issuer {
		return invalid("the token is of another issuer")
	}
	if !a.meantForUs(claims) {
		return invalid("the token is for another audience")
	}
	if use := a.config.TokenUse; use != "" && claims["token_use"] != use {
		return invalid("the token is not one for " + use)
	}
	if len(scopes) > 0 && !slices.ContainsFunc(granted(claims), func(scope string) bool { return slices.Contains(scopes, scope) }) {
		return &refusal{code: "insufficient_scope", reason: "the token lacks the scope", scopes: scopes}
	}
	return nil
}

// meantForUs checks aud. Access tokens of Cognito have client_id instead of aud, or besides it: then aud
// is the resource that the client requested (RFC 8707), as MCP clients do.
func (a *Authorizer) meantForUs(claims object) bool {
	accepted := func(audience string) bool { return slices.Contains(a.config.Audience, audience) }
	client, _ := claims["client_id"].(string)
	audience, ok := texts(claims["aud"])
	if !ok {
		return accepted(client)
	}
	resource := a.config.Resource
	within := func(url string) bool { return url == resource || strings.HasPrefix(url, resource+"/") }
	return slices.ContainsFunc(audience, accepted) ||
		resource != "" && a.config.TokenUse == "access" && accepted(client) && slices.ContainsFunc(audience, within)
}

// granted returns the scopes. They are in scope (RFC 8693), scp (Okta, Entra ID) or permissions (Auth0),
// as text with spaces or as a list.
func granted(claims object) []string {
	var out []string
	for _, name := range []string{"scope", "scp", "permissions"} {
		switch value := claims[name].(type) {
		case string:
			out = append(out, strings.Fields(value)...)
		case []any:
			for _, one := range value {
				if scope, ok := one.(string); ok {
					out = append(out, scope)
				}
			}
		}
	}
	return out
}
