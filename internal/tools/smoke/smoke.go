// Package smoke sends an endpoint of the sample a table of requests, and compares the answers with
// what they must be. The same table works for a distribution on AWS and for the local chain. Some
// rows also verify what the local chain only assumes about AWS.
//
// Most rows need the probes of the sample (functions/stream/probe), which report what arrived.
//
// The command of the same name imports it; no service does, since it knows an endpoint only by its
// answers.
package smoke

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
)

// Options say what to ask, and whom. Zero values give the defaults, except for URL.
type Options struct {
	// URL is the address of the endpoint, without a path. https, or http on loopback.
	// Required.
	URL string
	// Key is the bearer key that the sample asks for.
	// Default: none.
	Key string
	// FunctionURL is the address of the function itself, which must refuse direct calls.
	// Default: the rows that call it are skipped.
	FunctionURL string
	// Sign signs direct calls of the function.
	// Default: the rows that need signatures are skipped.
	Sign Signer
	// Silence is how long some streams are silent. It has to be longer than the read
	// timeout of the distribution, and at most 150 s, which is all that the probes do.
	// Default: 65 s, for the 60 s of NewEndpoint.
	Silence time.Duration
	// Timeout is how long a row may take beyond the time that it waits on purpose.
	// Default: 60 s.
	Timeout time.Duration
	// Wait is how long the endpoint may take until it can answer the rows, as one that was
	// deployed moments ago.
	// Default: 0, it is asked once.
	Wait time.Duration
	// Quick leaves out the rows that take longer than 10 s.
	Quick bool
	// Only selects rows by their names: those that contain it, in any case, or fit it as a
	// pattern with * and ?.
	// Default: all rows.
	Only string
	// Parallel is how many rows are asked at once.
	// Default: 8.
	Parallel int
	// Client sends the requests; it is copied, and follows no redirects.
	// Default: one that asks for no compression.
	Client *http.Client
	// Progress is called with the rows in progress, whenever one begins or ends. It is
	// never called twice at once.
	Progress func(Progress)
}

// Progress is how far a run is.
type Progress struct {
	Done, Failed, Total int
	Running             []string // names of rows, the longest running first
}

const (
	defaultSilence  = 65 * time.Second
	maxSilence      = 150 * time.Second // of the probes
	defaultTimeout  = time.Minute
	defaultParallel = 8
	// quick is how long a row of a quick run may take.
	quick = 10 * time.Second
)

// Outcome is how a row ended.
type Outcome string

const (
	// OK is a row whose answer is what it must be.
	OK Outcome = "ok"
	// Fail is a row whose answer is not.
	Fail Outcome = "FAIL"
	// Skip is a row that could not be asked.
	Skip Outcome = "skip"
)

// A Result is one row.
type Result struct {
	Name         string       `json:"name"`
	Outcome      Outcome      `json:"outcome"`
	Milliseconds int64        `json:"milliseconds"`
	Want         string       `json:"want,omitempty"`  // of a row that failed
	Seen         string       `json:"seen,omitempty"`  // of a row that failed
	Cause        causes.ID    `json:"cause,omitempty"` // ID of the probable cause, in package causes
	Note         string       `json:"note,omitempty"`  // why it was skipped
	Settled      []Settlement `json:"settled,omitempty"`
}

// A Report is all rows, in the order of the table.
type Report struct {
	URL string `json:"url"`
	// Local says that the endpoint is on this machine, where nothing can be learned about
	// AWS.
	Local bool `json:"local"`
	// Keyed says that the endpoint asks for a key.
	Keyed   bool `json:"keyed"`
	OK      int  `json:"ok"`
	Failed  int  `json:"failed"`
	Skipped int  `json:"skipped"`
	// Milliseconds is how long the whole took.
	Milliseconds int64        `json:"milliseconds"`
	Results      []Result     `json:"results"`
	Assumptions  []Settlement `json:"assumptions"` // by row of package fidelity
}

// ErrOptions is wrapped by errors about options that cannot be.
var ErrOptions = errors.New("wrong options")

func wrong(format string, args ...any) error {
	return &optionsError{fmt.Sprintf(format, args...)}
}

type optionsError struct{ text string }

func (e *optionsError) Error() string { return e.text }

func (e *optionsError) Is(target error) bool { return target == ErrOptions }

// Run asks the endpoint all rows of the table that the options select. It fails with
// [ErrOptions] if these are wrong, with an [UnfitError] if the endpoint is none that can
// answer the rows, and when ctx ends.
func Run(ctx context.Context, options Options) (*Report, error) {
	s, err := newSession(options)
	if err != nil {
		return nil, err
	}
	defer s.client.CloseIdleConnections()
	start := time.Now()
	var checks []check
	for _, c := range table(s.options) {
		if c.selected(s.options.Only) {
			checks = append(checks, c)
		}
	}
	if len(checks) == 0 {
		return nil, wrong("no row fits %q; without it, all are asked", s.options.Only)
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	results := s.ask(ctx, checks)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	report := s.report(checks, results)
	report.Milliseconds = time.Since(start).Milliseconds()
	return report, nil
}

// selected compares names as people type them.
func (c *check) selected(only string) bool {
	name, only := strings.ToLower(c.name), strings.ToLower(only)
	fits, _ := path.Match(only, strings.ReplaceAll(name, "/", " "))
	return fits || strings.Contains(name, only)
}

// ask runs the rows side by side, those that wait longest first.
func (s *session) ask(ctx context.Context, checks []check) []Result {
	order := make([]int, len(checks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(checks[b].takes - checks[a].takes) })

	results := make([]Result, len(checks))
	watch := &watch{tell: s.options.Progress, Progress: Progress{Total: len(checks)}}
	slots := make(chan struct{}, s.options.Parallel)
	var wait sync.WaitGroup
	for _, i := range order {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			watch.begin(checks[i].name)
			results[i] = s.result(ctx, &checks[i])
			watch.end(&results[i])
		})
	}
	wait.Wait()
	return results
}

// result asks one row.
func (s *session) result(ctx context.Context, c *check) (r Result) {
	r = Result{Name: c.name, Outcome: Skip}
	for _, q := range c.settles {
		r.Settled = append(r.Settled, Settlement{Assumption: q.assumption, State: Open})
	}
	if c.takes > quick && s.options.Quick {
		r.Note = "takes " + c.takes.String()
		return r
	}
	if c.needs != nil {
		if r.Note = c.needs(s); r.Note != "" {
			return r
		}
	}
	timeout := s.options.Timeout + c.takes
	if c.mayHang {
		timeout += 3 * s.options.Silence // longer than three read timeouts, after which a GET is given up
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	start := time.Now()
	defer func() { r.Milliseconds = time.Since(start).Milliseconds() }()
	x := c.ask(ctx, s)
	for i, q := range c.settles {
		r.Settled[i] = q.settle(x)
	}
	r.Outcome = OK
	if want, seen, held := hold(c.want, x); !held {
		r.Outcome, r.Want, r.Seen, r.Cause = Fail, want, x.describe(seen), x.cause()
		if c.mayHang && x.status == http.StatusGatewayTimeout {
			r.Cause = causes.StreamWithoutBody
		}
		// What a row is about is the matter only if the answer is no error of another kind.
		if r.Cause == "" && (x.status > 0 && x.status < 400 || x.status == http.StatusUnauthorized) {
			r.Cause = c.cause
		}
	}
	return r
}

func (s *session) report(checks []check, results []Result) *Report {
	report := &Report{URL: s.base.String(), Local: s.local, Keyed: s.keyed, Results: results}
	for i := range results {
		switch results[i].Outcome {
		case OK:
			report.OK++
		case Fail:
			report.Failed++
		case Skip:
			report.Skipped++
		}
	}
	report.Assumptions = merge(checks, results)
	return report
}

// A watch reports progress.
type watch struct {
	mu   sync.Mutex
	tell func(Progress)
	Progress
}

func (w *watch) begin(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Running = append(w.Running, name)
	w.report()
}

func (w *watch) end(r *Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Running = slices.DeleteFunc(w.Running, func(name string) bool { return name == r.Name })
	w.Done++
	if r.Outcome == Fail {
		w.Failed++
	}
	w.report()
}

func (w *watch) report() {
	if w.tell != nil {
		p := w.Progress
		p.Running = slices.Clone(p.Running)
		w.tell(p)
	}
}

// endpoint reads the address of an endpoint.
func endpoint(what, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return nil, wrong("%s is missing: want one such as https://d111111abcdef8.cloudfront.net", what)
	case err != nil || u.Host == "":
		return nil, wrong("%s is %q: want one such as https://d111111abcdef8.cloudfront.net", what, address)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback.IsName(u.Hostname())):
		return nil, wrong("%s is %q: want https; http is for addresses of this machine only, for the key would travel in the clear", what, address)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return nil, wrong("%s is %q: want it without path and query; the sample's routes begin at /", what, address)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
