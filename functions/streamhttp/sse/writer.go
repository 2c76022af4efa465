package sse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// DefaultHeartbeat is the default of Options.Heartbeat: half of CloudFront's default read timeout of 30
// seconds.
const DefaultHeartbeat = 15 * time.Second

// ErrClosed is the error of Send and Comment after Close.
var ErrClosed = errors.New("sse: the stream is closed")

// Options are the options of a Writer. The zero value is suitable behind CloudFront.
type Options struct {
	// Heartbeat is the silence after which a comment is sent. Keep it well below the read timeout of
	// the CloudFront origin. A negative value means no heartbeats, but the comment that opens the
	// stream is still sent.
	// Default: DefaultHeartbeat.
	Heartbeat time.Duration
	// OpenedByEvent leaves out the comment that opens the stream. It is for handlers that send an event
	// at once: some clients treat the first bytes as an event, whatever they are.
	// Default: false.
	OpenedByEvent bool
}

// Writer writes a stream of events. It is safe for concurrent use.
type Writer struct {
	out   http.ResponseWriter
	flush func() error // nil once it is known not to be supported
	ctx   context.Context

	mu    sync.Mutex // held while writing, so a heartbeat is never inside an event
	frame bytes.Buffer
	json  *json.Encoder // into frame
	err   error         // of the first failure, after which an event may be half written

	heartbeat time.Duration
	timer     *time.Timer // nil without heartbeats
	last      time.Time   // when something was written
}

// NewWriter opens the stream. It sends the header, with status 200 unless another was written, and a
// comment, so that viewer and CloudFront see the stream at once. With Options.OpenedByEvent the first
// event does that. Do not call NewWriter for answers that are not a stream, such as an error, or the 204
// that stops a client from connecting again.
//
// It sets Content-Type, and Cache-Control to "no-store, no-transform" unless the handler set it. The
// first Send reports a failure.
//
// The handler must call Close before it returns, because nothing may write to the ResponseWriter after
// that.
func NewWriter(w http.ResponseWriter, r *http.Request, options Options) *Writer {
	w.Header().Set("Content-Type", "text/event-stream")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store, no-transform")
	}
	s := &Writer{
		out:       w,
		flush:     http.NewResponseController(w).Flush,
		ctx:       r.Context(),
		heartbeat: options.Heartbeat,
	}
	s.json = json.NewEncoder(&s.frame)
	s.json.SetEscapeHTML(false)
	if s.heartbeat == 0 {
		s.heartbeat = DefaultHeartbeat
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if !options.OpenedByEvent {
		_ = s.comment("") // kept in s.err
	}
	if s.heartbeat > 0 {
		// The timer starts only after it is stored, because beat uses it.
		s.timer = time.AfterFunc(math.MaxInt64, s.beat)
		s.timer.Reset(s.heartbeat)
	}
	return s
}

// LastEventID returns the ID of the last event that the client received before it lost its stream, or ""
// if this is its first request.
func LastEventID(r *http.Request) string { return r.Header.Get("Last-Event-ID") }

// Send writes an event and flushes it. It blocks while the viewer does not read.
//
// Send refuses an event that cannot be written, for example one with a line break in its name or with
// JSON that cannot be encoded; the stream continues. After any other error the stream has ended: the
// viewer is gone, or the request's context is canceled. The error wraps the cause.
//
// If the context ended by a deadline, or by a cause that is a deadline, Send still works and only
// heartbeats stop. Package streamhttp ends contexts that way while there is still time for a last event.
func (s *Writer) Send(event Event) error {
	if err := event.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.alive(); err != nil {
		return err
	}

	s.frame.Reset()
	s.frame.Write(event.appendHead(s.frame.AvailableBuffer()))
	switch {
	case event.JSON != nil:
		s.frame.WriteString("data: ")
		// It ends its output by LF and has none within it, not even of a json.RawMessage.
		if err := s.json.Encode(event.JSON); err != nil {
			return fmt.Errorf("sse: data of the event: %w", err)
		}
	case event.Data != "" || event.Name != "":
		s.frame.Write(appendLines(s.frame.AvailableBuffer(), "data: ", event.Data))
	}
	return s.write()
}

// Comment writes a comment, which clients ignore, and flushes it. Each CR, LF and CRLF in the text
// begins a new line of the comment. It returns the same errors as Send.
func (s *Writer) Comment(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.comment(text)
}

// Close ends the heartbeats, and waits for a write in progress. Later calls of Send and Comment return
// ErrClosed. Close does not end the response, which the handler does by returning.
func (s *Writer) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.err == nil {
		s.err = ErrClosed
	}
}

func (s *Writer) comment(text string) error {
	if err := s.alive(); err != nil {
		return err
	}
	s.frame.Reset()
	prefix := ": "
	if text == "" {
		prefix = ":"
	}
	s.frame.Write(appendLines(s.frame.AvailableBuffer(), prefix, text))
	return s.write()
}

func (s *Writer) alive() error {
	if s.err != nil || s.ctx.Err() == nil {
		return s.err
	}
	if cause := context.Cause(s.ctx); !errors.Is(cause, context.DeadlineExceeded) {
		s.err = fmt.Errorf("sse: the viewer is gone: %w", cause)
	}
	return s.err
}

// write ends the frame with an empty line and sends it in a single Write.
func (s *Writer) write() error {
	s.frame.WriteByte('\n')
	_, err := s.out.Write(s.frame.Bytes())
	if err == nil && s.flush != nil {
		// Without support for flushing the stream works as well as it can; asking each
		// time would make an error value for each event.
		if err = s.flush(); errors.Is(err, http.ErrNotSupported) {
			s.flush, err = nil, nil
		}
	}
	if err != nil {
		s.err = fmt.Errorf("sse: the viewer is gone: %w", err)
	}
	s.last = time.Now()
	return s.err
}

// beat runs when a heartbeat may be due, and sets the next time. Resetting the timer at every event
// would also be exact, but costs more than reading the clock.
func (s *Writer) beat() {
	if !s.mu.TryLock() {
		// Something is being written, perhaps to a viewer who does not read: another
		// heartbeat would only queue up behind it.
		s.timer.Reset(s.heartbeat)
		return
	}
	defer s.mu.Unlock()
	if s.err != nil || s.ctx.Err() != nil {
		return
	}
	silence := time.Since(s.last)
	if silence >= s.heartbeat {
		if s.comment("") != nil {
			return
		}
		silence = 0
	}
	s.timer.Reset(s.heartbeat - silence)
}
