package cloudfront

import "testing"

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
