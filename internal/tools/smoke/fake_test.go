package smoke

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

// impatient cuts silences, as CloudFront does, but at once: by what is asked for and not by a
// clock, which a busy machine would have run out before an answer that is right.
func impatient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch silent := !r.URL.Query().Has("heartbeat"); {
		case r.URL.Path == "/probe/late":
			w.WriteHeader(http.StatusGatewayTimeout)
		case r.URL.Path == "/probe/silence" && silent:
			ctx, cut := context.WithCancel(r.Context())
			defer cut()
			next.ServeHTTP(&cutter{ResponseWriter: w, cut: cut}, r.WithContext(ctx))
			panic(http.ErrAbortHandler)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// A cutter lets nothing through after the first event.
type cutter struct {
	http.ResponseWriter
	cut     func()
	written bytes.Buffer
	over    bool
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.over {
		return 0, http.ErrHandlerTimeout
	}
	c.written.Write(p)
	return c.ResponseWriter.Write(p)
}

// FlushError implements what http.ResponseController looks for.
func (c *cutter) FlushError() error {
	if c.over {
		return http.ErrHandlerTimeout
	}
	if c.over = strings.Contains(c.written.String(), "event:"); c.over {
		defer c.cut()
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
