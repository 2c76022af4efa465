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

// source is a service that invokes a function with records of what has happened, in the words
// of their eventSource.
type source string

const (
	s3Source       source = "aws:s3"
	sqsSource      source = "aws:sqs"
	dynamoDBSource source = "aws:dynamodb"
)

// records serves those of one event. It returns the answer of the invocation.
type records func(ctx context.Context, records json.RawMessage) (any, error)

// WithS3 lets the function that serves a handler also take the notifications of a bucket of
// Amazon S3, one record after the other. Object.URLDecodedKey of a record is the key of the
// object; Object.Key is that in an encoding of its own. A record is untrusted input as far as
// its key is: who may put an object chooses it.
//
// An error, and a panic, fail the invocation, which Lambda then repeats twice by default, with
// all its records: S3 sends a notification at least once, perhaps twice and out of order.
// The function that is given here must bear that.
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

// WithSQS lets the function that serves a handler also take the messages of a queue of Amazon
// SQS, one after the other. A message that fails, by an error or a panic, or whose turn does not
// come before the end of the context, is named in the answer, so that it alone becomes visible
// again. A queue whose name ends with .fifo is taken in order: what follows the first failure
// is not tried, and named as well.
//
// The event source mapping must have ReportBatchItemFailures among its FunctionResponseTypes:
// without it Lambda does not read the answer and deletes all messages, those that failed, too.
// SQS delivers at least once: the function that is given here must bear a message twice.
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

// WithDynamoDB lets the function that serves a handler also take the stream of a table of Amazon
// DynamoDB, one record after the other. The first record that fails, by an error or a panic, or
// whose turn does not come before the end of the context, is named in the answer and ends it:
// Lambda goes on from there, so that the order holds.
//
// The event source mapping must have ReportBatchItemFailures among its FunctionResponseTypes:
// without it Lambda does not read the answer and takes all records for done. Bound the attempts
// there, too (MaximumRetryAttempts, a destination for failures): by default a record that
// always fails holds up its shard until it expires. Lambda delivers at least once: the function
// that is given here must bear a record twice.
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

// recordsOf reads those of an event.
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

// serveRecords answers the invocation with records by the function that was given for them.
func serveRecords(ctx context.Context, data json.RawMessage) (any, error) {
	var first []struct {
		EventSource source `json:"eventSource"` // the Go decoder takes any case, EventSource of SNS too
	}
	if err := json.Unmarshal(data, &first); err != nil || len(first) == 0 {
		return nil, errNoRequest
	}
	serve, ok := ctx.Value(first[0].EventSource).(records)
	if !ok {
		return nil, fmt.Errorf("streamhttp: the event has records of %q, which the function does not take; "+
			"give streamhttp.Serve what takes them by WithS3, WithSQS or WithDynamoDB, or remove what sends them", first[0].EventSource)
	}
	return serve(ctx, data)
}

// handleRecord logs what fails, since the answer names it by an id at most.
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

// batchFailures is the answer that names what to repeat. An empty list says that nothing is;
// null is reported to mean that everything is done, too, which is not documented.
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
