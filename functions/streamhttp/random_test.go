package streamhttp_test

import (
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// steps are what handlers do, in any order. All writes are of the type that the first one
// shows: a server may look at more of them.
var steps = map[string]http.HandlerFunc{
	"status 201":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) },
	"status 103":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusEarlyHints) },
	"status 204":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"status 304":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	"length 5":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "5") },
	"length 6":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "6") },
	"length 5000": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "5000") },
	"neither": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"], w.Header()["Content-Length"] = nil, nil
	},
	"header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Add("X-Note", "a") },
	"odd headers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["x note"], w.Header()["X-Odd"] = []string{"1"}, []string{"a\nb"}
	},
	"cookie":      func(w http.ResponseWriter, _ *http.Request) { w.Header().Add("Set-Cookie", "a=1\r\nb") },
	"write 0":     func(w http.ResponseWriter, _ *http.Request) { w.Write(nil) },
	"write 1":     func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) },
	"write 5":     func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "xxxxx") },
	"write 5000":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 5000)) },
	"write 70000": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(strings.Repeat("x", 70000))) },
	"copy":        func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader("xxx")) },
	"flush":       func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
	"abort":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

// Whatever a handler does, what is whole on a server is the same on Lambda, and what is not
// does not look whole.
func TestSameAsServerAtRandom(t *testing.T) {
	captureLog(t)
	names := slices.Sorted(maps.Keys(steps))
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var program []string
		for range 1 + random.IntN(6) {
			program = append(program, names[random.IntN(len(names))])
		}
		method := []string{"GET", "POST", "HEAD"}[random.IntN(3)]
		t.Run(fmt.Sprint(method, program), func(t *testing.T) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, name := range program {
					steps[name](w, r)
				}
			})
			want, wantBody, whole := serve(t, handler, method)

			event := readEvent(t, "direct-get.json")
			event.RequestContext.HTTP.Method = method
			got, body, errorType := invoke(t, handler, event)
			if !whole {
				if got.StatusCode != http.StatusInternalServerError && errorType == "" {
					t.Errorf("%d %.20q looks whole", got.StatusCode, body)
				}
				return
			}
			if errorType != "" && method == "HEAD" {
				return // a server cannot break what has no body
			}
			if got.StatusCode != want.StatusCode || body != wantBody || errorType != "" {
				t.Errorf("%d, %d bytes %s, want %d, %d bytes", got.StatusCode, len(body), errorType, want.StatusCode, len(wantBody))
			}
			for _, key := range []string{"Content-Type", "X-Note", "X-Odd"} {
				if got.Headers[key] != strings.Join(want.Header[key], ", ") {
					t.Errorf("%s = %q, want %q", key, got.Headers[key], want.Header[key])
				}
			}
			if !slices.Equal(got.Cookies, want.Header["Set-Cookie"]) {
				t.Errorf("cookies = %q, want %q", got.Cookies, want.Header["Set-Cookie"])
			}
		})
	}
}

// serve gives the response of a handler on a server, and whether all of it came.
func serve(t *testing.T, handler http.Handler, method string) (response *http.Response, body string, whole bool) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err = server.Client().Do(request)
	if err != nil {
		return nil, "", false
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response, string(data), err == nil
}
