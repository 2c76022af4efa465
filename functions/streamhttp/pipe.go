package streamhttp

import (
	"context"
	"io"
	"sync"
)

// pipeSize is what the runtime client reads at once.
const pipeSize = 32 << 10

// pipe is an io.Pipe with a buffer. The writer need not wait for the reader to send what
// it wrote last, which saves two switches of goroutines per write; and what piles up
// while the reader sends goes out as one chunk.
type pipe struct {
	mu       sync.Mutex
	readable sync.Cond
	writable sync.Cond
	buffer   []byte // written, at most pipeSize; of the pool, nil before and after
	start    int    // of these, read
	end      error  // for the reader, once it has read all; io.EOF or a failure
	closed   bool   // by the reader

	ctx     context.Context // a writer does not wait beyond its end
	unwatch func() bool     // nil until a writer has waited
}

// buffers are kept from one invocation to the next, of which there is one at a time.
var buffers = sync.Pool{New: func() any { return new([pipeSize]byte) }}

func (p *pipe) init(ctx context.Context) {
	p.ctx = ctx
	p.readable.L = &p.mu
	p.writable.L = &p.mu
}

// writePipe waits while the buffer is full, but not after the context has ended. What the
// buffer has room for is taken even then: a handler may have a last word.
func writePipe[T []byte | string](p *pipe, data T) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	written := 0
	for written < len(data) {
		for len(p.buffer) == pipeSize && !p.closed && p.end == nil && p.ctx.Err() == nil {
			p.watch()
			p.writable.Wait()
		}
		switch {
		case p.closed || p.end != nil:
			return written, io.ErrClosedPipe
		case len(p.buffer) == pipeSize:
			return written, context.Cause(p.ctx)
		}
		if p.buffer == nil {
			p.buffer = buffers.Get().(*[pipeSize]byte)[:0]
		}
		n := min(len(data)-written, pipeSize-len(p.buffer))
		p.buffer = append(p.buffer, data[written:written+n]...)
		written += n
		p.readable.Signal()
	}
	return written, nil
}

// watch wakes the writer when the context ends. Few writers ever wait, so it begins with the
// first wait.
func (p *pipe) watch() {
	if p.unwatch == nil {
		p.unwatch = context.AfterFunc(p.ctx, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.writable.Broadcast()
		})
	}
}

func (p *pipe) Read(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.start == len(p.buffer) {
		if p.closed {
			return 0, io.ErrClosedPipe
		}
		if p.end != nil {
			p.release()
			return 0, p.end
		}
		p.readable.Wait()
	}
	n := copy(data, p.buffer[p.start:])
	p.start += n
	if p.start == len(p.buffer) {
		p.buffer, p.start = p.buffer[:0], 0
		p.writable.Signal()
	}
	return n, nil
}

// closeWrite lets the reader end with err, or with io.EOF if it is nil.
func (p *pipe) closeWrite(err error) {
	if err == nil {
		err = io.EOF
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unwatch != nil {
		p.unwatch()
	}
	p.end = err
	p.readable.Signal()
	p.writable.Broadcast()
}

func (p *pipe) closeRead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.release()
	p.readable.Signal()
	p.writable.Broadcast()
}

func (p *pipe) release() {
	if p.buffer != nil {
		buffers.Put((*[pipeSize]byte)(p.buffer[:pipeSize]))
		p.buffer, p.start = nil, 0
	}
}
