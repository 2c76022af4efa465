// Package quota limits what each API key may use in a day: requests for answers, and the tokens that
// were read and written for them. A day begins at midnight UTC.
//
// Environment:
//
//	QUOTA_REQUESTS  Requests for answers a day, of each key. Default: no limit.
//	QUOTA_TOKENS    Tokens a day, of each key, in and out. They are known only when an answer
//	                has ended, so the last answers of a day, all that run at once, may exceed
//	                the quota. Default: no limit.
//	QUOTA_TABLE     Table of Amazon DynamoDB that counts, with the partition key "key" (S) and
//	                the time to live "expires". Required on AWS with one of the above. The
//	                local chain counts in memory, unless AWS_ENDPOINT_URL_DYNAMODB or
//	                AWS_ENDPOINT_URL names another DynamoDB.
//	QUOTA_FAILURE   What happens if the table cannot be reached. closed: the answer is 503.
//	                open: the request passes uncounted. Default: closed.
//
// The function's role needs dynamodb:UpdateItem on the table. Each request is one conditional
// update before the answer and, with tokens, one update after it. A user who signed in counts
// by the subject of the token. The table has a hash of the key, and never the key itself.
package quota

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// A Quota counts, and refuses requests of keys that have used their quota. A nil *Quota counts nothing. It
// is safe for concurrent use.
type Quota struct {
	limits limits
	store  store
	open   bool // let pass what cannot be counted
	log    *slog.Logger
	now    func() time.Time
}

// limits are the limits of a day. 0 means no limit.
type limits struct{ requests, tokens int64 }

// used is what a key has used of a day.
type used struct{ requests, tokens int64 }

// over reports whether nothing is left.
func (u used) over(l limits) bool {
	return l.requests > 0 && u.requests >= l.requests || l.tokens > 0 && u.tokens >= l.tokens
}

// A store counts by key and day.
type store interface {
	// take counts a request, if the limits admit one more; else it returns an *overError.
	take(ctx context.Context, key string, l limits, expires time.Time) error
	// spend counts tokens.
	spend(ctx context.Context, key string, tokens int64, expires time.Time) error
}

// An overError says that nothing is left, with what was used if that is known.
type overError struct{ used *used }

func (e *overError) Error() string { return "quota: nothing is left of this day" }

// FromEnvironment returns the quota that the package comment describes, or nil if there are no limits. It
// makes no calls.
func FromEnvironment(getenv func(string) string, log *slog.Logger) (*Quota, error) {
	var errs [3]error
	q := &Quota{log: log, now: time.Now}
	q.limits.requests, errs[0] = limit(getenv, "QUOTA_REQUESTS")
	q.limits.tokens, errs[1] = limit(getenv, "QUOTA_TOKENS")
	switch value := getenv("QUOTA_FAILURE"); value {
	case "", "closed":
	case "open":
		q.open = true
	default:
		errs[2] = fmt.Errorf("QUOTA_FAILURE is %q: want closed or open", value)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	table := getenv("QUOTA_TABLE")
	if q.limits == (limits{}) {
		if table != "" {
			return nil, errors.New("QUOTA_TABLE is set, but there is nothing to count: set QUOTA_REQUESTS or QUOTA_TOKENS, or remove QUOTA_TABLE")
		}
		return nil, nil
	}
	local := getenv("STREAMFRONT_LOCAL") == "true"
	elsewhere := getenv("AWS_ENDPOINT_URL_DYNAMODB") != "" || getenv("AWS_ENDPOINT_URL") != ""
	onAWS := !local && (getenv("AWS_LAMBDA_FUNCTION_NAME") != "" || getenv("ECS_CONTAINER_METADATA_URI_V4") != "")
	switch {
	case table == "" && onAWS:
		return nil, errors.New("QUOTA_REQUESTS or QUOTA_TOKENS is set, but QUOTA_TABLE is not: set it, because instances cannot count together without a table")
	case table == "", local && !elsewhere:
		q.store = &memory{now: q.now}
	default:
		q.store = &dynamoDB{getenv: getenv, table: table, pause: 50 * time.Millisecond}
	}
	return q, nil
}

func limit(getenv func(string) string, name string) (int64, error) {
	value := getenv(name)
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is %q: want a number of at least 1 for each key and day", name, value)
	}
	return n, nil
}

// day is the counter of a key and a day. It expires a day after its end, so that differing clocks do not
// matter.
func day(who string, now time.Time) (key string, ends, expires time.Time) {
	start := now.UTC().Truncate(24 * time.Hour)
	sum := sha256.Sum256([]byte("streamfront quota\n" + who))
	ends = start.Add(24 * time.Hour)
	return hex.EncodeToString(sum[:16]) + "#" + start.Format(time.DateOnly), ends, ends.Add(24 * time.Hour)
}
