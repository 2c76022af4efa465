package lambda

import (
	"bytes"
	"io"
	"sync"
)

// maxLogLine is how much of a line is held back until its end comes. What is longer goes out
// in pieces of this size, so that a process which never ends its line takes no memory.
const maxLogLine = 256 << 10

// A Log is where all functions of a chain print. Many processes do so at the same time: the
// writer behind it gets whole lines, one call at a time.
type Log struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLog returns a log that writes to w, which need not be safe for concurrent use.
func NewLog(w io.Writer) *Log { return &Log{w: w} }

// Open returns a writer for one process that is not an environment of a function. Close writes
// the line that it did not end.
func (l *Log) Open() io.WriteCloser { return l.open() }

// open returns the writer of one process. A nil log takes everything and keeps nothing.
func (l *Log) open() *processLog { return &processLog{log: l} }

// Write writes whole lines. It does not fail: that nobody takes what a function prints is not
// the function's failure, which would end with a broken pipe.
func (l *Log) Write(p []byte) (int, error) {
	if l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, _ = l.w.Write(p)
	}
	return len(p), nil
}

// A processLog collects what one process prints until its lines are whole. One goroutine
// writes at a time, as package exec has it for a writer of both output and error output.
type processLog struct {
	log  *Log
	rest []byte // the beginning of a line
}

func (p *processLog) Write(data []byte) (int, error) {
	p.rest = append(p.rest, data...)
	if end := bytes.LastIndexByte(p.rest, '\n') + 1; end > 0 {
		_, _ = p.log.Write(p.rest[:end])
		p.rest = append(p.rest[:0], p.rest[end:]...)
	}
	for len(p.rest) >= maxLogLine {
		_, _ = p.log.Write(append(p.rest[:maxLogLine:maxLogLine], '\n'))
		p.rest = append(p.rest[:0], p.rest[maxLogLine:]...)
	}
	return len(data), nil
}

// Close writes the line that the process did not end.
func (p *processLog) Close() error {
	p.close()
	return nil
}

// close writes the line that the process did not end.
func (p *processLog) close() {
	if len(p.rest) > 0 {
		_, _ = p.log.Write(append(p.rest, '\n'))
		p.rest = nil
	}
}
