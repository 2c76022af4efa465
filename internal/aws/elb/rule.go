package elb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Rule says what a listener does with some requests.
type Rule struct {
	template.Place

	Default    bool // it is for what no other rule matches
	Priority   template.Number
	Conditions []Condition // that all have to hold
	Actions    []Action    // in their order

	Log *template.Log // what was found in it
}

// Name is the resource of the rule, with what it is of that.
func (r *Rule) Name() string {
	if r.Default {
		return r.Resource.Name() + " (default)"
	}
	return r.Resource.Name()
}

// Groups are the target groups that the rule leads to.
func (r *Rule) Groups() []*Group {
	var all []*Group
	for _, a := range r.Actions {
		for _, w := range a.Forward {
			all = append(all, w.Group)
		}
	}
	return all
}

// Unserved are the findings about what of the rule is not modelled.
func (r *Rule) Unserved() []template.Finding {
	all := &template.Log{}
	all.Take(r.Log, template.Unmodelled)
	for _, g := range r.Groups() {
		all.Take(g.unserved())
	}
	return all.Findings()
}

// readDefault reads what a listener does with requests that no rule matches.
func (r *reading) readDefault(of *template.Reader, l *Listener) *Rule {
	rule := &Rule{Place: template.Place{Resource: l.Resource, Property: "DefaultActions"}, Default: true, Log: &template.Log{}}
	actions, _ := of.Objects("DefaultActions", template.Required)
	rule.Actions = r.readActions(actions, rule.Log)
	return rule
}

func (r *reading) readRule(res *assembly.Resource, listeners map[string]*Listener) {
	rule := &Rule{Place: template.Place{Resource: res}, Log: &template.Log{}}
	var l *Listener
	template.Read(res, rule.Log, func(of *template.Reader) {
		if l = listeners[of.Text("ListenerArn", template.Spare).V]; l == nil {
			of.SkipAll()
			return
		}
		rule.Priority = of.Number("Priority", template.Required, template.Between(1, maxPriority))
		conditions, _ := of.Objects("Conditions", template.Required)
		for _, c := range conditions {
			rule.Conditions = append(rule.Conditions, readCondition(c))
		}
		actions, _ := of.Objects("Actions", template.Required)
		rule.Actions = r.readActions(actions, rule.Log)
	})
	if l == nil {
		return
	}
	for _, other := range l.Rules {
		if !other.Default && rule.Priority.Known() && other.Priority.Is(rule.Priority.V) {
			rule.Log.Add(template.Finding{
				Place: rule.Priority.Place, Rule: causes.ValueRefused, Kind: template.Refused, Level: template.Error,
				Message: fmt.Sprintf("is %d, which %s has, too: a priority is for one rule of a listener", rule.Priority.V, other.Resource.Name()),
			})
		}
	}
	l.Rules = append(l.Rules, rule)
}

// A Condition is one that a rule has for requests. A kind that is not modelled is taken to hold,
// so that the rule is answered 501.
type Condition struct {
	Field      template.Text
	Name       string      // of a header
	Values     []string    // of which one has to match
	Pairs      [][2]string // of a query: name ("" for any) and value
	unmodelled bool
}

// hosts are the host names of a condition that a listener may be asked for: those without a
// wildcard, and those with one for the first label.
func (c *Condition) hosts() []string {
	if c.Field.V != "host-header" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Values), func(host string) bool {
		return strings.ContainsAny(strings.TrimPrefix(host, "*."), "*?")
	})
}

// readCondition reads a condition, whose values stand in one of two places.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "Condition types
// for listener rules". Documented.
func readCondition(of *template.Reader) Condition {
	c := Condition{Field: of.Text("Field", template.Required,
		template.OneOf("path-pattern", "host-header", "http-header", "http-request-method", "query-string", "source-ip"))}
	values := of.Texts("Values").Strings()
	for name, field := range map[string]string{
		"PathPatternConfig": "path-pattern", "HostHeaderConfig": "host-header", "HttpHeaderConfig": "http-header",
		"HttpRequestMethodConfig": "http-request-method", "QueryStringConfig": "query-string", "SourceIpConfig": "source-ip",
	} {
		config := of.Object(name)
		if !config.Given {
			continue
		}
		if c.Field.Known() && c.Field.V != field {
			of.Refuse(name, "does not go with the field %s", c.Field.V)
		}
		if config.Has("RegexValues") {
			config.Unmodelled("RegexValues", "are not modelled by the local chain")
			c.unmodelled = true
		}
		if name == "HttpHeaderConfig" {
			c.Name = config.Text("HttpHeaderName", template.Required).V
		}
		if name != "QueryStringConfig" {
			values = append(values, config.Texts("Values").Strings()...)
			continue
		}
		pairs, _ := config.Objects("Values")
		for _, pair := range pairs {
			c.Pairs = append(c.Pairs, [2]string{pair.Text("Key").V, pair.Text("Value", template.Required).V})
		}
	}
	c.Values = values
	switch {
	case c.Field.Is("source-ip"):
		of.Unmodelled("Field", "is source-ip: every request comes from this machine here, so that the local chain cannot tell whom the rule is for")
		c.unmodelled = true
	case c.Field.Known() && len(values) == 0 && len(c.Pairs) == 0 && !c.unmodelled:
		of.Refuse("Values", "is missing: a condition has at least one")
	}
	return c
}

// matches reports whether the condition holds for a request. Hosts, headers and queries are
// compared without regard to case, paths and methods with it.
func (c *Condition) matches(r *http.Request) bool {
	if c.unmodelled {
		return true
	}
	any := func(subject string, fold bool) bool {
		return slices.ContainsFunc(c.Values, func(pattern string) bool {
			if fold {
				return wildcard.Match(strings.ToLower(pattern), strings.ToLower(subject))
			}
			return wildcard.Match(pattern, subject)
		})
	}
	switch c.Field.V {
	case "path-pattern":
		return any(rawPath(r), false)
	case "host-header":
		return any(hostname(r.Host), true)
	case "http-header":
		return slices.ContainsFunc(r.Header.Values(c.Name), func(value string) bool { return any(value, true) })
	case "http-request-method":
		return slices.Contains(c.Values, r.Method)
	case "query-string":
		return c.inQuery(r)
	}
	return false
}

func (c *Condition) inQuery(r *http.Request) bool {
	for _, part := range query(r) {
		name, value := unescaped(part[0]), unescaped(part[1])
		if slices.ContainsFunc(c.Pairs, func(pair [2]string) bool {
			return (pair[0] == "" || wildcard.Match(strings.ToLower(pair[0]), strings.ToLower(name))) &&
				wildcard.Match(strings.ToLower(pair[1]), strings.ToLower(value))
		}) {
			return true
		}
	}
	return false
}

func unescaped(text string) string {
	if out, err := url.QueryUnescape(text); err == nil {
		return out
	}
	return text
}

// matches reports whether all conditions of the rule hold.
func (r *Rule) matches(request *http.Request) bool {
	for i := range r.Conditions {
		if !r.Conditions[i].matches(request) {
			return false
		}
	}
	return true
}

// rule returns the first rule that matches. The last one matches everything.
func (l *Listener) rule(r *http.Request) *Rule {
	for _, rule := range l.Rules {
		if rule.matches(r) {
			return rule
		}
	}
	return nil
}

// An Action is one that a rule does.
type Action struct {
	template.Place

	Type     template.Text
	Order    int
	Forward  []Weighted // forward
	Redirect *Redirect  // redirect
	Fixed    *Fixed     // fixed-response
	turn     *turn
}

// Weighted is a target group with its part of the requests.
type Weighted struct {
	Group  *Group
	Weight int
}

// A Fixed is an answer that the load balancer gives itself.
type Fixed struct {
	Status int
	Type   string
	Body   string
}

// A Redirect sends a client elsewhere. Its texts may have #{host}, #{path}, #{port},
// #{protocol} and #{query} in them.
type Redirect struct {
	Status                            int
	Protocol, Host, Port, Path, Query string
}

// readActions reads the actions of a rule, in their order.
func (r *reading) readActions(items []*template.Reader, log *template.Log) []Action {
	var all []Action
	for _, of := range items {
		all = append(all, r.readAction(of.Into(log)))
	}
	slices.SortStableFunc(all, func(x, y Action) int { return cmp.Compare(x.Order, y.Order) })
	return all
}

func (r *reading) readAction(of *template.Reader) Action {
	a := Action{Place: of.Place, turn: &turn{}}
	a.Type = of.Text("Type", template.Required,
		template.OneOf("forward", "redirect", "fixed-response", "authenticate-cognito", "authenticate-oidc", "jwt-validation"))
	a.Order = of.Number("Order").V
	switch a.Type.V {
	case "forward":
		a.Forward = r.readForward(of)
	case "redirect":
		a.Redirect = readRedirect(of.Object("RedirectConfig", template.Required))
	case "fixed-response":
		a.Fixed = readFixed(of.Object("FixedResponseConfig", template.Required))
	case "":
	default:
		of.Skip("AuthenticateCognitoConfig", "AuthenticateOidcConfig", "JwtValidationConfig")
		of.Unmodelled("Type", "is %s: the local chain does not let through what it cannot look at", a.Type.V)
	}
	return a
}

func (r *reading) readForward(of *template.Reader) []Weighted {
	var all []Weighted
	add := func(of *template.Reader, name string, arn template.Text, weight int) {
		switch g := r.groups[arn.V]; {
		case g != nil:
			all = append(all, Weighted{g, weight})
		case arn.Given && arn.Known():
			of.Unmodelled(name, "is %s, which is not of this cloud assembly", arn.V)
		}
	}
	config := of.Object("ForwardConfig")
	config.Skip("TargetGroupStickinessConfig")
	groups, _ := config.Objects("TargetGroups")
	for _, g := range groups {
		add(g, "TargetGroupArn", g.Text("TargetGroupArn", template.Required), g.Number("Weight", template.Default(1), template.Between(0, maxWeight)).V)
	}
	arn := of.Text("TargetGroupArn")
	if len(groups) == 0 {
		if !arn.Given && !config.Given {
			of.Refuse("TargetGroupArn", "is missing: the action forward has a target group")
		}
		add(of, "TargetGroupArn", arn, 1)
	}
	return all
}

func readRedirect(of *template.Reader) *Redirect {
	status := of.Text("StatusCode", template.Required, template.OneOf("HTTP_301", "HTTP_302"))
	part := func(name, otherwise string) string { return of.Text(name, template.Default(otherwise)).V }
	redirect := &Redirect{
		Status:   http.StatusMovedPermanently,
		Protocol: part("Protocol", "#{protocol}"), Host: part("Host", "#{host}"), Port: part("Port", "#{port}"),
		Path: part("Path", "/#{path}"), Query: part("Query", "#{query}"),
	}
	if status.V == "HTTP_302" {
		redirect.Status = http.StatusFound
	}
	if of.Given && !strings.HasPrefix(redirect.Path, "/") {
		of.Refuse("Path", "is %s: AWS accepts a path that begins with /", redirect.Path)
	}
	return redirect
}

func readFixed(of *template.Reader) *Fixed {
	status := of.Text("StatusCode", template.Required, template.Takes(func(v any) string {
		code, err := strconv.Atoi(v.(string))
		if err != nil || code < 200 || code > 599 || code/100 == 3 {
			return "is " + v.(string) + ": AWS accepts 2xx, 4xx and 5xx"
		}
		return ""
	}))
	fixed := &Fixed{
		Type: of.Text("ContentType", template.Default("text/plain"),
			template.OneOf("text/plain", "text/css", "text/html", "application/javascript", "application/json")).V,
		Body: of.Text("MessageBody", template.AtMost(maxFixed)).V,
	}
	fixed.Status, _ = strconv.Atoi(status.V) // which Takes has looked at
	return fixed
}
