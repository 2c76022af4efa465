package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/local/internal/assembly"
	"github.com/streamfront/streamfront/local/internal/cache"
	"github.com/streamfront/streamfront/local/internal/cloudfront"
	"github.com/streamfront/streamfront/local/internal/edge"
	"github.com/streamfront/streamfront/local/internal/functionurl"
	"github.com/streamfront/streamfront/local/internal/gobuild"
	"github.com/streamfront/streamfront/local/internal/lambda"
	"github.com/streamfront/streamfront/local/internal/resources"
	"github.com/streamfront/streamfront/local/internal/trace"
	"github.com/streamfront/streamfront/local/internal/webadapter"
)

// Trace is the way of one request through the chain.
type Trace = trace.Request

// Hop is one step of a Trace.
type Hop = trace.Hop

// Options say what to run. The zero value runs ./cdk.out on free ports.
type Options struct {
	// Assembly is the folder that 'cdk synth' wrote.
	// Default: cdk.out.
	Assembly string
	// Port is where the first distribution listens on 127.0.0.1. Further distributions and
	// the function URLs get free ports.
	// Default: 0, a free port.
	Port int
	// Sources are folders with the Go modules of functions that are not built for this
	// host and have to be built again. Modules below them are found, too.
	// Default: the working directory.
	Sources []string
	// Node is the Node.js program for edge functions.
	// Default: node, from PATH.
	Node string
	// Log gets what functions print.
	// Default: io.Discard.
	Log io.Writer
	// Trace is called for every finished request, one call at a time.
	// Default: nil, no calls.
	Trace func(Trace)
	// Now is the clock that signatures are made and verified by.
	// Default: time.Now.
	Now func() time.Time
	// InvokerKey is an access key that may call the function URLs directly, as an IAM user
	// of the function's account whose policies allow it.
	// Default: nil, nobody may but the distributions.
	InvokerKey *InvokerKey
	// UnlimitedRate lets streamed responses go at any speed. AWS slows them down to 2 MiB/s
	// after their first 6 MiB.
	// Default: false.
	UnlimitedRate bool
	// ExposeDeleteBody shows the body of DELETE requests to Lambda@Edge. AWS's
	// documentation says it is shown, field reports say it is not; false is the stricter.
	// Default: false.
	ExposeDeleteBody bool
}

// An InvokerKey is a made-up access key to sign direct calls with, for service "lambda" and
// the function's region. No real credentials belong here.
type InvokerKey struct {
	ID     string // such as "AKIALOCAL"
	Secret string
}

// A Distribution is a CloudFront distribution that is being served.
type Distribution struct {
	Name       string // "Stack/LogicalId"
	DomainName string // what it would be named on AWS
	URL        string // where it is served here, without a slash at the end
}

// A FunctionURL is a function URL that is being served on its own address, where it
// refuses whoever AWS would refuse.
type FunctionURL struct {
	Name       string // "Stack/LogicalId" of the URL
	DomainName string // what it would be named on AWS
	URL        string // where it is served here, without a slash at the end
}

// An Output is an output of a stack.
type Output struct {
	Name  string // "Stack.Name"
	Value string
}

// A Chain is a running cloud assembly.
type Chain struct {
	// Distributions are ordered by name.
	Distributions []Distribution
	// FunctionURLs are ordered by name.
	FunctionURLs []FunctionURL
	// Outputs are the outputs of the stacks that name something served here, with the
	// addresses that it has here. They are ordered by stack and name.
	Outputs []Output
	// Notes say where this run differs from the template: programs that were built for
	// this host, another version of Node.js.
	Notes []string

	closers []func()
	once    sync.Once
}

// Start runs the assembly until ctx ends or Close is called. It fails if there is
// something on the way of a request that the chain does not model; the error names every
// such resource and property.
func Start(ctx context.Context, o Options) (*Chain, error) {
	o = o.withDefaults()
	a, err := assembly.Load(o.Assembly)
	if err != nil {
		return nil, err
	}
	r, err := resources.Read(a)
	if err != nil {
		return nil, fmt.Errorf("the assembly %s cannot be run here:\n%w", o.Assembly, err)
	}
	c := &Chain{}
	if err := c.start(ctx, &o, r); err != nil {
		c.Close()
		return nil, err
	}
	c.Outputs = c.outputs(a)
	context.AfterFunc(ctx, c.Close)
	return c, nil
}

func (o Options) withDefaults() Options {
	if o.Assembly == "" {
		o.Assembly = "cdk.out"
	}
	if len(o.Sources) == 0 {
		o.Sources = []string{"."}
	}
	if o.Node == "" {
		o.Node = "node"
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Close ends every process and server of the chain and returns when they are gone. Streams
// that are running are cut off.
func (c *Chain) Close() {
	c.once.Do(func() {
		for i := len(c.closers) - 1; i >= 0; i-- {
			c.closers[i]()
		}
	})
}

func (c *Chain) onClose(f func()) { c.closers = append(c.closers, f) }

// start goes from the back to the front: functions, their URLs, edge functions,
// distributions.
func (c *Chain) start(ctx context.Context, o *Options, r *resources.Resources) error {
	dir, err := os.MkdirTemp("", "streamfront-")
	if err != nil {
		return err
	}
	c.onClose(func() { _ = os.RemoveAll(dir) })

	principals := &functionurl.Principals{}
	recorder := &trace.Recorder{Done: o.Trace}
	addresses := map[string]string{} // function URL's domain -> local address
	builder := &gobuild.Builder{Sources: o.Sources, Dir: dir}
	for _, f := range r.Functions {
		if k := o.InvokerKey; k != nil {
			principals.Add(functionurl.Principal{SourceAccount: f.Account}, functionurl.Credentials{AccessKey: k.ID, SecretKey: k.Secret})
		}
		fn, err := c.function(ctx, o, builder, f)
		if err != nil {
			return err
		}
		server := &functionurl.Server{Function: f, Lambda: fn, Principals: principals, Recorder: recorder, Now: o.Now}
		if !o.UnlimitedRate {
			server.Pace = &functionurl.Clock{Now: time.Now, Sleep: time.Sleep}
		}
		addr, err := c.serve(0, server)
		if err != nil {
			return err
		}
		addresses[f.URL.DomainName] = addr
		c.FunctionURLs = append(c.FunctionURLs, FunctionURL{Name: f.URL.Name, DomainName: f.URL.DomainName, URL: "http://" + addr})
	}

	edges, err := c.edgeFunctions(ctx, o, dir, r)
	if err != nil {
		return err
	}
	origins := originTransport(addresses)
	c.onClose(origins.CloseIdleConnections)
	for i, d := range r.Distributions {
		c.Notes = append(c.Notes, d.Notes...)
		port := 0
		if i == 0 {
			port = o.Port
		}
		addr, err := c.serve(port, &cloudfront.Server{
			Distribution: d, Viewers: edges.viewers, Requests: edges.requests, Responses: edges.responses,
			Cache: &cache.Cache{Now: o.Now}, Origins: origins, Recorder: recorder, Now: o.Now,
			ExposeDeleteBody: o.ExposeDeleteBody,
			Credentials: principals.Issue(functionurl.Principal{
				Service: "cloudfront.amazonaws.com", SourceARN: d.ARN, SourceAccount: d.Account,
			}),
		})
		if err != nil {
			return err
		}
		c.Distributions = append(c.Distributions, Distribution{Name: d.Name, DomainName: d.DomainName, URL: "http://" + addr})
	}
	return nil
}

// outputs translates what the stacks put out to the addresses of this chain.
func (c *Chain) outputs(a *assembly.Assembly) []Output {
	var addresses []string // pairs for the replacer
	for _, d := range c.Distributions {
		addresses = append(addresses, "https://"+d.DomainName, d.URL, d.DomainName, strings.TrimPrefix(d.URL, "http://"))
	}
	for _, u := range c.FunctionURLs {
		addresses = append(addresses, "https://"+u.DomainName, u.URL, u.DomainName, strings.TrimPrefix(u.URL, "http://"))
	}
	translate := strings.NewReplacer(addresses...)
	var outputs []Output
	for _, s := range a.Stacks {
		known := s.Outputs()
		for _, name := range slices.Sorted(maps.Keys(known)) {
			if here := translate.Replace(known[name]); here != known[name] {
				outputs = append(outputs, Output{Name: s.Name + "." + name, Value: here})
			}
		}
	}
	return outputs
}

// regionalConcurrency is what an account may run at a time if it reserves nothing.
const regionalConcurrency = 1000

func (c *Chain) function(ctx context.Context, o *Options, b *gobuild.Builder, f *resources.Function) (*lambda.Function, error) {
	task, err := filepath.Abs(f.Code.Dir)
	if err != nil {
		return nil, err
	}
	config := lambda.Config{
		Name: f.FunctionName, ARN: f.ARN, Version: "$LATEST", Region: f.Region, Handler: f.Handler, Memory: f.Memory,
		Timeout: f.Timeout, Concurrency: regionalConcurrency, Dir: task, Environment: f.Environment, Log: o.Log,
	}
	if f.Concurrency >= 0 {
		config.Concurrency = f.Concurrency
	}
	if f.Adapter != nil {
		config.Command = []string{filepath.Join(task, f.Handler)} // the wrapper runs the handler as a script
		config.Extension = webadapter.Extension(*f.Adapter)
		c.Notes = append(c.Notes, fmt.Sprintf("%s is a web application: runs %s with the programs of this machine, and a stand-in for the Lambda Web Adapter", f.Name, f.Handler))
	} else {
		program, err := b.Find(ctx, f.Name, f.Code.Dir, f.Architecture)
		if err != nil {
			return nil, err
		}
		if program.Note != "" {
			c.Notes = append(c.Notes, program.Note)
		}
		path, err := filepath.Abs(program.Path)
		if err != nil {
			return nil, err
		}
		config.Command = []string{path}
	}
	fn := lambda.New(config)
	c.onClose(fn.Close)
	return fn, nil
}

// edgeFunctions are the functions at the edge of all distributions.
type edgeFunctions struct {
	viewers   map[*resources.ViewerFunction]*edge.ViewerFunction
	requests  map[*resources.EdgeFunction]*edge.OriginRequest
	responses map[*resources.EdgeFunction]*edge.OriginResponse
}

func (c *Chain) edgeFunctions(ctx context.Context, o *Options, dir string, r *resources.Resources) (*edgeFunctions, error) {
	host := &edge.Host{Node: o.Node, Dir: dir, Log: o.Log}
	fs := &edgeFunctions{
		viewers:   map[*resources.ViewerFunction]*edge.ViewerFunction{},
		requests:  map[*resources.EdgeFunction]*edge.OriginRequest{},
		responses: map[*resources.EdgeFunction]*edge.OriginResponse{},
	}
	version := ""
	for _, d := range r.Distributions {
		for _, b := range d.Behaviors {
			if b.ViewerRequest == nil && b.OriginRequest == nil && b.OriginResponse == nil {
				continue
			}
			if version == "" {
				var err error
				if version, err = nodeVersion(ctx, o.Node); err != nil {
					return nil, err
				}
			}
			if err := errors.Join(
				prepare(c, fs.viewers, b.ViewerRequest, host.ViewerFunction),
				prepare(c, fs.requests, b.OriginRequest, host.OriginRequest),
				prepare(c, fs.responses, b.OriginResponse, host.OriginResponse),
			); err != nil {
				return nil, err
			}
			c.noteRuntime(b.OriginRequest, version)
			c.noteRuntime(b.OriginResponse, version)
		}
	}
	return fs, nil
}

// prepare prepares a function that is not prepared yet.
func prepare[F any, R interface{ Close() }](c *Chain, prepared map[*F]R, f *F, start func(*F) (R, error)) error {
	if f == nil {
		return nil
	}
	if _, done := prepared[f]; done {
		return nil
	}
	running, err := start(f)
	if err != nil {
		return err
	}
	c.onClose(running.Close)
	prepared[f] = running
	return nil
}

// noteRuntime says once if a function runs on another version of Node.js than it declares.
func (c *Chain) noteRuntime(f *resources.EdgeFunction, version string) {
	if f == nil || edge.Major(f.Runtime) == edge.Major(version) {
		return
	}
	if note := fmt.Sprintf("%s declares %s: runs on Node.js %s here", f.Name, f.Runtime, version); !slices.Contains(c.Notes, note) {
		c.Notes = append(c.Notes, note)
	}
}

func nodeVersion(ctx context.Context, node string) (string, error) {
	out, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("edge functions need Node.js, and %q does not run (%w): install it, or give its path", node, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// serve starts a server on loopback and returns its address.
func (c *Chain) serve(port int, h http.Handler) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return "", fmt.Errorf("%w: give another port, or 0 for a free one", err)
	}
	server := &http.Server{
		Handler: h,
		// Above CloudFront's own limit, which answers in CloudFront's words.
		MaxHeaderBytes:    1 << 20,
		ReadHeaderTimeout: 30 * time.Second,
	}
	c.onClose(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }() // ends with Close
	return listener.Addr().String(), nil
}

// originTransport reaches function URLs by their names, and nothing else.
func originTransport(addresses map[string]string) *http.Transport {
	dialer := &net.Dialer{}
	return &http.Transport{
		DisableCompression:  true,
		MaxIdleConnsPerHost: regionalConcurrency,
		IdleConnTimeout:     time.Minute,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			local, ok := addresses[host]
			if !ok {
				return nil, fmt.Errorf("%s is not served here", host)
			}
			return dialer.DialContext(ctx, network, local)
		},
	}
}
