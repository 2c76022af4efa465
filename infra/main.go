// Command infra is the CDK app: an endpoint around the sample function.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// inspect gets the app before it is synthesized. test/nag replaces it by a function that adds cdk-nag, so
// that it checks the app itself.
var inspect = func(awscdk.App) {}

func main() {
	if err := run(); err != nil {
		// Last, and on a line of its own: jsii ends with remarks that have no newline.
		fmt.Fprintf(os.Stderr, "\n%v\n", err)
		os.Exit(1)
	}
}

// run synthesizes the app.
//
// Constructs report bad input by a panic. If its text has this project's name, it is printed without a
// stack trace. Any other panic is a defect and stays a panic.
func run() (err error) {
	defer jsii.Close()
	defer func() {
		if r := recover(); r != nil {
			text := fmt.Sprint(r) // a string, or the error that jsii made of it
			if !strings.HasPrefix(text, "streamfront: ") {
				panic(r)
			}
			err = errors.New(text)
		}
	}()

	app := awscdk.NewApp(&awscdk.AppProps{
		// Without usage data in it, the template is the same with and without the CDK CLI.
		AnalyticsReporting: jsii.Bool(false),
		// A distribution that another stack watches is not made anew unnoticed. CDK warns until
		// somebody has chosen.
		Context: &map[string]any{"@aws-cdk/core:defaultCrossStackReferences": "strong"},
	})
	props, err := readProps(app.Node().TryGetContext)
	if err != nil {
		return err
	}
	newStack(app, props)
	inspect(app)
	app.Synth(nil)
	return nil
}
