package bedrock

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/streamfront/streamfront/functions/stream/model"
)

const nova = "eu.amazon.nova-lite-v1:0"

// newModel has an endpoint on this machine.
func newModel(t *testing.T, handler http.HandlerFunc) *Model {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	m := New(aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}, nil
		}),
	}, nova)
	m.pause = time.Microsecond
	return m
}

var hello = &model.Request{Messages: []model.Message{{Role: model.RoleUser, Content: model.Text("Hello")}}, MaxTokens: 10}

// frame is a message of an event stream, encoded by the SDK.
func frame(t *testing.T, headers map[string]string, payload string) []byte {
	t.Helper()
	m := eventstream.Message{Payload: []byte(payload)}
	for name, value := range headers {
		m.Headers.Set(name, eventstream.StringValue(value))
	}
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func eventFrame(t *testing.T, name, payload string) []byte {
	t.Helper()
	return frame(t, map[string]string{":message-type": "event", ":event-type": name, ":content-type": "application/json"}, payload)
}

// arn is what clients must not be told.
const arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/x"

func exceptionFrame(t *testing.T, name string) []byte {
	t.Helper()
	return frame(t, map[string]string{":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}, `{"message":"`+arn+`"}`)
}

// Parts of streams, as Bedrock sends them, padding ("p") included.
func begin(t *testing.T) []byte {
	return eventFrame(t, "messageStart", `{"p":"abc","role":"assistant"}`)
}

func text(t *testing.T, text string) []byte {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return eventFrame(t, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":`+string(data)+`},"p":"abcdef"}`)
}

func stop(t *testing.T, reason string) []byte {
	t.Helper()
	return eventFrame(t, "messageStop", `{"stopReason":"`+reason+`"}`)
}

func metadata(t *testing.T) []byte {
	t.Helper()
	return eventFrame(t, "metadata", `{"metrics":{"latencyMs":411},"usage":{"inputTokens":12,"outputTokens":34,"totalTokens":46}}`)
}

// sending answers with a stream.
func sending(frames ...[]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		_, _ = w.Write(bytes.Join(frames, nil))
	}
}

// refusing answers with an exception, and counts the requests.
func refusing(status int, name, message string, requests *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("X-Amzn-ErrorType", name+":http://internal.amazon.com/coral/com.amazon.bedrock/")
		w.Header().Set("X-Amzn-RequestId", "2f1d3a4b")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

// collect runs a model to the end of its answer.
func collect(ctx context.Context, m *Model, r *model.Request) ([]model.Delta, error) {
	answer, err := m.Start(ctx, r)
	if err != nil {
		return nil, err
	}
	return drain(answer)
}

func drain(answer iter.Seq2[model.Delta, error]) (deltas []model.Delta, err error) {
	for delta, err := range answer {
		if err != nil {
			return deltas, err
		}
		deltas = append(deltas, delta)
	}
	return deltas, nil
}
