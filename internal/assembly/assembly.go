// Package assembly reads a CDK cloud assembly (cdk.out): its stacks, their templates with the
// intrinsic functions resolved, and the files of its assets.
//
// The package does not know what a resource does. What AWS would make up at deployment (names,
// ids, ARNs) is derived from the stack name and the logical id, so that two runs of one assembly
// agree.
//
// Packages that read templates import it. It imports nothing that knows what a template means:
// neither package template nor the services.
package assembly

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/regular"
)

// Values for what an assembly made without a profile leaves open.
const (
	unknownAccount = "111122223333" // the account of AWS's own examples
	unknownRegion  = "us-east-1"
)

// An Assembly is every stack of a cdk.out folder, nested stages included.
type Assembly struct {
	Dir    string
	Stacks []*Stack // nested ones, too

	given map[string]string // values that only a deployment would know, by name
}

// A Stack is one CloudFormation template with the environment it is deployed to.
type Stack struct {
	Name         string
	Account      string
	Region       string
	AnyAccount   bool      // the app leaves the account open: Account is made up
	AnyRegion    bool      // the app leaves the region open: Region is made up
	TemplateFile string    // its path on disk
	Parent       *Resource // that makes this stack, which is nested then; nil: none
	Resources    map[string]*Resource

	assembly   *Assembly
	stage      string            // the folder of its stage within the assembly; "": none
	assets     map[string]string // object key -> path on disk
	images     map[string]Image  // container images, by their tags
	parameters map[string]parameter
	conditions map[string]any
	mappings   map[string]map[string]map[string]any
	outputs    map[string]output
	transforms []string
	after      []*Stack
}

// A Resource is one entry of a template's Resources.
type Resource struct {
	Stack     *Stack
	LogicalID string
	Type      string

	// Metadata is what the app notes down about the resource. CDK puts the path of the
	// construct under aws:cdk:path.
	Metadata map[string]any

	// DeletionPolicy is what becomes of the resource when it leaves its stack, such as Retain;
	// "" is CloudFormation's default for its type.
	DeletionPolicy string

	// From is the logical id in the template that a transform made the resource of; "": it
	// stands there itself.
	From string

	condition  string
	properties map[string]any
	attributes attributes

	nested *Stack // that it makes
	unread error  // why the template of that could not be read
}

// Name returns how messages name the resource: "Stack/LogicalId", and in a nested stack
// "Stack/LogicalIdOfTheNestedStack/LogicalId".
func (r *Resource) Name() string { return r.Stack.Name + "/" + r.LogicalID }

// RawProperties returns the properties as they stand in the template, intrinsic
// functions unresolved. The caller must not change them.
func (r *Resource) RawProperties() map[string]any { return r.properties }

// Exists reports whether the resource's condition lets it be deployed. It fails if only a
// deployment could know.
func (r *Resource) Exists() (bool, error) { return (&resolver{stack: r.Stack}).exists(r) }

// attributes are what a resource has beside its properties, and which may refer to others.
type attributes struct {
	DependsOn, CreationPolicy, UpdatePolicy any
}

type output struct {
	Condition string
	Value     any
	Export    struct{ Name any }
}

type manifest struct {
	Artifacts map[string]struct {
		Type         string
		Environment  string
		Dependencies []string
		Properties   struct {
			TemplateFile  string
			StackName     string
			File          string
			DirectoryName string
		}
	}
}

// Load reads the cloud assembly in dir.
func Load(dir string) (*Assembly, error) { return LoadWith(dir, nil) }

// LoadWith reads the cloud assembly in dir with values that only a deployment would know, by
// name: "Stack.Name" is a parameter of a stack, "ssm:NAME" what Systems Manager stores, and
// "export:NAME" what a stack of somebody else exports.
func LoadWith(dir string, values map[string]string) (*Assembly, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: give the folder that 'cdk synth' wrote", dir)
	}
	a := &Assembly{Dir: dir}
	if err := a.load(""); err != nil {
		return nil, err
	}
	if len(a.Stacks) == 0 {
		return nil, fmt.Errorf("cloud assembly %s has no stack: give the folder that 'cdk synth' wrote", dir)
	}
	a.readNested()
	// One name may stand for a stack in each of several regions.
	slices.SortFunc(a.Stacks, func(x, y *Stack) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Account, y.Account), strings.Compare(x.Region, y.Region),
			strings.Compare(x.stage, y.stage))
	})
	if err := a.give(values); err != nil {
		return nil, err
	}
	return a, nil
}

// load reads the stacks of a stage, and those of the stages in it.
func (a *Assembly) load(stage string) error {
	dir := filepath.Join(a.Dir, stage)
	var m manifest
	if err := readJSON(filepath.Join(dir, "manifest.json"), &m); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("no cloud assembly in %q (manifest.json is missing): run 'cdk synth' first", dir)
		}
		return err
	}
	assets, images := map[string]string{}, map[string]Image{}
	for _, artifact := range m.Artifacts {
		if artifact.Type != "cdk:asset-manifest" {
			continue
		}
		if err := loadAssets(dir, artifact.Properties.File, assets, images); err != nil {
			return err
		}
	}
	stacks := map[string]*Stack{} // of this stage
	for id, artifact := range m.Artifacts {
		p := artifact.Properties
		switch artifact.Type {
		case "aws:cloudformation:stack":
			s, err := loadStack(filepath.Join(dir, p.TemplateFile))
			if err != nil {
				return err
			}
			s.assembly, s.stage, s.assets, s.images, s.Name = a, stage, assets, images, p.StackName
			s.TemplateFile = filepath.Join(dir, p.TemplateFile)
			if s.Name == "" {
				s.Name = id
			}
			s.readEnvironment(artifact.Environment)
			a.Stacks = append(a.Stacks, s)
			stacks[id] = s
		case "cdk:cloud-assembly":
			if !filepath.IsLocal(p.DirectoryName) || filepath.Clean(p.DirectoryName) == "." { // which would never end
				return fmt.Errorf("%s: the nested assembly %s is in %q: want a folder in it", filepath.Join(dir, "manifest.json"), id, p.DirectoryName)
			}
			if err := a.load(filepath.Join(stage, p.DirectoryName)); err != nil {
				return err
			}
		}
	}
	for id, s := range stacks {
		for _, other := range m.Artifacts[id].Dependencies {
			if before := stacks[other]; before != nil {
				s.after = append(s.after, before)
			}
		}
	}
	return nil
}

func loadStack(file string) (*Stack, error) {
	var t struct {
		Resources map[string]struct {
			Type           string
			Condition      string
			Properties     map[string]any
			Metadata       map[string]any
			DeletionPolicy string
			attributes
		}
		Parameters map[string]parameter
		Conditions map[string]any
		Mappings   map[string]map[string]map[string]any
		Outputs    map[string]output
		Transform  any
		Globals    map[string]any
	}
	if err := readJSON(file, &t); err != nil {
		return nil, err
	}
	s := &Stack{
		Resources:  make(map[string]*Resource, len(t.Resources)),
		parameters: t.Parameters,
		conditions: t.Conditions,
		mappings:   t.Mappings,
		outputs:    t.Outputs,
		transforms: transforms(t.Transform),
	}
	for id, r := range t.Resources {
		s.Resources[id] = &Resource{Stack: s, LogicalID: id, Type: r.Type, Metadata: r.Metadata, DeletionPolicy: r.DeletionPolicy, condition: r.Condition, properties: r.Properties, attributes: r.attributes}
	}
	s.expandServerless(t.Globals)
	return s, nil
}

func loadAssets(dir, file string, into map[string]string, images map[string]Image) error {
	var m struct {
		DockerImages map[string]struct {
			Source       struct{ Directory, DockerFile string }
			Destinations map[string]struct{ ImageTag string }
		}
		Files map[string]struct {
			Source       struct{ Path string }
			Destinations map[string]struct{ ObjectKey string }
		}
	}
	if err := readJSON(filepath.Join(dir, file), &m); err != nil {
		return err
	}
	// A path that leads out of the folder begins at the folder itself, not at a link to it.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	for _, f := range m.Files {
		for _, d := range f.Destinations {
			into[d.ObjectKey] = inFolder(dir, f.Source.Path) // absolute: it was not staged
		}
	}
	for _, i := range m.DockerImages {
		for _, d := range i.Destinations {
			if i.Source.Directory != "" {
				images[d.ImageTag] = Image{Dir: inFolder(dir, i.Source.Directory), Dockerfile: cmp.Or(i.Source.DockerFile, "Dockerfile")}
			}
		}
	}
	return nil
}

// readEnvironment splits the manifest's "aws://account/region".
func (s *Stack) readEnvironment(env string) {
	s.Account, s.Region, _ = strings.Cut(strings.TrimPrefix(env, "aws://"), "/")
	if s.Account == "" || s.Account == "unknown-account" {
		s.Account, s.AnyAccount = unknownAccount, true
	}
	if s.Region == "" || s.Region == "unknown-region" {
		s.Region, s.AnyRegion = unknownRegion, true
	}
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// Own returns an account, or an ARN, with the account of the stack in place of the one
// that it names, if the app leaves its account open: any may be its own then.
func (s *Stack) Own(account string) string {
	if !s.AnyAccount {
		return account
	}
	if accountID.MatchString(account) {
		return s.Account
	}
	parts := strings.SplitN(account, ":", 6)
	if len(parts) == 6 && accountID.MatchString(parts[4]) {
		parts[4] = s.Account
	}
	return strings.Join(parts, ":")
}

// Outputs returns the stack's outputs by name. Those that nothing but a deployment could
// know are left out.
func (s *Stack) Outputs() map[string]string {
	known := map[string]string{}
	for name, o := range s.outputs {
		if v, err := s.Resolve(o.Value); err == nil && v != nil {
			known[name] = fmt.Sprint(v)
		}
	}
	return known
}

// AssetPath returns where the file asset with the S3 object key lies on disk.
func (s *Stack) AssetPath(objectKey string) (string, error) {
	path, ok := s.assets[objectKey]
	if !ok {
		return "", fmt.Errorf("no asset of the cloud assembly has the object key %q", objectKey)
	}
	return path, nil
}

// An Image is a container image that is built when the assembly is deployed.
type Image struct {
	Dir        string // what it is built from
	Dockerfile string // below Dir
}

// Image returns the image asset that a container's image names by its tag, if it is one.
func (s *Stack) Image(uri string) (Image, bool) {
	_, tag, _ := strings.Cut(uri[strings.LastIndexByte(uri, '/')+1:], ":")
	image, ok := s.images[tag]
	return image, ok && tag != ""
}

// OfType returns the resources of a CloudFormation type in all stacks, leaving out those
// whose condition is false, ordered by stack and logical id.
func (a *Assembly) OfType(typ string) ([]*Resource, error) {
	var found []*Resource
	for r := range a.all(typ) {
		exists, err := r.Exists()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name(), err)
		}
		if exists {
			found = append(found, r)
		}
	}
	return found, nil
}

// all yields the resources of a type, whatever their conditions say.
func (a *Assembly) all(typ string) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, s := range a.Stacks {
			for r := range s.ofType(typ) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// ofType yields the resources of a type in the order of their logical ids.
func (s *Stack) ofType(typ string) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
			if r := s.Resources[id]; r.Type == typ && !yield(r) {
				return
			}
		}
	}
}

// Find returns the resource of the type whose Ref or given attribute is the value, such as
// the AWS::Lambda::Version with an ARN; nil if there is none. What cannot be resolved in
// other resources of the type does not matter if one is found.
func (a *Assembly) Find(typ, attribute, value string) (*Resource, error) {
	var errs []error
	for r := range a.all(typ) {
		exists, err := r.Exists()
		if err == nil && !exists {
			continue
		}
		got := ""
		if err == nil {
			got, err = r.Attribute(attribute)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if got == value {
			return r, nil
		}
	}
	return nil, errors.Join(errs...)
}

func readJSON(file string, into any) error {
	const again = "the cloud assembly is incomplete, run 'cdk synth' again"
	data, err := regular.Read(file, regular.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", err, again)
	}
	if err != nil {
		return err
	}
	// Numbers stay as they are written: CloudFormation makes text of them, and an account
	// id must not become 1.11122223333e+11.
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err = decoder.Decode(into)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		return fmt.Errorf("%s: a value in %s is of the type %s, which CDK does not write there; what Fn::ForEach and Fn::Transform make is known to CloudFormation alone", file, cmp.Or(odd.Field, "the file"), odd.Value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", file, err, again)
	}
	return nil
}
