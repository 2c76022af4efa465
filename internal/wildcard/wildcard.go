// Package wildcard compares text with patterns as AWS writes them in cache behaviors and in
// policies: "*" stands for any run of characters, "?" for one, and letter case counts.
package wildcard

import "strings"

// Match reports whether a pattern matches all of a text. It goes back to the last star only,
// so its time is bounded by the product of the lengths.
func Match(pattern, text string) bool {
	p, i, star, resume := 0, 0, -1, 0
	for i < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[i]):
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

// MatchARN compares ARNs as IAM's ArnLike does: each of the six parts may have wildcards.
func MatchARN(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != len(parts) {
		return false
	}
	for i := range parts {
		if !Match(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}
