// Package probe answers what 'streamfront smoke' asks to find out whether all that lies
// between a viewer and the function works: the request as it arrived, responses of every
// kind, streams and silences.
//
//	ANY  /probe/echo/...         the request as JSON, without credentials
//	ANY  /probe/status/{code}    200 to 599; with ?body=1 a line of text, else nothing
//	ANY  /probe/redirect/{code}  301, 302, 303, 307, 308 to a path; ?to=host to another host
//	ANY  /probe/cookies          three cookies set, no body
//	ANY  /probe/challenge        401 with WWW-Authenticate
//	ANY  /probe/own              Date, Server and Content-Length of its own
//	ANY  /probe/encoded          a body in gzip, asked for or not
//	ANY  /probe/download         ?bytes=, at most 32 MiB
//	ANY  /probe/stream           ?chunks=, at most 100, one ?every=, at most 5s
//	ANY  /probe/silence          an event, silence ?for=, at most 150s, an event; with
//	                             ?heartbeat= a comment every so often, else none
//	ANY  /probe/late             silence ?for=, at most 150s, before the status
//	ANY  /probe/broken           a stream that ends before its end; ?by=panic or, on Lambda, exit
//
// Every answer has Cache-Control: no-store and an X-Probe-Id of its own, so that a cached
// one is known. What is out of bounds is answered 400. The bounds keep a request from
// costing more than 150 s of the function or 32 MiB; a caller who may ask can still have it
// busy, so put the probes behind a key, and switch them off where nobody needs them.
package probe

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Prefix is where the paths of all probes begin.
const Prefix = "/probe/"

// Wanted reads the environment variable PROBES: false switches the probes off. Anything
// that is no boolean is an error.
func Wanted(setting string) (bool, error) {
	if setting == "" {
		return true, nil
	}
	wanted, err := strconv.ParseBool(setting)
	if err != nil {
		return false, fmt.Errorf("PROBES is %q: want true or false", setting)
	}
	return wanted, nil
}

// Mount lets probes answer what is below [Prefix], and next everything else. It belongs
// in front of a router: an [http.ServeMux] redirects paths that have double slashes or
// dots, which the echo is to show as they came.
func Mount(probes, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, Prefix) {
			probes.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Handler serves the probes. It expects paths that begin with [Prefix], limits no bodies
// and checks no key: both are up to the caller.
func Handler() http.Handler {
	probes := map[string]http.HandlerFunc{
		"echo":      Echo,
		"status":    status,
		"redirect":  redirect,
		"cookies":   cookies,
		"challenge": challenge,
		"own":       own,
		"encoded":   encoded,
		"download":  download,
		"stream":    stream,
		"silence":   silence,
		"late":      late,
		"broken":    broken,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Probe-Id", rand.Text())
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		serve, ok := probes[name]
		if !ok {
			fail(w, http.StatusNotFound, fmt.Errorf("there is no probe %q", name))
			return
		}
		serve(w, r)
	})
}

// fail answers with an error in the shape of the sample's others.
func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": err.Error(), "code": "probe"}})
}

// settings reads the query of a probe. The first value that is out of bounds stays in err.
type settings struct {
	query url.Values
	err   error
}

func settingsOf(r *http.Request) *settings {
	return &settings{query: r.URL.Query()}
}

func (s *settings) number(name string, standard, most int) int {
	text := s.query.Get(name)
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		s.wrong(name, text, fmt.Sprintf("0 to %d", most))
	}
	return n
}

func (s *settings) duration(name string, standard, most time.Duration) time.Duration {
	text := s.query.Get(name)
	if text == "" {
		return standard
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > most {
		s.wrong(name, text, fmt.Sprintf("a duration such as 500ms, at most %s", most))
	}
	return d
}

func (s *settings) wrong(name, value, want string) {
	if s.err == nil {
		s.err = fmt.Errorf("%s is %q: want %s", name, value, want)
	}
}
