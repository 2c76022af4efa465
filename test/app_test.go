// Package test runs the CDK app and the command line as their users do: the app is
// synthesized in processes of its own, and what comes out is served and called.
package test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden template in testdata")

// root is the folder with go.mod and cdk.json, where every command runs.
const root = ".."

// binaries holds what the tests of this package build.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if binaries, err = os.MkdirTemp("", "streamfront-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(binaries)
	temporary := filepath.Join(binaries, "tmp")
	if err := errors.Join(os.Mkdir(temporary, 0o700), os.Setenv("TMPDIR", temporary)); err != nil {
		panic(err)
	}
	status := m.Run()
	// What these tests started has ended: a chain that ends in order removes its files.
	left, err := filepath.Glob(filepath.Join(temporary, "streamfront-*"))
	if err != nil || len(left) > 0 {
		fmt.Fprintf(os.Stderr, "the tests left %q, %v\n", left, err)
		return 1
	}
	return status
}

// build builds a command of this module, once for each.
var (
	app = sync.OnceValues(func() (string, error) { return build("./infra") })
	cli = sync.OnceValues(func() (string, error) { return build("./cmd/streamfront") })
)

func build(pkg string) (string, error) {
	out := filepath.Join(binaries, filepath.Base(pkg))
	command := exec.Command("go", "build", "-o", out, pkg)
	command.Dir = root
	if message, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, message)
	}
	return out, nil
}

// The app in its shapes: everything in one stack, for arm64 as by default; the same with the
// Node.js sample; and with an edge stack, for x86_64.
var (
	atHome = sync.OnceValues(func() (string, error) { return synthesize(`{"region":"us-east-1"}`) })
	inNode = sync.OnceValues(func() (string, error) { return synthesize(`{"region":"us-east-1","sample":"node"}`) })
	abroad = sync.OnceValues(func() (string, error) { return synthesize(`{"region":"eu-west-1","architecture":"x86_64"}`) })

	// With all that package operations has, in one region and in two.
	fullAtHome = sync.OnceValues(func() (string, error) { return synthesize(`{"region":"us-east-1","full":"true"}`) })
	fullAbroad = sync.OnceValues(func() (string, error) {
		return synthesize(`{"region":"eu-west-1","full":"true","alarmEmail":"ops@example.com"}`)
	})
)

func synthesize(context string) (string, error) {
	binary, err := app()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(binaries, "cdk.out-")
	if err != nil {
		return "", err
	}
	command := exec.Command(binary)
	command.Dir = root
	command.Env = append(os.Environ(),
		"CDK_OUTDIR="+dir, "CDK_CONTEXT_JSON="+context, "CDK_DEFAULT_ACCOUNT=", "CDK_DEFAULT_REGION=",
		"STREAMFRONT_STACK_NAME=", "STREAMFRONT_REGION=", "STREAMFRONT_ARCHITECTURE=", "STREAMFRONT_SAMPLE=",
		"STREAMFRONT_API_KEY=", "STREAMFRONT_API_KEY_SECRET=", "STREAMFRONT_API_KEY_PARAMETER=", "STREAMFRONT_BEDROCK_MODEL=", "STREAMFRONT_UPLOADS=", "STREAMFRONT_ALLOWED_ORIGINS=",
		"STREAMFRONT_FULL=", "STREAMFRONT_VPC=", "STREAMFRONT_ALARM_EMAIL=", "STREAMFRONT_MONTHLY_BUDGET=")
	if message, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("synthesizing the app: %w\n%s", err, message)
	}
	return dir, nil
}

// assembly returns the folder of a synthesized app.
func assembly(t *testing.T, synthesized func() (string, error)) string {
	t.Helper()
	dir, err := synthesized()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The logical ids of the app are what a deployed stack hangs on.
func TestAppTemplatesAreTheGoldenOnes(t *testing.T) {
	files := golden.Files{
		Texts:  map[string]string{},
		Record: filepath.Join("testdata", "newest.diff"), Assembly: assembly(t, atHome), Module: root,
	}
	for name, template := range map[string]struct {
		synthesized func() (string, error)
		stack       string
	}{
		"Streamfront.template.json":                 {atHome, "Streamfront"},
		"Streamfront.node.template.json":            {inNode, "Streamfront"},
		"Streamfront.full.template.json":            {fullAbroad, "Streamfront"},
		"Streamfront.full.Operations.template.json": {fullAbroad, "Streamfront-Operations"},
		"Streamfront.full.Firewall.template.json":   {fullAbroad, "Streamfront-Firewall"},
	} {
		text, err := os.ReadFile(filepath.Join(assembly(t, template.synthesized), template.stack+".template.json"))
		if err != nil {
			t.Fatal(err)
		}
		files.Texts[filepath.Join("testdata", name)] = golden.Normalize(string(text))
	}
	files.Check(t, *update)
}

// object is a piece of a template.
type object = map[string]any

// mutate copies an assembly and edits the template with the app's stack in it.
func mutate(t *testing.T, dir string, edit func(resources object)) string {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(copied, "Streamfront.template.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources object
		rest      object
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &template.rest); err != nil {
		t.Fatal(err)
	}
	edit(template.Resources)
	template.rest["Resources"] = template.Resources
	if text, err = json.Marshal(template.rest); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

// only returns the properties of the one resource that fits.
func only(t *testing.T, resources object, typ string, fits func(properties object) bool) object {
	t.Helper()
	var ids []string
	for id, r := range resources {
		if r := r.(object); r["Type"] == typ && fits(r["Properties"].(object)) {
			ids = append(ids, id)
		}
	}
	if len(ids) != 1 {
		t.Fatalf("%d resources of type %s fit, want 1: %s", len(ids), typ, strings.Join(ids, ", "))
	}
	return resources[ids[0]].(object)["Properties"].(object)
}

// revoke deletes the distribution's permissions for an action, ours and the one that a newer CDK
// writes.
func revoke(t *testing.T, resources object, action string) {
	t.Helper()
	before := len(resources)
	maps.DeleteFunc(resources, func(_ string, r any) bool {
		properties, _ := r.(object)["Properties"].(object)
		return r.(object)["Type"] == "AWS::Lambda::Permission" && properties["Action"] == action && properties["Principal"] == "cloudfront.amazonaws.com"
	})
	if len(resources) == before {
		t.Fatalf("nobody is granted %s", action)
	}
}

func anyOf(object) bool { return true }

// sampleEnvironment returns the environment variables of the sample function.
func sampleEnvironment(t *testing.T, resources object) object {
	t.Helper()
	properties := only(t, resources, "AWS::Lambda::Function", func(p object) bool { return p["Runtime"] == "provided.al2023" })
	return properties["Environment"].(object)["Variables"].(object)
}
