package jwt

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Keys are fetched again after fresh, which notices a withdrawn key, and are used until stale if the
// issuer is down. A process asks the issuer at most once in pause, whatever tokens name.
const (
	fresh = 15 * time.Minute
	stale = time.Hour
	pause = 10 * time.Second

	fetchTimeout = 3 * time.Second
	maxDocument  = 1 << 20 // bytes of a key set or discovery document
)

// errUnavailable says that the issuer cannot be asked: a 503, not an answer about the token.
var errUnavailable = errors.New("jwt: the keys of the issuer cannot be fetched")

// A key of an issuer, reduced to what signatures need.
type key struct {
	id        string
	algorithm string // "": any that fits
	typ       string
	curve     string
	public    any
}

// signs reports whether the key may have made a signature by the algorithm.
func (k *key) signs(algorithm jose.SignatureAlgorithm) bool {
	return fits[algorithm](k) && (k.algorithm == "" || k.algorithm == string(algorithm))
}

// parseKeys reads a JSON Web Key Set. It leaves out keys of other kinds and keys that are not for
// signatures.
func parseKeys(text []byte) (map[string]*key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		return nil, errors.New("jwt: this is not a JSON Web Key Set")
	}
	out := map[string]*key{}
	for _, raw := range set.Keys {
		var jwk jose.JSONWebKey
		if jwk.UnmarshalJSON(raw) != nil || !jwk.IsPublic() || jwk.Use != "" && jwk.Use != "sig" || out[jwk.KeyID] != nil {
			continue
		}
		k := &key{id: jwk.KeyID, algorithm: jwk.Algorithm, public: jwk.Key}
		switch public := jwk.Key.(type) {
		case *rsa.PublicKey:
			k.typ = "RSA"
		case *ecdsa.PublicKey:
			k.typ, k.curve = "EC", public.Curve.Params().Name
		case ed25519.PublicKey:
			k.typ, k.curve = "OKP", "Ed25519"
		default:
			continue
		}
		out[k.id] = k
	}
	return out, nil
}

// keys are the keys of an issuer. They are fetched once, kept for a while, and fetched again when a
// token names a key that is not among them.
type keys struct {
	issuer string
	client *http.Client

	mu     sync.Mutex
	uri    string // "": discovered with the first try
	fixed  bool   // never fetched
	set    map[string]*key
	since  time.Time // when the set came
	tried  time.Time // when it was asked for
	failed bool      // the last try
	asking chan struct{}
}

func newKeys(config *Config) (*keys, error) {
	k := &keys{issuer: config.Issuer, uri: config.JWKSURI, client: config.Client}
	if k.client == nil {
		k.client = &http.Client{
			Timeout:       fetchTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if config.JWKS == nil {
		return k, nil
	}
	set, err := parseKeys(config.JWKS)
	if err == nil && len(set) == 0 {
		err = errors.New("jwt: no key in it is a public one for signatures")
	}
	if err != nil {
		return nil, fmt.Errorf("jwt: Config.JWKS: %w; pass what the issuer's jwks_uri answers", err)
	}
	k.set, k.fixed = set, true
	return k, nil
}

// find returns the key, or nil if the issuer does not have it.
func (k *keys) find(ctx context.Context, id string) (*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fixed {
		return k.set[id], nil
	}
	if k.set == nil || time.Since(k.since) >= fresh {
		k.ask(ctx)
		if k.set == nil || time.Since(k.since) >= stale {
			return nil, errUnavailable
		}
	}
	if found := k.set[id]; found != nil {
		return found, nil
	}
	before := k.since
	k.ask(ctx)
	if k.since.Equal(before) && k.failed {
		return nil, errUnavailable
	}
	return k.set[id], nil
}

// ask waits for an attempt to fetch the keys, and begins one unless it is too soon. It releases the lock
// meanwhile. The attempt serves all that wait, so it does not end with the request that began it.
func (k *keys) ask(ctx context.Context) {
	if k.asking == nil {
		if !k.tried.IsZero() && time.Since(k.tried) < pause {
			return
		}
		k.tried = time.Now()
		k.asking = make(chan struct{})
		go k.try(context.WithoutCancel(ctx), k.asking, k.uri)
	}
	asking := k.asking
	k.mu.Unlock()
	select {
	case <-asking:
	case <-ctx.Done():
	}
	k.mu.Lock()
}

func (k *keys) try(ctx context.Context, done chan struct{}, uri string) {
	ctx, cancel := context.WithTimeout(ctx, 2*fetchTimeout)
	defer cancel()
	uri, set, err := k.fetchKeys(ctx, uri)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed = err != nil; !k.failed {
		k.uri, k.set, k.since = uri, set, time.Now()
	}
	k.asking = nil
	close(done)
}

func (k *keys) fetchKeys(ctx context.Context, uri string) (string, map[string]*key, error) {
	if uri == "" {
		text, err := k.fetch(ctx, strings.TrimSuffix(k.issuer, "/")+"/.well-known/openid-configuration")
		if err != nil {
			return "", nil, err
		}
		var discovered struct {
			Issuer string `json:"issuer"`
			URI    string `json:"jwks_uri"`
		}
		// OpenID Connect Discovery 1.0, 4.3: the document must be about this issuer.
		if json.Unmarshal(text, &discovered) != nil || discovered.Issuer != k.issuer || !strings.HasPrefix(discovered.URI, "https://") {
			return "", nil, errors.New("jwt: the discovery document is for another issuer, or names no keys")
		}
		uri = discovered.URI
	}
	text, err := k.fetch(ctx, uri)
	if err != nil {
		return "", nil, err
	}
	set, err := parseKeys(text)
	return uri, set, err
}

func (k *keys) fetch(ctx context.Context, address string) (text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("jwt: %s answered %s", address, response.Status)
	}
	text, err = io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = fmt.Errorf("jwt: %s answered more than %d bytes", address, maxDocument)
	}
	return text, err
}
