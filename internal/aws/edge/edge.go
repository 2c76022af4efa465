// Package edge runs the functions at CloudFront's edge, CloudFront Functions and
// Lambda@Edge, as the template has them, and holds their results to CloudFront's rules.
package edge

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/resources"
)

//go:embed runtime.mjs
var runtimeSource []byte

// A Request is a request between the viewer and the origin, without its body.
type Request struct {
	Method   string
	Path     string // as on the wire, percent-encoded
	Query    string // as on the wire, without "?"
	Header   http.Header
	ClientIP string
}

// A Response is what an edge function answers in the origin's place.
type Response struct {
	Status int
	Reason string // the status description
	Header http.Header
	Body   []byte
}

// A Result is what an edge function makes of a request: the request to go on with, or a
// response in the origin's place.
type Result struct {
	Request  *Request
	Body     []byte // goes on in place of the viewer's; nil: the viewer's goes on
	Response *Response
}

// Context identifies distribution and request in events.
type Context struct {
	DistributionID     string
	DistributionDomain string
	RequestID          string
}

// An InvalidResultError is a result that CloudFront does not accept: a 502.
type InvalidResultError struct{ Reason string }

func (e *InvalidResultError) Error() string { return e.Reason }

func invalid(format string, args ...any) error {
	return &InvalidResultError{Reason: fmt.Sprintf(format, args...)}
}

// A Host starts edge functions in the Node.js of this machine.
type Host struct {
	Node string // the program
	Dir  string // for the code, which is in the template
	Log  io.Writer
}

// ViewerFunction prepares a CloudFront Function.
func (h *Host) ViewerFunction(f *resources.ViewerFunction) (*ViewerFunction, error) {
	fn, err := h.start("cloudfront-function", lambda.Config{
		Name: f.Name, ARN: f.ARN, Version: "1", Timeout: viewerTimeout,
	}, resources.Code{Inline: f.Code})
	return &ViewerFunction{fn}, err
}

// OriginRequest prepares a Lambda@Edge function for origin-request.
func (h *Host) OriginRequest(f *resources.EdgeFunction) (*OriginRequest, error) {
	fn, err := h.lambda(f)
	return &OriginRequest{fn}, err
}

// OriginResponse prepares a Lambda@Edge function for origin-response.
func (h *Host) OriginResponse(f *resources.EdgeFunction) (*OriginResponse, error) {
	fn, err := h.lambda(f)
	return &OriginResponse{fn}, err
}

func (h *Host) lambda(f *resources.EdgeFunction) (*lambda.Function, error) {
	return h.start("lambda", lambda.Config{
		Name: f.Name, ARN: f.ARN, Version: f.ARN[strings.LastIndexByte(f.ARN, ':')+1:], Handler: f.Handler,
		Memory: f.Memory, Timeout: f.Timeout,
	}, f.Code, Major(f.Runtime))
}

// viewerTimeout bounds a CloudFront Function that never ends. AWS stops them after about
// one millisecond of computing, which a machine of another speed cannot measure.
const viewerTimeout = 5 * time.Second

func (h *Host) start(kind string, c lambda.Config, code resources.Code, args ...string) (*lambda.Function, error) {
	shim := filepath.Join(h.Dir, "runtime.mjs")
	if err := os.WriteFile(shim, runtimeSource, 0o600); err != nil {
		return nil, err
	}
	file := ""
	if code.Dir != "" {
		dir, err := filepath.Abs(code.Dir)
		if err != nil {
			return nil, err
		}
		if file, err = module(dir, c.Handler); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		c.Dir = dir
	} else {
		dir, err := os.MkdirTemp(h.Dir, "edge-")
		if err != nil {
			return nil, err
		}
		file = filepath.Join(dir, "index.js")
		if err := os.WriteFile(file, []byte(code.Inline), 0o600); err != nil {
			return nil, err
		}
		c.Dir = dir
	}
	c.Command = append([]string{h.Node, shim, kind, file}, args...)
	c.Region = "us-east-1"
	c.Log = h.Log
	// Edge functions are short and use one core: more environments than this would only
	// take memory. A burst waits its turn rather than being throttled.
	c.Concurrency, c.Queue = 2*runtime.NumCPU(), true
	f := lambda.New(c)
	return f, f.Prepare()
}

// module finds the file of a handler such as "index.handler", in the runtime's order.
func module(dir, handler string) (string, error) {
	name, _, _ := strings.Cut(handler, ".")
	for _, extension := range []string{".js", ".mjs", ".cjs"} {
		file := filepath.Join(dir, name+extension)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("the handler %s: %s has no file %s.js, .mjs or .cjs", handler, dir, name)
}

var digits = regexp.MustCompile(`\d+`)

// Major returns the major version of Node.js in a runtime's name or in what node prints.
func Major(version string) string { return digits.FindString(version) }

// invoke runs a function on an event and decodes its result.
func invoke(ctx context.Context, f *lambda.Function, requestID string, event, result any) error {
	payload, err := json.Marshal(event)
	if err != nil {
		return err
	}
	response, err := f.Invoke(ctx, requestID, "", payload)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, result); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return err
		}
		return invalid("the result does not have the shape of a request or a response: %v", err)
	}
	return nil
}

// Summary says in words what a function changed.
func Summary(before, after *Request) string {
	var out []string
	for _, name := range sortedNames(before.Header, after.Header) {
		was, is := before.Header.Values(name), after.Header.Values(name)
		switch lower := strings.ToLower(name); {
		case len(was) == 0 && len(is) > 0:
			out = append(out, "+"+lower)
		case len(was) > 0 && len(is) == 0:
			out = append(out, "-"+lower)
		case strings.Join(was, "\n") != strings.Join(is, "\n"):
			out = append(out, "~"+lower)
		}
	}
	if before.Path != after.Path {
		out = append(out, "uri "+after.Path)
	}
	if before.Query != after.Query {
		out = append(out, "query "+after.Query)
	}
	if len(out) == 0 {
		return "nothing changed"
	}
	return strings.Join(out, " ")
}
