// Package s3 stands in for Amazon S3. It stores and returns single objects of the buckets of a
// cloud assembly, path style on one address, and refuses what S3 refuses, in its words.
//
// It implements PUT, GET and HEAD of an object, the list of objects (ListObjectsV2) and CORS
// preflights. Everything else is answered with 501 NotImplemented and named. The policies of the
// function's role decide what a request may do, whose made-up credentials signed it; for
// CloudFront the policy of the bucket does. Buckets contain the files that CDK deploys to them,
// and functions behind a front door are notified of new objects. There is no encryption, expiry or
// versioning. Websites of buckets have their index and error documents.
//
// Source: Amazon S3 API Reference, "PutObject", "GetObject", "ListObjectsV2", "Error responses";
// Amazon S3 User Guide, "Using cross-origin resource sharing". Wording is a field report.
package s3

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// maxPut is the largest object of one PUT, in bytes. Documented.
const maxPut = 5 << 30

// maxKey is the longest key, in bytes. Documented.
const maxKey = 1024

// A Server serves buckets.
type Server struct {
	Buckets   []*Bucket
	Functions []*lambda.Definition // whose roles say who may do what
	Keys      *Keys
	Store     *Store
	// Origins are where the pages of an origin come from here: of "https://d1.cloudfront.net"
	// they come from "http://127.0.0.1:8080".
	Origins map[string]string
	// Function returns a function by the ARN that it is invoked by; nil if it does not run here.
	Function func(arn string) *lambda.Function
	// Go runs what goes on when a request has been answered.
	Go       func(func())
	Recorder *trace.Recorder
	Now      func() time.Time

	deployed map[string]map[string]object // by bucket and key
}

// A request is one on its way through the server.
type request struct {
	*http.Request
	id     string
	bucket *Bucket
	key    string
	page   bool   // of the website: errors are pages
	hosted bool   // the host names the bucket, as in requests of CloudFront
	caller Caller // whose credentials signed
	// payload is the SHA-256 that the body must have, in hex, or UNSIGNED-PAYLOAD.
	payload string
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{Request: r, id: rand.Text()[:16]}
	id := req.id
	if loopback.ByPipe(r) { // a distribution of this chain asks
		id = cmp.Or(r.Header.Get("X-Amz-Cf-Id"), id)
	}
	// Without the query: a presigned one is a key.
	recording, direct := s.Recorder.Join(id, r.Method, r.URL.Path)
	defer recording.Leave()
	if direct {
		meter := recording.Meter(w, r)
		defer meter.Done()
		w = meter
	}
	hop := recording.Hop("s3")

	w.Header().Set("Server", "AmazonS3")
	w.Header().Set("X-Amz-Request-Id", req.id)
	answer, err := s.serve(w, req)
	if err != nil {
		writeError(w, req, err)
		hop.Refuse("", err.detail, "%s: %s", err.Code, err.Message)
		return
	}
	hop.Pass("%s", answer)
}

// serve answers the request, or says why not.
func (s *Server) serve(w http.ResponseWriter, r *request) (string, *Error) {
	// Pages may ask: uploads come from them.
	if err := (loopback.Rule{Names: s.domains()}).Admit(r.Request); err != nil {
		return "", &Error{Code: "AccessDenied", Message: "Access Denied", detail: err.Error()}
	}
	if r.bucket = s.websiteOf(r.Host); r.bucket != nil {
		return s.website(w, r)
	}
	if err := s.locate(r); err != nil {
		return "", err
	}
	if r.Method == http.MethodOptions {
		return s.preflight(w, r)
	}
	s.admitOrigin(w, r)
	action, err := operation(r)
	if err != nil {
		return "", err
	}
	if err := s.authenticate(r); err != nil {
		return "", err
	}
	if err := s.authorize(r, action); err != nil {
		return "", err
	}
	if r.lists() {
		return s.list(w, r)
	}
	if r.key == "" {
		return "", notImplemented(r.Method + " of a bucket")
	}
	if r.Method == http.MethodPut {
		return s.put(w, r)
	}
	return s.get(w, r)
}

// locate finds the bucket and the key that the path names.
func (s *Server) locate(r *request) *Error {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if b := s.hosted(r.Host); b != nil { // virtual-hosted style, as CloudFront has it
		name, key, r.hosted = b.BucketName, strings.TrimPrefix(r.URL.Path, "/"), true
	}
	if name == "" {
		return notImplemented("ListBuckets")
	}
	i := slices.IndexFunc(s.Buckets, func(b *Bucket) bool { return b.BucketName == name })
	if i < 0 {
		return &Error{Code: "NoSuchBucket", Message: "The specified bucket does not exist", detail: "no bucket of the assembly that a function uses is called " + name}
	}
	r.bucket, r.key = s.Buckets[i], key
	if len(key) > maxKey {
		return &Error{Code: "KeyTooLongError", Message: "Your key is too long"}
	}
	return nil
}

// hosted returns the bucket whose own domain name is the host; nil if it is none's.
func (s *Server) hosted(host string) *Bucket {
	for _, b := range s.Buckets {
		if slices.Contains(b.Domains(), host) {
			return b
		}
	}
	return nil
}

func (s *Server) domains() (all []string) {
	for _, b := range s.Buckets {
		all = append(all, b.Domains()...)
		all = append(all, b.WebsiteDomains()...)
	}
	return all
}

// known are the parts of a query that change nothing about an operation.
var known = []string{
	"x-id", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
	"X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256",
}

// operation returns the IAM action of what is asked for.
func operation(r *request) (action string, _ *Error) {
	if !r.hosted {
		if err := r.unmodelled(); err != nil {
			return "", err
		}
	}
	for name := range r.URL.Query() {
		if r.lists() && slices.Contains(listParameters, name) {
			continue
		}
		if slices.Contains(subresources, name) || strings.HasPrefix(name, "response-") {
			return "", notImplemented(fmt.Sprintf("%s with ?%s", r.Method, name))
		}
	}
	switch r.Method {
	case http.MethodPut:
		for name := range r.Header {
			if !modelled(name) {
				return "", notImplemented(fmt.Sprintf("%s with the header %s", r.Method, name))
			}
		}
		if r.key == "" {
			return "", notImplemented(r.Method + " of a bucket")
		}
		return "s3:PutObject", nil
	case http.MethodGet, http.MethodHead:
		if r.key == "" {
			return "s3:ListBucket", nil
		}
		return "s3:GetObject", nil
	}
	return "", notImplemented(r.Method + " of an object")
}

// subresources are the parts of a query by which something else than the object is asked for.
// Documented.
var subresources = []string{
	"accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering", "inventory", "legal-hold",
	"lifecycle", "list-type", "location", "logging", "metrics", "notification", "object-lock", "ownershipControls", "partNumber",
	"policy", "policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention", "select",
	"session", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
}

// unmodelled refuses what a function may ask for and the local chain does not do. Others, such
// as browsers behind CloudFront, send queries and conditions as they like.
func (r *request) unmodelled() *Error {
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) && (!r.lists() || !slices.Contains(listParameters, name)) {
			return notImplemented(fmt.Sprintf("%s with ?%s", r.Method, name))
		}
	}
	if r.key == "" && !r.lists() {
		return notImplemented(r.Method + " of a bucket")
	}
	for name := range r.Header {
		if !modelled(name) {
			return notImplemented(fmt.Sprintf("%s with the header %s", r.Method, name))
		}
	}
	return nil
}

// modelled reports whether a header means nothing to S3, or what it means here, too.
func modelled(name string) bool {
	switch name {
	case "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amz-Checksum-Mode",
		"X-Amz-Source-Arn", "X-Amz-Source-Account", "X-Amz-Cf-Id":
		return true
	case "Range", "Content-Md5", "Expect":
		return name == "Expect"
	}
	return strings.HasPrefix(name, metaPrefix) || !strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "If-")
}

// authenticate verifies the signature and finds out whose it is.
func (s *Server) authenticate(r *request) *Error {
	if r.Header.Get("Authorization") == "" && !r.URL.Query().Has("X-Amz-Algorithm") && !r.URL.Query().Has("X-Amz-Signature") && r.hosted {
		r.caller, r.payload = Caller{Name: "nobody, for it is not signed"}, sigv4.UnsignedPayload
		return nil // the policy of the bucket may be for everybody
	}
	verifier := &sigv4.S3Verifier{Region: r.bucket.Region, Now: s.Now, Lookup: s.Keys.credentials}
	signature, err := verifier.Verify(r.Request)
	if refused := (*sigv4.Error)(nil); errors.As(err, &refused) {
		return &Error{Code: refused.Type, Message: refused.Message, detail: trace.MaskCanonical(refused.Detail)}
	}
	if err != nil {
		return internal(err)
	}
	r.payload, r.caller = signature.Payload, s.Keys.caller(signature.AccessKey)
	if strings.HasPrefix(r.payload, "STREAMING-") {
		return notImplemented("the payload " + r.payload)
	}
	return nil
}

// authorize asks the policies of the role of the function that signed: whoever presents a
// presigned URL may do what its signer may.
func (s *Server) authorize(r *request, action string) *Error {
	if s.allows(r, action, r.bucket.ARN(r.key)) {
		return nil
	}
	return &Error{
		Code: "AccessDenied", Message: "Access Denied",
		detail: r.missing(action),
	}
}

// missing says which permission is not there.
func (r *request) missing(action string) string {
	if r.caller.Function == "" {
		text := fmt.Sprintf("no policy of %s allows %s on %s to %s", r.bucket.Name, action, r.bucket.ARN(r.key), r.caller.Name)
		if r.key == "" {
			text += "; a request without a key asks for the list of objects: set DefaultRootObject, such as index.html"
		}
		return text
	}
	text := fmt.Sprintf("no policy of the role of %s allows %s on %s", r.caller.Name, action, r.bucket.ARN(r.key))
	if r.lists() {
		text += fmt.Sprintf(" for the prefix %q", r.URL.Query().Get("prefix"))
	}
	return text
}

func (s *Server) allows(r *request, action, resource string) bool {
	if r.caller.Function == "" {
		return r.bucket.allows(r.caller, action, resource)
	}
	var keys []iam.ConditionKey
	if prefix := r.URL.Query()["prefix"]; r.lists() && len(prefix) > 0 {
		keys = append(keys, iam.ConditionKey{Key: "s3:prefix", Value: prefix[0]})
	}
	return slices.ContainsFunc(s.Functions, func(f *lambda.Definition) bool {
		return f.Name == r.caller.Function && f.Role.Allows(action, resource, keys...)
	})
}

// put keeps the body as an object, once all of it has come.
func (s *Server) put(w http.ResponseWriter, r *request) (string, *Error) {
	switch {
	case r.ContentLength < 0:
		return "", &Error{Code: "MissingContentLength", Message: "You must provide the Content-Length HTTP header."}
	case r.ContentLength > maxPut:
		return "", &Error{Code: "EntityTooLarge", Message: "Your proposed upload exceeds the maximum allowed size"}
	}
	file, err := s.Store.create()
	if err != nil {
		return "", internal(err)
	}
	defer file.discard() // unless it is kept
	sum, tag := sha256.New(), md5.New()
	size, refused := r.receive(file, io.MultiWriter(sum, tag))
	if refused != nil {
		return "", refused
	}
	if err := r.verifyBody(sum.Sum(nil)); err != nil {
		return "", err
	}
	object := object{size: size, etag: `"` + hex.EncodeToString(tag.Sum(nil)) + `"`, modified: s.Now().UTC(), header: kept(r.Header)}
	if err := s.Store.keep(r.bucket.BucketName, r.key, file, object); err != nil {
		return "", internal(err)
	}
	w.Header().Set("ETag", object.etag)
	w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	s.notify(r, &object)
	return fmt.Sprintf("kept %d bytes, signed by %s", size, r.caller.Name), nil
}

// receive writes the body to where it is kept, and to what sums it up. A disk that is full is
// not the client's mistake.
func (r *request) receive(disk, sums io.Writer) (int64, *Error) {
	kept := &written{w: disk}
	size, err := io.Copy(io.MultiWriter(kept, sums), r.Body)
	switch {
	case kept.err != nil:
		return size, internal(fmt.Errorf("the object cannot be kept on this machine: %w", kept.err))
	case errors.Is(err, loopback.ErrSlow):
		return size, &Error{
			Code: "RequestTimeout", Message: "Your socket connection to the server was not read from or written to within the timeout period.",
			detail: fmt.Sprintf("%d of %d bytes came in time", size, r.ContentLength),
		}
	case err != nil || size != r.ContentLength:
		return size, &Error{Code: "IncompleteBody", Message: "You did not provide the number of bytes specified by the Content-Length HTTP header."}
	}
	return size, nil
}

// written remembers why it could not write.
type written struct {
	w   io.Writer
	err error
}

func (w *written) Write(p []byte) (n int, err error) {
	n, w.err = w.w.Write(p)
	return n, w.err
}

// verifyBody compares the hash that was signed with that of the body.
func (r *request) verifyBody(hash []byte) *Error {
	got := hex.EncodeToString(hash)
	if r.payload == sigv4.UnsignedPayload || r.payload == got {
		return nil
	}
	return &Error{
		Code: "XAmzContentSHA256Mismatch", Message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
		detail: fmt.Sprintf("x-amz-content-sha256 is %s, the body's SHA-256 is %s", r.payload, got),
	}
}

const metaPrefix = "X-Amz-Meta-"

// kept returns what S3 gives back with an object.
func kept(header http.Header) http.Header {
	out := http.Header{"Content-Type": {"binary/octet-stream"}} // documented as the default
	for name, values := range header {
		switch name {
		case "Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Cache-Control", "Expires":
			out[name] = values
		default:
			if strings.HasPrefix(name, metaPrefix) {
				out[name] = []string{strings.Join(values, ",")}
			}
		}
	}
	return out
}

// get answers with an object, for HEAD without its bytes.
func (s *Server) get(w http.ResponseWriter, r *request) (string, *Error) {
	empty := sha256.Sum256(nil)
	if err := r.verifyBody(empty[:]); err != nil {
		return "", err
	}
	object, content, err := s.open(r.bucket.BucketName, r.key)
	if err != nil {
		return "", internal(err)
	}
	if content == nil {
		// Documented: who may not list the bucket does not learn what is in it.
		if !s.allows(r, "s3:ListBucket", r.bucket.ARN("")) {
			return "", &Error{
				Code: "AccessDenied", Message: "Access Denied",
				detail: fmt.Sprintf("there is no such key, and %s may not know that: it has no s3:ListBucket", r.caller.Name),
			}
		}
		return "", &Error{Code: "NoSuchKey", Message: "The specified key does not exist."}
	}
	defer content.Close()
	for name, values := range object.header {
		w.Header()[name] = values
	}
	w.Header().Set("ETag", object.etag)
	w.Header().Set("Last-Modified", object.modified.Format(http.TimeFormat))
	w.Header().Set("Accept-Ranges", "bytes")
	w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	if r.hosted {
		http.ServeContent(w, r.Request, "", object.modified, content) // conditions and ranges, too
		return fmt.Sprintf("%d bytes are there, asked for by %s", object.size, r.caller.Name), nil
	}
	w.Header().Set("Content-Length", fmt.Sprint(object.size))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return fmt.Sprintf("%d bytes are there, signed by %s", object.size, r.caller.Name), nil
	}
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Sprintf("the client left: %v", err), nil
	}
	return fmt.Sprintf("%d bytes, signed by %s", object.size, r.caller.Name), nil
}

// escaped returns the path of an object, for errors.
func (r *request) escaped() string { return (&url.URL{Path: r.URL.Path}).EscapedPath() }
