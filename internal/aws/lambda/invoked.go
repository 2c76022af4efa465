package lambda

import (
	"regexp"

	"github.com/streamfront/streamfront/internal/template"
)

// invocationURI is the address by which API Gateway invokes a function.
//
// Source: Amazon API Gateway Developer Guide, "Set up a Lambda proxy integration with payload
// response streaming in API Gateway". Documented.
var invocationURI = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:[^:]+:lambda:path/(?:2015-03-31/functions/(arn:.+)/invocations|2021-11-15/functions/(arn:.+)/response-streaming-invocations)$`)

// ParseURI returns the ARN of the function that an address of API Gateway invokes, with the
// alias if it names one, and whether it is the address of streamed invocations. The ARN is ""
// if the address is not that of a function.
func ParseURI(uri string) (arn string, streaming bool) {
	found := invocationURI.FindStringSubmatch(uri)
	if found == nil {
		return "", false
	}
	return found[1] + found[2], found[2] != ""
}

// Invoked finds the function that somebody at a place of a template invokes by its ARN, and
// reads what it takes to run it. It is nil if the assembly does not have the function.
func (ds *Definitions) Invoked(arn string, at template.Place, log *template.Log) *Definition {
	function, qualifier := SplitARN(arn)
	d := ds.Find(function)
	if d == nil {
		log.Unmodelled(at, "is the function %s: the local chain runs functions of this cloud assembly only", arn)
		return nil
	}
	if qualifier != "" && !ds.has("AWS::Lambda::Alias", arn) && !ds.has("AWS::Lambda::Version", arn) {
		log.Unmodelled(at, "is %s: this cloud assembly has no such alias or version", arn)
	}
	ds.Serve(d)
	ds.ReadRole(d)
	return d
}

func (ds *Definitions) has(typ, arn string) bool {
	res, err := ds.assembly.Find(typ, "", arn)
	return err == nil && res != nil
}
