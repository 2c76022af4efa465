package jwt_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func contextFor(t testing.TB, patience time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), patience)
}

// Whatever is sent, only the signed words pass: a value that passes has the header and the
// claims of the good token, to the letter, and its signature.
func FuzzAuthorization(f *testing.F) {
	keys := readKeys(f)
	for _, test := range readCases(f) {
		for _, value := range keys.authorization(f, test) {
			f.Add(value)
		}
	}
	s := newSuite(f, keys, testCase{})
	good := keys.authorization(f, testCase{Claims: map[string]any{"exp": 9999999999}})[0]
	f.Add(good)
	for i := range 3 { // a start for mutations of each part
		parts := strings.Split(good, ".")
		parts[i] = strings.Repeat("A", 8)
		f.Add(strings.Join(parts, "."))
	}
	f.Fuzz(func(t *testing.T, value string) {
		s.t = t
		w := s.send(testCase{}, value)
		switch w.Code {
		case http.StatusBadRequest, http.StatusUnauthorized:
			if w.Header().Get("WWW-Authenticate") == "" || s.seen != nil {
				t.Errorf("%q: %v", value, w.Header())
			}
		case http.StatusOK:
			s.checkSigned(t, value)
		default:
			t.Errorf("%q: status %d", value, w.Code)
		}
	})
}

// checkSigned holds a value that has passed against the keys, by other code than the
// authorizer's.
func (s *suite) checkSigned(t *testing.T, value string) {
	t.Helper()
	parts := strings.Split(strings.Trim(value[len("Bearer"):], " "), ".")
	if len(parts) != 3 {
		t.Fatalf("%q passes", value)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatalf("%q passes: %v", value, err)
	}
	for id, k := range s.keys {
		if id != "stranger" && k.verifies(parts[0]+"."+parts[1], signature) {
			return
		}
	}
	t.Errorf("%q passes, but no key of the issuer has signed it", value)
}
