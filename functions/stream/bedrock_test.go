package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// frames is an event stream, encoded by the SDK, of headers and payloads in turn.
func frames(t *testing.T, parts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	for i := 0; i < len(parts); i += 2 {
		kind, name, _ := strings.Cut(parts[i], " ")
		message := eventstream.Message{Payload: []byte(parts[i+1])}
		message.Headers.Set(":message-type", eventstream.StringValue(kind))
		message.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
		if err := eventstream.NewEncoder().Encode(&out, message); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// From the environment to the events that clients get, with Bedrock in between.
func TestBedrock(t *testing.T) {
	const delta = "event contentBlockDelta"
	for name, test := range map[string]struct {
		status int
		answer []byte
		want   int
		parts  []string // of our answer, in this order
	}{
		"answer": {
			200, frames(t, delta, `{"contentBlockIndex":0,"delta":{"text":"Scatter"}}`, delta, `{"contentBlockIndex":0,"delta":{"text":"ing."}}`,
				"event messageStop", `{"stopReason":"end_turn"}`, "event metadata", `{"usage":{"inputTokens":12,"outputTokens":34}}`),
			200,
			[]string{`"content":"Scatter"`, `"content":"ing."`, `"finish_reason":"stop"`, `"total_tokens":46`, "data: [DONE]\n\n"},
		},
		"call": {
			200, frames(t, "event contentBlockStart", `{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"1","name":"now"}}}`,
				delta, `{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}`, "event messageStop", `{"stopReason":"tool_use"}`),
			200,
			[]string{`"tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"now","arguments":""}}]`, `"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]`, `"finish_reason":"tool_calls"`},
		},
		"exception in mid-stream": {
			200, frames(t, delta, `{"contentBlockIndex":0,"delta":{"text":"Scatter"}}`, "exception throttlingException", `{"message":"slow down"}`),
			200,
			[]string{`"content":"Scatter"`, `data: {"error":{"message":"The quota of the model is exceeded. Try again later.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}` + "\n\n"},
		},
		"refusal": {
			400, []byte(`{"message":"too long"}`),
			400,
			[]string{`"type":"invalid_request_error"`, `"code":"invalid_for_model"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-ErrorType", "ValidationException")
				w.WriteHeader(test.status)
				_, _ = w.Write(test.answer)
			}))
			t.Cleanup(server.Close)
			for name, value := range map[string]string{
				"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
				"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.URL,
			} {
				t.Setenv(name, value)
			}
			c, err := readConfig(from(map[string]string{"BEDROCK_MODEL_ID": "eu.amazon.nova-lite-v1:0"}), discard)
			if err != nil {
				t.Fatal(err)
			}
			response := serve(newHandler(c, discard), localRequest("POST", "/v1/chat/completions", strings.NewReader(
				`{"model":"eu.amazon.nova-lite-v1:0","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Why is the sky blue?"}]}`)))
			if response.Code != test.want {
				t.Errorf("status = %d, want %d", response.Code, test.want)
			}
			rest := response.Body.String()
			for _, part := range test.parts {
				_, after, ok := strings.Cut(rest, part)
				if !ok {
					t.Fatalf("answer has no %s in its place:\n%s", part, response.Body)
				}
				rest = after
			}
		})
	}
}
