package streamhttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// serveVariable makes the test binary a program that serves testMux, on Lambda or not.
const serveVariable = "STREAMHTTP_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		if err := streamhttp.Serve(testMux(), streamhttp.WithFilledBodies(true)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func testMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/ordered", func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			// Answered when the reader of the stream has seen the event.
			gate, err := http.Get(r.URL.Query().Get("gate"))
			if err != nil {
				panic(err)
			}
			gate.Body.Close()
		}
	})
	mux.HandleFunc("/panic", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "begun")
		panic("in mid-stream")
	})
	mux.HandleFunc("/panic-early", func(http.ResponseWriter, *http.Request) { panic("at once") })
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/nothing", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("/headers", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %v", r.Header.Get("Authorization"), r.Header.Get("X-Forwarded-Authorization"), r.TLS != nil)
	})
	return mux
}

// startTestBinary runs testMux in a process of its own, until the test ends.
func startTestBinary(t *testing.T, environment ...string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, executable)
	command.Env = append(os.Environ(), append(environment, serveVariable+"=1")...)
	return command
}

// The real runtime client against as much of a runtime API as it needs:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
func TestRuntimeAPI(t *testing.T) {
	invocations := make(chan *events.LambdaFunctionURLRequest)
	responses := make(chan *http.Request) // to be read by the test
	read := make(chan struct{})           // then
	gate := make(chan struct{})

	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-invocations:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", event.RequestContext.RequestID)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			_ = json.NewEncoder(w).Encode(event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		select {
		case responses <- r:
		case <-r.Context().Done():
			return
		}
		select {
		case <-read:
			w.WriteHeader(http.StatusAccepted)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("GET /gate", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	api := httptest.NewServer(mux)
	defer api.Close()

	function := startTestBinary(t, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"))
	log := new(strings.Builder)
	function.Stderr = log
	if err := function.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = function.Wait()
		close(exited)
	}()
	defer func() {
		_ = function.Process.Kill()
		<-exited
	}()

	// invoke gives the response to look, piece by piece as it comes.
	invoke := func(path, query string, look func(*http.Request)) {
		t.Helper()
		event := readEvent(t, "cloudfront-get.json")
		event.RawPath, event.RawQueryString = path, query
		select {
		case invocations <- event:
		case <-exited:
			t.Fatalf("the function has exited: %s", log)
		}
		select {
		case r := <-responses:
			look(r)
			select {
			case read <- struct{}{}:
			case <-exited:
				t.Fatalf("the function has exited: %s", log)
			}
		case <-exited:
			t.Fatalf("the function has exited: %s", log)
		}
	}
	readAll := func(r *http.Request) (prelude, string) {
		t.Helper()
		wire, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return cut(t, wire)
	}

	invoke("/ordered", "gate="+api.URL+"/gate", func(r *http.Request) {
		if got, want := r.Header.Get("Content-Type"), "application/vnd.awslambda.http-integration-response"; got != want {
			t.Errorf("Content-Type = %q, want %q", got, want)
		}
		var got strings.Builder
		buffer := make([]byte, 1024)
		for i := range 3 {
			// The function writes the next event after the gate has opened only: this
			// returns if each one is sent by itself.
			for want := fmt.Sprintf("data: %d\n\n", i); !strings.HasSuffix(got.String(), want); {
				n, err := r.Body.Read(buffer)
				got.Write(buffer[:n])
				if err != nil {
					t.Fatalf("after %q: %v, want %q", got.String(), err, want)
				}
			}
			select {
			case gate <- struct{}{}:
			case <-exited:
				t.Fatalf("the function has exited: %s", log)
			}
		}
		if rest, err := io.ReadAll(r.Body); err != nil || len(rest) > 0 {
			t.Errorf("after the last event: %q, %v", rest, err)
		}
	})

	invoke("/panic", "", func(r *http.Request) {
		if head, body := readAll(r); head.StatusCode != 200 || body != "begun" {
			t.Errorf("got %d %q, want what was written before the panic", head.StatusCode, body)
		}
		if got, want := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"), "Function.Panic"; got != want {
			t.Errorf("error type in the trailer = %q, want %q", got, want)
		}
		detail, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		if err != nil || !strings.Contains(string(detail), "the handler panicked") || strings.Contains(string(detail), "in mid-stream") {
			t.Errorf("error body in the trailer = %q, %v, want that the handler panicked, without details", detail, err)
		}
	})

	invoke("/panic-early", "", func(r *http.Request) {
		if head, _ := readAll(r); head.StatusCode != 500 {
			t.Errorf("status = %d, want 500", head.StatusCode)
		}
	})

	invoke("/empty", "", func(r *http.Request) {
		if head, body := readAll(r); head.StatusCode != 204 || body != "" {
			t.Errorf("got %d %q, want 204 and no body", head.StatusCode, body)
		}
		if len(r.Trailer.Get("Lambda-Runtime-Function-Error-Type")) > 0 {
			t.Errorf("trailer = %v, want no error", r.Trailer)
		}
	})

	// An option of this package, which Serve has to hand on to the runtime client.
	invoke("/nothing", "", func(r *http.Request) {
		if head, body := readAll(r); head.StatusCode != 200 || body != "\n" {
			t.Errorf("got %d %q, want 200 and a line feed", head.StatusCode, body)
		}
	})

	invoke("/pid", "", func(r *http.Request) {
		if _, body := readAll(r); body != strconv.Itoa(function.Process.Pid) {
			t.Errorf("process = %s, want %d, which has survived the panics", body, function.Process.Pid)
		}
	})
}
