package explain

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// MaxPaste is how much text Parse reads: 1 MiB.
const MaxPaste = 1 << 20

// Parse reads an answer out of what somebody pasted: the output of curl -i or -v, headers
// copied from a browser, an error that a client printed, or a body alone. A curl command in
// front of it describes the request. It fails only on text without anything in it.
func Parse(text string) (*Answer, error) {
	text = escapes.ReplaceAllString(decode(text[:min(len(text), MaxPaste)]), "")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the paste is empty: want the output of 'curl -i', an error message or the body of the answer")
	}
	p := &paste{answer: &Answer{Request: Request{Length: -1}}}
	lines := p.request(strings.Split(text, "\n"))
	switch {
	case verbose.MatchString(text):
		p.verbose(lines)
	case statusLine.MatchString(text):
		p.included(lines)
	default:
		p.browser(lines)
	}
	a := p.answer
	a.Body = strings.TrimSpace(strings.Join(p.body, "\n"))
	a.Broken = a.Broken || brokenOff.MatchString(text)
	a.Stalled = stalledOff.MatchString(text)
	if a.Status == 0 {
		p.console()
	}
	if a.Status == 0 {
		a.Status = statusInText(a.Body)
	}
	if length, err := strconv.ParseInt(a.Request.Header.Get("Content-Length"), 10, 64); err == nil && length >= 0 && a.Request.Length < 0 {
		a.Request.Length = length
	}
	return a, nil
}

var (
	escapes    = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
	verbose    = regexp.MustCompile(`(?m)^< HTTP/`)
	statusLine = regexp.MustCompile(`(?m)^HTTP/[0-9.]+ +([1-5][0-9][0-9])\b`)
	field      = regexp.MustCompile(`^(:?[A-Za-z0-9][A-Za-z0-9_-]*): *(.*)$`)
	// What curl says of an answer that ends before its end.
	brokenOff = regexp.MustCompile(`(?m)curl: \((18|92|56)\)|closed with outstanding read data|was not closed cleanly|IncompleteRead|incomplete chunked|ERR_(INCOMPLETE_CHUNKED_ENCODING|HTTP2_PROTOCOL_ERROR|CONTENT_LENGTH_MISMATCH)|unexpected EOF|terminated: other side closed`)
)

// What curl says when it gives up on an answer of which no byte of the body has come.
var stalledOff = regexp.MustCompile(`(?i)timed out\b.{0,60}\bwith 0 (out of -?\d+ )?bytes received`)

// A paste is text that is being read.
type paste struct {
	answer *Answer
	body   []string
}

// status takes the status line of a response. It begins a new response: of several, after
// redirects or 100 Continue, the last one is meant.
func (p *paste) status(line string) {
	status, _ := strconv.Atoi(statusLine.FindStringSubmatch(line)[1])
	p.answer.Status, p.answer.Header, p.body = status, http.Header{}, nil
}

// verbose reads what curl -v writes: "> " before the request, "< " before the response,
// "* " before remarks, nothing before the body.
func (p *paste) verbose(lines []string) {
	sent, received := false, false // within the head of a request, of a response
	for _, line := range lines {
		rest, isReceived := strings.CutPrefix(line, "<")
		rest = strings.TrimPrefix(rest, " ")
		switch {
		case isReceived && statusLine.MatchString(rest):
			p.status(rest)
			sent, received = false, true
		case isReceived && received:
			received = rest != ""
			p.header(p.answer.Header, rest)
		case strings.HasPrefix(line, "> ") && requestLine.MatchString(line[2:]):
			p.requestLine(line[2:])
			sent = true
		case strings.HasPrefix(line, ">") && sent:
			p.header(p.answer.Request.Header, strings.TrimPrefix(line[1:], " "))
		case strings.HasPrefix(line, "* "), progress.MatchString(line):
		default:
			p.body = append(p.body, line)
		}
	}
}

var (
	progress    = regexp.MustCompile(`^[{}] \[\d+ bytes data\]|^ *% Total +% Received|^ *Dload +Upload|^ *\d+ +[\d.]+[kMG]? +\d+ +[\d.]+[kMG]? +`)
	requestLine = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) +(\S+) +HTTP/`)
)

// included reads what curl -i writes: heads of responses, each ended by an empty line, then
// the body. Firefox and Safari copy heads in the same form.
func (p *paste) included(lines []string) {
	head := http.Header(nil)
	for _, whole := range lines {
		line := strings.TrimSpace(whole)
		switch {
		case requestLine.MatchString(line) && p.answer.Status == 0:
			p.requestLine(line)
			head = p.answer.Request.Header
		case statusLine.MatchString(line) && p.another():
			p.status(line)
			head = p.answer.Header
		case head != nil && field.MatchString(line):
			p.header(head, line)
		default:
			head = nil
			if p.answer.Status != 0 {
				p.body = append(p.body, whole)
			}
		}
	}
}

// another reports whether a status line begins the next response, and is no text in a body:
// after responses that are not the last, and after one without a body.
func (p *paste) another() bool {
	status := p.answer.Status
	return status < 200 || status >= 300 && status < 400 || strings.TrimSpace(strings.Join(p.body, "")) == ""
}

func (p *paste) requestLine(line string) {
	m := requestLine.FindStringSubmatch(line)
	r := &p.answer.Request
	r.Method, r.Header = m[1], http.Header{}
	if r.URL == "" {
		r.URL = m[2]
	}
}

func (p *paste) header(h http.Header, line string) {
	m := field.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil || h == nil || strings.HasPrefix(m[1], ":") {
		return
	}
	h.Add(m[1], m[2])
	if r := &p.answer.Request; strings.EqualFold(m[1], "host") && strings.HasPrefix(r.URL, "/") {
		scheme := "https://"
		if local.MatchString(m[2]) {
			scheme = "http://" // as the local chain is
		}
		r.URL = scheme + m[2] + r.URL
	}
}

var local = regexp.MustCompile(`^(127\.0\.0\.1|localhost|\[::1\])(:|$)`)
