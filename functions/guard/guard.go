// Package guard holds the Lambda function that closes functions which cost too much, and opens
// them again, by their reserved concurrency.
//
// The function is one CommonJS file that needs nothing but the AWS SDK of Lambda's Node.js
// runtimes. Its handler is "index.handler". FUNCTIONS is a JSON list of what it guards, each with
// name and reserved, and with alias and provisioned if it has provisioned concurrency.
package guard

import _ "embed"

// Source is the code of the function, to be put inline into a template.
//
//go:embed index.js
var Source string
