package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/streamfront/streamfront/functions/stream/apikey"
	"github.com/streamfront/streamfront/functions/stream/echo"
)

// newTestHandler has a model that does not wait. An empty key leaves it open.
func newTestHandler(key string) http.Handler {
	return newHandler(&config{keys: guard(key), model: echo.Model{}, probes: true}, discard)
}

// guard asks for a key, unless it is empty.
func guard(key string) *apikey.Guard {
	keys, err := apikey.FromEnvironment(func(name string) string { return map[string]string{"API_KEY": key}[name] }, discard)
	if err != nil {
		panic(err) // not outside Lambda
	}
	return keys
}

var discard = slog.New(slog.DiscardHandler)

// localRequest is one of a program on this machine.
func localRequest(method, target string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, "http://localhost"+target, body)
	r.RemoteAddr = "127.0.0.1:50000"
	return r
}

// serve runs a request through the handler to its end.
func serve(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}
