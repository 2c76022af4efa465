package local_test

import (
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A function may ask for what only AWS has, and must be able to tell that it is not there.
// A template that sets the variable tests how the function behaves on AWS.
func TestFunctionsAreToldThatTheyRunLocally(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variables object
		own       map[string]string // of the options
		want      string
	}{
		"by default":            {object{"OTHER": "1"}, nil, "true"},
		"unless the app knows":  {object{"STREAMFRONT_LOCAL": "false"}, nil, "false"},
		"unless told otherwise": {object{"STREAMFRONT_LOCAL": "false"}, map[string]string{"STREAMFRONT_LOCAL": "other", "AWS_SESSION_TOKEN": "real"}, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.properties("Function")["Environment"] = object{"Variables": test.variables}
			chain := f.start(t, local.Options{Environment: test.own})
			if _, body := send(t, "GET", chain.URL(), ""); decode(t, body).Local != test.want || strings.Contains(body, "real") {
				t.Errorf("the application saw %s, want local %q", body, test.want)
			}
		})
	}
}
