package streamhttp

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
)

// filling is the body of a response whose handler wrote none. Text formats ignore a line feed at the
// end.
const filling = "\n"

type fillKey struct{}

// WithFilledBodies sets which empty responses get a line feed as their body. Ten public threads report
// that a streamed response without a body hangs on AWS until a timeout; behind CloudFront the answer
// is then 504. Two of them are about Go: aws/aws-lambda-go#593 and #596. The causes are unknown.
//
// Without this option redirects and errors are filled, that is statuses of 300 and above: nobody reads
// data from such a body, and a line feed does less harm than a page that never loads. An empty 200
// stays empty, so that an empty file does not become one of a byte. With true, every response that may
// have content is filled; with false, none is. Answers to HEAD and the statuses 204, 205 and 304 are
// never filled, because they have no content: the byte could become part of the next answer on the
// connection. If one of these hangs, answer 200 with a body.
func WithFilledBodies(filled bool) lambda.Option {
	return lambda.WithContextValue(fillKey{}, filled)
}

// fillOf returns a function that reports which statuses are filled in an invocation.
func fillOf(ctx context.Context) func(status int) bool {
	filled, set := ctx.Value(fillKey{}).(bool)
	return func(status int) bool {
		if status == http.StatusResetContent {
			return false
		}
		return set && filled || !set && status >= http.StatusMultipleChoices
	}
}

func neverFill(int) bool { return false }
