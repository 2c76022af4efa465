package client_test

import (
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/streamfront/streamfront/functions/streamhttp/client"
)

// A client of a CLIENT route.
func ExampleTransport() {
	chat := &http.Client{Transport: new(client.Transport)}
	response, err := chat.Post("https://d111111abcdef8.cloudfront.net/v1/chat/completions", "application/json",
		strings.NewReader(`{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"Hello"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(os.Stdout, response.Body)
}

// A client of an EDGE route, where small bodies are hashed on the way.
func ExampleTransport_edge() {
	files := &http.Client{Transport: &client.Transport{OnlyAbove: client.EdgeLimit}}
	file, err := os.Open("talk.wav") // up to 4.5 MiB
	if err != nil {
		log.Fatal(err)
	}
	response, err := files.Post("https://d111111abcdef8.cloudfront.net/transcriptions", "audio/wav", file)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(os.Stdout, response.Body)
}

// A handler that serves the module to its pages.
func ExampleModule() {
	http.HandleFunc("GET /streamfront.mjs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, client.Module)
	})
}
