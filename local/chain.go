package local

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cognito"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/s3"
	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/detour"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/settled"
	"github.com/streamfront/streamfront/internal/tempdir"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/tools/tracepage"
	"github.com/streamfront/streamfront/internal/trace"
)

// A Chain is a running cloud assembly. Its methods may be called at any time, even during Reload
// and after Close.
type Chain struct {
	options    Options
	settled    *settled.Facts    // nil: none
	tls        *tls.Config       // of the front doors; nil: plain HTTP
	leaf       *x509.Certificate // of tls
	log        *lambda.Log
	dir        *tempdir.Dir // of the files of all generations
	principals functionurl.Principals
	recorder   trace.Recorder
	page       *tracepage.Page  // nil: none
	keys       s3.Keys          // of the functions' roles
	objects    s3.Store         // in the buckets
	logins     cognito.Keys     // of the user pools
	lasting    sync.Map         // what doors keep from one generation to the next
	detour     *detour.Detour   // to stand-ins of issuers; nil until there are any
	sites      map[string]*site // by the name of what they serve
	loading    sync.Mutex       // one Reload at a time
	mu         sync.Mutex
	closed     bool
	closing    context.Context // ends with Close, at the latest
	stop       context.CancelFunc
	alive      []*generation // the current one, and those that still answer
}

// Start runs the assembly until ctx ends or Close is called. It fails if a request would need
// something that the chain does not model; the error names every such resource and property.
func Start(ctx context.Context, o Options) (*Chain, error) {
	o = o.withDefaults()
	if o.Language != "" {
		language, err := cdk.ParseLanguage(o.Language)
		if err != nil {
			return nil, fmt.Errorf("Options.Language: %w", err)
		}
		o.Language = string(language)
	}
	facts, err := readSettled(o.Settled)
	if err != nil {
		return nil, err
	}
	o = o.follow(facts)
	for _, folder := range o.Sources {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("the folder of sources %q (--source) is not a folder that can be read: give one with the Go modules of the functions", folder)
		}
	}
	closing, stop := context.WithCancel(ctx)
	c := &Chain{closing: closing, options: o, settled: facts, log: lambda.NewLog(o.Log), sites: map[string]*site{}, stop: stop}
	c.recorder.Done, c.recorder.Details = o.Trace, o.TraceDetails || o.TracePage
	if o.TracePage {
		c.page = tracepage.New(c.recorder.Running)
		c.recorder.Done = func(t Trace) {
			c.page.Add(t)
			if o.Trace != nil {
				o.Trace(t)
			}
		}
	}
	dir, err := tempdir.New()
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	c.dir, c.objects.Dir = dir, dir.Path
	// Node.js takes a .js file for what the next package.json above it says. That of a function
	// on AWS has none but its own; here one may lie among the temporary files.
	if err := os.WriteFile(filepath.Join(dir.Path, "package.json"), []byte("{}\n"), 0o600); err != nil {
		c.Close()
		return nil, err
	}
	if o.TLS {
		certificate, err := loopback.NewCertificate(time.Now())
		if err != nil {
			c.Close()
			return nil, err
		}
		c.leaf, c.tls = certificate.Leaf, loopback.ServerTLS(certificate)
	}
	seen := c.fingerprint()
	if err := c.load(ctx, false); err != nil {
		c.Close()
		return nil, err
	}
	context.AfterFunc(ctx, c.Close)
	if o.Watch != nil {
		go c.watch(closing, seen)
	}
	return c, nil
}

// FrontDoors returns the front doors: distributions first, then APIs, then the function URLs
// behind neither, each ordered by name. There is at least one.
func (c *Chain) FrontDoors() []FrontDoor { return slices.Clone(c.current().fronts) }

// Distributions returns the distributions, ordered by name.
func (c *Chain) Distributions() []Distribution { return slices.Clone(c.current().distributions) }

// URL returns the address of the first front door, with its stage if it has one, without a
// slash at the end.
func (c *Chain) URL() string { return c.current().fronts[0].URL }

// TracePage returns the address of the trace page; "" without Options.TracePage.
func (c *Chain) TracePage() string {
	if c.page == nil {
		return ""
	}
	g := c.current()
	return g.sites[g.fronts[0].Name].url + TracePagePath
}

// FunctionURLs returns the function URLs, ordered by name.
func (c *Chain) FunctionURLs() []FunctionURL { return slices.Clone(c.current().functionURLs) }

// Outputs returns the stack outputs that name something served here, with the local addresses,
// ordered by stack and name.
func (c *Chain) Outputs() []Output { return slices.Clone(c.current().outputs) }

// Notes say how this run differs from the template, such as programs that were rebuilt for this
// host, or another version of Node.js.
func (c *Chain) Notes() []string { return slices.Clone(c.current().notes) }

// Certificate returns the certificate of the front doors, for clients to trust. It is nil without
// Options.TLS, and does not change on Reload.
func (c *Chain) Certificate() *x509.Certificate { return c.leaf }

// Running returns the running requests with what is known of them so far, the oldest first. A
// request leaves it just before Options.Trace is called.
func (c *Chain) Running() []Trace { return c.recorder.Running() }

// current returns the generation that takes requests, or did until Close.
func (c *Chain) current() *generation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alive[len(c.alive)-1]
}

// Reload serves the assembly as it is on disk now, at the same addresses. Running requests finish
// as they began. If Reload fails, nothing changes.
func (c *Chain) Reload(ctx context.Context) error { return c.load(ctx, false) }

// load makes a new generation and puts it in place of the current one. With fresh set,
// Go functions are built from their sources, whatever their assets hold.
func (c *Chain) load(ctx context.Context, fresh bool) error {
	c.loading.Lock()
	defer c.loading.Unlock()
	if c.isClosed() {
		return errClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	a, err := assembly.LoadWith(c.options.Assembly, c.options.Parameters)
	if err != nil {
		return err
	}
	m := aws.Read(a, aws.Options{Replaced: slices.Sorted(maps.Keys(c.options.Functions)), Layers: c.options.Layers, Addresses: c.options.Origins, Stores: slices.Sorted(maps.Keys(c.options.KeyValueStores))})
	if err := errors.Join(checkOrigins(c.options.Origins, m), checkStores(c.options.KeyValueStores, m)); err != nil {
		return err
	}
	if len(m.Unknown) > 0 {
		return fmt.Errorf("no function behind a front door is called %q (--function): those here are %q", m.Unknown, names(m.Functions()))
	}
	if len(m.UnknownLayers) > 0 {
		return fmt.Errorf("no function behind a front door has a layer %q of others (--layer): want its name or its ARN", m.UnknownLayers)
	}
	if err := m.Err(); err != nil {
		return fmt.Errorf("the assembly %s cannot be run here:\n%w%s", c.options.Assembly, err, whereToFix(c.options.Assembly, m))
	}
	g, err := c.newGeneration(ctx, m, fresh)
	if err != nil {
		g.close()
		return err
	}
	c.recorder.Speak(cmp.Or(cdk.Language(c.options.Language), a.Language()))
	g.outputs = g.translate(a)
	if !c.enter(g) {
		g.close()
		return errClosed
	}
	return nil
}

// whereToFix leads to the command that names the fix of what AWS refuses, too. Of what only the
// local chain does not model it knows nothing.
func whereToFix(assembly string, m *aws.Model) string {
	if !slices.ContainsFunc(m.Refusals(), func(f template.Finding) bool { return f.Kind == template.Refused }) {
		return ""
	}
	return fmt.Sprintf("\nAWS refuses it, too: 'streamfront check %s' says why, and how to fix it", assembly)
}

func (c *Chain) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// enter makes a generation the current one.
func (c *Chain) enter(g *generation) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	for name, s := range c.sites {
		s.serve(g, g.handlers[name])
	}
	if c.detour != nil {
		c.detour.Lead(g.detoured)
	}
	old := slices.Clone(c.alive)
	c.alive = append(c.alive, g)
	for _, o := range old {
		go c.retire(o)
	}
	return true
}

// retire closes a generation once it has answered its last request.
func (c *Chain) retire(g *generation) {
	g.drain()
	g.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive = slices.DeleteFunc(c.alive, func(other *generation) bool { return other == g })
}

// Close ends every process and server of the chain, and returns when they are gone. It cuts off
// running streams and abandons a Reload.
func (c *Chain) Close() {
	c.stop()
	c.loading.Lock()
	c.mu.Lock()
	c.closed = true // no other Reload succeeds
	alive := slices.Clone(c.alive)
	c.mu.Unlock()
	c.loading.Unlock()
	for _, s := range c.sites {
		s.close()
	}
	for _, g := range alive {
		g.close()
		g.drainWithin(cutOff) // for the traces of what was cut off
	}
	if c.detour != nil {
		c.detour.Close()
	}
	c.objects.Close()
	_ = c.dir.Remove()
	c.recorder.Flush()
}

func names(functions []*lambda.Definition) []string {
	var all []string
	for _, f := range functions {
		all = append(all, f.Name)
	}
	return all
}
