package test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The proof that the constructs can be imported: the module is packed as the module proxy
// would pack it, and the README's programs are built against that, out of the read-only
// module cache, in a folder where nothing else of ours is.
func TestReadmeProgramsRunFromTheModuleCache(t *testing.T) {
	t.Parallel()
	// One of its own for each run: versions in the module cache are not looked at twice.
	version := fmt.Sprintf("v0.0.0-20060102150405-%012x", uint64(time.Now().UnixNano())&(1<<48-1))
	c := newConsumer(t, version, requirement{moduleName, version}, tested(t, cdkModule), tested(t, "github.com/aws/jsii-runtime-go"))
	cleanCache(t, version)
	write(t, c.dir, "main.go", program(t, "example_test.go", "ExampleNewEndpoint"))
	write(t, c.dir, "options/main.go", program(t, "example_options_test.go", "ExampleEndpoint_AddRoute"))
	write(t, c.dir, "migration/main.go", program(t, "example_migration_test.go", "ExampleNewPayloadSigner"))
	write(t, c.dir, "behavior/main.go", program(t, "example_behavior_test.go", "ExampleNewPayloadSigner_behavior"))
	write(t, c.dir, "authorizer/main.go", program(t, "example_authorizer_test.go", "ExampleNewUserPoolAuthorizer"))
	for _, name := range []string{"chat", "models"} {
		write(t, c.dir, "cmd/"+name+"/main.go", fmt.Sprintf(function, name))
	}
	c.run(t, "go", "mod", "tidy")
	wantRequirements(t, filepath.Join(c.dir, "go.mod"))
	if cdk := tested(t, cdkModule); !slices.Contains(requirements(t, filepath.Join(c.dir, "go.mod")), cdk) {
		t.Errorf("go mod tidy took another CDK than %s", cdk)
	}
	wantReadOnly(t, c.run(t, "go", "list", "-m", "-f", "{{.Dir}}", moduleName))

	wantImported(t, c.synthesize(t, "."))
	options := c.synthesize(t, "./options")
	chain := serve(t, options)
	for path, want := range map[string]string{"/": "chat\n", "/v1/models": "models\n"} {
		resp := open(t, http.MethodGet, chain.URL()+path, nil)
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
			t.Errorf("GET %s: %d %q, %v, want 200 %q", path, resp.StatusCode, body, err, want)
		}
	}
	wantMigrated(t, c.synthesize(t, "./migration"), "/")
	wantMigrated(t, c.synthesize(t, "./behavior"), "/v1/chat")
	wantAuthorized(t, c.synthesize(t, "./authorizer"))
}

// wantAuthorized checks that nothing but the health check of a distribution passes without a
// token.
func wantAuthorized(t *testing.T, assembly string) {
	t.Helper()
	chain := serve(t, assembly)
	for path, want := range map[string]int{"/": http.StatusUnauthorized, "/v1/models": http.StatusUnauthorized, "/healthz": http.StatusOK} {
		resp := open(t, http.MethodGet, chain.URL()+path, nil)
		resp.Body.Close()
		if asks := resp.Header.Get("WWW-Authenticate"); resp.StatusCode != want || (asks == "Bearer") != (want == http.StatusUnauthorized) {
			t.Errorf("GET %s: %d, WWW-Authenticate %q, want %d", path, resp.StatusCode, asks, want)
		}
	}
}

// wantMigrated checks that a distribution of CDK's own constructs, with what docs/migration.md
// or docs/existing-distribution.md adds to it, has no error of the check, and answers a POST
// with a body.
func wantMigrated(t *testing.T, assembly, path string) {
	t.Helper()
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), binary, "check", assembly).CombinedOutput(); err != nil {
		t.Errorf("check: %v\n%s", err, out)
	}
	resp := open(t, http.MethodPost, serve(t, assembly).URL()+path, []byte("hello"))
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != "chat\n" {
		t.Errorf("POST: %d %q, %v, want 200", resp.StatusCode, body, err)
	}
}

// moduleName is the path of our module.
var moduleName = strings.TrimSuffix(module, "/")

const cdkModule = "github.com/aws/aws-cdk-go/awscdk/v2"

// A module with nothing but a streaming function in it: the CDK is in our go.mod, but not
// even its go.mod is fetched, since the go command prunes what no package needs.
// https://go.dev/ref/mod#graph-pruning
func TestStreamhttpAloneDownloadsNothingOfTheCDK(t *testing.T) {
	t.Parallel()
	const version = "v0.0.0-20060102150405-000000000000"
	c := newConsumer(t, version, requirement{moduleName, version})
	c.cache = t.TempDir()
	write(t, c.dir, "main.go", fmt.Sprintf(function, "chat"))

	c.run(t, "go", "build", "-o", "app", ".")
	if got, want := c.downloaded(t), []string{"github.com/aws/aws-lambda-go", moduleName}; !slices.Equal(got, want) {
		t.Errorf("go build downloads %q, want %q", got, want)
	}
	c.run(t, "go", "mod", "tidy") // looks at the tests of dependencies, too
	for _, name := range c.downloaded(t) {
		for _, of := range []string{"github.com/aws/aws-sdk-go-v2/service", "github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go", "github.com/cdklabs"} {
			if matches(name, of) {
				t.Errorf("go mod tidy downloads %s", name)
			}
		}
	}
	for _, r := range requirements(t, filepath.Join(c.dir, "go.mod")) {
		if r.Path != moduleName && r.Path != "github.com/aws/aws-lambda-go" {
			t.Errorf("the consumer's go.mod has %s", r)
		}
	}
}

// consumer is a module that imports ours.
type consumer struct {
	dir, proxy, realProxy string
	cache                 string // its module cache, the machine's if empty
}

// newConsumer makes a module that requires others, and serves ours to it.
func newConsumer(t *testing.T, version string, require ...requirement) *consumer {
	t.Helper()
	c := &consumer{dir: t.TempDir(), proxy: writeProxy(t, version), realProxy: goEnv(t, "GOPROXY")}
	// Exact versions, as go get would write them.
	mod := "module example.com/chat\n\ngo 1.26\n"
	for _, r := range require {
		mod += "\nrequire " + r.String()
	}
	write(t, c.dir, "go.mod", mod+"\n")
	return c
}

// downloaded returns the modules of which the consumer's own cache has a file.
func (c *consumer) downloaded(t *testing.T) []string {
	t.Helper()
	download := filepath.Join(c.cache, "cache", "download")
	found := map[string]bool{}
	err := filepath.WalkDir(download, func(file string, _ fs.DirEntry, err error) error {
		switch filepath.Ext(file) {
		case ".info", ".mod", ".zip":
			name, _, _ := strings.Cut(filepath.ToSlash(strings.TrimPrefix(file, download+string(filepath.Separator))), "/@v/")
			found[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found))
}

// function is the least that streams; what it says tells which one it is.
const function = `package main

import (
	"io"
	"log"
	"net/http"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func main() {
	err := streamhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "%s\n")
	}))
	if err != nil {
		log.Fatal(err)
	}
}
`

// run runs a command in the consumer's folder, and returns what it prints.
func (c *consumer) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = c.dir
	command.Env = append(command.Environ(), "GOPROXY=file://"+c.proxy+","+c.realProxy,
		"GONOSUMDB="+moduleName, "GOFLAGS=-mod=mod", "GOWORK=off",
		"CDK_OUTDIR="+filepath.Join(c.dir, "cdk.out"), "CDK_CONTEXT_JSON=")
	if c.cache != "" {
		command.Env = append(command.Env, "GOMODCACHE="+c.cache, "GOFLAGS=-mod=mod -modcacherw") // for the test to remove
	}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// synthesize builds and runs a CDK app of the consumer, and returns its assembly.
func (c *consumer) synthesize(t *testing.T, app string) string {
	t.Helper()
	c.run(t, "go", "build", "-o", "app", app)
	c.run(t, filepath.Join(c.dir, "app"))
	out := filepath.Join(c.dir, "cdk.out")
	moved := filepath.Join(t.TempDir(), "cdk.out")
	if err := os.Rename(out, moved); err != nil {
		t.Fatal(err)
	}
	return moved
}

// writeProxy makes a folder that serves one version of the module, and nothing else.
// https://go.dev/ref/mod#goproxy-protocol
func writeProxy(t *testing.T, version string) string {
	t.Helper()
	name := moduleName
	proxy := t.TempDir()
	at := path.Join(name, "@v", version)
	write(t, proxy, at+".zip", packModule(t, name+"@"+version+"/"))
	write(t, proxy, at+".mod", read(t, "go.mod"))
	write(t, proxy, at+".info", `{"Version": "`+version+`", "Time": "2006-01-02T15:04:05Z"}`)
	return proxy
}

// packModule zips what the module proxy would: the files of the repository that are in no
// nested module. The go command checks the rest of the rules when it unpacks them.
// https://go.dev/ref/mod#zip-files
func packModule(t *testing.T, prefix string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Skipf("git knows no files here: %v", err)
	}
	files := strings.Split(strings.Trim(string(out), "\x00"), "\x00")
	var nested []string
	for _, file := range files {
		if path.Base(file) == "go.mod" && file != "go.mod" {
			nested = append(nested, path.Dir(file)+"/")
		}
	}
	var b strings.Builder
	w := zip.NewWriter(&b)
	for _, file := range files {
		inNested := func(dir string) bool { return strings.HasPrefix(file, dir) }
		info, err := os.Lstat(filepath.Join(root, file))
		if err != nil || !info.Mode().IsRegular() || slices.ContainsFunc(nested, inNested) {
			continue // deleted, a link, or of another module
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.Create(prefix + file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// cleanCache takes the version out of the module cache again. The cache is the machine's,
// since one of our own would have to download and compile the CDK anew.
func cleanCache(t *testing.T, version string) {
	t.Helper()
	name := moduleName
	cache := goEnv(t, "GOMODCACHE")
	t.Cleanup(func() {
		dir := filepath.Join(cache, name+"@"+version)
		_ = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(file, 0o755)
			}
			return err
		})
		_ = os.RemoveAll(dir)
		downloaded, _ := filepath.Glob(filepath.Join(cache, "cache", "download", name, "@v", version+".*"))
		for _, file := range downloaded {
			_ = os.Remove(file)
		}
	})
}

// program makes an example, which README or docs show, a program.
func program(t *testing.T, file, example string) string {
	t.Helper()
	source := read(t, "infra/streamfront/"+file)
	source = strings.Replace(source, "package streamfront_test", "package main", 1)
	program := strings.Replace(source, "func "+example+"()", "func main()", 1)
	if program == source {
		t.Fatalf("%s has no %s", file, example)
	}
	return program
}

// read is a file of the repository.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// testedMod is the go.mod of this run: ours, or with -modfile in GOFLAGS the one with the
// newest CDK, whose importers have a newer CDK than ours asks for.
func testedMod(t *testing.T) string {
	t.Helper()
	for _, flag := range strings.Fields(goEnv(t, "GOFLAGS")) {
		if file, ok := strings.CutPrefix(flag, "-modfile="); ok {
			return file
		}
	}
	return filepath.Join(root, "go.mod")
}

// tested is what the tested go.mod requires of a module.
func tested(t *testing.T, name string) requirement {
	t.Helper()
	for _, r := range requirements(t, testedMod(t)) {
		if r.Path == name {
			return r
		}
	}
	t.Fatalf("%s does not require %s", testedMod(t), name)
	return requirement{}
}

// wantRequirements checks that whoever imports the constructs gets the CDK's modules and
// ours, and nothing that only this repository needs.
func wantRequirements(t *testing.T, file string) {
	t.Helper()
	own := map[string]bool{moduleName: true}
	for _, r := range requirements(t, testedMod(t)) {
		// The local chain's and the sample's, which the constructs do not import.
		own[r.Path] = !strings.HasPrefix(r.Path, "github.com/aws/smithy-go") && !strings.HasPrefix(r.Path, "github.com/aws/aws-sdk-go-v2")
	}
	for _, r := range requirements(t, file) {
		if !own[r.Path] {
			t.Errorf("the consumer's go.mod has %s", r.Path)
		}
	}
}

type requirement struct{ Path, Version string }

func (r requirement) String() string { return r.Path + " " + r.Version }

func requirements(t *testing.T, file string) []requirement {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct{ Require []requirement }
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	return mod.Require
}

// wantReadOnly checks that the module came out of the cache, where nothing can be written.
func wantReadOnly(t *testing.T, printed string) {
	t.Helper()
	dir := strings.TrimSpace(printed)
	info, err := os.Stat(filepath.Join(dir, "infra", "streamfront", "endpoint.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(dir, goEnv(t, "GOMODCACHE")) || info.Mode()&0o222 != 0 {
		t.Errorf("the constructs are at %s with mode %v, want them read-only in the module cache", dir, info.Mode())
	}
	if _, err := os.Stat(filepath.Join(dir, "test", "nag")); err == nil {
		t.Error("the module has the nested module test/nag in it")
	}
}

// wantImported looks for the parts of an endpoint outside us-east-1, and for the function.
func wantImported(t *testing.T, dir string) {
	t.Helper()
	edge, err := filepath.Glob(filepath.Join(dir, "edge-lambda-stack-*.template.json"))
	if err != nil || len(edge) != 1 {
		t.Fatalf("%d templates of an edge stack in %s, want 1", len(edge), dir)
	}
	for file, types := range map[string][]string{
		filepath.Join(dir, "Chat.template.json"): {"AWS::CloudFront::Distribution", "AWS::CloudFront::Function", "AWS::Lambda::Url", "AWS::Lambda::Permission"},
		edge[0]:                                  {"AWS::Lambda::Version", "AWS::SSM::Parameter"},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range types {
			if !strings.Contains(string(text), `"`+typ+`"`) {
				t.Errorf("%s has no %s", filepath.Base(file), typ)
			}
		}
	}
	if built, _ := filepath.Glob(filepath.Join(dir, "asset.*", "bootstrap")); len(built) != 1 {
		t.Errorf("%d functions built, want cmd/chat", len(built))
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, file, text string) {
	t.Helper()
	target := filepath.Join(dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
