package cloudfront

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// DoorRules are those about a behavior before another front door, such as an API.
var DoorRules = []template.Rule[*Behavior]{
	{ID: causes.HostForwarded, Kind: template.Hole, Level: template.Error, Look: forwardedToDoor},
	{ID: causes.OriginUnreachable, Kind: template.Hole, Level: template.Error, Look: unreachableDoors},
	{ID: causes.HandshakeLost, Kind: template.Hole, Level: template.Error, Look: lostHandshake},
}

func forwardedToDoor(b *Behavior, r *template.Report) {
	if slices.ContainsFunc(b.Origins, func(o *Origin) bool { d := o.Door(); return d != nil && !d.AnyHost() }) {
		forwardedHost(b, r)
	}
}

func unreachableDoors(b *Behavior, r *template.Report) {
	if !b.hostKnown() {
		return
	}
	for _, o := range b.Origins {
		if why := o.unreachable(b.forwardsHost()); why != "" {
			r.Error(o.Place, "%s", why)
		}
	}
}

// lostHandshake finds a WebSocket API that gets no headers of the handshake.
//
// Source: Amazon CloudFront Developer Guide, "Use WebSockets with CloudFront distributions".
// Documented.
func lostHandshake(b *Behavior, r *template.Report) {
	c, p := b.Cache, b.Policy
	if c == nil || p == nil || c.Headers.unknown || p.Headers.unknown {
		return
	}
	for _, o := range b.Origins {
		d, ok := o.Door().(door.WebSocket)
		if !ok {
			continue
		}
		lost := slices.DeleteFunc(d.Handshake(), func(name string) bool { return c.Headers.Has(name) || p.Headers.Has(name) })
		if len(lost) > 0 {
			r.Error(b.PolicyID.Place, "is %s, which does not forward %s: no client can connect to %s", p.Name, strings.Join(lost, " and "), d.Name())
			return
		}
	}
}

// hostKnown reports whether it is known if the viewer's Host goes on.
func (b *Behavior) hostKnown() bool {
	return (b.Cache == nil || !b.Cache.Headers.unknown) && (b.Policy == nil || !b.Policy.Headers.unknown) &&
		(b.Cache != nil || b.CacheID.V == "") && (b.Policy != nil || b.PolicyID.V == "")
}

func (b *Behavior) forwardsHost() bool {
	return b.Cache != nil && b.Cache.Headers.Has("Host") || b.Policy != nil && b.Policy.Headers.Has("Host")
}

// doors are the front doors of the assembly that have the domain name of the origin: an API, or
// the listeners of a load balancer.
func (o *Origin) doors() []door.Origin {
	var all []door.Origin
	domain := functionurl.Bare(o.DomainName.V)
	for _, d := range o.known {
		if d, ok := d.(door.Origin); ok && domain != "" && slices.Contains(d.Domains(), domain) {
			all = append(all, d)
		}
	}
	return all
}

// Door is the front door of the assembly that CloudFront asks; nil if it asks none, or where
// none listens.
func (o *Origin) Door() door.Origin {
	for _, d := range o.doors() {
		if ports := o.ports(); ports == nil || slices.Contains(ports, d.Port()) {
			return d
		}
	}
	return nil
}

// ports are those that the origin is asked at; nil: not known. Viewers of here count as HTTPS, and
// so do those of match-viewer: on AWS, too, the most of them ask by it.
func (o *Origin) ports() []int {
	switch {
	case o.VPC:
		return nil
	case o.ProtocolPolicy.Is("http-only"):
		return []int{o.HTTPPort.V}
	}
	return []int{o.Port.V}
}

// unreachable says why CloudFront gets no connection to the front door that is the origin; "" if
// it gets one. hosted says that it asks for the host that the viewer asks for.
//
// Source: Amazon CloudFront Developer Guide, "HTTP 502 status code (Bad Gateway)". Documented.
func (o *Origin) unreachable(hosted bool) string {
	if o.Website != nil && !o.VPC && !o.ProtocolPolicy.Is("http-only") {
		return fmt.Sprintf("asks %s by OriginProtocolPolicy %s: the website of a bucket speaks HTTP alone", o.DomainName.V, o.ProtocolPolicy.V)
	}
	doors, d := o.doors(), o.Door()
	if len(doors) == 0 {
		return ""
	}
	if d == nil {
		var ports []string
		for _, d := range doors {
			ports = append(ports, strconv.Itoa(d.Port()))
		}
		return fmt.Sprintf("asks %s at port %d by OriginProtocolPolicy %s: it listens on %s", o.DomainName.V, o.ports()[0], o.ProtocolPolicy.V, strings.Join(ports, " and "))
	}
	switch {
	case o.VPC:
	case !o.ProtocolPolicy.Is("http-only") && !d.Secure():
		return fmt.Sprintf("asks %s at port %d by HTTPS: it speaks HTTP there", o.DomainName.V, d.Port())
	case o.ProtocolPolicy.Is("http-only") && d.Secure():
		return fmt.Sprintf("asks %s at port %d by HTTP: it speaks HTTPS there", o.DomainName.V, d.Port())
	case !hosted && d.Secure() && balancerDomain(o.DomainName.V):
		return fmt.Sprintf("asks %s by HTTPS and by this name: no certificate that a load balancer can have is for it", o.DomainName.V)
	}
	return ""
}

// balancerDomain reports a name that AWS gives to load balancers, and no certificate to anybody.
func balancerDomain(name string) bool {
	return strings.HasSuffix(name, ".elb.amazonaws.com") || strings.HasSuffix(name, ".elb.amazonaws.com.cn")
}

// unservedDoor adds why the local chain does not serve the front door that is the origin.
func (o *Origin) unservedDoor(all *template.Log) {
	d := o.Door()
	if d == nil {
		return
	}
	if findings, closed := d.Unserved(); closed {
		for _, f := range findings {
			all.Add(f)
		}
	}
}

// dialed is what is connected to: a host, and a port where it has several.
func (o *Origin) dialed() string {
	if d := o.Door(); d != nil {
		return net.JoinHostPort(o.host(), strconv.Itoa(d.Port()))
	}
	return o.host()
}

// An unreachableError says why there is no connection to an origin.
type unreachableError string

func (e unreachableError) Error() string { return string(e) }
