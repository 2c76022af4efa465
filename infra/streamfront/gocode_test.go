package streamfront_test

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// architectures pairs what Lambda says with what the binary must say.
var architectures = map[string]struct {
	lambda func() awslambda.Architecture
	elf    elf.Machine
}{
	"arm64":   {awslambda.Architecture_ARM_64, elf.EM_AARCH64},
	"x86_64":  {awslambda.Architecture_X86_64, elf.EM_X86_64},
	"default": {func() awslambda.Architecture { return nil }, elf.EM_X86_64}, // that of a function, too
}

// A binary that changes with its directory, or with the settings of whoever builds it,
// makes every deployment an upload.
func TestGoCodeIsReproducible(t *testing.T) {
	for name, architecture := range architectures {
		t.Run(name, func(t *testing.T) {
			firstKey, first := goAsset(t, newModule(t), architecture.lambda())

			t.Setenv("GOFLAGS", "-gcflags=-N")
			t.Setenv("GOAMD64", "v3")
			t.Setenv("GOARM64", "v9.0")
			t.Setenv("GOOS", "windows")
			secondKey, second := goAsset(t, newModule(t), architecture.lambda())

			if firstKey != secondKey {
				t.Errorf("asset %s from one directory, %s from another", firstKey, secondKey)
			}
			if !bytes.Equal(first, second) {
				t.Errorf("the two binaries differ")
			}
			binary, err := elf.NewFile(bytes.NewReader(first))
			if err != nil {
				t.Fatal(err)
			}
			if binary.Machine != architecture.elf {
				t.Errorf("machine = %v, want %v", binary.Machine, architecture.elf)
			}
		})
	}
}

// The local chain builds the same package for this host from what the binary says of
// itself.
func TestGoCodeBinaryNamesItsPackage(t *testing.T) {
	_, binary := goAsset(t, newModule(t), nil)
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Path, "example.com/hello"; got != want {
		t.Errorf("package = %q, want %q", got, want)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if got, want := settings["-tags"], "lambda.norpc"; got != want {
		t.Errorf("tags = %q, want %q", got, want)
	}
	for key := range settings {
		if strings.HasPrefix(key, "vcs") {
			t.Errorf("the binary has %s of the repository", key)
		}
	}
}

// Tags choose files, also where Entry is examined, and flags of one build are not another's.
func TestGoCodeFlags(t *testing.T) {
	entry := t.TempDir()
	writeFile(t, filepath.Join(entry, "go.mod"), "module example.com/hello\n\ngo 1.26\n")
	writeFile(t, filepath.Join(entry, "main.go"), "//go:build special\n\npackage main\n\nvar version = \"none\"\n\nfunc main() { println(version) }\n")
	stack := newStack("us-east-1")
	for _, version := range []string{"version-one", "version-two"} {
		awslambda.NewFunction(stack, &version, &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PROVIDED_AL2023(),
			Handler: jsii.String("bootstrap"),
			Code: streamfront.GoCode(&streamfront.GoCodeProps{
				Entry: &entry, Tags: jsii.Strings("special"),
				LdFlags: jsii.String("-X main.version=" + version), BuildFlags: jsii.Strings("-mod=readonly"),
			}),
			Description: &version,
		})
	}
	a := synth(stack)
	for _, function := range a.main.All("AWS::Lambda::Function") {
		key := function.At(t, "Code", "S3Key").(string)
		binary, err := os.ReadFile(filepath.Join(a.dir, "asset."+strings.TrimSuffix(key, ".zip"), "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		version := function.At(t, "Description").(string)
		if !bytes.Contains(binary, []byte(version)) {
			t.Errorf("the binary of %s has another version", version)
		}
		info, err := buildinfo.Read(bytes.NewReader(binary))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range info.Settings {
			if s.Key == "-tags" && s.Value != "lambda.norpc,special" {
				t.Errorf("tags = %q, want lambda.norpc,special", s.Value)
			}
		}
	}
}

// CDK shares the result of equal bundling options, to which our build looks the same for
// every architecture.
func TestGoCodeBuildsOneEntryForTwoArchitectures(t *testing.T) {
	entry := newModule(t)
	stack := newStack("us-east-1")
	for _, name := range []string{"arm64", "x86_64"} {
		newGoFunction(stack, "Go"+name, entry, architectures[name].lambda())
	}
	keys := map[any]bool{}
	for _, f := range synth(stack).main.All("AWS::Lambda::Function") {
		keys[f.At(t, "Code", "S3Key")] = true
	}
	if len(keys) != 2 {
		t.Errorf("assets = %v, want one for each architecture", keys)
	}
}

// The CDK CLI names the stacks it wants built, so that cdk list needs no compiler.
func TestGoCodeBuildsSelectedStacksOnly(t *testing.T) {
	app := newApp(map[string]any{"aws:cdk:bundling-stacks": []string{}})
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	entry := newModule(t)
	t.Setenv("PATH", "")
	newGoFunction(stack, "Go", entry, nil)
	synth(stack)
}

func TestGoCodeSaysWhatTheCompilerSays(t *testing.T) {
	dir := newModule(t)
	writeFile(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { missing() }\n")
	mustPanic(t, "streamfront: go build in "+dir+": exit status 1\n# example.com/hello\n./main.go:3:15: undefined: missing\n", func() {
		streamfront.BuildGo(dir, "amd64", t.TempDir())
	})
}

func TestGoCodeWithoutToolchain(t *testing.T) {
	t.Setenv("PATH", "")
	mustPanic(t, `streamfront: GoCode cannot build ./cmd without the Go toolchain (exec: "go": executable file not found in $PATH); install it from https://go.dev/dl`, func() {
		streamfront.BuildGo("./cmd", "amd64", t.TempDir())
	})
}

// newModule returns a directory with a module of one main package, which imports nothing
// and so compiles in no time.
func newModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go.mod"), "module example.com/hello\n\ngo 1.26\n")
	writeFile(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { println(\"hello\") }\n")
	return dir
}

func newGoFunction(stack awscdk.Stack, id, entry string, architecture awslambda.Architecture) {
	awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Handler:      jsii.String("bootstrap"),
		Architecture: architecture,
		Code:         streamfront.GoCode(&streamfront.GoCodeProps{Entry: &entry, Architecture: architecture}),
	})
}

// goAsset synthesizes a function and returns the key and the binary of its asset.
func goAsset(t *testing.T, entry string, architecture awslambda.Architecture) (key string, binary []byte) {
	t.Helper()
	stack := newStack("us-east-1")
	newGoFunction(stack, "Go", entry, architecture)
	a := synth(stack)
	key = a.main.Only(t, "AWS::Lambda::Function").At(t, "Code", "S3Key").(string)
	binary, err := os.ReadFile(filepath.Join(a.dir, "asset."+strings.TrimSuffix(key, ".zip"), "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	return key, binary
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
