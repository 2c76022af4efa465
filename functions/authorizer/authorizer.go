// Package authorizer holds the Lambda@Edge functions that verify a bearer token at
// origin-request, before the function behind the distribution is invoked and billed.
//
// Each is one CommonJS file, bundled with AWS's own aws-jwt-verify; "npm run build" in this
// folder makes them anew. The trigger is origin-request, with the body included for Signing.
// Their configuration comes as custom headers of the origin, which the functions take away:
//
//	x-streamfront-jwt-issuer             https URL, as in the claim iss
//	x-streamfront-jwt-audience           accepted values of aud, or of client_id in tokens without aud
//	x-streamfront-jwt-scopes             one of these is required; empty: none
//	x-streamfront-jwt-token-use          "access" or "id", of Cognito; empty: either
//	x-streamfront-jwt-jwks-uri           where the keys are; empty: as the issuer's discovery document says
//	x-streamfront-jwt-jwks               the keys themselves, which are then never fetched
//	x-streamfront-jwt-resource-metadata  "edge": served here; or the URL or path that answers
//	x-streamfront-jwt-origins            pages of these origins may read a refusal
//	x-streamfront-jwt-open               "true": the route asks for no token
//	x-streamfront-jwt-scheme             "http": names of loopback are served by plain HTTP, as the local chain does
//
// Lists have spaces between their values. Without issuer and audience nothing passes.
package authorizer

import _ "embed"

// Signing is the code of the function that authorizes a request, and then does all that the
// payload signer does.
//
//go:embed dist/signing.cjs
var Signing string

// Checking is the code of the function that authorizes a request and keeps its Authorization
// for the application: for routes whose callers hash their bodies, or that have none.
//
//go:embed dist/checking.cjs
var Checking string
