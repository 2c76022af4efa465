// Package challenge holds the Lambda@Edge function that gives the challenge of a 401
// response its name back, WWW-Authenticate, which a Lambda function URL changes.
//
// The function is one CommonJS file without dependencies, configuration or logs. Its
// handler is "index.handler", its trigger origin-response.
package challenge

import _ "embed"

// Source is the code of the Lambda@Edge function, to be put inline into a template.
//
//go:embed index.js
var Source string
