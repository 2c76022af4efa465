package authorizer

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// A Source is where an identity stands in a request.
type Source struct{ kind, name string }

// The forms of sources in the words of REST, WebSocket and HTTP APIs.
//
// Sources: Amazon API Gateway API Reference, "Authorizer"; Developer Guide, "Control access to
// HTTP APIs with AWS Lambda authorizers". Documented.
var (
	requestSource = regexp.MustCompile(`^(?:(?:method|route)\.request|\$request)\.(header|querystring)\.(.+)$`)
	otherSource   = regexp.MustCompile(`^\$?(stageVariables|context)\.(.+)$`)
)

// ParseSources reads sources, several of which may stand in one text with commas between. The
// names of the context are those that the local chain knows.
func ParseSources(texts []template.Text, context []string, log *template.Log) []Source {
	var all []Source
	for _, text := range texts {
		if !text.Known() || text.V == "" {
			continue
		}
		for one := range strings.SplitSeq(text.V, ",") {
			one = strings.TrimSpace(one)
			found := requestSource.FindStringSubmatch(one)
			if found == nil {
				found = otherSource.FindStringSubmatch(one)
			}
			if found == nil || found[1] == "context" && !slices.Contains(context, found[2]) {
				log.Unmodelled(text.Place, "is %s: the local chain models headers, parameters of the query, stage variables and %s", one, told(context))
				continue
			}
			all = append(all, Source{found[1], found[2]})
		}
	}
	return all
}

func told(context []string) string {
	if len(context) == 0 {
		return "nothing of the context"
	}
	return "of the context " + strings.Join(context, ", ")
}

// Header is the name of the header that the source is; "" if it is none.
func (s Source) Header() string {
	if s.kind == "header" {
		return s.name
	}
	return ""
}

// OfContext tells whether the source is of the context, such as the route.
func (s Source) OfContext() bool { return s.kind == "context" }

// Parameter is the source as REST APIs name a parameter of a request; "" if it is none.
func (s Source) Parameter() string {
	if s.kind == "header" || s.kind == "querystring" {
		return "method.request." + s.kind + "." + s.name
	}
	return ""
}

// String names the source, as for a trace.
func (s Source) String() string { return s.kind + " " + s.name }

// Identify returns the values of the sources, and the first source that has none, or an empty
// one: the request is refused then. Several values of a name are joined by commas (assumed).
func Identify(sources []Source, r *http.Request, stage, context map[string]string) (values []string, missing string) {
	_, raw, _ := strings.Cut(r.RequestURI, "?")
	query, _ := url.ParseQuery(raw) // the parts that cannot be decoded are left out
	for _, s := range sources {
		var value string
		switch s.kind {
		case "header":
			value = strings.Join(r.Header.Values(s.name), ",")
		case "querystring":
			value = strings.Join(query[s.name], ",")
		case "stageVariables":
			value = stage[s.name]
		default:
			value = context[s.name]
		}
		if value == "" && missing == "" {
			missing = s.String()
		}
		values = append(values, value)
	}
	return values, missing
}
