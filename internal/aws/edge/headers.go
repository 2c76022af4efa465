package edge

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Headers that edge functions neither see nor may add.
//
// Source: Amazon CloudFront Developer Guide, "Restrictions on all edge functions".
var (
	disallowed = names(`Connection Expect Keep-Alive Proxy-Authenticate Proxy-Authorization
		Proxy-Connection Trailer Upgrade X-Accel-Buffering X-Accel-Charset X-Accel-Limit-Rate
		X-Accel-Redirect X-Amzn-Auth X-Amzn-Cf-Billing X-Amzn-Cf-Id X-Amzn-Cf-Xff
		X-Amzn-Errortype X-Amzn-Fle-Profile X-Amzn-Header-Count X-Amzn-Header-Order
		X-Amzn-Lambda-Integration-Tag X-Amzn-RequestId X-Cache X-Forwarded-Proto X-Real-IP
		CloudFront-Viewer-Cert-PEM Client-Cert Client-Cert-Chain`)
	disallowedPrefixes = []string{"X-Amz-Cf-", "X-Edge-"}

	readOnlyAtViewerRequest = names(`CDN-Loop Content-Length Host Transfer-Encoding Via`)
	readOnlyAtOriginRequest = names(`Accept-Encoding CDN-Loop Content-Length If-Modified-Since
		If-None-Match If-Range If-Unmodified-Since Transfer-Encoding Via`)
	readOnlyAtViewerResponse = names(`Via Warning`)
	// With Lambda@Edge more is read-only at viewer-response than with CloudFront Functions.
	readOnlyAtViewerResponseOfLambda = names(`Content-Encoding Content-Length Transfer-Encoding Via Warning`)
	readOnlyAtOriginResponse         = names(`Transfer-Encoding Via`)
)

func names(list string) map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(list) {
		out[http.CanonicalHeaderKey(name)] = true
	}
	return out
}

func isDisallowed(name string) bool {
	name = http.CanonicalHeaderKey(name)
	return disallowed[name] || slices.ContainsFunc(disallowedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// exposed returns the headers that a function gets to see.
func exposed(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if !isDisallowed(name) {
			out[name] = values
		}
	}
	return out
}

// merge checks the headers that a function returned and puts back those it never saw.
func merge(before, returned http.Header, readOnly map[string]bool) (http.Header, error) {
	for name := range returned {
		if isDisallowed(name) {
			return nil, invalid("the function added the header %s, which is not allowed", strings.ToLower(name))
		}
	}
	for name := range readOnly {
		if was, is := before.Values(name), returned.Values(name); !slices.Equal(was, is) {
			return nil, invalid("the function changed the read-only header %s from %q to %q", strings.ToLower(name), was, is)
		}
	}
	for name, values := range before {
		if isDisallowed(name) {
			returned[name] = values
		}
	}
	return returned, nil
}

func sortedNames(headers ...http.Header) []string {
	all := map[string]bool{}
	for _, h := range headers {
		for name := range h {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
