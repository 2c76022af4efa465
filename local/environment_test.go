package local_test

import (
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A function may ask for what only AWS has, and must be able to tell that it is not there.
// A template that sets the variable tests how the function behaves on AWS.
func TestFunctionsAreToldThatTheyRunLocally(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variables object
		want      string
	}{
		"by default":           {object{"OTHER": "1"}, "true"},
		"unless the app knows": {object{"STREAMFRONT_LOCAL": "false"}, "false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.properties("Function")["Environment"] = object{"Variables": test.variables}
			chain := f.start(t, local.Options{})
			if _, body := send(t, "GET", chain.Distributions[0].URL, ""); decode(t, body).Local != test.want {
				t.Errorf("the application saw %s, want local %q", body, test.want)
			}
		})
	}
}
