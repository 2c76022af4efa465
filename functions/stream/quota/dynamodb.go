package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
)

// dynamoDB counts in a table, an item for each key and day.
type dynamoDB struct {
	getenv func(string) string
	table  string
	pause  time.Duration // before the second attempt
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html (documented)
var updateItem = awsenv.Operation{
	Service: awsenv.Service{ID: "DynamoDB", Host: "dynamodb", Name: "dynamodb"},
	Target:  "DynamoDB_20120810.UpdateItem", Version: "1.0",
}

// names stand in for attributes, since DynamoDB reserves words for itself.
var names = map[string]string{"#r": "requests", "#t": "tokens", "#e": "expires"}

type object = map[string]any

func number[N int | int64](n N) object { return object{"N": strconv.FormatInt(int64(n), 10)} }

// take adds 1 under the condition that something is left, so that instances count together. An
// attempt whose answer is lost may count twice, to the caller's loss.
func (d *dynamoDB) take(ctx context.Context, key string, l limits, expires time.Time) error {
	condition, values := "", object{":one": number(1), ":e": number(expires.Unix())}
	attributes := map[string]string{"#r": names["#r"], "#e": names["#e"]}
	if l.requests > 0 {
		condition, values[":r"] = "(attribute_not_exists(#r) OR #r < :r)", number(l.requests)
	}
	if l.tokens > 0 {
		if condition != "" {
			condition += " AND "
		}
		condition += "(attribute_not_exists(#t) OR #t < :t)"
		values[":t"], attributes["#t"] = number(l.tokens), names["#t"]
	}
	return d.update(ctx, key, object{
		"UpdateExpression": "SET #e = :e ADD #r :one", "ConditionExpression": condition,
		"ExpressionAttributeNames": attributes, "ExpressionAttributeValues": values,
		"ReturnValuesOnConditionCheckFailure": "ALL_OLD",
	})
}

func (d *dynamoDB) spend(ctx context.Context, key string, tokens int64, expires time.Time) error {
	return d.update(ctx, key, object{
		"UpdateExpression":         "SET #e = :e ADD #t :n",
		"ExpressionAttributeNames": map[string]string{"#t": names["#t"], "#e": names["#e"]}, "ExpressionAttributeValues": object{":n": number(tokens), ":e": number(expires.Unix())},
	})
}

func (d *dynamoDB) update(ctx context.Context, key string, input object) error {
	input["TableName"], input["Key"] = d.table, object{"key": object{"S": key}}
	return awsenv.Retry(ctx, d.pause, func() (again bool, err error) {
		config, err := awsenv.Of(d.getenv, "")
		if err != nil {
			return false, err
		}
		status, text, err := updateItem.Call(ctx, config, input)
		if unreachable := (*awsenv.UnreachableError)(nil); errors.As(err, &unreachable) {
			return ctx.Err() == nil, err
		}
		if err != nil || status == http.StatusOK {
			return false, err
		}
		code, message := awsenv.Refusal(text)
		if code == "ConditionalCheckFailedException" {
			return false, &overError{usedIn(text)}
		}
		return awsenv.Transient(status) || passing[code], fmt.Errorf("table %s: %d %s: %s%s", d.table, status, code, message, advice[code])
	})
}

// passing are errors with status 400 after which another attempt may help.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html (documented)
var passing = map[string]bool{
	"ProvisionedThroughputExceededException": true, "ThrottlingException": true, "RequestLimitExceeded": true, "TransactionConflictException": true,
}

var advice = map[string]string{
	"AccessDeniedException":     "; grant the function's role dynamodb:UpdateItem on it",
	"ResourceNotFoundException": "; QUOTA_TABLE or the region is wrong, or the table was deleted",
	"ValidationException":       `; it needs the partition key "key" of type S, and no sort key`,
}

// usedIn reads the item that a refusal returns; nil if there is none.
func usedIn(text []byte) *used {
	var answer struct {
		Item map[string]struct{ N string }
	}
	if json.Unmarshal(text, &answer) != nil || answer.Item == nil {
		return nil
	}
	u := &used{}
	u.requests, _ = strconv.ParseInt(answer.Item["requests"].N, 10, 64) // 0 if there are none
	u.tokens, _ = strconv.ParseInt(answer.Item["tokens"].N, 10, 64)
	return u
}
