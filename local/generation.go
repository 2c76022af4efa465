package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/detour"
	"github.com/streamfront/streamfront/internal/gobuild"
	"github.com/streamfront/streamfront/internal/loopback"
)

// A generation is everything that one load of the assembly runs. A chain has one that
// takes requests, and those before it until they have answered theirs.
type generation struct {
	fronts        []FrontDoor
	distributions []Distribution
	functionURLs  []FunctionURL
	served        []here                      // what has an address here
	sites         map[string]*site            // of front doors and function URLs, by their names
	functions     map[string]*lambda.Function // by the ARN that they are invoked by
	caller        func(accessKey string) (door.Caller, bool)
	tasks         map[string]*ecs.Server // by the name of their service
	outputs       []Output
	notes         []string
	handlers      map[string]http.Handler // by the name of what they serve
	issuers       map[string]http.Handler // by their host
	detoured      detour.Hosts            // issuers, and what else functions find by names of AWS
	pools         []poolServer
	led           map[string]string // variables that lead to these

	requests sync.WaitGroup
	closers  []func()
	once     sync.Once
}

// newGeneration goes from the back to the front: functions, their URLs, edge functions,
// distributions. What it returns has to be closed, also after an error.
func (c *Chain) newGeneration(ctx context.Context, m *aws.Model, fresh bool) (*generation, error) {
	g := &generation{handlers: map[string]http.Handler{}, sites: map[string]*site{}, functions: map[string]*lambda.Function{}, tasks: map[string]*ecs.Server{}}
	o := &c.options
	dir, err := os.MkdirTemp(c.dir.Path, "generation-")
	if err != nil {
		return g, err
	}
	g.onClose(func() { _ = os.RemoveAll(dir) })

	if o.Credentials {
		g.notes = append(g.notes, "functions have the AWS credentials of this process: what they call is the real AWS, and costs")
	}
	g.notes = append(g.notes, c.settled.Notes()...)
	g.caller = c.callers(m)
	if err := c.openFronts(g, m); err != nil {
		return g, err
	}
	led, err := c.issuerServers(g, m)
	if err != nil {
		return g, err
	}
	buckets, err := c.bucketServer(g, m, dir)
	if err != nil {
		return g, err
	}
	programs := &programmer{
		options: o, builder: &gobuild.Builder{Sources: o.Sources, Dir: dir, Fresh: fresh, Progress: o.Progress},
		dir: dir, versions: map[string]string{},
		note: func(format string, args ...any) {
			if note := fmt.Sprintf(format, args...); !slices.Contains(g.notes, note) {
				g.notes = append(g.notes, note)
			}
		},
	}
	doors := g.doorEnvironment(m)
	if err := c.invokeServer(g, m, doors); err != nil {
		return g, err
	}
	environmentOf := func(f *lambda.Definition) map[string]string {
		environment := c.localEnvironment(f, buckets)
		for name, value := range doors {
			if _, own := environment[name]; !own {
				environment[name] = value
			}
		}
		return g.issued(environment, led)
	}
	deployed, err := c.deployed(ctx, g, m, programs, environmentOf)
	if err != nil {
		return g, err
	}
	for _, t := range targets(m) {
		f := t.Function
		version := unpublished
		if deployed[t.ARN] != nil {
			version = newVersion
		}
		fn, err := g.function(ctx, programs, c.log, t, version, environmentOf(f))
		if err != nil && spare(m, t) {
			g.notes = append(g.notes, fmt.Sprintf("what invokes %s is answered 501: %v", f.Name, err))
			continue
		}
		if err != nil {
			return g, err
		}
		g.functions[t.ARN] = fn
		if made := f.MadeUp(o.Environment); len(made) > 0 {
			programs.note("%s gets made-up values, since only a deployment knows them: %s; give them by --parameter or --env", f.Name, strings.Join(made, ", "))
		}
	}
	if err := c.startTasks(ctx, g, m, programs, led); err != nil {
		return g, err
	}
	if err := c.serveDoors(g, m); err != nil {
		return g, err
	}
	inside := map[string]*site{} // by the domain names of what distributions ask
	for _, u := range m.URLs {
		missing := u.Unserved()
		if len(missing) > 0 && !m.Behind(u) {
			g.notes = append(g.notes, fmt.Sprintf("%s is answered 501: %s", u.Name, missing[0].String()))
		}
		if k := o.InvokerKey; k != nil && u.Function != nil {
			c.principals.Add(functionurl.Principal{SourceAccount: u.Function.Account}, iam.Credentials{AccessKey: k.ID, SecretKey: k.Secret})
		}
		server := &functionurl.Server{
			URL: u, Lambda: g.functions[u.ARN], Principals: &c.principals, Recorder: &c.recorder, Now: o.Now,
			Forwarded: loopback.ByPipe, Fault: o.Fault, SignatureWindow: o.SignatureWindow,
			HangEmpty: o.HangEmptyStreams, CutFailed: o.CutFailedStreams, Unserved: missing,
			Refuted: refuted(c.settled),
		}
		if v := deployed[u.ARN]; v != nil {
			server.Versions = &functionurl.Versions{Deployed: v, Share: o.Canary}
		}
		if !o.UnlimitedRate {
			server.Pace = &answer.Clock{Now: time.Now, Sleep: time.Sleep}
		}
		s := g.sites[u.Name]
		g.handlers[u.Name] = server
		inside[u.DomainName] = s
		g.functionURLs = append(g.functionURLs, FunctionURL{Name: u.Name, DomainName: u.DomainName, URL: s.url})
	}

	edges, err := g.edgeFunctions(ctx, programs, c.log, m, led)
	if err != nil {
		return g, err
	}
	buckets.names(inside)
	g.doorSites(m, inside)
	origins := newOrigins(m, inside)
	g.onClose(origins.close)
	for _, d := range m.Distributions {
		g.notes = append(g.notes, d.Notes...)
		g.noteUnserved(d)
		g.noteViewerHeaders(d)
		server := &cloudfront.Server{
			Distribution: d, Viewers: edges.viewers, Requests: edges.requests, Responses: edges.responses,
			Cache: &cache.Cache{Now: o.Now}, Origins: origins, Recorder: &c.recorder, Now: o.Now,
			ExposeDeleteBody: o.ExposeDeleteBody, EdgeBody: edgeBody(c.settled), Refuted: refutedAtEdge(c.settled),
			Credentials: c.principals.Issue(functionurl.Principal{
				Service: "cloudfront.amazonaws.com", SourceARN: d.ARN, SourceAccount: d.Account,
			}),
		}
		server.Identities = c.admit(d, server.Credentials)
		g.handlers[d.Name] = server
		g.onClose(server.Close)
		g.distributions = append(g.distributions, Distribution{Name: d.Name, DomainName: d.DomainName, URL: g.sites[d.Name].url})
		g.signsIn(d.Names(), g.sites[d.Name].url)
	}
	for _, at := range g.served {
		buckets.serves(at)
		g.signsIn([]string{at.domain}, at.site.url)
	}
	g.letPagesCall(m)
	return g, nil
}

// invoked returns a function by the ARN that it is invoked by.
func (g *generation) invoked(arn string) *lambda.Function { return g.functions[arn] }

func (g *generation) onClose(f func()) { g.closers = append(g.closers, f) }

// drain waits until the last request is answered. There must be no new ones.
func (g *generation) drain() { g.requests.Wait() }

// cutOff is how long requests may take to end that have lost their connection and their function.
const cutOff = 5 * time.Second

func (g *generation) drainWithin(limit time.Duration) {
	ended := make(chan struct{})
	go func() {
		g.drain()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(limit):
	}
}

// close ends what the generation runs, and returns when it is gone.
func (g *generation) close() {
	g.once.Do(func() {
		for i := len(g.closers) - 1; i >= 0; i-- {
			g.closers[i]()
		}
	})
}

// regionalConcurrency is what an account may run at a time if it reserves nothing.
const regionalConcurrency = 1000

func (g *generation) function(ctx context.Context, p *programmer, log *lambda.Log, t door.Target, version string, environment map[string]string) (*lambda.Function, error) {
	f := t.Function
	config := lambda.Config{
		Name: f.FunctionName, ARN: t.ARN, Version: version, Region: f.Region, Handler: f.Handler.V, Memory: f.Memory.V,
		Timeout: f.Timeout.V, Concurrency: regionalConcurrency, Environment: environment, Log: log,
	}
	if f.Concurrency.V >= 0 {
		config.Concurrency = f.Concurrency.V
	}
	maps.Copy(environment, f.LogVariables())
	if err := p.configure(ctx, t, &config); err != nil {
		return nil, err
	}
	fn := lambda.New(config)
	g.onClose(fn.Close)
	return fn, nil
}

// edgeFunctions are the functions at the edge of all distributions.
type edgeFunctions struct {
	viewers   map[*edge.ViewerDefinition]*edge.ViewerFunction
	requests  map[*edge.Definition]*edge.OriginRequest
	responses map[*edge.Definition]*edge.OriginResponse
}

func (g *generation) edgeFunctions(ctx context.Context, p *programmer, log *lambda.Log, m *aws.Model, environment map[string]string) (*edgeFunctions, error) {
	host := &edge.Host{
		Interpreter: func(name string, r managed.Runtime) (string, error) { return p.interpreter(ctx, name, r) },
		Dir:         p.dir, Log: log, Environment: environment, Stores: p.options.KeyValueStores,
	}
	fs := &edgeFunctions{
		viewers:   map[*edge.ViewerDefinition]*edge.ViewerFunction{},
		requests:  map[*edge.Definition]*edge.OriginRequest{},
		responses: map[*edge.Definition]*edge.OriginResponse{},
	}
	for _, d := range m.Distributions {
		for _, b := range d.Behaviors {
			if len(b.Unserved()) > 0 {
				continue
			}
			if err := errors.Join(
				prepare(g, fs.viewers, b.ViewerRequest, host.ViewerFunction),
				prepare(g, fs.viewers, b.ViewerResponse, host.ViewerFunction),
				prepare(g, fs.requests, b.LambdaRequest, host.OriginRequest),
				prepare(g, fs.requests, b.OriginRequest, host.OriginRequest),
				prepare(g, fs.responses, b.OriginResponse, host.OriginResponse),
				prepare(g, fs.responses, b.LambdaResponse, host.OriginResponse),
			); err != nil {
				return nil, err
			}
		}
	}
	return fs, nil
}

// prepare prepares a function that is not prepared yet.
func prepare[F any, R interface{ Close() }](g *generation, prepared map[*F]R, f *F, start func(*F) (R, error)) error {
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
	g.onClose(running.Close)
	prepared[f] = running
	return nil
}

// noteViewerHeaders says which headers about viewers a policy names in vain.
func (g *generation) noteViewerHeaders(d *cloudfront.Distribution) {
	for i := range d.Behaviors {
		b := &d.Behaviors[i]
		if len(b.Unserved()) > 0 {
			continue
		}
		if names := cloudfront.Unmade(b); len(names) > 0 {
			g.notes = append(g.notes, fmt.Sprintf("%s: behavior %s: this machine cannot know %s: its function does not get them here",
				d.Name, b.PathPattern.V, strings.Join(names, ", ")))
		}
	}
}
