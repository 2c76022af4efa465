// Package trace records what each hop decided about a request.
package trace

import (
	"fmt"
	"sync"
	"time"
)

// A Request is the way of one request through the chain.
type Request struct {
	ID     string // X-Amz-Cf-Id, or the Function URL's request id for a direct call
	Method string
	Target string // path and query as they came
	Status int    // what the client got; 0: nothing
	Start  time.Time
	Took   time.Duration
	Hops   []Hop // in the order in which they began
}

// A Hop is one step of a request.
type Hop struct {
	Name     string // such as "signer" or "function url"
	Decision string // what it did, in words
	Detail   string // more for the operator, several lines; "" mostly
	Took     time.Duration
	Refused  bool // the request went no further
}

// A Recorder gives finished requests to Done, one at a time and in order, outside of the
// requests: Done may take its time, and may wait for requests of its own.
type Recorder struct {
	Done func(Request)

	mu   sync.Mutex
	open map[string]*Recording

	finished []Request
	handing  chan struct{} // closed when all that is finished was handed over; nil: it was
}

// A Recording is a request on its way. The servers that it passes share one.
type Recording struct {
	recorder *Recorder
	holders  int // guarded by recorder.mu, as is all of request
	request  Request
}

// Join opens the recording with the id, or joins the one that is open already. Each Join
// needs a Leave.
func (r *Recorder) Join(id, method, target string) (rec *Recording, opened bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec, ok := r.open[id]
	if !ok {
		rec = &Recording{recorder: r, request: Request{ID: id, Method: method, Target: target, Start: time.Now()}}
		if r.open == nil {
			r.open = map[string]*Recording{}
		}
		r.open[id] = rec
	}
	rec.holders++
	return rec, !ok
}

// Hop begins a hop. The returned function ends it.
func (rec *Recording) Hop(name string) *OpenHop {
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	rec.request.Hops = append(rec.request.Hops, Hop{Name: name})
	return &OpenHop{recording: rec, index: len(rec.request.Hops) - 1, start: time.Now()}
}

// Answered notes the status that the client got. Who opened the recording says it.
func (rec *Recording) Answered(status int) {
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	rec.request.Status = status
}

// Leave closes the recording once everybody who joined has left.
func (rec *Recording) Leave() {
	r := rec.recorder
	r.mu.Lock()
	rec.holders--
	last := rec.holders == 0
	if last {
		delete(r.open, rec.request.ID)
		rec.request.Took = time.Since(rec.request.Start)
	}
	if last && r.Done != nil {
		r.finished = append(r.finished, rec.request)
		if r.handing == nil {
			r.handing = make(chan struct{})
			go r.hand()
		}
	}
	r.mu.Unlock()
}

func (r *Recorder) hand() {
	for {
		r.mu.Lock()
		if len(r.finished) == 0 {
			close(r.handing)
			r.handing = nil
			r.mu.Unlock()
			return
		}
		next := r.finished[0]
		r.finished = r.finished[1:]
		r.mu.Unlock()
		r.Done(next)
	}
}

// Flush returns when all requests that have finished were handed over. Done must not call
// it.
func (r *Recorder) Flush() {
	r.mu.Lock()
	handing := r.handing
	r.mu.Unlock()
	if handing != nil {
		<-handing
	}
}

// An OpenHop is a hop that has not decided yet.
type OpenHop struct {
	recording *Recording
	index     int
	start     time.Time
}

// Pass ends the hop: the request, or its answer, goes on.
func (h *OpenHop) Pass(format string, args ...any) {
	h.end(Hop{Decision: fmt.Sprintf(format, args...)})
}

// Refuse ends the hop: it answers the request itself.
func (h *OpenHop) Refuse(detail, format string, args ...any) {
	h.end(Hop{Decision: fmt.Sprintf(format, args...), Detail: detail, Refused: true})
}

func (h *OpenHop) end(result Hop) {
	rec := h.recording
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	hop := &rec.request.Hops[h.index]
	result.Name, result.Took = hop.Name, time.Since(h.start)
	*hop = result
}
