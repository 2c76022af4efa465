package cloudfront

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go/aws-http-auth/credentials"
	"github.com/aws/smithy-go/aws-http-auth/sigv4"
	v4 "github.com/aws/smithy-go/aws-http-auth/v4"

	"github.com/streamfront/streamfront/local/internal/edge"
	"github.com/streamfront/streamfront/local/internal/resources"
)

var (
	errReadTimeout       = errors.New("the origin sent nothing within its read timeout")
	errCompletionTimeout = errors.New("the origin did not end its response within the response completion timeout")
)

// newOriginRequest writes the request for the origin. The body is sent as it comes.
func newOriginRequest(ctx context.Context, r *edge.Request, o *resources.Origin, body io.Reader, length int64, id string) (*http.Request, error) {
	// Both forms of the path: what is escaped stays as the viewer escaped it.
	raw := o.Path + r.Path
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, err
	}
	if length == 0 {
		body = nil
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+o.DomainName, body)
	if err != nil {
		return nil, err
	}
	req.URL.Path, req.URL.RawPath, req.URL.RawQuery = path, raw, r.Query
	req.ContentLength = length
	req.Header = r.Header.Clone()
	req.Host = req.Header.Get("Host")
	for _, name := range []string{"Host", "Content-Length", "Transfer-Encoding"} {
		req.Header.Del(name)
	}
	for name, value := range o.Headers {
		req.Header.Set(name, value)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "Amazon CloudFront")
	}
	req.Header.Set("X-Amz-Cf-Id", id)
	return req, nil
}

// signs tells whether the origin access control signs the request.
func signs(o *resources.Origin, req *http.Request) bool {
	switch o.Signing {
	case resources.SignAlways:
		return true
	case resources.SignNoOverride:
		return req.Header.Get("Authorization") == ""
	default:
		return false
	}
}

var emptySHA256 = sha256.Sum256(nil)

// sign signs for the origin access control, in place of whatever the viewer sent. The
// payload hash is the one in x-amz-content-sha256. Without one an empty body gets the hash
// of nothing, and any other body UNSIGNED-PAYLOAD, which function URLs refuse (field
// reports; what CloudFront really signs then is unverified, that it ends in 403 is not).
func (s *Server) sign(req *http.Request, o *resources.Origin) error {
	payload := emptySHA256[:]
	switch sent := req.Header.Get("X-Amz-Content-Sha256"); {
	case sent != "":
		// What is no hash is signed as it stands; the function URL compares it to the body's.
		if decoded, err := hex.DecodeString(sent); err == nil && len(decoded) == sha256.Size {
			payload = decoded
		}
	case req.ContentLength != 0:
		payload = v4.UnsignedPayload()
		req.Header.Set("X-Amz-Content-Sha256", string(payload))
	default:
		req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(payload))
	}
	for name := range req.Header {
		// The signer does not fold inner spaces as the specification wants it.
		if strings.HasPrefix(name, "X-Amz-") {
			for i, value := range req.Header[name] {
				req.Header[name][i] = strings.Join(strings.Fields(value), " ")
			}
		}
	}
	req.Header.Set("X-Amz-Source-Arn", s.Distribution.ARN)
	req.Header.Set("X-Amz-Source-Account", s.Distribution.Account)
	return sigv4.New().SignRequest(&sigv4.SignRequestInput{
		Request:     req,
		PayloadHash: payload,
		Credentials: credentials.Credentials{
			AccessKeyID: s.Credentials.AccessKey, SecretAccessKey: s.Credentials.SecretKey, SessionToken: s.Credentials.Token,
		},
		Service: "lambda",
		Region:  regionOf(o.DomainName),
		Time:    s.Now(),
	})
}

// regionOf reads the region from "<id>.lambda-url.<region>.on.aws".
func regionOf(domain string) string {
	if parts := strings.Split(domain, "."); len(parts) > 2 {
		return parts[2]
	}
	return ""
}

// A watch cancels a request to the origin when the origin is silent for too long, or when
// all takes too long.
type watch struct {
	cancel  context.CancelCauseFunc
	silence time.Duration
	gap     *time.Timer
	whole   *time.Timer
}

func newWatch(ctx context.Context, o *resources.Origin) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{cancel: cancel, silence: o.ReadTimeout}
	w.gap = time.AfterFunc(o.ReadTimeout, func() { cancel(errReadTimeout) })
	if o.CompletionTimeout > 0 {
		w.whole = time.AfterFunc(o.CompletionTimeout, func() { cancel(errCompletionTimeout) })
	}
	return ctx, w
}

// restart begins the next gap.
func (w *watch) restart() { w.gap.Reset(w.silence) }

// pause is for the time in which the origin is not waited for.
func (w *watch) pause() { w.gap.Stop() }

func (w *watch) stop() {
	w.gap.Stop()
	if w.whole != nil {
		w.whole.Stop()
	}
	w.cancel(nil)
}

// watchedBody restarts the watch while the viewer's body is still on its way: the origin
// need not answer before it has come.
type watchedBody struct {
	io.Reader
	watch *watch
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.pause()
	n, err := b.Reader.Read(p)
	b.watch.restart()
	return n, err
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// copyChunks passes the origin's body on, every chunk as it comes.
func copyChunks(w http.ResponseWriter, body io.Reader, watch *watch) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	flusher := http.NewResponseController(w)
	_ = flusher.Flush() // the head goes out at once, the first chunk may take its time
	for {
		watch.restart()
		n, err := body.Read(*buffer)
		watch.pause()
		if n > 0 {
			if _, err := w.Write((*buffer)[:n]); err != nil {
				return err
			}
			if err := flusher.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
