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
	// both assemblies have then run in two versions, as they do while a deployment shifts the
	// alias: the new version gets Canary of 100 requests, the deployed one the rest. The trace
	// names the version, and functions find it in AWS_LAMBDA_FUNCTION_VERSION: 1 is deployed, 2 is
	// new.
	// Default: - one version, that of Assembly.
	Deployed string
	// Canary is how many of 100 requests the new version gets, from 0 to 100. It requires
	// Deployed.
	// Default: 0.
	Canary int
	// Port is the port of the first front door, on 127.0.0.1 and, if this machine has it, on ::1.
	// Further front doors, and function URLs behind them, get free ports. A distribution answers
	// to loopback names, its own name and its Aliases.
	// Default: 0, a free port.
	Port int
	// TLS serves the front doors over HTTPS, with a certificate for localhost, 127.0.0.1 and ::1
	// that is made at each start. No client trusts it by default; see Chain.Certificate. Browsers
	// send an Origin with the scheme of the page, which applications compare with
	// X-Forwarded-Proto: without TLS it is http, where AWS would have https.
	// Default: false, plain HTTP that counts as HTTPS.
	TLS bool
	// Sources are folders with the Go modules of functions that were built for another platform
	// and have to be rebuilt for this host. Modules in subfolders are found, too.
	// Default: the working directory.
	Sources []string
	// Node is the Node.js program for edge functions, and for functions on a Node.js runtime.
	// Default: node, from PATH.
	Node string
	// Python is the Python program for functions on a Python runtime.
	// Default: python3, from PATH.
	Python string
	// Functions are commands to run in place of functions, such as one in a container image. A key
	// is "Stack/LogicalId", a logical id, a name, or the path of the construct. sh runs the
	// command in the working directory. It is a web application, which finds its port in PORT,
	// behind a stand-in for the Lambda Web Adapter. With the prefix "lambda:" it is a program that
	// asks the runtime API for events.
	// Default: nil, the code of the assembly.
	Functions map[string]string
	// Layers are folders or zip files for layers that are not in the assembly, such as those of
	// Powertools for AWS Lambda, by the layer's name or ARN. They become /opt. An empty text runs
	// the functions without the layer, for instance because their code finds its libraries on this
	// machine.
	// Default: nil; what invokes such a function is answered with 501.
	Layers map[string]string
	// Buckets are folders whose files are in buckets at the start, such as a site that a pipeline
	// uploads with 'aws s3 sync'. A key is "Stack/LogicalId", a logical id, the bucket's name, or
	// the path of the construct. A file is in the place of one that the assembly deploys.
	// Default: nil, the files of the assembly alone.
	Buckets map[string]string
	// Credentials passes the AWS credentials in this process's environment to the functions, with
	// its profile and region settings. The functions then call the real AWS, including Amazon S3.
	// Default: false, functions get made-up credentials.
	Credentials bool
	// Environment are variables that every function gets in addition to those of its template, or
	// instead of a variable with the same name: a key to try, or the endpoint of a stand-in.
	// Variables that Lambda sets stay unchanged.
	// Default: none.
	Environment map[string]string
	// Issuers are addresses to use in place of token issuers. A key is an issuer's https URL, as
	// in the claim iss. Code at the edge and in functions keeps using that URL, and reaches the
	// address through a proxy that its environment names. The chain serves the user pools of the
	// template itself.
	// Default: nil, the real issuers are called.
	Issuers map[string]string
	// Language is the one in which the fix of a Trace, and of its page, names the constructs of
	// the CDK: typescript, python, go, java, csharp or cloudformation.
	// Default: the app's, by its templates or its cdk.json; typescript if they do not say.
	Language string
	// Parameters are values that only a deployment knows. "Stack.Name" is a parameter of a stack,
	// "ssm:NAME" a parameter of Systems Manager, and "export:NAME" an export of a stack that is
	// not in the assembly. You must give a value that decides how a request is served. A value
	// that is only passed to a function or an origin is made up, and Notes say so.
	// Default: none.
	Parameters map[string]string
	// Origins are addresses to use in place of origins, such as "http://localhost:3000", by the
	// ids of the origins in the template. They get the requests that CloudFront would send to the
	// origin. Without an address here, an origin that is neither a function URL nor a bucket of
	// the assembly is answered with 501.
	// Default: none.
	Origins map[string]string
	// KeyValueStores are the files with the values of CloudFront's key-value stores, by the
	// name, the logical id or the "Stack/LogicalId" of a store, in the form that CloudFront
	// imports, {"data": [{"key": "k", "value": "v"}]}, or as {"k": "v"}.
	// Default: what the template imports from an asset, else nothing.
	KeyValueStores map[string]string
	// Log receives what the functions print, in whole lines and one call at a time. It may be a
	// bytes.Buffer that is read once the chain is closed.
	// Default: io.Discard.
	Log io.Writer
	// Progress is called before a slow step of Start, such as a build, with a description of it.
	// Default: nil.
	Progress func(string)
	// Trace is called for every finished request, one call at a time. It may be slow, and may call
	// the chain, except for Close, which waits for the last call.
	// Default: nil, no calls.
	Trace func(Trace)
	// TraceDetails adds to each Trace the headers before and after the hops, sizes, times and
	// canonical requests. Bodies are never recorded. Credentials in headers and queries are masked
	// by their usual names.
	// Default: false, which is faster.
	TraceDetails bool
	// TracePage serves a page below TracePagePath with the running requests and the last 200
	// (fewer if they are large), in full detail. Every front door serves it, to loopback names
	// only. It implies TraceDetails. Requests below that path do not reach the functions, as they
	// would on AWS.
	// Default: false.
	TracePage bool
	// EnvironmentConcurrency is how many invocations an execution environment serves at once. More
	// than one differs from AWS: it is for load tests, which then need fewer processes. A function
	// sees what Lambda Managed Instances show: several requests share the memory of a process, a
	// process that ends fails all of its requests, and a request that times out fails alone. The
	// runtime must know the variable AWS_LAMBDA_MAX_CONCURRENCY, as aws-lambda-go does since
	// v1.51.0. Functions at the edge and behind the web adapter always serve one invocation at a
	// time.
	// Default: 1.
	EnvironmentConcurrency int
	// Watch reloads the assembly when it changes on disk, and rebuilds Go functions when a file in
	// Sources changes. Running streams go on. If a reload fails, the chain keeps serving what it
	// served before. Watch is called after each attempt.
	// Default: nil, changes are ignored.
	Watch func(error)
	// Settled is a file that 'streamfront smoke --record' wrote. Where the endpoint on AWS
	// confirmed or refuted an assumption, the chain does what the endpoint did, and Notes say so.
	// Other options take precedence.
	// Default: none, the chain follows its assumptions.
	Settled string
	// Now is the clock for making and verifying signatures.
	// Default: time.Now.
	Now func() time.Time
	// SignatureWindow is how far the date of a signature may be from the clock at a function URL.
	// AWS does not publish it for function URLs.
	// Default: 5 minutes, which is what AWS's JSON services allow.
	SignatureWindow time.Duration
	// Fault is called before each invocation with the request that causes it, and returns how the
	// invocation is to fail. It is for tests of clients.
	// Default: nil, no faults.
	Fault func(*http.Request) Fault
	// InvokerKey is an access key that may call the function URLs directly, like an IAM user of
	// the account whose policies allow it.
	// Default: nil, only the distributions may call them.
	InvokerKey *InvokerKey
	// UnlimitedRate removes the rate limit of streamed responses. AWS slows them down to 2 MiB/s
	// after the first 6 MiB.
	// Default: false.
	UnlimitedRate bool
	// HangEmptyStreams lets a streamed response with an empty body hang until CloudFront answers
	// 504 after the read timeout of the origin, or a direct caller gives up. Users report that AWS
	// does so for redirects, 204, HEAD and empty answers. False ends such a response at once.
	// Default: false.
	HangEmptyStreams bool
	// CutFailedStreams closes the connection when a function reports an error in the middle of a
	// stream. False ends the stream as if it were complete. It is not known what a viewer sees on
	// AWS: a client should treat both as failures, and rely on an end mark in the stream.
	// Default: false.
	CutFailedStreams bool
	// ExposeDeleteBody shows the body of DELETE requests to Lambda@Edge. AWS's documentation says
	// that it is shown, field reports say that it is not. False is the stricter behavior.
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
