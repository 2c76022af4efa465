package openai

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/streamfront/streamfront/functions/stream/model"
)

const (
	// MaxFileBytes is what the files of one request may have together, 8 MB. Models take a
	// million tokens or two at most, some four bytes each. No upload may be larger,
	// since nothing else reads them.
	MaxFileBytes = 8_000_000

	// MaxFiles is how many files and images a request may have. Converse takes 20 images.
	MaxFiles = 20

	// filesTimeout is for reading all files of a request. CloudFront waits 60 s for the
	// first byte of an answer, and the model, which is asked after that, may take 45 s.
	filesTimeout = 12 * time.Second

	// maxMediaType is for what a data URL says that it has. RFC 6838 lets a media type have
	// 127 characters before the slash, and after it.
	maxMediaType = 255
)

// OpenFile returns the file with an id, to be closed by the caller, and its name. If the
// error wraps ErrNoFile, the client learns that there is no such file.
type OpenFile func(ctx context.Context, id string) (file io.ReadCloser, name string, err error)

// ErrNoFile says that there is no file with an id.
var ErrNoFile = errors.New("openai: no such file")

// source says where a part of a message comes from. One of its fields is set.
type source struct {
	text     *string
	id       string // of an upload
	data     string // a data URL, or base64 alone
	name     string // of what is in data
	imageURL string // a data URL, too
}

// contentReader makes content of what messages have. It reads a file once, however often
// the messages name it.
type contentReader struct {
	ctx   context.Context
	open  OpenFile
	known map[string]file // by id
	files int             // there were
	left  int64           // bytes that files may still have
}

type file struct {
	name string
	data []byte
}

// newContentReader returns a reader whose time is limited, and a function that ends it.
func newContentReader(ctx context.Context, open OpenFile) (*contentReader, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, filesTimeout)
	return &contentReader{ctx: ctx, open: open, known: make(map[string]file), left: MaxFileBytes}, cancel
}

// part reads the part of a message that is at param.
func (r *contentReader) part(param string, s source) (model.Part, *model.Error) {
	if s.text != nil {
		return model.Part{Text: *s.text}, nil
	}
	if r.files++; r.files > MaxFiles {
		return model.Part{}, tooMuch("too_many_files", param, "A request may have %d files and images, and %s is one more: send less.", MaxFiles, param)
	}
	var f file
	var err *model.Error
	switch {
	case s.id != "":
		f, err = r.upload(param, s.id)
	case s.imageURL != "":
		f, err = fromURL(param, s.imageURL)
	case s.data != "":
		f, err = fromData(param, s.data)
		f.name = cmp.Or(s.name, "file")
	default:
		err = model.Invalid(param, "%s must have a file_id, an upload by POST /uploads, or a data URL.", param)
	}
	if err != nil {
		return model.Part{}, err
	}
	if r.left -= int64(len(f.data)); r.left < 0 {
		return model.Part{}, tooMuch("file_too_large", param, "The files of a request may have %d bytes together, and %s goes over that: send less.", MaxFileBytes, param)
	}
	if format, ok := imageFormat(f.data); ok {
		return model.Part{Image: &model.Image{Format: format, Data: f.data}}, nil
	}
	if s.imageURL != "" || !utf8.Valid(f.data) || bytes.IndexByte(f.data, 0) >= 0 {
		return model.Part{}, model.Invalid(param, "%s is neither an image (PNG, JPEG, GIF, WebP) nor text in UTF-8: nothing else is accepted.", param)
	}
	// Between lines that name it to the model.
	return model.Part{Text: fmt.Sprintf("--- begin of file %q ---\n%s\n--- end of file ---", f.name, f.data)}, nil
}

func tooMuch(code, param, format string, args ...any) *model.Error {
	e := model.Invalid(param, format, args...)
	e.Status, e.Code = http.StatusRequestEntityTooLarge, code
	return e
}

// imageFormat knows images by their first bytes, as browsers do:
// https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern.
func imageFormat(data []byte) (string, bool) {
	format, ok := strings.CutPrefix(http.DetectContentType(data), "image/")
	switch format {
	case "png", "jpeg", "gif", "webp":
		return format, ok
	}
	return "", false
}

// upload reads a file of the store.
func (r *contentReader) upload(param, id string) (file, *model.Error) {
	if f, ok := r.known[id]; ok {
		return f, nil
	}
	if r.open == nil {
		return file{}, model.Invalid(param, "%s is an upload, but this function has none: send the text itself, or a data URL.", param)
	}
	reader, name, err := r.open(r.ctx, id)
	if errors.Is(err, ErrNoFile) {
		e := model.Invalid(param, "There is no file %.100q: it was not uploaded, or has expired.", id)
		e.Cause = err // the store may not know better: Amazon S3 says so as well if it may not be read
		return file{}, e
	}
	if err != nil {
		return file{}, unreadable(id, err)
	}
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, r.left+1)) // one more shows that it is too large
	if err != nil {
		return file{}, unreadable(id, err)
	}
	r.known[id] = file{name, data}
	return r.known[id], nil
}

func unreadable(id string, err error) *model.Error {
	e := failed(fmt.Errorf("file %q: %w", id, err))
	e.Code, e.Message = "file_unreadable", "A file cannot be read; the log of the function says why. Try again."
	return e
}

// fromURL reads an image of a data URL. Others would have the function fetch what anyone
// names, from a network that not everyone is in.
func fromURL(param, address string) (file, *model.Error) {
	if !isDataURL(address) {
		return file{}, model.Invalid(param, "%s is at %.40q, but this function fetches nothing from elsewhere: send a data URL, or the file_id of an upload.", param, address)
	}
	return fromData(param, address)
}

func isDataURL(address string) bool {
	return len(address) >= 5 && strings.EqualFold(address[:5], "data:")
}

// fromData reads a data URL (RFC 2397), or what some clients send for one, base64 alone.
func fromData(param, text string) (file, *model.Error) {
	inBase64 := true
	if isDataURL(text) {
		head, data, ok := strings.Cut(text[5:], ",")
		if !ok || len(head) > maxMediaType {
			return file{}, model.Invalid(param, "%s is not a data URL, such as data:text/plain;base64,SGVsbG8=.", param)
		}
		text, inBase64 = data, strings.HasSuffix(strings.ToLower(head), ";base64")
	}
	if !inBase64 {
		data, err := url.PathUnescape(text)
		if err != nil {
			return file{}, model.Invalid(param, "The data URL of %s has escapes that are not valid.", param)
		}
		return file{data: []byte(data)}, nil
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		data, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil {
		return file{}, model.Invalid(param, "The data of %s is not base64: %v.", param, err)
	}
	return file{data: data}, nil
}

// checkImages refuses images where models take none.
func checkImages(param string, role model.Role, content []model.Part) *model.Error {
	if role == model.RoleUser || role == model.RoleTool {
		return nil
	}
	for _, part := range content {
		if part.Image != nil {
			return model.Invalid(param, "%s has an image, but its role is %q: only messages of users and results of tools may have images.", param, role)
		}
	}
	return nil
}
