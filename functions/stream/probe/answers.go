package probe

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxDownload is more than the 6 MiB that Lambda sends unthrottled, and little beside the
// 200 MiB that it sends at most (documented: Lambda quotas, 2026).
const maxDownload = 32 << 20

// code reads the last element of "/probe/{name}/{code}".
func code(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	return n
}

func status(w http.ResponseWriter, r *http.Request) {
	s := settingsOf(r)
	withBody := s.number("body", 0, 1) == 1
	code := code(r)
	if s.err == nil && (code < 200 || code > 599) {
		s.wrong("the status", r.URL.Path, Prefix+"status/200 to 599")
	}
	if s.err != nil {
		fail(w, http.StatusBadRequest, s.err)
		return
	}
	if withBody {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	w.WriteHeader(code)
	if withBody {
		_, _ = fmt.Fprintf(w, "status %d\n", code)
	}
}

// Locations are constants: a redirect to anywhere would lend itself to phishing.
const (
	locationPath = "/probe/echo/a%20b?c=d%2Fe&c=%C3%A9#fragment"
	locationHost = "https://example.com/a%20b?c=d%2Fe&c=%C3%A9#fragment"
)

func redirect(w http.ResponseWriter, r *http.Request) {
	code := code(r)
	switch code {
	case 301, 302, 303, 307, 308:
	default:
		fail(w, http.StatusBadRequest, fmt.Errorf("%s: want %sredirect/ with 301, 302, 303, 307 or 308", r.URL.Path, Prefix))
		return
	}
	location := locationPath
	if r.URL.Query().Get("to") == "host" {
		location = locationHost
	}
	w.Header().Set("Location", location)
	w.WriteHeader(code)
}

func cookies(w http.ResponseWriter, _ *http.Request) {
	for _, cookie := range []string{
		"probe-a=1; Path=/probe/; HttpOnly",
		"probe-b=2; Path=/probe/; Expires=Wed, 21 Oct 2015 07:28:00 GMT", // a comma must not split it
		`probe-c="x=y"; Path=/probe/; SameSite=Lax; Max-Age=1`,
	} {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(http.StatusNoContent)
}

// own sets headers that function URLs set themselves.
func own(w http.ResponseWriter, _ *http.Request) {
	const text = "own\n"
	for name, value := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Content-Length": strconv.Itoa(len(text)),
		"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Server": "probe",
	} {
		w.Header().Set(name, value)
	}
	_, _ = io.WriteString(w, text)
}

func challenge(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="probe", error="invalid_token"`)
	fail(w, http.StatusUnauthorized, fmt.Errorf("this probe always asks for credentials"))
}

// encoded does what an application behind a streaming function URL must not do.
func encoded(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = io.WriteString(z, strings.Repeat("compressed\n", 1000))
	_ = z.Close()
}

// download sends bytes of all values. Their SHA-256 is in X-Probe-Sha256.
func download(w http.ResponseWriter, r *http.Request) {
	s := settingsOf(r)
	size := s.number("bytes", 1<<20, maxDownload)
	if s.err != nil {
		fail(w, http.StatusBadRequest, s.err)
		return
	}
	hash := sha256.New()
	_, _ = io.CopyN(hash, new(pattern), int64(size))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Probe-Sha256", hex.EncodeToString(hash.Sum(nil)))
	_, _ = io.CopyN(w, new(pattern), int64(size))
}

// pattern repeats itself after a prime number of bytes, so that a piece that is lost or
// doubled shows.
type pattern struct{ at int }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(p.at)
		p.at = (p.at + 1) % 65521
	}
	return len(b), nil
}
