// Package uploads lets viewers send files that are too large for a request: a function
// takes 6 MiB at most, and less on the way through Lambda@Edge. The function answers a
// presigned URL, the viewer puts the file into a bucket of Amazon S3 by it, and names the
// file by its id in a later request. Amazon S3 tells the function of each file that has come,
// and the function registers it, so that its owner can list what there is.
//
// Keys are
//
//	uploads/OWNER/ID                        a file
//	registered/OWNER/ID/SIZE/TYPE/NAME      an empty object that says that it has come
//
// with the type and the name in base64url. Ids begin with the time, the newest first in the
// order of Amazon S3, so that one request lists a page of uploads with all that is shown.
//
// The signature covers the size, the type and the name, so that S3 refuses any other file
// (403 SignatureDoesNotMatch). The owner is part of the key that is signed. Nothing but the signer of the SDK's core is needed: the
// client for S3 would add megabytes to the bootstrap.
package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
)

const (
	// Lifetime is how long an answered URL is good for a PUT to begin. It ends earlier with
	// the credentials that signed it, which on Lambda last for hours.
	Lifetime = 5 * time.Minute
	// Prefix is how the keys of files begin.
	Prefix = "uploads/"
)

// readTimeout is for a file from the connection to its last byte. CloudFront waits 60 s for
// the first byte of an answer, and the model, which is asked after that, may take 45 s.
const readTimeout = 10 * time.Second

const (
	unsignedPayload = "UNSIGNED-PAYLOAD"
	nameHeader      = "X-Amz-Meta-Name" // percent-encoded: S3 keeps ASCII only
)

// ErrNotFound says that there is no file with an id: it was never uploaded, or has expired.
// Amazon S3 answers 403 then, as it does if the function may not read the bucket: to know
// which would take s3:ListBucket.
var ErrNotFound = errors.New("no such file, or it has expired")

// A File describes an upload.
type File struct {
	Name string // as the viewer gave it
	Type string // media type, in its canonical form
	Size int64  // bytes
}

// A Store keeps uploads in a bucket. It is safe for concurrent use.
type Store struct {
	// Registers says that Amazon S3 tells the function of the files that have come, by
	// [Store.Register], so that there is something to list.
	Registers bool

	bucket   string
	base     string // of all objects: "https://bucket.s3.region.amazonaws.com/"
	maxBytes int64
	config   aws.Config
	signer   *v4.Signer
	client   *http.Client
	now      func() time.Time
}

// New returns a Store for a bucket in the configuration's region, and files of up to
// maxBytes. S3 would take 5 GiB in one PUT: the limit is that of their reader. An
// endpoint of its own for S3 (AWS_ENDPOINT_URL_S3) is addressed path style, AWS by virtual
// host.
func New(config aws.Config, bucket string, maxBytes int64) *Store {
	return &Store{
		bucket:   bucket,
		base:     base(config, bucket),
		maxBytes: maxBytes,
		config:   config,
		signer:   v4.NewSigner(awsenv.S3Path),
		client:   &http.Client{Timeout: readTimeout},
		now:      time.Now,
	}
}

var service = awsenv.Service{ID: "S3", Host: "s3", Name: "s3"}

func base(config aws.Config, bucket string) string {
	if endpoint := service.Override(config); endpoint != "" {
		return endpoint + "/" + bucket + "/"
	}
	// With the region in it: S3 redirects other names of a new bucket, which a browser's
	// preflight does not survive.
	return strings.Replace(service.Endpoint(config), "https://", "https://"+bucket+".", 1) + "/"
}

// A Ticket is the right to upload one file, once or several times until it expires.
type Ticket struct {
	ID string `json:"id"` // names the file in later requests
	// Method, URL and Headers are the request to make, with the file as its body. Whoever
	// makes it also has to send Content-Length, the size of the file, as browsers do.
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	ExpiresAt int64             `json:"expires_at"` // seconds since 1970
	MaxBytes  int64             `json:"max_bytes"`  // what any file may have
}

// Origin returns scheme and host of the URLs in tickets, which a page's
// Content-Security-Policy must let it reach.
func (s *Store) Origin() string {
	address, err := url.Parse(s.base)
	if err != nil {
		return ""
	}
	return address.Scheme + "://" + address.Host
}

// Ticket returns a presigned request that puts exactly this file of the owner into the bucket.
// The error is that of the credentials.
func (s *Store) Ticket(ctx context.Context, owner Owner, f File) (*Ticket, error) {
	now := s.now()
	id := newID(now)
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, s.base+fileKey(owner, id), nil)
	if err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	request.URL.RawQuery = "X-Amz-Expires=" + strconv.Itoa(int(Lifetime.Seconds()))
	request.ContentLength = f.Size
	request.Header.Set("Content-Type", f.Type)
	request.Header.Set(nameHeader, url.PathEscape(f.Name))
	credentials, err := s.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	signed, _, err := s.signer.PresignHTTP(ctx, credentials, request, unsignedPayload, "s3", s.config.Region, now)
	if err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	headers := map[string]string{}
	for name := range request.Header {
		headers[strings.ToLower(name)] = request.Header.Get(name)
	}
	return &Ticket{
		ID: id, Method: request.Method, URL: signed, Headers: headers,
		ExpiresAt: now.Add(Lifetime).Unix(), MaxBytes: s.maxBytes,
	}, nil
}

// Open returns the owner's file with an id, to be closed by the caller. It never has more bytes
// than the Store takes. The error wraps [ErrNotFound] if the owner has no such file.
func (s *Store) Open(ctx context.Context, owner Owner, id string) (io.ReadCloser, File, error) {
	if !isID(id) {
		return nil, File{}, fmt.Errorf("uploads: %q: %w", id, ErrNotFound)
	}
	response, err := s.send(ctx, http.MethodGet, fileKey(owner, id))
	if err != nil {
		return nil, File{}, fmt.Errorf("uploads: %s: %w", id, err)
	}
	file, err := s.describe(response)
	if err != nil {
		response.Body.Close()
		return nil, File{}, fmt.Errorf("uploads: %s: %w", id, err)
	}
	return response.Body, file, nil
}

// describe reads what the head of a response says of a file.
func (s *Store) describe(response *http.Response) (File, error) {
	name, err := url.PathUnescape(response.Header.Get(nameHeader))
	if n := response.ContentLength; err == nil && (n < 0 || n > s.maxBytes) { // -1: not said
		err = fmt.Errorf("%d bytes: want at most %d", n, s.maxBytes)
	}
	return File{Name: name, Type: response.Header.Get("Content-Type"), Size: response.ContentLength}, err
}

// send sends a signed request without a body, whose response is 200 or an error. The target is
// a key, or a query.
func (s *Store) send(ctx context.Context, method, target string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.base+target, nil)
	if err != nil {
		return nil, err
	}
	// The transport would ask for gzip otherwise, and then the length is not that of S3.
	request.Header.Set("Accept-Encoding", "identity")
	if err := service.Sign(ctx, s.config, request, nil); err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	missing := response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusNotFound
	switch {
	case response.StatusCode == http.StatusOK:
		return response, nil
	case missing && strings.HasPrefix(target, Prefix):
		err = ErrNotFound
	default:
		err = errors.New("Amazon S3 answered " + response.Status)
	}
	defer response.Body.Close()
	if code := errorCode(response.Body); code != "" {
		err = fmt.Errorf("%w (%s)", err, code)
	}
	return nil, err
}

// errorCode reads what an error of S3 is called.
func errorCode(body io.Reader) string {
	text, _ := io.ReadAll(io.LimitReader(body, 4096))
	_, rest, _ := strings.Cut(string(text), "<Code>")
	code, _, ok := strings.Cut(rest, "</Code>")
	if !ok || len(code) > 64 {
		return ""
	}
	return code
}
