package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

func TestLogHasNoSecrets(t *testing.T) {
	var log bytes.Buffer
	handler := newHandler(&config{keys: guard("right"), model: echo.Model{}}, slog.New(slog.NewJSONHandler(&log, nil)))
	r := localRequest("POST", "/echo?token=secret", strings.NewReader("secret"))
	r.Header.Set("Authorization", "Bearer secret")
	serve(handler, r)
	for _, want := range []string{`"method":"POST"`, `"path":"/echo"`, `"status":401`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log has no %s: %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("log has a secret: %s", &log)
	}
}

// The saved query "by key" counts by these.
func TestLogTellsKeysApart(t *testing.T) {
	for authorization, want := range map[string]string{
		"Bearer secret":  `"key":"2bb80d53"`, // printf secret | sha256sum
		"bearer  secret": `"key":"2bb80d53"`,
		"Bearer other":   `"key":"d9298a10"`,
		"Basic secret":   "",
		"Bearer ":        "",
		"":               "",
	} {
		var log bytes.Buffer
		handler := newHandler(&config{keys: guard("right"), model: echo.Model{}}, slog.New(slog.NewJSONHandler(&log, nil)))
		r := localRequest("GET", "/v1/models", nil)
		r.Header.Set("Authorization", authorization)
		serve(handler, r)
		if want == "" && strings.Contains(log.String(), `"key"`) || !strings.Contains(log.String(), want) {
			t.Errorf("%q: log = %s, want %s", authorization, &log, want)
		}
	}
}

// A token of an issuer is not a key of this server: nothing of it is logged.
func TestLogHasNothingOfAToken(t *testing.T) {
	variables := map[string]string{"AUTH_ISSUER": "https://issuer.example.com", "AUTH_AUDIENCE": "app"}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	keys, signIn, err := readGuard(func(name string) string { return variables[name] }, logger)
	if err != nil {
		t.Fatal(err)
	}
	handler := newHandler(&config{keys: keys, signIn: signIn, model: echo.Model{}}, logger)
	for _, claims := range []json.RawMessage{nil, json.RawMessage(`{"sub":"someone"}`)} { // refused here, and verified at the edge
		r := localRequest("GET", "/v1/models", nil)
		r.Header.Set("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJzb21lb25lIn0.c2VjcmV0")
		serve(handler, r.WithContext(streamhttp.ContextWithClaims(r.Context(), claims)))
	}
	if got := log.String(); strings.Count(got, `"msg":"request"`) != 2 || !strings.Contains(got, `"status":401`) || !strings.Contains(got, `"status":200`) ||
		strings.Contains(got, `"key"`) || strings.Contains(got, "eyJ") || strings.Contains(got, "someone") {
		t.Errorf("log = %s, want two requests and nothing of the token", got)
	}
}

// The log of an invocation says what happened to which request, and nothing of what was
// said. Errors are found by the same id.
func TestLogOfAnInvocation(t *testing.T) {
	const trace = "Root=1-67891233-abcdef012345678912345678"
	var log bytes.Buffer
	event := &events.LambdaFunctionURLRequest{
		RawPath: "/v1/chat/completions",
		Body:    `{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"private matters [[fail]]"}]}`,
	}
	event.RequestContext.HTTP.Method = "POST"
	event.Headers = map[string]string{"x-forwarded-host": "localhost", "x-forwarded-for": "127.0.0.1"}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8476a536"})
	ctx = context.WithValue(ctx, "x-amzn-trace-id", trace) //nolint:staticcheck // the key of aws-lambda-go
	response, err := streamhttp.Wrap(newHandler(&config{keys: guard(""), model: echo.Model{}}, newLog(&log)))(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("log = %s, want the error and the request", &log)
	}
	for i, text := range lines {
		var line struct {
			Msg, RequestID, TraceID, Method, Path string
			Status, Bytes                         int
			Milliseconds                          *float64
			Completed                             bool
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if line.RequestID != "8476a536" || line.TraceID != trace {
			t.Errorf("line = %s, want the ids", text)
		}
		if i == 0 {
			continue
		}
		if line.Msg != "request" || line.Method != "POST" || line.Path != "/v1/chat/completions" || line.Status != 200 || line.Milliseconds == nil || !line.Completed {
			t.Errorf("line = %s", text)
		}
		if line.Bytes != len(body) {
			t.Errorf("bytes = %d, want %d", line.Bytes, len(body))
		}
	}
	if strings.Contains(log.String(), "private") {
		t.Errorf("log has what was said: %s", &log)
	}
}

// An id that a record has already is not added again.
func TestLogHasOneRequestID(t *testing.T) {
	var log bytes.Buffer
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8476a536"})
	newLog(&log).With("a", 1).InfoContext(ctx, "panic", "requestId", "own")
	if got := log.String(); strings.Count(got, "requestId") != 1 || !strings.Contains(got, `"own"`) {
		t.Errorf("log = %s, want its own id alone", got)
	}
}

func TestPanicIsLoggedAndGoesOn(t *testing.T) {
	var log bytes.Buffer
	handler := logRequests(slog.New(slog.NewJSONHandler(&log, nil)), true, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("on purpose")
	}))
	defer func() {
		if recover() == nil {
			t.Error("the panic ended, want it to reach streamhttp")
		}
		if !strings.Contains(log.String(), `"completed":false`) {
			t.Errorf("log = %s, want a request that was not completed", &log)
		}
	}()
	serve(handler, localRequest("GET", "/", nil))
}
