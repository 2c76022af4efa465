package smoke

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
)

// A session is one run against one endpoint.
type session struct {
	options  Options
	base     *url.URL
	function *url.URL // nil if not given
	client   *http.Client
	local    bool
	keyed    bool // known after preflight
}

func newSession(options Options) (*session, error) {
	if options.Silence == 0 {
		options.Silence = defaultSilence
	}
	if options.Silence < 0 || options.Silence > maxSilence {
		return nil, wrong("the silence is %s: want at most %s, which is all that the probes do", options.Silence, maxSilence)
	}
	if options.Timeout < 0 || options.Parallel < 0 {
		return nil, wrong("the timeout is %s, with %d rows at once: want more than 0 of both", options.Timeout, options.Parallel)
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	if options.Parallel == 0 {
		options.Parallel = defaultParallel
	}
	s := &session{options: options}
	var err error
	if s.base, err = endpoint("the URL", options.URL); err != nil {
		return nil, err
	}
	if options.FunctionURL != "" {
		if s.function, err = endpoint("the function URL", options.FunctionURL); err != nil {
			return nil, err
		}
	}
	s.local = loopback.IsName(s.base.Hostname())
	s.client = &http.Client{}
	if options.Client != nil {
		*s.client = *options.Client
	}
	if s.client.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = loopback.ClientTLS(s.base.Hostname())
		transport.DisableCompression = true // what is sent and what comes is for the rows to say
		transport.MaxIdleConnsPerHost = options.Parallel
		s.client.Transport = transport
	}
	s.client.Jar = nil
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, nil
}

// A request is what a row sends.
type request struct {
	method    string // default: GET
	target    string // path and query as on the wire; default: the echo's
	header    map[string]string
	body      payload
	hash      string // value of x-amz-content-sha256; rightHash stands for the right one
	anonymous bool   // without the key
	to        func(*session) *url.URL
	sign      func(*http.Request) error
	unsized   bool // with a body of undeclared length
}

// rightHash asks for the hash of the body.
const rightHash = "right"

// token is the bearer token that the application must see. An endpoint without a key gets
// one, too.
func (s *session) token() string {
	if s.options.Key != "" {
		return s.options.Key
	}
	return "smoke"
}

// An exchange is a request and what came of it.
type exchange struct {
	session    *session
	sent       request
	payload    []byte
	sentHeader http.Header
	status     int // 0 if there was no answer
	header     http.Header
	body       []byte
	err        error // of the connection, before or in the middle of the answer
	echo       *echo // nil if the answer is none

	chunks []chunk     // of a stream of chunks
	events []string    // of a stream of events: their names, ":" for a comment
	others []*exchange // that the row sent besides
	value  string      // that the row is about, such as a time
}

// send exchanges one request, and reads the answer to its end.
func (s *session) send(ctx context.Context, sent request) *exchange {
	x, body := s.open(ctx, sent)
	if body == nil {
		return x
	}
	defer body.Close()
	x.body, x.err = io.ReadAll(body)
	x.readEcho()
	return x
}

// open exchanges one request and leaves the body of the answer, which is nil if there was
// no answer.
func (s *session) open(ctx context.Context, sent request) (*exchange, io.ReadCloser) {
	x := &exchange{session: s, sent: sent}
	r, err := s.newRequest(ctx, x)
	if err != nil {
		x.err = err
		return x, nil
	}
	answer, err := s.client.Do(r)
	if err != nil {
		x.err = err
		return x, nil
	}
	x.status, x.header = answer.StatusCode, answer.Header
	return x, answer.Body
}

func (s *session) newRequest(ctx context.Context, x *exchange) (*http.Request, error) {
	sent := &x.sent
	if sent.method == "" {
		sent.method = http.MethodGet
	}
	if sent.target == "" {
		sent.target = "/probe/echo"
	}
	var body io.Reader
	if sent.body.kind != none {
		x.payload = sent.body.bytes()
		body = bytes.NewReader(x.payload)
		if sent.unsized {
			body = io.MultiReader(body)
		}
	}
	r, err := http.NewRequestWithContext(ctx, sent.method, s.origin(sent).String(), body)
	if err != nil {
		return nil, err
	}
	// Opaque keeps the target as it is; net/url would escape some of it in another way.
	r.URL.Opaque = sent.target
	r.Header.Set("User-Agent", "streamfront-smoke")
	if sent.body.kind != none && sent.body.contentType() != "" {
		r.Header.Set("Content-Type", sent.body.contentType())
	}
	if !sent.anonymous {
		r.Header.Set("Authorization", "Bearer "+s.token())
	}
	switch sent.hash {
	case "":
	case rightHash:
		r.Header.Set("X-Amz-Content-Sha256", digest(x.payload))
	default:
		r.Header.Set("X-Amz-Content-Sha256", sent.hash)
	}
	for name, value := range sent.header {
		r.Header.Set(name, value)
	}
	if sent.sign != nil {
		r.URL.Opaque, r.URL.Path = "", sent.target // for the signer
		if err := sent.sign(r); err != nil {
			return nil, err
		}
	}
	x.sentHeader = r.Header
	return r, nil
}

// origin is whom a request is for.
func (s *session) origin(r *request) *url.URL {
	if r.to != nil {
		return r.to(s)
	}
	return s.base
}

// An echo is what the application saw, as the probe reports it.
type echo struct {
	Method        string
	Host          string
	Path          string
	Query         string
	RemoteIP      string
	BodyLength    int64
	BodySHA256    string
	Headers       http.Header
	Authorization *struct{ Scheme, SHA256 string }
	Cookies       []struct{ Name, SHA256 string }
	Unexpected    []string
}

func (x *exchange) readEcho() {
	if !strings.HasPrefix(x.header.Get("Content-Type"), "application/json") {
		return
	}
	e := &echo{}
	if json.Unmarshal(x.body, e) == nil && e.BodySHA256 != "" {
		x.echo = e
	}
}

// describe says more of an answer that was not the wanted one: what kind of error it is, or
// else what it says.
func (x *exchange) describe(seen string) string {
	if x.status < 400 || x.echo != nil {
		return seen
	}
	detail := x.header.Get("X-Amzn-Errortype")
	if detail == "" {
		detail = excerpt(x.body)
	}
	if detail == "" {
		return seen
	}
	return seen + ": " + detail
}

// excerpt is the beginning of a text in one line, of a page without its tags.
func excerpt(body []byte) string {
	const most = 120
	text := string(body)
	if at := strings.Index(text, "<body>"); at >= 0 {
		text = text[at:]
	}
	for {
		start := strings.IndexByte(text, '<')
		end := strings.IndexByte(text[max(start, 0):], '>')
		if start < 0 || end < 0 {
			break
		}
		text = text[:start] + " " + text[start+end+1:]
	}
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "?")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return text
}

// failure is an error of a connection without the parts that repeat the request.
func failure(err error) string {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no end within the time limit"
	}
	return err.Error()
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// A payload is a body to send. Its content is made when it is needed: the bodies of all
// rows together have some 50 MB.
type payload struct {
	kind kind
	size int
}

type kind int

const (
	none kind = iota
	text
	binary
	form
	document // of JSON
	untyped
)

func (p payload) contentType() string {
	switch p.kind {
	case text:
		return "text/plain; charset=utf-8"
	case binary:
		return "application/octet-stream"
	case form:
		return "application/x-www-form-urlencoded"
	case document:
		return "application/json"
	}
	return ""
}

// bytes makes the content: letters that no encoding makes longer for text, every byte for
// binary, among them what is no UTF-8.
func (p payload) bytes() []byte {
	switch p.kind {
	case form:
		return []byte("a=1&b=%20%C3%A9&c=x+y")
	case document:
		return []byte(`{"text":"é \u0000 \"quoted\""}`)
	}
	data := make([]byte, p.size)
	for i := range data {
		if p.kind == text {
			data[i] = 'a' + byte(i%23)
		} else {
			data[i] = byte(i * 7)
		}
	}
	return data
}

// A chunk of a stream: its number, when it was sent by the sender's clock, and when it
// came by ours.
type chunk struct {
	number     int
	sent, came time.Duration
}
