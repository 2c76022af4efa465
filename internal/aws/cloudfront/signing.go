package cloudfront

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/oac"
	"github.com/streamfront/streamfront/internal/causes"
)

// unsigned is why the origin access control did not sign.
func unsigned(o *Origin) causes.ID {
	if o.HasAccessControl() {
		return causes.OACNotAlways
	}
	return causes.OriginWithoutOAC
}

// signs reports whether the request is signed, by the origin access control or for the origin
// access identity.
func signs(o *Origin, req *http.Request) bool {
	if o.Identity != nil {
		return true
	}
	switch o.Signing() {
	case SignAlways:
		return true
	case SignNoOverride:
		return req.Header.Get("Authorization") == ""
	default:
		return false
	}
}

var emptySHA256 = hex.EncodeToString(sha256.New().Sum(nil))

// sign signs for the origin access control, in place of whatever the viewer sent, and
// returns the canonical request. The payload hash is the one in x-amz-content-sha256.
// Without one an empty body gets the hash of nothing, and any other body UNSIGNED-PAYLOAD,
// which function URLs refuse (field reports; what CloudFront really signs then is
// unverified, that it ends in 403 is not).
func (s *Server) sign(req *http.Request, o *Origin) (canonical string) {
	h := req.Header
	payload := strings.Join(h.Values("X-Amz-Content-Sha256"), ",")
	if payload == "" {
		payload = emptySHA256
		if req.ContentLength != 0 {
			payload = oac.UnsignedPayload
		}
		h.Set("X-Amz-Content-Sha256", payload)
	}
	signer := oac.Signer{Credentials: s.Credentials, Region: o.region(), PlusStays: s.Refuted.PlusIsSpace}
	if o.isBucket() {
		signer.Service = oac.S3
	}
	if o.Identity != nil {
		signer.Credentials = s.Identities[o.IdentityID]
	} else {
		h.Set("X-Amz-Source-Arn", s.Distribution.ARN)
		h.Set("X-Amz-Source-Account", s.Distribution.Account)
	}
	return signer.Sign(req, payload, s.Now())
}

func (o *Origin) isBucket() bool {
	return o.Bucket != nil || o.Identity != nil || o.Access != nil && o.Access.Type.Is("s3")
}

func (o *Origin) region() string {
	if o.Bucket != nil {
		return o.Bucket.Region
	}
	if o.signingRegion != "" {
		return o.signingRegion
	}
	return regionOf(o.DomainName.V)
}

// host is the name that the origin is asked for by: that of the template, if it gives one.
func (o *Origin) host() string {
	if o.DomainName.V == "" && o.Address != "" {
		_, rest, _ := strings.Cut(o.Address, "://")
		host, _, _ := strings.Cut(rest, "/")
		return host
	}
	return o.DomainName.V
}

// regionOf reads the region from "<id>.lambda-url.<region>.on.aws".
func regionOf(domain string) string {
	if parts := strings.Split(domain, "."); len(parts) > 2 {
		return parts[2]
	}
	return ""
}
