package cloudfront

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"*", "/", true},
		{"*", "/a/b", true},
		{"/*", "/a/b", true},
		{"/api/*", "/api/", true},
		{"/api/*", "/api/a/b", true},
		{"/api/*", "/api", false},
		{"api/*", "/api/a", true},
		{"/api", "/api", true},
		{"/api", "/api/", false},
		{"/api", "/API", false},
		{"*.jpg", "/a/b.jpg", true},
		{"*.jpg", "/a/b.JPG", false},
		{"/a?c", "/abc", true},
		{"/a?c", "/ac", false},
		{"/a?c", "/a/c", true},
		{"/a*d*g", "/abcdefg", true},
		{"/a*d*g", "/abcdefgh", false},
		{"/a[b]", "/ab", false},
		{"/a[b]", "/a[b]", true},
		{"/a.c", "/abc", false},
		{"/%20", "/%20", true},
		{"/", "/", true},
		{"/", "/a", false},
		{"//a", "//a", true},
		{"/**", "/a", true},
		{"/?*", "/", false},
	} {
		if got := matches(test.pattern, test.path); got != test.want {
			t.Errorf("matches(%q, %q) = %v, want %v", test.pattern, test.path, got, test.want)
		}
	}
}

// "Path normalization" of the Developer Guide, and RFC 3986, section 6.2.2.
func TestNormalize(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/":                      "/",
		"/a":                     "/a",
		"/a/":                    "/a/",
		"/edge/../none/x":        "/none/x",
		"//none/x":               "/none/x",
		"/none///x":              "/none/x",
		"/./none/x":              "/none/x",
		"/%6eone/x":              "/none/x",
		"/%6Eone/x":              "/none/x",
		"/none/%2e%2e/edge/x":    "/edge/x",
		"/none/.%2E/edge/x":      "/edge/x",
		"/none/%2e/x":            "/none/x",
		"/..":                    "/",
		"/../..":                 "/",
		"/../../a":               "/a",
		"/a/b/..":                "/a/",
		"/a/b/.":                 "/a/b/",
		"/a/..":                  "/",
		"/a//":                   "/a/",
		"//":                     "/",
		"/a//../b":               "/b", // assumed: slashes before dots
		"/a/...":                 "/a/...",
		"/.a/..b/":               "/.a/..b/",
		"/a%2fb":                 "/a%2Fb", // reserved: no slash
		"/a%2F..%2Fb":            "/a%2F..%2Fb",
		"/%7e%5F%2d%41%30":       "/~_-A0",
		"/caf%c3%a9":             "/caf%C3%A9",
		"/%252e%252e/x":          "/%252e%252e/x", // decoded once
		"/%zz/%2":                "/%zz/%2",
		"/%":                     "/%",
		"/%2e%2e%2f%2e%2e/etc":   "/..%2F../etc",
		"/a/%2e%2e/%2e%2e/%2e/b": "/b",
	} {
		if got := normalize(path); got != want {
			t.Errorf("normalize(%q) = %q, want %q", path, got, want)
		}
	}
}

// Property: a normalized path stays as it is, begins with one slash and has no dot
// segments.
func TestNormalizeOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	for range 5000 {
		path := "/"
		for range random.IntN(10) {
			path += []string{"/", ".", "..", "%2e", "%2F", "a", "%61"}[random.IntN(7)]
		}
		normal := normalize(path)
		if again := normalize(normal); again != normal {
			t.Errorf("normalize(%q) = %q, and that is normalized to %q", path, normal, again)
		}
		if rest, ok := strings.CutPrefix(normal, "/"); !ok || strings.HasPrefix(rest, "/") || strings.Contains(normal, "//") ||
			strings.Contains(normal+"/", "/../") || strings.Contains(normal+"/", "/./") {
			t.Errorf("normalize(%q) = %q", path, normal)
		}
	}
}
