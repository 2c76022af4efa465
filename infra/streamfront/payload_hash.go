package streamfront

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
)

// PayloadHash says who computes the SHA-256 of a request's body. A function URL behind
// origin access control refuses a body without it.
type PayloadHash string

const (
	// PayloadHash_EDGE has the Lambda@Edge signer hash the body, up to 1 MiB. Clients need
	// to know nothing. Each request is an invocation of the signer, too.
	PayloadHash_EDGE PayloadHash = "EDGE"
	// PayloadHash_CLIENT leaves it to the caller to send the hash in x-amz-content-sha256,
	// in hex. There is no Lambda@Edge, and bodies may have what the function allows: 6 MiB,
	// near 4.5 MB if they are binary. A body without its hash is answered 403.
	PayloadHash_CLIENT PayloadHash = "CLIENT"
	// PayloadHash_NONE allows GET, HEAD and OPTIONS, which have no body to hash. There is
	// no Lambda@Edge.
	PayloadHash_NONE PayloadHash = "NONE"
)

// validatePayloadHash finds a value that is none of the three, and at methods with a
// body where nobody hashes it.
func (r *route) validatePayloadHash() {
	switch r.PayloadHash {
	case PayloadHash_EDGE, PayloadHash_CLIENT:
	case PayloadHash_NONE:
		if r.behavior.AllowedMethods != nil {
			r.validateReads(r.behavior.AllowedMethods)
		}
	default:
		r.found.Add("%s is %q; use PayloadHash_EDGE, PayloadHash_CLIENT or PayloadHash_NONE", r.option("PayloadHash"), r.PayloadHash)
	}
}

func (r *route) validateReads(methods awscloudfront.AllowedMethods) {
	var writes []string
	for _, method := range *methods.Methods() {
		if !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, *method) {
			writes = append(writes, *method)
		}
	}
	if len(writes) > 0 {
		r.found.Add("%s has %s, but with PayloadHash_NONE nobody hashes their bodies and the function URL would answer 403; use ALLOW_GET_HEAD_OPTIONS, or another PayloadHash on a route without caching", r.base("AllowedMethods"), strings.Join(writes, ", "))
	}
}
