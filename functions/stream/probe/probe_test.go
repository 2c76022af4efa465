package probe_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

func serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	probe.Handler().ServeHTTP(w, r)
	return w
}

func get(target string) *httptest.ResponseRecorder {
	return serve(httptest.NewRequest("GET", target, nil))
}

// echo is what the probe tells. Tests know all of it: decoding refuses other fields.
type echo struct {
	Method, Host, Path, Query, RemoteIP string
	BodyLength                          int64
	BodySHA256                          string
	Headers                             http.Header
	Authorization                       *credentials
	Cookies                             []cookie
	Unexpected                          []string
}

type (
	credentials struct{ Scheme, SHA256 string }
	cookie      struct{ Name, SHA256 string }
)

func decode(t *testing.T, body []byte) echo {
	t.Helper()
	var e echo
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return e
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestEchoTellsAllButCredentials(t *testing.T) {
	t.Parallel()
	body := []byte("\x00\xff binary \n")
	r := httptest.NewRequest("PUT", "/probe/echo/a%2fb//c?q=%2F&q=2", bytes.NewReader(body))
	r.Host, r.RemoteAddr = "chat.example.com", "192.0.2.7:0"
	r.Header.Set("X-App", "1")
	r.Header.Set("Authorization", "Bearer secret-token")
	r.Header.Set("Cookie", "a=secret-cookie; b=2")
	for _, name := range []string{
		"Proxy-Authorization", "X-Api-Key", "X-Forwarded-Authorization", "X-Forwarded-Host", "X-Amz-Security-Token", "X-Amz-Next",
	} {
		r.Header.Set(name, "secret-"+name)
	}
	response := serve(r)
	if got := response.Body.String(); strings.Contains(got, "secret") {
		t.Errorf("the answer has a credential: %s", got)
	}
	if got := response.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}

	got := decode(t, response.Body.Bytes())
	if got.Method != "PUT" || got.Host != "chat.example.com" || got.RemoteIP != "192.0.2.7" {
		t.Errorf("echo = %+v", got)
	}
	if got.Path != "/probe/echo/a%2fb//c" || got.Query != "q=%2F&q=2" {
		t.Errorf("path and query = %q, %q, want them as they came", got.Path, got.Query)
	}
	if got.BodyLength != int64(len(body)) || got.BodySHA256 != hash(string(body)) {
		t.Errorf("body = %d bytes, %s, want %d, %s", got.BodyLength, got.BodySHA256, len(body), hash(string(body)))
	}
	if !slices.Equal(got.Headers["X-App"], []string{"1"}) || len(got.Headers) != 1 {
		t.Errorf("headers = %v, want X-App alone", got.Headers)
	}
	if want := (credentials{"Bearer", hash("secret-token")}); got.Authorization == nil || *got.Authorization != want {
		t.Errorf("authorization = %+v, want %+v", got.Authorization, want)
	}
	if want := []cookie{{"a", hash("secret-cookie")}, {"b", hash("2")}}; !slices.Equal(got.Cookies, want) {
		t.Errorf("cookies = %v, want %v", got.Cookies, want)
	}
	if want := []string{"X-Amz-Next", "X-Amz-Security-Token", "X-Forwarded-Authorization", "X-Forwarded-Host"}; !slices.Equal(got.Unexpected, want) {
		t.Errorf("unexpected = %v, want %v", got.Unexpected, want)
	}
}

func TestEchoOfCredentials(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]*credentials{
		"":                nil,
		"Bearer":          {"", hash("Bearer")}, // no scheme: it may be the secret itself
		"Bearer   spaced": {"Bearer", hash("spaced")},
		"Bearer ":         nil,
	} {
		r := httptest.NewRequest("GET", "/probe/echo", nil)
		r.Header.Set("Authorization", header)
		got := decode(t, serve(r).Body.Bytes()).Authorization
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("Authorization: %s is %+v, want %+v", header, got, want)
		}
	}
}

// The SHA-256 of the empty message is among the test vectors of NIST (SHAVS).
func TestEchoOfNothing(t *testing.T) {
	t.Parallel()
	got := decode(t, serve(httptest.NewRequest("POST", "/probe/echo", nil)).Body.Bytes())
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got.BodyLength != 0 || got.BodySHA256 != empty {
		t.Errorf("echo = %+v, want the digest of nothing", got)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]struct {
		status int
		header string // name and value of one that counts
		body   string
	}{
		"/probe/status/200":           {200, "", ""},
		"/probe/status/404":           {404, "", ""},
		"/probe/status/404?body=1":    {404, "Content-Type: text/plain; charset=utf-8", "status 404\n"},
		"/probe/redirect/302":         {302, "Location: /probe/echo/a%20b?c=d%2Fe&c=%C3%A9#fragment", ""},
		"/probe/redirect/308?to=host": {308, "Location: https://example.com/a%20b?c=d%2Fe&c=%C3%A9#fragment", ""},
		"/probe/challenge":            {401, `Www-Authenticate: Bearer realm="probe", error="invalid_token"`, "?"},
		"/probe/cookies":              {204, "Set-Cookie: probe-a=1; Path=/probe/; HttpOnly", ""},
		"/probe/own":                  {200, "Date: Wed, 21 Oct 2015 07:28:00 GMT", "own\n"},
		"/probe/encoded":              {200, "Content-Encoding: gzip", "?"},
	} {
		response := get(target)
		if response.Code != want.status {
			t.Errorf("%s: status = %d, want %d", target, response.Code, want.status)
		}
		if name, value, _ := strings.Cut(want.header, ": "); name != "" && response.Header().Get(name) != value {
			t.Errorf("%s: %s = %q, want %q", target, name, response.Header().Get(name), value)
		}
		if want.body != "?" && response.Body.String() != want.body {
			t.Errorf("%s: body = %q, want %q", target, response.Body, want.body)
		}
		if response.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be cached", target)
		}
	}
	if a, b := get("/probe/status/200").Header().Get("X-Probe-Id"), get("/probe/status/200").Header().Get("X-Probe-Id"); a == "" || a == b {
		t.Errorf("ids %q and %q, want two", a, b)
	}
	if got := len(get("/probe/cookies").Header()["Set-Cookie"]); got != 3 {
		t.Errorf("%d cookies, want 3", got)
	}
	z, err := gzip.NewReader(get("/probe/encoded").Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || !strings.HasPrefix(string(plain), "compressed\n") {
		t.Errorf("unpacked: %.20q, %v", plain, err)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	response := get("/probe/download?bytes=200000")
	if got := response.Body.Len(); got != 200000 {
		t.Errorf("%d bytes, want 200000", got)
	}
	if got := hash(response.Body.String()); got != response.Header().Get("X-Probe-Sha256") {
		t.Errorf("hash %s, the header says %s", got, response.Header().Get("X-Probe-Sha256"))
	}
}

// What is out of bounds is refused before anything is sent or waited for.
func TestBounds(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"/probe/status/199", "/probe/status/600", "/probe/status/x", "/probe/status/200?body=2",
		"/probe/redirect/304", "/probe/redirect/200",
		"/probe/download?bytes=33554433", "/probe/download?bytes=-1", "/probe/download?bytes=x",
		"/probe/stream?chunks=101", "/probe/stream?every=6s", "/probe/stream?every=0s", "/probe/stream?chunks=100&every=2s",
		"/probe/silence?for=151s", "/probe/silence?for=-1s", "/probe/silence?for=1", "/probe/silence?for=1s&heartbeat=151s",
		"/probe/late?for=151s",
		"/probe/broken", "/probe/broken?by=exit", // outside Lambda it would stop the server
	} {
		response := get(target)
		if response.Code != http.StatusBadRequest || !strings.Contains(response.Body.String(), "want") {
			t.Errorf("%s: %d %s, want 400 and what to do", target, response.Code, response.Body)
		}
	}
	if got := get("/probe/none").Code; got != http.StatusNotFound {
		t.Errorf("an unknown probe: %d, want 404", got)
	}
}

func TestStreamsInBothWorlds(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/probe/stream?chunks=3&every=1ms":           "1 0\n2 %d\n3 %d\n",
		"/probe/silence?for=10ms":                    ":\n\nevent: begin\ndata: 10ms\n\nevent: end\n",
		"/probe/silence?for=1s&heartbeat=20ms":       ":\n\nevent: begin\ndata: 1s\n\n:\n\n",
		"/probe/late?for=1ms":                        "at last\n",
		"/probe/broken?by=panic":                     "the beginning\n",
		"/probe/stream?chunks=0":                     "",
		"/probe/silence?for=10ms&heartbeat=150s#end": ":\n\nevent: begin\ndata: 10ms\n\nevent: end\n",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			for where, body := range map[string]string{"server": onServer(t, target), "lambda": onLambda(t, target)} {
				pattern := strings.ReplaceAll(want, "%d", "")
				got := body
				if strings.Contains(want, "%d") { // milliseconds vary
					var second, third int
					if n, err := fmt.Sscanf(body, want, &second, &third); n != 2 || err != nil || second > third {
						t.Errorf("%s: body = %q, want %q", where, body, want)
					}
					continue
				}
				if !strings.HasPrefix(got, pattern) {
					t.Errorf("%s: body = %q, want it to begin with %q", where, got, pattern)
				}
			}
		})
	}
}

func onServer(t *testing.T, target string) string {
	t.Helper()
	server := httptest.NewServer(probe.Handler())
	defer server.Close()
	response, err := http.Get(server.URL + target)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if broken := strings.Contains(target, "broken"); broken != (err != nil) {
		t.Errorf("%s on a server ended with %v", target, err)
	}
	return string(body)
}

func onLambda(t *testing.T, target string) string {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	query, _, _ = strings.Cut(query, "#")
	event := &events.LambdaFunctionURLRequest{RawPath: path, RawQueryString: query}
	event.RequestContext.HTTP.Method = "GET"
	response, err := streamhttp.Wrap(probe.Handler())(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	body, err := io.ReadAll(response.Body)
	if broken := strings.Contains(target, "broken"); broken != (err != nil) {
		t.Errorf("%s on Lambda ended with %v", target, err)
	}
	return string(body)
}

func TestWanted(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]bool{"": true, "true": true, "1": true, "false": false, "0": false} {
		if got, err := probe.Wanted(setting); got != want || err != nil {
			t.Errorf("Wanted(%q) = %v, %v, want %v", setting, got, err, want)
		}
	}
	if _, err := probe.Wanted("maybe"); err == nil || !strings.Contains(err.Error(), `"maybe"`) {
		t.Errorf("Wanted(maybe): %v, want an error that names it", err)
	}
}
