package streamhttp_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func TestBroken(t *testing.T) {
	for name, test := range map[string]struct {
		handler   http.HandlerFunc
		status    int
		body      string
		errorType string
		logged    string // beside what all lines have
	}{
		"before anything": {
			handler: func(http.ResponseWriter, *http.Request) { panic("secret plan") },
			status:  500, body: "Internal Server Error\n", logged: "broken_test.go",
		},
		"after WriteHeader": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
				w.WriteHeader(http.StatusOK)
				panic("secret plan")
			},
			status: 500, body: "Internal Server Error\n", logged: "broken_test.go",
		},
		"in the stream": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "begun")
				panic("secret plan")
			},
			status: 200, body: "begun", errorType: "Function.Panic", logged: "broken_test.go",
		},
		"after a flush": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.(http.Flusher).Flush()
				panic("secret plan")
			},
			status: 200, errorType: "Function.Panic", logged: "broken_test.go",
		},
		"abort before anything": {
			handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			status:  500, body: "Internal Server Error\n",
		},
		"abort in the stream": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "begun")
				panic(http.ErrAbortHandler)
			},
			status: 200, body: "begun", errorType: "Function.Aborted", logged: "level=WARN msg=\"response aborted by HTTP handler\"",
		},
		"goexit in the stream": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "begun")
				runtime.Goexit()
			},
			status: 200, body: "begun", errorType: "Function.Aborted", logged: "level=WARN msg=\"response aborted by HTTP handler\"",
		},
		"less than declared": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "6")
				io.WriteString(w, "begun")
			},
			status: 200, body: "begun", errorType: "Function.IncompleteBody", logged: "written=5 contentLength=6",
		},
		"nothing of what was declared": {
			handler: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "6") },
			status:  500, body: "Internal Server Error\n", logged: "written=0 contentLength=6",
		},
		"more than declared at once": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "4")
				io.WriteString(w, "begun")
			},
			status: 500, body: "Internal Server Error\n", logged: "written=0 contentLength=4",
		},
		"invalid status": {
			handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(42) },
			status:  500, body: "Internal Server Error\n", logged: "broken_test.go",
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := captureLog(t)
			head, body, errorType := invoke(t, test.handler, readEvent(t, "cloudfront-get.json"))
			if head.StatusCode != test.status || body != test.body || errorType != test.errorType {
				t.Errorf("got %d %q %q, want %d %q %q", head.StatusCode, body, errorType, test.status, test.body, test.errorType)
			}
			if len(head.Cookies) > 0 {
				t.Errorf("cookies = %q, want none with a failure", head.Cookies)
			}
			for _, want := range []string{
				"requestId=00000000-0000-4000-8000-000000000001", `traceId="Root=1-00000000-000000000000000000000001"`, test.logged,
			} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("log has no %q: %s", want, log)
				}
			}
			for _, secret := range []string{"viewer-token", "session-token-of-the-signature"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("log has the credential %q", secret)
				}
			}
		})
	}
}

// The runtime client knows best which invocation it is.
func TestBrokenNamesTheInvocation(t *testing.T) {
	log := captureLog(t)
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "of-the-runtime"})
	ctx = context.WithValue(ctx, "x-amzn-trace-id", "Root=runtime") //nolint:staticcheck // The key is the runtime client's.
	response, err := streamhttp.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oops") }))(ctx, readEvent(t, "cloudfront-get.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	if want := `requestId=of-the-runtime traceId="Root=runtime" panic=oops`; !strings.Contains(log.String(), want) {
		t.Errorf("log = %s, want %s", log, want)
	}
}

// captureLog must not be used by parallel tests.
func captureLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	log := new(bytes.Buffer)
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return log
}
