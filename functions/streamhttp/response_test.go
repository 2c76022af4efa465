package streamhttp_test

import (
	"bufio"
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func TestResponse(t *testing.T) {
	for name, test := range map[string]struct {
		method    string // GET if empty
		handler   http.HandlerFunc
		status    int
		headers   map[string]string
		cookies   []string
		body      string
		errorType string
	}{
		"nothing": {
			handler: func(http.ResponseWriter, *http.Request) {},
			status:  200,
		},
		"body alone": {
			handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
			status:  200, headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, body: "hello",
		},
		"html is detected": {
			handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<!DOCTYPE html><p>") },
			status:  200, headers: map[string]string{"Content-Type": "text/html; charset=utf-8"}, body: "<!DOCTYPE html><p>",
		},
		"binary": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Write([]byte("\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
			},
			status: 200, headers: map[string]string{"Content-Type": "application/octet-stream"},
			body: "\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00",
		},
		"content type is kept": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				io.WriteString(w, "data: 1\n\n")
			},
			status: 200, headers: map[string]string{"Content-Type": "text/event-stream"}, body: "data: 1\n\n",
		},
		"detection is switched off by nil": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				io.WriteString(w, "hello")
			},
			status: 200, headers: map[string]string{}, body: "hello",
		},
		"several values and cookies": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Vary"] = []string{"Accept", "Origin"}
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
				http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
				w.WriteHeader(http.StatusCreated)
			},
			status: 201, headers: map[string]string{"Vary": "Accept, Origin"}, cookies: []string{"a=1", "b=2"},
		},
		"redirect": {
			handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/next", http.StatusFound) },
			status:  302,
			headers: map[string]string{"Content-Type": "text/html; charset=utf-8", "Location": "/next"},
			body:    "<a href=\"/next\">Found</a>.\n\n",
		},
		"no content": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNoContent)
				if _, err := io.WriteString(w, "no"); !errors.Is(err, http.ErrBodyNotAllowed) {
					panic(err)
				}
			},
			status: 204,
		},
		"not modified": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Etag", `"1"`)
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(http.StatusNotModified)
			},
			status: 304, headers: map[string]string{"Etag": `"1"`},
		},
		"status alone": {
			handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
			status:  418, headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, body: "\n", // see WithFilledBodies
		},
		"head": {
			method: "HEAD",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				if n, err := io.WriteString(w, "hello"); n != 5 || err != nil {
					panic(err)
				}
			},
			status: 200, headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
		},
		"first status counts": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeader(http.StatusAccepted)
				w.WriteHeader(http.StatusInternalServerError)
			},
			status: 202,
		},
		"header is fixed by the first write": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Kept", "1")
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, "a")
				w.Header().Set("X-Late", "1")
				w.Header().Del("X-Kept")
				io.WriteString(w, "b")
			},
			status: 200, headers: map[string]string{"Content-Type": "text/plain", "X-Kept": "1"}, body: "ab",
		},
		"headers of the hop and line breaks": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Connection", "close")
				w.Header().Set("Transfer-Encoding", "chunked")
				w.Header().Set(http.TrailerPrefix+"Sum", "1")
				w.Header().Set("X-Note", "a\r\nX-Injected: 1")
				w.WriteHeader(http.StatusOK)
			},
			status: 200, headers: map[string]string{"X-Note": "a  X-Injected: 1"},
		},
		"cookies by another spelling, and with line breaks": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["set-cookie"] = []string{"a=1", "b=2\r\nX-Injected: 1"}
			},
			status: 200, cookies: []string{"a=1", "b=2  X-Injected: 1"},
		},
		"names that are none": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["X-Note\r\nX-Injected"] = []string{"1"}
				w.Header()["X Note"] = []string{"1"}
				w.Header()[""] = []string{"1"}
				w.Header()["x-1_~"] = []string{"1"}
			},
			status: 200, headers: map[string]string{"x-1_~": "1"},
		},
		"content length is enforced": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, "abc")
				if _, err := io.WriteString(w, "d"); !errors.Is(err, http.ErrContentLength) {
					panic(err)
				}
			},
			status: 200, headers: map[string]string{"Content-Type": "text/plain", "Content-Length": "3"}, body: "abc",
		},
		"content length falls short": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, "ab")
			},
			status: 200, headers: map[string]string{"Content-Type": "text/plain", "Content-Length": "3"}, body: "ab",
			errorType: "Function.IncompleteBody",
		},
		"content length is overrun": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, "ab")
				for _, refused := range []string{"cd", "e"} { // what comes after a gap would be no continuation
					if _, err := io.WriteString(w, refused); !errors.Is(err, http.ErrContentLength) {
						panic(err)
					}
				}
			},
			status: 200, headers: map[string]string{"Content-Type": "text/plain", "Content-Length": "3"}, body: "ab",
			errorType: "Function.IncompleteBody",
		},
		"larger than the buffer": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, strings.Repeat("0123456789", 10000))
				io.WriteString(w, "end")
			},
			status: 200, headers: map[string]string{"Content-Type": "text/plain"}, body: strings.Repeat("0123456789", 10000) + "end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			event := readEvent(t, "direct-get.json")
			if test.method != "" {
				event.RequestContext.HTTP.Method = test.method
			}
			head, body, errorType := invoke(t, test.handler, event)
			if head.StatusCode != test.status {
				t.Errorf("status = %d, want %d", head.StatusCode, test.status)
			}
			if !maps.Equal(head.Headers, test.headers) {
				t.Errorf("headers = %q, want %q", head.Headers, test.headers)
			}
			if !slices.Equal(head.Cookies, test.cookies) {
				t.Errorf("cookies = %q, want %q", head.Cookies, test.cookies)
			}
			if body != test.body {
				t.Errorf("body = %.80q, want %.80q", body, test.body)
			}
			if errorType != test.errorType {
				t.Errorf("error type = %q, want %q", errorType, test.errorType)
			}
		})
	}
}

// Each event can be read while the handler waits to write the next one.
func TestStreamInOrder(t *testing.T) {
	proceed := make(chan struct{}, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 3 {
			<-proceed
			fmt.Fprintf(w, "data: %d\n\n", i)
		}
	})
	proceed <- struct{}{}
	response, err := streamhttp.Wrap(handler)(t.Context(), readEvent(t, "direct-get.json"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(response)
	if _, err := lines.ReadString('}'); err != nil { // the prelude
		t.Fatal(err)
	}
	for i := range 3 {
		line, err := lines.ReadString('\n')
		if want := fmt.Sprintf("data: %d\n", i); err != nil || !strings.HasSuffix(line, want) {
			t.Fatalf("event %d = %q, %v, want %q", i, line, err, want)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		proceed <- struct{}{}
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("after the last event %q, %v", rest, err)
	}
}

func TestInvalidEscape(t *testing.T) {
	head, body, _ := invoke(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the handler is called")
	}), readEvent(t, "invalid-escape.json"))
	if head.StatusCode != http.StatusBadRequest || !strings.HasPrefix(body, "400 Bad Request") {
		t.Errorf("got %d %q, want 400", head.StatusCode, body)
	}
}

// As with http.Server, nil is http.DefaultServeMux, which has no routes here.
func TestNilHandler(t *testing.T) {
	if head, body, _ := invoke(t, nil, readEvent(t, "direct-get.json")); head.StatusCode != 404 || body != "404 page not found\n" {
		t.Errorf("got %d %q, want what http.DefaultServeMux answers", head.StatusCode, body)
	}
}

// What a viewer sees of a handler does not depend on where it runs.
func TestSameAsServer(t *testing.T) {
	page := template.Must(template.New("").Parse(`<html>{{range .}}<p>{{.}}</p>{{end}}</html>`))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %d %s\n%s", r.Method, r.URL, r.RequestURI, r.ContentLength, r.PathValue("id"), body)
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) { page.Execute(w, []string{"a", "b"}) })
	mux.HandleFunc("GET /tree/", func(w http.ResponseWriter, _ *http.Request) { w.Header().Add("Vary", "A"); w.Header().Add("Vary", "B") })
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "page?x=1", http.StatusSeeOther) })
	mux.HandleFunc("GET /error", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusConflict) })
	mux.HandleFunc("GET /typed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		w.Write([]byte("\x89PNG\x00\x00\x00\x00\x00\x00\x00\x00"))
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, testdata, "testdata/direct-get.json")
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			http.NewResponseController(w).Flush()
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	for _, test := range []struct{ method, target, body string }{
		{"POST", "/items/a%2Fb?x=%zz&y=a+b", "text \xff\x00"},
		{"GET", "/page", ""},
		{"HEAD", "/page", ""},
		{"GET", "/tree", ""},
		{"GET", "/tree/", ""},
		{"GET", "/empty", ""},
		{"GET", "/moved", ""},
		{"GET", "/error", ""},
		{"GET", "/typed", ""},
		{"GET", "/file", ""},
		{"GET", "/stream", ""},
		{"DELETE", "/page", ""},
		{"GET", "/none", ""},
	} {
		t.Run(test.method+" "+test.target, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, server.URL, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			path, query, _ := strings.Cut(test.target, "?")
			request.URL.Opaque = path // as written, unnormalised
			request.URL.RawQuery = query
			onServer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer onServer.Body.Close()
			wantBody, err := io.ReadAll(onServer.Body)
			if err != nil {
				t.Fatal(err)
			}

			event := readEvent(t, "direct-get.json")
			event.RequestContext.HTTP.Method = test.method
			event.RawPath, event.RawQueryString, event.Body = path, query, test.body
			onLambda, body, errorType := invoke(t, mux, event)

			if onLambda.StatusCode != onServer.StatusCode {
				t.Errorf("status = %d, server %d", onLambda.StatusCode, onServer.StatusCode)
			}
			if body != string(wantBody) || errorType != "" {
				t.Errorf("body = %q %s, server %q", body, errorType, wantBody)
			}
			want := make(map[string]string)
			for key, values := range onServer.Header {
				want[key] = strings.Join(values, ", ")
			}
			// The date is Lambda's to add; a server that buffers knows the length.
			for _, own := range []string{"Date", "Content-Length"} {
				delete(want, own)
				delete(onLambda.Headers, own)
			}
			if !maps.Equal(onLambda.Headers, want) {
				t.Errorf("headers = %q, server %q", onLambda.Headers, want)
			}
		})
	}
}
