package streamhttp

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
)

// filling is the body of a response whose handler wrote none. Every format of text ignores
// a line feed at its end.
const filling = "\n"

type fillKey struct{}

// WithFilledBodies sets which responses without a byte of body get a line feed for one. Ten
// public threads report that a streamed response without a body hangs on AWS until a timeout,
// behind CloudFront with the answer 504; two of them are about Go, aws/aws-lambda-go#593 and
// #596. Their causes are not settled.
//
// Unless this option is given, redirects and errors are filled, which are the statuses from
// 300 on: nobody reads the body of such a response for data, and a line feed does less harm
// than a page that never loads. An empty 200 is left as it is, since an empty file must not
// become one of a byte. With true every response is filled that may have content, with false
// none is. Never filled are answers to HEAD and the statuses 204, 205 and 304, which have no
// content: a byte could become part of the next answer on the same connection. Where one of
// these hangs, answer 200 with a body.
func WithFilledBodies(filled bool) lambda.Option {
	return lambda.WithContextValue(fillKey{}, filled)
}

// fillOf returns which statuses the context of an invocation wants filled.
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
