package cloudfront

import "strings"

// matches tells whether a path pattern of a behavior matches a path: "*" stands for any
// run of characters, "/" among them, "?" for one; letter case counts; a leading "/" may be
// left out.
//
// Source: Amazon CloudFront Developer Guide, "Cache behavior settings", path pattern.
func matches(pattern, path string) bool {
	return glob(strings.TrimPrefix(pattern, "/"), strings.TrimPrefix(path, "/"))
}

// glob goes back to the last star only, so its time is bounded by the product of the
// lengths.
func glob(pattern, s string) bool {
	p, i, star, resume := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
