// Package fidelity is the table of what the local chain and the samples assume about AWS: how sure
// each statement is, where the chain differs, and which tests cover it. 'make docs' generates
// docs/fidelity.md from it, and the command smoke verifies its uncertain rows against a
// deployment.
//
// A new row goes into the file of its service, which has the name of the folder in internal/aws.
// The name of a row is part of the output of smoke, so it does not change after a release.
//
// It imports nothing of the project.
package fidelity

import (
	"strings"
)

// A Row is one point of AWS's behavior and what the project makes of it. Its texts are
// Markdown.
type Row struct {
	// Name names the row, in lower case with hyphens.
	Name string
	// AWS says what AWS does, or is taken to do.
	AWS string
	// Chain says where the local chain differs, or what it has in place of AWS's part.
	// If it is empty, the chain does what AWS says.
	Chain string
	// Confidence is how sure AWS is.
	Confidence Confidence
	// Tests are the names of the Go tests that hold the row.
	Tests []string
}

// Confidence is how sure a statement about AWS is: one bit for each kind of source, since a
// row may rest on several. Nothing was measured on AWS by this project.
type Confidence int

const (
	// Documented is what AWS's documentation says.
	Documented Confidence = 1 << iota
	// Recorded is what others recorded on AWS and published.
	Recorded
	// FieldReport is what users report in public threads.
	FieldReport
	// Assumed is what we conclude from the rest.
	Assumed
)

// String is such as "documented, assumed".
func (c Confidence) String() string {
	var words []string
	for i, word := range []string{"documented", "recorded", "field report", "assumed"} {
		if c&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// A Section is the rows of one service or part.
type Section struct {
	Title string
	Rows  []Row
}

// Sections are all rows, in the order in which a request meets their services.
var Sections = []Section{
	{"Viewers and CloudFront", cloudfront},
	{"The cache", cache},
	{"Functions at the edge", edge},
	{"Origin access control, signatures and permissions", oac},
	{"Function URLs", functionURL},
	{"Streams", streams},
	{"Lambda functions", lambda},
	{"Amazon S3", s3},
	{"Amazon Cognito", cognito},
	{"APIs of Amazon API Gateway", apigateway},
	{"Other front doors", doors},
	{"WebSocket APIs", webSockets},
	{"Load balancers and tasks", balancers},
	{"Operations", operations},
	{"The commands run and check", commands},
	{"The samples", samples},
}
