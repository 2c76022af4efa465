package uploads

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/streamfront/streamfront/functions/stream/caller"
)

// types are the media types that are taken besides text/*: what a model can read as text,
// and images.
var types = []string{
	"application/json", "application/x-ndjson", "application/jsonl", "application/xml",
	"application/yaml", "application/x-yaml", "application/toml", "application/javascript", "application/sql",
	"image/png", "image/jpeg", "image/gif", "image/webp",
}

// maxName is in bytes, as file systems have it. Amazon S3 keeps 2 KB of metadata, and this
// is three times as long once it is percent-encoded.
const maxName = 255

// maxType is for a media type with its parameters, in bytes. RFC 6838 lets it have 127 before
// the slash, and after it.
const maxType = 255

// Handler serves POST /uploads, for a caller that was let in: the request is {"name", "type", "size"} in JSON, the size
// in bytes, and the answer a [Ticket]. An empty type, which browsers have for endings that
// they do not know, is text/plain. Errors are OpenAI's error objects. With a nil Store all
// answers are 501, and say what to configure.
func Handler(s *Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // the URL is as good as a key
		if s == nil {
			writeError(w, notConfigured)
			return
		}
		file, refused := readFile(r.Body, s.maxBytes)
		if refused != nil {
			writeError(w, *refused)
			return
		}
		ticket, err := s.Ticket(r.Context(), OwnerOf(caller.Of(r)), file)
		if err != nil {
			slog.ErrorContext(r.Context(), "no upload", "error", err)
			writeError(w, failure{http.StatusInternalServerError, "upload_failed", "", "The upload could not be signed: see the function's log."})
			return
		}
		writeJSON(w, http.StatusOK, ticket)
	})
}

var notConfigured = failure{
	http.StatusNotImplemented, "uploads_not_configured", "",
	"Uploads are not configured: set UPLOADS_BUCKET to the name of an S3 bucket, as the construct NewUploads does, and deploy again.",
}

// readFile reads what the viewer wants to upload.
func readFile(body io.Reader, maxBytes int64) (File, *failure) {
	var f File
	invalid := func(param, format string, args ...any) (File, *failure) {
		return f, &failure{http.StatusBadRequest, "invalid_upload", param, fmt.Sprintf(format, args...)}
	}
	var request struct {
		Name, Type string
		Size       int64
	}
	text, err := io.ReadAll(io.LimitReader(body, 1<<14))
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	if err != nil {
		return invalid("", `The body is not a valid request in JSON, such as {"name":"report.txt","type":"text/plain","size":1048576}: %v.`, err)
	}
	f = File{Name: request.Name, Type: request.Type, Size: request.Size}
	switch {
	case f.Name == "" || len(f.Name) > maxName:
		return invalid("name", "name has %d bytes: want 1 to %d.", len(f.Name), maxName)
	case !utf8.ValidString(f.Name) || strings.ContainsFunc(f.Name, unicode.IsControl):
		return invalid("name", "name %q has characters that no file name has.", f.Name)
	case f.Size < 1:
		return invalid("size", "size is %d: want the size of the file in bytes, at least 1.", f.Size)
	case f.Size > maxBytes:
		return f, &failure{http.StatusRequestEntityTooLarge, "file_too_large", "size", fmt.Sprintf("size is %d: a file may have %d bytes.", f.Size, maxBytes)}
	}
	if f.Type == "" {
		f.Type = "text/plain"
	}
	if len(f.Type) > maxType {
		return invalid("type", "type has %d bytes: want at most %d.", len(f.Type), maxType)
	}
	media, parameters, err := mime.ParseMediaType(f.Type)
	if err != nil {
		return invalid("type", "type %q is not a media type: %v.", f.Type, err)
	}
	if !strings.HasPrefix(media, "text/") && !slices.Contains(types, media) {
		return f, &failure{
			http.StatusUnsupportedMediaType, "unsupported_type", "type",
			fmt.Sprintf("type %q is not taken: want text/* or one of %s.", media, strings.Join(types, ", ")),
		}
	}
	if f.Type = mime.FormatMediaType(media, parameters); f.Type == "" {
		return invalid("type", "type %q has parameters that cannot be sent.", request.Type)
	}
	return f, nil
}

// A failure is an error for the viewer.
type failure struct {
	status  int
	code    string
	param   string // "": none
	message string
}

// writeError answers with OpenAI's error object.
func writeError(w http.ResponseWriter, f failure) {
	kind := "invalid_request_error"
	if f.status >= 500 {
		kind = "server_error"
	}
	var param any
	if f.param != "" {
		param = f.param
	}
	writeJSON(w, f.status, map[string]any{
		"error": map[string]any{"message": f.message, "type": kind, "param": param, "code": f.code},
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // a URL has "&" in it, and people paste it into a shell
	_ = encoder.Encode(body)     // fails only if nobody reads it any more
}
