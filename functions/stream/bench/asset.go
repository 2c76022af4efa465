package main

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// build builds a main package with the flags of GoCode in infra/streamfront.
func build(ctx context.Context, binary, pkg, goos, goarch string) error {
	command := exec.CommandContext(ctx, "go", "build",
		"-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", binary, pkg)
	command.Env = append(command.Environ(),
		"GOOS="+goos, "GOARCH="+goarch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0",
		"GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// assetSize returns the bytes of a binary, and of the zip file that Lambda gets of it.
func assetSize(binary string) (unpacked, zipped int64, err error) {
	file, err := os.Open(binary)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	var size counter
	archive := zip.NewWriter(&size)
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return 0, 0, err
	}
	unpacked, err = io.Copy(entry, file)
	if err != nil {
		return 0, 0, err
	}
	err = archive.Close()
	return unpacked, int64(size), err
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
