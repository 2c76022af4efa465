package local

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// issuerTransport asks the issuers that are served here by their hosts, and all others for real.
type issuerTransport map[string]http.Handler

// RoundTrip waits for the whole answer: the documents of issuers are small.
func (t issuerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	handler := t[strings.ToLower(r.URL.Hostname())]
	if handler == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	asked := r.Clone(r.Context())
	asked.RequestURI, asked.Host = r.URL.RequestURI(), r.URL.Host
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	got := &document{header: http.Header{}}
	handler.ServeHTTP(got, asked)
	if got.status == 0 {
		got.status = http.StatusOK
	}
	return &http.Response{
		StatusCode: got.status, Status: http.StatusText(got.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: got.header, Body: io.NopCloser(&got.body), ContentLength: int64(got.body.Len()), Request: r,
	}, nil
}

// A document is an answer that is not sent anywhere.
type document struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (d *document) Header() http.Header { return d.header }

func (d *document) WriteHeader(status int) {
	if d.status == 0 {
		d.status = status
	}
}

func (d *document) Write(p []byte) (int, error) {
	d.WriteHeader(http.StatusOK)
	return d.body.Write(p)
}
