// Command function is the Lambda function of the chain's tests.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", describe)
	mux.HandleFunc("/gate", gate)
	mux.HandleFunc("/exit", exit)
	if err := streamhttp.Serve(mux); err != nil {
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
	})
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

func ask(url string) {
	resp, err := http.Get(url)
	if err == nil {
		resp.Body.Close()
	}
}

// exit breaks the environment in the middle of a response.
func exit(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "first")
	w.(http.Flusher).Flush()
	ask(r.Header.Get("X-Gate") + "/first")
	os.Exit(3)
}
