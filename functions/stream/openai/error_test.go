package openai

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/model"
)

// A 404 names what is served, and what to do with a client that asks for something else.
func TestNotFoundSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for path, advice := range map[string]string{
		"/v1/embeddings":                   "another base URL",
		"/v1/messages":                     "Anthropic's protocol is not spoken here",
		"/v1/messages/count_tokens":        "Anthropic's protocol is not spoken here",
		"/v1/completions":                  "use chat completions",
		"/v1/responses/resp_1":             "send the whole conversation",
		"/v1/v1/chat/completions":          "has it twice",
		"/v1/none":                         "ends in /v1",
		"/chat/completions":                "ends in /v1",
		"/responses":                       "ends in /v1",
		"/v1/" + strings.Repeat("x", 5000): "ends in /v1",
	} {
		w := serve(newTestHandler(echo.Model{}), httptest.NewRequest("POST", path, nil))
		if w.Code != http.StatusNotFound || w.Body.Len() > 1000 {
			t.Errorf("%.40s: status = %d, %d bytes", path, w.Code, w.Body.Len())
		}
		wantError(t, w.Body.Bytes(), model.TypeInvalidRequest, "", "unknown_url")
		for _, part := range []string{advice, "/v1/responses", "/v1/chat/completions", "/v1/models"} {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%.40s: %s, want %q in it", path, w.Body, part)
			}
		}
	}
}
