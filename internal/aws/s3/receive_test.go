package s3

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/streamfront/streamfront/internal/loopback"
)

// Whose fault it is that an upload cannot be kept.
func TestReceive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		disk   io.Writer
		body   io.Reader
		code   string
		status int
		detail string
	}{
		"all of it":      {io.Discard, strings.NewReader("body"), "", 0, ""},
		"too little":     {io.Discard, strings.NewReader("bo"), "IncompleteBody", 400, ""},
		"broken off":     {io.Discard, io.MultiReader(strings.NewReader("bo"), failing{io.ErrUnexpectedEOF}), "IncompleteBody", 400, ""},
		"slow":           {io.Discard, io.MultiReader(strings.NewReader("bo"), failing{loopback.ErrSlow}), "RequestTimeout", 400, "2 of 4 bytes"},
		"full disk":      {failing{syscall.ENOSPC}, strings.NewReader("body"), "InternalError", 500, "no space left on device"},
		"full in middle": {&full{room: 2}, strings.NewReader("body"), "InternalError", 500, "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &request{Request: httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/bucket/key", test.body), id: "ID"}
			r.ContentLength = 4
			_, err := r.receive(test.disk, io.Discard)
			if err == nil {
				err = &Error{}
			}
			if err.Code != test.code || !strings.Contains(err.detail, test.detail) {
				t.Fatalf("receive = %+v, want %q with %q", err, test.code, test.detail)
			}
			if w := httptest.NewRecorder(); test.code != "" {
				if writeError(w, r, err); w.Code != test.status {
					t.Errorf("status = %d, want %d", w.Code, test.status)
				}
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// full is a disk with a little room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.room)
	f.room -= n
	if n < len(p) {
		return n, errors.Join(syscall.ENOSPC)
	}
	return n, nil
}
