// Package door connects the services through which callers reach functions with the local chain,
// which serves any of them. It knows front doors, but no service.
//
// A service with a front door is a folder beside this one, whose model implements [Door]. Package
// aws adds it to Model.Doors, and package local does the rest: it opens an address for each door
// (on loopback, with TLS and the trace page if they are wanted), rewrites the outputs of the
// stacks to that address, runs the functions that the door invokes, answers requests for a foreign
// host name, and lists the door in the banner. The service reads its templates, judges them and
// answers requests: see [Door.Serve].
//
// Distributions and function URLs are front doors, too, and are served on the same addresses by
// the same code. Package local knows them itself, since they are more than doors: they have
// origins and edge functions, and stand behind each other.
package door

import (
	"net/http"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
)

// A Door is a front door as a template defines it.
type Door interface {
	// Kind is what people call it, in lower case: "rest api".
	Kind() string
	// Name is "Stack/LogicalId" of the resource that it is.
	Name() string
	// Domains are the host names that it has on AWS, the usual one first.
	Domains() []string
	// Path is where callers begin on them, such as "/prod"; "" for the root.
	Path() string
	// Targets are the functions that it invokes.
	Targets() []Target
	// Notes say where it differs from AWS here.
	Notes() []string
	// Unserved are the findings about what of it is not modelled, and is answered 501. If
	// closed, that is all of it: the door gets no address.
	Unserved() (findings []template.Finding, closed bool)
	// Serve returns what answers its requests. It is called once for each load of the
	// assembly, after the functions can be invoked. What it leaves running it hands to
	// Host.OnClose.
	Serve(h *Host) (http.Handler, error)
}

// An Origin is a Door that distributions may have for an origin.
type Origin interface {
	Door
	// Port is where it listens on AWS.
	Port() int
	// Secure reports whether it speaks HTTPS there; else it speaks HTTP.
	Secure() bool
	// AnyHost reports whether it answers for whatever host a request asks. An API answers for
	// its own names alone.
	AnyHost() bool
}

// A WebSocket is an Origin to which clients connect by the handshake of RFC 6455.
type WebSocket interface {
	Origin
	// Handshake are the headers that a request needs.
	Handshake() []string
}

// An Environment is a Door that has variables for the functions of the assembly, such as where
// to find it.
type Environment interface {
	Door
	// Environment are the variables for a door that is served at the address, which is a URL
	// without a path.
	Environment(address string) map[string]string
}

// A Front is a Door before tasks of Amazon ECS.
type Front interface {
	Door
	// Tasks are the services that it asks.
	Tasks() []Task
}

// A Task is a service that a door asks.
type Task struct {
	Service *ecs.Service
	Health  ecs.Health // that tells when a task is well
}

// A Called is a Door that functions call, too, by names of AWS: what they ask by HTTPS there
// reaches it.
type Called interface {
	Door
	// Hosts are those names.
	Hosts() []string
}

// A Caller signs requests to a door: a function, with the role that it has.
type Caller struct {
	iam.Credentials
	Name string    // "Stack/LogicalId"
	Role *iam.Role // nil: not of the assembly, and may do everything
}

// A Target is a function that a door invokes.
type Target struct {
	Function *lambda.Definition
	ARN      string // what it is invoked by, with the alias if the door names one
	Streams  bool   // the door passes on an answer as it comes
}

// A Host is what the local chain has for a door.
type Host struct {
	// Address is where the door is served: a URL without a path.
	Address string
	// Function returns a function by the ARN of its Target; nil if it cannot be run here.
	Function func(arn string) *lambda.Function
	// Task returns where a task of a service, by its name, is asked: host and port, "" while
	// none runs.
	Task func(name string) string
	// Caller returns the owner of an access key.
	Caller func(accessKey string) (Caller, bool)
	// Lasting is for what lasts from one load of the assembly to the next, by names that begin
	// with that of the door.
	Lasting *sync.Map
	// Issuers asks issuers of tokens by their https URLs, those of the assembly among them.
	Issuers  *http.Client
	Recorder *trace.Recorder
	Now      func() time.Time
	// Fault says how to fail a request that a function is about to be invoked by; nil fails
	// none.
	Fault func(*http.Request) answer.Fault
	// Pace is the clock by which streamed responses are slowed down; nil lets them go at any
	// speed.
	Pace *answer.Clock
	// CutFailed cuts the connection when a function reports an error in mid-stream; false ends
	// the response as if it were complete. What AWS does is not known.
	CutFailed bool
	// Invoker may sign requests, as an IAM user of the account whose policies allow it; the zero
	// value: nobody may.
	Invoker iam.Credentials
	// SignatureWindow is how far the date of a signature may be off.
	SignatureWindow time.Duration
	// OnClose registers what to end with this load of the assembly. Requests that run then have
	// ended or are cut off.
	OnClose func(func())
}
