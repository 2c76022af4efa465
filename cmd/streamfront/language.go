package main

import (
	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/cdk"
)

// addLanguage adds the flag for the language in which fixes name the constructs of the CDK.
// Without it, the language is the app's.
func addLanguage(command *cobra.Command, language *cdk.Language) {
	command.Flags().Func("language", "`language` in which fixes name the CDK's constructs: "+cdk.Names()+" (default the app's, or typescript if that is unknown)", func(name string) error {
		var err error
		*language, err = cdk.ParseLanguage(name)
		return err
	})
	var names []cobra.Completion
	for _, l := range cdk.Languages {
		names = append(names, string(l))
	}
	complete(command, "language", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

// languageHere is the language of the CDK app in the working directory, which a command that
// is given no assembly goes by; "" if there is none.
func languageHere() cdk.Language {
	if a, err := assembly.Load("cdk.out"); err == nil {
		return a.Language()
	}
	return assembly.AppLanguage(".")
}
