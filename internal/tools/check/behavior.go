package check

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

const hashHeader = "x-amz-content-sha256"

// A behavior is a cache behavior before a function URL.
type behavior struct {
	at           value
	origin       *origin
	distribution *distribution
}

func (c *checker) checkBehavior(b *behavior) {
	if at := b.at.at("ViewerProtocolPolicy"); at.text() == "allow-all" {
		at.find(causes.ViewerHTTPAllowed, Error, "is allow-all: tokens and bodies may come in the clear")
	}
	associations := c.associations(b)
	if b.origin.iam() {
		c.checkPayloadHash(b, associations)
	}
	c.checkForwarding(b)
}

// An association is a Lambda@Edge function at an event of a behavior.
type association struct {
	at       value
	event    string
	body     bool // its event has the body of the request
	function *edgeFunction
}

func (c *checker) associations(b *behavior) []association {
	var found []association
	events := map[string]string{}
	for _, at := range b.at.at("FunctionAssociations").items() {
		events[at.at("EventType").text()] = "a CloudFront Function"
	}
	for _, at := range b.at.at("LambdaFunctionAssociations").items() {
		a := association{at: at, event: at.at("EventType").text(), body: at.at("IncludeBody").yes()}
		a.function = c.edgeFunctionAt(at.at("LambdaFunctionARN"), b.distribution)
		found = append(found, a)
		if other := events[a.event]; other != "" && a.event != "" {
			at.at("EventType").find(causes.EdgeFunctionUnfit, Error, "is %s, which has %s already: CloudFront runs one function for an event", a.event, other)
		}
		if strings.HasPrefix(a.event, "viewer-") && len(b.at.at("FunctionAssociations").items()) > 0 && events[a.event] == "" {
			at.at("EventType").find(causes.EdgeFunctionUnfit, Error, "is %s: CloudFront takes no Lambda@Edge at viewer events beside a CloudFront Function", a.event)
		}
		if a.body && strings.HasSuffix(a.event, "-response") {
			at.at("IncludeBody").find(causes.EdgeFunctionUnfit, Error, "is true at %s: only request events have a body", a.event)
		}
		events[a.event] = "a Lambda@Edge function"
	}
	return found
}

// checkPayloadHash finds out who hashes the bodies of requests.
func (c *checker) checkPayloadHash(b *behavior, associations []association) {
	methods := b.at.at("AllowedMethods")
	var writes []string
	for _, method := range methods.texts() {
		if slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, method) {
			writes = append(writes, method)
		}
	}
	if len(writes) == 0 || methods.unknown {
		return
	}
	blind := -1 // a signer that does not get the body
	for i, a := range associations {
		if a.event != "origin-request" && a.event != "viewer-request" {
			continue
		}
		code := a.function.code
		switch {
		case code != nil && !code.names(hashHeader):
			// It does something else.
		case a.at.at("IncludeBody").unknown:
			return
		case !a.body && code == nil:
			// Whatever it does, it does not see what to hash.
		case !a.body:
			blind = i
		case a.function.outside:
			return
		case code == nil:
			a.at.at("LambdaFunctionARN").find(causes.ValueUnknown, Warning, "is a function whose code is not in this assembly: whether it hashes bodies cannot be looked at")
			return
		default:
			return
		}
	}
	if blind >= 0 {
		associations[blind].at.at("IncludeBody").find(causes.SignerWithoutBody, Error, "is not true: the signer cannot hash the bodies of %s", strings.Join(writes, ", "))
		return
	}
	if c.leavesHashToCaller(b) {
		methods.find(causes.PayloadHashMissing, Note, "has %s, whose bodies the caller has to hash: the function at viewer-request counts on it", strings.Join(writes, ", "))
		return
	}
	methods.find(causes.PayloadHashMissing, Error, "has %s, and nothing here hashes their bodies: callers who do not are refused", strings.Join(writes, ", "))
}

// leavesHashToCaller tells whether the behavior's CloudFront Function handles the header
// with the hash although no signer follows. That is how this project's construct marks a
// route with PayloadHash_CLIENT. Where it says that a signer follows, the signer is missing.
func (c *checker) leavesHashToCaller(b *behavior) bool {
	for _, at := range b.at.at("FunctionAssociations").items() {
		arn := at.at("FunctionARN").text()
		if at.at("EventType").text() != "viewer-request" || arn == "" {
			continue
		}
		res, err := c.assembly.Find("AWS::CloudFront::Function", "FunctionARN", arn)
		if err != nil || res == nil {
			continue
		}
		text := c.properties(res).at("FunctionCode").text()
		if strings.Contains(text, hashHeader) && !strings.Contains(text, "const SIGNED = true;") {
			return true
		}
	}
	return false
}
