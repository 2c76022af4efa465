package streamfront

import (
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// GoCodeProps are the properties of GoCode.
type GoCodeProps struct {
	// Entry is the directory of the main package, relative to the folder in which the app runs, the
	// one with cdk.json. It is built in its own module, which need not be the module of the CDK app.
	// Required.
	Entry *string
	// Architecture is the architecture of the function. It must be the same as
	// FunctionProps.Architecture.
	// Default: awslambda.Architecture_X86_64().
	Architecture awslambda.Architecture
	// Tags are build tags besides lambda.norpc, which removes the server of the former go1.x runtime
	// from aws-lambda-go.
	// Default: - lambda.norpc only.
	Tags *[]*string
	// LdFlags are linker flags after "-s -w -buildid=", for instance "-X main.version=1.2.3". If they
	// differ from build to build, as a date does, every deployment uploads the code again.
	// Default: - "-s -w -buildid=" only.
	LdFlags *string
	// BuildFlags are further flags of go build, one element each, such as "-mod=vendor". Tags and
	// LdFlags have properties of their own. GoCode sets the directory, the output and the target.
	// Default: - none.
	BuildFlags *[]*string
}

// GoCode builds a Go main package into the code of a Lambda function with the runtime
// PROVIDED_AL2023 and the handler "bootstrap". It needs the Go toolchain in PATH, and no Docker.
//
// The same sources and the same toolchain give the same bytes in every directory and on every
// machine, so a deployment without a change uploads nothing. The function is built when it is
// synthesized, and only if the CDK CLI selected its stack.
//
// To this end GoCode sets GOOS, GOARCH, GOAMD64=v1, GOARM64=v8.0, CGO_ENABLED=0, and
// GOFLAGS="-trimpath -buildvcs=false". These flags replace yours: pass your own in BuildFlags. It
// sets GOWORK=off, so a go.work file is ignored: if the function imports another module of your
// repository, its go.mod needs a replace directive. All other variables are inherited, such as
// GOPROXY, GOPRIVATE and GOTOOLCHAIN.
//
// GoCode panics with all problems of the properties, and if the build fails.
func GoCode(props *GoCodeProps) awslambda.Code {
	var p GoCodeProps
	if props != nil {
		p = *props
	}
	var found problems.List
	b := &goBuild{goarch: p.goArch(&found), tags: p.tags(&found), ldFlags: linkerFlags, flags: p.buildFlags(&found)}
	if p.LdFlags != nil {
		b.ldFlags += " " + *p.LdFlags
	}
	if p.Entry == nil || *p.Entry == "" {
		found.Add("GoCodeProps.Entry is required; pass the directory of the function's main package")
	} else {
		b.dir = *p.Entry
		b.requireMainPackage(&found)
	}
	found.Report()

	return awslambda.Code_FromAsset(p.Entry, &awss3assets.AssetOptions{
		AssetHashType: awscdk.AssetHashType_OUTPUT,
		Bundling: &awscdk.BundlingOptions{
			// The API requires an image. It is never pulled: Local either builds or panics.
			Image: awscdk.DockerImage_FromRegistry(jsii.String("unused")),
			Local: b,
			// The CDK builds equal bundling options only once, and ignores Local when it
			// compares them. Without these variables two builds of one entry would share a
			// binary.
			Environment: &map[string]*string{
				"GOARCH": &b.goarch, "FLAGS": jsii.String(strings.Join(b.arguments(""), "\n")),
			},
		},
	})
}

func (p *GoCodeProps) goArch(found *problems.List) string {
	if p.Architecture == nil {
		return "amd64"
	}
	switch architecture := *p.Architecture.Name(); architecture {
	case "x86_64":
		return "amd64"
	case "arm64":
		return "arm64"
	default:
		found.Add("GoCodeProps.Architecture is %q; Lambda runs arm64 and x86_64", architecture)
		return "amd64"
	}
}

const (
	// buildTag removes the RPC server of the former go1.x runtime from aws-lambda-go.
	buildTag = "lambda.norpc"
	// linkerFlags remove what only debuggers read, and the build id, which is never the same.
	linkerFlags = "-s -w -buildid="
)

func (p *GoCodeProps) tags(found *problems.List) []string {
	tags := []string{buildTag}
	for _, tag := range elements(p.Tags) {
		if tag == "" || strings.ContainsAny(tag, ", \t\n") {
			found.Add("GoCodeProps.Tags has %q; pass each tag as an element of its own", tag)
		}
		tags = append(tags, tag)
	}
	return tags
}

func (p *GoCodeProps) buildFlags(found *problems.List) []string {
	flags := elements(p.BuildFlags)
	for _, flag := range flags {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch {
		case !strings.HasPrefix(flag, "-"):
			found.Add("GoCodeProps.BuildFlags has %q, which is not a flag; write a flag and its value as one element, such as \"-mod=vendor\"", flag)
		case name == "tags":
			found.Add("GoCodeProps.BuildFlags has %q; pass tags in GoCodeProps.Tags", flag)
		case name == "ldflags":
			found.Add("GoCodeProps.BuildFlags has %q; pass flags of the linker in GoCodeProps.LdFlags", flag)
		case name == "o", name == "C", name == "buildmode":
			found.Add("GoCodeProps.BuildFlags has %q, but GoCode builds the program of GoCodeProps.Entry under the name that Lambda expects; leave it out", flag)
		}
	}
	return flags
}

// elements returns the values of a list that may be nil.
func elements(list *[]*string) []string {
	if list == nil {
		return nil
	}
	values := make([]string, len(*list))
	for i, element := range *list {
		values[i] = value(element)
	}
	return values
}

// goBuild is the awscdk.ILocalBundling that runs go build.
type goBuild struct {
	dir, goarch string
	tags        []string
	ldFlags     string
	flags       []string // further ones
}

// requireMainPackage finds that the directory has no main package. Building any other package would
// leave an archive with the name bootstrap.
func (b *goBuild) requireMainPackage(found *problems.List) {
	if info, err := os.Stat(b.dir); err != nil || !info.IsDir() {
		found.Add("GoCodeProps.Entry %q is not a directory; it is relative to the folder with cdk.json", b.dir)
		return
	}
	target := build.Default
	target.GOOS, target.GOARCH, target.CgoEnabled = "linux", b.goarch, false
	target.BuildTags = b.tags
	pkg, err := target.ImportDir(b.dir, 0)
	switch {
	case err != nil:
		found.Add("GoCodeProps.Entry %q has no Go package for linux/%s: %v", b.dir, b.goarch, err)
	case !pkg.IsCommand():
		found.Add("GoCodeProps.Entry %q is package %s; pass the directory of a main package", b.dir, pkg.Name)
	}
}

// arguments returns the arguments of the go command. The user's flags come first, in their order.
func (b *goBuild) arguments(output string) []string {
	return slices.Concat([]string{"build"}, b.flags, []string{"-tags", strings.Join(b.tags, ","), "-ldflags", b.ldFlags, "-o", output, "."})
}

// TryBundle builds the package into outputDir. It never returns false, because then the CDK would run
// Docker with an image that does not exist.
func (b *goBuild) TryBundle(outputDir *string, _ *awscdk.BundlingOptions) *bool {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		panic(fmt.Sprintf("streamfront: GoCode cannot build %s without the Go toolchain (%v); install it from https://go.dev/dl", b.dir, err))
	}
	cmd := exec.Command(goCommand, b.arguments(filepath.Join(*outputDir, "bootstrap"))...)
	cmd.Dir = b.dir // the function's module is the main module, with its own go.sum
	// The flags leave out what differs between checkouts: paths and the state of the repository.
	cmd.Env = append(cmd.Environ(),
		"GOOS=linux", "GOARCH="+b.goarch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0",
		"GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("streamfront: go build in %s: %v\n%s", b.dir, err, out))
	}
	return jsii.Bool(true)
}
