package streamhttp

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// What the options put into the context of an invocation, which the runtime client alone does.

func ContextWithDoors(ctx context.Context, doors string) context.Context {
	return context.WithValue(ctx, doorsKey{}, doors)
}

func ContextWithConnections(ctx context.Context, connections Connections, pause time.Duration) context.Context {
	return context.WithValue(ctx, connectionsKey{}, &outlet{connections, pause})
}

func ContextWithRecords(ctx context.Context, s3 func(context.Context, *events.S3EventRecord) error, sqs func(context.Context, *events.SQSMessage) error,
	dynamoDB func(context.Context, *events.DynamoDBEventRecord) error,
) context.Context {
	ctx = context.WithValue(ctx, s3Source, s3Records(s3))
	ctx = context.WithValue(ctx, sqsSource, sqsRecords(sqs))
	return context.WithValue(ctx, dynamoDBSource, dynamoDBRecords(dynamoDB))
}
