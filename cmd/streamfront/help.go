package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// exitNote is the annotation of a command that says when its status is 0, and when it is 1 if
// it ever is. Status 2 is the same for all of them.
const exitNote = "exit status"

// newHelpCommand returns the command that shows the help of another. That of cobra takes a
// command that there is not for a success.
func newHelpCommand(io *terminal.IO) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		ValidArgsFunction: func(command *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			for _, c := range command.Root().Commands() {
				if c.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(command *cobra.Command, args []string) error {
			about, rest, err := command.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no command %q", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			help(io.Out, about)
			return nil
		},
	}
}

// help writes the help of a command: what it does, how it is called, examples, commands or
// flags, and the exit status.
func help(out *terminal.Stream, command *cobra.Command) {
	section := func(name string) { fmt.Fprintf(out, "\n%s\n", out.Paint(name, terminal.Bold)) }
	text := command.Long
	if text == "" {
		text = command.Short
	}
	fmt.Fprintln(out, refill(text, out.Width()))
	section("Usage:")
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(out, "  %s [command]\n", command.CommandPath())
	} else {
		fmt.Fprintf(out, "  %s\n", command.UseLine())
	}
	if command.HasExample() {
		section("Examples:")
		fmt.Fprintln(out, command.Example)
	}
	if command.HasAvailableSubCommands() {
		section("Commands:")
		t := terminal.Table{Indent: 2}
		for _, c := range command.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				t.Row(out.Paint(c.Name(), terminal.Cyan), c.Short)
			}
		}
		_ = out.Table(t)
	}
	if command.HasAvailableLocalFlags() {
		section("Flags:")
		fmt.Fprint(out, command.LocalFlags().FlagUsagesWrapped(out.Width()))
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n'%s COMMAND --help' shows the flags and examples of a command.\n", command.CommandPath())
	}
	note, ok := command.Annotations[exitNote]
	if !ok {
		note = "0 on success"
	}
	fmt.Fprintln(out)
	_ = out.Paragraph(fmt.Sprintf("Exit status: %s, 2 on an error or a wrong command line.", note), "", "")
}

// refill wraps paragraphs anew at the width; those with lines that are indented stay.
func refill(text string, width int) string {
	if width == 0 {
		return text
	}
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range paragraphs {
		if !strings.Contains(p, "\n ") && !strings.Contains(p, "\n\t") && !strings.HasPrefix(p, "\t") {
			paragraphs[i] = terminal.Wrap(strings.ReplaceAll(p, "\n", " "), width, "", "")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}
