package sse_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// The stream in testdata is what these events are written as. A client library reads the
// same file in the tests of the clients.
func TestGolden(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Comment, Name, ID, Data string
		Milliseconds            int64 `json:"retryMS"`
		JSON                    any
	}
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	stream, recorder := open(t)
	for _, e := range events {
		if e.Comment != "" {
			err = stream.Comment(e.Comment)
		} else {
			err = stream.Send(sse.Event{Name: e.Name, ID: e.ID, Retry: time.Duration(e.Milliseconds) * time.Millisecond, Data: e.Data, JSON: e.JSON})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/stream.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := recorder.Body.String(); got != string(want) {
		t.Errorf("stream = %q, want %q", got, want)
	}
}
