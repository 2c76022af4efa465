package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
)

// echo is what a request looked like when it arrived. Hashes stand for what is large or
// secret: whoever sent it can compare, nobody can read it.
type echo struct {
	Method        string              `json:"method"`
	Host          string              `json:"host"`
	Path          string              `json:"path"` // percent-encoded
	Query         string              `json:"query"`
	BodyLength    int64               `json:"bodyLength"`
	BodySHA256    string              `json:"bodySha256"`
	Headers       http.Header         `json:"headers"` // without credentials
	Authorization *echoAuthentication `json:"authorization,omitempty"`
}

type echoAuthentication struct {
	Scheme string `json:"scheme"`
	SHA256 string `json:"sha256"` // of the credentials that follow the scheme
}

func serveEcho(w http.ResponseWriter, r *http.Request) {
	hash := sha256.New()
	length, err := io.Copy(hash, r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeError(w, http.StatusRequestEntityTooLarge, "The body is over 6 MiB.", "", "")
		return
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "The body could not be read.", "", "")
		return
	}
	answer := echo{
		Method:     r.Method,
		Host:       r.Host,
		Path:       r.URL.EscapedPath(),
		Query:      r.URL.RawQuery,
		BodyLength: length,
		BodySHA256: hex.EncodeToString(hash.Sum(nil)),
		Headers:    withoutCredentials(r.Header),
	}
	if scheme, token := credentials(r); token != "" {
		sum := sha256.Sum256([]byte(token))
		answer.Authorization = &echoAuthentication{Scheme: scheme, SHA256: hex.EncodeToString(sum[:])}
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, answer)
}

// credentials splits the Authorization header (RFC 9110, section 11.4). A value without
// a scheme is a token: it is as secret as one.
func credentials(r *http.Request) (scheme, token string) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok {
		return "", scheme
	}
	return scheme, strings.TrimLeft(token, " ")
}

// withoutCredentials does not rely on streamhttp, which removes some of these on Lambda
// only.
func withoutCredentials(header http.Header) http.Header {
	shown := make(http.Header, len(header))
	for key, values := range header {
		switch key {
		case "Authorization", "X-Forwarded-Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key":
			continue
		}
		if !strings.HasPrefix(key, "X-Amz-") {
			shown[key] = values
		}
	}
	return shown
}
