// Package viewer holds the CloudFront Function that keeps the viewer's host, and on
// routes without a signer its Authorization and its query, for the application behind a
// Lambda function URL.
package viewer

import (
	_ "embed"
	"strings"
)

//go:embed index.js
var source string

// Route says which variant of the function a route needs. CloudFront Functions have no
// environment, so the answers stand in the code.
type Route struct {
	// Streamed drops Accept-Encoding, so that nothing compresses, and thereby buffers,
	// the response.
	Streamed bool
	// Signed says that a Lambda@Edge signer follows at origin-request, which moves
	// Authorization itself.
	Signed bool
	// Cached drops the viewer's own X-Forwarded-For, which CloudFront forwards without
	// having it in the cache key.
	Cached bool
	// Anonymous drops Authorization and the cookies before the cache key is made, for
	// routes whose cached responses all viewers share. It implies Cached.
	Anonymous bool
}

// Source returns the code of the CloudFront Function for the route, to be put inline
// into a template. Its runtime is cloudfront-js-2.0.
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
