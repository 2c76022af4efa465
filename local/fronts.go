package local

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
)

// A FrontDoor is what callers use to reach the functions of the assembly, on its own address: a
// distribution, an API, a load balancer, or a function URL that stands behind none of them.
type FrontDoor struct {
	Kind       string // such as "distribution", "function url" or "rest api"
	Name       string // "Stack/LogicalId"
	DomainName string // what it would be named on AWS
	URL        string // where it is served here, with its stage, without a slash at the end
}

// The kinds of front doors that this package knows itself.
const (
	distributionKind = "distribution"
	functionURLKind  = "function url"
)

// open gives a front door its address, with TLS and the trace page if they are asked for. The
// first of a generation gets Options.Port.
func (c *Chain) open(g *generation, kind, name, path string, domains ...string) error {
	port := 0
	if len(g.fronts) == 0 {
		port = c.options.Port
	}
	s, err := c.site(name, port, c.tls, c.page)
	if err != nil {
		return err
	}
	front := FrontDoor{Kind: kind, Name: name, URL: s.url + path}
	for i, domain := range domains {
		if i == 0 {
			front.DomainName = domain
		}
		g.served = append(g.served, here{domain, s})
	}
	g.sites[name] = s
	g.fronts = append(g.fronts, front)
	return nil
}

// here is where a host name of AWS is served.
type here struct {
	domain string
	site   *site
}

// openFronts gives the front doors their addresses, the distributions first: what is behind
// them may have to know where they are.
func (c *Chain) openFronts(g *generation, m *aws.Model) error {
	for _, d := range m.Distributions {
		if err := c.open(g, distributionKind, d.Name, "", d.DomainName); err != nil {
			return err
		}
	}
	for _, d := range openDoors(m) {
		if err := c.open(g, d.Kind(), d.Name(), d.Path(), d.Domains()...); err != nil {
			return err
		}
	}
	for _, u := range m.URLs {
		var err error
		if m.Behind(u) { // the hop from the distribution is plain HTTP
			var s *site
			if s, err = c.site(u.Name, 0, nil, nil); err == nil {
				g.sites[u.Name] = s
				g.served = append(g.served, here{u.DomainName, s})
			}
		} else {
			err = c.open(g, functionURLKind, u.Name, "", u.DomainName)
		}
		if err != nil {
			return err
		}
	}
	if len(g.fronts) == 0 {
		return fmt.Errorf("the assembly %s has no front door that could be served: no AWS::CloudFront::Distribution, no AWS::Lambda::Url, no API and no load balancer", c.options.Assembly)
	}
	return nil
}

// openDoors are the doors that serve something.
func openDoors(m *aws.Model) []door.Door {
	return slices.DeleteFunc(slices.Clone(m.Doors), func(d door.Door) bool {
		_, closed := d.Unserved()
		return closed
	})
}

// serveDoors puts the handlers of the doors behind their addresses.
func (c *Chain) serveDoors(g *generation, m *aws.Model) error {
	for _, d := range m.Doors {
		findings, closed := d.Unserved()
		what := "a part of it is answered 501"
		if closed {
			what = "it is not served"
		}
		for _, f := range findings {
			g.notes = append(g.notes, fmt.Sprintf("%s, %s: %s: %s", d.Name(), d.Kind(), what, f.String()))
		}
		if closed {
			continue
		}
		g.notes = append(g.notes, d.Notes()...)
		handler, err := d.Serve(c.host(g, d))
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name(), err)
		}
		g.handlers[d.Name()] = door.Guard(d, &c.recorder, handler)
	}
	return nil
}

// doorSites adds the doors that distributions may have for origins, by domain name and port.
func (g *generation) doorSites(m *aws.Model, sites map[string]*site) {
	for _, d := range openDoors(m) {
		if d, ok := d.(door.Origin); ok {
			for _, domain := range d.Domains() {
				s := g.sites[d.Name()]
				sites[net.JoinHostPort(domain, strconv.Itoa(d.Port()))] = s
				if sites[domain] == nil {
					sites[domain] = s
				}
			}
		}
	}
}

// host is what a door is served with.
func (c *Chain) host(g *generation, d door.Door) *door.Host {
	o := &c.options
	h := &door.Host{
		Address: g.sites[d.Name()].url, Function: g.invoked, Task: g.asked, Issuers: g.issuerClient(),
		Recorder: &c.recorder, Now: o.Now, OnClose: g.onClose,
		Caller: g.caller, Lasting: &c.lasting,
		Fault: o.Fault, CutFailed: o.CutFailedStreams, SignatureWindow: o.SignatureWindow,
	}
	if !o.UnlimitedRate {
		h.Pace = &answer.Clock{Now: time.Now, Sleep: time.Sleep}
	}
	if k := o.InvokerKey; k != nil {
		h.Invoker = iam.Credentials{AccessKey: k.ID, SecretKey: k.Secret}
	}
	return h
}

// doorEnvironment are the variables that doors have for functions.
func (g *generation) doorEnvironment(m *aws.Model) map[string]string {
	variables := map[string]string{}
	for _, d := range openDoors(m) {
		if e, ok := d.(door.Environment); ok {
			for name, value := range e.Environment(g.sites[d.Name()].url) {
				variables[name] = value
			}
		}
	}
	return variables
}

// targets are the functions of the assembly by what they are invoked by.
func targets(m *aws.Model) []door.Target {
	var all []door.Target
	add := func(t door.Target) {
		if i := slices.IndexFunc(all, func(known door.Target) bool { return known.ARN == t.ARN }); i >= 0 {
			all[i].Streams = all[i].Streams || t.Streams
			return
		}
		all = append(all, t)
	}
	for _, u := range m.URLs {
		if len(u.Unserved()) > 0 {
			continue // it is answered 501
		}
		add(door.Target{Function: u.Function, ARN: u.ARN, Streams: u.Streams()})
	}
	for _, d := range openDoors(m) {
		for _, t := range d.Targets() {
			add(t)
		}
	}
	return all
}

// spare reports whether a function is behind doors alone, of an app that has distributions or
// function URLs: that it cannot be run here keeps them from nothing.
func spare(m *aws.Model, t door.Target) bool {
	return (len(m.Distributions) > 0 || len(m.URLs) > 0) &&
		!slices.ContainsFunc(m.URLs, func(u *functionurl.URL) bool { return u.Function == t.Function })
}

// issuerClient finds issuers of tokens by their own URLs, as functions do.
func (g *generation) issuerClient() *http.Client {
	return &http.Client{Transport: issuerTransport(g.issuers)}
}
