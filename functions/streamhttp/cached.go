package streamhttp

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// cacheKey is what distinguishes the answers in the cache of a REST API, as the names of method
// request parameters without "method.request."; nil without a cache.
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

// gatewayHeaders are written by API Gateway whatever the caller says.
var gatewayHeaders = []string{"host", "x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto"}

// restrict leaves in an event what is in the cache key, and no more. The cache gives the answer
// to all whose requests have the same key: whatever else shaped it, one of them could shape it for
// the others. So does CloudFront, which forwards what its cache policy names and hides the rest.
//
// The key has one value of a name, the last (assumed, as in queryStringParameters, where that is
// documented), and the path as in pathParameters. Neither lists nor other spellings pass.
func (k cacheKey) restrict(e *Event) {
	if k == nil || e.HTTPMethod != "GET" {
		return // API Gateway caches GET alone, as the construct says
	}
	e.Headers = restrictTo(append(k.names("header."), gatewayHeaders...), e.Headers, e.MultiValueHeaders, strings.ToLower)
	e.QueryStringParameters = restrictTo(k.names("querystring."), e.QueryStringParameters, e.MultiValueQueryStringParameters, func(s string) string { return s })
	e.MultiValueHeaders, e.MultiValueQueryStringParameters = nil, nil
	e.Body, e.IsBase64Encoded = "", false
	e.Path = keyedPath(e.Path, e.PathParameters["proxy"])
}

// keyedPath returns the path as the key has it, behind the base path of a name of one's own. The
// path of a request may say the same in other words, such as %2F for a slash, or one more slash.
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

// names returns those of one location.
func (k cacheKey) names(location string) []string {
	var names []string
	for _, name := range k {
		if rest, ok := strings.CutPrefix(name, location); ok {
			names = append(names, rest)
		}
	}
	return names
}

// restrictTo returns the one value of each name, where there is any.
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
