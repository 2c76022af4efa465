package assembly

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

const nestedStack = "AWS::CloudFormation::Stack"

// maxStacks bounds what nested stacks may unfold to.
//
// Source: AWS CloudFormation User Guide, "Understand CloudFormation quotas": 2,000 stacks in
// an account.
const maxStacks = 2000

// readNested reads the nested stacks of the assembly, and those in them.
func (a *Assembly) readNested() {
	for i := 0; i < len(a.Stacks); i++ { // which grows
		s := a.Stacks[i]
		for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
			if res := s.Resources[id]; res.Type == nestedStack {
				if res.nested, res.unread = s.readNested(res); res.nested != nil {
					a.Stacks = append(a.Stacks, res.nested)
				}
			}
		}
	}
}

// Nested returns the stack that a resource of the type AWS::CloudFormation::Stack makes, or
// why its template could not be read.
func (r *Resource) Nested() (*Stack, error) { return r.nested, r.unread }

// readNested reads the template of a nested stack. It is deployed where its parent is, with
// the assets of its parent.
func (s *Stack) readNested(res *Resource) (*Stack, error) {
	file, err := s.nestedTemplate(res)
	if err != nil {
		return nil, err
	}
	for outer := s; ; outer = outer.Parent.Stack {
		if outer.TemplateFile == file {
			return nil, errors.New("it is the template of a stack around it")
		}
		if outer.Parent == nil {
			break
		}
	}
	if len(s.assembly.Stacks) >= maxStacks {
		return nil, fmt.Errorf("CloudFormation allows %d stacks in an account", maxStacks)
	}
	nested, err := loadStack(file)
	if err != nil {
		return nil, err
	}
	nested.Name, nested.Parent, nested.TemplateFile = res.Name(), res, file
	nested.Account, nested.Region, nested.AnyAccount, nested.AnyRegion = s.Account, s.Region, s.AnyAccount, s.AnyRegion
	nested.assembly, nested.stage, nested.assets, nested.images = s.assembly, s.stage, s.assets, s.images
	return nested, nil
}

// nestedTemplate finds the file of a nested stack's template. CDK makes an asset of it and
// notes its file down in the metadata, too, for 'sam local'.
func (s *Stack) nestedTemplate(res *Resource) (string, error) {
	v, err := s.Resolve(res.properties["TemplateURL"])
	if err == nil {
		var address string
		if address, err = text(v); err == nil {
			if file, ok := s.assetAt(address); ok {
				return file, nil
			}
			err = errors.New("its template is not in this assembly")
		}
	}
	if path, ok := res.Metadata["aws:asset:path"].(string); ok && path != "" && res.Metadata["aws:asset:property"] == "TemplateURL" {
		return inFolder(filepath.Join(s.assembly.Dir, s.stage), path), nil
	}
	return "", err
}

// assetAt returns the file of the asset at an address of S3. The key of an object begins
// after the name of the bucket, which stands in the host or in the path.
func (s *Stack) assetAt(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	for key := strings.TrimPrefix(u.Path, "/"); key != ""; {
		if file, ok := s.assets[key]; ok {
			return file, true
		}
		_, key, _ = strings.Cut(key, "/")
	}
	return "", false
}

// inFolder is a path that is relative to a folder, unless it is absolute.
func inFolder(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// deployedName is what AWS names the stack. A nested one is named after its parent.
func (s *Stack) deployedName() string {
	if s.Parent == nil {
		return s.Name
	}
	return fmt.Sprintf("%s-%s-%s", s.Parent.Stack.deployedName(), s.Parent.LogicalID, s.Parent.hash(12))
}

// Takes reports whether the stack has a parameter.
func (s *Stack) Takes(parameter string) bool {
	_, ok := s.parameters[parameter]
	return ok
}

// Required are the parameters without a default.
func (s *Stack) Required() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		if s.parameters[name].Default == nil {
			names = append(names, name)
		}
	}
	return names
}

// Arguments are the names of the parameters that a resource of the type
// AWS::CloudFormation::Stack gives to its nested stack.
func (r *Resource) Arguments() ([]string, error) {
	v, err := r.Stack.Unwrap(r.properties["Parameters"])
	given, _ := v.(map[string]any)
	return slices.Sorted(maps.Keys(given)), err
}

// argument returns what the parent of a nested stack gives for a parameter; nil if it gives
// nothing.
func (r *resolver) argument(name string) (any, error) {
	parent := r.stack.Parent
	outer, err := r.enter(parent.Stack, parent.Name()+" parameter "+name)
	if err != nil {
		return nil, err
	}
	all, err := outer.unwrap(parent.properties["Parameters"])
	if err != nil {
		return nil, err
	}
	given, _ := all.(map[string]any)
	v, err := outer.resolve(given[name])
	if _, none := v.(noValue); none {
		return nil, err
	}
	if items, ok := v.([]any); ok && err == nil {
		parts, err := texts(items)
		return strings.Join(parts, ","), err
	}
	return v, err
}

// output returns an output of a nested stack.
func (r *resolver) output(res *Resource, name string) (any, error) {
	s := res.nested
	o, ok := s.outputs[name]
	if !ok {
		return nil, fmt.Errorf("the nested stack has no output %s", name)
	}
	inner := r.at(s)
	if o.Condition != "" {
		exists, err := inner.condition(o.Condition)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		if !exists {
			return nil, fmt.Errorf("the condition of its output %s is false", name)
		}
	}
	v, err := inner.resolve(o.Value)
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", name, err)
	}
	return v, nil
}
