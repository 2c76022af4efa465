package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/streamfront/streamfront/functions/stream/chat"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

func TestLogHasNoSecrets(t *testing.T) {
	var log bytes.Buffer
	handler := newHandler(&config{keys: guard("right"), model: chat.Echo{}}, slog.New(slog.NewJSONHandler(&log, nil)))
	r := httptest.NewRequest("POST", "/echo?token=secret", strings.NewReader("secret"))
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

// A line says what happened to which request, and nothing of what was said.
func TestLogOfAnInvocation(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	event := &events.LambdaFunctionURLRequest{
		RawPath: "/v1/chat/completions",
		Headers: map[string]string{"x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678"},
		Body:    `{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"private matters"}]}`,
	}
	event.RequestContext.HTTP.Method = "POST"
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8476a536"})
	response, err := streamhttp.Wrap(newHandler(&config{keys: guard(""), model: chat.Echo{}}, logger))(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	var line struct {
		Msg, RequestID, TraceID, Method, Path string
		Status, Bytes                         int
		Milliseconds                          *float64
		Completed                             bool
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("log = %s, want one line: %v", &log, err)
	}
	if line.Msg != "request" || line.RequestID != "8476a536" || line.TraceID != "Root=1-67891233-abcdef012345678912345678" ||
		line.Method != "POST" || line.Path != "/v1/chat/completions" || line.Status != 200 || line.Milliseconds == nil || !line.Completed {
		t.Errorf("log = %s", &log)
	}
	if line.Bytes != len(body) {
		t.Errorf("bytes = %d, want %d", line.Bytes, len(body))
	}
	if strings.Contains(log.String(), "private") {
		t.Errorf("log has what was said: %s", &log)
	}
}

func TestPanicIsLoggedAndGoesOn(t *testing.T) {
	var log bytes.Buffer
	handler := logRequests(slog.New(slog.NewJSONHandler(&log, nil)), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
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
	serve(handler, httptest.NewRequest("GET", "/", nil))
}
