// Package challenge contains the Lambda@Edge function that restores the name of WWW-Authenticate,
// which a Lambda function URL changes.
//
// The function is one CommonJS file without dependencies, configuration or logs. Its handler is
// "index.handler", and its trigger is origin-response.
package challenge

import _ "embed"

// Source is the code of the Lambda@Edge function, for use inline in a template.
//
//go:embed index.js
var Source string
