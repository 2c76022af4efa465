package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestUpstreamOfTheEnvironment(t *testing.T) {
	const bedrock = "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1"
	for name, test := range map[string]struct {
		variables map[string]string
		err       string // "" is none
	}{
		"Bedrock":              {map[string]string{"UPSTREAM_URL": bedrock}, ""},
		"Bedrock by a key":     {map[string]string{"UPSTREAM_URL": bedrock, "UPSTREAM_KEY": "k"}, ""},
		"a secret":             {map[string]string{"UPSTREAM_URL": "https://api.openai.com/v1", "UPSTREAM_KEY_SECRET_ARN": "arn"}, ""},
		"on this machine":      {map[string]string{"UPSTREAM_URL": "http://127.0.0.1:8000/v1"}, ""},
		"no key":               {map[string]string{"UPSTREAM_URL": "https://api.openai.com/v1"}, "no key for it"},
		"two keys":             {map[string]string{"UPSTREAM_URL": bedrock, "UPSTREAM_KEY": "k", "UPSTREAM_KEY_SECRET_ARN": "arn"}, "want one of them"},
		"and a model":          {map[string]string{"UPSTREAM_URL": bedrock, "BEDROCK_MODEL_ID": "m", "AWS_REGION": "eu-west-1"}, "BEDROCK_MODEL_ID"},
		"plain HTTP":           {map[string]string{"UPSTREAM_URL": "http://api.openai.com/v1", "UPSTREAM_KEY": "k"}, "by https"},
		"not a URL":            {map[string]string{"UPSTREAM_URL": "api.openai.com", "UPSTREAM_KEY": "k"}, "UPSTREAM_URL is"},
		"a query":              {map[string]string{"UPSTREAM_URL": "https://api.openai.com/v1?a=b", "UPSTREAM_KEY": "k"}, "UPSTREAM_URL is"},
		"a name in the URL":    {map[string]string{"UPSTREAM_URL": "https://u:p@api.openai.com/v1", "UPSTREAM_KEY": "k"}, "UPSTREAM_URL is"},
		"a model without name": {map[string]string{"UPSTREAM_URL": bedrock, "UPSTREAM_MODELS": "a,,b"}, "UPSTREAM_MODELS is"},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := readUpstream(from(test.variables))
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) || err == nil && o == nil {
				t.Errorf("upstream = %+v, %v, want %q", o, err, test.err)
			}
		})
	}
	if o, err := readUpstream(from(nil)); o != nil || err != nil {
		t.Errorf("without a variable: %+v, %v", o, err)
	}
}

// A key that somebody has put into the address does not get into a log.
func TestUpstreamURLWithAKey(t *testing.T) {
	for _, address := range []string{"https://user:hidden@example.com/v1", "https://hidden@example.com", "https://example.com/v1?key=hidden", "https://example.com/v1#hidden", "https://user:hidden%zz@example.com", "user:hidden@example.com"} {
		_, err := readUpstream(from(map[string]string{"UPSTREAM_URL": address, "UPSTREAM_KEY": "k"}))
		if err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// From the environment to the upstream and back: the viewer's key stays here, the
// function's goes on.
func TestUpstream(t *testing.T) {
	var authorization, path, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		authorization, path, body = r.Header.Get("Authorization"), r.URL.Path, string(text)
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	t.Cleanup(server.Close)
	c, err := readConfig(from(map[string]string{
		"API_KEY": "viewer-key-0123456789", "UPSTREAM_URL": server.URL + "/v1/", "UPSTREAM_KEY": "upstream-key", "UPSTREAM_MODELS": "m, n", "MAX_TOKENS": "9",
	}), discard)
	if err != nil {
		t.Fatal(err)
	}
	handler := newHandler(c, discard)
	r := localRequest("POST", "/v1/chat/completions", strings.NewReader(`{"model":"n"}`))
	if got := serve(handler, r).Code; got != http.StatusUnauthorized || path != "" {
		t.Errorf("without the key: status = %d, and the upstream was asked for %q", got, path)
	}
	r = localRequest("POST", "/v1/chat/completions", strings.NewReader(`{"model":"n"}`))
	r.Header.Set("Authorization", "Bearer viewer-key-0123456789")
	answer := serve(handler, r)
	if answer.Code != http.StatusOK || answer.Body.String() != `{"id":"1"}` || answer.Header().Get("X-Request-Id") == "" {
		t.Errorf("answer = %d %v %s", answer.Code, answer.Header(), answer.Body)
	}
	if authorization != "Bearer upstream-key" || path != "/v1/chat/completions" || body != `{"max_completion_tokens":9,"model":"n"}` {
		t.Errorf("the upstream got %q, %s, %s", authorization, path, body)
	}
}
