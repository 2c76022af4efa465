package cognito

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/streamfront/streamfront/internal/loopback"
)

// A User is somebody who can sign in. There are no passwords: everyone who reaches the login page
// of a local chain may be anybody.
type User struct {
	Name   string // an e-mail address
	Groups []string
}

// Users are the test users of the login page.
var Users = []User{{Name: "alice@example.com", Groups: []string{"admin"}}, {Name: "bob@example.com"}}

// Keys sign the tokens of all pools of a chain, and hold its sessions: tokens stay good when
// the assembly is loaded again. The zero value is ready for use.
type Keys struct {
	once sync.Once
	key  jose.JSONWebKey
	err  error

	mu       sync.Mutex
	codes    map[string]*grant
	refresh  map[string]*grant
	sessions map[string]session // by cookie
}

// signing returns the key, which the first token makes.
func (k *Keys) signing() (jose.JSONWebKey, error) {
	k.once.Do(func() {
		var key *rsa.PrivateKey
		if key, k.err = rsa.GenerateKey(rand.Reader, 2048); k.err == nil {
			k.key = jose.JSONWebKey{Key: key, KeyID: random()[:16], Algorithm: string(jose.RS256), Use: "sig"}
		}
	})
	return k.key, k.err
}

// random returns text that nobody guesses.
func random() string { return strings.ToLower(rand.Text()) }

// A Server is one pool, with its managed login.
type Server struct {
	Pool *Pool
	// URL is where the managed login is served here, without a slash at the end.
	URL  string
	Keys *Keys
	Now  func() time.Time
	// Origins are where the pages of distributions come from here, by where they would come
	// from: "https://" and the domain name.
	Origins map[string]string
}

// Documents serves what is below the issuer: discovery and keys.
func (s *Server) Documents() http.Handler {
	mux := http.NewServeMux()
	root := "/" + s.Pool.ID + "/.well-known/"
	mux.HandleFunc("GET "+root+"openid-configuration", s.discovery)
	// RFC 8414 has it in another place, where MCP clients look first. Cognito does not answer
	// there (assumed).
	mux.HandleFunc("GET "+root+"jwks.json", s.jwks)
	return open(mux)
}

// ServeHTTP is the managed login, and the documents for programs that do not take the detour.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rule := loopback.Rule{}
	if s.Pool.Domain != "" {
		rule.Names = []string{s.Pool.Domain}
	}
	if err := rule.Admit(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/"+s.Pool.ID+"/.well-known/", s.Documents())
	mux.HandleFunc("GET /oauth2/authorize", s.authorize)
	mux.HandleFunc("GET /login", s.authorize)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("GET /logout", s.logout)
	mux.Handle("/oauth2/token", open(http.HandlerFunc(s.token)))
	mux.Handle("/oauth2/userInfo", open(http.HandlerFunc(s.userInfo)))
	mux.Handle("/oauth2/revoke", open(http.HandlerFunc(s.revoke)))
	mux.ServeHTTP(w, r)
}

// open lets pages of any origin call, as Cognito does at these addresses (documented for the
// token endpoint).
func open(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type, mcp-protocol-version")
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// discovery has Cognito's fields, and what it leaves out though it supports it: clients that
// insist on PKCE, such as MCP's, look for code_challenge_methods_supported (assumed that
// Cognito does not say so).
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": s.Pool.Issuer(), "jwks_uri": s.Pool.Issuer() + "/.well-known/jwks.json",
		"authorization_endpoint": s.URL + "/oauth2/authorize", "token_endpoint": s.URL + "/oauth2/token",
		"userinfo_endpoint": s.URL + "/oauth2/userInfo", "revocation_endpoint": s.URL + "/oauth2/revoke", "end_session_endpoint": s.URL + "/logout",
		"response_types_supported": []string{"code"}, "grant_types_supported": []string{"authorization_code", "refresh_token", "client_credentials"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "none"},
		"code_challenge_methods_supported":      []string{"S256"},
	}
	writeJSON(w, http.StatusOK, document)
}

func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	key, err := s.Keys.signing()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
}

// allowed reports whether a list of a client has an address. Pages are served on loopback
// here: the address of a distribution stands for its own there, and a port of loopback for any
// other (RFC 8252, 7.3).
func (s *Server) allowed(listed []string, asked string) bool {
	if slices.Contains(listed, asked) {
		return true
	}
	u, err := url.Parse(asked)
	if err != nil || u.Fragment != "" || !loopback.IsName(u.Host) {
		return false
	}
	for _, one := range listed {
		l, err := url.Parse(one)
		if err != nil || l.Path != u.Path || l.RawQuery != u.RawQuery {
			continue
		}
		if loopback.IsName(l.Host) {
			return true
		}
		if here, ok := s.Origins[l.Scheme+"://"+l.Host]; ok && sameHost(here, u) {
			return true
		}
	}
	return false
}

// sameHost compares the ports: localhost and 127.0.0.1 are one machine.
func sameHost(origin string, u *url.URL) bool {
	o, err := url.Parse(origin)
	return err == nil && o.Scheme == u.Scheme && o.Port() == u.Port()
}
