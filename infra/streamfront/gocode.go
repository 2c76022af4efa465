package streamfront

import (
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"
)

// GoCodeProps are the properties of GoCode.
type GoCodeProps struct {
	// Entry is the directory of the main package, relative to the folder in which the app
	// runs, the one with cdk.json. It is built in its own module, which need not be the
	// module of the CDK app.
	// Required.
	Entry *string
	// Architecture is the architecture of the function that gets the code. It must be
	// the same as FunctionProps.Architecture.
	// Default: awslambda.Architecture_X86_64().
	Architecture awslambda.Architecture
}

// GoCode builds a Go main package into the code of a Lambda function with runtime
// PROVIDED_AL2023 and handler "bootstrap". It needs the Go toolchain in the PATH and no
// Docker.
//
// The same sources and the same toolchain give the same bytes in every directory and on
// every machine, so that a deployment without a change uploads nothing. The function is
// built when it is synthesized, and only if the CDK CLI selected its stack.
func GoCode(props *GoCodeProps) awslambda.Code {
	var p GoCodeProps
	if props != nil {
		p = *props
	}
	if p.Entry == nil || *p.Entry == "" {
		panic("streamfront: GoCodeProps.Entry is required; pass the directory of the function's main package")
	}
	goarch := "amd64"
	if p.Architecture != nil {
		goarch = goArch(*p.Architecture.Name())
	}
	requireMainPackage(*p.Entry, goarch)

	return awslambda.Code_FromAsset(p.Entry, &awss3assets.AssetOptions{
		AssetHashType: awscdk.AssetHashType_OUTPUT,
		Bundling: &awscdk.BundlingOptions{
			// The API wants an image. It is never pulled: Local either builds or panics.
			Image: awscdk.DockerImage_FromRegistry(jsii.String("unused")),
			Local: &goBuild{dir: *p.Entry, goarch: goarch},
			// CDK builds equal bundling options only once, and Local does not count for
			// it. Without GOARCH here, two architectures of one entry would share a binary.
			Environment: &map[string]*string{"GOARCH": &goarch},
		},
	})
}

func goArch(architecture string) string {
	switch architecture {
	case "x86_64":
		return "amd64"
	case "arm64":
		return "arm64"
	}
	panic(fmt.Sprintf("streamfront: GoCodeProps.Architecture is %q; Lambda runs arm64 and x86_64", architecture))
}

// requireMainPackage panics unless the go command will find a main package in dir. To
// build any other package would leave an archive under the name bootstrap.
func requireMainPackage(dir, goarch string) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		panic(fmt.Sprintf("streamfront: GoCodeProps.Entry %q is not a directory; it is relative to the folder with cdk.json", dir))
	}
	target := build.Default
	target.GOOS, target.GOARCH, target.CgoEnabled = "linux", goarch, false
	target.BuildTags = []string{buildTag}
	pkg, err := target.ImportDir(dir, 0)
	if err != nil {
		panic(fmt.Sprintf("streamfront: GoCodeProps.Entry %q has no Go package for linux/%s: %v", dir, goarch, err))
	}
	if !pkg.IsCommand() {
		panic(fmt.Sprintf("streamfront: GoCodeProps.Entry %q is package %s; pass the directory of a main package", dir, pkg.Name))
	}
}

// buildTag leaves the RPC server of the withdrawn go1.x runtime out of aws-lambda-go.
const buildTag = "lambda.norpc"

// goBuild is the awscdk.ILocalBundling that runs go build.
type goBuild struct {
	dir, goarch string
}

// TryBundle builds the package into outputDir. It never returns false, which would send
// CDK to Docker for an image that does not exist.
func (b *goBuild) TryBundle(outputDir *string, _ *awscdk.BundlingOptions) *bool {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		panic(fmt.Sprintf("streamfront: GoCode cannot build %s without the Go toolchain (%v); install it from https://go.dev/dl", b.dir, err))
	}
	cmd := exec.Command(goCommand, "build",
		"-tags", buildTag,
		"-ldflags", "-s -w -buildid=",
		"-o", filepath.Join(*outputDir, "bootstrap"), ".")
	cmd.Dir = b.dir // makes the function's module the main one, with its own go.sum
	// Set, not inherited, and without what differs from one checkout to the next: paths
	// and the state of the repository.
	cmd.Env = append(cmd.Environ(),
		"GOOS=linux", "GOARCH="+b.goarch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0",
		"GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("streamfront: go build in %s: %v\n%s", b.dir, err, out))
	}
	return jsii.Bool(true)
}
