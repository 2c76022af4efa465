package streamhttp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// bufferedAnswer is a complete answer in JSON, ready for the runtime client.
type bufferedAnswer struct{ bytes.Reader }

// ContentType is the content type with which the runtime client sends the answer.
func (*bufferedAnswer) ContentType() string { return "application/json" }

// MarshalJSON fails, so that the runtime client reads the answer instead of encoding it.
func (*bufferedAnswer) MarshalJSON() ([]byte, error) {
	return nil, errors.New("streamhttp: already JSON")
}

// answer waits for the whole response and returns it in the door's format. Server-sent events also
// arrive all at once.
func (w *responseWriter) answer(a *arrival) (*bufferedAnswer, error) {
	response := w.response()
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(a.door.size)+1))
	_ = (*responseBody)(w).Close()
	if err != nil { // what was written before is not the response, and nobody has seen it
		return encode(a, failure(http.StatusInternalServerError), []byte(http.StatusText(http.StatusInternalServerError)+"\n"))
	}
	if len(body) <= a.door.size {
		encoded, err := encode(a, response, body)
		if err != nil || encoded.Len() <= a.door.size {
			return encoded, err
		}
	}
	logInvocation(w.ctx, slog.LevelError, "the response is larger than the door allows; use a door that streams, or send less",
		"door", a.door.name, "limit", a.door.size)
	text := fmt.Sprintf("The response is larger than the %d bytes that this kind of endpoint can send.\n", a.door.size)
	return encode(a, failure(http.StatusBadGateway), []byte(text))
}

func failure(status int) *events.LambdaFunctionURLStreamingResponse {
	return &events.LambdaFunctionURLStreamingResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"},
	}
}

// encode leaves text unchanged and encodes everything else in base64. A REST API decodes it only if the
// type is among its binary media types.
func encode(a *arrival, response *events.LambdaFunctionURLStreamingResponse, body []byte) (*bufferedAnswer, error) {
	text, binary := string(body), !utf8.Valid(body)
	if binary {
		text = base64.StdEncoding.EncodeToString(body)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // escapes would make it longer
	err := encoder.Encode(document(a, response, text, binary))
	return &bufferedAnswer{*bytes.NewReader(bytes.TrimSuffix(b.Bytes(), []byte("\n")))}, err
}

// document returns the answer in the door's format.
func document(a *arrival, response *events.LambdaFunctionURLStreamingResponse, body string, binary bool) any {
	switch {
	case a.door.kind == albKind:
		return albDocument(a, response, body, binary)
	case a.format1:
		return &events.APIGatewayProxyResponse{
			StatusCode: response.StatusCode, Headers: response.Headers, MultiValueHeaders: cookieLines(response),
			Body: body, IsBase64Encoded: binary,
		}
	default:
		return &events.LambdaFunctionURLResponse{
			StatusCode: response.StatusCode, Headers: response.Headers, Cookies: response.Cookies,
			Body: body, IsBase64Encoded: binary,
		}
	}
}

func cookieLines(response *events.LambdaFunctionURLStreamingResponse) map[string][]string {
	if len(response.Cookies) == 0 {
		return nil
	}
	return map[string][]string{"Set-Cookie": response.Cookies}
}

// albDocument returns headers in the same form as those of the request: a target group uses either lists
// of values or single values, and ignores the other form.
func albDocument(a *arrival, response *events.LambdaFunctionURLStreamingResponse, body string, binary bool) *events.ALBTargetGroupResponse {
	d := &events.ALBTargetGroupResponse{
		StatusCode:        response.StatusCode,
		StatusDescription: strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode))),
		Body:              body, IsBase64Encoded: binary,
	}
	if a.multi != nil {
		d.MultiValueHeaders = cookieLines(response)
		if d.MultiValueHeaders == nil {
			d.MultiValueHeaders = map[string][]string{}
		}
		for name, value := range response.Headers {
			d.MultiValueHeaders[name] = []string{value}
		}
		return d
	}
	d.Headers = make(map[string]string, len(response.Headers)+len(response.Cookies))
	for name, value := range response.Headers {
		d.Headers[name] = value
	}
	for i, cookie := range response.Cookies {
		d.Headers[spelling("set-cookie", i)] = cookie
	}
	return d
}

// spelling returns the n-th way to write a name in upper and lower case. In JSON, names that differ only
// in case are different, but they are the same header (field reports). Without lists of values there is
// no other way to send two cookies.
func spelling(name string, n int) string {
	b := []byte(name)
	for i := range b {
		if b[i] < 'a' || b[i] > 'z' {
			continue
		}
		if n&1 == 1 {
			b[i] -= 'a' - 'A'
		}
		n >>= 1
	}
	return string(b)
}
