package local

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/aws/edge"
)

// origins reach what stands in for the origins of the distributions.
type origins struct {
	inside  *http.Transport
	sites   map[string]*site             // of what is inside, by domain name, or by it and a port
	outside map[string]http.RoundTripper // by the id of the origin
}

// To returns what the requests for an origin go to.
func (o *origins) To(origin *cloudfront.Origin) (http.RoundTripper, error) {
	if to := o.outside[origin.ID.V]; to != nil && origin.Address != "" {
		return to, nil
	}
	if _, ok := o.sites[origin.DomainName.V]; ok {
		return o.inside, nil
	}
	return nil, fmt.Errorf("%s is neither a function URL nor a bucket, an API or a load balancer of this cloud assembly", origin.DomainName.V)
}

func (o *origins) close() {
	o.inside.CloseIdleConnections()
	for _, to := range o.outside {
		to.(*elsewhere).CloseIdleConnections()
	}
}

// newOrigins reaches function URLs and buckets by their domain names, and origins of somebody
// else where Options.Origins says.
func newOrigins(m *aws.Model, sites map[string]*site) *origins {
	all := &origins{inside: newHops(sites), sites: sites, outside: map[string]http.RoundTripper{}}
	for _, d := range m.Distributions {
		for _, o := range d.Origins {
			if o.Address != "" {
				all.outside[o.ID.V] = newElsewhere(o)
			}
		}
	}
	return all
}

// elsewhere is an origin at an address that the user gave.
type elsewhere struct {
	*http.Transport
	address *url.URL
}

func newElsewhere(o *cloudfront.Origin) *elsewhere {
	address, _ := url.Parse(o.Address) // checked at the start
	return &elsewhere{address: address, Transport: &http.Transport{
		DisableCompression: true,
		IdleConnTimeout:    time.Minute,
		DialContext:        connecting((&net.Dialer{}).DialContext, max(o.Attempts.V, 1), o.ConnectionTimeout.V),
	}}
}

type dial = func(ctx context.Context, network, to string) (net.Conn, error)

// connecting tries so often to connect, each time for so long, as CloudFront does.
func connecting(once dial, attempts int, timeout time.Duration) dial {
	return func(ctx context.Context, network, to string) (conn net.Conn, err error) {
		for range attempts {
			attempt, cancel := context.WithTimeout(ctx, timeout)
			conn, err = once(attempt, network, to)
			cancel()
			if err == nil || ctx.Err() != nil {
				break
			}
		}
		return conn, err
	}
}

// RoundTrip sends the request to the address. It asks for the host that CloudFront asks for.
func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	to := *r.URL
	to.Scheme, to.Host = e.address.Scheme, e.address.Host
	base := strings.TrimSuffix(e.address.EscapedPath(), "/")
	raw := base + r.URL.EscapedPath()
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, err
	}
	to.Path, to.RawPath = path, raw
	sent := r.Clone(r.Context())
	sent.URL = &to
	return e.Transport.RoundTrip(sent)
}

// checkOrigins refuses addresses of origins that are none, and names of origins that there are
// not.
func checkOrigins(given map[string]string, m *aws.Model) error {
	var known []string
	for _, d := range m.Distributions {
		for _, o := range d.Origins {
			if o.ID.V != "" && !slices.Contains(known, o.ID.V) {
				known = append(known, o.ID.V)
			}
		}
	}
	for id, address := range given {
		if !slices.Contains(known, id) {
			return fmt.Errorf("no distribution has an origin %q (--origin): those here are %q", id, known)
		}
		at, err := url.Parse(address)
		if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.RawQuery != "" || at.Fragment != "" || at.User != nil {
			return fmt.Errorf("the address of the origin %[2]s is %[1]q (--origin): want an address such as http://localhost:3000", address, id)
		}
	}
	return nil
}

// noteUnserved says which paths are answered 501, and why.
func (g *generation) noteUnserved(d *cloudfront.Distribution) {
	for i := range d.Behaviors {
		b := &d.Behaviors[i]
		for _, f := range b.Unserved() {
			g.notes = append(g.notes, fmt.Sprintf("%s: the behavior %s is answered 501: %s", d.Name, b.PathPattern.V, f.String()))
		}
	}
}

// checkStores refuses names of key-value stores that no function has.
func checkStores(given map[string]string, m *aws.Model) error {
	for name := range given {
		if slices.ContainsFunc(m.Stores, func(s *edge.StoreDefinition) bool { return s.Is(name) }) {
			continue
		}
		var known []string
		for _, s := range m.Stores {
			known = append(known, s.Name)
		}
		return fmt.Errorf("Options.KeyValueStores names %q, and no function at the edge has a key-value store that is called so: those here are %q", name, known)
	}
	return nil
}
