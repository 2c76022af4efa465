// Command function is the Lambda function of the chain's tests.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
	"github.com/streamfront/streamfront/functions/streamhttp/websocket"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", describe)
	mux.HandleFunc("/gate", gate)
	mux.HandleFunc("/claims", claims)
	mux.HandleFunc("/keys", keys)
	mux.HandleFunc("/late", late)
	mux.HandleFunc("/silent", silent)
	mux.HandleFunc("/exit", exit)
	mux.HandleFunc("/counted", counted)
	mux.HandleFunc("/empty", empty)
	mux.HandleFunc("/challenged", challenged)
	mux.HandleFunc("/aborted", aborted)
	mux.HandleFunc("/prints", prints)
	mux.HandleFunc("/large", large)
	// The tests want to see what the chain makes of answers without a byte.
	if err := streamhttp.Serve(mux, streamhttp.WithFilledBodies(false), streamhttp.WithConnections(websocket.New(), 0), streamhttp.WithS3(register)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// describe answers with what the application sees.
func describe(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var names []string
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "host": r.Host, "target": r.URL.RequestURI(), "length": len(body),
		"authorization": r.Header.Get("Authorization"), "headers": names, "process": os.Getpid(),
		"values": r.Header, "runtime": os.Getenv("AWS_LAMBDA_RUNTIME_API"),
		"local": os.Getenv("STREAMFRONT_LOCAL"), "s3": os.Getenv("AWS_ENDPOINT_URL_S3"),
		"key": []string{os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")},
	})
}

// register takes what Amazon S3 says of a new object.
func register(_ context.Context, r *events.S3EventRecord) error {
	object := r.S3.Object
	if strings.HasSuffix(object.URLDecodedKey, "bad") {
		return fmt.Errorf("%s is refused", object.URLDecodedKey)
	}
	fmt.Printf("registered %s of %s, %d bytes, %s, %s\n", object.URLDecodedKey, r.S3.Bucket.Name, object.Size, r.EventName, object.ETag)
	return nil
}

// claims answers with what the edge has verified.
func claims(w http.ResponseWriter, r *http.Request) {
	claims, ok := streamhttp.Claims(r.Context())
	if !ok {
		http.Error(w, "none", http.StatusTeapot)
		return
	}
	_, _ = w.Write(claims)
}

// keys asks the issuer for its keys, as an application that verifies tokens does, and says
// where the managed login is.
func keys(w http.ResponseWriter, _ *http.Request) {
	resp, err := http.Get(os.Getenv("ISSUER") + "/.well-known/jwks.json")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer resp.Body.Close()
	fmt.Fprintln(w, os.Getenv("LOGIN_URL"))
	_, _ = io.Copy(w, resp.Body)
}

// gate writes a line, asks the test at the URL in X-Gate whether to go on, and writes
// another. The answer to the second question goes nowhere: it says that all is written.
func gate(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "first")
	w.(http.Flusher).Flush()
	ask(r.Header.Get("X-Gate") + "/first")
	fmt.Fprintln(w, "last")
	w.(http.Flusher).Flush()
	ask(r.Header.Get("X-Gate") + "/last")
}

// silent is a stream that waits for the test between two events, with the heartbeat of
// the query.
func silent(w http.ResponseWriter, r *http.Request) {
	heartbeat, err := time.ParseDuration(r.URL.Query().Get("heartbeat"))
	if err != nil {
		panic(err)
	}
	stream := sse.NewWriter(w, r, sse.Options{Heartbeat: heartbeat})
	defer stream.Close()
	_ = stream.Send(sse.Event{Data: "first"})
	ask(r.Header.Get("X-Gate") + "/first")
	_ = stream.Send(sse.Event{Data: "last"})
}

// large answers with as many MiB as the query says, to be kept.
func large(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=60")
	size, err := strconv.Atoi(r.URL.Query().Get("mib"))
	if err != nil {
		panic(err)
	}
	for mib := make([]byte, 1<<20); size > 0; size-- {
		_, _ = w.Write(mib)
	}
}

// prints prints more than a pipe holds, and answers then.
func prints(w http.ResponseWriter, _ *http.Request) {
	for range 2000 {
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 99))
	}
	fmt.Fprint(w, os.Getpid())
}

// late asks the test before it says anything.
func late(w http.ResponseWriter, r *http.Request) {
	ask(r.Header.Get("X-Gate") + "/first")
	fmt.Fprintln(w, "late")
}

func ask(url string) {
	resp, err := http.Get(url)
	if err == nil {
		resp.Body.Close()
	}
}

// counted answers with a number that rises, under the headers that the query gives: cc is
// Cache-Control, etag is ETag, status is the status, others are the header of their name.
func counted(w http.ResponseWriter, r *http.Request) {
	for name, header := range map[string]string{
		"cc": "Cache-Control", "etag": "Etag", "cookie": "Set-Cookie", "server": "Server", "date": "Date", "encoding": "Content-Encoding",
	} {
		if value := r.URL.Query().Get(name); value != "" {
			w.Header().Set(header, value)
		}
	}
	if tag := w.Header().Get("Etag"); tag != "" && tag == r.Header.Get("If-None-Match") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if status, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil {
		w.WriteHeader(status)
	}
	fmt.Fprintf(w, "%d %s %s", count.Add(1), r.Header.Get("Cookie"), r.Header.Get("Authorization"))
}

var count atomic.Int64

// empty answers with the status of the query and nothing else but cookies: those of the
// request, each with a mark.
func empty(w http.ResponseWriter, r *http.Request) {
	for _, cookie := range r.Cookies() {
		http.SetCookie(w, &http.Cookie{Name: cookie.Name, Value: cookie.Value + "-seen"})
	}
	w.Header().Set("Location", "/elsewhere")
	status, err := strconv.Atoi(r.URL.Query().Get("status"))
	if err != nil {
		panic(err)
	}
	w.WriteHeader(status)
}

func challenged(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Www-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
}

// aborted reports an error in the middle of a response.
func aborted(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "first")
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// exit breaks the environment in the middle of a response.
func exit(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "first")
	w.(http.Flusher).Flush()
	ask(r.Header.Get("X-Gate") + "/first")
	os.Exit(3)
}
