// Package local runs a synthesized cloud assembly on localhost: CloudFront, its edge
// functions, origin access control, function URL and Lambda function, refusing what AWS
// refuses.
//
// A front door is what callers use to reach a function: a distribution, an API, a load balancer,
// or a function URL that stands behind none of them. Each has its own address; see
// Chain.FrontDoors. The first one listens on Options.Port, and Chain.URL returns its address.
//
//	chain, err := local.Start(ctx, local.Options{Assembly: "cdk.out"})
//	...
//	defer chain.Close()
//	resp, err := http.Post(chain.URL()+"/v1/chat/completions", ...)
//
// In tests, package localtest does this in one line and prints the requests that failed.
//
// The chain runs the function's own program over a real runtime API, and the code of the edge
// functions in real Node.js. It simulates CloudFront, IAM and the function URL strictly: if a
// request depends on something that it does not model, Start fails and names the logical id and
// the property. docs/fidelity.md in the project's repository lists the differences from AWS.
//
// Functions get one environment variable that AWS does not set, STREAMFRONT_LOCAL=true, unless the
// template sets it. Credentials and the names of other resources are made up, and a function may
// want to work without them. Of the services that a function calls, the chain stands in for Amazon
// S3: it stores, returns and lists single objects of the buckets that a function names or may use,
// as the function's role allows. Functions find it in AWS_ENDPOINT_URL_S3.
//
// # Trace
//
// Options.Trace receives a trace of every request: what each hop decided and, for a refusal, the
// id of its cause, which 'streamfront explain' describes. With Options.TraceDetails the trace has
// the headers before and after each hop, and both canonical requests of a refused signature.
// Options.TracePage serves the same as a page.
//
// # Requirements
//
// You need Node.js 20 or newer, and Go if a function has to be built for this host.
//
// # Imports
//
// The package imports packages below internal, but not the CDK, infra or functions, so importers
// do not compile the CDK.
package local
