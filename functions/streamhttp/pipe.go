package streamhttp

import (
	"context"
	"io"
	"sync"
)

// pipeSize is the number of bytes that the runtime client reads at once.
const pipeSize = 32 << 10

// pipe is an io.Pipe with a buffer. The writer need not wait until the reader has sent the last write,
// which saves two goroutine switches per write. Writes that accumulate while the reader sends are sent
// as one chunk.
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

// buffers are kept between invocations. There is one invocation at a time.
var buffers = sync.Pool{New: func() any { return new([pipeSize]byte) }}

func (p *pipe) init(ctx context.Context) {
	p.ctx = ctx
	p.readable.L = &p.mu
	p.writable.L = &p.mu
}

// writePipe waits while the buffer is full, until the context ends. It still accepts what fits in the
// buffer after that, so that a handler can send a last event.
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

// watch wakes the writer when the context ends. Few writers ever wait, so it starts with the first
// wait.
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

// closeWrite makes the reader end with err, or with io.EOF if err is nil.
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
