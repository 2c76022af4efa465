// Package doctor checks what a deployment needs before it begins: the programs of this machine,
// credentials, the bootstrap of both regions, quotas, a certificate, a model. It only reads.
package doctor

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Options say what to look at. The zero value looks at what every deployment of the sample needs.
type Options struct {
	// Region is that of the endpoint.
	// Default: the region of the AWS configuration, else us-east-1, as the app takes it.
	Region string
	// Profile is the one of the AWS configuration.
	// Default: AWS_PROFILE, or the default one.
	Profile string
	// Qualifier is that of the bootstrap stack.
	// Default: hnb659fds, the CDK's.
	Qualifier string
	// Domain is a name that the endpoint is to have, which needs a certificate in us-east-1.
	// Default: none.
	Domain string
	// Model is the id or ARN of a model, or of an inference profile, of Amazon Bedrock.
	// Default: none.
	Model string
	// Timeout is how long one check may take.
	// Default: 20 s.
	Timeout time.Duration
	// Program runs a program, such as "go env GOVERSION", and returns what it prints.
	// Default: that of PATH; cdk is looked for in node_modules first.
	Program func(ctx context.Context, name string, args ...string) (string, error)
}

// State is how a check ended.
type State string

const (
	// OK is what a deployment needs.
	OK State = "ok"
	// Warn is what works, but not as well as it could.
	Warn State = "warn"
	// Fail is what a deployment would fail of.
	Fail State = "FAIL"
	// Unknown is what could not be examined.
	Unknown State = "unknown"
	// Skip is what cannot be looked at as long as another check fails.
	Skip State = "skip"
)

// A Finding is what one check says, in one line.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	Says  string `json:"says"`
	// Fix is the command to fix it with, if one does, or what to do.
	Fix string `json:"fix,omitempty"`
}

// A Report is all checks, in their order.
type Report struct {
	Account  string    `json:"account,omitempty"`
	Region   string    `json:"region"`
	Findings []Finding `json:"findings"`
}

// Count says how many checks ended in a state.
func (r *Report) Count(state State) (n int) {
	for i := range r.Findings {
		if r.Findings[i].State == state {
			n++
		}
	}
	return n
}

// edgeRegion is where CloudFront takes Lambda@Edge functions, certificates and quotas from.
const edgeRegion = "us-east-1"

// An examination is one run.
type examination struct {
	Options
	aws     aws.Config // of the endpoint's region
	account string     // "" until known
}

// in returns the configuration for another region.
func (e *examination) in(region string) aws.Config {
	c := e.aws.Copy()
	c.Region = region
	return c
}

// A check is one line or some lines of the report.
type check struct {
	name string
	look func(context.Context, *examination) Finding
}

// Run looks at everything. What it cannot look at is a finding, too.
func Run(ctx context.Context, o Options) *Report {
	o.Timeout = cmp.Or(o.Timeout, 20*time.Second)
	o.Qualifier = cmp.Or(o.Qualifier, "hnb659fds")
	if o.Program == nil {
		o.Program = runProgram
	}
	e := &examination{Options: o}
	findings := e.all(ctx, []check{{"Go", lookAtGo}, {"Node.js", lookAtNode}, {"CDK CLI", lookAtCDK}})
	credentials := e.identify(ctx)
	findings = append(findings, credentials...)
	findings = append(findings, e.all(ctx, e.ofTheAccount())...)
	return &Report{Account: e.account, Region: e.Region, Findings: findings}
}

// ofTheAccount are the checks that call AWS, for the options at hand.
func (e *examination) ofTheAccount() []check {
	regions := []string{e.Region}
	if e.Region != edgeRegion {
		regions = append(regions, edgeRegion)
	}
	var checks []check
	for _, region := range regions {
		checks = append(checks, check{"bootstrap in " + region, bootstrapIn(region)})
	}
	checks = append(checks, check{"quota of concurrency", lookAtConcurrency})
	for _, q := range quotas {
		checks = append(checks, check{"quota of " + q.what, q.look})
	}
	if e.Domain != "" {
		checks = append(checks, check{"certificate", lookAtCertificate})
	}
	if e.Model != "" {
		checks = append(checks, check{"model", lookAtModel})
	}
	if e.account != "" {
		return checks
	}
	for i := range checks {
		checks[i].look = func(context.Context, *examination) Finding {
			return Finding{State: Skip, Says: "needs credentials"}
		}
	}
	return checks
}

// all runs checks side by side.
func (e *examination) all(ctx context.Context, checks []check) []Finding {
	findings := make([]Finding, len(checks))
	var wait sync.WaitGroup
	for i, c := range checks {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, e.Timeout)
			defer cancel()
			findings[i] = c.look(ctx, e)
			findings[i].Check = c.name
		})
	}
	wait.Wait()
	return findings
}

// load reads the configuration of AWS as its command line does.
func (e *examination) load(ctx context.Context) error {
	var with []func(*config.LoadOptions) error
	if e.Profile != "" {
		with = append(with, config.WithSharedConfigProfile(e.Profile))
	}
	if e.Region != "" {
		with = append(with, config.WithRegion(e.Region))
	}
	var err error
	e.aws, err = config.LoadDefaultConfig(ctx, with...)
	e.Region = cmp.Or(e.Region, e.aws.Region, edgeRegion)
	e.aws.Region = e.Region
	return err
}
