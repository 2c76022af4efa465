package smoke

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
)

// A Signer signs a request to the function URL as of a time, by credentials that may invoke
// the function. The hash is that of the body.
type Signer func(ctx context.Context, r *http.Request, hash string, at time.Time) error

// windows are how far off AWS lets the date of a signature be: 5 minutes in most services, 15 in
// Amazon S3 (documented for both, and for no function URL).
var windows = []time.Duration{5 * time.Minute, 15 * time.Minute}

const (
	assumedWindow = 5 * time.Minute
	// margin is for the way of a request, and for clocks of whole seconds.
	margin = 20 * time.Second
)

// signatures are direct calls with signatures of some age.
func signatures() []check {
	fresh := func(x *exchange) (want, seen string) {
		want = "a signature of now is accepted"
		if x.status == 0 || x.status == http.StatusForbidden {
			return want, x.describe(fmt.Sprintf("status %d", x.status))
		}
		return want, want
	}
	window := func(is bool) expectation {
		return func(x *exchange) (want, seen string) {
			if (x.value == assumedWindow.String()) == is && x.value != "" {
				return "", ""
			}
			return "another window", x.value
		}
	}
	return []check{{
		name: "the age of a signature", ask: ageSignatures, cause: causes.SignatureClock,
		want:    []expectation{fresh},
		settles: []question{{signatureWindow, []expectation{fresh, window(true)}, []expectation{fresh, window(false)}}},
		needs: func(s *session) string {
			if s.function == nil || s.options.Sign == nil {
				return "needs --function-url and --sign"
			}
			return ""
		},
	}}
}

// ageSignatures asks with a signature of now, and with older ones if that is accepted.
func ageSignatures(ctx context.Context, s *session) *exchange {
	x := s.signed(ctx, time.Now())
	// What counts is the clock of AWS.
	now, err := http.ParseTime(x.header.Get("Date"))
	if err != nil || !accepted(x) {
		return x
	}
	began := time.Now()
	for _, window := range windows {
		within := s.signed(ctx, now.Add(time.Since(began)-window+margin))
		beyond := s.signed(ctx, now.Add(time.Since(began)-window-margin))
		if accepted(within) && !accepted(beyond) && beyond.status != 0 {
			x.value = window.String()
		}
	}
	return x
}

// accepted says whether the request got as far as the application, which may ask for its key.
func accepted(x *exchange) bool { return x.status != 0 && x.status != http.StatusForbidden }

func (s *session) signed(ctx context.Context, at time.Time) *exchange {
	return s.send(ctx, request{
		anonymous: true, to: func(s *session) *url.URL { return s.function },
		sign: func(r *http.Request) error { return s.options.Sign(ctx, r, digest(nil), at) },
	})
}
