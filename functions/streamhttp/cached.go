package streamhttp

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// cacheKey is the cache key of a REST API: the names of method request parameters without
// "method.request.". It is nil without a cache.
type cacheKey []string

func parseCacheKey(source string, names []string) (cacheKey, error) {
	for _, name := range names {
		location, parameter, _ := strings.Cut(name, ".")
		if !slices.Contains([]string{"header", "querystring", "path"}, location) || parameter == "" {
			return nil, fmt.Errorf("streamhttp: %s has %q in a cache key; want header.NAME, querystring.NAME or path.NAME", source, name)
		}
	}
	return names, nil
}

// gatewayHeaders are set by API Gateway, whatever the caller sends.
var gatewayHeaders = []string{"host", "x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto"}

// restrict removes from an event what is not in the cache key. The cache gives the answer to all
// requests with the same key, so with anything else one caller could shape the answer for the others.
// CloudFront does the same: it forwards what its cache policy names and hides the rest.
//
// The key has only the last value of a name (assumed, as in queryStringParameters, where it is
// documented), and the path as in pathParameters. Lists and other spellings are removed.
func (k cacheKey) restrict(e *Event) {
	if k == nil || e.HTTPMethod != "GET" {
		return // the construct lets API Gateway cache only GET
	}
	e.Headers = restrictTo(append(k.names("header."), gatewayHeaders...), e.Headers, e.MultiValueHeaders, strings.ToLower)
	e.QueryStringParameters = restrictTo(k.names("querystring."), e.QueryStringParameters, e.MultiValueQueryStringParameters, func(s string) string { return s })
	e.MultiValueHeaders, e.MultiValueQueryStringParameters = nil, nil
	e.Body, e.IsBase64Encoded = "", false
	e.Path = keyedPath(e.Path, e.PathParameters["proxy"])
}

// keyedPath returns the path as in the key, after the base path of a custom domain name. The path of a
// request may have another spelling, such as %2F for a slash, or a second slash.
func keyedPath(path, proxy string) string {
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	before := ""
	if proxy != "" {
		before, _ = strings.CutSuffix(strings.TrimRight(path, "/"), "/"+strings.TrimRight(proxy, "/"))
		if len(before) == len(strings.TrimRight(path, "/")) {
			before = "" // the path has nothing to do with the key
		}
		path = strings.TrimRight(before, "/") + "/" + proxy
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// names returns the names of one location.
func (k cacheKey) names(location string) []string {
	var names []string
	for _, name := range k {
		if rest, ok := strings.CutPrefix(name, location); ok {
			names = append(names, rest)
		}
	}
	return names
}

// restrictTo returns the last value of each name, if there is one.
func restrictTo(names []string, single map[string]string, lists map[string][]string, fold func(string) string) map[string]string {
	for i, name := range names {
		names[i] = fold(name)
	}
	values := map[string]string{}
	for name, list := range lists {
		if name = fold(name); len(list) > 0 && slices.Contains(names, name) {
			values[name] = list[len(list)-1]
		}
	}
	for name, value := range single {
		if name = fold(name); slices.Contains(names, name) {
			values[name] = value
		}
	}
	return values
}
