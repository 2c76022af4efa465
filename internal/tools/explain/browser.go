package explain

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

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
