// Package causes is the table of known failures between a viewer, CloudFront, origin access
// control and a Lambda function URL: why they happen, how to diagnose them, and how to fix them.
// The commands check, explain and smoke and the trace of a request use it, and
// docs/troubleshooting.md is generated from it. Those commands define which template or answer
// fits a cause.
//
// In the shell commands of the table, $URL is the failing address behind the distribution,
// $DISTRIBUTION the distribution's id, $FUNCTION the function's name, and $FUNCTION_URL the
// address of its function URL.
//
// Every package may import it. It imports only package cdk of this project.
package causes

import "slices"

// A Cause is one known reason for a wrong answer, or for a right one to the wrong person.
type Cause struct {
	// ID names the cause.
	ID ID
	// Title is one line without a full stop.
	Title string
	// Answer is what a viewer sees.
	Answer string
	// Why says what AWS does, and for what reason.
	Why string
	// Confidence is how sure Why and Answer are, and Source where they come from: the title
	// of an AWS page or a public thread.
	Confidence Confidence
	Source     string
	// Diagnose is commands of a shell, one in a line, that distinguish this cause from the
	// others. What follows "  # " says which outcome confirms it.
	Diagnose string
	// Fix says what to change, the shortest change first.
	Fix Fix
}

// Confidence is how sure a statement about AWS is. Nothing here was measured by us.
type Confidence string

const (
	// Documented is what AWS's documentation says.
	Documented Confidence = "documented"
	// Recorded is what others recorded on AWS and published.
	Recorded Confidence = "recorded on AWS by others"
	// FieldReport is what users report in public threads.
	FieldReport Confidence = "field report"
	// Assumed is what we conclude from the rest.
	Assumed Confidence = "assumed"
)

// All is every cause, in the order in which a request could meet them within each family.
var All = slices.Concat(exposure, signing, grants, payload, edge, authorization, forwarding, settings, streaming, limits, api, websockets, balancers, function)

// Get returns the cause with the ID, and nil if there is none.
func Get(id ID) *Cause {
	if i := slices.IndexFunc(All, func(c Cause) bool { return c.ID == id }); i >= 0 {
		return &All[i]
	}
	return nil
}
