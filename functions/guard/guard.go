// Package guard contains the Lambda function that closes functions that cost too much, and opens them
// again, by setting their reserved concurrency.
//
// The function is one CommonJS file that needs only the AWS SDK of Lambda's Node.js runtimes. Its
// handler is "index.handler". The variable FUNCTIONS is a JSON list of the guarded functions. Each has
// name and reserved, and also alias and provisioned if it has provisioned concurrency.
package guard

import _ "embed"

// Source is the code of the function, for use inline in a template.
//
//go:embed index.js
var Source string
