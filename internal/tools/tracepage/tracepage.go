// Package tracepage serves a page that shows how each hop of the chain handled the running and the
// last requests: times, headers before and after, the cause of a refusal and, for a refused
// signature, both canonical requests side by side.
package tracepage

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// Path is where the page is, on the address of every distribution. What is below it never
// reaches a function, which differs from AWS.
const Path = "/.streamfront/"

const (
	kept      = 200              // requests; older ones are forgotten
	keptBytes = 32 << 20         // of them as JSON: requests with large heads are fewer
	shown     = 50               // running requests at a time, those that have run for longest
	glance    = time.Second      // between two looks at what runs
	heartbeat = 15 * time.Second // of the event stream, so that a browser that left is noticed
	patience  = 10 * time.Second // with a browser that does not read
)

// A Page keeps the last 200 requests. The zero value is not usable: see New.
type Page struct {
	run     string // distinguishes this run from others, whose events a browser may have seen
	running func() []trace.Request

	mu      sync.Mutex
	events  []event
	size    int // bytes of their data
	last    int
	changed chan struct{} // closed when there is another event
}

// An event is a request that has finished, as JSON.
type event struct {
	number int
	data   []byte
}

// New returns a page without requests. It asks for those that run while somebody looks at
// it.
func New(running func() []trace.Request) *Page {
	return &Page{run: rand.Text(), running: running, changed: make(chan struct{})}
}

// Add shows a request that has finished.
func (p *Page) Add(r trace.Request) {
	data, err := r.MarshalJSON() // as json.Marshal, which would read it once more
	if err != nil {
		return // a Request always has a JSON form
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.events = append(p.events, event{p.last, data})
	p.size += len(data)
	forgotten := 0
	for len(p.events)-forgotten > kept || p.size > keptBytes && forgotten < len(p.events)-1 {
		p.size -= len(p.events[forgotten].data)
		forgotten++
	}
	p.events = slices.Delete(p.events, 0, forgotten)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Serves reports whether the request is for the page, and not for the distribution.
func Serves(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, Path) }

//go:embed index.html page.js view.js diff.js style.css
var files embed.FS

var contentTypes = map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

// ServeHTTP answers a request for which Serves is true.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	name := strings.TrimPrefix(r.URL.Path, Path)
	switch {
	case !loopback.IsName(r.Host):
		// A name that anybody may point at 127.0.0.1 would make this page that site's own.
		http.Error(w, "The trace page answers at localhost and loopback addresses only.", http.StatusForbidden)
	case slices.Contains([]string{"cross-site", "same-site"}, r.Header.Get("Sec-Fetch-Site")) && r.Header.Get("Sec-Fetch-Mode") != "navigate":
		// Other ports of this machine are the same site, and others' pages.
		http.Error(w, "The trace page is not for other origins.", http.StatusForbidden)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "The trace page takes GET only.", http.StatusMethodNotAllowed)
	case name == "events":
		p.stream(w, r)
	default:
		if name == "" {
			name = "index.html"
		}
		content, err := files.ReadFile(name)
		if err != nil {
			http.Error(w, "The trace page is at "+Path+".", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", contentTypes[name[strings.LastIndexByte(name, '.'):]])
		_, _ = w.Write(content)
	}
}

// secure lets the page run its own code only, and show what viewers sent as text only.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// stream sends the kept requests, then each that finishes, and now and then those that run.
// A browser that comes back says what it has seen.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	seen := 0
	if run, number, ok := strings.Cut(r.Header.Get("Last-Event-ID"), "-"); ok && run == p.run {
		seen, _ = strconv.Atoi(number)
	}
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	look := time.NewTicker(glance)
	defer look.Stop()
	ran := false // something, when it was last looked at
	send := func(format string, args ...any) error {
		_ = out.SetWriteDeadline(time.Now().Add(patience))
		if _, err := fmt.Fprintf(w, format, args...); err != nil {
			return err
		}
		return out.Flush()
	}
	if send(": requests\n\n") != nil {
		return
	}
	for {
		events, changed := p.after(seen)
		for _, e := range events {
			if send("id: %s-%d\ndata: %s\n\n", p.run, e.number, e.data) != nil {
				return
			}
			seen = e.number
		}
		select {
		case <-changed:
		case <-look.C:
			running := p.running()
			if len(running) == 0 && !ran {
				continue
			}
			ran = len(running) > 0
			if send("event: running\ndata: %s\n\n", runningJSON(running)) != nil {
				return
			}
		case <-beat.C:
			if send(": still here\n\n") != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func runningJSON(running []trace.Request) []byte {
	data, err := json.Marshal(append([]trace.Request{}, running[:min(len(running), shown)]...))
	if err != nil {
		return []byte("[]") // a Request always has a JSON form
	}
	return data
}

// after returns the events after the one with the number, and what is closed when there
// are more.
func (p *Page) after(number int) ([]event, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range p.events {
		if e.number > number {
			return append([]event(nil), p.events[i:]...), p.changed
		}
	}
	return nil, p.changed
}
