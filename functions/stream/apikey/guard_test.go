package apikey

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var discard = slog.New(slog.DiscardHandler)

// environment is one for Guard and client to read.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	const (
		asked  = "asked for"
		open   = "open"
		refuse = "refuses to start"
	)
	for name, test := range map[string]struct {
		variables map[string]string
		want      string
	}{
		"nothing, on Lambda":          {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat"}, refuse},
		"a blank key, on Lambda":      {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "API_KEY": " \n"}, refuse},
		"a key with a line break":     {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "API_KEY": right + "\n"}, asked},
		"nothing, in a task of ECS":   {map[string]string{"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/1"}, refuse},
		"nothing, on a laptop":        {nil, open},
		"nothing, in the local chain": {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "STREAMFRONT_LOCAL": "true"}, open},
		"a key, on Lambda":            {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "API_KEY": right}, asked},
		"a key, on a laptop":          {map[string]string{"API_KEY": right}, asked},
		"a key, in the local chain":   {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "STREAMFRONT_LOCAL": "true", "API_KEY": right}, asked},
		"a secret, in the local chain": {map[string]string{
			"AWS_LAMBDA_FUNCTION_NAME": "chat", "STREAMFRONT_LOCAL": "true", "API_KEY_SECRET_ARN": "arn",
		}, open},
		"a key and a secret, in the local chain": {map[string]string{
			"AWS_LAMBDA_FUNCTION_NAME": "chat", "STREAMFRONT_LOCAL": "true", "API_KEY": right, "API_KEY_SECRET_ARN": "arn",
		}, asked},
		// Only the word that the chain says opens anything.
		"nothing, almost local": {map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "STREAMFRONT_LOCAL": "1"}, refuse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			guard, err := FromEnvironment(environment(test.variables), slog.New(slog.NewTextHandler(&log, nil)))
			if test.want == refuse {
				if err == nil || !strings.Contains(err.Error(), "set API_KEY_SECRET_ARN") {
					t.Errorf("error = %v, want one that says what to set", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			without := 401
			if test.want == open {
				without = 200
			}
			if got := ask(guard, "").Code; got != without {
				t.Errorf("without a key: %d, want %d", got, without)
			}
			if got := ask(guard, "Bearer "+right).Code; got != 200 {
				t.Errorf("with the key: %d, want 200", got)
			}
			if warned := strings.Contains(log.String(), "level=WARN"); warned != (test.want == open) {
				t.Errorf("log = %q, want a warning if it is open, and none else", &log)
			}
		})
	}
}

// A process outside Lambda that names a secret wants it asked for: an ECS task without
// access to it must not be open to the world.
func TestASecretOutsideLambdaIsNotGivenUp(t *testing.T) {
	t.Parallel()
	guard, err := FromEnvironment(environment(map[string]string{"API_KEY_SECRET_ARN": "chat-key", "AWS_REGION": "eu-west-1"}), discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(guard, "").Code; got != http.StatusUnauthorized {
		t.Errorf("without a key: %d, want 401", got)
	}
	if got := ask(guard, "Bearer any").Code; got != http.StatusServiceUnavailable {
		t.Errorf("with a key: %d, want 503", got)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	readable := func(context.Context) (string, error) { return `["secret-1-0123456789","secret-2-0123456789"]`, nil }
	broken := func(context.Context) (string, error) { return "", errors.New("no network") }
	for name, test := range map[string]struct {
		read          func(context.Context) (string, error)
		authorization string
		want          int
	}{
		"plain key":              {readable, "Bearer plain", 200},
		"first of the secret":    {readable, "Bearer secret-1-0123456789", 200},
		"second of the secret":   {readable, "Bearer secret-2-0123456789", 200},
		"scheme in another case": {readable, "bearer secret-1-0123456789", 200},
		"more spaces":            {readable, "Bearer   secret-1-0123456789", 200},
		"missing":                {readable, "", 401},
		"wrong":                  {readable, "Bearer secret-3-0123456789", 401},
		"a part":                 {readable, "Bearer secret-1-012345678", 401},
		"more than it":           {readable, "Bearer secret-1-0123456789x", 401},
		"empty":                  {readable, "Bearer ", 401},
		"other scheme":           {readable, "Basic secret-1-0123456789", 401},
		"no scheme":              {readable, "secret-1-0123456789", 401},
		"the JSON itself":        {readable, `Bearer ["secret-1-0123456789","secret-2-0123456789"]`, 401},
		"plain key in an outage": {broken, "Bearer plain", 200},
		"missing in an outage":   {broken, "", 401},
		"any in an outage":       {broken, "Bearer secret-1-0123456789", 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guard, err := FromEnvironment(environment(map[string]string{"API_KEY": "plain"}), discard)
			if err != nil {
				t.Fatal(err)
			}
			guard.rings = []*keyring{{read: test.read, log: discard}}
			response := ask(guard, test.authorization)
			if response.Code != test.want {
				t.Fatalf("status = %d, want %d", response.Code, test.want)
			}
			switch test.want {
			case 401:
				wantError(t, response, "invalid_api_key")
				if got := response.Header().Get("WWW-Authenticate"); got != "Bearer" {
					t.Errorf("WWW-Authenticate = %q, want Bearer", got)
				}
			case 503:
				wantError(t, response, "api_keys_unavailable")
				if got := response.Header().Get("Retry-After"); got != "5" {
					t.Errorf("Retry-After = %q, want 5", got)
				}
			}
		})
	}
}

func TestSecondSecretIsAskedIfTheFirstDoesNotKnow(t *testing.T) {
	t.Parallel()
	guard := &Guard{rings: []*keyring{
		{log: discard, read: func(context.Context) (string, error) { return "", errors.New("no network") }},
		{log: discard, read: func(context.Context) (string, error) { return right, nil }},
	}}
	for authorization, want := range map[string]int{"Bearer " + right: 200, "Bearer wrong": 503} {
		if got := ask(guard, authorization).Code; got != want {
			t.Errorf("%s: %d, want %d", authorization, got, want)
		}
	}
}

// A key of one secret neither waits for the other one nor has it read, once both are known.
func TestSecretsDoNotHinderEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := &secret{text: "first-0123456789", took: time.Second}, &secret{text: "second-0123456789", took: time.Second}
		guard := &Guard{rings: []*keyring{{log: discard, read: first.read}, {log: discard, read: second.read}}}
		ask(guard, "Bearer second-0123456789")
		time.Sleep(time.Minute)
		start := time.Now()
		for _, key := range []string{"second-0123456789", "first-0123456789"} {
			if got := ask(guard, "Bearer "+key).Code; got != 200 || time.Since(start) != 0 {
				t.Errorf("%s: %d after %s, want 200 at once", key, got, time.Since(start))
			}
		}
		if first.reads != 1 || second.reads != 1 {
			t.Errorf("%d and %d reads, want one of each", first.reads, second.reads)
		}
	})
}

func TestContains(t *testing.T) {
	t.Parallel()
	keys, err := parse(`["key-a-0123456789","key-b-0123456789","key-c-0123456789"]`)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !contains(keys, key) {
			t.Errorf("%x is not found", key)
		}
		for bit := range 8 * len(key) { // any wrong bit counts
			wrong := key
			wrong[bit/8] ^= 1 << (bit % 8)
			if contains(keys, wrong) {
				t.Errorf("%x is found", wrong)
			}
		}
	}
	if contains(nil, digest{}) {
		t.Error("nothing is found in nothing")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	const one, two = "new-0123456789ab", "old/0123456789=="
	for text, want := range map[string][]string{
		one:                             {one},
		" " + one + "\r\n":              {one},
		`["` + one + `","` + two + `"]`: {one, two},
		` ["` + one + `"] `:             {one},
		`{"current":"` + one + `","previous":"` + two + `"}`: {one, two},
		`{"chat":"` + one + `"}`:                             {one},
		`["` + one + `\n"," ` + two + `"]`:                   {one, two},
		strings.Repeat("1", minLength-1) + "x":               {strings.Repeat("1", minLength-1) + "x"},
	} {
		got, err := parse(text)
		if err != nil || len(got) != len(want) {
			t.Errorf("parse(%q) = %d keys, %v, want %q", text, len(got), err, want)
		}
		for _, key := range want {
			if !slices.Contains(got, sha256.Sum256([]byte(key))) {
				t.Errorf("parse(%q) has no %q", text, key)
			}
		}
	}
	const scalar = "it is a JSON scalar"
	for text, want := range map[string]string{
		"":                           "key 1 of 1 in it is empty",
		"\n":                         "key 1 of 1 in it is empty",
		"[]":                         "there are no keys in it",
		"{}":                         "there are no keys in it",
		`["hidden-0123456789",""]`:   "key 2 of 2 in it is empty",
		`["hidden-0123456789"," "]`:  "key 2 of 2 in it is empty",
		`["hidden-0123456789"`:       "not a JSON array of strings",
		`["hidden-0123456789",2]`:    "not a JSON array of strings",
		`["hidden-0123456789",null]`: "key 2 of 2 in it is empty",
		`{"hidden":{"a":1}}`:         "not a JSON object of strings",
		`{"hidden":null}`:            "key 1 of 1 in it is empty",
		// What is known or guessed must not become a key.
		`{"username":"hidden-0123456789","password":"hidden-0123456789"}`: "members other than current and previous",
		`""`:                      scalar,
		`" "`:                     scalar,
		"null":                    scalar,
		" null\n":                 scalar,
		"false":                   scalar,
		"0":                       scalar,
		"12345678901234567890":    scalar,
		`"hidden-0123456789"`:     scalar,
		`"hidden-0123456789`:      scalar,
		"undefined":               "key 1 of 1 in it has 9 characters: want 16 or more",
		"hidden-01234567":         "has 15 characters: want 16 or more",
		`["hidden"]`:              "has 6 characters: want 16 or more",
		`{"current":"null"}`:      "has 4 characters: want 16 or more",
		"hidden 0123456789":       "has spaces or characters other than ASCII",
		"hidden-0123456789\nb":    "has spaces or characters other than ASCII",
		"hidden-0123456789-für":   "has spaces or characters other than ASCII",
		"\ufeffhidden-0123456789": "has spaces or characters other than ASCII",
	} {
		_, err := parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("parse(%q): error %v, want one with %q that hides what it read", text, err, want)
		}
	}
}

// API_KEY is for trials, and may be short. On Lambda, where others can reach it, the log says so.
func TestShortPlainKeyIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key       string
		variables map[string]string
		warns     bool
	}{
		"short, on Lambda":          {"hidden", map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat"}, true},
		"null, on Lambda":           {"null", map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat"}, true},
		"long, on Lambda":           {"hidden-0123456789", map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat"}, false},
		"short, in the local chain": {"hidden", map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "chat", "STREAMFRONT_LOCAL": "true"}, false},
		"short, on a laptop":        {"hidden", map[string]string{}, false},
	} {
		var log bytes.Buffer
		test.variables["API_KEY"] = test.key
		if _, err := FromEnvironment(environment(test.variables), slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		if warns := strings.Contains(log.String(), "only suitable for a trial"); warns != test.warns || strings.Contains(log.String(), test.key) {
			t.Errorf("%s: log = %q, want a warning: %t, without the key", name, &log, test.warns)
		}
	}
}

// A server that asks for no key is for the programs of this machine and for its own page: not
// for the network, nor for what a browser does for the page of another site.
func TestWithoutKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, host, from string
		header             map[string]string
		local              bool
		want               int
	}{
		"a program":                      {want: 200},
		"a program, by IPv6":             {host: "[::1]:8080", from: "[::1]:50000", want: 200},
		"its own page":                   {header: map[string]string{"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"}, want: 200},
		"the address bar":                {method: "GET", header: map[string]string{"Sec-Fetch-Site": "none"}, want: 200},
		"a page of another site":         {header: map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, want: 403},
		"an old browser":                 {header: map[string]string{"Origin": "https://evil.example"}, want: 403},
		"a page of another port":         {header: map[string]string{"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, want: 403},
		"a page that was allowed":        {header: map[string]string{"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}, want: 200},
		"a name that was rebound":        {host: "evil.example:8080", header: map[string]string{"Origin": "http://evil.example:8080", "Sec-Fetch-Site": "same-origin"}, want: 403},
		"the network":                    {from: "192.168.1.7:50000", host: "192.168.1.2:8080", want: 403},
		"behind the chain":               {local: true, host: "d1.cloudfront.net", from: "192.0.2.1:0", want: 200},
		"behind the chain, another site": {local: true, header: map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{"ALLOWED_ORIGINS": "https://app.example, https://b.example"}
			if test.local {
				variables["STREAMFRONT_LOCAL"] = "true"
			}
			guard, err := FromEnvironment(environment(variables), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(cmp.Or(test.method, "POST"), "http://"+cmp.Or(test.host, "localhost:8080")+"/", nil)
			r.RemoteAddr = cmp.Or(test.from, "127.0.0.1:50000")
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			guard.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
			if w.Code != test.want {
				t.Errorf("status = %d %s, want %d", w.Code, w.Body, test.want)
			}
		})
	}
}

// ask sends a request to a handler behind the guard that answers 200.
func ask(guard *Guard, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://localhost:8080/", nil)
	r.RemoteAddr = "127.0.0.1:50000"
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	guard.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
	return w
}

func wantError(t *testing.T, response *httptest.ResponseRecorder, code string) {
	t.Helper()
	var body struct {
		Error struct{ Message, Type, Code string }
	}
	if err := json.Unmarshal(response.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if body.Error.Code != code || body.Error.Message == "" || body.Error.Type == "" {
		t.Errorf("error = %+v, want the code %s", body.Error, code)
	}
	if got := response.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", got)
	}
}
