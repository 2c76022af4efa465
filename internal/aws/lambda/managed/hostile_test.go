package managed_test

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/lambda"
)

// Whatever a handler throws or returns, its invocation ends with an error that names it, and the
// process goes on to the next one.
func TestHostileHandlers(t *testing.T) {
	t.Parallel()
	thrown := []string{
		`{"throws":"a name with line ends"}`, `{"throws":"a name that is too long"}`, `{"throws":"an empty name"}`,
		`{"throws":"a message that is not text"}`, `{"throws":"a message that throws"}`, `{"throws":"a message that is too long"}`, `{"throws":"a message with half a character"}`,
	}
	streamed := append([]string{
		`{"throws":"null"}`, `{"throws":"undefined"}`, `{"throws":"symbol"}`, `{"throws":"bigint"}`,
		`{"throws":"an object without a prototype"}`, `{"throws":"an object that throws as text"}`, `{"throws":"a name that is not text"}`, `{"throws":"a name that throws"}`,
		`{"throws":"a stack that throws"}`, `{"throws":"a printer that throws"}`, `{"throws":"a proxy that throws"}`,
	}, thrown...)
	node := append([]string{`{"returns":"circular"}`, `{"returns":"deep"}`, `{"returns":"bigint"}`, `{"returns":"a toJSON that throws"}`}, streamed...)
	python := append([]string{
		`{"throws":"a name beyond Latin-1"}`, `{"throws":"a group"}`, `{"returns":"circular"}`, `{"returns":"deep"}`, `{"returns":"half a character"}`, `{"returns":"bytes"}`, `{"returns":"a key that is not text"}`,
	}, thrown...)
	for name, test := range map[string]struct {
		folder, interpreter, runtime, handler string
		events                                []string
		calm                                  string
	}{
		"Node.js":           {"node", "node", "nodejs22.x", "hostile.handler", node, `"calm"`},
		"Node.js, streamed": {"node", "node", "nodejs22.x", "hostile.streamed", streamed, "begun"},
		"Python":            {"python", "python3", "python3.13", "hostile.handler", python, `"calm"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(test.interpreter); err != nil {
				t.Skipf("%s is not on this machine", test.interpreter)
			}
			log := &log{}
			f := newFunction(t, test.folder, test.interpreter, test.runtime, test.handler, log)
			for _, event := range test.events {
				_, _, err := invoke(t, f, "request-1", event)
				var failed *lambda.FunctionError
				if !errors.As(err, &failed) || failed.Type == "" || len(failed.Type) > 1000 || failed.Type == "Runtime.ExitError" {
					t.Errorf("%s: the invocation ends with %.300v", event, err)
				}
				if body, _, err := invoke(t, f, "request-2", `{}`); err != nil || body != test.calm {
					t.Errorf("%s: the next one answers %q, %.300v", event, body, err)
				}
			}
		})
	}
}
