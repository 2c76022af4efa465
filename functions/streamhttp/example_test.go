package streamhttp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// A whole program: deployed to Lambda it streams from the function URL, started anywhere
// else it listens on 127.0.0.1:8080.
func ExampleServe() {
	http.HandleFunc("GET /clock", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				fmt.Fprintf(w, "data: %s\n\n", now.Format(time.TimeOnly))
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done(): // shortly before the function's timeout
				return
			}
		}
	})
	log.Fatal(streamhttp.Serve(http.DefaultServeMux))
}

// A handler that checks the viewer's bearer token needs no word about CloudFront.
func ExampleServe_authorization() {
	log.Fatal(streamhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer open-sesame" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "welcome to %s\n", r.Host)
	})))
}

// Wrap lets a test call a handler with an event, as Lambda would.
func ExampleWrap() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s from %s", r.Method, r.URL, r.RemoteAddr)
	})

	event := &events.LambdaFunctionURLRequest{RawPath: "/hello", RawQueryString: "q=1"}
	event.RequestContext.HTTP.Method = "GET"
	event.RequestContext.HTTP.SourceIP = "192.0.2.1"
	response, err := streamhttp.Wrap(handler)(context.Background(), event)
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.StatusCode, response.Headers["Content-Type"])
	fmt.Println(string(body))
	// Output:
	// 200 text/plain; charset=utf-8
	// GET /hello?q=1 from 192.0.2.1:0
}

// A webhook of Amazon SNS is told apart by a header of the prefix X-Amz-, which handlers
// do not see. The event has it.
func ExampleRequestFromContext() {
	http.HandleFunc("POST /sns", func(w http.ResponseWriter, r *http.Request) {
		kind := r.Header.Get("X-Amz-Sns-Message-Type")
		if event, ok := streamhttp.RequestFromContext(r.Context()); ok {
			kind = event.Headers["x-amz-sns-message-type"]
		}
		log.Print(kind)
	})
	log.Fatal(streamhttp.Serve(http.DefaultServeMux))
}
