package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/tools/sweep"
	"github.com/streamfront/streamfront/internal/tools/terminal"
)

func newSweepCommand(io *terminal.IO) *cobra.Command {
	var options sweep.Options
	var yes, asJSON bool
	command := &cobra.Command{
		Use:   "sweep [flags] [cdk.out]",
		Short: "Delete the edge functions and logs that destroyed deployments leave",
		Long: `Finds what destroyed deployments have left: edge functions of streamfront in us-east-1 that no
longer belong to a stack, and their log groups in every region. With --yes it deletes them.
Without --yes it shows what it would delete, and changes nothing.

Lambda does not delete a function while CloudFront has replicas of it, which is for some hours
after the distribution is gone. Such a function and its logs stay: run the command again later.
It never touches a function of an existing stack.

With a cloud assembly, it also lists the other resources that its templates retain, such as
buckets of logs and user pools. They have data, so you must delete them yourself.

It uses the configuration of the AWS command line, and needs lambda:ListFunctions,
lambda:ListTags, cloudformation:DescribeStackResources, account:ListRegions and
logs:DescribeLogGroups; with --yes also lambda:DeleteFunction and logs:DeleteLogGroup.`,
		Example: `  streamfront sweep
  streamfront sweep cdk.out   # after 'cdk destroy --all'
  streamfront sweep --stack Streamfront --yes
  streamfront sweep --function Streamfront-Signer-0123456789ab --region us-east-1 --region eu-west-1
  streamfront sweep --json | jq -r '.functions[].logGroups[].name'`,
		Annotations:       map[string]string{exitNote: "0 if nothing is left, 1 if something is"},
		Args:              oneAssembly,
		ValidArgsFunction: completeAssembly,
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			progress := io.Progress("looking for what is left")
			defer progress.Done()
			var kept []sweep.Kept
			if len(args) == 1 {
				var err error
				if kept, err = sweep.KeptBy(args[0]); err != nil {
					return err
				}
			}
			plan, err := sweep.Look(ctx, options)
			if err != nil {
				return err
			}
			plan.Kept = kept
			if yes {
				plan.Delete(ctx, func(f *sweep.Function) { progress.Update("deleted " + f.Name) })
			}
			progress.Done()
			if asJSON {
				err = writeJSON(io, plan)
			} else {
				err = writePlan(io.Out, plan, yes)
			}
			functions, logGroups := plan.Left()
			switch failures := plan.Failures(); {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case failures > 0:
				return errors.New(plural(failures, "deletion") + " failed: see above")
			case functions+logGroups > 0:
				return errShown
			}
			return nil
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Profile, "profile", "", "`name` of a profile of the AWS configuration")
	flags.StringVar(&options.Stack, "stack", "", "`name` of the stack to which the functions belonged; outside us-east-1 that is the edge stack, edge-lambda-stack-...")
	flags.StringArrayVar(&options.Functions, "function", nil, "`name` of an edge function, which may be gone and have left its logs; may be repeated")
	flags.StringArrayVar(&options.Regions, "region", nil, "`region` in which to look for logs; may be repeated (default all that are enabled)")
	flags.BoolVar(&yes, "yes", false, "delete what it finds")
	flags.BoolVar(&asJSON, "json", false, "print what it found as JSON")
	for _, name := range []string{"profile", "stack", "function", "region"} {
		complete(command, name, completeNothing)
	}
	return command
}

var sweptStyles = map[sweep.State][]terminal.Style{
	sweep.Left:       {terminal.Yellow},
	sweep.Deleted:    {terminal.Green},
	sweep.InUse:      {terminal.Dim},
	sweep.Replicated: {terminal.Yellow},
	sweep.Gone:       {terminal.Dim},
	sweep.Failed:     {terminal.Red, terminal.Bold},
}

// writePlan writes a line for each function and log group.
func writePlan(out *terminal.Stream, p *sweep.Plan, done bool) error {
	var t terminal.Table
	row := func(state sweep.State, what, why string) {
		if why != "" {
			what += out.Paint(" ("+why+")", terminal.Dim)
		}
		t.Row(out.Paint(string(state), sweptStyles[state]...), what)
	}
	for _, f := range p.Functions {
		name := "function " + f.Name
		if f.Stack != "" {
			name += " of " + f.Stack
		}
		row(f.State, name, f.Why)
		for _, g := range f.LogGroups {
			row(g.State, fmt.Sprintf("  log group %s in %s, %d KB", g.Name, g.Region, (g.Bytes+999)/1000), g.Why)
		}
	}
	if err := out.Table(t); err != nil {
		return err
	}
	if len(p.Kept) > 0 {
		fmt.Fprintf(out, "\n%s\n", out.Paint("What the templates keep, too, for you to delete", terminal.Bold))
		var t terminal.Table
		t.Indent = 2
		for _, k := range p.Kept {
			t.Row(k.Type, k.Path, "in "+k.Region)
		}
		if err := out.Table(t); err != nil {
			return err
		}
	}
	functions, logGroups := p.Left()
	switch {
	case functions+logGroups == 0:
		fmt.Fprintln(out, "No edge function is left, and none of their logs.")
	case done:
		fmt.Fprintf(out, "\nLeft: %s and %s. Run it again later.\n", plural(functions, "function"), plural(logGroups, "log group"))
	default:
		fmt.Fprintf(out, "\nLeft: %s and %s. Nothing was deleted: 'streamfront sweep --yes' does that.\n", plural(functions, "function"), plural(logGroups, "log group"))
	}
	return nil
}
