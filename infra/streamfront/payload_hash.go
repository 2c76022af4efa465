package streamfront

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
)

// PayloadHash says who computes the SHA-256 of a request's body. A function URL behind origin access
// control refuses a body without it.
type PayloadHash string

const (
	// PayloadHash_EDGE lets the Lambda@Edge signer hash bodies of up to 1 MiB. Clients need no
	// change. Each request also invokes the signer.
	PayloadHash_EDGE PayloadHash = "EDGE"
	// PayloadHash_CLIENT requires callers to send the hash in hex in x-amz-content-sha256. There is no
	// Lambda@Edge. Bodies may be as large as the function allows: 6 MiB, or about 4.5 MB if they are
	// binary. A body without its hash is answered 403.
	PayloadHash_CLIENT PayloadHash = "CLIENT"
	// PayloadHash_NONE allows only GET, HEAD and OPTIONS, which have no body to hash. There is no
	// Lambda@Edge.
	PayloadHash_NONE PayloadHash = "NONE"
)

// validatePayloadHash finds a value that is none of the three, and methods with a body that nobody
// hashes.
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
