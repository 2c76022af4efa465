package sse_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// A stream of chunks in JSON with an end that clients know, as OpenAI's API has it.
func ExampleWriter_Send() {
	type chunk struct {
		Text string `json:"text"`
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		stream := sse.NewWriter(w, r, sse.Options{})
		defer stream.Close()
		for _, word := range []string{"Hello", " there"} {
			if err := stream.Send(sse.Event{JSON: &chunk{word}}); err != nil {
				return // the viewer is gone
			}
		}
		_ = stream.Send(sse.Event{Data: "[DONE]"})
	}

	recorder := httptest.NewRecorder()
	handler(recorder, httptest.NewRequest("GET", "/", nil))
	fmt.Print(recorder.Body)
	// Output:
	// :
	//
	// data: {"text":"Hello"}
	//
	// data: {"text":" there"}
	//
	// data: [DONE]
}

// A clock that goes on where a client has lost it. Its silence of a minute would be cut by
// CloudFront; the heartbeats prevent that.
func ExampleNewWriter() {
	http.HandleFunc("GET /minutes", func(w http.ResponseWriter, r *http.Request) {
		minute, _ := strconv.Atoi(sse.LastEventID(r)) // 0 for a new client
		stream := sse.NewWriter(w, r, sse.Options{})
		defer stream.Close()
		for {
			select {
			case now := <-time.After(time.Minute):
				minute++
				event := sse.Event{Name: "minute", ID: strconv.Itoa(minute), Retry: time.Second, Data: now.Format(time.TimeOnly)}
				if stream.Send(event) != nil {
					return
				}
			case <-r.Context().Done(): // the client comes again
				return
			}
		}
	})
	if err := streamhttp.Serve(http.DefaultServeMux); err != nil {
		log.Fatal(err)
	}
}
