// Package apikey lets requests pass that have an API key as bearer token.
//
// Keys come from the environment:
//
//	API_KEY             the key itself, in plain text: for trials
//	API_KEY_SECRET_ARN  ARN or name of a secret in Secrets Manager; the function needs
//	                    secretsmanager:GetSecretValue on it
//	API_KEY_PARAMETER   name of a parameter in SSM, such as a SecureString; the function
//	                    needs ssm:GetParameter on it
//
// All of them may be set: a key from any is good. A secret or parameter holds one key as it
// is, or several as JSON, ["new","old"] or {"current":"new","previous":"old"}, all of them
// good, so that keys can change while both are in use. An object with one member, as the
// console of Secrets Manager makes it, may call the key as it likes.
//
// A key in a secret has 16 characters or more, all of them printable ASCII without spaces.
// A scalar of JSON, such as null or "", is no key.
//
// Secrets are read at the first request that has a key, not when the function starts, and
// again when that is four minutes ago, while requests go on with the keys there are. After
// five minutes requests wait for it: a key that was withdrawn is good for five minutes at the
// most. A key that is not among these makes it read at once, but once in five seconds at the
// most: a new key works as soon as it is stored.
//
// A secret that was deleted, may not be read or has no keys in it has lost those read
// before, too. If the service cannot be reached, throttles or fails, they stay good, but for
// no longer than an hour after they were read. Where there are no keys, or the secret cannot
// be read and the key is not among them, the answer is 503.
//
// Without any of the three variables a Lambda function does not start, nor does a task of
// Amazon ECS. On a laptop the server does, and serves the programs of this machine: not others
// on its network, nor a page of another site in a browser, but for those of ALLOWED_ORIGINS. So it
// does behind the local chain, which says so by STREAMFRONT_LOCAL=true: secrets are not read
// there, and API_KEY alone counts.
package apikey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Guard knows the keys. It is safe for concurrent use.
type Guard struct {
	open  *http.CrossOriginProtection // of a server without keys; nil: there are some
	local bool                        // the local chain sees to who calls
	plain []digest                    // of API_KEY
	rings []*keyring
}

// digest is a key as it is kept and compared: of one length, whatever the key's.
type digest [sha256.Size]byte

// FromEnvironment makes the guard that the package comment describes. It reads no secrets
// yet. The error says why a Lambda function or a task must not start.
func FromEnvironment(getenv func(string) string, log *slog.Logger) (*Guard, error) {
	g := &Guard{}
	local := getenv("STREAMFRONT_LOCAL") == "true"
	onAWS := !local && isOnAWS(getenv)
	if key := strings.TrimSpace(getenv("API_KEY")); key != "" {
		g.plain = []digest{sha256.Sum256([]byte(key))}
		if fault := unfit(key); fault != "" && onAWS {
			log.Warn("API_KEY is good for a trial only: it " + fault)
		}
	}
	if !local { // there, nothing keeps secrets
		aws := &client{getenv: getenv, pause: 100 * time.Millisecond}
		for _, source := range []struct {
			kind, name string
			read       func(ctx context.Context, name string) (string, error)
		}{
			{"secret", getenv("API_KEY_SECRET_ARN"), aws.secret},
			{"parameter", getenv("API_KEY_PARAMETER"), aws.parameter},
		} {
			if source.name != "" {
				g.rings = append(g.rings, &keyring{
					name: source.kind + " " + source.name, log: log,
					read: func(ctx context.Context) (string, error) { return source.read(ctx, source.name) },
				})
			}
		}
	}
	if len(g.plain)+len(g.rings) > 0 {
		return g, nil
	}
	if onAWS {
		return nil, errors.New("no API key is configured, and without one anyone could use this server: " +
			"set API_KEY_SECRET_ARN (Secrets Manager), API_KEY_PARAMETER (SSM) or, for a trial, API_KEY")
	}
	g.open, g.local = http.NewCrossOriginProtection(), local
	for origin := range strings.SplitSeq(getenv("ALLOWED_ORIGINS"), ",") {
		if origin = strings.TrimSpace(origin); origin != "" {
			if err := g.open.AddTrustedOrigin(origin); err != nil {
				return nil, fmt.Errorf("ALLOWED_ORIGINS: %w", err)
			}
		}
	}
	log.Warn("no API key is asked for: any program of this machine may use this server", "local", local)
	return g, nil
}

// isOnAWS reports whether others than this machine reach the server: Lambda and the agent of
// Amazon ECS set these (documented).
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
func isOnAWS(getenv func(string) string) bool {
	return getenv("AWS_LAMBDA_FUNCTION_NAME") != "" || getenv("ECS_CONTAINER_METADATA_URI_V4") != ""
}

// Require serves requests that have a key as bearer token (RFC 6750, section 2.1). Others
// get 401, or 503 as long as there are no keys to compare with, and an error in the form of
// OpenAI's.
func (g *Guard) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.open != nil {
			if reason := g.foreign(r); reason != "" {
				writeError(w, http.StatusForbidden, "invalid_request_error", "no_api_key_configured",
					"This server asks for no key, and so serves this machine alone, but "+reason+": set API_KEY to serve others.")
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		token = strings.TrimLeft(token, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			refuse(w)
			return
		}
		known, err := g.knows(r.Context(), sha256.Sum256([]byte(token)))
		switch {
		case known:
			next.ServeHTTP(w, r)
		case err != nil: // the keyring has logged it
			w.Header().Set("Retry-After", "5")
			writeError(w, http.StatusServiceUnavailable, "server_error", "api_keys_unavailable",
				"The API keys cannot be read at the moment: try again in a few seconds. The server's log says why.")
		default:
			refuse(w)
		}
	})
}

// foreign says why a request to a server without keys does not come from a program of this
// machine, or from the server's own page; "" if it does. A page of any site may have a browser
// send requests here, and one whose name was rebound may read the answers, too.
func (g *Guard) foreign(r *http.Request) string {
	if g.open.Check(r) != nil {
		return "a browser has sent this request for a page of another site"
	}
	if g.local {
		return ""
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !loopback(host) {
		return "the request came from " + r.RemoteAddr
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if host != "localhost" && !strings.HasSuffix(host, ".localhost") && !loopback(strings.Trim(host, "[]")) {
		return fmt.Sprintf("the request asks for %q, which is not a name of this machine alone", r.Host)
	}
	return ""
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// knows returns an error if it cannot know.
func (g *Guard) knows(ctx context.Context, presented digest) (bool, error) {
	if contains(g.plain, presented) {
		return true, nil
	}
	// A key of one secret must not wait for another one to be read, nor have it read.
	if slices.ContainsFunc(g.rings, func(k *keyring) bool { return k.remembers(presented) }) {
		return true, nil
	}
	var errs []error
	for _, ring := range g.rings {
		known, err := ring.holds(ctx, presented)
		if known {
			return true, nil
		}
		errs = append(errs, err)
	}
	return false, errors.Join(errs...)
}

// contains takes the same time wherever the key is, and whatever of it is right.
func contains(keys []digest, presented digest) bool {
	found := 0
	for _, key := range keys {
		found |= subtle.ConstantTimeCompare(key[:], presented[:])
	}
	return found == 1
}

func refuse(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	writeError(w, http.StatusUnauthorized, "invalid_request_error", "invalid_api_key",
		"Missing or incorrect API key: send it as bearer token in Authorization.")
}

// writeError answers with an OpenAI error object.
func writeError(w http.ResponseWriter, status int, kind, code, message string) {
	type object struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    string  `json:"code"`
	}
	body, err := json.Marshal(map[string]object{"error": {Message: message, Type: kind, Code: code}})
	if err != nil {
		panic(err) // strings only
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, string(body)+"\n")
}
