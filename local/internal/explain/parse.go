package explain

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// MaxPaste is how much text Parse reads: 1 MiB.
const MaxPaste = 1 << 20

// Parse reads an answer out of what somebody pasted: the output of curl -i or -v, headers
// copied from a browser, an error that a client printed, or a body alone. A curl command in
// front of it tells of the request. It fails only on text without anything in it.
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

// request reads a curl command and what a browser or curl shows of a request, which both
// may stand in front of the answer. It returns the lines that are left.
func (p *paste) request(lines []string) []string {
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if m := commandLine.FindStringSubmatch(line); m != nil {
			command, rest := m[1], i+1
			for strings.HasSuffix(line, `\`) && rest < len(lines) {
				line = strings.TrimSpace(lines[rest])
				command = strings.TrimSuffix(command, `\`) + " " + line
				rest++
			}
			p.curl(command)
			return append(lines[:i:i], lines[rest:]...)
		}
		if line != "" {
			break
		}
	}
	return lines
}

// commandLine is a call of curl, with or without a prompt in front of it. "curl : " is how
// PowerShell begins the message of an error.
var commandLine = regexp.MustCompile(`^(?:.{0,80}[$%#>❯] +)?curl(?:\.exe)? +([^: ].*)$`)

// curl takes over what a curl command says, without reading files for it.
func (p *paste) curl(command string) {
	flags := pflag.NewFlagSet("curl", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	f := BindCurl(flags)
	flags.StringP("output", "o", "", "")
	flags.StringP("write-out", "w", "", "")
	flags.StringP("dump-header", "D", "", "")
	flags.StringP("user", "u", "", "")
	flags.BoolP("include", "i", false, "")
	flags.BoolP("verbose", "v", false, "")
	flags.BoolP("silent", "s", false, "")
	flags.BoolP("show-error", "S", false, "")
	flags.BoolP("no-buffer", "N", false, "")
	flags.BoolP("location", "L", false, "")
	flags.BoolP("insecure", "k", false, "")
	flags.StringP("cookie", "b", "", "")
	flags.Bool("compressed", false, "")
	flags.Bool("path-as-is", false, "")
	if flags.Parse(words(command)) != nil || flags.NArg() == 0 {
		return
	}
	readFile := func(string) ([]byte, error) { return nil, errNotRead }
	if r, err := f.request(flags.Arg(0), readFile); err == nil {
		p.answer.Request = *r
	} else if errors.Is(err, errNotRead) {
		r.Body, r.Length = nil, -1
		p.answer.Request = *r
	}
}

var errNotRead = errors.New("a pasted command names the file of another machine, maybe")

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

// console reads what the console of a browser says of a request that failed.
func (p *paste) console() {
	m := failedRequest.FindStringSubmatch(p.answer.Body)
	if m == nil {
		return
	}
	p.answer.Status, _ = strconv.Atoi(m[3])
	if r := &p.answer.Request; r.Method == "" {
		r.Method, r.URL = m[1], m[2]
	}
}

var failedRequest = regexp.MustCompile(`\b(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (https?://\S+) (?:net::\w+ )?([1-5][0-9][0-9]) \(`)

// browser reads headers as developer tools show them: "name: value", or the value on the
// next line. What is none of that is the body.
func (p *paste) browser(lines []string) {
	response, request := http.Header{}, http.Header{}
	section := response
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		switch strings.ToLower(line) {
		case "response headers", "response":
			section = response
			continue
		case "request headers", "request":
			section = request
			continue
		}
		name, value := "", ""
		if m := field.FindStringSubmatch(line); m != nil {
			name, value = m[1], m[2]
		}
		// "Request URL" and "Status Code" have a space, which names of headers have not.
		if before, after, ok := strings.Cut(line, ":"); ok && known[strings.ToLower(before)] {
			name, value = before, strings.TrimSpace(after)
		}
		if known[strings.ToLower(line)] {
			name = line
		}
		if name == "" || !known[strings.ToLower(name)] && !strings.Contains(name, "-") {
			p.body = append(p.body, lines[i])
			continue
		}
		if value == "" && i+1 < len(lines) {
			i++
			value = strings.TrimSpace(lines[i])
		}
		switch name := strings.ToLower(name); name {
		case "request url", "url":
			p.answer.Request.URL = value
		case "request method", ":method", "method":
			p.answer.Request.Method = strings.ToUpper(value)
			if name == ":method" {
				section = request
			}
		case ":authority", ":path", ":scheme": // begin the headers of the request
			section = request
		case "status code", ":status", "status":
			if fields := strings.Fields(value); len(fields) > 0 {
				if status, err := strconv.Atoi(fields[0]); err == nil && plausible(status) {
					p.answer.Status = status
				}
			}
		case "authorization", "x-amz-content-sha256", "host", "user-agent", "accept", "accept-encoding", "origin", "referer", "cookie":
			request.Add(name, value)
		default:
			if !strings.HasPrefix(name, ":") {
				section.Add(name, value)
			}
		}
	}
	// One header alone may be a line of a log; of what was copied there are more.
	if len(response) > 1 {
		p.answer.Header = response
	} else if named := response.Get("X-Amzn-Errortype"); named != "" {
		p.body = append(p.body, named)
	}
	if len(request) > 0 && p.answer.Request.Header == nil {
		p.answer.Request.Header = request
	}
}

// known are the names that are taken for headers also without a hyphen in them or with the
// value on the next line.
var known = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range []string{
		"request url", "request method", "status code", "remote address", "referrer policy", "url", "status", "method",
		":method", ":path", ":scheme", ":authority", ":status",
		"via", "server", "date", "age", "vary", "etag", "allow", "host", "accept", "origin", "cookie", "referer", "authorization",
		"content-type", "content-length", "cache-control", "x-cache", "x-amz-cf-id", "x-amz-cf-pop", "x-amzn-errortype",
		"x-amzn-requestid", "x-amzn-trace-id", "x-amz-content-sha256", "www-authenticate", "x-amzn-remapped-www-authenticate",
		"user-agent", "accept-encoding", "accept-language", "content-encoding", "transfer-encoding", "connection",
	} {
		names[name] = true
	}
	return names
}()

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

// words splits a command as a shell does: quotes, $'...' without its escapes, backslashes.
func words(command string) []string {
	var out []string
	var word strings.Builder
	inWord := false
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				out = append(out, word.String())
				word.Reset()
			}
			inWord = false
		case c == '$' && i+1 < len(command) && command[i+1] == '\'':
		case c == '\'':
			inWord = true
			end := strings.IndexByte(command[i+1:], '\'')
			if end < 0 {
				end = len(command) - i - 1
			}
			word.WriteString(command[i+1 : i+1+end])
			i += 1 + end
		case c == '"':
			inWord = true
			for i++; i < len(command) && command[i] != '"'; i++ {
				if command[i] == '\\' && i+1 < len(command) {
					i++
				}
				word.WriteByte(command[i])
			}
		case c == '\\' && i+1 < len(command):
			inWord = true
			i++
			word.WriteByte(command[i])
		case (c == '|' || c == ';' || c == '>' || c == '#') && !inWord:
			return out
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	return out
}
