package cache

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TTL are the three times of a cache policy.
type TTL struct {
	Min, Default, Max time.Duration
	// Errors are the error caching minimum TTLs of statuses, where they are configured.
	Errors map[int]time.Duration
}

// Caches reports whether a behavior with these times caches at all.
func (t TTL) Caches() bool { return t.Max > 0 }

// errorTTL is CloudFront's error caching minimum TTL where nothing else is configured.
const errorTTL = 10 * time.Second

// Statuses, by how CloudFront caches them.
//
// Source: Amazon CloudFront Developer Guide, "How CloudFront caches HTTP 4xx and 5xx
// status codes"; of the others those that RFC 9110, section 15.1, lets be kept (assumed),
// less 206.
var (
	cacheable      = []int{200, 203, 300, 301, 302, 303, 304, 307, 308, 410}
	errorsAlways   = []int{404, 414, 500, 501, 502, 503, 504}
	errorsByHeader = []int{400, 403, 405, 412, 415}
)

// Lifetime says how long a response to GET or HEAD may be kept, and whether it may be kept
// at all. With a lifetime of 0 it is asked for again before each use.
//
// Source: Amazon CloudFront Developer Guide, "Manage how long content stays in the cache
// (expiration)".
func (t TTL) Lifetime(status int, h http.Header, now time.Time) (lifetime time.Duration, keep bool) {
	directives := cacheControl(h)
	_, noStore := directives["no-store"]
	_, private := directives["private"]
	_, noCache := directives["no-cache"]
	explicit, given := age(directives, h, now)
	isError := slices.Contains(errorsAlways, status) || slices.Contains(errorsByHeader, status) && given
	if !isError && !slices.Contains(cacheable, status) {
		return 0, false
	}
	switch {
	case noStore, private, noCache:
		if t.Min == 0 {
			return 0, noCache && !noStore && !private
		}
		return t.Min, true
	case isError:
		least, configured := t.Errors[status]
		if !configured {
			least = errorTTL
		}
		return max(least, min(explicit, t.Max)), true
	case given:
		return max(t.Min, min(explicit, t.Max)), true
	default:
		return max(t.Min, t.Default), true
	}
}

// age returns what the origin says itself; s-maxage is for shared caches and comes first.
func age(directives map[string]string, h http.Header, now time.Time) (time.Duration, bool) {
	for _, name := range []string{"s-maxage", "max-age"} {
		if value, ok := directives[name]; ok {
			seconds, err := strconv.ParseUint(value, 10, 31)
			if err != nil {
				return 0, true // stale, as RFC 9111, section 4.2.1, advises
			}
			return time.Duration(seconds) * time.Second, true
		}
	}
	if value := h.Get("Expires"); value != "" {
		at, err := http.ParseTime(value)
		if err != nil {
			return 0, true
		}
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

func cacheControl(h http.Header) map[string]string {
	directives := map[string]string{}
	for _, line := range h.Values("Cache-Control") {
		for _, part := range strings.Split(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if name != "" {
				directives[strings.ToLower(name)] = strings.Trim(value, `"`)
			}
		}
	}
	return directives
}
