package cloudfront

import (
	"context"
	"errors"
	"io"
	"time"
)

var (
	errReadTimeout       = errors.New("the origin sent nothing within its read timeout")
	errCompletionTimeout = errors.New("the origin did not end its response within the response completion timeout")
)

// A watch cancels a request to the origin when the origin is silent for too long, or when
// all takes too long.
type watch struct {
	cancel  context.CancelCauseFunc
	silence time.Duration
	gap     *time.Timer
	whole   *time.Timer
}

func newWatch(ctx context.Context, o *Origin) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{cancel: cancel, silence: o.ReadTimeout.V}
	w.gap = time.AfterFunc(o.ReadTimeout.V, func() { cancel(errReadTimeout) })
	if o.CompletionTimeout.V > 0 {
		w.whole = time.AfterFunc(o.CompletionTimeout.V, func() { cancel(errCompletionTimeout) })
	}
	return ctx, w
}

// restart begins the next gap.
func (w *watch) restart() { w.gap.Reset(w.silence) }

// pause is for the time in which the origin is not waited for.
func (w *watch) pause() { w.gap.Stop() }

// pauseAll ends the waiting for a response, which has become a WebSocket.
func (w *watch) pauseAll() {
	w.gap.Stop()
	if w.whole != nil {
		w.whole.Stop()
	}
}

func (w *watch) stop() {
	w.pauseAll()
	w.cancel(nil)
}

// watchedBody restarts the watch while the viewer's body is still on its way: the origin
// need not answer before it has come.
type watchedBody struct {
	io.Reader
	watch *watch
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.pause()
	n, err := b.Reader.Read(p)
	b.watch.restart()
	return n, err
}
