package causes

import (
	"strings"

	"github.com/streamfront/streamfront/internal/cdk"
)

// A Fix says what to change. Each part is whole sentences, or empty.
type Fix struct {
	// Do is what holds in every language, and what no template can express.
	Do string
	// CDK is the change with the constructs of aws-cdk-lib. Code stands between backquotes, in
	// the notation of package cdk, which spells it for each language.
	CDK string
	// Streamfront is the change with the constructs of this project, which are for Go. Their
	// names stand between backquotes.
	Streamfront string
	// CloudFormation is the change in the template.
	CloudFormation string
}

// In returns the fix for readers of a language, one part in a line: what the CDK calls it in
// that language, then the constructs of this project, then CloudFormation. Readers of
// CloudFormation get no code of the CDK.
func (f Fix) In(language cdk.Language) string {
	var lines []string
	add := func(label, text string) {
		if text != "" {
			lines = append(lines, label+strings.ReplaceAll(text, "`", ""))
		}
	}
	add("", f.Do)
	if language != cdk.CloudFormation {
		spelled, err := cdk.Spell(f.CDK, language)
		if err != nil {
			panic("causes: " + err.Error()) // TestFixesAreSpelled has tried all of them
		}
		add("CDK in "+language.Title()+": ", spelled)
		add("streamfront in Go: ", f.Streamfront)
	}
	add("CloudFormation: ", f.CloudFormation)
	return strings.Join(lines, "\n")
}
