package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The asset is what `make deploy` uploads, for the architecture that is the default.
func TestAssetIsSmall(t *testing.T) {
	t.Chdir("../../..") // not in parallel
	binary := filepath.Join(t.TempDir(), "bootstrap")
	if err := build(t.Context(), binary, "./functions/stream", "linux", "arm64"); err != nil {
		t.Fatal(err)
	}
	unpacked, zipped, err := assetSize(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes zipped, %d unpacked", zipped, unpacked)
	if zipped > sizeLimit || zipped > unpacked {
		t.Errorf("the zipped asset has %d bytes, unpacked %d: want at most %d", zipped, unpacked, int64(sizeLimit))
	}
	if unpacked < 1<<20 {
		t.Errorf("the program has %d bytes: that is not the sample", unpacked)
	}
}

// The flags are written twice, since the bench must not import the CDK.
func TestFlagsAreThoseOfGoCode(t *testing.T) {
	t.Parallel()
	for _, flags := range []string{`"GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0"`, `"GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off"`, `"-s -w -buildid="`, `lambda.norpc`} {
		for _, file := range []string{"asset.go", "../../../infra/streamfront/gocode.go"} {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(source), flags) {
				t.Errorf("%s has no %s", file, flags)
			}
		}
	}
}

// A bootstrap that ends before it asks for an invocation is an error, not a fast start.
func TestStartOfWhatIsNoFunction(t *testing.T) {
	t.Parallel()
	api, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	defer api.close()
	quick, err := exec.LookPath("true")
	if err != nil {
		t.Skip("there is no program that only ends: ", err)
	}
	if _, err := api.start(t.Context(), quick); err == nil || !strings.Contains(err.Error(), "before it asked") {
		t.Errorf("error = %v, want one that says that it ended", err)
	}
}
