package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/quota"
)

const chatTarget = "/v1/chat/completions"

func chatRequest(stream bool) string {
	return fmt.Sprintf(`{"model":"streamfront-echo","stream":%t,"messages":[{"role":"user","content":"one two three"}]}`, stream)
}

// The tokens of an answer count for the key that asked, streamed or whole; a key that is wrong
// counts for nobody.
func TestQuotaOfAKey(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		q, err := quota.FromEnvironment(func(name string) string { return map[string]string{"QUOTA_TOKENS": "1"}[name] }, discard)
		if err != nil {
			t.Fatal(err)
		}
		handler := newHandler(&config{keys: guard("the-key"), model: echo.Model{}, quota: q}, discard)
		for i, test := range []struct {
			key  string
			want int
		}{{"wrong", 401}, {"the-key", 200}, {"the-key", 429}, {"wrong", 401}} {
			r := httptest.NewRequest("POST", chatTarget, strings.NewReader(chatRequest(stream)))
			r.Header.Set("Authorization", "Bearer "+test.key)
			if w := serve(handler, r); w.Code != test.want {
				t.Errorf("stream %t, request %d: %d %s, want %d", stream, i, w.Code, w.Body, test.want)
			}
		}
		models := httptest.NewRequest("GET", "/v1/models", nil)
		models.Header.Set("Authorization", "Bearer the-key")
		if w := serve(handler, models); w.Code != 200 {
			t.Errorf("the models: %d, want 200, since they are no answer", w.Code)
		}
	}
}

// An answer that takes too long ends as one that is too long does, and is not broken off.
func TestLongestAnswer(t *testing.T) {
	t.Parallel()
	handler := newHandler(&config{keys: guard("the-key"), model: echo.Model{Delay: time.Hour}, longest: 10 * time.Millisecond}, discard)
	ask := func(stream bool) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", chatTarget, strings.NewReader(chatRequest(stream)))
		r.Header.Set("Authorization", "Bearer the-key")
		return serve(handler, r)
	}
	w := ask(false)
	var answer struct {
		Choices []struct {
			FinishReason string `json:"finish_reason"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || len(answer.Choices) != 1 || answer.Choices[0].FinishReason != "length" {
		t.Errorf("whole: %d %s, %v, want one that ends for its length", w.Code, w.Body, err)
	}
	w = ask(true)
	if text := w.Body.String(); w.Code != 200 || !strings.Contains(text, `"finish_reason":"length"`) || !strings.HasSuffix(text, "data: [DONE]\n\n") {
		t.Errorf("stream: %d %s, want one that ends for its length", w.Code, text)
	}
}
