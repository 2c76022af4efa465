// Package viewer contains the CloudFront Function that keeps the viewer's host for the application
// behind a Lambda function URL. On routes without a signer it also keeps the viewer's Authorization,
// and encodes the query.
package viewer

import (
	_ "embed"
	"strings"
)

//go:embed index.js
var source string

// Route says which variant of the function a route needs. CloudFront Functions have no environment
// variables, so each variant has code of its own.
type Route struct {
	// Streamed removes Accept-Encoding, so that nothing compresses the response and delays it.
	Streamed bool
	// Signed says that a Lambda@Edge signer follows at origin-request. It moves Authorization itself.
	Signed bool
	// Cached removes the viewer's own X-Forwarded-For, which CloudFront forwards although it is not in
	// the cache key.
	Cached bool
	// Anonymous removes Authorization and the cookies before the cache key is made. It is for routes
	// whose cached responses all viewers share. It implies Cached.
	Anonymous bool
}

// Source returns the code of the CloudFront Function for the route, for use inline in a template.
// Its runtime is cloudfront-js-2.0.
func (r Route) Source() string {
	code := source
	if !r.Streamed {
		code = strings.Replace(code, "const STREAMED = true;", "const STREAMED = false;", 1)
	}
	if !r.Signed {
		code = strings.Replace(code, "const SIGNED = true;", "const SIGNED = false;", 1)
	}
	if !r.Cached && !r.Anonymous {
		code = strings.Replace(code, "const CACHED = true;", "const CACHED = false;", 1)
	}
	if !r.Anonymous {
		code = strings.Replace(code, "const ANONYMOUS = true;", "const ANONYMOUS = false;", 1)
	}
	return code
}
