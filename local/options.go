package local

import (
	"io"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/tools/tracepage"
	"github.com/streamfront/streamfront/internal/trace"
)

// Trace is the way of one request through the chain. Its methods name the cause of a
// refusal and compare the canonical requests of a signature that was refused; as JSON it is
// what 'streamfront run --json' prints.
type Trace = trace.Request

// Hop is one step of a Trace.
type Hop = trace.Hop

// Head is the head of a message before or after a Hop, its credentials masked by length
// and fingerprint.
type Head = trace.Head

// SignatureLine is a line of the two canonical requests of a signature that was refused.
type SignatureLine = trace.SignatureLine

// TracePagePath is where Options.TracePage serves its page, on every front door. The page
// shows one request at TracePagePath#ID, with the ID of its Trace.
const TracePagePath = tracepage.Path

// Options say what to run. The zero value runs ./cdk.out on free ports.
type Options struct {
	// Assembly is the folder that 'cdk synth' wrote.
	// Default: cdk.out.
	Assembly string
	// Deployed is the folder of the assembly that is deployed now. Functions behind an alias that
	// both assemblies have then run in two versions, as while a deployment moves the alias: the
	// new one gets Canary of 100 requests, the deployed one the rest. The trace names the
	// version, and functions find it in AWS_LAMBDA_FUNCTION_VERSION: 1 is deployed, 2 is new.
	// Default: - one version, that of Assembly.
	Deployed string
	// Canary is from 0 to 100; with Deployed only.
	// Default: 0.
	Canary int
	// Port is where the first front door listens on 127.0.0.1, and on ::1 where this machine
	// has it. Further front doors, and function URLs behind them, get free ports. A distribution
	// answers to loopback names, to its own name and to its Aliases.
	// Default: 0, a free port.
	Port int
	// TLS serves the front doors by HTTPS, with a certificate that is made at each start
	// for localhost, 127.0.0.1 and ::1 and that no client knows: see Chain.Certificate.
	// Browsers send an Origin with the scheme that the page has, which applications compare
	// with X-Forwarded-Proto: without TLS it is http, where AWS would have https.
	// Default: false, plain HTTP that counts as HTTPS.
	TLS bool
	// Sources are folders with the Go modules of functions that are not built for this
	// host and have to be built again. Modules below them are found, too.
	// Default: the working directory.
	Sources []string
	// Node is the Node.js program for edge functions, and for functions on a Node.js runtime.
	// Default: node, from PATH.
	Node string
	// Python is the Python program for functions on a Python runtime.
	// Default: python3, from PATH.
	Python string
	// Functions are commands that run in place of functions, such as one in a container
	// image: by "Stack/LogicalId", logical id, name, or path of the construct. A command runs
	// in the working directory, by sh. It is a web application behind a stand-in for the Lambda
	// Web Adapter, which finds its port in PORT; "lambda:" before it says that it asks the
	// runtime API for events instead.
	// Default: nil, the code of the assembly.
	Functions map[string]string
	// Layers are folders for layers that are not in the assembly, such as those of Powertools for
	// AWS Lambda, by the layer's name or ARN: a folder, or a zip file, that would be /opt. An empty
	// text runs the functions without the layer, for instance since their code finds its
	// libraries on this machine.
	// Default: nil; what invokes such a function is answered 501.
	Layers map[string]string
	// Credentials passes the AWS credentials of this process's environment to the functions,
	// and its profile and region settings: what they call is then the real AWS, Amazon S3
	// included.
	// Default: false, they get made-up ones.
	Credentials bool
	// Environment are variables that every function gets besides those of its template, or in
	// the place of one there: a key to try, an endpoint that stands in for another. What
	// Lambda sets itself stays unchanged.
	// Default: none.
	Environment map[string]string
	// Issuers are addresses where issuers of tokens, named by the https URL of their claim iss,
	// are to be found instead: for the code at the edge and in functions, which goes on asking
	// by the URL that it knows, and gets there by a proxy that it finds in its environment.
	// User pools of the template need none: they are served here.
	// Default: nil, other issuers are asked for real.
	Issuers map[string]string
	// Language is the one in which the fix of a Trace, and of its page, names the constructs of
	// the CDK: typescript, python, go, java, csharp or cloudformation.
	// Default: the app's, by its templates or its cdk.json; typescript if they do not say.
	Language string
	// Parameters are values that only a deployment knows, by name: "Stack.Name" is a
	// parameter of a stack, "ssm:NAME" a parameter of Systems Manager, and "export:NAME" an
	// export of a stack that is not of the assembly. What decides has to be given; what is
	// only carried to a function or an origin is made up, which Notes say.
	// Default: none.
	Parameters map[string]string
	// Origins are where origins of distributions are, by their ids in the template:
	// "http://localhost:3000". They stand in for what the template names, and get what
	// CloudFront would send there. Origins that are neither function URLs nor buckets of the
	// assembly are answered 501 without.
	// Default: none.
	Origins map[string]string
	// KeyValueStores are the files with the values of CloudFront's key-value stores, by the
	// name, the logical id or the "Stack/LogicalId" of a store, in the form that CloudFront
	// imports, {"data": [{"key": "k", "value": "v"}]}, or as {"k": "v"}.
	// Default: what the template imports from an asset, else nothing.
	KeyValueStores map[string]string
	// Log gets what functions print, whole lines, one call at a time: a bytes.Buffer will
	// do, which may be read once the chain is closed.
	// Default: io.Discard.
	Log io.Writer
	// Progress is called before a slow step of Start, with a description of it: to
	// build a function.
	// Default: nil.
	Progress func(string)
	// Trace is called for every finished request, one call at a time. It may take its time
	// and call the chain, but not Close, which waits for the last call.
	// Default: nil, no calls.
	Trace func(Trace)
	// TraceDetails adds to each Trace headers before and after the hops, sizes, times and
	// canonical requests. Bodies are never recorded; credentials are masked, in headers and
	// queries, by their usual names.
	// Default: false, which is faster.
	TraceDetails bool
	// TracePage serves a page with the last 200 requests, fewer if they are large, and those
	// that run, in all details below TracePagePath, on the addresses of the front doors and
	// to loopback names only. It includes TraceDetails. What is below that path does not reach
	// the functions then, as it would on AWS.
	// Default: false.
	TracePage bool
	// EnvironmentConcurrency is how many invocations an execution environment takes at once.
	// More than one differs from AWS: it is for load tests, which need fewer processes
	// then. A function sees what Lambda Managed Instances would have it see: several
	// requests share the memory of a process, a process that ends fails all of its
	// requests, one that times out fails alone. Its runtime must know the variable
	// AWS_LAMBDA_MAX_CONCURRENCY, as aws-lambda-go does since v1.51.0. Functions behind the
	// web adapter and at the edge take one at a time in any case.
	// Default: 1.
	EnvironmentConcurrency int
	// Watch serves the assembly anew when it changes on disk, and builds Go functions anew
	// when a file in Sources does. Streams that are running go on as they began. What
	// cannot be served leaves the chain as it was. It is called after each attempt.
	// Default: nil, changes are not looked for.
	Watch func(error)
	// Settled is a file of 'streamfront smoke --record', with what an endpoint on AWS settled of
	// what this chain assumes: what it confirmed or refuted takes the place of the assumptions,
	// and Notes say so. What other options ask for comes first.
	// Default: none, the chain does what it assumes.
	Settled string
	// Now is the clock that signatures are made and verified by.
	// Default: time.Now.
	Now func() time.Time
	// SignatureWindow is how far the date of a signature may be off at a function URL. AWS
	// does not publish it for function URLs.
	// Default: 5 minutes, which is what AWS's JSON services allow.
	SignatureWindow time.Duration
	// Fault is asked for each request that a function is about to be invoked by, and says
	// how to fail it: for tests of what a client does then.
	// Default: nil, no faults.
	Fault func(*http.Request) Fault
	// InvokerKey is an access key that may call the function URLs directly, as an IAM user
	// of the function's account whose policies allow it.
	// Default: nil, nobody may but the distributions.
	InvokerKey *InvokerKey
	// UnlimitedRate lets streamed responses go at any speed. AWS slows them down to 2 MiB/s
	// after their first 6 MiB.
	// Default: false.
	UnlimitedRate bool
	// HangEmptyStreams lets a streamed response without a byte of body hang until CloudFront
	// gives up with 504 after the origin's read timeout, or a direct caller does. Users report
	// that of AWS, for redirects, 204, HEAD and empty answers; false ends them at once.
	// Default: false.
	HangEmptyStreams bool
	// CutFailedStreams cuts the connection when a function reports an error in the middle of a
	// stream. False ends the stream as if it were complete. What a viewer sees on AWS is not
	// known: a client should treat both as a failure, by an end mark in the stream.
	// Default: false.
	CutFailedStreams bool
	// ExposeDeleteBody shows the body of DELETE requests to Lambda@Edge. AWS's
	// documentation says it is shown, field reports say it is not; false is the stricter.
	// Default: false.
	ExposeDeleteBody bool
}

// Fault is a failure that a test asks for.
type Fault = answer.Fault

// An InvokerKey is a made-up access key to sign direct calls with, for service "lambda" and
// the function's region. No real credentials belong here.
type InvokerKey struct {
	ID     string // such as "AKIALOCAL"
	Secret string
}

// A Distribution is a CloudFront distribution that is being served.
type Distribution struct {
	Name       string // "Stack/LogicalId"
	DomainName string // what it would be named on AWS
	URL        string // where it is served here, without a slash at the end
}

// A FunctionURL is a function URL that is being served on its own address, where it
// refuses every caller that AWS would refuse.
type FunctionURL struct {
	Name       string // "Stack/LogicalId" of the URL
	DomainName string // what it would be named on AWS
	URL        string // where it is served here, without a slash at the end
}

// An Output is an output of a stack.
type Output struct {
	Name  string // "Stack.Name"
	Value string
}

func (o Options) withDefaults() Options {
	if o.Assembly == "" {
		o.Assembly = "cdk.out"
	}
	if len(o.Sources) == 0 {
		o.Sources = []string{"."}
	}
	if o.Node == "" {
		o.Node = "node"
	}
	if o.Python == "" {
		o.Python = "python3"
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
