package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/model"
)

const failing = `"model":"streamfront-echo","messages":[{"role":"user","content":"one [[fail]] two"}]`

func TestErrorInMidStreamIsTheLastEvent(t *testing.T) {
	t.Parallel()
	all := eventsOf(t, serve(newTestHandler(echo.Model{}), chatRequestWith(`{"stream":true,`+failing+`}`)).Body)
	if last := all[len(all)-2]; !strings.Contains(last, `" one"`) {
		t.Errorf("before the error: %s, want the word before it", last)
	}
	wantError(t, []byte(all[len(all)-1]), model.TypeServer, "", "model_failed")
}

func TestErrorOfAWholeAnswerHasItsStatus(t *testing.T) {
	t.Parallel()
	response := serve(newTestHandler(echo.Model{}), chatRequestWith(`{`+failing+`}`))
	if response.Code != http.StatusInternalServerError {
		t.Errorf("status = %d, want 500", response.Code)
	}
	wantError(t, response.Body.Bytes(), model.TypeServer, "", "model_failed")
}

// refusing is a model that accepts no request.
type refusing struct {
	echo.Model
	err error
}

func (m refusing) Start(context.Context, *model.Request) (iter.Seq2[model.Delta, error], error) {
	return nil, m.err
}

// Until the model has accepted, a stream is answered with a status, too, and no secrets.
func TestModelRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err        error
		status     int
		kind, code string
		retry      string
	}{
		"its own":     {&model.Error{Status: 429, Message: "Later.", Type: model.TypeRateLimit, Code: "throttled", RetryAfter: 2}, 429, model.TypeRateLimit, "throttled", "2"},
		"wrapped":     {fmt.Errorf("secret: %w", &model.Error{Status: 400, Message: "No.", Type: model.TypeInvalidRequest}), 400, model.TypeInvalidRequest, "", ""},
		"any other":   {errors.New("secret"), 500, model.TypeServer, "model_failed", ""},
		"out of time": {context.DeadlineExceeded, 504, model.TypeServer, "model_timeout", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := serve(newTestHandler(refusing{err: test.err}), chatRequestWith(`{"stream":true,`+hello+`}`))
			if response.Code != test.status || response.Header().Get("Retry-After") != test.retry {
				t.Errorf("status = %d, Retry-After %q, want %d, %q", response.Code, response.Header().Get("Retry-After"), test.status, test.retry)
			}
			if strings.Contains(response.Body.String(), "secret") {
				t.Errorf("the answer has the secret: %s", response.Body)
			}
			wantError(t, response.Body.Bytes(), test.kind, "", test.code)
		})
	}
}

func TestWhoseErrorItIs(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{400: true, 404: true, 413: true, 429: false, 500: false, 503: false} {
		if got := isRefusal(fmt.Errorf("wrapped: %w", &model.Error{Status: status})); got != want {
			t.Errorf("of the client, with status %d: %t, want %t", status, got, want)
		}
	}
	if isRefusal(viewerLeft(io.EOF)) {
		t.Error("a viewer who left is not a refusal")
	}
}

// The log has the cause of what failed, and nothing of a request that was wrong.
func TestLogOfErrors(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	handler := NewHandler(Options{Models: []model.Model{echo.Model{}}, OpenFile: openFile, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	serve(handler, chatRequestWith(`{"model":"streamfront-echo","messages":[{"role":"secret","content":"secret"}]}`))
	if log.Len() > 0 {
		t.Errorf("after a wrong request the log has %s", &log)
	}
	serve(handler, chatRequestWith(`{"model":"streamfront-echo","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"none"}}]}]}`))
	if got := log.String(); !strings.Contains(got, `"level":"WARN"`) || !strings.Contains(got, "store: ") {
		t.Errorf("after a file that is not found the log has %s, want a warning with what the store says", got)
	}
	log.Reset()
	serve(handler, chatRequestWith(`{`+failing+`}`))
	if got := log.String(); !strings.Contains(got, "the built-in model met") || strings.Contains(got, "one") {
		t.Errorf("log = %s, want the cause and nothing that was said", got)
	}
}
