package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/local"
)

// A report is what 'run' prints on standard output: text for people, or with JSON one
// object in a line for each event, the field "event" of which names it:
//
//	started       notes, functionUrls, distributions, outputs, tracePage
//	request       the fields of local.Trace's JSON
//	reloaded      nothing else
//	not reloaded  error
//	log lost      error
//	stopping      nothing else
type report struct {
	out  *terminal.Stream
	json bool
	// environment are variables that the outputs may name.
	environment map[string]string

	mu   sync.Mutex
	page string // address of the trace page; "" for none, and before the start
}

type served struct {
	Name       string `json:"name"`       // Stack/LogicalId
	DomainName string `json:"domainName"` // on AWS
	URL        string `json:"url"`        // here
}

type output struct {
	Name  string `json:"name"` // Stack.Name
	Value string `json:"value"`
}

func (r *report) started(c *local.Chain, page bool) {
	if page {
		r.mu.Lock()
		r.page = c.Distributions[0].URL + local.TracePagePath
		r.mu.Unlock()
	}
	if !r.json {
		fmt.Fprint(r.out, banner(c, r.page, r.environment))
		return
	}
	event := struct {
		Event         string   `json:"event"`
		Notes         []string `json:"notes"`
		FunctionURLs  []served `json:"functionUrls"`
		Distributions []served `json:"distributions"`
		Outputs       []output `json:"outputs"`
		TracePage     string   `json:"tracePage,omitempty"`
	}{"started", append([]string{}, c.Notes...), []served{}, []served{}, []output{}, r.page}
	for _, u := range c.FunctionURLs {
		event.FunctionURLs = append(event.FunctionURLs, served(u))
	}
	for _, d := range c.Distributions {
		event.Distributions = append(event.Distributions, served(d))
	}
	for _, o := range c.Outputs {
		event.Outputs = append(event.Outputs, output(o))
	}
	r.object(event)
}

func (r *report) request(t local.Trace) {
	if r.json {
		fields, err := json.Marshal(t)
		if err != nil {
			return // a Trace always has a JSON form
		}
		fmt.Fprintf(r.out, "{\"event\":\"request\",%s\n", fields[1:])
		return
	}
	r.mu.Lock()
	page := r.page
	r.mu.Unlock()
	fmt.Fprint(r.out, format(r.out, page, t))
}

func (r *report) reloaded(err error) {
	switch {
	case r.json && err != nil:
		r.object(map[string]string{"event": "not reloaded", "error": err.Error()})
	case r.json:
		r.object(map[string]string{"event": "reloaded"})
	case err != nil:
		fmt.Fprintf(r.out, "not reloaded, the chain runs as before: %v\n", err)
	default:
		fmt.Fprintln(r.out, "reloaded")
	}
}

func (r *report) logFailed(err error) {
	if r.json {
		r.object(map[string]string{"event": "log lost", "error": err.Error()})
		return
	}
	fmt.Fprintf(r.out, "what functions print is lost, requests go on: %v\n", err)
}

func (r *report) stopping() {
	if r.json {
		r.object(map[string]string{"event": "stopping"})
		return
	}
	fmt.Fprintln(r.out, "\nstopping")
}

func (r *report) object(event any) {
	line, err := json.Marshal(event)
	if err != nil {
		return // all of them are strings
	}
	fmt.Fprintf(r.out, "%s\n", line)
}
