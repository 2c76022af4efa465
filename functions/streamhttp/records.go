package streamhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// source is a service that invokes a function with records, as named in their eventSource.
type source string

const (
	s3Source       source = "aws:s3"
	sqsSource      source = "aws:sqs"
	dynamoDBSource source = "aws:dynamodb"
)

// records serves the records of one event, and returns the answer of the invocation.
type records func(ctx context.Context, records json.RawMessage) (any, error)

// WithS3 lets a function that serves a handler also serve the notifications of an Amazon S3 bucket, one
// record after the other. Object.URLDecodedKey of a record is the key of the object, and Object.Key the
// same in S3's own encoding. Treat the key as untrusted input: whoever puts an object chooses it.
//
// An error or a panic fails the invocation. By default Lambda then repeats it twice, with all its
// records. S3 sends a notification at least once, perhaps twice and out of order. The given function
// must be prepared for that.
//
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
func WithS3(handle func(context.Context, *events.S3EventRecord) error) lambda.Option {
	return lambda.WithContextValue(s3Source, s3Records(handle))
}

func s3Records(handle func(context.Context, *events.S3EventRecord) error) records {
	return recordsOf(s3Source, func(ctx context.Context, all []events.S3EventRecord) (any, error) {
		var failed []error
		for i := range all {
			failed = append(failed, handleRecord(ctx, &all[i], handle))
		}
		return nil, errors.Join(failed...)
	})
}

// WithSQS lets a function that serves a handler also serve the messages of an Amazon SQS queue, one
// after the other. The answer names each message that fails by an error or a panic, or that is not
// served before the context ends, so that only these become visible again. A queue whose name ends with
// .fifo is served in order: messages after the first failure are not tried, and are named as well.
//
// The event source mapping must have ReportBatchItemFailures among its FunctionResponseTypes. Without
// it Lambda ignores the answer and deletes all messages, including those that failed. SQS delivers at
// least once, so the given function must be prepared to get a message twice.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func WithSQS(handle func(context.Context, *events.SQSMessage) error) lambda.Option {
	return lambda.WithContextValue(sqsSource, sqsRecords(handle))
}

func sqsRecords(handle func(context.Context, *events.SQSMessage) error) records {
	return recordsOf(sqsSource, func(ctx context.Context, all []events.SQSMessage) (any, error) {
		failures := batchFailures{}
		for i := range all {
			inOrder := strings.HasSuffix(all[i].EventSourceARN, ".fifo")
			if len(failures.Items) > 0 && inOrder || handleRecord(ctx, &all[i], handle) != nil {
				failures.add(all[i].MessageId)
			}
		}
		return failures, nil
	})
}

// WithDynamoDB lets a function that serves a handler also serve the stream of an Amazon DynamoDB table,
// one record after the other. It stops at the first record that fails by an error or a panic, or that
// is not served before the context ends, and names it in the answer. Lambda continues from there, so
// the order is kept.
//
// The event source mapping must have ReportBatchItemFailures among its FunctionResponseTypes. Without
// it Lambda ignores the answer and considers all records done. Also limit the attempts there
// (MaximumRetryAttempts, a destination for failures): by default a record that always fails blocks its
// shard until it expires. Lambda delivers at least once, so the given function must be prepared to get
// a record twice.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
func WithDynamoDB(handle func(context.Context, *events.DynamoDBEventRecord) error) lambda.Option {
	return lambda.WithContextValue(dynamoDBSource, dynamoDBRecords(handle))
}

func dynamoDBRecords(handle func(context.Context, *events.DynamoDBEventRecord) error) records {
	return recordsOf(dynamoDBSource, func(ctx context.Context, all []events.DynamoDBEventRecord) (any, error) {
		failures := batchFailures{}
		for i := range all {
			if handleRecord(ctx, &all[i], handle) != nil {
				failures.add(all[i].Change.SequenceNumber)
				break
			}
		}
		return failures, nil
	})
}

// recordsOf returns the records of an event.
func recordsOf[R any](from source, serve func(context.Context, []R) (any, error)) records {
	return func(ctx context.Context, data json.RawMessage) (any, error) {
		var all []R
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, fmt.Errorf("streamhttp: the event of %s has records that cannot be read: %w", from, err)
		}
		ctx, cancel := beforeDeadline(ctx)
		defer cancel()
		return serve(ctx, all)
	}
}

// serveRecords answers an invocation with records, by the function that was given for them.
func serveRecords(ctx context.Context, data json.RawMessage) (any, error) {
	var first []struct {
		EventSource source `json:"eventSource"` // the Go decoder takes any case, EventSource of SNS too
	}
	if err := json.Unmarshal(data, &first); err != nil || len(first) == 0 {
		return nil, errNoRequest
	}
	serve, ok := ctx.Value(first[0].EventSource).(records)
	if !ok {
		return nil, fmt.Errorf("streamhttp: the event has records of %q, which the function does not serve; "+
			"give streamhttp.Serve a function for them by WithS3, WithSQS or WithDynamoDB, or remove their event source", first[0].EventSource)
	}
	return serve(ctx, data)
}

// handleRecord logs a failure, because the answer has at most the record's id.
func handleRecord[R any](ctx context.Context, record *R, handle func(context.Context, *R) error) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			logInvocation(ctx, slog.LevelError, "panic in handler of a record", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	if err = handle(ctx, record); err != nil {
		logInvocation(ctx, slog.LevelError, "record failed", "error", err)
	}
	return err
}

// batchFailures is the answer that names the records to repeat. An empty list means none. Null is
// reported to mean the same, which is not documented.
type batchFailures struct {
	Items []batchFailure
}

type batchFailure struct {
	ID string `json:"itemIdentifier"`
}

func (f *batchFailures) add(id string) { f.Items = append(f.Items, batchFailure{id}) }

// MarshalJSON writes the shape that Lambda reads.
func (f batchFailures) MarshalJSON() ([]byte, error) {
	items := f.Items
	if items == nil {
		items = []batchFailure{}
	}
	return json.Marshal(map[string][]batchFailure{"batchItemFailures": items})
}
