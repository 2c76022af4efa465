package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/tools/check"
	"github.com/streamfront/streamfront/internal/tools/terminal"
)

func newCheckCommand(io *terminal.IO) *cobra.Command {
	var asJSON, asSARIF, strict, acceptUnknown bool
	options := check.Options{Values: map[string]string{}}
	command := &cobra.Command{
		Use:   "check [flags] [cdk.out]",
		Short: "Find what AWS would refuse, and what leaves a hole, in the templates of any CDK app",
		Long: `Reads the cloud assembly of a CDK app, in any language and with any constructs. It finds what AWS
would refuse and what leaves a hole, on the way from a viewer through CloudFront to a Lambda
function URL. It deploys and calls nothing.

An error is something that AWS refuses, or that admits somebody who must stay out. A warning is
something that works, but not as well or as safely as it should, or a value that is known only
after deployment. A note depends on something outside of the template.

The status is 2 if an origin, an edge function or a nested stack could not be examined, because
it is known only after deployment. Pass the missing value with --parameter, or accept the
finding with --accept-unknown.

A fix names the CDK's constructs in the app's language, then those of streamfront in Go, then
CloudFormation. The language comes from the metadata that CDK adds to each stack, or from
the command in the cdk.json above the assembly.

Suppress a finding in the resource's metadata, with a reason:
  Metadata: {streamfront: {suppress: [{id: url-public, reason: a webhook of others}]}}`,
		Example: `  cdk synth -q && streamfront check cdk.out
  streamfront check --strict --sarif > streamfront.sarif   # for code scanning
  streamfront check --parameter App.Domain=api.example.com --parameter ssm:/edge/signer=arn:aws:lambda:...
  streamfront check --json | jq '.findings[].rule'`,
		Annotations:       map[string]string{exitNote: "0 if there are no errors (with --strict: and no warnings), or nothing to check, 1 if there are, 2 if something could not be examined"},
		Args:              oneAssembly,
		ValidArgsFunction: completeAssembly,
		RunE: func(command *cobra.Command, args []string) error {
			dir := "cdk.out"
			if len(args) == 1 {
				dir = args[0]
			}
			progress := io.Progress("checking " + dir)
			report, err := check.Run(dir, options)
			progress.Done()
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				err = writeJSON(io, report)
			case asSARIF:
				err = writeJSON(io, report.SARIF(versionName()))
			default:
				err = writeReport(io, report)
			}
			if err != nil {
				return err
			}
			if report.Count(check.Error) > 0 || strict && report.Count(check.Warning) > 0 {
				return errShown
			}
			if n := report.Unseen(); n > 0 && !acceptUnknown {
				return fmt.Errorf("%s of the way to a function could not be examined: give what is not known with --parameter, suppress the warning at its resource, or accept it with --accept-unknown", plural(n, "part"))
			}
			return nil
		},
	}
	flags := command.Flags()
	flags.BoolVar(&asJSON, "json", false, "print the report as JSON")
	flags.BoolVar(&asSARIF, "sarif", false, "print the report as SARIF 2.1.0")
	flags.BoolVar(&strict, "strict", false, "treat warnings as errors")
	flags.BoolVar(&acceptUnknown, "accept-unknown", false, "do not fail if something could not be examined")
	addParameter(command, options.Values)
	addLanguage(command, &options.Language)
	command.MarkFlagsMutuallyExclusive("json", "sarif")
	return command
}

// addParameter adds the flag for values that only a deployment knows.
func addParameter(command *cobra.Command, values map[string]string) {
	command.Flags().Func("parameter", "`value` as STACK.NAME=VALUE of a parameter of a stack, ssm:NAME=VALUE of Systems Manager, or export:NAME=VALUE of a stack that is not here; may be repeated", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return errors.New("want STACK.NAME=VALUE")
		}
		values[name] = value
		return nil
	})
	complete(command, "parameter", completeNothing)
}

func writeJSON(io *terminal.IO, v any) error {
	encoder := json.NewEncoder(io.Out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

var levelStyles = map[check.Level][]terminal.Style{
	check.Error:   {terminal.Red, terminal.Bold},
	check.Warning: {terminal.Yellow},
	check.Note:    {terminal.Cyan},
}

// writeReport writes the findings by resource. Why and fix of a rule are printed once.
func writeReport(io *terminal.IO, r *check.Report) error {
	out := io.Out
	told := map[causes.ID]bool{}
	resource := ""
	for _, f := range r.Findings {
		name := f.Stack + "/" + f.LogicalID
		if this := f.Template + " " + name; this != resource { // a stack may be in two regions
			resource = this
			fmt.Fprintln(out, out.Paint(terminal.Escape(name), terminal.Bold), out.Paint(terminal.Escape(f.Type), terminal.Dim))
			place := fmt.Sprintf("%s:%d", f.Template, f.Line)
			if f.Construct != "" {
				place += "  " + f.Construct
			}
			fmt.Fprintf(out, "%s\n\n", out.Paint(terminal.Escape(place), terminal.Dim))
		}
		if err := writeFinding(out, &f, told[f.Rule]); err != nil {
			return err
		}
		told[f.Rule] = true
	}
	for _, note := range r.Notes {
		if err := out.Paragraph(note, "note: ", "      "); err != nil {
			return err
		}
	}
	return out.Paragraph(summary(out, r), "", "")
}

func writeFinding(out *terminal.Stream, f *check.Finding, told bool) error {
	fmt.Fprintf(out, "  %s  %s\n", out.Paint(string(f.Level), levelStyles[f.Level]...), out.Paint(string(f.Rule), terminal.Bold))
	var t terminal.Table
	t.Indent = 4
	row := func(name, text string) { t.Row(out.Paint(name, terminal.Dim), text) }
	if f.Property != "" {
		row("at", f.Property)
	}
	row("what", f.Message)
	if !told {
		row("why", f.Why)
		row("fix", f.Fix)
	}
	if err := out.Table(t); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// summary is the last line: what was found in what.
func summary(out *terminal.Stream, r *check.Report) string {
	var found []string
	for _, level := range []check.Level{check.Error, check.Warning, check.Note} {
		if n := r.Count(level); n > 0 {
			found = append(found, out.Paint(plural(n, string(level)), levelStyles[level]...))
		}
	}
	if len(found) == 0 {
		found = append(found, out.Paint("nothing found", terminal.Green))
	}
	if n := len(r.Suppressed); n > 0 {
		found = append(found, fmt.Sprintf("%d suppressed", n))
	}
	doors := ""
	if r.OtherDoors > 0 {
		doors = ", " + plural(r.OtherDoors, "other front door")
	}
	return fmt.Sprintf("%s in %s: %s, %s%s", strings.Join(found, ", "), plural(r.Stacks, "stack"),
		plural(r.Distributions, "distribution"), plural(r.FunctionURLs, "function URL"), doors)
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
