// Package streamfront defines a CloudFront distribution in front of a streaming Lambda
// function, and lets this one distribution and nobody else call the function.
//
// CloudFront signs the requests to a function URL itself (origin access control, OAC),
// but it does not hash their bodies, and a function URL refuses a body without a hash.
// An [Endpoint] adds what is missing. It consists of
//
//	Endpoint
//	├── Signer               Lambda@Edge, origin-request: hashes the body (a PayloadSigner)
//	├── Viewer               CloudFront Function, viewer-request: keeps the viewer's host
//	├── OriginAccessControl  SigV4, always
//	├── ResponseHeaders      HSTS, nosniff, referrer policy
//	├── Distribution         no caching, HTTPS only, every method
//	└── InvokeFunction       the permission that goes with InvokeFunctionUrl
//	Function                 yours
//	└── FunctionUrl          IAM authorization, response streaming
//
// and a request passes Viewer, Signer, OriginAccessControl and FunctionUrl in this order.
// The application finds the viewer's host in x-forwarded-host and the viewer's
// Authorization in x-forwarded-authorization; package streamhttp puts both back.
//
// [AddWebAdapter] makes a web application in any language a function that fits, and
// [NewFirewall] a web ACL to put in front. A [PayloadSigner] alone serves a distribution
// of your own, and [GoCode] builds the Go main package of a function while the app is
// synthesized.
//
// # Limits
//
// The stack needs an explicit region. Lambda@Edge functions live in us-east-1: from any
// other region the signer goes into a second stack, edge-lambda-stack-<address>, which is
// deployed along. The address comes from the path of the stack, so that an app for two
// regions needs a stack id for each.
//
// A body of more than 1 MiB reaches Lambda@Edge truncated. The signer answers 413, unless
// the caller sent the SHA-256 of the whole body in x-amz-content-sha256.
//
// Within the account, identities whose own policies allow lambda:InvokeFunctionUrl and
// lambda:InvokeFunction can sign requests to the function URL, as everywhere in IAM.
//
// Destroying the stack leaves the signer's function behind, because Lambda refuses to
// delete it while CloudFront still holds replicas. Delete it by hand some hours later.
//
// # Versions
//
// The package needs CDK v2.270.0 or later, and Node.js where the app is synthesized.
// Construct ids, and with them logical ids, are part of its API.
package streamfront
