// Package local runs a synthesized cloud assembly on localhost: CloudFront, its edge
// functions, origin access control, function URL and Lambda function, refusing what AWS
// refuses.
//
// What callers reach functions by is a front door: a distribution, a function URL without one,
// an API. Each has an address of its own, see Chain.FrontDoors; the first has Options.Port and
// is Chain.URL.
//
//	chain, err := local.Start(ctx, local.Options{Assembly: "cdk.out"})
//	...
//	defer chain.Close()
//	resp, err := http.Post(chain.URL()+"/v1/chat/completions", ...)
//
// In a test package localtest says this in one line, and shows the requests that failed.
//
// The function is the real one, over a real runtime API; the edge functions are the code
// in the template, in real Node.js. CloudFront, IAM and the function URL are simulated,
// strictly: what the chain does not know it refuses when it starts, naming the logical id
// and the property. docs/fidelity.md in the project's repository lists how it
// differs from AWS.
//
// Functions have one variable in their environment that they do not have on AWS,
// STREAMFRONT_LOCAL=true, unless the template sets it: credentials and the names of other
// resources are made up, so that a function may want to do without them. Of the services
// behind a function there is a stand-in for Amazon S3 alone: it takes and gives single
// objects of the buckets that a function names or may use, as the function's role allows,
// and functions find it in AWS_ENDPOINT_URL_S3.
//
// # Trace
//
// Options.Trace gets the way of every request: what each hop decided, and for a refusal its
// cause, by the ids of 'streamfront explain'. With Options.TraceDetails a test can look at
// the headers before and after each hop, and at the two canonical requests of a signature
// that was refused; Options.TracePage shows the same to people.
//
// # Requirements
//
// Node.js 20 or newer, and Go where a function has to be built for this host.
//
// # Imports
//
// It imports packages below internal, and neither the CDK nor anything of infra and functions:
// an importer compiles no CDK.
package local
