package authorizer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
)

// Why there is no answer.
var (
	// ErrUnauthorized says that the function failed with the message Unauthorized, which is its
	// way to ask for a 401.
	ErrUnauthorized = errors.New("the authorizer fails with the message Unauthorized, which API Gateway answers 401")
	// ErrNotHere says that the function cannot be run here.
	ErrNotHere      = errors.New("the authorizer's function cannot be run here: see the notes of the chain")
	errNotPermitted = errors.New("no AWS::Lambda::Permission lets " + Service + " invoke it as an authorizer")
)

// A Question is what an authorizer is asked about one request.
type Question struct {
	Function    *Function
	API         string // its ARN
	Permissions []*lambda.Permission
	Form        Form
	Wait        time.Duration
	TTL         time.Duration // 0: the answer is not kept
	Stage       string        // of the API
	Identity    []string      // the values of the identity sources
	ARN         string        // of the method or route
	Event       func() []byte // what the function gets
	Find        func(arn string) *lambda.Function
}

// A Verdict is what an authorizer says of one request.
type Verdict struct {
	*Answer
	Decision iam.Decision
	Cached   bool          // the function was asked before
	For      string        // the ARN that it was asked about
	Took     time.Duration // of asking it
}

// Elsewhere reports whether a policy decides that was made for another method or path, and says
// nothing about this one.
func (v *Verdict) Elsewhere(arn string) bool {
	return v.Cached && v.Decision == iam.ImplicitDeny && v.For != arn
}

// Cause says why the verdict keeps a request out; None if it lets it in.
func (v *Verdict) Cause(arn string) causes.ID {
	switch {
	case v.Decision == iam.Allow:
		return causes.None
	case v.Elsewhere(arn):
		return causes.AuthorizerPolicyCached
	default:
		return causes.AuthorizerDenies
	}
}

// Texts are what an event of a REST API or a WebSocket API has of the answer.
//
// Source: Amazon API Gateway Developer Guide, "Output from an API Gateway Lambda authorizer": the
// values are texts. Documented; that null stays, and integrationLatency, are recorded.
func (v *Verdict) Texts() map[string]any {
	all := map[string]any{}
	for name, value := range v.Context {
		if all[name] = value; value != nil {
			all[name] = fmt.Sprint(value)
		}
	}
	all["integrationLatency"] = v.Took.Milliseconds() // 0 of an answer from the cache
	all["principalId"] = v.Principal
	return all
}

// Ask asks the function, or looks into the cache, which may be nil. What is kept is the policy:
// it is evaluated for each request anew.
func (q *Question) Ask(ctx context.Context, cache *Cache, now time.Time) (*Verdict, error) {
	if cache != nil && q.TTL > 0 {
		if v := cache.get(q.key(), now); v != nil {
			v.Decision = v.Decide(q.ARN)
			return v, nil
		}
	}
	began := time.Now()
	a, err := q.invoke(ctx)
	if err != nil {
		return nil, q.masked(err)
	}
	if cache != nil && q.TTL > 0 {
		cache.put(q.key(), a, q.ARN, now.Add(q.TTL), now)
	}
	return &Verdict{Answer: a, Decision: a.Decide(q.ARN), For: q.ARN, Took: time.Since(began)}, nil
}

func (q *Question) key() key {
	// Quoted, so that no value can run into the next one: a query may have any character.
	return key{q.Function, fmt.Sprintf("%q %q", q.Stage, q.Identity)}
}

// masked is an error of the function without what identifies the caller, which code likes to put
// into its errors.
func (q *Question) masked(err error) error {
	text := err.Error()
	for _, value := range q.Identity {
		for _, part := range append([]string{value}, strings.Fields(value)...) {
			if len(part) >= minSecret {
				text = strings.ReplaceAll(text, part, "...")
			}
		}
	}
	return &failure{q.Function.Definition.Name + ": " + text, err}
}

// minSecret is the length of the shortest part of an identity that is masked: schemes such as
// Bearer are words that errors may have.
const minSecret = 8

// A failure is why there is no answer, in words for a trace.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

func (q *Question) invoke(ctx context.Context) (*Answer, error) {
	f := q.Function
	if !f.Permitted(q.Permissions, q.API) {
		return nil, errNotPermitted
	}
	function := q.Find(f.ARN)
	if function == nil {
		return nil, ErrNotHere
	}
	data, err := answer.Ask(ctx, function, event.RequestID(), q.Wait, q.Event())
	var failed *lambda.FunctionError
	switch {
	case errors.As(err, &failed) && failed.Message == "Unauthorized":
		return nil, ErrUnauthorized
	case err != nil:
		return nil, err
	case len(data) > maxAnswer:
		return nil, fmt.Errorf("it returns %d bytes, and API Gateway accepts %d", len(data), maxAnswer)
	}
	return read(data, q.Form)
}

// Late reports whether the function was not asked to the end: it took too long, or Lambda runs
// no more of it at once.
func Late(err error) bool {
	return errors.Is(err, answer.ErrLate) || errors.Is(err, lambda.ErrThrottled)
}

// CauseOf says why there is no answer.
func CauseOf(err error) causes.ID {
	switch {
	case errors.Is(err, errNotPermitted):
		return causes.APIGrantMissing
	case errors.Is(err, ErrUnauthorized):
		return causes.AuthorizerDenies
	case errors.Is(err, ErrNotHere):
		return causes.None
	case errors.Is(err, lambda.ErrThrottled):
		return causes.Throttled
	default:
		return causes.AuthorizerFailed
	}
}

// Hop is the name of the hop of a trace that asks an authorizer.
const Hop = "authorizer"

// Why says what was decided, for a trace.
func (v *Verdict) Why(arn string) string {
	what := "the answer"
	if v.Cached {
		what = "the cached answer"
	}
	switch {
	case v.Decision == iam.Allow:
		return what + " of the authorizer allows " + arn
	case v.Elsewhere(arn):
		return what + ", which was for " + v.For + ", does not allow " + arn
	case v.Decision == iam.ExplicitDeny:
		return what + " of the authorizer denies " + arn
	default:
		return what + " of the authorizer does not allow " + arn
	}
}
