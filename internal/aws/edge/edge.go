// Package edge runs the functions at CloudFront's edge, CloudFront Functions and Lambda@Edge, with
// the code of the template, and enforces CloudFront's rules for their results.
package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	goruntime "runtime"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge/script"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/exactjson"
)

// A Request is a request between the viewer and the origin, without its body.
type Request struct {
	Method   string
	Path     string // as on the wire, percent-encoded
	Query    string // as on the wire, without "?"
	Header   http.Header
	ClientIP string
	// OriginHeaders are the origin's custom headers as an edge function left them; nil: as the
	// template has them.
	OriginHeaders http.Header
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
	// Chosen is what a CloudFront Function chose of the origin.
	Chosen script.Choice
	// Moved is the origin that Lambda@Edge put in place of the one it was given; nil: none.
	Moved *Origin
}

// Context identifies distribution and request in events.
type Context struct {
	DistributionID     string
	DistributionDomain string
	RequestID          string
	Viewer             bool // the event is one of viewers, not of origins; CloudFront Functions have no other
}

// An InvalidResultError is a result that CloudFront does not accept: a 502.
type InvalidResultError struct{ Reason string }

func (e *InvalidResultError) Error() string { return e.Reason }

func invalid(format string, args ...any) error {
	return &InvalidResultError{Reason: fmt.Sprintf(format, args...)}
}

// A Host starts edge functions on this machine.
type Host struct {
	// Interpreter returns the program that runs a function of the name and runtime.
	Interpreter func(function string, r managed.Runtime) (string, error)

	Dir string      // for the code, which is in the template
	Log *lambda.Log // gets what they print; nil: nobody does
	// Environment are variables for the processes of Lambda@Edge functions, which have none of
	// their own: what leads them to stand-ins.
	Environment map[string]string
	// Stores are the files with the values of key-value stores, by their names, in the place
	// of what the assembly has.
	Stores map[string]string
}

// ViewerFunction prepares a CloudFront Function.
func (h *Host) ViewerFunction(f *ViewerDefinition) (*ViewerFunction, error) {
	store, err := h.values(f)
	if err != nil {
		return nil, err
	}
	function, err := script.Compile(f.Code.V, script.Options{Runtime: f.Runtime.V, Store: store, Log: h.Log})
	if err != nil {
		return nil, fmt.Errorf("%s: CloudFront does not create the function: %w", f.Name, err)
	}
	return &ViewerFunction{function}, nil
}

// values returns what is in the key-value store of a function; nil if it has none.
func (h *Host) values(f *ViewerDefinition) (map[string]string, error) {
	if f.Store == nil {
		return nil, nil
	}
	file := f.Store.File
	for name, given := range h.Stores {
		if f.Store.Is(name) {
			file = given
		}
	}
	if file == "" {
		return map[string]string{}, nil
	}
	return ReadStore(file)
}

// OriginRequest prepares a Lambda@Edge function for origin-request.
func (h *Host) OriginRequest(f *Definition) (*OriginRequest, error) {
	fn, err := h.lambda(f)
	return &OriginRequest{fn}, err
}

// OriginResponse prepares a Lambda@Edge function for origin-response.
func (h *Host) OriginResponse(f *Definition) (*OriginResponse, error) {
	fn, err := h.lambda(f)
	return &OriginResponse{fn}, err
}

func (h *Host) lambda(f *Definition) (*lambda.Function, error) {
	runtime, ok := managed.Parse(f.Runtime.V)
	if !ok {
		return nil, fmt.Errorf("%s: the runtime %q is neither of Node.js nor of Python", f.Name, f.Runtime.V)
	}
	interpreter, err := h.Interpreter(f.Name, runtime)
	if err != nil {
		return nil, err
	}
	dir, err := h.task(f, runtime)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	program, err := runtime.Program(interpreter, h.Dir, nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(program.Environment, h.Environment)
	fn := lambda.New(lambda.Config{
		Name: f.Name, ARN: f.ARN, Version: f.ARN[strings.LastIndexByte(f.ARN, ':')+1:], Handler: f.Handler.V,
		Memory: f.Memory.V, Timeout: f.Timeout.V, Region: "us-east-1", Log: h.Log,
		Command: program.Command, Environment: program.Environment, Dir: dir,
		// Edge functions are short and use one core: more environments than this would only
		// take memory. A burst waits its turn rather than being throttled.
		Concurrency: 2 * goruntime.NumCPU(), Queue: true,
	})
	return fn, fn.Prepare()
}

// task returns the folder with the function's code, and makes one for inline code.
func (h *Host) task(f *Definition, runtime managed.Runtime) (string, error) {
	if f.Code.Inline != "" {
		return runtime.Inline(f.Code.Inline, h.Dir)
	}
	if missing := f.MissingHandler(); missing != "" {
		return "", fmt.Errorf("its Handler %s", missing)
	}
	return managed.Folder(f.Code.Dir, h.Dir)
}

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
	return decodeResult(data, result)
}

func decodeResult(data []byte, result any) error {
	err := exactjson.Unmarshal(data, result)
	var syntax *json.SyntaxError
	if err == nil || errors.As(err, &syntax) {
		return err
	}
	return invalid("the result does not have the shape of a request or a response: %v", err)
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
