package answer

import (
	"io"

	"github.com/streamfront/streamfront/internal/aws/lambda"
)

// A Fault is a failure that a test asks for, in place of what the function would do.
type Fault struct {
	// Throttle answers 429, as when all execution environments are busy.
	Throttle bool
	// Fail answers 502, as when the function fails before its response.
	Fail bool
	// CutAfter breaks the connection after so many bytes of the body, as when the
	// environment breaks in the middle of a response; 0: never.
	CutAfter int64
}

var errFault = &lambda.FunctionError{Type: "Local.Fault", Message: "the test asked for it", Broken: true}

// Before is the failure that comes in the invocation's place.
func (f Fault) Before() error {
	switch {
	case f.Throttle:
		return lambda.ErrThrottled
	case f.Fail:
		return errFault
	}
	return nil
}

// Cut makes the body break off where the fault wants it.
func (f Fault) Cut(body io.Reader) io.Reader {
	if f.CutAfter <= 0 {
		return body
	}
	return &cutOff{body: body, left: f.CutAfter}
}

type cutOff struct {
	body io.Reader
	left int64
}

func (c *cutOff) Read(p []byte) (int, error) {
	if c.left == 0 {
		go func() { _, _ = io.Copy(io.Discard, c.body) }() // the function runs on
		return 0, errFault
	}
	n, err := c.body.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
