package trace

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// A Meter is a response writer that notes the status and, with details, sizes and the
// first byte. Who opened the recording has one.
type Meter struct {
	http.ResponseWriter
	recording *Recording
	status    int
	sent      int64
	first     time.Time    // byte of the body, or the head
	received  atomic.Int64 // a body may be read on when the request is answered
}

// Meter measures the answer that goes to w and, with details, the body of r.
func (rec *Recording) Meter(w http.ResponseWriter, r *http.Request) *Meter {
	m := &Meter{ResponseWriter: w, recording: rec}
	if rec.Detailed() && r.Body != nil && r.Body != http.NoBody {
		r.Body = &metered{r.Body, &m.received}
	}
	return m
}

// WriteHeader notes the status.
func (m *Meter) WriteHeader(status int) {
	m.status = status
	if m.recording.Detailed() {
		m.first = time.Now()
	}
	m.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (m *Meter) Write(p []byte) (int, error) {
	if m.sent == 0 && m.recording.Detailed() {
		m.first = time.Now()
	}
	n, err := m.ResponseWriter.Write(p)
	m.sent += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush.
func (m *Meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// Done ends the measuring: the answer is out, or it broke off.
func (m *Meter) Done() {
	rec := m.recording
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	r := &rec.request
	r.Status = m.status
	if !rec.Detailed() {
		return
	}
	r.Sent, r.Received = m.sent, m.received.Load()
	if !m.first.IsZero() {
		r.FirstByte = m.first.Sub(r.Start)
	}
}

type metered struct {
	io.ReadCloser
	count *atomic.Int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.count.Add(int64(n))
	return n, err
}
