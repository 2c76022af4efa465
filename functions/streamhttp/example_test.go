package streamhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// A whole program: deployed to Lambda it streams from the function URL, started anywhere
// else it listens on 127.0.0.1:8080.
func ExampleServe() {
	http.HandleFunc("GET /count", func(w http.ResponseWriter, r *http.Request) {
		for i := range 10 {
			fmt.Fprintln(w, i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done(): // shortly before the function's timeout
				return
			}
		}
	})
	if err := streamhttp.Serve(http.DefaultServeMux); err != nil {
		log.Fatal(err)
	}
}

// Server-sent events, with heartbeats so that CloudFront does not cut the stream while the
// handler has nothing to say.
func ExampleServe_events() {
	http.HandleFunc("GET /clock", func(w http.ResponseWriter, r *http.Request) {
		stream := sse.NewWriter(w, r, sse.Options{})
		defer stream.Close()
		for {
			select {
			case now := <-time.After(time.Minute):
				if stream.Send(sse.Event{Name: "minute", Data: now.Format(time.TimeOnly)}) != nil {
					return // the viewer is gone
				}
			case <-r.Context().Done():
				return
			}
		}
	})
	if err := streamhttp.Serve(http.DefaultServeMux); err != nil {
		log.Fatal(err)
	}
}

// Outside Lambda Serve returns on SIGINT or SIGTERM, when the requests in progress have
// ended: the time to close what they have used. On Lambda it does not return.
func ExampleServe_graceful() {
	journal, err := os.CreateTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	err = streamhttp.Serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(journal, r.URL.Path)
	}))
	if err := errors.Join(err, journal.Close()); err != nil {
		log.Fatal(err)
	}
}

// A handler that checks the viewer's bearer token needs no word about CloudFront.
func ExampleServe_authorization() {
	err := streamhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer open-sesame" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "welcome to %s\n", r.Host)
	}))
	if err != nil {
		log.Fatal(err)
	}
}

// A gateway. What the upstream streams arrives piece by piece, and a stream that it breaks
// off does not look complete.
func ExampleServe_proxy() {
	upstream, err := url.Parse("https://api.example.com")
	if err != nil {
		log.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(upstream)
		r.SetXForwarded() // with the viewer's address, host and scheme
		r.Out.Header.Set("Authorization", "Bearer "+os.Getenv("UPSTREAM_KEY"))
	}}
	if err := streamhttp.Serve(proxy); err != nil {
		log.Fatal(err)
	}
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

// A stream that fails must not look complete. The panic ends it as broken, for the viewer
// and in Lambda's metrics, and the environment goes on.
func ExampleWrap_failure() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "The answer is ")
		panic(http.ErrAbortHandler)
	})

	event := new(events.LambdaFunctionURLRequest)
	event.RequestContext.HTTP.Method = "GET"
	response, err := streamhttp.Wrap(handler)(context.Background(), event)
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	fmt.Printf("%s...\n", body)
	if broken := (messages.InvokeResponse_Error{}); errors.As(err, &broken) {
		fmt.Println(broken.Type, broken.Message)
	}
	// Output:
	// The answer is ...
	// Function.Aborted the handler aborted the response
}

// The event has what a handler does not see: who called by IAM, for example, or the type
// of a message of Amazon SNS, in a header of the prefix X-Amz-.
func ExampleRequestFromContext() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := r.Header.Get("X-Amz-Sns-Message-Type") // outside Lambda
		if event, ok := streamhttp.RequestFromContext(r.Context()); ok {
			kind = event.Headers["x-amz-sns-message-type"]
		}
		fmt.Fprintf(w, "a %s of SNS", kind)
	})

	event := &events.LambdaFunctionURLRequest{Headers: map[string]string{"x-amz-sns-message-type": "Notification"}}
	event.RequestContext.HTTP.Method = "POST"
	response, err := streamhttp.Wrap(handler)(context.Background(), event)
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
	// Output: a Notification of SNS
}
