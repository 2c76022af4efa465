package streamhttp_test

import (
	"context"
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

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/websocket"
)

// doorsVariable makes the test binary a function behind the doors that it names.
const doorsVariable = "STREAMHTTP_TEST_DOORS"

func init() {
	doors := os.Getenv(doorsVariable)
	if doors == "" {
		return
	}
	err := streamhttp.Serve(http.HandlerFunc(answerHandler), streamhttp.WithDoors(doors), streamhttp.WithConnections(websocket.New(), 0))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// The options reach the runtime client, and what it sends is what the door takes. The message
// of a WebSocket API is served by the invocation that the first one has asked for.
func TestDoorsThroughTheRuntimeClient(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	invocations, answers, posts := make(chan string, 4), make(chan string, 4), make(chan string, 4)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-invocations:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			_, _ = io.WriteString(w, event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{how}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		answers <- r.PathValue("how") + " " + r.Header.Get("Content-Type") + " " + string(body)
	})
	mux.HandleFunc("POST /2015-03-31/functions/chat/invocations", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		invocations <- string(body)
	})
	mux.HandleFunc("POST /@connections/{id}", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posts <- r.PathValue("id") + " " + string(body)
	})
	api := httptest.NewServer(mux)
	defer api.Close()

	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	function := exec.CommandContext(ctx, executable)
	function.Env = append(os.Environ(), doorsVariable+"=rest", "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=chat", "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_ENDPOINT_URL="+api.URL)
	function.Stderr = os.Stderr
	if err := function.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = function.Process.Kill()
		_ = function.Wait()
	}()
	next := func(from chan string) string {
		t.Helper()
		select {
		case text := <-from:
			return text
		case <-ctx.Done():
			t.Fatal(ctx.Err())
			return ""
		}
	}

	for event, want := range map[string]string{
		"rest-post":  "response application/vnd.awslambda.http-integration-response {\"statusCode\":201,",
		"alb-single": "response application/json {\"statusCode\":201,\"statusDescription\":\"201 Created\",",
	} {
		invocations <- string(eventData(t, event))
		if got := next(answers); !strings.HasPrefix(got, want) || !strings.Contains(got, "<one>") {
			t.Errorf("%s: answer = %q, want %q", event, got, want)
		}
	}

	invocations <- string(eventData(t, "websocket-text"))
	var text strings.Builder
	for text.Len() < len("<one>\ntwo") {
		id, piece, _ := strings.Cut(next(posts), " ")
		if id != "R1kmxc2VNjMCFIA=" {
			t.Errorf("sent to %s", id)
		}
		text.WriteString(piece)
	}
	if text.String() != "<one>\ntwo" {
		t.Errorf("messages = %q", text.String())
	}
	for range 2 {
		if got, want := next(answers), `response application/json {"statusCode":200,`; !strings.HasPrefix(got, want) {
			t.Errorf("answer = %s, want %s", got, want)
		}
	}
}
