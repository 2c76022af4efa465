package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rs/cors"
)

// readOrigins reads ALLOWED_ORIGINS. An origin is a scheme, a host and perhaps a port (RFC 6454). A
// value with more than that would never equal one that a browser sends.
func readOrigins(value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	origins := strings.Split(value, ",")
	for i, text := range origins {
		origins[i] = strings.TrimSpace(text)
		u, err := url.Parse(origins[i])
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Scheme+"://"+u.Host != origins[i] || strings.Contains(u.Host, "*") {
			return nil, fmt.Errorf("ALLOWED_ORIGINS is %q: want origins with commas in between, such as https://app.example.com, without paths and wildcards", value)
		}
	}
	return origins, nil
}

// allowOrigins lets pages of other origins call. It answers the preflights of browsers, which carry no
// key, and lets such a page read the answers.
func allowOrigins(origins []string, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"}, // client libraries add their own; the key decides
		ExposedHeaders: []string{"Retry-After", "X-Request-Id"},
		MaxAge:         3600, // seconds
	}).Handler(next)
}
