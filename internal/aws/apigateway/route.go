package apigateway

import (
	"net/http"
	"net/url"
	"strings"
)

// rawPath is the path of a request as it came.
func rawPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // an absolute form, or "*"
		path = r.URL.EscapedPath()
	}
	return path
}

// named returns the stage of a name that is deployed; nil if there is none.
func (a *API) named(name string) *Stage {
	for _, s := range a.Stages {
		if s.Name.V == name && s.Deployed {
			return s
		}
	}
	return nil
}

// stage returns the stage that a path begins with, and the rest of the path. An HTTP API has
// the stage $default for what begins with none.
func (a *API) stage(path string) (s *Stage, rest string) {
	first, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if s = a.named(first); s != nil && first != "$default" {
		if !more {
			return s, "/"
		}
		return s, "/" + rest
	}
	if a.Kind == HTTP {
		return a.named("$default"), path
	}
	return nil, path
}

// eventPath is the path of the event: a REST API takes the stage off, an HTTP API leaves it.
func eventPath(a *API, path, rest string) string {
	if a.Kind == HTTP {
		return path
	}
	return rest
}

// A match is the operation for a request, with the parameters of its path.
type match struct {
	operation  *Operation
	parameters map[string]string
}

// find returns the operation for a method and a path. Among paths that fit, one with text in a
// part goes before one with a parameter, and that before one with a greedy parameter; then a
// method goes before ANY. The path of a REST API that fits best decides even if it does not
// have the method (assumed); an HTTP API goes on to $default (documented).
//
// Sources: Amazon API Gateway Developer Guide, "Create routes for HTTP APIs", and "Set up a
// proxy integration with a proxy resource".
func (a *API) find(method, path string) *match {
	parts := split(path)
	var best *match
	var bestRank string
	for _, o := range a.Operations {
		parameters, rank, ok := o.fits(parts)
		if !ok {
			continue
		}
		exact := o.Method == method
		if a.Kind == HTTP && !exact && o.Method != "ANY" {
			continue
		}
		switch {
		case exact:
			rank += "2"
		case o.Method == "ANY":
			rank += "1"
		default:
			rank += "0"
		}
		if best == nil || rank > bestRank {
			best, bestRank = &match{o, parameters}, rank
		}
	}
	if best != nil && best.operation.Method != method && best.operation.Method != "ANY" {
		return nil
	}
	return best
}

func split(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// fits reports whether a path is the operation's, and how well: a letter for each part, the later
// in the alphabet the better.
func (o *Operation) fits(parts []string) (parameters map[string]string, rank string, ok bool) {
	if o.Path == "" {
		return nil, "", true // $default
	}
	own := split(o.Path)
	for i, part := range own {
		name, parameter := strings.CutPrefix(part, "{")
		name, greedy := strings.CutSuffix(strings.TrimSuffix(name, "}"), "+")
		if parameter && parameters == nil {
			parameters = map[string]string{}
		}
		switch {
		case parameter && greedy:
			if i >= len(parts) {
				return nil, "", false
			}
			parameters[name] = decoded(strings.Join(parts[i:], "/"))
			return parameters, rank + "a", true
		case i >= len(parts):
			return nil, "", false
		case parameter:
			parameters[name] = decoded(parts[i])
			rank += "b"
		case part == decoded(parts[i]):
			rank += "c"
		default:
			return nil, "", false
		}
	}
	return parameters, rank + "z", len(own) == len(parts)
}

func decoded(part string) string {
	if out, err := url.PathUnescape(part); err == nil {
		return out
	}
	return part
}
