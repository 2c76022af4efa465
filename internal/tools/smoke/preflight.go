package smoke

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
)

// An UnfitError says that the endpoint cannot answer the rows, so that one error stands
// for as many failures.
type UnfitError struct {
	Reason string
	Next   string    // what to do
	Cause  causes.ID // ID of the probable cause, in package causes, or ""
}

func (e *UnfitError) Error() string { return e.Reason + "; " + e.Next }

// pause is between two questions of whether the endpoint is ready.
const pause = 2 * time.Second

// ready waits until the endpoint can answer the rows, or its time is up.
func (s *session) ready(ctx context.Context) error {
	end := time.Now().Add(s.options.Wait)
	for {
		err := s.preflight(ctx)
		if err == nil || ctx.Err() != nil || !time.Now().Add(pause).Before(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// preflight finds out whether the probes are there and the key is right.
func (s *session) preflight(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	x := s.send(ctx, request{})
	if err := s.unfit(x); err != nil {
		return err
	}
	s.keyed = s.send(ctx, request{anonymous: true}).status == http.StatusUnauthorized
	return nil
}

func (s *session) unfit(x *exchange) error {
	at := s.base.String()
	seen := fmt.Sprintf("%s answers /probe/echo with %s", at, x.describe(fmt.Sprintf("status %d", x.status)))
	next := "see what it answers to 'curl -i " + at + "/probe/echo'"
	switch {
	case x.status == 0:
		seen = fmt.Sprintf("%s does not answer: %s", at, failure(x.err))
		next = "is the address right, and the stack deployed? For the local chain: 'streamfront run cdk.out'"
	case x.status == http.StatusUnauthorized && s.options.Key == "":
		return &UnfitError{Reason: at + " asks for a key", Next: "set STREAMFRONT_API_KEY to it, or pass it by --key"}
	case x.status == http.StatusUnauthorized:
		seen = at + " does not accept the key"
		next = "pass the key that it was deployed with; if this is it, Authorization was lost on the way"
	case x.status == http.StatusNotFound:
		seen = at + " has no probes"
		next = "smoke needs an endpoint of the sample (functions/stream) on which PROBES is not false"
	case x.status >= 300 && x.status < 400:
		next = "use the address that it redirects to: " + x.header.Get("Location")
	case x.status < 300 && x.echo == nil:
		seen = at + " answers, but not as the sample does"
		next = "smoke needs an endpoint of the sample (functions/stream)"
	case x.status < 300:
		return nil
	}
	return &UnfitError{Reason: seen, Next: next, Cause: x.cause()}
}
