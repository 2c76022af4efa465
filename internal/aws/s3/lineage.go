package s3

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
)

// maxRounds is how often a function is invoked in one chain of events before Lambda takes it for a
// loop. The SDKs of AWS pass on the trace ID that tells the chain; who writes to the bucket without
// it begins another one.
//
// Source: AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite
// loops": approximately 16 times. Documented. The form of the field Lineage is ours.
const maxRounds = 16

// follow returns the trace ID of an event that a request with another one caused. Loops says that
// the function is invoked too often in their chain.
func follow(caused string) (traceID string, loops bool) {
	root, rounds := "", 0
	for _, field := range strings.Split(caused, ";") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(field), "="); name {
		case "Root":
			root = value
		case "Lineage":
			count, _, _ := strings.Cut(value, ":")
			rounds, _ = strconv.Atoi(count)
		}
	}
	if root == "" {
		return event.TraceID() + lineage(1), false
	}
	return "Root=" + root + lineage(rounds+1), rounds >= maxRounds
}

func lineage(rounds int) string { return fmt.Sprintf(";Lineage=%d:local:0", rounds) }

// mayLoop reports whether the function is set to be invoked however often.
func (s *Server) mayLoop(arn string) bool {
	function, _ := lambda.SplitARN(arn)
	for _, f := range s.Functions {
		if f.ARN == function {
			return f.RecursiveLoop.Is("Allow")
		}
	}
	return false
}
