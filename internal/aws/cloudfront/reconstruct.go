package cloudfront

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// signedRequest is the canonical request of a request that sign has signed, or "" if it
// cannot be told. The signing library keeps its own to itself. This is a reconstruction
// after its documented rules, net/url's reading of path and query among them; it counts
// only if it leads to the very signature that the library made, which proves it.
//
// It has nothing in common with the verifier of the function URL, which reads the wire.
func (s *Server) signedRequest(req *http.Request) string {
	auth := req.Header.Get("Authorization")
	names := between(auth, "SignedHeaders=", ",")
	scope := strings.TrimPrefix(between(auth, "Credential=", ","), s.Credentials.AccessKey+"/")
	for _, canonical := range reconstructions(req, names) {
		hash := sha256.Sum256([]byte(canonical))
		text := strings.Join([]string{"AWS4-HMAC-SHA256", req.Header.Get("X-Amz-Date"), scope, hex.EncodeToString(hash[:])}, "\n")
		key := []byte("AWS4" + s.Credentials.SecretKey)
		for step := range strings.SplitSeq(scope, "/") {
			key = hmacOf(key, step)
		}
		if strings.HasSuffix(auth, "Signature="+hex.EncodeToString(hmacOf(key, text))) {
			return canonical
		}
	}
	return ""
}

// reconstructions are the canonical requests that the library may have signed. They differ
// in the payload: a sent hash that is no hash was not what was signed.
func reconstructions(req *http.Request, names string) (all []string) {
	var head strings.Builder
	path := req.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	query := req.URL.Query()
	for _, values := range query {
		slices.Sort(values)
	}
	head.WriteString(req.Method + "\n")
	for i, segment := range strings.Split(path, "/") {
		if i > 0 {
			head.WriteByte('/')
		}
		head.WriteString(strings.ReplaceAll(url.QueryEscape(segment), "+", "%20"))
	}
	head.WriteString("\n" + strings.ReplaceAll(query.Encode(), "+", "%20") + "\n")
	for name := range strings.SplitSeq(names, ";") {
		var values []string
		for _, value := range req.Header.Values(name) {
			values = append(values, strings.TrimSpace(value))
		}
		head.WriteString(name + ":" + strings.Join(values, ",") + "\n")
	}
	head.WriteString("\n" + names + "\n")
	empty := sha256.Sum256(nil)
	for _, payload := range []string{strings.ToLower(req.Header.Get("X-Amz-Content-Sha256")), "UNSIGNED-PAYLOAD", hex.EncodeToString(empty[:])} {
		all = append(all, head.String()+payload)
	}
	return all
}

func between(s, after, before string) string {
	_, s, _ = strings.Cut(s, after)
	s, _, _ = strings.Cut(s, before)
	return s
}

func hmacOf(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
