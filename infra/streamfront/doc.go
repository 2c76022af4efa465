// Package streamfront defines a CloudFront distribution in front of streaming Lambda
// functions, and lets this one distribution and nobody else call the functions.
//
// CloudFront signs the requests to a function URL itself (origin access control, OAC),
// but it does not hash their bodies, and a function URL refuses a body without a hash.
// An [Endpoint] adds what is missing. It consists of
//
//	Endpoint
//	├── Viewer               CloudFront Function, viewer-request: keeps the viewer's host
//	├── Signer               Lambda@Edge, origin-request: hashes the body (a PayloadSigner)
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
// [Endpoint.AddRoute] sends paths to further functions. Each has an InvokeFunction, a
// FunctionUrl and an origin of its own; Signer and OriginAccessControl serve all, and a
// Viewer all routes of a kind. [RouteOptions] say who hashes the bodies, whether responses
// are streamed, and whether they are cached, by a policy of [NewOriginCachePolicy].
//
// # Caching
//
// A route with caching takes GET, HEAD and OPTIONS, and forwards what is in the cache key
// and nothing else, so that no viewer gets what another viewer's request has shaped. It is
// anonymous, without Authorization and cookies, unless the key has them. Of several hosts
// each has responses of its own. What would break this is refused.
//
// # Functions at the edge
//
// Viewer and Signer take the places at viewer-request and origin-request; those at
// origin-response and viewer-response are yours, through
// RouteOptions.Behavior. RouteOptions.ViewerFunction puts a function of yours
// in Viewer's place. A route with PayloadHash_CLIENT or PayloadHash_NONE has no Signer, and
// an origin-request function of yours may take that place; on routes that need both, use
// a distribution of your own with a [PayloadSigner] and [GrantInvoke].
//
// [AddWebAdapter] makes a web application in any language a function that fits,
// [NewFirewall] a web ACL to put in front, and [NewUploads] a bucket that takes what is too
// large for a request. A [PayloadSigner] alone serves a distribution
// of your own, and [GoCode] builds the Go main package of a function while the app is
// synthesized.
//
// # Limits
//
// The stack needs an explicit region, as soon as a route has PayloadHash_EDGE, the default,
// or RestoreChallenge. Lambda@Edge functions live in us-east-1: from any other region they
// go into a second stack, edge-lambda-stack-<address>, which is deployed along. The address
// comes from the path of the stack, so that an app for two regions needs a stack id for
// each.
//
// A body of more than 1 MiB reaches Lambda@Edge truncated. The signer answers 413, unless
// the caller sent the SHA-256 of the whole body in x-amz-content-sha256.
//
// Within the account, identities whose own policies allow lambda:InvokeFunctionUrl and
// lambda:InvokeFunction can sign requests to the function URL, as everywhere in IAM.
//
// Destroying the stack leaves the functions of Lambda@Edge and their versions behind,
// because Lambda refuses to delete them while CloudFront still holds replicas. Delete them
// by hand some hours later.
//
// # Versions
//
// The package needs CDK v2.264.0 or later, and Node.js where the app is synthesized. It is
// tested with v2.264.0 and v2.277.0. Construct ids, and with them logical ids, are part of
// its API.
//
// Up to v2.271.0 CDK's function URL origin grants lambda:InvokeFunctionUrl alone, and from
// v2.273.0 on lambda:InvokeFunction as well; no version lies between. The package grants
// lambda:InvokeFunction with every CDK, so that an update neither replaces nor removes a
// permission. CDK's own is then the same grant a second time, which admits nobody else.
//
// # Imports
//
// It imports the CDK and the edge code in functions, and neither local nor anything below internal.
package streamfront
