package check

import (
	"bytes"
	"path"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/regular"
)

// checkNested tells of a nested stack with something in it that should be looked at: its
// template is an asset, and what it refers to comes by parameters.
func (c *checker) checkNested(res *assembly.Resource) {
	at := c.properties(res).at("TemplateURL")
	if at.unknown {
		return // told
	}
	file, err := res.Stack.AssetPath(path.Base(at.text()))
	if err != nil {
		at.find(causes.ValueUnknown, Warning, "is a template that is not in this assembly, and not looked into")
		return
	}
	text, err := regular.Read(file, regular.MaxText)
	if err != nil {
		at.find(causes.ValueUnknown, Warning, "is a template that cannot be read: %v", err)
		return
	}
	for _, what := range []string{"AWS::CloudFront::Distribution", "AWS::Lambda::Url", service} {
		if bytes.Contains(text, []byte(what)) {
			at.find(causes.ValueUnknown, Warning, "is a template with %s in it: nested stacks are not looked into", what)
			return
		}
	}
}
