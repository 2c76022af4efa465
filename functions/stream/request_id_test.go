package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/streamfront/streamfront/functions/stream/echo"
)

// The answer and the log name a request alike: an invocation by the id that Lambda gave it,
// any other by one of its own.
func TestRequestID(t *testing.T) {
	for name, invocation := range map[string]*lambdacontext.LambdaContext{
		"on Lambda": {AwsRequestID: "8f507cfc-xmpl-4697-b07a-ac58fc914c95"}, "elsewhere": nil,
	} {
		t.Run(name, func(t *testing.T) {
			for path, status := range map[string]int{"/v1/models": 401, "/none": 404, "/healthz": 200} {
				var log bytes.Buffer
				handler := newHandler(&config{keys: guard("right"), model: echo.Model{}}, newLog(&log))
				r := newRequest("GET", path)
				if invocation != nil {
					r = r.WithContext(lambdacontext.NewContext(r.Context(), invocation))
				}
				answer := serve(handler, r)
				got := answer.Header().Get("X-Request-Id")
				if answer.Code != status || got == "" || invocation != nil && got != invocation.AwsRequestID {
					t.Errorf("%s: status %d, X-Request-Id = %q, want %d and the id", path, answer.Code, got, status)
				}
				var line struct{ RequestID string }
				if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.RequestID != got {
					t.Errorf("%s: log = %s, want the id %q", path, &log, got)
				}
			}
		})
	}
}

func TestRequestIDsDiffer(t *testing.T) {
	handler := newHandler(&config{keys: guard(""), model: echo.Model{}}, slog.New(slog.DiscardHandler))
	first, second := serve(handler, newRequest("GET", "/healthz")), serve(handler, newRequest("GET", "/healthz"))
	if a, b := first.Header().Get("X-Request-Id"), second.Header().Get("X-Request-Id"); a == b {
		t.Errorf("ids %q and %q, want two", a, b)
	}
}
