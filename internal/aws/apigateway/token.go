package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/streamfront/streamfront/internal/causes"
)

// algorithms are those that API Gateway verifies: RSA's alone.
//
// Source: Amazon API Gateway Developer Guide, "Control access to HTTP APIs with JWT
// authorizers". Documented; assumed for user pools of REST APIs, which sign by RS256.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}

// A tokenError is why a token does not count.
type tokenError struct {
	cause  causes.ID
	reason string
}

func (e *tokenError) Error() string { return e.reason }

func untrusted(cause causes.ID, format string, args ...any) error {
	return &tokenError{cause, fmt.Sprintf(format, args...)}
}

// An issuer is one of tokens, with its keys.
type issuer struct {
	url    string
	client *http.Client

	mu   sync.Mutex
	keys jose.JSONWebKeySet
}

// maxDocument is more than any issuer's documents have, and issuerPatience longer than one
// takes that answers at all.
const (
	maxDocument    = 1 << 20
	issuerPatience = 10 * time.Second
)

func (i *issuer) get(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, issuerPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := i.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", url, resp.StatusCode)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxDocument)).Decode(into)
}

// key returns the issuer's key with the id. Keys are fetched when one is asked for that is not
// known yet.
func (i *issuer) key(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if found := i.keys.Key(id); len(found) > 0 {
		return &found[0], nil
	}
	var discovery struct {
		Keys string `json:"jwks_uri"`
	}
	var keys jose.JSONWebKeySet
	err := i.get(ctx, i.url+"/.well-known/openid-configuration", &discovery)
	if err == nil {
		err = i.get(ctx, discovery.Keys, &keys)
	}
	if err != nil {
		return nil, untrusted(causes.IssuerUnavailable, "the keys of the issuer %s cannot be had: %v", i.url, err)
	}
	i.keys = keys
	if found := i.keys.Key(id); len(found) > 0 {
		return &found[0], nil
	}
	return nil, untrusted(causes.TokenKeyUnknown, "the token is signed by a key that the issuer %s does not have", i.url)
}

// claims are what a token says.
type claims map[string]any

func (c claims) text(name string) string {
	text, _ := c[name].(string)
	return text
}

// list is a claim that is a text or a list of texts.
func (c claims) list(name string) []string {
	switch v := c[name].(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, fmt.Sprint(item))
		}
		return all
	}
	return nil
}

// time is a claim that is a number of seconds; 0 if it is not there.
func (c claims) time(name string) time.Time {
	number, _ := c[name].(json.Number)
	seconds, err := number.Float64()
	if err != nil {
		return time.Time{}
	}
	const farthest = 1 << 40 // in the year 36812: more may not be a number of seconds here
	return time.Unix(int64(max(-farthest, min(seconds, farthest))), 0)
}

// scopes are those of the token.
func (c claims) scopes() []string {
	for _, name := range []string{"scope", "scp"} {
		if c[name] == nil {
			continue
		}
		var all []string
		for _, item := range c.list(name) {
			all = append(all, strings.Fields(item)...)
		}
		return all
	}
	return nil
}

// verify returns the claims of a token that one of the issuers has signed and that counts now.
func verify(ctx context.Context, token string, issuers []*issuer, now time.Time) (claims, error) {
	if token == "" {
		return nil, untrusted(causes.TokenRequired, "no token came")
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, untrusted(causes.TokenMalformed, "the token cannot be read: %v", err)
	}
	var said claims
	if err := decode(signed.UnsafePayloadWithoutVerification(), &said); err != nil {
		return nil, untrusted(causes.TokenMalformed, "the token's claims are not JSON: %v", err)
	}
	at := slices.IndexFunc(issuers, func(i *issuer) bool { return i.url == strings.TrimSuffix(said.text("iss"), "/") })
	if at < 0 {
		return nil, untrusted(causes.TokenIssuer, "the token is of the issuer %q, which is not the authorizer's", said.text("iss"))
	}
	key, err := issuers[at].key(ctx, signed.Signatures[0].Header.KeyID)
	if err != nil {
		return nil, err
	}
	payload, err := signed.Verify(key.Key)
	if err != nil {
		return nil, untrusted(causes.TokenSignature, "the signature of the token does not hold")
	}
	var known claims
	if err := decode(payload, &known); err != nil {
		return nil, untrusted(causes.TokenMalformed, "the token's claims are not JSON: %v", err)
	}
	switch end, begin := known.time("exp"), known.time("nbf"); {
	case !now.Before(end):
		return nil, untrusted(causes.TokenTime, "the token has expired")
	case now.Before(begin):
		return nil, untrusted(causes.TokenTime, "the token is not valid yet")
	}
	return known, nil
}

func decode(text []byte, into *claims) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// causeOf is why a token does not count.
func causeOf(err error) causes.ID {
	var e *tokenError
	if errors.As(err, &e) {
		return e.cause
	}
	return causes.None
}
