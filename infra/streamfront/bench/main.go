// Command bench compares what an endpoint costs a CDK app with a bare one of a function and
// a distribution: the time to synthesize it, and the size of its templates.
//
//	go run ./infra/streamfront/bench
//
// Each app is a process of its own, as the CDK CLI starts it, since the start of jsii is
// most of what one waits for. Time is that of the processor, in the app and in its Node.js
// process; the apps take turns, and the least of their times counts, so that whatever else
// the machine does falls out of the ratios.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

const rounds = 3

// routes are the sizes of the apps: 0 is the bare one, 1 an endpoint with its defaults.
var routes = []int{0, 1, 10, 50}

func main() {
	if len(os.Args) == 2 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			fail(err)
		}
		synthesize(n)
		return
	}
	if err := compare(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

type result struct {
	least time.Duration
	bytes int64
}

func compare() error {
	results := make([]result, len(routes))
	for range rounds {
		for i, n := range routes {
			took, size, err := run(n)
			if err != nil {
				return fmt.Errorf("app of %d routes: %w", n, err)
			}
			if r := &results[i]; r.least == 0 || took < r.least {
				r.least, r.bytes = took, size
			}
		}
	}
	bare := results[0]
	fmt.Printf("synth: least processor time of %d runs, each a process of its own, against a bare app of a function and a distribution\n", rounds)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "routes\ttime\tratio\tbytes of templates\tratio\teach more\tbytes\t")
	for i, n := range routes {
		r := results[i]
		fmt.Fprintf(table, "%d\t%.2fs\t%.2fx\t%d\t%.2fx\t", n, r.least.Seconds(), r.least.Seconds()/bare.least.Seconds(), r.bytes, float64(r.bytes)/float64(bare.bytes))
		if n > 1 {
			one := results[slices.Index(routes, 1)]
			fmt.Fprintf(table, "%.0fms\t%d\t", float64((r.least-one.least).Milliseconds())/float64(n-1), (r.bytes-one.bytes)/int64(n-1))
		}
		fmt.Fprintln(table)
	}
	return nil
}

// run synthesizes an app in a process, and measures both.
func run(n int) (time.Duration, int64, error) {
	dir, err := os.MkdirTemp("", "streamfront-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	command := exec.Command(os.Args[0], strconv.Itoa(n))
	command.Env = append(command.Environ(), "CDK_OUTDIR="+dir, "CDK_CONTEXT_JSON=")
	if out, err := command.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("%w\n%s", err, out)
	}
	took := command.ProcessState.UserTime() + command.ProcessState.SystemTime()

	templates, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil {
		return 0, 0, err
	}
	var size int64
	for _, file := range templates {
		info, err := os.Stat(file)
		if err != nil {
			return 0, 0, err
		}
		size += info.Size()
	}
	return took, size, nil
}

// synthesize is the app: n functions behind an endpoint, or one behind a distribution.
func synthesize(n int) {
	defer jsii.Close()
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	stack := awscdk.NewStack(app, jsii.String("Bench"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("us-east-1")},
	})
	if n == 0 {
		url := newFunction(stack, 0).AddFunctionUrl(nil)
		awscloudfront.NewDistribution(stack, jsii.String("Distribution"), &awscloudfront.DistributionProps{
			DefaultBehavior: &awscloudfront.BehaviorOptions{
				Origin: awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, nil),
			},
		})
	} else {
		endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
			Function: newFunction(stack, 0),
		})
		for i := 1; i < n; i++ {
			endpoint.AddRoute(jsii.String(fmt.Sprintf("/route%d/*", i)), newFunction(stack, i), nil)
		}
	}
	app.Synth(nil)
}

func newFunction(stack awscdk.Stack, i int) awslambda.Function {
	return awslambda.NewFunction(stack, jsii.String(fmt.Sprint("Function", i)), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async () => {};")),
	})
}
