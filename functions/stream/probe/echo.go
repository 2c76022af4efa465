package probe

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

// request is one as the application saw it. Hashes stand for what is large or secret:
// its sender can compare, nobody can read it.
type request struct {
	Method        string       `json:"method"`
	Host          string       `json:"host"`
	Path          string       `json:"path"`  // as it stood in the request
	Query         string       `json:"query"` // the same
	RemoteIP      string       `json:"remoteIp"`
	BodyLength    int64        `json:"bodyLength"`
	BodySHA256    string       `json:"bodySha256"`
	Headers       http.Header  `json:"headers"` // without credentials
	Authorization *credentials `json:"authorization,omitempty"`
	Cookies       []cookie     `json:"cookies,omitempty"`
	// Unexpected names headers that the endpoint must consume or overwrite on the way:
	// an application that sees one may trust what a viewer made up.
	Unexpected []string `json:"unexpected,omitempty"`
}

type credentials struct {
	Scheme string `json:"scheme"`
	SHA256 string `json:"sha256"` // of what follows the scheme
}

type cookie struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of the value
}

// Echo answers with the request as it arrived, in JSON: method, host, path and query as
// they stood in it, length and SHA-256 of the body, and the headers without credentials,
// of which it gives SHA-256. A body that cannot be read is a 400, one over the limit of
// an [http.MaxBytesReader] around it a 413.
func Echo(w http.ResponseWriter, r *http.Request) {
	hash := sha256.New()
	length, err := io.Copy(hash, r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		fail(w, http.StatusRequestEntityTooLarge, errors.New("the body is over the application's limit"))
		return
	}
	if err != nil {
		fail(w, http.StatusBadRequest, errors.New("the body could not be read"))
		return
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	remote, _, _ := net.SplitHostPort(r.RemoteAddr)
	answer := request{
		Method:        r.Method,
		Host:          r.Host,
		Path:          path,
		Query:         query,
		RemoteIP:      remote,
		BodyLength:    length,
		BodySHA256:    hex.EncodeToString(hash.Sum(nil)),
		Authorization: credentialsOf(r.Header.Get("Authorization")),
	}
	answer.Headers, answer.Unexpected = sort(r.Header)
	for _, c := range r.Cookies() {
		answer.Cookies = append(answer.Cookies, cookie{c.Name, digest(c.Value)})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer)
}

// credentialsOf splits the Authorization header (RFC 9110, section 11.4). A value without
// a scheme is a token: it is as secret as one.
func credentialsOf(authorization string) *credentials {
	scheme, token, ok := strings.Cut(authorization, " ")
	if !ok {
		scheme, token = "", authorization
	}
	if token = strings.TrimLeft(token, " "); token == "" {
		return nil
	}
	return &credentials{scheme, digest(token)}
}

// sort separates headers that may be shown from those that should not be here. Outside
// Lambda, where nothing is in front, a client's own copies are among the latter.
func sort(header http.Header) (shown http.Header, unexpected []string) {
	shown = make(http.Header, len(header))
	for name, values := range header {
		switch {
		case name == "X-Forwarded-Authorization", name == "X-Forwarded-Host", strings.HasPrefix(name, "X-Amz-"):
			unexpected = append(unexpected, name)
		case name == "Authorization", name == "Proxy-Authorization", name == "Cookie", name == "X-Api-Key":
		default:
			shown[name] = values
		}
	}
	slices.Sort(unexpected)
	return shown, unexpected
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
