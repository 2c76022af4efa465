package local_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/local"
)

// The fix of a trace names the constructs of the CDK in the app's language, or in the one that
// is asked for.
func TestTraceFixesSpeakTheLanguage(t *testing.T) {
	t.Parallel()
	metadata := func(modules string) object {
		return object{"Type": "AWS::CDK::Metadata", "Properties": object{"Modules": modules}}
	}
	for name, test := range map[string]struct {
		metadata object
		language string
		want     string
	}{
		"not told":  {nil, "", "CDK in TypeScript: "},
		"the app's": {metadata("aws-cdk=1.204.0,jsii-runtime=Python/3.7.3"), "", "CDK in Python: "},
		"asked for": {metadata("aws-cdk=1.204.0,jsii-runtime=Python/3.7.3"), "CSharp", "CDK in C#: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.behavior()["AllowedMethods"] = []any{"GET", "HEAD"}
			if test.metadata != nil {
				f.at("Resources")["CDKMetadata"] = test.metadata
			}
			traces := make(chan local.Trace, 1)
			chain := f.start(t, local.Options{Language: test.language, Trace: func(t local.Trace) { traces <- t }})
			response, err := http.Post(chain.URL(), "text/plain", strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			select {
			case trace := <-traces:
				if trace.Cause() != "method-not-allowed" || !strings.Contains(trace.Fix(), test.want) {
					t.Errorf("cause %q, fix %q, want method-not-allowed and %q", trace.Cause(), trace.Fix(), test.want)
				}
			case <-time.After(patience):
				t.Fatal("no trace")
			}
		})
	}
	if _, err := local.Start(t.Context(), local.Options{Language: "rust"}); err == nil || !strings.Contains(err.Error(), `Options.Language: the language is "rust": want one of typescript, `) {
		t.Errorf("Start in rust: %v", err)
	}
}
