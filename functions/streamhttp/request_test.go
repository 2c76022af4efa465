package streamhttp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// inspect runs a handler that looks at a request.
func inspect(t *testing.T, event *events.LambdaFunctionURLRequest, look func(*http.Request)) {
	t.Helper()
	called := false
	invoke(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = true
		look(r)
	}), event)
	if !called {
		t.Fatal("the handler was not called")
	}
}

func TestRequest(t *testing.T) {
	for name, want := range map[string]struct {
		method        string
		uri           string
		path          string
		host          string
		remoteAddr    string
		authorization string
		cookies       int
		contentLength int64
		body          []byte
	}{
		"cloudfront-get.json": {
			method: "GET", uri: "/a%20b/c?q=1&q=%2F2", path: "/a b/c", host: "chat.example.com",
			remoteAddr: "203.0.113.7:0", authorization: "Bearer viewer-token", cookies: 2,
		},
		"cloudfront-post-text.json": {
			method: "POST", uri: "/v1/items", path: "/v1/items", host: "chat.example.com",
			remoteAddr: "203.0.113.7:0", contentLength: 14, body: []byte(`{"name":"a b"}`),
		},
		"cloudfront-post-base64.json": {
			method: "POST", uri: "/upload", path: "/upload", host: "chat.example.com",
			remoteAddr: "203.0.113.7:0", contentLength: 5, body: []byte("\x00\xff\x80\nA"),
		},
		"cloudfront-spoofed.json": {
			method: "GET", uri: "/", path: "/", host: "abcdefghijklmnop.lambda-url.eu-west-1.on.aws",
			remoteAddr: "203.0.113.7:0",
		},
		"direct-get.json": {
			method: "GET", uri: "/", path: "/", host: "abcdefghijklmnop.lambda-url.eu-west-1.on.aws",
			remoteAddr: "192.0.2.33:0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inspect(t, readEvent(t, name), func(r *http.Request) {
				if r.Method != want.method {
					t.Errorf("Method = %q, want %q", r.Method, want.method)
				}
				if r.RequestURI != want.uri || r.URL.String() != want.uri {
					t.Errorf("RequestURI = %q, URL = %q, want %q", r.RequestURI, r.URL, want.uri)
				}
				if r.URL.Path != want.path {
					t.Errorf("URL.Path = %q, want %q", r.URL.Path, want.path)
				}
				if r.Host != want.host {
					t.Errorf("Host = %q, want %q", r.Host, want.host)
				}
				if r.RemoteAddr != want.remoteAddr {
					t.Errorf("RemoteAddr = %q, want %q", r.RemoteAddr, want.remoteAddr)
				}
				if got := r.Header.Get("Authorization"); got != want.authorization {
					t.Errorf("Authorization = %q, want %q", got, want.authorization)
				}
				if r.TLS == nil || !r.TLS.HandshakeComplete {
					t.Errorf("TLS = %+v, want that of https", r.TLS)
				}
				if got := len(r.Cookies()); got != want.cookies {
					t.Errorf("%d cookies, want %d", got, want.cookies)
				}
				if r.ContentLength != want.contentLength {
					t.Errorf("ContentLength = %d, want %d", r.ContentLength, want.contentLength)
				}
				if body, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(body, want.body) {
					t.Errorf("body = %q, %v, want %q", body, err, want.body)
				}
			})
		})
	}
}

// Nothing of CloudFront's signature may be there to be logged or echoed.
func TestRequestHidesSignature(t *testing.T) {
	files, err := testdata.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file.Name() == "invalid-escape.json" {
			continue // never reaches the handler
		}
		t.Run(file.Name(), func(t *testing.T) {
			inspect(t, readEvent(t, file.Name()), func(r *http.Request) {
				for key := range r.Header {
					switch {
					case strings.HasPrefix(key, "X-Amz-"), key == "Host",
						key == "X-Forwarded-Authorization", key == "X-Forwarded-Host":
						t.Errorf("the handler sees %s", key)
					case key != http.CanonicalHeaderKey(key):
						t.Errorf("%s is not in canonical form: Header.Get cannot find it", key)
					}
				}
				if got, want := r.Header.Get("X-Amzn-Trace-Id"), "Root=1-00000000-000000000000000000000001"; got != want {
					t.Errorf("X-Amzn-Trace-Id = %q, want %q", got, want)
				}
			})
		})
	}
}

func TestRequestHeader(t *testing.T) {
	for name, test := range map[string]struct {
		event  events.LambdaFunctionURLRequest
		key    string
		want   []string
		length int64
	}{
		"authorization of the event is dropped": {
			event: events.LambdaFunctionURLRequest{Headers: map[string]string{"authorization": "Bearer event"}},
			key:   "Authorization",
		},
		"forwarded authorization wins": {
			event: events.LambdaFunctionURLRequest{Headers: map[string]string{
				"authorization": "Bearer event", "x-forwarded-authorization": "Bearer viewer",
			}},
			key: "Authorization", want: []string{"Bearer viewer"},
		},
		"names in any case": {
			event: events.LambdaFunctionURLRequest{Headers: map[string]string{"X-FORWARDED-AUTHORIZATION": "Bearer viewer"}},
			key:   "Authorization", want: []string{"Bearer viewer"},
		},
		"cookie header is not doubled": {
			event: events.LambdaFunctionURLRequest{
				Headers: map[string]string{"cookie": "a=1; b=2"}, Cookies: []string{"a=1", "b=2"},
			},
			key: "Cookie", want: []string{"a=1; b=2"},
		},
		"cookies alone": {
			event: events.LambdaFunctionURLRequest{Cookies: []string{"a=1", "b=2"}},
			key:   "Cookie", want: []string{"a=1; b=2"},
		},
		"content length is that of the body": {
			event: events.LambdaFunctionURLRequest{
				Headers: map[string]string{"content-length": "8"}, Body: "AP+ACkE=", IsBase64Encoded: true,
			},
			key: "Content-Length", want: []string{"5"}, length: 5,
		},
		"transfer encoding is of the hop": {
			event: events.LambdaFunctionURLRequest{Headers: map[string]string{"transfer-encoding": "chunked"}},
			key:   "Transfer-Encoding",
		},
		"a new header of the signature is hidden": {
			event: events.LambdaFunctionURLRequest{Headers: map[string]string{"x-amz-next-credential": "secret"}},
			key:   "X-Amz-Next-Credential",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.event.RequestContext.HTTP.Method = "POST"
			inspect(t, &test.event, func(r *http.Request) {
				if got := r.Header.Values(test.key); !slices.Equal(got, test.want) {
					t.Errorf("%s = %q, want %q", test.key, got, test.want)
				}
				if r.ContentLength != test.length {
					t.Errorf("ContentLength = %d, want %d", r.ContentLength, test.length)
				}
			})
		})
	}
}

func TestRequestHost(t *testing.T) {
	const domain = "id.lambda-url.eu-west-1.on.aws"
	for forwarded, want := range map[string]string{
		"":                     domain,
		"chat.example.com":     "chat.example.com",
		"chat.example.com:443": "chat.example.com:443",
		"[2001:db8::1]:8443":   "[2001:db8::1]:8443",
		"a.example,b.example":  domain,
		"a.example/path":       domain,
		"user@a.example":       domain,
		"a example":            domain,
		"a.example?":           domain,
	} {
		event := &events.LambdaFunctionURLRequest{Headers: map[string]string{"x-forwarded-host": forwarded}}
		event.RequestContext.HTTP.Method = "GET"
		event.RequestContext.DomainName = domain
		inspect(t, event, func(r *http.Request) {
			if r.Host != want {
				t.Errorf("X-Forwarded-Host %q: Host = %q, want %q", forwarded, r.Host, want)
			}
		})
	}
}

func TestRequestRemoteAddr(t *testing.T) {
	for forwarded, want := range map[string]string{
		"":                          "198.51.100.9:0",
		"203.0.113.7":               "203.0.113.7:0",
		"127.0.0.1, 203.0.113.7":    "203.0.113.7:0",
		"127.0.0.1,203.0.113.7":     "203.0.113.7:0",
		"2001:db8::1":               "[2001:db8::1]:0",
		"203.0.113.7, unknown":      "198.51.100.9:0",
		"203.0.113.7, 10.0.0.1:999": "198.51.100.9:0",
	} {
		event := &events.LambdaFunctionURLRequest{Headers: map[string]string{"x-forwarded-for": forwarded}}
		event.RequestContext.HTTP.Method = "GET"
		event.RequestContext.HTTP.SourceIP = "198.51.100.9"
		inspect(t, event, func(r *http.Request) {
			if r.RemoteAddr != want {
				t.Errorf("X-Forwarded-For %q: RemoteAddr = %q, want %q", forwarded, r.RemoteAddr, want)
			}
		})
	}
}

// AWS always sends a path; an event of a test may have none.
func TestRequestWithoutPath(t *testing.T) {
	event := &events.LambdaFunctionURLRequest{RawQueryString: "q=1"}
	event.RequestContext.HTTP.Method = "GET"
	inspect(t, event, func(r *http.Request) {
		if r.RequestURI != "/?q=1" || r.URL.String() != "/?q=1" {
			t.Errorf("RequestURI = %q, URL = %q, want /?q=1", r.RequestURI, r.URL)
		}
	})
}

// All bytes, every padding, and more than one block of the decoder.
func TestRequestBase64Body(t *testing.T) {
	data := make([]byte, 10000)
	for i := range data {
		data[i] = byte(i)
	}
	for _, length := range []int{1, 2, 3, 254, 255, 256, 3071, 3072, 3073, 6144, 9999, 10000} {
		event := &events.LambdaFunctionURLRequest{
			Body: base64.StdEncoding.EncodeToString(data[:length]), IsBase64Encoded: true,
		}
		event.RequestContext.HTTP.Method = "PUT"
		inspect(t, event, func(r *http.Request) {
			if r.ContentLength != int64(length) {
				t.Errorf("ContentLength = %d, want %d", r.ContentLength, length)
			}
			if err := iotest.TestReader(r.Body, data[:length]); err != nil {
				t.Errorf("%d bytes: %v", length, err)
			}
		})
	}
}

func TestRequestInvalidBase64Body(t *testing.T) {
	event := &events.LambdaFunctionURLRequest{Body: "A===", IsBase64Encoded: true}
	event.RequestContext.HTTP.Method = "PUT"
	inspect(t, event, func(r *http.Request) {
		_, err := io.ReadAll(r.Body)
		if err == nil {
			t.Error("a body that is not base64 can be read")
		}
		// Who reads on, as http.MaxBytesReader and multipart readers do, must not see an end.
		if rest, again := io.ReadAll(r.Body); len(rest) > 0 || !errors.Is(again, err) {
			t.Errorf("read again: %q, %v, want %v", rest, again, err)
		}
	})
}

// The disk of an environment outlives the request.
func TestRequestRemovesUploads(t *testing.T) {
	captureLog(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "large")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"handled", "panic"} {
		t.Run(name, func(t *testing.T) {
			disk := t.TempDir()
			t.Setenv("TMPDIR", disk)
			t.Setenv("TMP", disk) // on Windows
			event := &events.LambdaFunctionURLRequest{
				Headers: map[string]string{"content-type": form.FormDataContentType()},
				Body:    base64.StdEncoding.EncodeToString(body.Bytes()), IsBase64Encoded: true,
			}
			event.RequestContext.HTTP.Method = "POST"
			inspect(t, event, func(r *http.Request) {
				if err := r.ParseMultipartForm(1); err != nil {
					t.Error(err)
				}
				if files, err := os.ReadDir(disk); len(files) != 1 || err != nil {
					t.Errorf("the handler has the files %v, %v, want one", files, err)
				}
				if name == "panic" {
					panic(name)
				}
			})
			if files, err := os.ReadDir(disk); len(files) > 0 || err != nil {
				t.Errorf("after the response there are %v, %v, want nothing", files, err)
			}
		})
	}
}

func TestRequestFromContext(t *testing.T) {
	event := readEvent(t, "cloudfront-get.json")
	inspect(t, event, func(r *http.Request) {
		got, ok := streamhttp.RequestFromContext(r.Context())
		if !ok || got != event {
			t.Errorf("RequestFromContext = %p, %v, want the event", got, ok)
		}
	})
	if _, ok := streamhttp.RequestFromContext(t.Context()); ok {
		t.Error("RequestFromContext finds an event in a context without one")
	}
}

func TestRequestContext(t *testing.T) {
	t.Run("ends before the deadline of the invocation", func(t *testing.T) {
		for remaining, margin := range map[time.Duration]time.Duration{
			15 * time.Minute: time.Second,
			3 * time.Second:  300 * time.Millisecond,
		} {
			deadline := time.Now().Add(remaining)
			ctx, cancel := context.WithDeadline(t.Context(), deadline)
			defer cancel()
			var got time.Time
			response, err := streamhttp.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, _ = r.Context().Deadline()
			}))(ctx, readEvent(t, "cloudfront-get.json"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(response); err != nil {
				t.Fatal(err)
			}
			// The tenth is of the time that is left when the handler starts.
			if early := deadline.Sub(got); early > margin || early < margin/2 {
				t.Errorf("with %v left the context ends %v early, want %v", remaining, early, margin)
			}
		}
	})
	t.Run("ends when the handler returns", func(t *testing.T) {
		var ctx context.Context
		inspect(t, readEvent(t, "cloudfront-get.json"), func(r *http.Request) { ctx = r.Context() })
		if ctx.Err() == nil {
			t.Error("the context is still alive")
		}
	})
	t.Run("ends when the response is closed", func(t *testing.T) {
		writeError := make(chan error)
		response, err := streamhttp.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			_, err := io.WriteString(w, "too late")
			writeError <- err
		}))(t.Context(), readEvent(t, "cloudfront-get.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-writeError; err == nil {
			t.Error("writing to a closed response succeeds")
		}
	})
}

func TestWrapRefusesOtherEvents(t *testing.T) {
	wrapped := streamhttp.Wrap(http.NotFoundHandler())
	for name, event := range map[string]*events.LambdaFunctionURLRequest{
		"none":         nil,
		"of a console": {},
	} {
		_, err := wrapped(t.Context(), event)
		if err == nil || !strings.Contains(err.Error(), "invoke the function by its URL") {
			t.Errorf("%s: error = %v, want one that says what to do", name, err)
		}
	}
}
