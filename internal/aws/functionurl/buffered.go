package functionurl

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// maxBuffered is the largest response of a buffered invocation: 6 MiB.
const maxBuffered = 6 << 20

// bufferedResponse is a response in payload format 2.0.
//
// Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs"; text that is no
// object, and a status given as text, as recorded on AWS by others.
type bufferedResponse struct {
	StatusCode      json.RawMessage   `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// buffered answers with the function's response once all of it is there.
func buffered(w http.ResponseWriter, response *lambda.Response, hop *trace.OpenHop, kept []string) {
	head, body, err := wholeResponse(response)
	if err != nil {
		cause := causes.FunctionFailed
		if errors.Is(err, errStreamed) {
			cause = causes.InvokeModeMismatch
		}
		hop.Refuse(cause, "", "502: %v", err)
		badGateway(w)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	writeHead(w, head, kept)
	if size := int64(len(body)); hop.Detailed() {
		hop.Changed(head.Recorded(size), trace.NewResponseHead(head.StatusCode, w.Header(), size))
	}
	_, _ = w.Write(body)
	hop.Pass("%d, %d bytes at once", head.StatusCode, len(body))
}

var errStreamed = errors.New("the function answers in the streaming protocol, but its URL's invoke mode is BUFFERED")

func wholeResponse(response *lambda.Response) (*answer.Head, []byte, error) {
	data, err := io.ReadAll(io.LimitReader(response.Body, maxBuffered+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxBuffered {
		_, _ = io.Copy(io.Discard, response.Body)
		return nil, nil, fmt.Errorf("the response has over %d bytes (Function.ResponseSizeTooLarge)", maxBuffered)
	}
	if answer.Framed(response) {
		return nil, nil, errStreamed
	}
	var r bufferedResponse
	err = json.Unmarshal(data, &r)
	if len(r.StatusCode) == 0 {
		return inferred(data)
	}
	if err != nil { // of one part: the others are read
		return nil, nil, answer.Unfit("the response", err)
	}
	head := &answer.Head{Headers: r.Headers, Cookies: r.Cookies}
	if head.StatusCode, err = answer.StatusCode(r.StatusCode); err != nil {
		return nil, nil, err
	}
	if head.Headers == nil {
		head.Headers = map[string]string{}
	}
	if !has(head.Headers, "Content-Type") {
		head.Headers["content-type"] = "application/json"
	}
	body := []byte(r.Body)
	if r.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, nil, fmt.Errorf("the body is not base64: %w", err)
		}
	}
	return head, body, nil
}

// inferred is the response where the function gave no status: its value, as JSON, a text
// without its quotes.
func inferred(data []byte) (*answer.Head, []byte, error) {
	if !json.Valid(data) {
		return nil, nil, errors.New("the response is not JSON, as a buffered function URL wants it")
	}
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = []byte(text)
	}
	return &answer.Head{StatusCode: http.StatusOK, Headers: map[string]string{"content-type": "application/json"}}, data, nil
}

func has(headers map[string]string, name string) bool {
	for given := range headers {
		if http.CanonicalHeaderKey(given) == name {
			return true
		}
	}
	return false
}
