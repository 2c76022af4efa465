package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
	"github.com/aws/jsii-runtime-go"
)

// newResponseHeadersPolicy returns the policy of every behavior without one of its own: the policy of
// the default route's Behavior, else the endpoint's, or nil if SecurityHeaders is false.
//
// AWS's managed SecurityHeadersPolicy would also send X-Frame-Options, which prevents other pages
// from embedding a chat, and X-XSS-Protection, which browsers no longer support.
func (e *endpoint) newResponseHeadersPolicy(p *EndpointProps, r *route) interfacesawscloudfront.IResponseHeadersPolicyRef {
	if r.behavior.ResponseHeadersPolicy != nil {
		return r.behavior.ResponseHeadersPolicy
	}
	if p.SecurityHeaders != nil && !*p.SecurityHeaders {
		return nil
	}
	return awscloudfront.NewResponseHeadersPolicy(e, jsii.String("ResponseHeaders"), &awscloudfront.ResponseHeadersPolicyProps{
		ResponseHeadersPolicyName: e.uniqueName(128),
		Comment:                   jsii.String("streamfront: security headers"),
		SecurityHeadersBehavior: &awscloudfront.ResponseSecurityHeadersBehavior{
			// A year, as preload lists require. Not for subdomains, which may belong to other
			// applications.
			StrictTransportSecurity: &awscloudfront.ResponseHeadersStrictTransportSecurity{
				AccessControlMaxAge: awscdk.Duration_Days(jsii.Number(365)),
				Override:            jsii.Bool(false),
			},
			ContentTypeOptions: &awscloudfront.ResponseHeadersContentTypeOptions{Override: jsii.Bool(true)},
			ReferrerPolicy: &awscloudfront.ResponseHeadersReferrerPolicy{
				ReferrerPolicy: awscloudfront.HeadersReferrerPolicy_STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
				Override:       jsii.Bool(false),
			},
		},
	})
}
