package streamhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

const (
	s3Put = `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventName":"ObjectCreated:Put",
		"s3":{"s3SchemaVersion":"1.0","bucket":{"name":"b","arn":"arn:aws:s3:::b"},"object":{"key":"uploads/a+b%2Bc.txt","size":5}}},
		{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{"key":"bad"}}}]}`
	sqsMessages = `{"Records":[{"messageId":"1","body":"one","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:QUEUE"},
		{"messageId":"2","body":"bad","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:QUEUE"},
		{"messageId":"3","body":"three","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:QUEUE"}]}`
	dynamoDBRecords = `{"Records":[{"eventID":"a","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"101","Keys":{"id":{"S":"one"}}}},
		{"eventID":"b","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"102","Keys":{"id":{"S":"bad"}}}},
		{"eventID":"c","eventName":"REMOVE","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"103","Keys":{"id":{"S":"three"}}}}]}`
)

// One function takes requests and records. What failed is named so that Lambda repeats it, and
// only it; in order where the source has an order.
func TestRecords(t *testing.T) {
	t.Parallel()
	fifo := strings.ReplaceAll(sqsMessages, "QUEUE", "q.fifo")
	for name, test := range map[string]struct {
		event, bad string
		took       []string
		answer     string
		err        string
	}{
		"S3": {event: s3Put, took: []string{"uploads/a b+c.txt", "bad"}, answer: `null`},
		"S3, one fails": {
			event: s3Put, bad: "bad",
			took: []string{"uploads/a b+c.txt", "bad"}, err: "bad is refused",
		},
		"SQS":            {event: sqsMessages, took: []string{"one", "bad", "three"}, answer: `{"batchItemFailures":[]}`},
		"SQS, one fails": {event: sqsMessages, bad: "bad", took: []string{"one", "bad", "three"}, answer: `{"batchItemFailures":[{"itemIdentifier":"2"}]}`},
		"SQS, one panics": {
			event: strings.ReplaceAll(sqsMessages, "bad", "panic"),
			took:  []string{"one", "panic", "three"}, answer: `{"batchItemFailures":[{"itemIdentifier":"2"}]}`,
		},
		"SQS in order, one fails": {event: fifo, bad: "bad", took: []string{"one", "bad"}, answer: `{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"3"}]}`},
		"DynamoDB":                {event: dynamoDBRecords, took: []string{"one", "bad", "three"}, answer: `{"batchItemFailures":[]}`},
		"DynamoDB, one fails":     {event: dynamoDBRecords, bad: "bad", took: []string{"one", "bad"}, answer: `{"batchItemFailures":[{"itemIdentifier":"102"}]}`},
		"another source": {
			event: `{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"text"}}]}`,
			err:   `the event has records of "aws:sns", which the function does not serve; give streamhttp.Serve`,
		},
		"no records":   {event: `{"Records":[]}`, err: "the event is not a request"},
		"other things": {event: `{"Records":"text"}`, err: "the event is not a request"},
		"other shape":  {event: `{"Records":[{"eventSource":"aws:sqs","body":1}]}`, err: "the event of aws:sqs has records that cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var took []string
			take := func(what string) error {
				took = append(took, what)
				switch what {
				case "panic":
					panic("no more")
				case test.bad:
					return errors.New(what + " is refused")
				}
				return nil
			}
			ctx := streamhttp.ContextWithRecords(t.Context(),
				func(_ context.Context, r *events.S3EventRecord) error { return take(r.S3.Object.URLDecodedKey) },
				func(_ context.Context, m *events.SQSMessage) error { return take(m.Body) },
				func(_ context.Context, r *events.DynamoDBEventRecord) error {
					return take(r.Change.Keys["id"].String())
				})
			answer, err := invokeRecords(ctx, nil, test.event)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error = %v, want one with %q", err, test.err)
				}
			} else if err != nil || answer != test.answer {
				t.Errorf("answer = %s, %v; want %s", answer, err, test.answer)
			}
			if !slices.Equal(took, test.took) {
				t.Errorf("took %q, want %q", took, test.took)
			}
		})
	}
}

// A batch that Lambda would cut off is answered before, with what is left of it.
func TestRecordsEndBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	slow := func(ctx context.Context, _ *events.SQSMessage) error {
		<-ctx.Done()
		return nil // done after all
	}
	answer, err := invokeRecords(streamhttp.ContextWithRecords(ctx, nil, slow, nil), nil, sqsMessages)
	if want := `{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"3"}]}`; err != nil || answer != want {
		t.Errorf("answer = %s, %v; want %s", answer, err, want)
	}
	if ctx.Err() != nil {
		t.Error("the answer came after the deadline")
	}
}

// A body of a request is never taken for records, and records never reach the handler.
func TestRecordsAreNoRequest(t *testing.T) {
	t.Parallel()
	served := false
	handler := func(http.ResponseWriter, *http.Request) { served = true }
	if _, err := invokeRecords(t.Context(), http.HandlerFunc(handler), sqsMessages); err == nil || served {
		t.Errorf("error = %v, served = %t; want an error, not served", err, served)
	}
	request := `{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"POST","path":"/"}},"Records":[{"eventSource":"aws:sqs","messageId":"1"}]}`
	if _, err := invokeRecords(t.Context(), http.HandlerFunc(handler), request); err != nil {
		t.Error(err)
	}
}

// invokeRecords does what the runtime client does with an event.
func invokeRecords(ctx context.Context, handler http.Handler, event string) (string, error) {
	answer, err := lambda.NewHandler(streamhttp.WrapDoors(handler)).Invoke(ctx, json.RawMessage(event))
	return string(answer), err
}
