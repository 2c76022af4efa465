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
	// Recorder.Running looks at these while the request runs.
	status         atomic.Int64
	sent, received atomic.Int64
	first          atomic.Int64 // byte of the body, or the head: nanoseconds after the start
}

// Meter measures the answer that goes to w and, with details, the body of r.
func (rec *Recording) Meter(w http.ResponseWriter, r *http.Request) *Meter {
	m := &Meter{ResponseWriter: w, recording: rec}
	rec.recorder.mu.Lock()
	rec.meter = m
	rec.recorder.mu.Unlock()
	if rec.Detailed() && r.Body != nil && r.Body != http.NoBody {
		r.Body = &metered{r.Body, &m.received}
	}
	return m
}

// WriteHeader notes the status.
func (m *Meter) WriteHeader(status int) {
	m.status.Store(int64(status))
	m.began()
	m.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (m *Meter) Write(p []byte) (int, error) {
	if m.sent.Load() == 0 {
		m.began()
	}
	n, err := m.ResponseWriter.Write(p)
	m.sent.Add(int64(n))
	return n, err
}

func (m *Meter) began() {
	if m.recording.Detailed() {
		m.first.Store(int64(time.Since(m.recording.start)))
	}
}

// Unwrap lets http.ResponseController flush.
func (m *Meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// Done ends the measuring: the answer is out, or it broke off.
func (m *Meter) Done() {
	m.recording.recorder.mu.Lock()
	defer m.recording.recorder.mu.Unlock()
	m.measure(&m.recording.request)
}

// measure notes in r what was measured so far.
func (m *Meter) measure(r *Request) {
	r.Status = int(m.status.Load())
	if m.recording.Detailed() {
		r.Sent, r.Received, r.FirstByte = m.sent.Load(), m.received.Load(), time.Duration(m.first.Load())
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
