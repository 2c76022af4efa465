package quota

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/caller"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

var discard = slog.New(slog.DiscardHandler)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

// newQuota makes one of an environment, with a clock that the test may set.
func newQuota(t *testing.T, variables map[string]string, now *time.Time) *Quota {
	t.Helper()
	q, err := FromEnvironment(environment(variables), discard)
	if err != nil {
		t.Fatal(err)
	}
	q.now = func() time.Time { return *now }
	if m, ok := q.store.(*memory); ok {
		m.now = q.now
	}
	return q
}

// ask sends a request with a key, whose answer takes so many tokens.
func ask(q *Quota, method, key string, tokens int) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/v1/chat/completions", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	q.Limit(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { q.Spend(r.Context(), tokens) })).ServeHTTP(w, r)
	return w
}

func noon() *time.Time {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	return &now
}

func TestRequestsOfADay(t *testing.T) {
	t.Parallel()
	now := noon()
	q := newQuota(t, map[string]string{"QUOTA_REQUESTS": "2"}, now)
	for i, want := range []int{200, 200, 429, 429} {
		if got := ask(q, "POST", "a", 0).Code; got != want {
			t.Errorf("request %d: %d, want %d", i+1, got, want)
		}
	}
	if got := ask(q, "GET", "a", 0).Code; got != 200 {
		t.Errorf("GET: %d, want 200, since it asks for no answer", got)
	}
	if got := ask(q, "POST", "b", 0).Code; got != 200 {
		t.Errorf("another key: %d, want 200", got)
	}
	*now = now.Add(12*time.Hour - time.Second)
	if got := ask(q, "POST", "a", 0).Code; got != 429 {
		t.Errorf("a second before midnight: %d, want 429", got)
	}
	*now = now.Add(time.Second)
	if got := ask(q, "POST", "a", 0).Code; got != 200 {
		t.Errorf("the next day: %d, want 200", got)
	}
	*now = now.Add(72 * time.Hour)
	ask(q, "POST", "a", 0)
	if n := len(q.store.(*memory).days); n != 1 {
		t.Errorf("%d days are kept, want the last", n)
	}
}

func TestTokensOfADay(t *testing.T) {
	t.Parallel()
	q := newQuota(t, map[string]string{"QUOTA_TOKENS": "100"}, noon())
	for i, want := range []int{200, 200, 429} { // the second one goes beyond
		if got := ask(q, "POST", "a", 60).Code; got != want {
			t.Errorf("request %d: %d, want %d", i+1, got, want)
		}
	}
}

func TestAnswerOverTheQuota(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variables map[string]string
		says      string
	}{
		"requests":    {map[string]string{"QUOTA_REQUESTS": "1"}, "has used its 1 requests of this day"},
		"tokens":      {map[string]string{"QUOTA_TOKENS": "50"}, "has used its 50 tokens of this day"},
		"one of both": {map[string]string{"QUOTA_REQUESTS": "7", "QUOTA_TOKENS": "50"}, "has used its 50 tokens of this day"},
		"the other":   {map[string]string{"QUOTA_REQUESTS": "1", "QUOTA_TOKENS": "5000"}, "has used its 1 requests of this day"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQuota(t, test.variables, noon())
			ask(q, "POST", "a", 60)
			w := ask(q, "POST", "a", 60)
			var body struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			e := body.Error
			if w.Code != 429 || e.Type != "rate_limit_error" || e.Code != "rate_limit_exceeded" || !strings.Contains(e.Message, test.says) || !strings.Contains(e.Message, "2026-11-29T00:00:00Z") {
				t.Errorf("%d %+v, want 429 that says %q", w.Code, e, test.says)
			}
			if got := w.Header(); got.Get("Retry-After") != "43201" || got.Get("X-Should-Retry") != "false" || got.Get("Content-Type") != "application/json" {
				t.Errorf("headers = %v, want half a day until the next attempt", got)
			}
		})
	}
}

// Who signs in counts by the user, whatever token that is.
func TestWho(t *testing.T) {
	t.Parallel()
	of := func(claims, authorization string) string {
		r := httptest.NewRequest("POST", "/v1/responses", nil)
		r.Header.Set("Authorization", authorization)
		if claims != "" {
			r = r.WithContext(streamhttp.ContextWithClaims(r.Context(), json.RawMessage(claims)))
		}
		key, _, _ := day(caller.Of(r), *noon())
		return key
	}
	if of(`{"iss":"https://a","sub":"u"}`, "Bearer 1") != of(`{"iss":"https://a","sub":"u"}`, "Bearer 2") {
		t.Error("two tokens of a user count apart")
	}
	if of(`{"iss":"https://a","sub":"u"}`, "Bearer 1") == of(`{"iss":"https://a","sub":"v"}`, "Bearer 1") {
		t.Error("two users count together")
	}
	if of("", "Bearer k") != of("", "bearer  k") || of("", "Bearer k") == of("", "Bearer l") {
		t.Error("keys are not told apart as the guard tells them")
	}
	if key := of("", "Bearer the-key"); strings.Contains(key, "the-key") || !strings.HasSuffix(key, "#2026-11-28") {
		t.Errorf("counter = %q, want a hash and the day", key)
	}
}

func TestOnlyAsManyAsThereAre(t *testing.T) {
	t.Parallel()
	q := newQuota(t, map[string]string{"QUOTA_REQUESTS": "10"}, noon())
	var passed atomic.Int64
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if ask(q, "POST", "a", 1).Code == 200 {
				passed.Add(1)
			}
		})
	}
	wait.Wait()
	if passed.Load() != 10 {
		t.Errorf("%d of 50 passed, want 10", passed.Load())
	}
}

// table answers as DynamoDB with one answer after the other, the last one again and again.
func table(t *testing.T, answers ...string) (variables map[string]string, seen func() []string) {
	t.Helper()
	var mu sync.Mutex
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		answer := answers[min(len(bodies), len(answers)-1)]
		bodies = append(bodies, string(body))
		if target := r.Header.Get("X-Amz-Target"); err != nil || target != "DynamoDB_20120810.UpdateItem" || r.Header.Get("Content-Type") != "application/x-amz-json-1.0" ||
			!strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/dynamodb/aws4_request") {
			t.Errorf("%v, %s, %v", err, target, r.Header)
		}
		status := 200
		_, _ = fmt.Sscan(answer, &status)
		w.WriteHeader(status)
		_, text, _ := strings.Cut(answer, " ")
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	variables = map[string]string{
		"QUOTA_REQUESTS": "3", "QUOTA_TOKENS": "100", "QUOTA_TABLE": "quotas", "AWS_LAMBDA_FUNCTION_NAME": "chat", "AWS_REGION": "eu-west-1",
		"AWS_ENDPOINT_URL_DYNAMODB": server.URL, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
	}
	return variables, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return bodies
	}
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	variables, seen := table(t, "200 {}")
	q := newQuota(t, variables, noon())
	if got := ask(q, "POST", "a", 7).Code; got != 200 {
		t.Fatalf("status = %d, want 200", got)
	}
	key, _, _ := day("key\na", *noon())
	item := `"Key":{"key":{"S":"` + key + `"}}`
	want := []string{
		`{"ConditionExpression":"(attribute_not_exists(#r) OR #r \u003c :r) AND (attribute_not_exists(#t) OR #t \u003c :t)",` +
			`"ExpressionAttributeNames":{"#e":"expires","#r":"requests","#t":"tokens"},` +
			`"ExpressionAttributeValues":{":e":{"N":"1795996800"},":one":{"N":"1"},":r":{"N":"3"},":t":{"N":"100"}},` + item +
			`,"ReturnValuesOnConditionCheckFailure":"ALL_OLD","TableName":"quotas","UpdateExpression":"SET #e = :e ADD #r :one"}`,
		`{"ExpressionAttributeNames":{"#e":"expires","#t":"tokens"},"ExpressionAttributeValues":{":e":{"N":"1795996800"},":n":{"N":"7"}},` + item +
			`,"TableName":"quotas","UpdateExpression":"SET #e = :e ADD #t :n"}`,
	}
	if got := seen(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("updates\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatTheTableSays(t *testing.T) {
	t.Parallel()
	const over = `400 {"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":{"requests":{"N":"1"},"tokens":{"N":"100"}}}`
	for name, test := range map[string]struct {
		answers []string
		open    bool
		status  int
		calls   int
		says    string // in the answer or the log
	}{
		"counted":             {[]string{"200 {}"}, false, 200, 1, ""},
		"over":                {[]string{over}, false, 429, 1, "its 100 tokens"},
		"over, without item":  {[]string{`400 {"__type":"ConditionalCheckFailedException"}`}, false, 429, 1, "its requests or tokens"},
		"over, though open":   {[]string{over}, true, 429, 1, "its 100 tokens"},
		"throttled once":      {[]string{`400 {"__type":"ThrottlingException"}`, "200 {}"}, false, 200, 2, ""},
		"failed for good":     {[]string{"500 {}"}, false, 503, 3, "quota_unavailable"},
		"failed, and open":    {[]string{"500 {}"}, true, 200, 3, "the request passes"},
		"denied":              {[]string{`400 {"__type":"AccessDeniedException","Message":"no"}`}, false, 503, 1, "grant the function's role dynamodb:UpdateItem"},
		"no table":            {[]string{`400 {"__type":"ResourceNotFoundException"}`}, false, 503, 1, "QUOTA_TABLE or the region is wrong"},
		"another kind of key": {[]string{`400 {"__type":"com.amazon.coral.validate#ValidationException"}`}, false, 503, 1, "it needs the partition key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables, seen := table(t, test.answers...)
			if test.open {
				variables["QUOTA_FAILURE"] = "open"
			}
			q := newQuota(t, variables, noon())
			q.store.(*dynamoDB).pause = time.Nanosecond
			var log bytes.Buffer
			q.log = slog.New(slog.NewTextHandler(&log, nil))
			w := ask(q, "POST", "a", 0)
			if w.Code != test.status || len(seen()) != test.calls || !strings.Contains(w.Body.String()+log.String(), test.says) {
				t.Errorf("%d after %d calls, want %d after %d, and %q\n%s%s", w.Code, len(seen()), test.status, test.calls, test.says, w.Body, &log)
			}
			if w.Code == 503 && w.Header().Get("Retry-After") == "" {
				t.Error("503 does not say when to try again")
			}
		})
	}
}

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	lambda := func(more map[string]string) map[string]string {
		more["AWS_LAMBDA_FUNCTION_NAME"] = "chat"
		return more
	}
	for name, test := range map[string]struct {
		variables map[string]string
		store     string // "" if there is no quota
		err       string
	}{
		"nothing":              {nil, "", ""},
		"a table for nothing":  {map[string]string{"QUOTA_TABLE": "t"}, "", "there is nothing to count"},
		"on a laptop":          {map[string]string{"QUOTA_TOKENS": "1"}, "*quota.memory", ""},
		"a laptop and a table": {map[string]string{"QUOTA_TOKENS": "1", "QUOTA_TABLE": "t"}, "*quota.dynamoDB", ""},
		"on Lambda":            {lambda(map[string]string{"QUOTA_REQUESTS": "1", "QUOTA_TABLE": "t"}), "*quota.dynamoDB", ""},
		"without a table":      {lambda(map[string]string{"QUOTA_REQUESTS": "1"}), "", "QUOTA_TABLE is not"},
		"in a task of ECS":     {map[string]string{"QUOTA_REQUESTS": "1", "ECS_CONTAINER_METADATA_URI_V4": "http://x"}, "", "QUOTA_TABLE is not"},
		"in the chain":         {lambda(map[string]string{"QUOTA_REQUESTS": "1", "QUOTA_TABLE": "t", "STREAMFRONT_LOCAL": "true"}), "*quota.memory", ""},
		"the chain, elsewhere": {lambda(map[string]string{"QUOTA_REQUESTS": "1", "QUOTA_TABLE": "t", "STREAMFRONT_LOCAL": "true", "AWS_ENDPOINT_URL_DYNAMODB": "http://x"}), "*quota.dynamoDB", ""},
		"a word":               {map[string]string{"QUOTA_REQUESTS": "many"}, "", `QUOTA_REQUESTS is "many"`},
		"nothing at all":       {map[string]string{"QUOTA_TOKENS": "0"}, "", `QUOTA_TOKENS is "0"`},
		"another failure":      {map[string]string{"QUOTA_TOKENS": "1", "QUOTA_FAILURE": "ajar"}, "", `QUOTA_FAILURE is "ajar": want closed or open`},
	} {
		q, err := FromEnvironment(environment(test.variables), discard)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error = %v, want %q", name, err, test.err)
			}
			continue
		}
		store := ""
		if q != nil {
			store = fmt.Sprintf("%T", q.store)
		}
		if err != nil || store != test.store {
			t.Errorf("%s: %q, %v, want %q", name, store, err, test.store)
		}
	}
	var none *Quota
	if got := ask(none, "POST", "a", 1).Code; got != 200 {
		t.Errorf("without a quota: %d, want 200", got)
	}
}
