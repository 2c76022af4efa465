package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/metrics"
)

const (
	chat      = "/v1/chat/completions"
	responses = "/v1/responses"
	hello     = `{"model":"m","messages":[{"role":"user","content":"Hello"}]}`
)

// bearer authorizes with a key that is not the viewer's.
func bearer(_ context.Context, r *http.Request, _ []byte, _ bool) error {
	r.Header.Set("Authorization", "Bearer upstream-key")
	return nil
}

// newTest returns a handler in front of an upstream on this machine.
func newTest(t *testing.T, o Options, answer http.HandlerFunc) http.Handler {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	o.URL, o.Log = server.URL+"/openai/v1", slog.New(slog.DiscardHandler)
	if o.Authorize == nil {
		o.Authorize = bearer
	}
	return NewHandler(o)
}

func post(handler http.Handler, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer viewer-key")
	r.Header.Set("Cookie", "a=b")
	handler.ServeHTTP(w, r)
	return w
}

func answerWith(status int, headers map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var stream = map[string]string{"Content-Type": "text/event-stream"}

// The upstream gets the request and the function's key; the viewer gets the answer, and no
// header of the upstream.
func TestForwards(t *testing.T) {
	t.Parallel()
	var path, authorization, cookie, sent string
	var got metrics.Answer
	const answer = `{"id":"1","usage":{"prompt_tokens":3,"completion_tokens":4}}`
	handler := newTest(t, Options{MaxTokens: 50, Observe: func(_ context.Context, a metrics.Answer) { got = a }}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path, authorization, cookie, sent = r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Cookie"), string(body)
		answerWith(200, map[string]string{"Content-Type": "application/json", "Set-Cookie": "a=b", "X-Secret": "1"}, answer)(w, r)
	})
	for from, to := range map[string]string{chat: "/openai/v1/chat/completions", responses: "/openai/v1/responses", "/v1/embeddings": "/openai/v1/embeddings"} {
		w := post(handler, from, hello)
		if w.Code != 200 || w.Body.String() != answer || path != to || authorization != "Bearer upstream-key" || cookie != "" {
			t.Errorf("%s: %d %s from %s, with %q and the cookie %q", from, w.Code, w.Body, path, authorization, cookie)
		}
		if len(w.Header()) != 2 || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers = %v, want two of our own", from, w.Header())
		}
		if !strings.Contains(sent, `"messages":[{"role":"user","content":"Hello"}]`) {
			t.Errorf("%s: sent %s", from, sent)
		}
		if got.Model != "m" || got.Stream || got.InputTokens != 3 || got.OutputTokens != 4 || got.Error != "" {
			t.Errorf("%s: observed %+v", from, got)
		}
	}
}

func TestTokensAreLimited(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ path, body, want string }{
		"none":          {chat, `{"model":"m"}`, `{"max_completion_tokens":50,"model":"m"}`},
		"null":          {chat, `{"model":"m","max_completion_tokens":null}`, `{"max_completion_tokens":50,"model":"m"}`},
		"fewer":         {chat, `{"model":"m","max_completion_tokens":7}`, `{"max_completion_tokens":7,"model":"m"}`},
		"the older one": {chat, `{"model":"m","max_tokens":7}`, `{"max_tokens":7,"model":"m"}`},
		"more":          {chat, `{"model":"m","max_tokens":51,"max_completion_tokens":1e9}`, `{"max_completion_tokens":50,"max_tokens":50,"model":"m"}`},
		"of responses":  {responses, `{"model":"m","max_output_tokens":99}`, `{"max_output_tokens":50,"model":"m"}`},
		"of embeddings": {"/v1/embeddings", `{"model":"m", "input":"a"}`, `{"model":"m", "input":"a"}`},
	} {
		var sent []byte
		handler := newTest(t, Options{MaxTokens: 50}, func(w http.ResponseWriter, r *http.Request) {
			sent, _ = io.ReadAll(r.Body)
			_, _ = io.WriteString(w, "{}")
		})
		if w := post(handler, test.path, test.body); w.Code != 200 || string(sent) != test.want {
			t.Errorf("%s: %d %s, sent %s, want %s", name, w.Code, w.Body, sent, test.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	handler := newTest(t, Options{Models: []string{"m"}}, func(http.ResponseWriter, *http.Request) { t.Error("the upstream was called") })
	for name, test := range map[string]struct {
		path, body string
		status     int
		param      string
	}{
		"no JSON":       {chat, `{`, 400, ""},
		"an array":      {chat, `[]`, 400, ""},
		"null":          {chat, `null`, 400, ""},
		"no model":      {chat, `{}`, 400, "model"},
		"another model": {chat, `{"model":"x"}`, 404, "model"},
		"several":       {chat, `{"model":"m","n":3}`, 400, "n"},
		"background":    {responses, `{"model":"m","background":true}`, 400, "background"},
		"no tokens":     {chat, `{"model":"m","max_tokens":0}`, 400, "max_tokens"},
		"tokens a text": {responses, `{"model":"m","max_output_tokens":"5"}`, 400, "max_output_tokens"},
		"elsewhere":     {"/v1/files", `{"model":"m"}`, 404, ""},
	} {
		w := post(handler, test.path, test.body)
		var got struct {
			Error struct{ Message, Param string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != test.status || got.Error.Param != test.param || got.Error.Message == "" {
			t.Errorf("%s: %d %s, want %d for %q", name, w.Code, w.Body, test.status, test.param)
		}
	}
}

// An event is passed on when it comes, before the upstream says the next.
func TestStreamsEventByEvent(t *testing.T) {
	t.Parallel()
	for path, events := range map[string][]string{
		chat:      {"data: {\"choices\":[]}\n\n", "data: {\"choices\":[1]}\n\n", "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n", "data: [DONE]\n\n"},
		responses: {"event: response.created\ndata: {\"type\":\"response.created\"}\n\n", "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}\n\n"},
	} {
		next := make(chan string)
		observed := make(chan metrics.Answer, 1)
		server := httptest.NewServer(newTest(t, Options{Observe: func(_ context.Context, a metrics.Answer) { observed <- a }}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			for event := range next {
				_, _ = io.WriteString(w, ": a comment\r\n\r\n"+strings.ReplaceAll(event, "\n", "\r\n"))
				w.(http.Flusher).Flush()
			}
		}))
		t.Cleanup(server.Close)
		go func() { next <- events[0] }()
		response, err := http.Post(server.URL+path, "application/json", strings.NewReader(`{"model":"m","stream":true}`))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		for i, event := range events {
			if i > 0 {
				next <- event
			}
			got := make([]byte, len(event))
			if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != event {
				t.Errorf("%s: %q, %v, want %q", path, got, err, event)
			}
		}
		close(next)
		if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
			t.Errorf("%s: after the last event %q, %v", path, rest, err)
		}
		if a := <-observed; !a.Stream || a.InputTokens != 3 || a.OutputTokens != 4 || a.Error != "" {
			t.Errorf("%s: observed %+v", path, a)
		}
	}
}

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]string{
		chat:      "data: {\"choices\":[]}\n\n",
		responses: "event: response.created\ndata: {\"type\":\"response.created\"}\n\ndata: half an event",
	} {
		var got metrics.Answer
		w := post(newTest(t, Options{Observe: func(_ context.Context, a metrics.Answer) { got = a }}, answerWith(200, stream, body)), path, `{"model":"m","stream":true}`)
		if s := w.Body.String(); !strings.Contains(s, `"code":"model_stream_broken"`) || strings.Contains(s, "half") {
			t.Errorf("%s: %s, want an error at its end", path, s)
		}
		if got.Error != "model_stream_broken" || got.ClientError {
			t.Errorf("%s: observed %+v", path, got)
		}
	}
}

// When the function has no time left, a stream ends as if it had reached its limit.
func TestOutOfTime(t *testing.T) {
	t.Parallel()
	for path, test := range map[string]struct {
		events string
		want   []string
	}{
		chat: {
			`data: {"id":"c1","choices":[{"delta":{"content":"Hello"}}]}` + "\n\n",
			[]string{"Hello", `"finish_reason":"length"`, `"id":"c1"`, "data: [DONE]\n\n"},
		},
		responses: {
			"event: response.created\n" + `data: {"type":"response.created","sequence_number":0,"response":{"id":"r1","status":"in_progress"}}` + "\n\n" +
				"event: response.output_item.done\n" + `data: {"type":"response.output_item.done","sequence_number":5,"item":{"id":"i1"}}` + "\n\n",
			[]string{"event: response.incomplete\n", `"id":"r1"`, `"output":[{"id":"i1"}]`, `"status":"incomplete"`, `"sequence_number":6`},
		},
	} {
		gone := make(chan struct{})
		handler := newTest(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			answerWith(200, stream, test.events)(w, r)
			w.(http.Flusher).Flush()
			<-r.Context().Done() // the function hangs up
			close(gone)
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		w := &watched{ResponseRecorder: httptest.NewRecorder(), enough: func(text string) {
			if strings.Count(text, "\n\n") == strings.Count(test.events, "\n\n") {
				cancel(context.DeadlineExceeded)
			}
		}}
		handler.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(`{"model":"m","stream":true}`)).WithContext(ctx))
		for _, part := range test.want {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %s, want %s in it", path, w.Body, part)
			}
		}
		<-gone
	}
}

// watched looks at all that was written.
type watched struct {
	*httptest.ResponseRecorder
	enough func(string)
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.ResponseRecorder.Write(p)
	w.enough(w.Body.String())
	return n, err
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		status int
		want   string
		retry  string
	}{
		"of the request":    {answerWith(400, nil, `{"error":{"message":"Bad tool.","type":"x","param":"tools","code":"bad_tool"}}`), 400, `{"error":{"message":"Bad tool.","type":"invalid_request_error","param":"tools","code":"bad_tool"}}`, ""},
		"with a number":     {answerWith(422, nil, `{"error":{"message":"Bad.","code":422}}`), 422, `"message":"Bad.","type":"invalid_request_error","param":null,"code":"invalid_for_model"`, ""},
		"in another form":   {answerWith(404, nil, `{"message":"No such model."}`), 404, `"message":"No such model."`, ""},
		"a text":            {answerWith(400, nil, `{"error":"Bad."}`), 400, `"message":"Bad."`, ""},
		"no JSON":           {answerWith(400, nil, `<html>`), 400, `"message":"The model does not accept this request."`, ""},
		"a quota":           {answerWith(429, map[string]string{"Retry-After": "7"}, `{"error":{"message":"Slow down."}}`), 429, `"message":"Slow down.","type":"rate_limit_error"`, "7"},
		"our key":           {answerWith(401, nil, `{"error":{"message":"secret detail"}}`), 502, `"code":"model_access_denied"`, ""},
		"our role":          {answerWith(403, nil, `{"Message":"User: arn:aws:sts::123456789012:role/secret is not authorized"}`), 502, `"code":"model_access_denied"`, ""},
		"its own":           {answerWith(500, nil, `secret detail`), 502, `"code":"model_failed"`, ""},
		"unavailable":       {answerWith(503, map[string]string{"Retry-After": "3"}, `secret detail`), 503, `"code":"model_unavailable"`, "3"},
		"a redirect":        {answerWith(307, map[string]string{"Location": "http://127.0.0.1:1/secret"}, ""), 502, `"code":"model_failed"`, ""},
		"an answer in HTML": {answerWith(200, nil, `<html>secret`), 502, `"code":"model_stream_broken"`, ""},
		"no answer": {func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, 502, `"code":"model_unreachable"`, ""},
	} {
		w := post(newTest(t, Options{}, test.answer), chat, `{"model":"m","stream":true}`)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) || w.Header().Get("Retry-After") != test.retry {
			t.Errorf("%s: %d %s, Retry-After %q, want %d %s, %q", name, w.Code, w.Body, w.Header().Get("Retry-After"), test.status, test.want, test.retry)
		}
		if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "arn:") {
			t.Errorf("%s: %s tells what only the log may have", name, w.Body)
		}
	}
}

func TestSlowUpstream(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	defer close(released)
	w := post(newTest(t, Options{startTimeout: time.Millisecond}, func(http.ResponseWriter, *http.Request) { <-released }), chat, hello)
	if w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), "model_timeout") {
		t.Errorf("%d %s, want 504", w.Code, w.Body)
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	get := func(handler http.Handler, path string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return fmt.Sprint(w.Code, " ", w.Body)
	}
	theirs := newTest(t, Options{}, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"path":%q}`, r.URL.EscapedPath()) })
	if got := get(theirs, "/v1/models"); got != `200 {"path":"/openai/v1/models"}` {
		t.Errorf("models = %s", got)
	}
	if got := get(theirs, "/v1/models/a%2Fb..c"); got != `200 {"path":"/openai/v1/models/a%2Fb..c"}` {
		t.Errorf("a model = %s", got)
	}
	ours := newTest(t, Options{Models: []string{"m"}}, func(http.ResponseWriter, *http.Request) { t.Error("the upstream was called") })
	if got := get(ours, "/v1/models"); !strings.HasPrefix(got, `200 {"object":"list","data":[{"id":"m",`) {
		t.Errorf("models = %s", got)
	}
	if got := get(ours, "/v1/models/x"); !strings.HasPrefix(got, "404 ") {
		t.Errorf("another model = %s", got)
	}
}

// A key that was replaced is read again when the upstream refuses it.
func TestKey(t *testing.T) {
	t.Parallel()
	reads, stored := 0, "old\n"
	handler := newTest(t, Options{Authorize: ByKey(func(context.Context) (string, error) { reads++; return stored, nil })}, func(w http.ResponseWriter, r *http.Request) {
		status := 200
		if r.Header.Get("Authorization") != "Bearer "+strings.TrimSpace(stored) {
			status = 401
		}
		answerWith(status, nil, "{}")(w, r)
	})
	for _, step := range []struct {
		stored string
		reads  int
	}{{"old\n", 1}, {"old\n", 1}, {"new", 2}, {"new", 2}} {
		stored = step.stored
		if w := post(handler, chat, hello); w.Code != 200 || reads != step.reads {
			t.Errorf("%q is stored: %d %s after %d reads, want 200 after %d", stored, w.Code, w.Body, reads, step.reads)
		}
	}
}

func TestKeyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	value, failure := "", errors.New("outage")
	k := &key{read: func(context.Context) (string, error) { return value, failure }, now: func() time.Time { return now }}
	if _, err := k.get(t.Context(), false); !errors.Is(err, failure) {
		t.Errorf("error = %v, want the outage", err)
	}
	value, failure = "a\nb", nil
	if got, err := k.get(t.Context(), false); err == nil {
		t.Errorf("key = %q, want an error for two lines", got)
	}
	value = "a"
	if got, err := k.get(t.Context(), false); got != "a" || err != nil {
		t.Errorf("key = %q, %v", got, err)
	}
	failure = errors.New("outage")
	now = now.Add(keyLifetime)
	if got, err := k.get(t.Context(), false); got != "a" || err != nil {
		t.Errorf("in an outage: key = %q, %v, want the one before", got, err)
	}
}

func TestBySignature(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1":     "eu-west-1",
		"https://bedrock-runtime.cn-north-1.amazonaws.com.cn/openai/v1": "cn-north-1",
		"https://bedrock-runtime.eu-west-1.example.com/openai/v1":       "",
		"https://bedrock-runtime.eu-west-1.amazonaws.com.example.com":   "",
		"https://api.openai.com/v1":                                     "",
	} {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if region, ok := BedrockRegion(base); ok != (want != "") || ok && region != want {
			t.Errorf("region of %s = %q, %t, want %q", address, region, ok, want)
		}
	}
	r := httptest.NewRequest("POST", "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/chat/completions", nil)
	config := aws.Config{Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
	})}
	if err := BySignature(config, "eu-west-1")(t.Context(), r, []byte("{}"), false); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Authorization"); !strings.Contains(got, "/eu-west-1/bedrock/aws4_request") {
		t.Errorf("Authorization = %q, want a signature for the upstream's region", got)
	}
}

// Names in JSON are exact to most upstreams, and not to encoding/json: a second spelling of
// one, or the same one twice, must not show this function another request than the upstream.
func TestOneReadingOfARequest(t *testing.T) {
	handler := newTest(t, Options{Models: []string{"m"}, MaxTokens: 10}, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		t.Errorf("the upstream got %s", body)
	})
	for _, body := range []string{
		`{"model":"other","Model":"m"}`,
		`{"Model":"m"}`,
		`{"model":"m","model":"other"}`,
		`{"model":"other","model":"m"}`,
		`{"model":"m","n":100,"N":1}`,
		`{"model":"m","background":true,"BACKGROUND":false}`,
		`{"model":"m","Max_Tokens":1000000}`,
		`{"model":"m","MAX_OUTPUT_TOKENS":1000000}`,
		`{"model":"m","\u017ftream":true}`, // a long s, which encoding/json takes for an s
	} {
		for _, path := range []string{chat, responses, "/v1/embeddings"} {
			if w := post(handler, path, body); w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
				t.Errorf("POST %s of %s = %d %s", path, body, w.Code, w.Body)
			}
		}
	}
}

// What a viewer asks for as a model stays below /models: the upstream's key opens more.
func TestModelsStayModels(t *testing.T) {
	handler := newTest(t, Options{}, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the upstream was asked for %s", r.RequestURI)
	})
	for _, id := range []string{"%2e%2e", "%2e", "..%2Ffiles", "%2e%2e%2f%2e%2e%2fadmin", "a%2f%2e%2e%2f%2e%2e%2ffiles", "..%5cfiles", "a%00b", "a%3fb%2f.."} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "/v1/models/"+id, nil))
		if w.Code != http.StatusNotFound && w.Code/100 != 3 { // net/http redirects what it can clean
			t.Errorf("GET /v1/models/%s = %d %s", id, w.Code, w.Body)
		}
	}
}

// Some upstreams tell in an error which key they were given.
func TestKeysInErrors(t *testing.T) {
	for _, status := range []int{400, 401, 429, 500} {
		var log strings.Builder
		server := httptest.NewServer(answerWith(status, nil, `{"error":{"message":"I got upstream-key","code":"upstream-key","param":"upstream-key"}}`))
		defer server.Close()
		handler := NewHandler(Options{URL: server.URL, Authorize: bearer, Log: slog.New(slog.NewTextHandler(&log, nil))})
		w := post(handler, chat, hello)
		if got := w.Body.String() + log.String(); strings.Contains(got, "upstream-key") {
			t.Errorf("%d: the key is in the answer or the log: %s", status, got)
		}
	}
}
