package loopback

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// A Rule says whom a listener answers.
type Rule struct {
	// Names are names of the listener besides those of this machine. One that begins with
	// "*." stands for every name with one label in place of the asterisk.
	Names []string
	// OwnPort lets the names of this machine count with the listener's own port only.
	OwnPort bool
	// NoBrowser refuses what comes from a page in a browser.
	NoBrowser bool
}

// Admit says why the request is not answered; nil if it is.
func (rule Rule) Admit(r *http.Request) error {
	if !rule.named(r) {
		return fmt.Errorf("the request is for the host %q, which is not a name of this listener: ask for localhost or for its address", r.Host)
	}
	if name := fromBrowser(r.Header); rule.NoBrowser && name != "" {
		return fmt.Errorf("the request has the header %s, as pages in a browser send it: no page may ask here", name)
	}
	return nil
}

func (rule Rule) named(r *http.Request) bool {
	name, port := split(r.Host)
	if slices.ContainsFunc(rule.Names, func(own string) bool { return covers(own, name) }) {
		return true
	}
	return IsName(r.Host) && (!rule.OwnPort || port == ownPort(r))
}

// IsName reports whether a Host header names this machine, whatever the DNS says: localhost, a
// name below it, or a loopback address, with a port or without.
func IsName(host string) bool {
	name, _ := split(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// split returns name and port of a Host header, the name in lower case and without the
// brackets of an IPv6 address. What is not a host is its own name, which nobody has.
func split(host string) (name, port string) {
	host = strings.ToLower(host)
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]"), ""
	}
	if !strings.Contains(host, ":") {
		return host, ""
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return host, ""
	}
	return name, port
}

// covers reports whether a name of the listener is the name that was asked for, or covers it.
//
// That the asterisk stands for one label is documented for certificates, and assumed for
// CloudFront's alternate domain names, which need a certificate that fits.
func covers(own, asked string) bool {
	own = strings.ToLower(own)
	parent, wildcard := strings.CutPrefix(own, "*.")
	if !wildcard {
		return own == asked
	}
	label, rest, _ := strings.Cut(asked, ".")
	return label != "" && rest == parent
}

// fromBrowser returns the header that shows that the request comes from a page; "" if none
// does. Node.js sends Sec-Fetch-Mode by its fetch, and is no browser: they send
// Sec-Fetch-Site as well, to every address that is trustworthy, as loopback addresses are.
//
// Source: W3C, "Fetch Metadata Request Headers".
func fromBrowser(h http.Header) string {
	for name := range h {
		if name == "Origin" || strings.HasPrefix(name, "Sec-Fetch-") && name != "Sec-Fetch-Mode" {
			return name
		}
	}
	return ""
}

// ownPort is the port of the listener that took the request.
func ownPort(r *http.Request) string {
	here, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if here == nil {
		return ""
	}
	_, port, _ := net.SplitHostPort(here.String())
	return port
}
