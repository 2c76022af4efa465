package explain

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// Curl is a request as curl's flags describe it.
type Curl struct {
	method  string
	headers []string
	data    []string
	binary  []string
	raw     []string
	head    bool
}

// BindCurl adds those flags of curl that make a request what it is.
func BindCurl(flags *pflag.FlagSet) *Curl {
	c := &Curl{}
	flags.StringVarP(&c.method, "request", "X", "", "`method`; GET, or POST with a body")
	flags.StringArrayVarP(&c.headers, "header", "H", nil, "`header` to send, as 'name: value'; may be repeated")
	flags.StringArrayVarP(&c.data, "data", "d", nil, "`body` to send; @file reads it from a file, without its newlines")
	flags.StringArrayVar(&c.binary, "data-binary", nil, "`body` to send; @file reads it from a file unchanged")
	flags.StringArrayVar(&c.raw, "data-raw", nil, "`body` to send, also if it begins with @")
	flags.BoolVarP(&c.head, "head", "I", false, "send a HEAD request")
	return c
}

// Request returns the request to the address. The file "-" is standard input.
func (c *Curl) Request(address string) (*Request, error) {
	return c.request(address, func(name string) ([]byte, error) {
		if name == "-" {
			return io.ReadAll(os.Stdin)
		}
		return os.ReadFile(name)
	})
}

// request reads files for the body by readFile; with its error the rest of the request is
// whole.
func (c *Curl) request(address string, readFile func(string) ([]byte, error)) (*Request, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an address: want https://name/path", address)
	}
	r := &Request{Method: strings.ToUpper(c.method), URL: address, Header: http.Header{}}
	for _, h := range c.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("%q is not a header: want 'name: value'", h)
		}
		r.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	var pieces []string
	for _, given := range []struct {
		values          []string
		files, newlines bool
	}{{c.data, true, false}, {c.binary, true, true}, {c.raw, false, true}} {
		for _, piece := range given.values {
			if file, isFile := strings.CutPrefix(piece, "@"); isFile && given.files {
				content, readErr := readFile(file)
				if readErr != nil {
					err = readErr
				}
				if piece = string(content); !given.newlines {
					piece = strings.NewReplacer("\r", "", "\n", "").Replace(piece)
				}
			}
			pieces = append(pieces, piece)
		}
	}
	r.Body = []byte(strings.Join(pieces, "&"))
	r.Length = int64(len(r.Body))
	if len(pieces) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
	}
	switch {
	case r.Method != "":
	case c.head:
		r.Method = http.MethodHead
	case len(pieces) > 0:
		r.Method = http.MethodPost
	default:
		r.Method = http.MethodGet
	}
	return r, err
}
