// Package apikey admits requests that have an API key as bearer token.
//
// Keys come from the environment:
//
//	API_KEY             the key itself, in plain text: for trials
//	API_KEY_SECRET_ARN  ARN or name of a secret in Secrets Manager; the function needs
//	                    secretsmanager:GetSecretValue on it
//	API_KEY_PARAMETER   name of a parameter in SSM, such as a SecureString; the function
//	                    needs ssm:GetParameter on it
//
// Several of them may be set, and keys from all are valid. A secret or parameter contains one plain key,
// or several as JSON: ["new","old"] or {"current":"new","previous":"old"}. All of these are valid, so
// that a key can be replaced while both are in use. An object with one member, as the console of Secrets
// Manager makes it, may use any name for the key.
//
// A key in a secret has at least 16 characters of printable ASCII without spaces. A JSON scalar, such as
// null or "", is not a key.
//
// Secrets are not read when the function starts, but at the first request with a key. After four minutes
// they are read again while requests use the known keys. After five minutes requests wait for that, so a
// withdrawn key is valid for at most five minutes more. An unknown key makes the guard read the secret at
// once, but at most every five seconds, so a new key works as soon as it is stored.
//
// If a secret was deleted, may not be read or has no keys, the keys read before are no longer valid. If
// the service cannot be reached, throttles or fails, they stay valid for up to an hour after they were
// read. The answer is 503 if there are no keys, or if the secret cannot be read and the key is unknown.
//
// Without any of the three variables a Lambda function does not start, and neither does a task of Amazon
// ECS. On a laptop the server starts, but serves only programs on the same machine: not others on its
// network, and no page of another site in a browser except those of ALLOWED_ORIGINS. The same holds
// behind the local chain, which sets STREAMFRONT_LOCAL=true: there secrets are not read, and only API_KEY
// counts.
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

// digest is the form in which keys are kept and compared. It has the same length for every key.
type digest [sha256.Size]byte

// FromEnvironment returns the guard that the package comment describes. It does not read secrets yet.
// The error says why a Lambda function or a task must not start.
func FromEnvironment(getenv func(string) string, log *slog.Logger) (*Guard, error) {
	g := &Guard{}
	local := getenv("STREAMFRONT_LOCAL") == "true"
	onAWS := !local && isOnAWS(getenv)
	if key := strings.TrimSpace(getenv("API_KEY")); key != "" {
		g.plain = []digest{sha256.Sum256([]byte(key))}
		if fault := unfit(key); fault != "" && onAWS {
			log.Warn("API_KEY is only suitable for a trial: it " + fault)
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
	log.Warn("no API key is required: any program on this machine may use this server", "local", local)
	return g, nil
}

// isOnAWS reports whether other machines can reach the server: Lambda and the agent of Amazon ECS set
// these variables (documented).
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
func isOnAWS(getenv func(string) string) bool {
	return getenv("AWS_LAMBDA_FUNCTION_NAME") != "" || getenv("ECS_CONTAINER_METADATA_URI_V4") != ""
}

// Require serves requests that have a key as bearer token (RFC 6750, section 2.1). Others get 401, or 503
// while there are no keys to compare with, and an error object like OpenAI's.
func (g *Guard) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.open != nil {
			if reason := g.foreign(r); reason != "" {
				writeError(w, http.StatusForbidden, "invalid_request_error", "no_api_key_configured",
					"This server requires no key, so it serves only this machine, but "+reason+": set API_KEY to serve others.")
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

// foreign says why a request to a server without keys comes neither from a program on this machine nor
// from the server's own page. It returns "" if it does. Any site's page can make a browser send requests
// here, and one whose name was rebound can also read the answers.
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

// contains takes the same time wherever the key is, and however much of it is right.
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
