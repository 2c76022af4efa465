// Package elb serves Application Load Balancers of Elastic Load Balancing (version 2): listeners
// and their rules, in front of functions, whose answers are buffered, and in front of tasks of
// Amazon ECS, whose answers stream.
//
// A load balancer that has neither is not read. If something of a rule is not modelled, such as an
// action that signs users in, the requests that the rule matches are answered with 501, so that
// nothing passes unchecked.
package elb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// Service is the principal that load balancers invoke functions as.
const Service = "elasticloadbalancing.amazonaws.com"

// A Balancer is an Application Load Balancer.
type Balancer struct {
	template.Place

	ARN     string
	DNSName string
	Account string
	Type    template.Text
	Scheme  template.Text
	Attributes

	Names     []string // by records of Route 53
	Listeners []*Listener
	Notes     []string
	Log       *template.Log // what was found in it
}

// A Listener is a port of a load balancer.
type Listener struct {
	template.Place

	Balancer     *Balancer
	Port         template.Number
	Protocol     template.Text     // HTTP or HTTPS
	Headers      map[string]string // that its answers get
	ServerHeader bool              // its answers say that a load balancer made them
	Rules        []*Rule           // by priority; the last one is for all the rest

	Log     *template.Log // what was found in it
	address string        // where it is served here
}

// Secure reports whether the listener speaks TLS.
func (l *Listener) Secure() bool { return l.Protocol.Is("HTTPS") }

// Model is what an assembly says of load balancers.
type Model struct {
	Balancers []*Balancer // those before functions or tasks

	log *template.Log
}

// reading is what the reading of one assembly goes by.
type reading struct {
	assembly    *assembly.Assembly
	functions   *lambda.Definitions
	services    []*ecs.Service
	permissions []*lambda.Permission
	log         *template.Log
	groups      map[string]*Group // by ARN
}

// Read reads the load balancers of the assembly that stand before functions or tasks.
func Read(a *assembly.Assembly, functions *lambda.Definitions, services []*ecs.Service) *Model {
	m := &Model{log: &template.Log{}}
	r := &reading{
		assembly: a, functions: functions, services: services, log: m.log, groups: map[string]*Group{},
		permissions: lambda.Permissions(a, Service),
	}
	r.readGroups()
	balancers := map[string]*Balancer{}
	for _, res := range r.each("AWS::ElasticLoadBalancingV2::LoadBalancer") {
		if b := readBalancer(res); b != nil {
			balancers[b.ARN] = b
			m.Balancers = append(m.Balancers, b)
		}
	}
	listeners := map[string]*Listener{}
	for _, res := range r.each("AWS::ElasticLoadBalancingV2::Listener") {
		l := r.readListener(res, balancers)
		if arn, err := res.Attribute(""); l != nil && err == nil {
			listeners[arn] = l
		}
	}
	for _, res := range r.each("AWS::ElasticLoadBalancingV2::ListenerRule") {
		r.readRule(res, listeners)
	}
	m.Balancers = slices.DeleteFunc(m.Balancers, func(b *Balancer) bool { return !b.serves() })
	for _, b := range m.Balancers {
		b.order()
		r.noteACL(b)
		r.readNames(b)
	}
	return m
}

func (r *reading) each(typ string) []*assembly.Resource { return template.Each(r.assembly, typ, r.log) }

func readBalancer(res *assembly.Resource) *Balancer {
	b := &Balancer{Place: template.Place{Resource: res}, Account: res.Stack.Account, Log: &template.Log{}}
	var err error
	if b.ARN, err = res.Attribute(""); err != nil {
		return nil
	}
	if b.DNSName, err = res.Attribute("DNSName"); err != nil {
		return nil
	}
	template.Read(res, b.Log, func(of *template.Reader) {
		// Where it stands in a network, and who may reach it there, is not seen by a request here.
		b.Scheme = of.Text("Scheme", template.Default("internet-facing"), template.OneOf("internet-facing", "internal"))
		of.Skip("Name", "SecurityGroups", "Subnets", "SubnetMappings", "IpAddressType", "Tags", "EnablePrefixForIpv6SourceNat",
			"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "MinimumLoadBalancerCapacity", "Ipv4IpamPoolId")
		b.Type = of.Text("Type", template.Default("application"), template.OneOf("application", "network", "gateway"))
		if b.Type.IsNot("application") {
			b.Log.Unmodelled(b.Type.Place, "is %s: the local chain models application", b.Type.V)
		}
		b.Attributes = readAttributes(of)
	})
	return b
}

// serves reports whether a function or a task of the assembly is behind the load balancer.
func (b *Balancer) serves() bool {
	return slices.ContainsFunc(b.Listeners, (*Listener).forwards)
}

// forwards reports whether a rule of the listener leads to a function or a task of the assembly.
func (l *Listener) forwards() bool {
	return slices.ContainsFunc(l.Rules, func(r *Rule) bool {
		return slices.ContainsFunc(r.Groups(), func(g *Group) bool { return g.Function != nil || g.Tasks != nil })
	})
}

// order puts those listeners first that lead to functions and tasks, by TLS if they can, and
// rules in the order of their priority.
func (b *Balancer) order() {
	rank := func(l *Listener) int {
		switch {
		case l.forwards() && l.Secure():
			return 0
		case l.forwards():
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(b.Listeners, func(x, y *Listener) int { return cmp.Compare(rank(x), rank(y)) })
	for _, l := range b.Listeners {
		slices.SortStableFunc(l.Rules, func(x, y *Rule) int {
			if x.Default != y.Default {
				return map[bool]int{true: 1, false: -1}[x.Default]
			}
			return cmp.Compare(x.Priority.V, y.Priority.V)
		})
	}
}

func (r *reading) readListener(res *assembly.Resource, balancers map[string]*Balancer) *Listener {
	l := &Listener{Place: template.Place{Resource: res}, Log: &template.Log{}, Headers: map[string]string{}, ServerHeader: true}
	template.Read(res, l.Log, func(of *template.Reader) {
		l.Balancer = balancers[of.Text("LoadBalancerArn", template.Required, template.Spare).V]
		if l.Balancer == nil {
			of.SkipAll()
			return
		}
		of.Skip("SslPolicy", "AlpnPolicy")
		l.Port = of.Number("Port", template.Required, template.Between(1, 65535))
		l.Protocol = of.Text("Protocol", template.Required, template.OneOf("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"), template.Models("HTTP", "HTTPS"))
		certificates, why := of.Objects("Certificates", template.Spare)
		for _, c := range certificates {
			c.SkipAll()
		}
		if l.Secure() && len(certificates) == 0 && why == nil {
			of.Refuse("Certificates", "is missing: a listener with HTTPS has one")
		}
		if mutual := of.Object("MutualAuthentication"); mutual.Given {
			mutual.Text("Mode", template.Default("off"), template.OneOf("off", "passthrough", "verify"), template.Models("off"))
			mutual.Skip("TrustStoreArn", "IgnoreClientCertificateExpiry", "AdvertiseTrustStoreCaNames")
		}
		l.readAttributes(of)
		l.Rules = append(l.Rules, r.readDefault(of, l))
	})
	if l.Balancer == nil {
		return nil
	}
	l.Balancer.Listeners = append(l.Balancer.Listeners, l)
	return l
}

// noteACL notes that a web ACL stands before the load balancer, which is not evaluated here.
func (r *reading) noteACL(b *Balancer) {
	for _, res := range r.each("AWS::WAFv2::WebACLAssociation") {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			if of.Text("ResourceArn").V == b.ARN {
				b.Notes = append(b.Notes, b.Resource.Name()+": its web ACL is not evaluated here")
			}
			of.SkipAll()
		})
	}
}

// Doors are the front doors: the listeners of the load balancers.
func (m *Model) Doors() []door.Door {
	var doors []door.Door
	for _, b := range m.Balancers {
		for _, l := range b.Listeners {
			doors = append(doors, &listenerDoor{l})
		}
	}
	return doors
}

// names are the host names by which records and the rules of a listener know it, besides that
// of the load balancer.
func (l *Listener) names() []string {
	all := slices.Clone(l.Balancer.Names)
	for _, rule := range l.Rules {
		for _, c := range rule.Conditions {
			for _, value := range c.hosts() {
				if name := strings.ToLower(value); !slices.Contains(all, name) {
					all = append(all, name)
				}
			}
		}
	}
	return all
}
