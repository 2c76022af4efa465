package quota

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/functions/stream/caller"
	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/stream/openai"
)

// patience is how long counting may take with all its attempts. Viewers wait for it.
const patience = 3 * time.Second

// counted is the place in a context for the counter of a request.
type counted struct{}

type counter struct {
	key     string
	expires time.Time
}

// Limit passes on requests while their sender has some of the quota left. Only POST requests ask for an
// answer, so only they are counted. Use it behind the handler that checks the key.
func (q *Quota) Limit(next http.Handler) http.Handler {
	if q == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		now := q.now()
		key, ends, expires := day(caller.Of(r), now)
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		err := q.store.take(ctx, key, q.limits, expires)
		cancel()
		over := (*overError)(nil)
		switch {
		case errors.As(err, &over):
			refuse(w, q.limits, over.used, now, ends)
			return
		case err != nil && r.Context().Err() != nil:
			return // the viewer has left
		case err != nil && !q.open:
			q.log.ErrorContext(r.Context(), "quota cannot be counted; the request is refused", "error", err)
			openai.WriteError(w, &model.Error{
				Status: http.StatusServiceUnavailable, Type: model.TypeServer, Code: "quota_unavailable", RetryAfter: 5,
				Message: "The quota of the API key cannot be read at the moment: try again in a few seconds. The server's log says why.",
			})
			return
		case err != nil:
			q.log.WarnContext(r.Context(), "quota cannot be counted; the request passes", "error", err)
		}
		ctx = context.WithValue(r.Context(), counted{}, counter{key, expires})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Spend counts the tokens of an answer that has ended, for the context of its request. If they cannot be
// counted, it logs that, because the answer was given.
func (q *Quota) Spend(ctx context.Context, tokens int) {
	c, ok := ctx.Value(counted{}).(counter)
	if q == nil || q.limits.tokens == 0 || tokens <= 0 || !ok {
		return
	}
	// Also of a viewer who has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := q.store.spend(ctx, c.key, int64(tokens), c.expires); err != nil {
		q.log.ErrorContext(ctx, "tokens are not counted", "tokens", tokens, "error", err)
	}
}

// refuse answers as OpenAI does above a limit. Its clients repeat the request at once unless the answer
// says that this is useless.
func refuse(w http.ResponseWriter, l limits, u *used, now, ends time.Time) {
	what := "requests or tokens"
	switch {
	case l.tokens == 0, u != nil && l.requests > 0 && u.requests >= l.requests:
		what = fmt.Sprintf("%d requests", l.requests)
	case l.requests == 0, u != nil:
		what = fmt.Sprintf("%d tokens", l.tokens)
	}
	w.Header().Set("X-Should-Retry", "false")
	openai.WriteError(w, &model.Error{
		Status: http.StatusTooManyRequests, Type: model.TypeRateLimit, Code: "rate_limit_exceeded",
		RetryAfter: int(ends.Sub(now)/time.Second) + 1,
		Message:    fmt.Sprintf("The API key has used its %s of this day. A new day begins at %s.", what, ends.Format(time.RFC3339)),
	})
}
