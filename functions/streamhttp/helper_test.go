package streamhttp_test

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

//go:embed testdata/*.json
var testdata embed.FS

func readEvent(t *testing.T, name string) *events.LambdaFunctionURLRequest {
	t.Helper()
	data, err := testdata.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	event := new(events.LambdaFunctionURLRequest)
	if err := json.Unmarshal(data, event); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return event
}

// prelude is what Lambda makes status and header of.
type prelude struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Cookies    []string          `json:"cookies"`
}

// invoke returns the response as the runtime client would send it. The error type is that
// of the trailer, or empty if the response is complete.
func invoke(t *testing.T, handler http.Handler, event *events.LambdaFunctionURLRequest) (head prelude, body, errorType string) {
	t.Helper()
	response, err := streamhttp.Wrap(handler)(t.Context(), event)
	if err != nil {
		t.Fatalf("Wrap: %v", err)
	}
	if got, want := response.ContentType(), "application/vnd.awslambda.http-integration-response"; got != want {
		t.Errorf("content type of the runtime API = %q, want %q", got, want)
	}
	wire, err := io.ReadAll(response)
	if broken := (messages.InvokeResponse_Error{}); errors.As(err, &broken) {
		errorType = broken.Type
	} else if err != nil {
		t.Fatalf("reading the response: %v", err)
	}
	if err := response.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	head, body = cut(t, wire)
	return head, body, errorType
}

// cut takes the wire format apart: a prelude in JSON, eight NULs, the body.
func cut(t *testing.T, wire []byte) (head prelude, body string) {
	t.Helper()
	start, rest, ok := bytes.Cut(wire, make([]byte, 8))
	if !ok {
		t.Fatalf("response has no prelude: %q", wire)
	}
	if err := json.Unmarshal(start, &head); err != nil {
		t.Fatalf("prelude %q: %v", start, err)
	}
	return head, string(rest)
}
