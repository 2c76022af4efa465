package elb

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// A Group is a target group.
type Group struct {
	template.Place

	ARN         string
	Type        template.Text // lambda, ip, instance or alb
	MultiValues template.Bool // events have lists of values for headers and the query
	Health      Health

	Target    template.Text      // what the group names; of a group of functions the ARN
	Function  *lambda.Definition // nil: not of this assembly
	Permitted bool               // the function's policy lets load balancers invoke it
	Tasks     *ecs.Service       // that registers its tasks here; nil: none

	Log *template.Log // what was found in it
}

// Health is how a group looks whether its targets are well.
type Health struct {
	Enabled  bool
	Path     string
	Codes    string // that are well, such as "200" or "200-299,301"
	Interval time.Duration
}

// functional reports whether the targets of the group are functions.
func (g *Group) functional() bool { return g.Type.Is("lambda") }

func (r *reading) readGroups() {
	for _, res := range r.each("AWS::ElasticLoadBalancingV2::TargetGroup") {
		arn, err := res.Attribute("")
		if err != nil {
			continue
		}
		g := &Group{Place: template.Place{Resource: res}, ARN: arn, Log: &template.Log{}}
		template.Read(res, g.Log, func(of *template.Reader) { r.readGroup(g, of) })
		for _, s := range r.services {
			if s.Registers(arn) {
				g.Tasks = s
			}
		}
		r.groups[arn] = g
	}
}

func (r *reading) readGroup(g *Group, of *template.Reader) {
	of.Skip("Name", "Port", "VpcId", "Tags", "IpAddressType", "HealthCheckPort", "HealthCheckProtocol", "HealthCheckTimeoutSeconds",
		"HealthyThresholdCount", "UnhealthyThresholdCount", "TargetControlPort")
	g.Type = of.Text("TargetType", template.Default("instance"), template.OneOf("instance", "ip", "lambda", "alb"))
	of.Text("Protocol", template.Default("HTTP"), template.Models("HTTP"))
	of.Text("ProtocolVersion", template.Default("HTTP1"), template.OneOf("HTTP1", "HTTP2", "GRPC"), template.Models("HTTP1"))
	g.readHealth(of)
	each(of, "TargetGroupAttributes", func(key string, value template.Text, item *template.Reader) {
		switch {
		case key == "lambda.multi_value_headers.enabled":
			g.MultiValues = template.Bool{Place: value.Place, V: truth(value, item), Given: true, Why: value.Why}
		case startsWith(key, []string{"stickiness.", "deregistration_delay.", "slow_start.", "load_balancing.", "target_group_health."}):
			// With one target all of them mean the same.
		default:
			item.Unmodelled("Key", "is %s, which is not modelled by the local chain", key)
		}
	})
	targets, why := of.Objects("Targets", template.Quiet)
	for i, target := range targets {
		target.Skip("AvailabilityZone", "Port")
		if id := target.Text("Id", template.Required); i == 0 {
			g.Target = id
		}
	}
	if !g.functional() {
		if len(targets) > 0 {
			of.Unmodelled("Targets", "are not modelled by the local chain: it runs functions and the tasks of services")
		}
		return
	}
	if len(targets) > 1 {
		of.Refuse("Targets", "has %d targets: a group of the type lambda takes one function", len(targets))
	}
	if why == nil && g.Target.Known() && g.Target.V != "" {
		r.setFunction(g, of)
	}
}

// setFunction finds the function that the group names.
func (r *reading) setFunction(g *Group, of *template.Reader) {
	function, qualifier := lambda.SplitARN(g.Target.V)
	g.Function = r.functions.Find(function)
	switch {
	case g.Function == nil:
		of.Unmodelled("Targets", "has %s: the local chain runs functions of this cloud assembly only", g.Target.V)
		return
	case qualifier != "" && !has(r.assembly, "AWS::Lambda::Alias", g.Target.V) && !has(r.assembly, "AWS::Lambda::Version", g.Target.V):
		of.Unmodelled("Targets", "has %s: this cloud assembly has no such alias or version", g.Target.V)
	}
	g.Permitted = lambda.Permits(r.permissions, g.Target.V, g.Function.Account, g.ARN)
	r.functions.Serve(g.Function)
	r.functions.ReadRole(g.Function)
}

func has(a *assembly.Assembly, typ, arn string) bool {
	res, err := a.Find(typ, "", arn)
	return err == nil && res != nil
}

func (g *Group) readHealth(of *template.Reader) {
	enabled, interval := !g.functional(), 30
	if g.functional() {
		interval = defaultInterval
	}
	g.Health.Enabled = of.Bool("HealthCheckEnabled", template.Default(enabled)).V
	g.Health.Path = of.Text("HealthCheckPath", template.Default("/"), template.Takes(func(v any) string {
		if !strings.HasPrefix(v.(string), "/") {
			return "is " + v.(string) + ": AWS accepts a path that begins with /"
		}
		return ""
	})).V
	g.Health.Interval = of.Seconds("HealthCheckIntervalSeconds", template.Default(interval), template.Between(5, 300)).V
	matcher := of.Object("Matcher")
	g.Health.Codes = matcher.Text("HttpCode", template.Default("200")).V
	if g.Health.Codes == "" {
		g.Health.Codes = "200"
	}
	matcher.Skip("GrpcCode")
}

// unserved are the findings about what of the group is not modelled.
func (g *Group) unserved() *template.Log {
	all := &template.Log{}
	all.Take(g.Log, template.Unmodelled)
	switch {
	case g.Function != nil:
		all.Take(g.Function.Log, template.Unmodelled)
	case g.Tasks != nil:
		all.Take(g.Tasks.Log, template.Unmodelled)
		all.Take(g.Tasks.Task.Log, template.Unmodelled)
	}
	return all
}

// A turn chooses among the groups of an action in the proportion of their weights.
type turn struct{ count atomic.Uint64 }

func (t *turn) choose(weighted []Weighted) *Group {
	total := 0
	for _, w := range weighted {
		total += w.Weight
	}
	if total == 0 {
		return nil
	}
	at := int((t.count.Add(1) - 1) % uint64(total))
	for _, w := range weighted {
		if at -= w.Weight; at < 0 {
			return w.Group
		}
	}
	return nil
}
