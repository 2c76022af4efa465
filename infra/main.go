// Command infra is the CDK app: an endpoint around the sample function.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() { os.Exit(run()) }

// run synthesizes the app and returns its exit status.
//
// Constructs report bad input by a panic. What they say in this project's name is for the
// reader, who gets it without a stack trace; any other panic is a defect and stays one.
func run() (status int) {
	defer jsii.Close()
	defer func() {
		if r := recover(); r != nil {
			text := fmt.Sprint(r) // a string, or the error that jsii made of it
			if !strings.HasPrefix(text, "streamfront: ") {
				panic(r)
			}
			fmt.Fprintln(os.Stderr, text)
			status = 1
		}
	}()

	app := awscdk.NewApp(&awscdk.AppProps{
		// Without usage data in it, the template is the same with and without the CDK CLI.
		AnalyticsReporting: jsii.Bool(false),
	})
	props, err := readProps(app.Node().TryGetContext)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	newStack(app, props)
	app.Synth(nil)
	return 0
}
