package roles

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A grammar is what a policy has to look like.
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "AWS JSON policy
// elements: Principal". Documented.
type grammar struct {
	stack *assembly.Stack
	log   *template.Log
}

// refuse finds what the grammar of policies does not allow, in one of a role.
func refuse(at template.Place, document any, log *template.Log) {
	g := grammar{at.Resource.Stack, log}
	g.document(at, document, nil)
}

// RefuseOf finds what the grammar of policies does not allow, in one of a resource of a
// service, such as "s3": it says for whom it is, and is about the service alone (field reports,
// of "Policy has invalid action").
func RefuseOf(service string, at template.Place, document any, log *template.Log) {
	g := grammar{at.Resource.Stack, log}
	g.document(at, document, func(here template.Place, s map[string]any) {
		if s["NotPrincipal"] == nil {
			g.principal(here.At("Principal"), s["Principal"])
		}
		for _, action := range g.literals(s["Action"]) {
			if anAction.MatchString(action) && action != "*" && !strings.HasPrefix(strings.ToLower(action), service+":") {
				g.refuse(here.At("Action"), "is %s: a policy of this resource accepts actions of %s", action, service)
			}
		}
	})
}

func (g grammar) refuse(at template.Place, format string, args ...any) {
	g.log.Add(template.Finding{
		Place: at, Rule: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Message: fmt.Sprintf(format, args...),
	})
}

func (g grammar) document(at template.Place, document any, more func(here template.Place, statement map[string]any)) {
	v, err := g.stack.Unwrap(document)
	object, _ := v.(map[string]any)
	if err != nil || object == nil {
		return
	}
	if version, err := g.stack.Resolve(object["Version"]); err == nil && version != nil && version != "2012-10-17" && version != "2008-10-17" {
		g.refuse(at.At("Version"), "is %v: IAM accepts 2012-10-17 and 2008-10-17", version)
	}
	statements, err := Statements(g.stack, document)
	if err != nil {
		return
	}
	for i, s := range statements {
		here := at.At(fmt.Sprintf("Statement[%d]", i))
		g.statement(here, s)
		if more != nil {
			more(here, s)
		}
	}
}

// parts are the forms of what a statement is about; one of each pair has to be there.
var parts = []struct {
	name, not string
	form      *regexp.Regexp
	takes     string
}{
	{"Action", "NotAction", anAction, "* and service:action"},
	{"Resource", "NotResource", anARN, "* and ARNs"},
}

var (
	anAction = regexp.MustCompile(`^(\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+)$`)
	anARN    = regexp.MustCompile(`^(\*|arn:.+)$`)
)

func (g grammar) statement(at template.Place, s map[string]any) {
	for _, part := range parts {
		if g.empty(s[part.name]) && s[part.not] == nil {
			g.refuse(at.At(part.name), "is missing")
		}
		for _, name := range []string{part.name, part.not} {
			for _, v := range g.literals(s[name]) {
				if !part.form.MatchString(v) {
					g.refuse(at.At(name), "is %s: IAM accepts %s", v, part.takes)
				}
			}
		}
	}
	switch effect, err := g.stack.Resolve(s["Effect"]); {
	case err != nil || effect == "Allow" || effect == "Deny":
	case effect == nil:
		g.refuse(at.At("Effect"), "is missing: IAM accepts Allow and Deny")
	default:
		g.refuse(at.At("Effect"), "is %v: IAM accepts Allow and Deny", effect)
	}
}

// principals are the forms of principals, by their kinds.
var principals = map[string]*regexp.Regexp{
	"AWS":           regexp.MustCompile(`^(\*|\d{12}|arn:.+|A[A-Z0-9]{15,})$`), // the last one is an id of a user or role that is gone
	"Service":       regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`),
	"CanonicalUser": regexp.MustCompile(`^.+$`),
	"Federated":     regexp.MustCompile(`^.+$`),
}

func (g grammar) principal(at template.Place, raw any) {
	v, err := g.stack.Unwrap(raw)
	if err != nil || v == "*" {
		return
	}
	kinds, _ := v.(map[string]any)
	if len(kinds) == 0 {
		if text, ok := v.(string); ok && text != "" {
			g.refuse(at, "is %s: IAM accepts *, or an object such as {Service: ...}", text)
		} else {
			g.refuse(at, "is missing")
		}
		return
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		form, known := principals[kind]
		if !known {
			g.refuse(at.At(kind), "is set: IAM accepts AWS, Service, Federated and CanonicalUser")
			continue
		}
		for _, name := range g.literals(kinds[kind]) {
			if !form.MatchString(name) {
				g.refuse(at.At(kind), "is %s, which is not a principal of this kind", name)
			}
		}
	}
}

// empty reports whether nothing is there, or a list of nothing.
func (g grammar) empty(raw any) bool {
	v, err := g.stack.Resolve(raw)
	items, isList := v.([]any)
	return err == nil && (v == nil || isList && len(items) == 0)
}

// literals are the texts that stand somewhere, be it as one or as a list; not those that an
// intrinsic function makes, which are made up here.
func (g grammar) literals(raw any) []string {
	v, err := g.stack.Unwrap(raw)
	if err != nil {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		items = []any{raw}
	}
	var texts []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
