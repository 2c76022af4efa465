package apigateway

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/template"
)

const internal = `{"message":"Internal server error"}`

// streaming is a REST API that streams.
func streaming() *API {
	a := newAPI(REST)
	a.Operations[0].Integration.Mode = template.Of("STREAM")
	a.Operations[0].Integration.Timeout = template.Of(maxStreamTime)
	return a
}

// A stream arrives while the function still writes, with its status, headers, lists of headers
// and cookies.
func TestStream(t *testing.T) {
	t.Parallel()
	s := serve(t, streaming(), nil)
	gate, open := newGate(t)
	head := `{"statusCode":201,"headers":{"content-type":"text/event-stream","www-authenticate":"Basic"},"multiValueHeaders":{"x-list":["1","2"]},"cookies":["a=1","b=2"]}`
	resp, err := http.DefaultClient.Do(s.request(t, "GET", "/prod/x", "", streamed(head[:20], head[20:]+nuls[:3], nuls[3:]+"first", gate, "last")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Errorf("before the function is at its end: %q, %v, want first", first, err)
	}
	open()
	rest, err := io.ReadAll(resp.Body)
	if err != nil || string(rest) != "last" {
		t.Errorf("the rest = %q, %v, want last", rest, err)
	}
	h := resp.Header
	if resp.StatusCode != 201 || h.Get("Content-Type") != "text/event-stream" || h.Get("X-Amzn-Remapped-Www-Authenticate") != "Basic" ||
		strings.Join(h["X-List"], ",") != "1,2" || strings.Join(h["Set-Cookie"], ";") != "a=1;b=2" || h.Get("X-Amzn-Requestid") == "" {
		t.Errorf("head = %d %v", resp.StatusCode, h)
	}
}

// What has no head in front, or a broken one, is a 502; so is a function that fails.
func TestStreamsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, streaming(), nil)
	for name, test := range map[string]struct {
		say   *said
		cause string
	}{
		"a buffered answer": {&said{Parts: []string{`{"statusCode":200,"body":"x"}`}}, "invoke-mode-mismatch"},
		"no separator":      {streamed(`{"statusCode":200}`), "function-failed"},
		"no JSON":           {streamed("x" + nuls), "function-failed"},
		"an error":          {&said{Error: "odd"}, "function-failed"},
		"an exit":           {&said{Exit: true}, "function-failed"},
	} {
		resp, body, record := s.send(t, s.request(t, "GET", "/prod/x", "", test.say))
		want(t, resp, body, 502, internal)
		if record.Cause() != test.cause {
			t.Errorf("%s: cause %q, want %q", name, record.Cause(), test.cause)
		}
	}
}

// A stream that lasts or is silent for too long is cut; a function that does not begin is a 504.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	gate, _ := newGate(t)
	short := streaming()
	short.Operations[0].Integration.Timeout = template.Of(300)
	for name, test := range map[string]struct {
		api     *API
		silence time.Duration
		say     *said
		status  int
		body    string
	}{
		"does not begin":    {short, patience, streamed(gate), 504, `{"message":"Endpoint request timed out"}`},
		"lasts":             {short, patience, streamed("{}"+nuls+"first", gate), 200, "first [broken off]"},
		"is silent":         {streaming(), 300 * time.Millisecond, streamed("{}"+nuls+"first", gate), 200, "first [broken off]"},
		"silent at first":   {streaming(), 300 * time.Millisecond, streamed(gate), 504, `{"message":"Endpoint request timed out"}`},
		"buffered":          {buffered(300), patience, &said{Parts: []string{gate}}, 504, `{"message":"Endpoint request timed out"}`},
		"buffered, half":    {buffered(300), patience, &said{Parts: []string{`{"status`, gate}}, 504, `{"message":"Endpoint request timed out"}`},
		"of an HTTP API":    {http29(300), patience, &said{Parts: []string{gate}}, 503, `{"message":"Service Unavailable"}`},
		"of an HTTP API, 2": {http29(300), patience, &said{Parts: []string{`{"status`, gate}}, 503, `{"message":"Service Unavailable"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.api, func(s *server) { s.silence = test.silence })
			resp, body, record := s.send(t, s.request(t, "GET", test.api.start()+"/x", "", test.say))
			want(t, resp, body, test.status, test.body)
			if record.Cause() != "integration-timeout" {
				t.Errorf("cause %q, want integration-timeout", record.Cause())
			}
		})
	}
	if regional, edge := streaming().idle(), (&API{Kind: REST}).idle(); regional != 5*time.Minute || edge != 30*time.Second {
		t.Errorf("idle timeouts are %s and %s, want 5m and 30s", regional, edge)
	}
}

func buffered(ms int) *API {
	a := newAPI(REST)
	a.Operations[0].Integration.Timeout = template.Of(ms)
	return a
}

func http29(ms int) *API {
	a := newAPI(HTTP)
	a.Operations[0].Integration.Timeout = template.Of(ms)
	return a
}

// The first 10 MB of a stream go at any speed, the rest with 2 MB a second.
func TestStreamRate(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now, slept := clock, time.Duration(0)
	s := serve(t, streaming(), func(s *server) {
		s.Pace = &answer.Clock{
			Now:   func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
			Sleep: func(d time.Duration) { mu.Lock(); defer mu.Unlock(); slept += d; now = now.Add(d) },
		}
	})
	for mebibytes, pause := range map[int]time.Duration{10: 0, 12: time.Second} {
		mu.Lock()
		slept = 0
		mu.Unlock()
		say := streamed("{}" + nuls)
		say.Mebibytes = mebibytes
		resp, body, _ := s.send(t, s.request(t, "GET", "/prod/x", "", say))
		mu.Lock()
		if resp.StatusCode != 200 || len(body) != mebibytes<<20 || slept.Round(time.Millisecond) != pause {
			t.Errorf("%d MiB: %d, %d bytes, waited for %s, want %s", mebibytes, resp.StatusCode, len(body), slept, pause)
		}
		mu.Unlock()
	}
}

// A buffered REST API takes payload format 1.0, and decodes base64 if the caller accepts a
// binary type.
func TestBuffered(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00\xff"))
	for name, test := range map[string]struct {
		parts  []string
		binary []string
		accept string
		status int
		body   string
	}{
		"text":                    {[]string{`{"statusCode":201,"headers":{"x-n":1},"body":"hi"}`}, []string{"*/*"}, "", 201, "hi"},
		"in two parts":            {[]string{`{"statusCode":"201",`, `"body":"hi"}`}, []string{"*/*"}, "", 201, "hi"},
		"no body":                 {[]string{`{"statusCode":204}`}, nil, "", 204, ""},
		"base64":                  {[]string{`{"statusCode":200,"isBase64Encoded":true,"body":"` + encoded + `"}`}, []string{"*/*"}, "text/html", 200, "\x00\xff"},
		"base64, one type":        {[]string{`{"statusCode":200,"isBase64Encoded":true,"body":"` + encoded + `"}`}, []string{"image/*"}, "image/png, */*", 200, "\x00\xff"},
		"base64, not accepted":    {[]string{`{"statusCode":200,"isBase64Encoded":true,"body":"` + encoded + `"}`}, []string{"image/png"}, "*/*", 200, encoded},
		"no status":               {[]string{`{"body":"hi"}`}, nil, "", 502, internal},
		"no object":               {[]string{`"hi"`}, nil, "", 502, internal},
		"a body that is no text":  {[]string{`{"statusCode":200,"body":{}}`}, nil, "", 502, internal},
		"headers that are lists":  {[]string{`{"statusCode":200,"headers":{"a":[]}}`}, nil, "", 502, internal},
		"a status that is no one": {[]string{`{"statusCode":42}`}, nil, "", 502, internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(REST)
			a.Binary = template.TextsOf(test.binary...)
			s := serve(t, a, nil)
			r := s.request(t, "GET", "/prod/x", "", &said{Parts: test.parts})
			if test.accept != "" {
				r.Header.Set("Accept", test.accept)
			}
			resp, body, _ := s.send(t, r)
			want(t, resp, body, test.status, test.body)
		})
	}
}

// What streams behind a door that does not is no answer, and says why to the operator.
func TestAStreamBehindABufferedAPI(t *testing.T) {
	t.Parallel()
	for kind, body := range map[Kind]string{REST: internal, HTTP: `{"message":"Internal Server Error"}`} {
		a := newAPI(kind)
		s := serve(t, a, nil)
		resp, got, record := s.send(t, s.request(t, "GET", a.start()+"/x", "", streamed("{}"+nuls+"x")))
		status := map[Kind]int{REST: 502, HTTP: 500}[kind]
		want(t, resp, got, status, body)
		if record.Cause() != "invoke-mode-mismatch" {
			t.Errorf("%s: cause %q", kind, record.Cause())
		}
	}
}

// An HTTP API takes payload format 2.0, and infers a response that has no status.
func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	a := newAPI(HTTP)
	s := serve(t, a, nil)
	resp, body, _ := s.send(t, s.request(t, "GET", "/x", "", &said{Parts: []string{`{"statusCode":201,"cookies":["a=1"],"headers":{"www-authenticate":"Basic"},"body":"hi"}`}}))
	want(t, resp, body, 201, "hi")
	if resp.Header.Get("Set-Cookie") != "a=1" || resp.Header.Get("Www-Authenticate") != "Basic" || resp.Header.Get("Apigw-Requestid") == "" {
		t.Errorf("headers = %v", resp.Header)
	}
	resp, body, _ = s.send(t, s.request(t, "GET", "/x", "", &said{Parts: []string{`{"pet":"cat"}`}}))
	want(t, resp, body, 200, `{"pet":"cat"}`)
}

// Bodies over 10 MB are refused, and so are events over Lambda's 6 MB.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	for kind, body := range map[Kind]string{REST: `{"message":"Request Too Long"}`, HTTP: `{"message":"Request Entity Too Large"}`} {
		a := newAPI(kind)
		s := serve(t, a, nil)
		for size, cause := range map[int]string{maxBody + 1: "body-over-api-limit", maxBody: "body-over-function-limit"} {
			resp, got, record := s.send(t, s.request(t, "POST", a.start()+"/x", strings.Repeat("x", size), nil))
			want(t, resp, got, 413, body)
			if record.Cause() != cause {
				t.Errorf("%s, %d bytes: cause %q, want %q", kind, size, record.Cause(), cause)
			}
		}
	}
}
