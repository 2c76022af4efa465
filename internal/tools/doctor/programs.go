package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What go.mod and package.json of this repository ask for.
const (
	goVersion   = "1.26"
	nodeVersion = "20"
	cdkVersion  = "2.1148.1"
)

// runProgram runs a program, the CDK's as npm installs it for an app, else as PATH has it.
func runProgram(ctx context.Context, name string, args ...string) (string, error) {
	if name == "cdk" {
		if installed, err := exec.LookPath(filepath.Join("node_modules", ".bin", name)); err == nil {
			name = installed
		}
	}
	command := exec.CommandContext(ctx, name, args...)
	command.WaitDelay = time.Second // for what it started
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		if first, _, _ := strings.Cut(strings.TrimSpace(errs.String()), "\n"); first != "" {
			err = fmt.Errorf("%w: %s", err, first)
		}
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// program asks one for its version.
func (e *examination) program(ctx context.Context, get string, name string, args ...string) (text string, finding *Finding) {
	text, err := e.Program(ctx, name, args...)
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, exec.ErrNotFound):
		return "", &Finding{State: Fail, Says: name + " is not in PATH", Fix: get}
	}
	return "", &Finding{State: Unknown, Says: fmt.Sprintf("%s %s fails: %v", name, strings.Join(args, " "), err), Fix: get}
}

// lookAtGo asks where the app is: a go.mod there chooses the toolchain.
func lookAtGo(ctx context.Context, e *examination) Finding {
	const get = "install Go " + goVersion + " or newer from https://go.dev/dl/"
	text, failed := e.program(ctx, get, "go", "env", "GOVERSION")
	if failed != nil {
		return *failed
	}
	return atLeast(strings.TrimPrefix(text, "go"), goVersion, get)
}

func lookAtNode(ctx context.Context, e *examination) Finding {
	const get = "install Node.js 24, or " + nodeVersion + " or newer, from https://nodejs.org"
	text, failed := e.program(ctx, get, "node", "--version")
	if failed != nil {
		return *failed
	}
	return atLeast(strings.TrimPrefix(text, "v"), nodeVersion, get)
}

// lookAtCDK wants the CLI that these assemblies are tested with, or a newer one of its line:
// aws-cdk 3.0.0 is older, and does not read them (executed).
func lookAtCDK(ctx context.Context, e *examination) Finding {
	const get = "npm install --save-dev --save-exact aws-cdk@" + cdkVersion
	text, failed := e.program(ctx, get, "cdk", "--version")
	if failed != nil {
		return *failed
	}
	version, _, _ := strings.Cut(text, " ")
	if strings.HasPrefix(version, "3.") {
		return Finding{State: Fail, Says: version + ", which is older than its number, and does not read what the CDK writes now", Fix: get}
	}
	f := atLeast(version, cdkVersion, get)
	if f.State == Fail {
		f.State = Warn // an app with an older CDK library goes with it
	}
	return f
}

// atLeast compares versions.
func atLeast(version, least, get string) Finding {
	have, want := numbers(version), numbers(least)
	for i := range want {
		switch {
		case len(have) == 0:
			return Finding{State: Unknown, Says: fmt.Sprintf("%q is not a version", version), Fix: get}
		case i >= len(have) || have[i] < want[i]:
			return Finding{State: Fail, Says: fmt.Sprintf("%s, want %s or newer", version, least), Fix: get}
		case have[i] > want[i]:
			return Finding{State: OK, Says: version}
		}
	}
	return Finding{State: OK, Says: version}
}

var leadingNumbers = regexp.MustCompile(`^\d+(\.\d+)*`)

func numbers(version string) (list []int) {
	for part := range strings.SplitSeq(leadingNumbers.FindString(version), ".") {
		if n, err := strconv.Atoi(part); err == nil {
			list = append(list, n)
		}
	}
	return list
}
