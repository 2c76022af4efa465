package answer_test

import (
	"io"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
)

// Names in other letters, as a struct without tags has them, are not those of a response: in
// format 2.0 the object is the body, in format 1.0 it is malformed, and a prelude says nothing.
func TestLetterCaseOfResponses(t *testing.T) {
	t.Parallel()
	const object = `{"StatusCode":404,"Headers":{"a":"b"},"Body":"text"}`
	response := func(text string) *lambda.Response {
		return &lambda.Response{Body: io.NopCloser(strings.NewReader(text))}
	}
	if head, body, err := answer.Whole2(response(object)); err != nil || head.StatusCode != 200 || string(body) != object {
		t.Errorf("format 2.0: %+v %s, %v", head, body, err)
	}
	if head, _, _, err := answer.Whole1(response(object)); err == nil || !strings.Contains(err.Error(), "no statusCode") {
		t.Errorf("format 1.0: %+v, %v", head, err)
	}
	streamed := response(object + strings.Repeat("\x00", 8) + "x")
	streamed.ContentType = "application/vnd.awslambda.http-integration-response"
	if head, _, err := answer.Begin(streamed); err != nil || head.StatusCode != 200 || len(head.Headers) > 0 {
		t.Errorf("prelude: %+v, %v", head, err)
	}
}
