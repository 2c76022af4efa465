package functionurl

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// A streamer passes on streamed responses. Its switches choose between the two things that
// AWS may do where nobody knows; see the fields of Server.
type streamer struct {
	pace      *answer.Pace
	fault     answer.Fault
	hangEmpty bool
	cutFailed bool
	refuted   Refuted
}

// stream answers with the function's response, every chunk as it comes. A client who
// leaves does not stop the function: its response is read to the end in any case. It tells
// whether the client got all that the function said.
func (s *streamer) stream(w http.ResponseWriter, r *http.Request, response *lambda.Response, rec *trace.Recording, hop *trace.OpenHop) (whole bool) {
	head, body, err := answer.Begin(response)
	if err != nil {
		_, _ = io.Copy(io.Discard, response.Body)
		hop.Refuse(causes.FunctionFailed, "", "502: %v", err)
		badGateway(w)
		return true
	}
	if s.hangEmpty {
		var empty bool
		if body, empty = answer.Peek(body); empty {
			rec.Suspect(causes.StreamWithoutBody)
			hop.Refuse(causes.StreamWithoutBody, "", "%d without a body: hangs, as it is reported to do on AWS", head.StatusCode)
			<-r.Context().Done()
			return false
		}
	}
	before := (*trace.Head)(nil)
	if hop.Detailed() {
		before = head.Recorded(-1)
	}
	encoding := ""
	if !s.refuted.EncodingRemoved {
		encoding = head.TakeEncoding()
	}
	writeHead(w, head, s.refuted.Renamed)
	if hop.Detailed() {
		hop.Changed(before, trace.NewResponseHead(head.StatusCode, w.Header(), -1))
	}
	c := answer.Copy(w, s.fault.Cut(body), s.pace, maxStreamed)
	switch reported := new(lambda.FunctionError); {
	case c.Err == nil && encoding != "" && c.Bytes > 0 && answer.HasContent(r.Method, head.StatusCode):
		hop.Refuse(causes.StreamCompressed, "", "%d, %s in %s, whose Content-Encoding the URL drops: the viewer cannot read them", head.StatusCode, c, encoding)
	case c.Err == nil && c.Left:
		hop.Pass("%d, %s; the client left, the function ran on", head.StatusCode, c)
	case c.Err == nil && c.Bytes == 0:
		hop.Pass("%d without a body, which is reported to hang on AWS (%s)", head.StatusCode, causes.StreamWithoutBody)
	case c.Err == nil:
		hop.Pass("%d, %s", head.StatusCode, c)
	case errors.As(c.Err, &reported) && !reported.Broken:
		// Documented: the response counts as successful, the error goes to the logs. That
		// the client sees a clean end is assumed.
		seen := "the viewer sees a complete answer"
		if s.cutFailed {
			seen = "the connection is cut"
		}
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then the function reported: %v; %s", head.StatusCode, c, c.Err, seen)
		return !s.cutFailed
	case errors.As(c.Err, &reported) && reported.Type == lambda.TimedOut:
		hop.Refuse(causes.StreamNotEnded, "", "%d, %s, then the stream was not ended: %v", head.StatusCode, c, c.Err)
		return s.refuted.CrashCuts
	default:
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then it broke off: %v", head.StatusCode, c, c.Err)
		return s.refuted.CrashCuts && errors.As(c.Err, &reported)
	}
	return true
}

func badGateway(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "Internal Server Error")
}

// renamed are the function's headers that reach the client under another name: field reports,
// cargo-lambda/cargo-lambda#862 and aws/aws-lambda-web-adapter#491 among them; of Date it is
// assumed, since API Gateway renames it.
var renamed = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{"Connection", "Content-Length", "Date", "Server", "Www-Authenticate"} {
		names[name] = "X-Amzn-Remapped-" + name
	}
	return names
}()

// writeHead renames headers, but for those that keep their names.
func writeHead(w http.ResponseWriter, head *answer.Head, kept []string) {
	h := w.Header()
	for name, value := range head.Headers {
		name = http.CanonicalHeaderKey(name)
		if name == "Transfer-Encoding" {
			continue // the function URL's own business
		}
		if other := renamed[name]; other != "" && !slices.Contains(kept, name) {
			name = other
		}
		h.Set(name, value)
	}
	for _, cookie := range head.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	w.WriteHeader(head.StatusCode)
	_ = http.NewResponseController(w).Flush()
}
