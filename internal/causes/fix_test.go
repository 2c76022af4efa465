package causes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
)

// variable is the notation of a variable with its type, which no reader should see.
var variable = regexp.MustCompile(`\w@[A-Za-z]+\.[A-Z]`)

// Every fix can be read in every language, and names nothing that the CDK does not have: Spell
// knows what aws-cdk-lib has.
func TestFixesAreSpelled(t *testing.T) {
	t.Parallel()
	for _, c := range causes.All {
		for _, part := range []string{c.Fix.Do, c.Fix.CDK, c.Fix.Streamfront, c.Fix.CloudFormation} {
			if part != strings.TrimSpace(part) || part != "" && !strings.HasSuffix(part, ".") || strings.Contains(part, "\n") {
				t.Errorf("%s: %q is not whole sentences in one line", c.ID, part)
			}
		}
		for _, language := range append([]cdk.Language{""}, cdk.Languages...) {
			if language != cdk.CloudFormation {
				if _, err := cdk.Spell(c.Fix.CDK, language); err != nil {
					t.Errorf("%s: %v", c.ID, err)
					break
				}
			}
			if fix := c.Fix.In(language); fix == "" || strings.Contains(fix, "`") || variable.MatchString(fix) {
				t.Errorf("%s: fix in %q is %q", c.ID, language, fix)
			}
		}
	}
}

// What the CDK calls it comes first, then the constructs of this project, then CloudFormation,
// whose readers get nothing else.
func TestFixSpeaksTheLanguage(t *testing.T) {
	t.Parallel()
	const (
		ours = "streamfront in Go: NewEndpoint redirects unless EndpointProps.DistributionProps or RouteOptions.Behavior set another policy."
		cfn  = "CloudFormation: Set ViewerProtocolPolicy: redirect-to-https, or https-only."
	)
	const typescript = "CDK in TypeScript: Set viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS on the behavior, or ViewerProtocolPolicy.HTTPS_ONLY for an API that no browser opens.\n" + ours + "\n" + cfn
	for language, want := range map[cdk.Language]string{
		"": typescript, cdk.TypeScript: typescript,
		cdk.Python:         "CDK in Python: Set viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS on the behavior, or cloudfront.ViewerProtocolPolicy.HTTPS_ONLY for an API that no browser opens.\n" + ours + "\n" + cfn,
		cdk.Go:             "CDK in Go: Set ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS on the behavior, or awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY for an API that no browser opens.\n" + ours + "\n" + cfn,
		cdk.Java:           "CDK in Java: Set .viewerProtocolPolicy(ViewerProtocolPolicy.REDIRECT_TO_HTTPS) on the behavior, or ViewerProtocolPolicy.HTTPS_ONLY for an API that no browser opens.\n" + ours + "\n" + cfn,
		cdk.CSharp:         "CDK in C#: Set ViewerProtocolPolicy = ViewerProtocolPolicy.REDIRECT_TO_HTTPS on the behavior, or ViewerProtocolPolicy.HTTPS_ONLY for an API that no browser opens.\n" + ours + "\n" + cfn,
		cdk.CloudFormation: cfn,
	} {
		if got := causes.Get(causes.ViewerHTTPAllowed).Fix.In(language); got != want {
			t.Errorf("in %q:\n%s\nwant\n%s", language, got, want)
		}
	}
}

// The names between backquotes are those of packages streamfront, fronts, streamhttp and sse, and no name
// of theirs stands without backquotes.
func TestFixesNameOurConstructs(t *testing.T) {
	t.Parallel()
	ours := exported(t, "../../infra/streamfront", "")
	for name := range exported(t, "../../functions/streamhttp", "streamhttp.") {
		ours[name] = true
	}
	for dir, prefix := range map[string]string{"../../infra/fronts": "fronts.", "../../functions/streamhttp/sse": "sse."} {
		for name := range exported(t, dir, prefix) {
			ours[name] = true
		}
	}
	if !ours["NewEndpoint"] || !ours["RouteOptions.ReadTimeout"] || !ours["Endpoint.AddRoute"] || !ours["PayloadHash_EDGE"] || !ours["streamhttp.Serve"] {
		t.Fatal("the packages were not read")
	}
	bare := regexp.MustCompile(`\b(New[A-Z]\w+|Add[A-Z]\w+|Grant[A-Z]\w+|\w+Props\.\w+|RouteOptions\b|PayloadHash_\w+|streamhttp\.\w+)`)
	for _, c := range causes.All {
		for i, part := range strings.Split(c.Fix.Streamfront, "`") {
			if i%2 == 1 && !ours[part] {
				t.Errorf("%s: this project has no %s", c.ID, part)
			}
			if found := bare.FindString(part); i%2 == 0 && found != "" {
				t.Errorf("%s: %s stands without backquotes, so that nothing holds it", c.ID, found)
			}
		}
		for _, part := range []string{c.Fix.Do, c.Fix.CloudFormation} {
			if found := bare.FindString(part); found != "" {
				t.Errorf("%s: %s stands where all languages read", c.ID, found)
			}
		}
	}
}

// exported are the names that a package exports, with the fields and methods of its types.
func exported(t *testing.T, dir, prefix string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[prefix+d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					addSpec(names, prefix, s)
				}
			}
		}
	}
	return names
}

func addSpec(names map[string]bool, prefix string, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			names[prefix+name.Name] = true
		}
	case *ast.TypeSpec:
		names[prefix+s.Name.Name] = true
		var members *ast.FieldList
		switch of := s.Type.(type) {
		case *ast.StructType:
			members = of.Fields
		case *ast.InterfaceType:
			members = of.Methods
		default:
			return
		}
		for _, m := range members.List {
			for _, name := range m.Names {
				names[prefix+s.Name.Name+"."+name.Name] = true
			}
		}
	}
}
