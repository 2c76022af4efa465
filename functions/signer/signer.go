// Package signer holds the Lambda@Edge function that hashes request bodies, so that
// CloudFront's origin access control can sign them for a Lambda function URL. On the way
// it moves Authorization, and encodes what a query may not hold raw.
//
// The function is one CommonJS file without dependencies, configuration or logs. Its
// handler is "index.handler", its trigger origin-request with the body included.
package signer

import _ "embed"

// Source is the code of the Lambda@Edge function, to be put inline into a template.
//
//go:embed index.js
var Source string
