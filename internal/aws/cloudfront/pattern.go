package cloudfront

import (
	"strings"

	"github.com/streamfront/streamfront/internal/wildcard"
)

// matches tells whether a path pattern of a behavior matches a path: "*" stands for any
// run of characters, "/" among them, "?" for one; letter case counts; a leading "/" may be
// left out.
//
// Source: Amazon CloudFront Developer Guide, "Cache behavior settings", path pattern.
func matches(pattern, path string) bool {
	return wildcard.Match(strings.TrimPrefix(pattern, "/"), strings.TrimPrefix(path, "/"))
}
