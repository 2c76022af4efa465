// Package authorizer contains the Lambda@Edge functions that verify a bearer token at origin-request,
// before the function behind the distribution is invoked and billed.
//
// Each is one CommonJS file, bundled with AWS's own aws-jwt-verify; "npm run build" in this folder
// builds them again. The trigger is origin-request, with the body included for Signing. Their
// configuration is in custom headers of the origin, which the functions remove:
//
//	x-streamfront-jwt-issuer             https URL, as in the claim iss
//	x-streamfront-jwt-audience           accepted values of aud, or of client_id in tokens without aud
//	x-streamfront-jwt-scopes             one of these is required; empty: none
//	x-streamfront-jwt-token-use          "access" or "id", of Cognito; empty: either
//	x-streamfront-jwt-jwks-uri           where the keys are; empty: where the issuer's discovery document says
//	x-streamfront-jwt-jwks               the keys themselves; none are fetched
//	x-streamfront-jwt-resource-metadata  "edge" if it is served here, else its URL or path
//	x-streamfront-jwt-origins            pages of these origins may read a refusal
//	x-streamfront-jwt-open               "true": the route asks for no token
//	x-streamfront-jwt-scheme             "http": loopback names are served by plain HTTP, as in the local chain
//
// Lists have spaces between their values. Without issuer and audience every request is refused.
package authorizer

import _ "embed"

// Signing is the code of the function that authorizes a request and then does what the payload signer
// does.
//
//go:embed dist/signing.cjs
var Signing string

// Checking is the code of the function that authorizes a request and keeps its Authorization for the
// application. It is for routes whose callers hash their bodies, or whose requests have no body.
//
//go:embed dist/checking.cjs
var Checking string
