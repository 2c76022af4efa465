// Package streamfront defines a CloudFront distribution in front of streaming Lambda
// functions. Only this distribution can call the functions.
//
// CloudFront signs requests to a function URL (origin access control, OAC), but it does not hash
// their bodies, and a function URL refuses a body without a hash. An [Endpoint] adds what is
// missing:
//
//	Endpoint
//	├── Viewer               CloudFront Function, viewer-request: keeps the viewer's host
//	├── Signer               Lambda@Edge, origin-request: hashes the body (a PayloadSigner)
//	├── OriginAccessControl  SigV4, always
//	├── ResponseHeaders      HSTS, nosniff, referrer policy
//	├── Distribution         no caching, HTTPS only, every method
//	└── InvokeFunction       the permission that is required besides InvokeFunctionUrl
//	Function                 yours
//	└── FunctionUrl          IAM authorization, response streaming
//
// A request passes Viewer, Signer, OriginAccessControl and FunctionUrl in this order. The
// application finds the viewer's host in x-forwarded-host and the viewer's Authorization in
// x-forwarded-authorization; package streamhttp restores both.
//
// [Endpoint.AddRoute] sends paths to further functions. Each has an InvokeFunction, a FunctionUrl
// and an origin of its own. All share Signer and OriginAccessControl, and routes of the same kind
// share a Viewer. [RouteOptions] say who hashes the bodies, whether responses are streamed, and
// whether they are cached, by a policy of [NewOriginCachePolicy].
//
// # Caching
//
// A route with caching accepts GET, HEAD and OPTIONS. It forwards only what is in the cache key, so
// that no viewer gets a response that another viewer's request has shaped. It is anonymous, without
// Authorization and cookies, unless the key has them. Each host has responses of its own. Options
// that would break this are refused.
//
// # Functions at the edge
//
// Viewer runs at viewer-request and Signer at origin-request. You can add functions of your own at
// origin-response and viewer-response through RouteOptions.Behavior, and replace Viewer by
// RouteOptions.ViewerFunction. A route with PayloadHash_CLIENT or PayloadHash_NONE has no Signer, so
// a function of your own can run at origin-request. If a route needs both, use a distribution of
// your own with a [PayloadSigner] and [GrantInvoke].
//
// # Other constructs
//
// [AddWebAdapter] runs a web application in any language in a function. [NewFirewall] defines a web
// ACL, and [NewUploads] a bucket for files that are too large for a request. A [PayloadSigner] alone
// is for a distribution of your own. [GoCode] builds the Go main package of a function while the app
// is synthesized.
//
// # Limits
//
// The stack needs an explicit region if a route has PayloadHash_EDGE, which is the default, an
// authorizer, or RestoreChallenge. Lambda@Edge functions must be in us-east-1. For a stack in any
// other region they go into a second stack, edge-lambda-stack-<address>, which the app deploys as
// well. The address comes from the path of the stack, so an app for two regions needs two stack ids.
//
// Lambda@Edge gets only the first 1 MiB of a body. For a longer one the signer answers 413, unless
// the caller sent the SHA-256 of the whole body in x-amz-content-sha256.
//
// Identities of the account whose own policies allow lambda:InvokeFunctionUrl and
// lambda:InvokeFunction can sign requests to the function URL, as always in IAM.
//
// Lambda does not delete a Lambda@Edge function while CloudFront has replicas of it. So these
// functions and their versions stay when the stack is destroyed. Delete them some hours later, for
// instance with streamfront sweep.
//
// # Versions
//
// The package needs CDK v2.264.0 or later, and Node.js to synthesize the app. It is tested with
// v2.264.0 and v2.277.0. Construct ids, and so logical ids, are part of its API.
//
// Up to v2.271.0 the CDK's function URL origin grants only lambda:InvokeFunctionUrl. Since v2.273.0,
// the next release, it grants lambda:InvokeFunction as well. This package grants
// lambda:InvokeFunction with every CDK, so that an update neither replaces nor removes a permission.
// The CDK's own is then a duplicate, which admits nobody else.
//
// # Imports
//
// The package imports the CDK and the edge code in functions, and neither local nor anything below
// the module's internal folder.
package streamfront
