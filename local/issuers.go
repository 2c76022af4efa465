package local

import (
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cognito"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/detour"
)

// A poolServer is what stands in for a user pool, and where.
type poolServer struct {
	url    string
	server *cognito.Server
}

// issuerServers serves the user pools, and leads to the issuers of Options.Issuers. It returns
// the variables by which a process finds them; nil if there are none.
func (c *Chain) issuerServers(g *generation, m *aws.Model) (map[string]string, error) {
	var err error
	g.issuers = map[string]http.Handler{}
	regions := map[string]*http.ServeMux{} // host of Cognito -> documents of its pools
	for _, p := range m.Pools {
		name := "user pool " + p.Name
		site, err := c.site(name, 0, nil, nil)
		if err != nil {
			return nil, err
		}
		server := &cognito.Server{Pool: p, URL: site.url, Keys: &c.logins, Now: c.options.Now, Origins: map[string]string{}}
		g.handlers[name] = server
		g.pools = append(g.pools, poolServer{site.url, server})
		if regions[p.Host()] == nil {
			regions[p.Host()] = http.NewServeMux()
			g.issuers[p.Host()] = regions[p.Host()]
		}
		regions[p.Host()].Handle("/"+p.ID+"/", server.Documents())
		g.notes = append(g.notes, fmt.Sprintf("%s stands in for the user pool %s: anyone can sign in, without a password", site.url, p.Name))
		if len(p.Triggers) > 0 {
			g.notes = append(g.notes, fmt.Sprintf("the triggers of the user pool %s are not called here: %s", p.Name, strings.Join(p.Triggers, ", ")))
		}
	}
	if g.issuers, err = issuersByHost(c.options.Issuers, g.issuers); err != nil {
		return nil, err
	}
	issuers := len(g.issuers) > 0
	for _, d := range openDoors(m) {
		if called, ok := d.(door.Called); ok {
			for _, host := range called.Hosts() {
				g.issuers[host] = g.later(d.Name())
			}
		}
	}
	g.detoured = c.called(g, m)
	for host, handler := range g.issuers {
		g.detoured.Secure[net.JoinHostPort(host, "443")] = handler
	}
	if len(g.detoured.Secure)+len(g.detoured.Plain) == 0 {
		return nil, nil
	}
	if err = c.startDetour(); err != nil {
		return nil, err
	}
	// In the chain's folder, since programs that are not of a generation use it, too.
	var trusted []*x509.Certificate
	if c.leaf != nil {
		trusted = append(trusted, c.leaf)
	}
	g.led, err = c.detour.Environment(c.dir.Path, g.detoured, trusted...)
	if err != nil {
		return nil, err
	}
	var script strings.Builder
	for _, name := range slices.Sorted(maps.Keys(g.led)) {
		fmt.Fprintf(&script, "export %s='%s'\n", name, strings.ReplaceAll(g.led[name], "'", `'\''`))
	}
	file := filepath.Join(c.dir.Path, "issuers.env")
	if !issuers {
		return g.led, nil // no program but the functions asks
	}
	g.notes = append(g.notes, fmt.Sprintf("a program on this machine finds issuers by their https URLs after: . %s", file))
	return g.led, os.WriteFile(file, []byte(script.String()), 0o600)
}

// later answers by the handler that a door has once the generation is made.
func (g *generation) later(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.handlers[name].ServeHTTP(w, r) })
}

// A UserPool is a user pool of Amazon Cognito that is being served.
type UserPool struct {
	Name   string // "Stack/LogicalId"
	Issuer string // the claim iss of its tokens
	URL    string // where its managed login is served here, without a slash at the end
	// Clients are the ids of its app clients.
	Clients []string
}

// UserPools returns the user pools, ordered by name. Anyone can sign in as any user, without a
// password.
func (c *Chain) UserPools() []UserPool {
	var pools []UserPool
	for _, p := range c.current().pools {
		pool := UserPool{Name: p.server.Pool.Name, Issuer: p.server.Pool.Issuer(), URL: p.url}
		for _, client := range p.server.Pool.Clients {
			pool.Clients = append(pool.Clients, client.ID)
		}
		pools = append(pools, pool)
	}
	return pools
}

// IssuerEnvironment returns variables for a program on this machine that is to find the user
// pools, and the issuers of Options.Issuers, by the https URLs that they would have on AWS, as
// the functions of the chain do. With Options.TLS the program trusts the distributions, too.
// It is nil if there are no issuers.
func (c *Chain) IssuerEnvironment() map[string]string { return maps.Clone(c.current().led) }

func (c *Chain) startDetour() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	if c.detour != nil {
		return nil
	}
	var err error
	c.detour, err = detour.New()
	return err
}

// issuersByHost adds issuers that are elsewhere to those of here. Of several that a path is
// below, the one with the longest path answers, which comes last in the order of their names.
func issuersByHost(elsewhere map[string]string, here map[string]http.Handler) (map[string]http.Handler, error) {
	for _, issuer := range slices.Sorted(maps.Keys(elsewhere)) {
		from, handler, err := issuerElsewhere(issuer, elsewhere[issuer])
		if err != nil {
			return nil, err
		}
		host := strings.ToLower(from.Hostname())
		here[host] = below(from.Path, handler, here[host])
	}
	return here, nil
}

// below answers by a handler what is at a path or below it. Several issuers may have one host,
// such as the realms of one server: the others answer the rest, and without others it does, too.
func below(path string, handler, others http.Handler) http.Handler {
	if others == nil {
		return handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := cutPath(r.URL.Path, path); ok {
			handler.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// cutPath returns what is left of a path below another one, and whether it is there or below.
func cutPath(path, top string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, strings.TrimSuffix(top, "/"))
	return rest, ok && (rest == "" || rest[0] == '/')
}

// issuerElsewhere returns the URL of an issuer and what hands its requests on. The host stays
// what the issuer's URL says: providers make their own addresses of it.
func issuerElsewhere(issuer, address string) (from *url.URL, handler http.Handler, err error) {
	from, err = url.Parse(issuer)
	if err != nil || from.Scheme != "https" || from.Host == "" || from.Port() != "" && from.Port() != "443" {
		return nil, nil, fmt.Errorf("the issuer %q is not an https URL on port 443: name it as the claim iss of its tokens does", issuer)
	}
	to, err := url.Parse(address)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return nil, nil, fmt.Errorf("the address %q of the issuer %s is not a URL: give one such as http://localhost:1234", address, issuer)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			rest, ok := cutPath(r.In.URL.Path, from.Path)
			if ok && to.Path != "" {
				r.Out.URL.Path, r.Out.URL.RawPath = strings.TrimSuffix(to.Path, "/")+rest, ""
			} else {
				r.Out.URL.Path, r.Out.URL.RawPath = r.In.URL.Path, r.In.URL.RawPath
			}
			r.Out.Host = from.Host
			r.Out.Header.Set("X-Forwarded-Host", from.Host)
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, fmt.Sprintf("the issuer %s is not at %s: %v", issuer, address, err), http.StatusBadGateway)
		},
	}
	return from, proxy, nil
}

// issued adds to the environment of a function what leads to issuers, and has it find the
// managed login of a pool where it is here.
func (g *generation) issued(environment, led map[string]string) map[string]string {
	out := maps.Clone(led)
	if out == nil {
		return environment
	}
	for name, value := range environment {
		for _, p := range g.pools {
			if p.server.Pool.Domain != "" {
				value = strings.ReplaceAll(value, "https://"+p.server.Pool.Domain, p.url)
			}
		}
		out[name] = value
	}
	return out
}

// signsIn says where the pages of a front door come from here.
func (g *generation) signsIn(names []string, address string) {
	for _, p := range g.pools {
		for _, name := range names {
			p.server.Origins["https://"+name] = address
		}
	}
}
