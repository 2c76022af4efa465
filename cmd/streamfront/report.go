package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"sync"

	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/internal/tools/tracetext"
	"github.com/streamfront/streamfront/local"
)

// A report is what 'run' prints on standard output: text for people, or with JSON one
// object in a line for each event, the field "event" of which names it:
//
//	started       the fields of served
//	request       the fields of local.Trace's JSON
//	reloaded      nothing else
//	not reloaded  error
//	log lost      error
//	stopping      nothing else
type report struct {
	out  *terminal.Stream
	json bool

	mu   sync.Mutex
	page string // address of the trace page; "" for none, and before the start
}

// served is what a chain serves, and where.
type served struct {
	Notes         []string  `json:"notes"`
	FrontDoors    []front   `json:"frontDoors"`
	FunctionURLs  []address `json:"functionUrls"`
	Distributions []address `json:"distributions"`
	Outputs       []output  `json:"outputs"`
	TracePage     string    `json:"tracePage,omitempty"`
	Certificate   string    `json:"certificate,omitempty"` // PEM, of the front doors, with --tls
	UserPools     []pool    `json:"userPools,omitempty"`
	// IssuerEnvironment has a program on this machine find the issuers by their own URLs.
	IssuerEnvironment map[string]string `json:"issuerEnvironment,omitempty"`
}

type front struct {
	Kind       string `json:"kind"`       // such as "distribution" or "rest api"
	Name       string `json:"name"`       // Stack/LogicalId
	DomainName string `json:"domainName"` // on AWS
	URL        string `json:"url"`        // here
}

type address struct {
	Name       string `json:"name"`       // Stack/LogicalId
	DomainName string `json:"domainName"` // on AWS
	URL        string `json:"url"`        // here
}

type pool struct {
	Name   string `json:"name"`   // Stack/LogicalId
	Issuer string `json:"issuer"` // the claim iss of its tokens
	URL    string `json:"url"`    // of the managed login here

	Clients []string `json:"clients"` // ids of the app clients
}

type output struct {
	Name  string `json:"name"` // Stack.Name
	Value string `json:"value"`
}

func servedBy(c *local.Chain) *served {
	s := &served{Notes: append([]string{}, c.Notes()...), FrontDoors: []front{}, FunctionURLs: []address{}, Distributions: []address{}, Outputs: []output{}}
	for _, d := range c.FrontDoors() {
		s.FrontDoors = append(s.FrontDoors, front(d))
	}
	for _, u := range c.FunctionURLs() {
		s.FunctionURLs = append(s.FunctionURLs, address(u))
	}
	for _, d := range c.Distributions() {
		s.Distributions = append(s.Distributions, address(d))
	}
	for _, o := range c.Outputs() {
		s.Outputs = append(s.Outputs, output(o))
	}
	for _, p := range c.UserPools() {
		s.UserPools = append(s.UserPools, pool(p))
	}
	s.IssuerEnvironment = c.IssuerEnvironment()
	s.TracePage = c.TracePage()
	if certificate := c.Certificate(); certificate != nil {
		s.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	return s
}

func (r *report) started(s *served) {
	r.mu.Lock()
	r.page = s.TracePage
	r.mu.Unlock()
	if !r.json {
		fmt.Fprint(r.out, banner(s))
		return
	}
	r.object(struct {
		Event string `json:"event"`
		*served
	}{"started", s})
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
	fmt.Fprint(r.out, tracetext.Format(r.out, page, t))
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
