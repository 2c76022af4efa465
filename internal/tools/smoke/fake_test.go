package smoke

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/probe"
)

const (
	mismatchBody  = `{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}`
	tooLargeBody  = `{"message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}`
	forbiddenBody = `{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}`
	problemBody   = `{"code":"payload_hash_required"}`
	via           = "1.1 fake.cloudfront.net (CloudFront)"
)

// A wrapper changes what goes through an endpoint.
type wrapper func(http.Handler) http.Handler

// fake serves an endpoint that is right except for what the wrapper does between it and
// the application.
func fake(t *testing.T, inside wrapper) *httptest.Server {
	t.Helper()
	app := probe.Handler()
	if inside != nil {
		app = inside(app)
	}
	return serve(t, edge(app))
}

func serve(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// edge refuses and drops what CloudFront, the edge functions and the function URL do, as
// far as a viewer can tell.
func edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := func(status int, kind, errorType, body string) {
			w.Header().Set("Content-Type", kind)
			if errorType != "" {
				w.Header().Set("X-Amzn-Errortype", errorType)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
		w.Header().Set("Via", via)
		body, _ := io.ReadAll(r.Body)
		sent := r.Header.Get("X-Amz-Content-Sha256")
		switch {
		case len(r.RequestURI) > 8192:
			answer(http.StatusRequestURITooLong, "text/html", "", "")
			return
		case r.Method == http.MethodGet && len(body) > 0:
			answer(http.StatusForbidden, "text/html", "", "")
			return
		case len(body) > functionLimit:
			answer(http.StatusRequestEntityTooLarge, "application/json", "", tooLargeBody)
			return
		case len(body) > edgeLimit && sent == "":
			answer(http.StatusRequestEntityTooLarge, "application/problem+json", "", problemBody)
			return
		case len(body) > edgeLimit && sent != digest(body), r.Method == http.MethodDelete && len(body) > 0 && sent == "":
			answer(http.StatusForbidden, "application/json", "InvalidSignatureException", mismatchBody)
			return
		}
		for name := range r.Header {
			if strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "X_") || name == "X-Forwarded-Authorization" || name == "X-Forwarded-Host" {
				r.Header.Del(name)
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// requireKey is the application's own check.
func requireKey(key string) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+key {
				w.Header().Set("WWW-Authenticate", "Bearer")
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// impatient cuts what is silent for too long, as CloudFront does.
func impatient(timeout time.Duration) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cut := &cutter{ResponseWriter: w, header: http.Header{}, timeout: timeout, late: make(chan struct{})}
			cut.timer = time.AfterFunc(timeout, func() { close(cut.late) })
			ended := make(chan any, 1)
			go func() {
				defer func() { ended <- recover() }()
				next.ServeHTTP(cut, r)
			}()
			select {
			case failure := <-ended:
				cut.timer.Stop()
				if failure != nil {
					panic(failure)
				}
			case <-cut.late:
				if cut.leave() {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(http.StatusGatewayTimeout)
			}
		})
	}
}

// A cutter has a header of its own: the handler may still be at it when time is up.
type cutter struct {
	http.ResponseWriter
	header  http.Header
	timeout time.Duration
	timer   *time.Timer
	late    chan struct{}

	mu    sync.Mutex
	begun bool
	left  bool
}

// leave ends all writing, and tells whether any was done.
func (c *cutter) leave() (begun bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = true
	return c.begun
}

func (c *cutter) Header() http.Header { return c.header }

func (c *cutter) WriteHeader(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin(status)
}

// begin is called with mu held.
func (c *cutter) begin(status int) {
	if c.begun || c.left {
		return
	}
	c.begun = true
	maps.Copy(c.ResponseWriter.Header(), c.header)
	c.ResponseWriter.WriteHeader(status)
}

func (c *cutter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin(http.StatusOK)
	if c.left {
		return 0, http.ErrHandlerTimeout
	}
	if c.timer.Stop() {
		c.timer.Reset(c.timeout)
	}
	return c.ResponseWriter.Write(p)
}

// FlushError implements what http.ResponseController looks for.
func (c *cutter) FlushError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin(http.StatusOK)
	if c.left {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// run asks an endpoint.
func run(t *testing.T, options Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// failures are the names of the rows that failed.
func failures(r *Report) []string {
	var names []string
	for i := range r.Results {
		if r.Results[i].Outcome == Fail {
			names = append(names, r.Results[i].Name)
		}
	}
	return names
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
