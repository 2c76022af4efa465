package answer

import (
	"context"
	"errors"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
)

// ErrLate says that a function took longer than whoever asked it waits.
var ErrLate = errors.New("the function took longer than its caller waits")

// Ask invokes a function and waits for the whole response. A function that is late runs on.
func Ask(ctx context.Context, function *lambda.Function, requestID string, wait time.Duration, payload []byte) ([]byte, error) {
	timed, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		response, err := function.Invoke(timed, requestID, event.TraceID(), payload)
		if err != nil {
			done <- result{nil, err}
			return
		}
		data, err := read(response)
		done <- result{data, err}
	}()
	select {
	case got := <-done:
		if errors.Is(got.err, context.DeadlineExceeded) && ctx.Err() == nil {
			return nil, ErrLate
		}
		return got.data, got.err
	case <-timed.Done():
		if ctx.Err() == nil {
			return nil, ErrLate
		}
		return nil, ctx.Err()
	}
}
