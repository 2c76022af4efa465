package streamfront

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
)

// OriginOptions are the options of an origin. The endpoint sets its protocol, its origin access
// control, and its keep-alive timeout of 60 seconds.
type OriginOptions struct {
	// CustomHeaders are headers that CloudFront adds to each request to the function, replacing the
	// viewer's. Do not put secrets there: the template contains them in clear text. Names that
	// CloudFront does not accept are refused, and so are the headers from which the function learns
	// who calls.
	// Default: - none.
	CustomHeaders *map[string]*string
	// OriginShieldRegion turns on Origin Shield, one more cache in front of the function, in a region
	// near it. It helps only on routes with caching, and is billed by the request.
	// Default: - no Origin Shield.
	OriginShieldRegion *string
	// ResponseCompletionTimeout is how long a whole response may take before CloudFront cuts it. Whole
	// seconds, from ReadTimeout to 3600.
	// Default: - only the function's own timeout.
	ResponseCompletionTimeout awscdk.Duration
	// ConnectionAttempts is how often CloudFront tries to connect: 1, 2 or 3.
	// Default: 3.
	ConnectionAttempts *float64
	// ConnectionTimeout is how long CloudFront waits for a connection. Whole seconds, from 1
	// to 10.
	// Default: awscdk.Duration_Seconds(10).
	ConnectionTimeout awscdk.Duration
}

// maxOriginHeaders is CloudFront's quota for the custom headers of an origin (documented).
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
const maxOriginHeaders = 30

// refusedOriginHeaders are the headers that CloudFront does not add (documented), and those that the
// function trusts or that would break the signature.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
var refusedOriginHeaders = regexp.MustCompile(`^(accept-encoding|cache-control|connection|content-length|cookie|host|if-(match|modified-since|none-match|range|unmodified-since)|max-forwards|pragma|proxy-.*|range|request-range|te|trailer|transfer-encoding|upgrade|via|x-real-ip|x-amz-.*|x-edge-.*|authorization|x-forwarded-.*|x-streamfront-.*)$`)

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^`|~-]{1,256}$") // without underscores, which the edge removes

// validateOrigin finds options that CloudFront or the function URL would refuse.
func (r *route) validateOrigin() {
	if r.Origin == nil {
		return
	}
	o := r.Origin
	if o.CustomHeaders != nil {
		r.validateCustomHeaders(*o.CustomHeaders)
	}
	if region := o.OriginShieldRegion; region != nil && !isToken(*region) && !awsRegion.MatchString(*region) {
		r.found.Add("%s is %q, which is not a region; pass one such as us-east-1, near the function", r.option("Origin.OriginShieldRegion"), *region)
	}
	if n := o.ConnectionAttempts; n != nil && !*awscdk.Token_IsUnresolved(n) && (*n < 1 || *n > 3 || *n != math.Trunc(*n)) {
		r.found.Add("%s is %v; CloudFront accepts 1, 2 or 3", r.option("Origin.ConnectionAttempts"), *n)
	}
	r.validateSeconds("Origin.ConnectionTimeout", o.ConnectionTimeout, 1, 10)
	least := 1.0
	if !*r.ReadTimeout.IsUnresolved() {
		least = *r.ReadTimeout.ToSeconds(integralOrNot)
	}
	r.validateSeconds("Origin.ResponseCompletionTimeout", o.ResponseCompletionTimeout, least, 3600)
}

var awsRegion = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

func (r *route) validateSeconds(field string, d awscdk.Duration, least, most float64) {
	if d == nil || *d.IsUnresolved() {
		return
	}
	if seconds := *d.ToSeconds(integralOrNot); seconds < least || seconds > most || seconds != math.Trunc(seconds) {
		r.found.Add("%s is %v seconds; pass whole seconds from %v to %v", r.option(field), seconds, least, most)
	}
}

func (r *route) validateCustomHeaders(headers map[string]*string) {
	field := r.option("Origin.CustomHeaders")
	if n := len(headers) + len(r.authorization); n > maxOriginHeaders {
		r.found.Add("%s and the authorizer have %d headers; CloudFront's quota is %d for an origin, so combine some of them", field, n, maxOriginHeaders)
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		switch text := value(headers[name]); {
		case !headerName.MatchString(name):
			r.found.Add("%s has the name %q; write a header's name without spaces, colons and underscores", field, name)
		case refusedOriginHeaders.MatchString(strings.ToLower(name)):
			r.found.Add("%s has %s, which CloudFront does not add or the endpoint itself sets; use another name", field, name)
		case text == "" || strings.ContainsAny(text, "\r\n") || len(text) > maxHeaderValue && !isToken(text):
			r.found.Add("%s has a value of %d characters for %s; CloudFront accepts one line of 1 to %d", field, len(text), name, maxHeaderValue)
		}
	}
}

// key names the options. Routes to one function with the same options share an origin.
func (o *OriginOptions) key() string {
	if o == nil {
		return ""
	}
	key := fmt.Sprintf("%q %q %q", durationText(o.ResponseCompletionTimeout), durationText(o.ConnectionTimeout), value(o.OriginShieldRegion))
	if o.ConnectionAttempts != nil {
		key += fmt.Sprint(*o.ConnectionAttempts)
	}
	if o.CustomHeaders != nil {
		key += authorizationOf(*o.CustomHeaders)
	}
	return key
}

func durationText(d awscdk.Duration) string {
	if d == nil {
		return ""
	}
	return *d.ToString()
}

// set writes the options into the props of an origin.
func (o *OriginOptions) set(props *awscloudfrontorigins.FunctionUrlOriginWithOACProps) {
	if o == nil {
		return
	}
	props.CustomHeaders = o.CustomHeaders
	props.OriginShieldRegion = o.OriginShieldRegion
	props.ResponseCompletionTimeout = o.ResponseCompletionTimeout
	props.ConnectionAttempts = o.ConnectionAttempts
	props.ConnectionTimeout = o.ConnectionTimeout
}

// with returns a new map, so that the user's stays unchanged.
func with(headers *map[string]*string, more map[string]*string) *map[string]*string {
	all := map[string]*string{}
	if headers != nil {
		maps.Copy(all, *headers)
	}
	maps.Copy(all, more)
	return &all
}
