package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

const hashHeader = "X-Amz-Content-Sha256"

// The limit of an invocation is 6 MiB. A binary body needs four bytes of it for three.
const (
	textLimit   = 6 << 20
	binaryLimit = textLimit / 4 * 3
)

// Transport is an http.RoundTripper that sends the hash of every body. A request without a body gets the
// hash of an empty one, unless it is a GET, HEAD or OPTIONS. The zero value is ready to use.
//
// A body is read twice: by GetBody if the request has it, as requests of [http.NewRequest] do for bytes
// and strings. Other bodies are kept in memory, up to the limit.
type Transport struct {
	// Base sends the requests.
	// Default: http.DefaultTransport.
	Base http.RoundTripper
	// OnlyAbove is the size in bytes up to which bodies are sent without a hash. Use EdgeLimit on
	// routes where the edge hashes. Bodies of DELETE always get a hash, because the edge may not see
	// them (field report).
	// Default: 0; every body gets a hash.
	OnlyAbove int64
}

// BodyTooLargeError reports that a request was not sent, because its body is larger than a function
// accepts.
type BodyTooLargeError struct {
	Limit int64 // in bytes, of such a body
}

func (e *BodyTooLargeError) Error() string {
	kind := "text"
	if e.Limit == binaryLimit {
		kind = "binary"
	}
	return fmt.Sprintf("client: the body has over %d bytes, the most that a Lambda function accepts of a %s body: "+
		"upload it to S3 by a presigned URL and send a reference", e.Limit, kind)
}

// RoundTrip implements http.RoundTripper. It returns errors of the body and of Base, and
// *BodyTooLargeError.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	hashed, err := t.hash(request)
	if err != nil {
		return nil, err
	}
	return t.base().RoundTrip(hashed)
}

// CloseIdleConnections closes the idle connections of Base; http.Client.CloseIdleConnections calls it.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// hash returns the request to send. It closes the body if it fails or has read it; a
// RoundTripper must always close it, and must not change the request.
func (t *Transport) hash(request *http.Request) (*http.Request, error) {
	empty := request.Body == nil || request.Body == http.NoBody
	switch request.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		if empty {
			return request, nil
		}
	}
	sent := request.Clone(request.Context())
	if sent.Header == nil {
		sent.Header = make(http.Header)
	}
	sum, size := sha256.Sum256(nil), int64(0)
	if !empty {
		var err error
		if sum, size, err = hashBody(sent); err != nil {
			return nil, err
		}
	}
	sent.Header.Del(hashHeader)
	if t.OnlyAbove == 0 || size > t.OnlyAbove || request.Method == http.MethodDelete && size > 0 {
		sent.Header.Set(hashHeader, hex.EncodeToString(sum[:]))
	}
	return sent, nil
}

// hashBody replaces the body by one that can be sent again, and sets its length if that was unknown.
func hashBody(r *http.Request) (sum [sha256.Size]byte, size int64, err error) {
	limit := bodyLimit(r.Header.Get("Content-Type"))
	if r.ContentLength > limit {
		r.Body.Close()
		return sum, 0, &BodyTooLargeError{limit}
	}
	if r.GetBody == nil {
		kept, err := readBody(r.Context(), r.Body, limit)
		if err != nil {
			return sum, 0, err
		}
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(kept)), nil }
		r.Body, _ = r.GetBody()
		sum, size = sha256.Sum256(kept), int64(len(kept))
	} else {
		if sum, size, err = hashCopy(r, limit); err != nil {
			r.Body.Close()
			return sum, 0, err
		}
	}
	if r.ContentLength <= 0 { // unknown, as there is a body
		r.ContentLength = size
		if size == 0 {
			r.Body.Close()
			r.Body = http.NoBody
		}
	}
	return sum, size, nil
}

// hashCopy reads a copy of the body, and leaves the body itself for Base.
func hashCopy(r *http.Request, limit int64) (sum [sha256.Size]byte, size int64, err error) {
	body, err := r.GetBody()
	if err != nil {
		return sum, 0, fmt.Errorf("client: copy of the body: %w", err)
	}
	hash := sha256.New()
	if size, err = copyBody(r.Context(), hash, body, limit); err != nil {
		return sum, 0, err
	}
	return [sha256.Size]byte(hash.Sum(nil)), size, nil
}

func readBody(ctx context.Context, body io.ReadCloser, limit int64) ([]byte, error) {
	var kept bytes.Buffer
	_, err := copyBody(ctx, &kept, body, limit)
	return kept.Bytes(), err
}

// copyBody copies a body and closes it. It also closes it when the context ends, because a stream may be
// silent for any time.
func copyBody(ctx context.Context, to io.Writer, body io.ReadCloser, limit int64) (int64, error) {
	stop := context.AfterFunc(ctx, func() { body.Close() })
	size, err := io.Copy(to, io.LimitReader(body, limit+1))
	if stop() {
		body.Close()
	}
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case err != nil:
		return 0, fmt.Errorf("client: body: %w", err)
	case size > limit:
		return 0, &BodyTooLargeError{limit}
	}
	return size, nil
}

// bodyLimit guesses whether the body will be text in the event. Types that end in +json or +xml count as
// text, because it is not known whether AWS treats them so.
func bodyLimit(contentType string) int64 {
	mediaType, _, _ := mime.ParseMediaType(contentType) // "" if there is none
	switch mediaType {
	case "application/json", "application/xml", "application/javascript":
		return textLimit
	}
	if strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+json") || strings.HasSuffix(mediaType, "+xml") {
		return textLimit
	}
	return binaryLimit
}
