package answer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/exactjson"
)

// MaxWhole is the largest response of an invocation that is not streamed: 6 MiB.
//
// Source: AWS Lambda Developer Guide, "Lambda quotas". Documented.
const MaxWhole = 6 << 20

// whole2 is a response in payload format 2.0.
//
// Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs"; text that is no
// object, and a status given as text, as recorded on AWS by others.
type whole2 struct {
	StatusCode      json.RawMessage   `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// whole1 is a response in payload format 1.0.
//
// Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway". That
// numbers and truth values are taken for headers is assumed.
type whole1 struct {
	StatusCode        json.RawMessage     `json:"statusCode"`
	Headers           map[string]scalar   `json:"headers"`
	MultiValueHeaders map[string][]scalar `json:"multiValueHeaders"`
	Body              *string             `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// A scalar is a text, or a number or truth value that is taken for one.
type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*s = scalar(text)
		return nil
	}
	if strings.ContainsAny(string(data[:1]), "{[") {
		return fmt.Errorf("%s: want text", data)
	}
	*s = scalar(data)
	return nil
}

// ErrStreamed says that a function streams behind a front door that does not.
var ErrStreamed = errors.New("the function answers in the streaming protocol, and its front door waits for the whole answer (BUFFERED)")

// Whole2 reads a response in payload format 2.0, and its body, which is not in base64.
func Whole2(response *lambda.Response) (*Head, []byte, error) {
	data, err := read(response)
	if err != nil {
		return nil, nil, err
	}
	var r whole2
	err = exactjson.Unmarshal(data, &r)
	if len(r.StatusCode) == 0 {
		return inferred(data)
	}
	if err != nil { // of one part: the others are read
		return nil, nil, Unfit("the response", err)
	}
	head := &Head{Headers: r.Headers, Cookies: r.Cookies}
	if head.StatusCode, err = statusCode(r.StatusCode); err != nil {
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

// Whole1 reads a response in payload format 1.0, and its body as it stands there: encoded says
// that it is in base64.
func Whole1(response *lambda.Response) (head *Head, body string, encoded bool, err error) {
	data, err := read(response)
	if err != nil {
		return nil, "", false, err
	}
	var r whole1
	if err := exactjson.Unmarshal(data, &r); err != nil {
		return nil, "", false, Unfit("the response", err)
	}
	if len(r.StatusCode) == 0 {
		return nil, "", false, errors.New("the response has no statusCode, which a Lambda proxy integration requires")
	}
	head = &Head{Headers: map[string]string{}, MultiValueHeaders: map[string][]string{}}
	if head.StatusCode, err = statusCode(r.StatusCode); err != nil {
		return nil, "", false, err
	}
	for name, value := range r.Headers {
		head.Headers[name] = string(value)
	}
	for name, values := range r.MultiValueHeaders {
		for _, value := range values {
			head.MultiValueHeaders[name] = append(head.MultiValueHeaders[name], string(value))
		}
	}
	if r.Body != nil {
		body = *r.Body
	}
	return head, body, r.IsBase64Encoded, nil
}

// read reads all of a response.
func read(response *lambda.Response) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(response.Body, MaxWhole+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxWhole {
		_, _ = io.Copy(io.Discard, response.Body)
		return nil, fmt.Errorf("the response has over %d bytes (Function.ResponseSizeTooLarge)", MaxWhole)
	}
	if Framed(response) {
		return nil, ErrStreamed
	}
	return data, nil
}

// inferred is the response where the function gave no status: its value, as JSON, a text
// without its quotes.
func inferred(data []byte) (*Head, []byte, error) {
	if !json.Valid(data) {
		return nil, nil, errors.New("the response is not JSON, which a buffered front door requires")
	}
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = []byte(text)
	}
	return &Head{StatusCode: http.StatusOK, Headers: map[string]string{"content-type": "application/json"}}, data, nil
}

func has(headers map[string]string, name string) bool {
	for given := range headers {
		if http.CanonicalHeaderKey(given) == name {
			return true
		}
	}
	return false
}
