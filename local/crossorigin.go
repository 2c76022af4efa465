package local

import (
	"net"
	"net/http"
	"net/url"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/loopback"
)

// pages are the front doors by the port that their pages come from here.
type pages map[string]page

// A page comes from a front door: here from its address, on AWS from one of its names.
type page struct {
	site  *site
	names []string
}

// origin is what a browser sends for the page on AWS: by the name that the owner gave, if one
// is given. A wildcard is not a name.
func (p page) origin() string {
	name := p.names[0]
	for _, alias := range p.names[1:] {
		if alias[0] != '*' {
			name = alias
			break
		}
	}
	return "https://" + name
}

// letPagesCall makes the answers of all that has an address here fit the pages of here.
func (g *generation) letPagesCall(m *aws.Model) {
	names := map[string][]string{}
	for _, d := range m.Distributions {
		names[d.DomainName] = d.Names()
	}
	all := pages{}
	for _, at := range g.served {
		if _, port, err := net.SplitHostPort(at.site.address); err == nil {
			p := all[port]
			p.site, p.names = at.site, append(p.names, at.domain)
			if len(names[at.domain]) > 0 {
				p.names = names[at.domain]
			}
			all[port] = p
		}
	}
	if len(all) < 2 {
		return
	}
	for name, s := range g.sites {
		if h := g.handlers[name]; h != nil {
			g.handlers[name] = all.crossOrigin(s, h)
		}
	}
}

// crossOrigin lets the pages of one front door call another as they do on AWS: what is behind
// sees the Origin that the page has there, and an answer that allows this one allows the one
// that the page has here. The Origin of a front door's own pages stays, since applications
// compare it with the host.
func (all pages) crossOrigin(own *site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here := r.Header.Get("Origin")
		if here == "" || loopback.ByPipe(r) {
			next.ServeHTTP(w, r)
			return
		}
		u, err := url.Parse(here)
		if err != nil || !loopback.IsName(u.Host) {
			next.ServeHTTP(w, r)
			return
		}
		from, ok := all[u.Port()]
		if !ok || from.site == own {
			next.ServeHTTP(w, r)
			return
		}
		there := from.origin()
		r.Header.Set("Origin", there)
		next.ServeHTTP(&allowed{ResponseWriter: w, there: there, here: here}, r)
	})
}

// allowed is the answer to a page, which allows the origin that the page has here.
type allowed struct {
	http.ResponseWriter
	there, here string
	began       bool
}

func (w *allowed) begin() {
	const allow = "Access-Control-Allow-Origin"
	if h := w.Header(); !w.began && h.Get(allow) == w.there {
		h.Set(allow, w.here)
	}
	w.began = true
}

// WriteHeader sends the head with the origin of here. One that informs, such as 103, goes before
// the answer's.
func (w *allowed) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		w.begin()
	}
	w.ResponseWriter.WriteHeader(status)
}

// FlushError sends the head if nothing did, as flushing does.
func (w *allowed) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Write sends the head first if nothing did.
func (w *allowed) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController do the rest.
func (w *allowed) Unwrap() http.ResponseWriter { return w.ResponseWriter }
