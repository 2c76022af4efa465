package streamhttp_test

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

//go:embed testdata/doors/*.json
var doorEvents embed.FS

func doorEvent(t testing.TB, name string) *streamhttp.Event {
	t.Helper()
	file := "testdata/doors/" + name + ".json"
	data, err := doorEvents.ReadFile(file)
	if err != nil {
		if data, err = testdata.ReadFile("testdata/" + name + ".json"); err != nil {
			t.Fatal(err)
		}
	}
	event := new(streamhttp.Event)
	if err := json.Unmarshal(data, event); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return event
}

// throughDoor lets the runtime client do all that it does with an event and an answer.
func throughDoor(t testing.TB, handler http.Handler, doors, name string) []byte {
	t.Helper()
	data, err := json.Marshal(doorEvent(t, name))
	if err != nil {
		t.Fatal(err)
	}
	wire, err := lambda.NewHandler(streamhttp.WrapDoors(handler)).Invoke(streamhttp.ContextWithDoors(t.Context(), doors), data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return wire
}

func TestDoorRequest(t *testing.T) {
	const (
		domain = "abcdefghijklmnop.lambda-url.eu-west-1.on.aws"
		api    = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
	)
	ordinary := map[string]string{"X-Forwarded-Host": "evil.example", "X-Forwarded-Authorization": "Bearer forged"}
	type want struct {
		method, uri, host, remote, authorization string
		tls                                      bool
		header                                   map[string]string // "" is that it is not there
		cookies                                  int
		body                                     string
		authorizer                               string
	}
	for name, test := range map[string]struct {
		event, doors string
		want         want
	}{
		"function URL that anybody may call": {"url-none", "", want{
			method: "GET", uri: "/a%20b/c?q=1&q=%2F2", host: domain, remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: with(ordinary, "X-Amz-Sns-Message-Type", "Notification"),
		}},
		"the construct vouches": {"url-none", "cloudfront", want{
			method: "GET", uri: "/a%20b/c?q=1&q=%2F2", host: "evil.example", remote: "192.0.2.33:0", authorization: "Bearer forged",
			tls: true, cookies: 2, header: map[string]string{"X-Forwarded-Host": "", "X-Forwarded-Authorization": "", "X-Amz-Sns-Message-Type": ""},
		}},
		"AWS vouches": {"cloudfront-get", "", want{
			method: "GET", uri: "/a%20b/c?q=1&q=%2F2", host: "chat.example.com", remote: "203.0.113.7:0", authorization: "Bearer viewer-token",
			tls: true, cookies: 2, authorizer: "OriginAccessSession", header: map[string]string{"X-Amz-Security-Token": ""},
		}},
		"AWS vouches, buffered": {"cloudfront-get", "url-buffered", want{
			method: "GET", uri: "/a%20b/c?q=1&q=%2F2", host: "chat.example.com", remote: "203.0.113.7:0", authorization: "Bearer viewer-token",
			tls: true, cookies: 2, authorizer: "OriginAccessSession",
		}},
		"somebody else has signed": {"direct-get", "", want{
			method: "GET", uri: "/", host: domain, remote: "192.0.2.33:0", tls: true, authorizer: "user/developer",
			header: map[string]string{"X-Amz-Security-Token": ""},
		}},
		"HTTP API": {"http-post", "", want{
			method: "POST", uri: "/a%20b/c?q=1&q=%2F2", host: api, remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: ordinary, body: `{"name":"a b"}`, authorizer: `"sub":"user-1"`,
		}},
		"HTTP API, signed": {"http-iam", "", want{
			method: "GET", uri: "/", host: api, remote: "192.0.2.33:0", tls: true,
			header: with(ordinary, "X-Amz-Security-Token", ""), authorizer: "user/dev",
		}},
		"HTTP API, payload format 1.0": {"http-format1", "", want{
			method: "POST", uri: "/a%20b/c?q=1&q=%2F2", host: api, remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: with(ordinary, "X-List", "1|2"), body: `{"name":"a b"}`,
		}},
		"REST API": {"rest-post", "rest", want{
			method: "POST", uri: "/a%20b/c?a%26b=c+d&q=1&q=%2F2", host: api, remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: with(ordinary, "X-List", "1|2"), body: `{"name":"a b"}`, authorizer: `"sub":"user-1"`,
		}},
		"REST API, bytes": {"rest-base64", "rest-buffered", want{
			method: "POST", uri: "/a%20b/c", host: api, remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: ordinary, body: "\x00\xff\x80\nA",
		}},
		"REST API, signed": {"rest-iam", "", want{
			method: "GET", uri: "/", host: api, remote: "192.0.2.33:0", tls: true, header: with(ordinary, "X-Amz-Security-Token", ""),
		}},
		"load balancer": {"alb-single", "", want{
			method: "POST", uri: "/a%20b/c?a%26b=c%20d&q=%2F2", host: "chat.example.com", remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: ordinary, body: `{"name":"a b"}`,
		}},
		"load balancer, lists": {"alb-multi", "", want{
			method: "POST", uri: "/a%20b/c?q=1&q=%2F2", host: "chat.example.com", remote: "192.0.2.33:0", authorization: "Bearer viewer",
			tls: true, cookies: 2, header: with(ordinary, "X-List", "1|2"), body: "\x00\xff\x80\nA",
		}},
		"load balancer, health check": {"alb-health", "", want{
			method: "GET", uri: "/healthz", remote: ":0", header: map[string]string{"User-Agent": "ELB-HealthChecker/2.0"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			called := false
			throughDoor(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				called = true
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				authorizer, _ := streamhttp.AuthorizerFromContext(r.Context())
				for field, values := range map[string][2]any{
					"Method": {r.Method, test.want.method}, "RequestURI": {r.RequestURI, test.want.uri}, "URL": {r.URL.String(), test.want.uri},
					"Host": {r.Host, test.want.host}, "RemoteAddr": {r.RemoteAddr, test.want.remote},
					"Authorization": {r.Header.Get("Authorization"), test.want.authorization}, "TLS": {r.TLS != nil, test.want.tls},
					"cookies": {len(r.Cookies()), test.want.cookies}, "body": {string(body), test.want.body},
					"ContentLength": {r.ContentLength, int64(len(test.want.body))},
					"authorizer":    {strings.Contains(string(authorizer), test.want.authorizer), true},
					"no authorizer": {len(authorizer) == 0, test.want.authorizer == ""},
					"claims":        {r.Header.Get("X-Streamfront-Claims"), ""},
					"no claims":     {claimed(r), false},
				} {
					if values[0] != values[1] {
						t.Errorf("%s = %v, want %v", field, values[0], values[1])
					}
				}
				for name, want := range test.want.header {
					if got := strings.Join(r.Header.Values(name), "|"); got != want {
						t.Errorf("%s = %q, want %q", name, got, want)
					}
				}
				for name := range r.Header {
					if name == "Host" || name == "Connection" || name != http.CanonicalHeaderKey(name) {
						t.Errorf("the handler sees the header %s", name)
					}
				}
				if event, ok := streamhttp.RequestFromContext(r.Context()); !ok || event.RequestContext.HTTP.Method != test.want.method {
					t.Errorf("RequestFromContext = %+v, %v", event, ok)
				}
			}), test.doors, test.event)
			if !called {
				t.Error("the handler was not called")
			}
		})
	}
}

// claimed reports whether the handler believes claims, which all these events have forged.
func claimed(r *http.Request) bool {
	_, ok := streamhttp.Claims(r.Context())
	return ok
}

func with(header map[string]string, name, value string) map[string]string {
	more := maps.Clone(header)
	more[name] = value
	return more
}

func answerHandler(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Add("X-List", "1")
	w.Header().Add("X-List", "2")
	w.Header().Add("Set-Cookie", "a=1")
	w.Header().Add("Set-Cookie", "b=2")
	w.WriteHeader(http.StatusCreated)
	for _, part := range []string{"<one>", "\n", "two"} {
		_, _ = io.WriteString(w, part)
		_ = http.NewResponseController(w).Flush()
	}
}

func TestDoorAnswer(t *testing.T) {
	const prelude = `{"statusCode":201,"headers":{"Content-Type":"text/plain","X-List":"1, 2"},"cookies":["a=1","b=2"]}` + "\x00\x00\x00\x00\x00\x00\x00\x00<one>\ntwo"
	const v1 = `{"statusCode":201,"headers":{"Content-Type":"text/plain","X-List":"1, 2"},"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]},"body":"<one>\ntwo"}`
	const v2 = `{"statusCode":201,"headers":{"Content-Type":"text/plain","X-List":"1, 2"},"body":"<one>\ntwo","isBase64Encoded":false,"cookies":["a=1","b=2"]}`
	for _, test := range []struct{ event, doors, want string }{
		{"url-none", "", prelude},
		{"url-none", "url", prelude},
		{"url-none", "cloudfront", prelude},
		{"url-none", "url-buffered", v2},
		{"rest-post", "rest", prelude},
		{"rest-post", "", v1},
		{"rest-post", "rest-buffered", v1},
		{"http-post", "", v2},
		{"http-post", "http", v2},
		{"http-format1", "", v1},
		{"http-format1", "rest", v1}, // an HTTP API does not stream
		{"alb-single", "", `{"statusCode":201,"statusDescription":"201 Created","headers":{"Content-Type":"text/plain","Set-cookie":"b=2","X-List":"1, 2","set-cookie":"a=1"},"multiValueHeaders":null,"body":"<one>\ntwo","isBase64Encoded":false}`},
		{"alb-multi", "alb", `{"statusCode":201,"statusDescription":"201 Created","headers":null,"multiValueHeaders":{"Content-Type":["text/plain"],"Set-Cookie":["a=1","b=2"],"X-List":["1, 2"]},"body":"<one>\ntwo","isBase64Encoded":false}`},
	} {
		t.Run(test.event+"/"+test.doors, func(t *testing.T) {
			if got := throughDoor(t, http.HandlerFunc(answerHandler), test.doors, test.event); string(got) != test.want {
				t.Errorf("answer = %q\nwant     %q", got, test.want)
			}
		})
	}
}

// buffered are a door of each kind that waits for the whole answer.
var buffered = map[string]string{
	"url-buffered": "url-none", "rest-buffered": "rest-post", "http": "http-post", "alb": "alb-multi",
}

type document struct {
	StatusCode      int    `json:"statusCode"`
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

func throughBufferedDoor(t testing.TB, handler http.HandlerFunc, door string) (d document) {
	t.Helper()
	if err := json.Unmarshal(throughDoor(t, handler, door, buffered[door]), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBufferedDoor(t *testing.T) {
	log := captureLog(t)
	for door := range buffered {
		limit := 6 << 20
		if door == "alb" {
			limit = 1 << 20
		}
		for name, test := range map[string]struct {
			handler http.HandlerFunc
			want    document
			log     string
		}{
			"nothing": {func(http.ResponseWriter, *http.Request) {}, document{StatusCode: 200}, ""},
			"bytes": {
				func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0, 255}) },
				document{StatusCode: 200, Body: "AP8=", IsBase64Encoded: true},
				"",
			},
			"redirect": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, document{StatusCode: 302}, ""},
			"panic after some": {func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "some")
				panic("in the middle")
			}, document{StatusCode: 500, Body: "Internal Server Error\n"}, "panic in HTTP handler"},
			"too large": {
				func(w http.ResponseWriter, r *http.Request) {
					for r.Context().Err() == nil {
						if _, err := w.Write(make([]byte, 1<<16)); err != nil {
							return
						}
					}
				},
				document{StatusCode: 502, Body: fmt.Sprintf("The response is larger than the %d bytes that this kind of endpoint can send.\n", limit)},
				"the response is larger than the door allows",
			},
			"too large in JSON": {
				func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, strings.Repeat("\n", limit/2))
				},
				document{StatusCode: 502, Body: fmt.Sprintf("The response is larger than the %d bytes that this kind of endpoint can send.\n", limit)},
				"limit=" + fmt.Sprint(limit),
			},
		} {
			t.Run(door+"/"+name, func(t *testing.T) {
				log.Reset()
				got := throughBufferedDoor(t, test.handler, door)
				if got != test.want {
					t.Errorf("answer = %.200v, want %.200v", got, test.want)
				}
				if !strings.Contains(log.String(), test.log) {
					t.Errorf("log = %q, want %q in it", log, test.log)
				}
			})
		}
	}
}

// A handler has time for a last word before the door gives up, and that word arrives.
func TestDoorWaits(t *testing.T) {
	for doors, want := range map[string]time.Duration{
		"http": 30 * time.Second, "rest-buffered": 29 * time.Second, "rest-buffered=2m": 2 * time.Minute, "alb=60s": time.Minute, "": 0, "alb": 0, "rest": 0,
	} {
		event := map[bool]string{true: "alb-single", false: "rest-post"}[strings.HasPrefix(doors, "alb")]
		if doors == "http" {
			event = "http-post"
		}
		if doors == "" {
			event = "url-none"
		}
		before := time.Now()
		throughDoor(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			deadline, ok := r.Context().Deadline()
			if ok != (want > 0) {
				t.Errorf("%q: deadline %v, want %v", doors, ok, want)
			}
			if ok && (deadline.Before(before.Add(want-2*time.Second)) || deadline.After(time.Now().Add(want))) {
				t.Errorf("%q: the context ends after %v, want shortly before %v", doors, deadline.Sub(before), want)
			}
		}), doors, event)
	}
}

func TestDoorsAreChecked(t *testing.T) {
	for doors, want := range map[string]string{
		"cloud":          `WithDoors names the door "cloud"; use some of url, cloudfront`,
		"url,cloudfront": "names the doors url and cloudfront, whose events look alike",
		"http=soon":      `has "soon" for the door http; use a duration such as 60s`,
		"http=-1s":       `has "-1s" for the door http`,
		"=1s":            `names the door ""`,
		";header.A":      `names the door ""`,
		"rest;header.A":  "a cache key for the door rest; only rest-buffered has a cache",

		"rest-buffered;cookie.a": `has "cookie.a" in a cache key; want header.NAME`,
		"rest-buffered;header.":  `has "header." in a cache key; want header.NAME`,
	} {
		h := lambda.NewHandler(streamhttp.WrapDoors(http.NotFoundHandler()))
		if _, err := h.Invoke(streamhttp.ContextWithDoors(t.Context(), doors), []byte(`{"httpMethod":"GET","path":"/"}`)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error = %v, want %q in it", doors, err, want)
		}
	}
}

func TestDoorsOfTheEnvironment(t *testing.T) {
	t.Setenv("STREAMFRONT_DOORS", "rest, alb=30s")
	wire, err := lambda.NewHandler(streamhttp.WrapDoors(http.HandlerFunc(answerHandler))).Invoke(t.Context(), []byte(`{"httpMethod":"GET","path":"/"}`))
	if err != nil || !strings.Contains(string(wire), "\x00<one>") {
		t.Errorf("answer = %q, %v, want a stream", wire, err)
	}
	t.Run("wrong", func(t *testing.T) {
		command := startTestBinary(t, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:9", "STREAMFRONT_DOORS=front")
		output, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(output), `STREAMFRONT_DOORS names the door "front"`) {
			t.Errorf("Serve ended with %v: %s", err, output)
		}
	})
}

func TestDoorsRefuseOtherEvents(t *testing.T) {
	for _, event := range []string{`{}`, `{"Records":[]}`, `null`} {
		_, err := lambda.NewHandler(streamhttp.WrapDoors(nil)).Invoke(t.Context(), []byte(event))
		if err == nil || !strings.Contains(err.Error(), "invoke the function by its address") {
			t.Errorf("%s: error = %v, want one that says what to do", event, err)
		}
	}
}

// The stage of an HTTP API is in the path, but for that called $default.
func TestHTTPStage(t *testing.T) {
	for path, want := range map[string]string{"/prod": "/", "/prod/": "/", "/prod/a": "/a", "/production": "/production", "/a/prod": "/a/prod"} {
		event := doorEvent(t, "http-post")
		event.RawPath, event.RawQueryString = path, ""
		_, err := streamhttp.WrapDoors(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RequestURI != want {
				t.Errorf("%s: path = %s, want %s", path, r.RequestURI, want)
			}
		}))(t.Context(), event)
		if err != nil {
			t.Error(err)
		}
	}
}

// No event of many streams at once is lost, behind whatever door.
func TestDoorsLoseNoEvent(t *testing.T) {
	const streams, count = 250, 100
	var want strings.Builder
	for i := range count {
		fmt.Fprintf(&want, "data: %d\n\n", i)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range count {
			if _, err := fmt.Fprintf(w, "data: %d\n\n", i); err != nil {
				t.Error(err)
			}
			w.(http.Flusher).Flush()
		}
	})
	for door, event := range map[string]string{
		"cloudfront": "cloudfront-get", "url": "url-none", "url-buffered": "url-none", "rest": "rest-post", "rest-buffered": "rest-post",
		"http": "http-post", "alb": "alb-multi", "websocket": "websocket-text",
	} {
		t.Run(door, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			data, err := json.Marshal(doorEvent(t, event))
			if err != nil {
				t.Fatal(err)
			}
			lost := make(chan string, streams)
			for range streams {
				go func() {
					client := &recorder{}
					ctx := streamhttp.ContextWithConnections(streamhttp.ContextWithDoors(ctx, door), client, 0)
					wire, err := lambda.NewHandler(streamhttp.WrapDoors(handler)).Invoke(ctx, data)
					lost <- missing(door, wire, client, err, want.String())
				}()
			}
			for range streams {
				select {
				case problem := <-lost:
					if problem != "" {
						t.Error(problem)
					}
				case <-ctx.Done():
					t.Fatal(ctx.Err())
				}
			}
		})
	}
}

func missing(door string, wire []byte, client *recorder, err error, want string) string {
	if err != nil {
		return err.Error()
	}
	got := string(wire)
	switch {
	case door == "websocket":
		got = strings.Join(client.texts, "")
	case strings.HasPrefix(got, `{"statusCode":200,`) && strings.Contains(got, "\x00"):
		got = got[strings.LastIndexByte(got, 0)+1:]
	default:
		var d document
		if err := json.Unmarshal(wire, &d); err != nil {
			return err.Error()
		}
		got = d.Body
	}
	if got != want {
		return fmt.Sprintf("%d bytes arrived, want %d", len(got), len(want))
	}
	return ""
}

// One pass reads the event of every door: that of a function URL costs no more for it.
func BenchmarkDecode(b *testing.B) {
	data, err := testdata.ReadFile("testdata/cloudfront-get.json")
	if err != nil {
		b.Fatal(err)
	}
	discard := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for name, h := range map[string]lambda.Handler{
		"Wrap": lambda.NewHandler(streamhttp.Wrap(discard)), "WrapDoors": lambda.NewHandler(streamhttp.WrapDoors(discard)),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.Invoke(context.Background(), data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
