package elb

import (
	"slices"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are those about one listener.
var Rules = []template.Rule[*Listener]{
	{ID: causes.BalancerPlainHTTP, Kind: template.Hole, Level: template.Warning, Look: clearText},
	{ID: causes.IdleTimeoutShort, Kind: template.Hole, Level: template.Warning, Look: shortIdle},
}

// GroupRules are those about one target group of functions or tasks.
var GroupRules = []template.Rule[*Group]{
	{ID: causes.BalancerGrantMissing, Kind: template.Refused, Level: template.Error, Look: grantMissing},
	{ID: causes.InvokeModeMismatch, Kind: template.Hole, Level: template.Warning, Look: streamingCode},
	{ID: causes.ValuesLost, Kind: template.Hole, Level: template.Note, Look: singleValues},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: typeOfTasks},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: roleOfOthers},
}

// judged are the kinds of findings that are told. What is Unmodelled stops nothing but its own
// requests.
var judged = []template.Kind{template.Refused, template.Hole, template.Unknown, template.Unseen}

// Judge finds what is wrong with the load balancers, and with what they lead to.
func (m *Model) Judge(log *template.Log) {
	var seen []*Group
	for _, b := range m.Balancers {
		log.Take(b.Log, judged...)
		for _, l := range b.Listeners {
			log.Take(l.Log, judged...)
			template.Judge(Rules, l, log)
			for _, rule := range l.Rules {
				log.Take(rule.Log, judged...)
				for _, g := range rule.Groups() {
					if !slices.Contains(seen, g) {
						seen = append(seen, g)
						g.judge(log)
					}
				}
			}
		}
	}
}

func (g *Group) judge(log *template.Log) {
	log.Take(g.Log, judged...)
	if g.Function != nil {
		log.Take(g.Function.Log, judged...)
	}
	if g.Tasks != nil {
		g.Tasks.Judge(log)
	}
	template.Judge(GroupRules, g, log)
}

// grantMissing finds a function that its load balancer may not invoke: the registration of the
// target fails, and the deployment with it (documented).
func grantMissing(g *Group, r *template.Report) {
	if g.Function != nil && !g.Permitted {
		r.Error(g.Target.Place, "is %s, and no AWS::Lambda::Permission lets %s invoke it for this target group", g.Function.Name, Service)
	}
}

// streamingCode finds a function whose answer no load balancer can read.
func streamingCode(g *Group, r *template.Report) {
	if g.Function == nil {
		return
	}
	if g.Function.HandlerStreams() {
		r.Warn(g.Target.Place, "is %s, whose code streams: a load balancer waits for the whole answer, and cannot read one in the streaming protocol", g.Function.Name)
	}
}

func singleValues(g *Group, r *template.Report) {
	if g.Function != nil && g.MultiValues.Known() && !g.MultiValues.V {
		r.Note(g.At("TargetGroupAttributes"), "leave lambda.multi_value_headers.enabled off: of a header, a parameter or a Set-Cookie that is there twice, the last one alone arrives")
	}
}

// typeOfTasks finds a group that takes no addresses, as tasks with a network of their own have.
//
// Source: Amazon Elastic Container Service Developer Guide, "Use an Application Load Balancer
// for Amazon ECS". Documented.
func typeOfTasks(g *Group, r *template.Report) {
	if g.Tasks == nil || !g.Type.Known() || !g.Tasks.Task.Network.Known() {
		return
	}
	if g.Tasks.Task.Network.V == "awsvpc" && g.Type.V != "ip" {
		r.Error(g.Type.Place, "is %s: tasks of %s have the network mode awsvpc, which takes ip", g.Type.V, g.Tasks.Name)
	}
}

// roleOfOthers finds a role that Lambda may not assume.
func roleOfOthers(g *Group, r *template.Report) {
	if f := g.Function; f != nil && f.Trust.Known && !f.Trust.Given {
		r.Error(f.Trust.Place, "does not let lambda.amazonaws.com assume the role of %s: Lambda refuses a function whose role it may not assume", f.Name)
	}
}

// clearText finds a listener that hands requests on as they come over the internet.
func clearText(l *Listener, r *template.Report) {
	if l.Protocol.Is("HTTP") && l.forwards() && l.Balancer.Scheme.Is("internet-facing") {
		r.Warn(l.Protocol.Place, "is HTTP, and the load balancer is on the internet: keys and answers travel in clear text")
	}
}

// shortIdle finds a function that may take longer than its load balancer waits.
func shortIdle(l *Listener, r *template.Report) {
	idle := l.Balancer.Idle
	for _, rule := range l.Rules {
		for _, g := range rule.Groups() {
			if g.Function != nil && g.Function.Timeout.Known() && idle.Known() && g.Function.Timeout.V > idle.V {
				r.Warn(idle.Place, "let the load balancer wait %s, and %s may take %s: what comes later is a 504", idle.V, g.Function.Name, g.Function.Timeout.V)
			}
		}
	}
}
