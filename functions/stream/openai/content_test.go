package openai

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/model"
)

// The first bytes of images, of which the rest is not looked at.
var images = map[string]string{
	"png": "\x89PNG\r\n\x1a\n....", "jpeg": "\xff\xd8\xff....", "gif": "GIF89a....", "webp": "RIFF....WEBPVP8 ",
}

func TestSources(t *testing.T) {
	t.Parallel()
	encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	open := func(_ context.Context, id string) (io.ReadCloser, string, error) {
		return io.NopCloser(strings.NewReader(images[id])), "a", nil
	}
	for name, test := range map[string]struct {
		source source
		format string // of an image
		text   string // of a file
		fault  string // in the message of a refusal
	}{
		"png":                {source{imageURL: "data:image/png;base64," + encoded(images["png"])}, "png", "", ""},
		"jpeg":               {source{imageURL: "DATA:image/jpeg;BASE64," + encoded(images["jpeg"])}, "jpeg", "", ""},
		"another type":       {source{imageURL: "data:image/png;base64," + encoded(images["webp"])}, "webp", "", ""},
		"image as a file":    {source{data: "data:image/gif;base64," + encoded(images["gif"]), name: "a.gif"}, "gif", "", ""},
		"uploaded image":     {source{id: "png"}, "png", "", ""},
		"text as a file":     {source{data: "data:text/plain;base64," + encoded("Hällo"), name: "a.txt"}, "", "--- begin of file \"a.txt\" ---\nHällo\n--- end of file ---", ""},
		"text without a URL": {source{data: encoded("Hello")}, "", "--- begin of file \"file\" ---\nHello\n--- end of file ---", ""},
		"text with escapes":  {source{data: "data:,Hello%20there"}, "", "--- begin of file \"file\" ---\nHello there\n--- end of file ---", ""},
		"text as an image":   {source{imageURL: "data:image/png;base64," + encoded("Hello")}, "", "", "neither an image"},
		"octets":             {source{data: "data:;base64," + encoded("\x00\x01")}, "", "", "neither an image"},
		"PDF":                {source{data: "data:application/pdf;base64," + encoded("%PDF-1.7\n\xff")}, "", "", "neither an image"},
		"elsewhere":          {source{imageURL: "http://169.254.169.254/latest/meta-data"}, "", "", "fetches nothing"},
		"no base64":          {source{imageURL: "data:image/png;base64,!"}, "", "", "not base64"},
		"no comma":           {source{imageURL: "data:image/png;base64"}, "", "", "not a data URL"},
		"a long media type":  {source{imageURL: "data:image/" + strings.Repeat("x", 10_000) + ";base64,AAAA"}, "", "", "not a data URL"},
		"nothing":            {source{}, "", "", "must have a file_id"},
	} {
		r, cancel := newContentReader(t.Context(), open)
		part, err := r.part("at", test.source)
		cancel()
		switch {
		case test.fault != "":
			if err == nil || err.Status != http.StatusBadRequest || err.Param != "at" || !strings.Contains(err.Message, test.fault) || len(err.Message) > 300 {
				t.Errorf("%s: %+v, %v, want a refusal with %q", name, part, err, test.fault)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case test.format != "" && (part.Image == nil || part.Image.Format != test.format), test.format == "" && part.Text != test.text:
			t.Errorf("%s: %+v, want the image %q or the text %q", name, part, test.format, test.text)
		}
	}
}

// However often a file is named, it is read once.
func TestFilesAreReadOnce(t *testing.T) {
	t.Parallel()
	reads := 0
	open := func(_ context.Context, id string) (io.ReadCloser, string, error) {
		if reads++; id != "file-1" {
			return nil, "", ErrNoFile
		}
		return io.NopCloser(strings.NewReader("text")), "a.txt", nil
	}
	ask := func(parts int, path, body, part string) *httptest.ResponseRecorder {
		reads = 0
		all := strings.TrimSuffix(strings.Repeat(part+",", parts), ",")
		handler := NewHandler(Options{Models: []model.Model{echo.Model{}}, Log: discard, OpenFile: open})
		return serve(handler, httptest.NewRequest("POST", path, strings.NewReader(strings.Replace(body, "PARTS", all, 1))))
	}
	for path, test := range map[string]struct{ body, part string }{
		"/v1/chat/completions": {`{"model":"streamfront-echo","messages":[{"role":"user","content":[PARTS]}]}`, `{"type":"file","file":{"file_id":"file-1"}}`},
		"/v1/responses":        {`{"model":"streamfront-echo","input":[{"role":"user","content":[PARTS]}]}`, `{"type":"input_file","file_id":"file-1"}`},
	} {
		if answer := ask(MaxFiles, path, test.body, test.part); answer.Code != http.StatusOK || reads != 1 {
			t.Errorf("%s: status %d after %d reads, want 200 after 1: %s", path, answer.Code, reads, answer.Body)
		}
		if answer := ask(13_000, path, test.body, test.part); answer.Code != http.StatusRequestEntityTooLarge || reads > 1 || !strings.Contains(answer.Body.String(), "too_many_files") {
			t.Errorf("%s: status %d after %d reads, want 413 after 1 at most: %s", path, answer.Code, reads, answer.Body)
		}
	}
}

// All files of a request share one time, so that slow ones do not use up the viewer's.
func TestFilesShareTheirTime(t *testing.T) {
	t.Parallel()
	r, cancel := newContentReader(t.Context(), func(ctx context.Context, _ string) (io.ReadCloser, string, error) {
		<-ctx.Done()
		return nil, "", ctx.Err()
	})
	if deadline, ok := r.ctx.Deadline(); !ok || deadline.IsZero() {
		t.Error("the reader has no deadline")
	}
	cancel()
	if _, err := r.part("at", source{id: "slow"}); err == nil || err.Code != "file_unreadable" {
		t.Errorf("error = %v, want file_unreadable", err)
	}
}
