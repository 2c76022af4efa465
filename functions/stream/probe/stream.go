package probe

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

const (
	maxChunks = 100
	maxEvery  = 5 * time.Second
	// maxStream and maxSilence are more than CloudFront's longest read timeout of 120 s
	// (documented), and what a request may cost.
	maxStream  = 150 * time.Second
	maxSilence = 150 * time.Second
)

// stream sends lines of text, each with its number and how many milliseconds after the
// first it was written: by this a client that does not share the clock can find out whether
// they came as they were sent. Text, since that is what tempts proxies to compress.
func stream(w http.ResponseWriter, r *http.Request) {
	s := settingsOf(r)
	chunks := s.number("chunks", 10, maxChunks)
	every := s.duration("every", 200*time.Millisecond, maxEvery)
	if s.err == nil && time.Duration(chunks)*every > maxStream {
		s.wrong("chunks times every", (time.Duration(chunks) * every).String(), "at most "+maxStream.String())
	}
	if s.err != nil {
		fail(w, http.StatusBadRequest, s.err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	tick := time.NewTicker(every)
	defer tick.Stop()
	start := time.Now()
	for n := 1; n <= chunks; n++ {
		if n > 1 {
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
		if _, err := fmt.Fprintf(w, "%d %d\n", n, time.Since(start).Milliseconds()); err != nil {
			return
		}
		flush(w)
	}
}

// silence sends an event, then nothing or only heartbeats, then another event.
func silence(w http.ResponseWriter, r *http.Request) {
	s := settingsOf(r)
	length := s.duration("for", time.Second, maxSilence)
	heartbeat := s.duration("heartbeat", -1, maxSilence) // none
	if s.err != nil {
		fail(w, http.StatusBadRequest, s.err)
		return
	}
	events := sse.NewWriter(w, r, sse.Options{Heartbeat: heartbeat})
	defer events.Close()
	if events.Send(sse.Event{Name: "begin", Data: length.String()}) != nil || !wait(r, length) {
		return
	}
	_ = events.Send(sse.Event{Name: "end"})
}

// late is silent before the head of its answer.
func late(w http.ResponseWriter, r *http.Request) {
	s := settingsOf(r)
	length := s.duration("for", time.Second, maxSilence)
	if s.err != nil {
		fail(w, http.StatusBadRequest, s.err)
		return
	}
	if wait(r, length) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "at last\n")
	}
}

// broken ends in the middle of its answer: as a handler does that panics, or as a process
// does that crashes. The latter takes the process with it, which is fine on Lambda alone:
// there it serves no other request, and another takes its place.
func broken(w http.ResponseWriter, r *http.Request) {
	_, onLambda := streamhttp.RequestFromContext(r.Context())
	by := r.URL.Query().Get("by")
	if by != "panic" && (by != "exit" || !onLambda) {
		fail(w, http.StatusBadRequest, fmt.Errorf("by is %q: want panic or, on Lambda, exit", by))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "the beginning\n")
	flush(w)
	if !wait(r, time.Second) { // the beginning has left the process by then
		return
	}
	if by == "exit" {
		os.Exit(1)
	}
	panic(http.ErrAbortHandler)
}

// flush does without where nobody can.
func flush(w http.ResponseWriter) {
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

// wait reports whether the time has passed, rather than the request ended.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
