// Package page serves a chat page for the sample: one document with its style and its
// script in it, so that to show it costs one invocation. It asks nobody but its own server,
// and the storage that large files go to.
package page

import (
	"crypto/sha256"
	_ "embed" // the parts of the page
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed index.html
	document string
	//go:embed page.css
	style string
	//go:embed events.js
	eventsScript string
	//go:embed render.js
	renderScript string
	//go:embed speech.js
	speechScript string
	//go:embed signin.js
	signInScript string
	//go:embed uploads.js
	uploadsScript string
	//go:embed page.js
	pageScript string
)

// Options say what the page may do.
type Options struct {
	// Storage is the origin that files are uploaded to, such as
	// https://bucket.s3.eu-west-1.amazonaws.com.
	// Default: - none, files have to fit into a request.
	Storage string
	// MaxFileBytes is what the files of one request may have together. The page attaches no
	// more than that to a conversation, since it sends all of it each time.
	// Default: - what one request may have, 1 MB.
	MaxFileBytes int64
	// ListsUploads offers the reader's earlier uploads, which GET /uploads lists.
	// Default: false.
	ListsUploads bool
	// SignIn has the reader sign in, rather than enter a key.
	// Default: - an API key.
	SignIn SignIn
}

// A SignIn is how the page gets its tokens: by the Authorization Code flow with PKCE.
type SignIn struct {
	// ClientID is a public client of the issuer. "": readers do not sign in.
	ClientID string
	// Issuer is the https URL of the issuer, whose discovery document the page reads.
	Issuer string
	// IssuerOrigins are further origins that the issuer gives and revokes tokens at, with spaces
	// in between, such as https://oauth2.googleapis.com.
	// Default: - none, the endpoints are on the issuer's own.
	IssuerOrigins string
	// LoginURL is the address of a managed login of Amazon Cognito, in place of that
	// document.
	LoginURL string
	// Audience is what the token is for, which some issuers have to be told: as audience
	// (Auth0) and, if it is a URL, as resource (RFC 8707).
	// Default: - what the issuer gives the client.
	Audience string
	// Scope is what the page asks for, with spaces in between.
	// Default: - openid and email, and offline_access if the issuer has it.
	Scope string
}

// origins are those that the page asks, of which none is the reader's to choose.
func (s SignIn) origins() string {
	var origins []string
	for _, address := range append([]string{s.Issuer, s.LoginURL}, strings.Fields(s.IssuerOrigins)...) {
		if u, err := url.Parse(address); s.ClientID != "" && err == nil && u.Host != "" {
			origins = append(origins, u.Scheme+"://"+u.Host)
		}
	}
	return strings.Join(origins, " ")
}

// Handler serves the page to GET and HEAD. Browsers ask each time whether it has changed,
// which is answered by 304, and run nothing in it but its own script: the
// Content-Security-Policy names that by its hash.
func Handler(o Options) http.Handler {
	script := eventsScript + renderScript + speechScript + signInScript + uploadsScript + pageScript
	signIn := o.SignIn
	text := strings.NewReplacer("{{style}}", style, "{{script}}", script,
		"{{maxFileBytes}}", strconv.FormatInt(o.MaxFileBytes, 10), "{{listsUploads}}", strconv.FormatBool(o.ListsUploads),
		"{{clientId}}", html.EscapeString(signIn.ClientID), "{{issuer}}", html.EscapeString(signIn.Issuer), "{{issuerOrigins}}", html.EscapeString(signIn.IssuerOrigins),
		"{{loginUrl}}", html.EscapeString(signIn.LoginURL),
		"{{audience}}", html.EscapeString(signIn.Audience), "{{scope}}", html.EscapeString(signIn.Scope)).Replace(document)
	policy := strings.TrimSpace("default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) +
		"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self' " + strings.TrimSpace(o.Storage+" "+o.SignIn.origins()))
	sum := sha256.Sum256([]byte(text + policy))
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "GET or HEAD only", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		h.Set("Etag", tag)
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	})
}

// hash returns the source expression of a CSP for what stands between two tags:
// https://www.w3.org/TR/CSP3/#grammardef-hash-source.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
