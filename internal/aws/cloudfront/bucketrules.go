package cloudfront

import (
	"github.com/streamfront/streamfront/internal/aws/s3"
	"github.com/streamfront/streamfront/internal/template"
)

// Principal is the service that reads buckets for distributions.
const Principal = "cloudfront.amazonaws.com"

// Reader is the caller that reads objects from the bucket of an origin.
func (d *Distribution) Reader(o *Origin) s3.Caller {
	switch {
	case o.Identity != nil:
		return s3.Caller{Name: o.Identity.Resource.Name(), Identity: o.Identity.ID, CanonicalUser: o.Identity.CanonicalUser}
	case o.Signing() == SignNever:
		return s3.Caller{Name: "nobody, for it is not signed"}
	default:
		return s3.Caller{Name: d.Name, Service: Principal, SourceARN: d.ARN, SourceAccount: d.Account}
	}
}

// closedBuckets finds origins whose buckets do not let CloudFront read: their pages are all
// answered 403, those that call the function among them.
//
// Source: Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin".
// Documented.
func closedBuckets(d *Distribution, r *template.Report) {
	for _, o := range d.Origins {
		known := o.AccessID.Known() && (o.AccessID.V == "" || o.Access != nil && o.Access.Behavior.Known() && o.Access.Type.Is("s3")) &&
			(o.IdentityID == "" || o.Identity != nil)
		if !o.S3 || o.Bucket == nil || !known || o.Bucket.Admits(d.Reader(o), "s3:GetObject") {
			continue
		}
		switch at := o.AccessID.Place; {
		case o.Signing() != SignNever || o.Identity != nil:
			r.Error(o.DomainName.Place, "is %s, whose policy lets %s read nothing", o.Bucket.Name, d.Name)
		case o.AccessID.V != "":
			r.Error(o.Access.Behavior.Place, "is never, and %s allows no unsigned reads", o.Bucket.Name)
		default:
			r.Error(at, "is missing, and %s allows no unsigned reads", o.Bucket.Name)
		}
	}
}
