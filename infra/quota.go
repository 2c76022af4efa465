package main

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// These settings limit what an API key may use in a day, and how long an answer may take.
// functions/stream/quota describes them.
var (
	quotaRequests = setting{
		context:     "quotaRequests",
		environment: []string{"STREAMFRONT_QUOTA_REQUESTS"},
		pattern:     regexp.MustCompile(`^$|^[1-9][0-9]{0,17}$`),
		want:        "a number of requests for each key and day, of at least 1",
	}
	quotaTokens = setting{
		context:     "quotaTokens",
		environment: []string{"STREAMFRONT_QUOTA_TOKENS"},
		pattern:     regexp.MustCompile(`^$|^[1-9][0-9]{0,17}$`),
		want:        "a number of tokens for each key and day, of at least 1",
	}
	quotaFailure = setting{
		context:     "quotaFailure",
		environment: []string{"STREAMFRONT_QUOTA_FAILURE"},
		fallback:    "closed",
		pattern:     regexp.MustCompile(`^(closed|open)$`),
		want:        "closed or open",
	}
	maxDuration = setting{
		context:     "maxDuration",
		environment: []string{"STREAMFRONT_MAX_DURATION"},
		pattern:     regexp.MustCompile(`^$|^[1-9][0-9]{0,4}[sm]$`),
		want:        "the longest time of an answer, such as 5m or 90s",
	}
)

// These are the limits of a key and a day if full is true and nothing else is set: more than a person
// uses, and little enough that a key in the wrong hands costs only dollars.
const (
	fullRequests = "1000"
	fullTokens   = "1000000"
)

// quotas returns the limits of a key and a day. "" is no limit.
func (p *stackProps) quotas() (requests, tokens string) {
	if p.isFull() && p.sample == "go" && p.quotaRequests+p.quotaTokens == "" {
		return fullRequests, fullTokens
	}
	return p.quotaRequests, p.quotaTokens
}

// addBounds limits what the function does for each key, if the props say so. The table counts for all
// instances. Its items expire after two days.
func addBounds(stack awscdk.Stack, fn awslambda.Function, props *stackProps) {
	if props.maxDuration != "" {
		fn.AddEnvironment(jsii.String("MAX_DURATION"), &props.maxDuration, nil)
	}
	requests, tokens := props.quotas()
	if requests+tokens == "" {
		return
	}
	table := awsdynamodb.NewTable(stack, jsii.String("Quotas"), &awsdynamodb.TableProps{
		PartitionKey:        &awsdynamodb.Attribute{Name: jsii.String("key"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:         awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute: jsii.String("expires"),
		RemovalPolicy:       awscdk.RemovalPolicy_DESTROY,
	})
	for name, value := range map[string]string{
		"QUOTA_REQUESTS": requests, "QUOTA_TOKENS": tokens, "QUOTA_FAILURE": props.quotaFailure, "QUOTA_TABLE": *table.TableName(),
	} {
		if value != "" {
			fn.AddEnvironment(&name, &value, nil)
		}
	}
	allow(fn, "dynamodb:UpdateItem", *table.TableArn())
}

func (p *stackProps) validateBounds() error {
	bounds := p.quotaRequests + p.quotaTokens + p.maxDuration
	requests, tokens := p.quotas()
	switch {
	case bounds != "" && p.sample == "node":
		return fmt.Errorf("streamfront: quotaRequests is %q, quotaTokens %q and maxDuration %q, which the Node.js sample does not support; use the Go sample", p.quotaRequests, p.quotaTokens, p.maxDuration)
	case p.quotaRequests+p.quotaTokens != "" && p.front == "ecs":
		return fmt.Errorf("streamfront: quotaRequests is %q and quotaTokens %q with the front ecs, where the sample has no credentials to count with; use another front", p.quotaRequests, p.quotaTokens)
	case p.quotaFailure == "open" && requests+tokens == "":
		return fmt.Errorf("streamfront: quotaFailure is \"open\", but there is nothing to count; set quotaRequests or quotaTokens, or leave it out")
	}
	return nil
}
