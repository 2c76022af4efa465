// Package signer contains the Lambda@Edge function that hashes request bodies, so that CloudFront's
// origin access control can sign them for a Lambda function URL. It also moves Authorization, and
// encodes characters that a query must not contain.
//
// The function is one CommonJS file without dependencies, configuration or logs. Its handler is
// "index.handler", and its trigger is origin-request with the body included.
package signer

import _ "embed"

// Source is the code of the Lambda@Edge function, for use inline in a template.
//
//go:embed index.js
var Source string
