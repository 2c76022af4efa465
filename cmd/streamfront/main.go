// Command streamfront runs a synthesized CDK app on localhost, and diagnoses why a streaming
// function behind CloudFront does not answer.
//
//	streamfront run cdk.out
//
// The package defines flags and output. The commands themselves are in local and in the packages
// below internal/tools, which it imports.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// version is set by the linker in releases.
var version string

func main() {
	io := terminal.New(os.Stdout, os.Stderr, os.Getenv)
	os.Exit(execute(untilSignal(), newRootCommand(io), io, os.Args[1:]))
}

// newRootCommand returns the command with all others below it. A command's file has its
// flags, its help and what it does.
func newRootCommand(io *terminal.IO) *cobra.Command {
	root := &cobra.Command{
		Use:   "streamfront",
		Short: "Run a synthesized CDK app on localhost, and find out why a request fails",
		Long: `streamfront runs a synthesized CDK app (cdk.out) on localhost and refuses what AWS refuses.
It finds mistakes in the templates of any CDK app that keep a Lambda function from streaming
through CloudFront, tests a deployed endpoint, and explains a failing answer.

For completion of commands, flags and folders in bash, zsh, fish and PowerShell:
  streamfront completion --help`,
		Example: `  cdk synth -q && streamfront check cdk.out && streamfront run cdk.out
  streamfront explain https://d111111abcdef8.cloudfront.net/v1/chat -d '{}'`,
		Version:       versionName(),
		SilenceErrors: true, // execute prints them
		SilenceUsage:  true,
		RunE: func(root *cobra.Command, _ []string) error {
			help(io.Err, root)
			return usageError{errShown}
		},
	}
	root.SetOut(io.Out)
	root.SetErr(io.Err)
	root.SetVersionTemplate("streamfront {{.Version}}\n")
	root.SetHelpFunc(func(command *cobra.Command, _ []string) { help(io.Out, command) })
	root.SetHelpCommand(newHelpCommand(io))
	root.AddCommand(newRunCommand(io), newCheckCommand(io), newSmokeCommand(io), newExplainCommand(io), newDoctorCommand(io), newSweepCommand(io))
	return root
}

// The exit statuses of every command.
const (
	exitFine     = 0 // it looked, and all is well
	exitFindings = 1 // it looked, and its output says what is wrong
	exitFailed   = 2 // it could not look: a wrong command line, or an error
)

// errShown ends a command with exitFindings: its output has said what is wrong already. Any
// other error ends it with exitFailed.
var errShown = errors.New("the output says what is wrong")

// A usageError is a wrong command line: what is printed about it names the help.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usagef says what is wrong with the command line, for what flags and Args do not find.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// execute runs the command that the arguments name and returns the exit status.
func execute(ctx context.Context, root *cobra.Command, io *terminal.IO, args []string) int {
	// cobra answers a shell that it does not know with help and success, unless the command
	// above it can be run.
	root.InitDefaultCompletionCmd(args...)
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	}
	// What fails before a command begins is a wrong command line.
	begun := false
	for _, command := range append(root.Commands(), root) {
		if run := command.RunE; run != nil {
			command.RunE = func(command *cobra.Command, args []string) error {
				begun = true
				return run(command, args)
			}
		}
	}
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitFine
	}
	var usage usageError
	wrong := errors.As(err, &usage) || !begun
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if !errors.Is(err, errShown) {
		fmt.Fprintf(io.Err, "%s %s\n", io.Err.Paint("streamfront:", terminal.Red, terminal.Bold), strings.TrimSpace(inPlainWords(withoutSecret(err)).Error()))
		if wrong {
			fmt.Fprintf(io.Err, "Run '%s --help' for its flags and examples.\n", command.CommandPath())
		}
	}
	if errors.Is(err, errShown) && !wrong {
		return exitFindings
	}
	return exitFailed
}

// secretFlags take values that no log should have.
var secretFlags = []string{"env", "function", "invoker-key", "key", "origin", "parameter"}

// inPlainWords says what is wrong with the value of a flag, without the names of functions that
// read it.
func inPlainWords(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	if flag.Hidden {
		return fmt.Errorf("--%s: %w", flag.Name, invalid.Unwrap())
	}
	want := map[string]string{"int": "a whole number", "bool": "true or false", "duration": "a duration such as 90s or 5m"}[flag.Value.Type()]
	if want == "" {
		return err
	}
	return fmt.Errorf("--%s is %q, want %s", flag.Name, invalid.GetValue(), want)
}

// withoutSecret leaves out the value that a flag does not take, where that may be a secret.
func withoutSecret(err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) && slices.Contains(secretFlags, invalid.GetFlag().Name) {
		return fmt.Errorf("--%s: %w", invalid.GetFlag().Name, invalid.Unwrap())
	}
	return err
}

// versionName is the version of the release, else what the toolchain knows: that of the
// module for 'go install ...@v1.2.3', of the commit for a build in a clone.
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// oneAssembly takes at most one argument, the folder of a cloud assembly.
func oneAssembly(command *cobra.Command, args []string) error {
	if len(args) > 1 {
		// Not which ones: a space in --env NAME= VALUE makes an argument of the value.
		return usagef("%s takes one cloud assembly, got %d arguments: put quotes around an argument with spaces", command.Name(), len(args))
	}
	return nil
}

// completeAssembly completes the argument of oneAssembly.
func completeAssembly(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeNothing is for flags whose values only a person knows.
func completeNothing(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// complete sets how the values of a flag are completed.
func complete(command *cobra.Command, flag string, by cobra.CompletionFunc) {
	if err := command.RegisterFlagCompletionFunc(flag, by); err != nil {
		panic(err) // there is no such flag
	}
}
