package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/streamfront/streamfront/functions/streamhttp/client"
)

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// arrived is what a server got.
type arrived struct {
	method, hash, sha256, contentType, contentLength string
	body                                             []byte
}

// record starts a server that hashes anew what arrives, and answers 307 on /moved.
func record(t *testing.T) (url string, requests <-chan arrived) {
	t.Helper()
	got := make(chan arrived, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		sum := sha256.Sum256(body)
		length := fmt.Sprint(r.ContentLength, r.TransferEncoding)
		got <- arrived{r.Method, r.Header.Get("X-Amz-Content-Sha256"), hex.EncodeToString(sum[:]), r.Header.Get("Content-Type"), length, body}
		if r.URL.Path == "/moved" {
			w.Header().Set("Location", "/here")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

// body reports whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

var binary = bytes.Repeat([]byte{0, 0xff, 0x80, '\r', '\n', 0xfe, 'a'}, 9000)

func TestTransport(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, binary, 0o600); err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, err := parts.CreateFormFile("file", "ü.bin")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(binary)
	parts.Close()

	for name, test := range map[string]struct {
		method string // POST if empty
		body   func() io.Reader
		length int64  // declared, unless 0
		typ    string // Content-Type
		want   []byte
	}{
		"strings.Reader": {body: func() io.Reader { return strings.NewReader("Grüße\x00") }, want: []byte("Grüße\x00")},
		"bytes.Reader":   {body: func() io.Reader { return bytes.NewReader(binary) }, want: binary},
		"bytes.Buffer":   {body: func() io.Reader { return bytes.NewBuffer(binary) }, want: binary},
		"multipart":      {body: func() io.Reader { return bytes.NewReader(form.Bytes()) }, typ: parts.FormDataContentType(), want: form.Bytes()},
		"form": {
			body: func() io.Reader { return strings.NewReader(url.Values{"q": {"ü +"}}.Encode()) },
			typ:  "application/x-www-form-urlencoded", want: []byte("q=%C3%BC+%2B"),
		},
		"file": {body: func() io.Reader {
			f, err := os.Open(file)
			if err != nil {
				t.Error(err)
			}
			return f // closed by the transport
		}, want: binary},
		"stream": {body: func() io.Reader {
			r, w := io.Pipe()
			go func() {
				w.Write(binary[:5])
				w.Write(binary[5:])
				w.Close()
			}()
			return r
		}, want: binary},
		"byte by byte":         {body: func() io.Reader { return iotest.OneByteReader(bytes.NewReader(binary)) }, want: binary},
		"stream, length known": {body: func() io.Reader { return iotest.HalfReader(bytes.NewReader(binary)) }, length: int64(len(binary)), want: binary},
		"stream, empty":        {body: func() io.Reader { return iotest.HalfReader(strings.NewReader("")) }},
		"empty":                {body: func() io.Reader { return strings.NewReader("") }},
		"NoBody":               {body: func() io.Reader { return http.NoBody }},
		"nil":                  {body: func() io.Reader { return nil }},
		"DELETE":               {method: "DELETE", body: func() io.Reader { return nil }},
		"PUT":                  {method: "PUT", body: func() io.Reader { return bytes.NewReader(binary) }, want: binary},
		"PATCH":                {method: "PATCH", body: func() io.Reader { return bytes.NewReader(binary) }, want: binary},
		"over 1 MiB":           {body: func() io.Reader { return bytes.NewReader(make([]byte, 1<<20+1)) }, want: make([]byte, 1<<20+1)},
	} {
		for _, path := range []string{"/here", "/moved"} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				server, requests := record(t)
				method := "POST"
				if test.method != "" {
					method = test.method
				}
				request, err := http.NewRequestWithContext(t.Context(), method, server+path, test.body())
				if err != nil {
					t.Fatal(err)
				}
				if test.typ != "" {
					request.Header.Set("Content-Type", test.typ)
				}
				if test.length != 0 {
					request.ContentLength = test.length
				}
				header := request.Header.Clone()
				response, err := (&http.Client{Transport: new(client.Transport)}).Do(request)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()

				times := 1
				if path == "/moved" && (request.GetBody != nil || request.Body == nil || request.Body == http.NoBody) {
					times = 2 // http.Client follows where it can send the body again
				}
				if len(requests) != times {
					t.Fatalf("%d requests, want %d", len(requests), times)
				}
				for range times {
					got := <-requests
					if got.method != method || got.hash != got.sha256 || got.contentType != test.typ || !bytes.Equal(got.body, test.want) {
						t.Errorf("arrived: %s, %s, %d bytes with the hash %s, sent %s, want %d bytes",
							got.method, got.contentType, len(got.body), got.sha256, got.hash, len(test.want))
					}
					if want := fmt.Sprint(len(test.want), []string(nil)); got.contentLength != want {
						t.Errorf("Content-Length = %s, want %s", got.contentLength, want)
					}
				}
				if fmt.Sprint(request.Header) != fmt.Sprint(header) {
					t.Errorf("the header of the request is changed: %v", request.Header)
				}
			})
		}
	}
}

// A request without a body is left alone, and one with a body as it is but for the hash.
func TestTransportReads(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"GET": "", "HEAD": "", "OPTIONS": "", "POST": emptyHash} {
		server, requests := record(t)
		request, err := http.NewRequestWithContext(t.Context(), method, server, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := new(client.Transport).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := <-requests; got.hash != want {
			t.Errorf("%s: hash %q, want %q", method, got.hash, want)
		}
	}
}

func TestTransportOnlyAbove(t *testing.T) {
	t.Parallel()
	server, requests := record(t)
	transport := &http.Client{Transport: &client.Transport{OnlyAbove: client.EdgeLimit}}
	for _, test := range []struct {
		method string
		size   int
		hashed bool
	}{
		{"POST", 0, false},
		{"POST", client.EdgeLimit, false},
		{"POST", client.EdgeLimit + 1, true},
		{"DELETE", 0, false},
		{"DELETE", 1, true},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, server, bytes.NewReader(make([]byte, test.size)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") // of a layer above: always wrong
		response, err := transport.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := <-requests; got.hash != "" && got.hash != got.sha256 || (got.hash != "") != test.hashed {
			t.Errorf("%s with %d bytes: hash %q, want one: %v", test.method, test.size, got.hash, test.hashed)
		}
	}
}

// roundTrip is a base that must not be reached, unless it says something else.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errSent = errors.New("sent")

func sent(*http.Request) (*http.Response, error) { return nil, errSent }

func TestTransportLimits(t *testing.T) {
	t.Parallel()
	const text, binary = 6291456, 4718592
	for contentType, limit := range map[string]int64{
		"text/plain; charset=utf-8":         text,
		"application/json":                  text,
		"application/json; charset":         text,
		"application/vnd.api+json":          text,
		"image/svg+xml":                     text,
		"application/x-www-form-urlencoded": binary,
		"application/octet-stream":          binary,
		"":                                  binary,
	} {
		for kind, known := range map[string]bool{"known": true, "unknown": false} {
			t.Run(contentType+" of a length "+kind, func(t *testing.T) {
				t.Parallel()
				send := func(size int64) (*body, error) {
					content := &body{Reader: io.LimitReader(zeros{}, size)}
					request, err := http.NewRequestWithContext(t.Context(), "POST", "http://example.com/", content)
					if err != nil {
						t.Fatal(err)
					}
					request.Header.Set("Content-Type", contentType)
					if known {
						request.ContentLength = size
					}
					_, err = (&client.Transport{Base: roundTrip(sent)}).RoundTrip(request)
					return content, err
				}
				if content, err := send(limit); !errors.Is(err, errSent) || !content.closed {
					t.Errorf("%d bytes: %v, closed %v, want them sent", limit, err, content.closed)
				}
				content, err := send(limit + 1)
				var tooLarge *client.BodyTooLargeError
				if !errors.As(err, &tooLarge) || tooLarge.Limit != limit || !content.closed {
					t.Errorf("%d bytes: %v, closed %v, want a *BodyTooLargeError of %d", limit+1, err, content.closed, limit)
				}
				if err != nil && !strings.Contains(err.Error(), "upload it to S3 by a presigned URL") {
					t.Errorf("error %q does not say what to do", err)
				}
			})
		}
	}
	t.Run("by GetBody", func(t *testing.T) {
		t.Parallel()
		request := httptest.NewRequestWithContext(t.Context(), "POST", "http://example.com/", nil)
		content := &body{Reader: zeros{}}
		request.Body, request.ContentLength = content, -1
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(zeros{}), nil }
		_, err := (&client.Transport{Base: roundTrip(sent)}).RoundTrip(request)
		if tooLarge := (*client.BodyTooLargeError)(nil); !errors.As(err, &tooLarge) || !content.closed {
			t.Errorf("%v, closed %v, want a *BodyTooLargeError", err, content.closed)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What fails before the base is reached closes the body nevertheless.
func TestTransportFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken disk")
	stopped := errors.New("stopped")
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	for name, test := range map[string]struct {
		ctx     context.Context
		getBody func() (io.ReadCloser, error)
		want    error
	}{
		"reading":           {ctx: t.Context(), want: broken},
		"GetBody":           {ctx: t.Context(), getBody: func() (io.ReadCloser, error) { return nil, broken }, want: broken},
		"reading a copy":    {ctx: t.Context(), getBody: func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }, want: broken},
		"context has ended": {ctx: canceled, want: stopped},
	} {
		content := &body{Reader: iotest.ErrReader(broken)}
		request, err := http.NewRequestWithContext(t.Context(), "POST", "http://example.com/", content)
		if err != nil {
			t.Fatal(err)
		}
		request.GetBody = test.getBody
		_, err = (&client.Transport{Base: roundTrip(sent)}).RoundTrip(request.WithContext(test.ctx))
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if name != "context has ended" && !content.closed {
			t.Errorf("%s: the body is not closed", name)
		}
	}
}

// The context of a request ends the wait for its body.
func TestTransportCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	silent, w := io.Pipe()
	defer w.Close()
	request, err := http.NewRequestWithContext(ctx, "POST", "http://example.com/", silent)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		w.Write([]byte("begun")) // until it is read
		cancel()
	}()
	_, err = (&client.Transport{Base: roundTrip(sent)}).RoundTrip(request)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("RoundTrip = %v, want %v", err, context.Canceled)
	}
}

// A base may send a body again over another connection, if the request says how.
func TestTransportBodyCanBeSentAgain(t *testing.T) {
	t.Parallel()
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://example.com/", iotest.HalfReader(bytes.NewReader(binary)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&client.Transport{Base: roundTrip(func(r *http.Request) (*http.Response, error) {
		for range 2 {
			again, err := r.GetBody()
			if err != nil {
				t.Fatal(err)
			}
			if err := iotest.TestReader(again, binary); err != nil {
				t.Error(err)
			}
		}
		return nil, errSent
	})}).RoundTrip(request)
	if !errors.Is(err, errSent) {
		t.Error(err)
	}
}

type idle struct {
	roundTrip
	closed *bool
}

func (i idle) CloseIdleConnections() { *i.closed = true }

func TestTransportClosesIdleConnections(t *testing.T) {
	t.Parallel()
	closed := false
	(&http.Client{Transport: &client.Transport{Base: idle{sent, &closed}}}).CloseIdleConnections()
	(&http.Client{Transport: &client.Transport{Base: roundTrip(sent)}}).CloseIdleConnections()
	if !closed {
		t.Error("the base keeps its connections")
	}
}

func TestModule(t *testing.T) {
	t.Parallel()
	if !strings.Contains(client.Module, "export function createFetch(") {
		t.Error("Module is not the code of streamfront.mjs")
	}
}
