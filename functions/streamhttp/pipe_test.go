package streamhttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

func newPipe() *pipe {
	p := new(pipe)
	p.init(context.Background())
	return p
}

func TestPipeKeepsOrder(t *testing.T) {
	var want bytes.Buffer
	for i := range 300 {
		want.Write(bytes.Repeat([]byte{byte(i)}, i*7)) // 300 KiB, up to 2 KiB a piece
	}
	for name, size := range map[string]int{"as the runtime client": 32 << 10, "small": 100, "byte by byte": 1} {
		t.Run(name, func(t *testing.T) {
			p := newPipe()
			go func() {
				for i := range 300 {
					_, _ = writePipe(p, bytes.Repeat([]byte{byte(i)}, i*7))
				}
				p.closeWrite(nil)
			}()
			var got bytes.Buffer
			if _, err := io.CopyBuffer(&got, struct{ io.Reader }{p}, make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%d bytes read differ from the %d written", got.Len(), want.Len())
			}
		})
	}
}

// A writer that is ahead of the reader waits.
func TestPipeIsBounded(t *testing.T) {
	p := newPipe()
	if n, err := writePipe(p, strings.Repeat("x", pipeSize)); n != pipeSize || err != nil {
		t.Fatalf("write = %d, %v", n, err)
	}
	written := make(chan struct{})
	go func() {
		_, _ = writePipe(p, "y")
		close(written)
	}()
	buffer := make([]byte, pipeSize-1)
	if _, err := io.ReadFull(p, buffer); err != nil {
		t.Fatal(err)
	}
	select {
	case <-written:
		t.Fatal("the buffer takes more than its size")
	default: // one byte is still unread
	}
	if _, err := io.ReadFull(p, buffer[:2]); err != nil || string(buffer[:2]) != "xy" {
		t.Fatalf("the rest = %q, %v, want xy", buffer[:2], err)
	}
	<-written
}

func TestPipeClosed(t *testing.T) {
	broken := errors.New("broken")
	t.Run("by the writer", func(t *testing.T) {
		p := newPipe()
		_, _ = writePipe(p, "rest")
		p.closeWrite(broken)
		if data, err := io.ReadAll(p); string(data) != "rest" || !errors.Is(err, broken) {
			t.Errorf("read %q, %v, want the rest, then the error", data, err)
		}
		if _, err := writePipe(p, "late"); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("late write: %v, want %v", err, io.ErrClosedPipe)
		}
	})
	t.Run("by the reader, with the writer waiting", func(t *testing.T) {
		p := newPipe()
		failed := make(chan error)
		go func() {
			_, err := writePipe(p, strings.Repeat("x", 2*pipeSize))
			failed <- err
		}()
		if _, err := p.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		p.closeRead()
		if err := <-failed; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write: %v, want %v", err, io.ErrClosedPipe)
		}
	})
}

// A reader that has stopped reading must not hold a handler beyond its time.
func TestPipeEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("time is over")
	p := new(pipe)
	p.init(ctx)
	type result struct {
		n   int
		err error
	}
	written := make(chan result)
	go func() {
		n, err := writePipe(p, strings.Repeat("x", pipeSize+5))
		written <- result{n, err}
	}()
	// The writer waits: it has begun to watch the context, and holds the lock no more.
	for waiting := false; !waiting; runtime.Gosched() {
		p.mu.Lock()
		waiting = p.unwatch != nil
		p.mu.Unlock()
	}
	cancel(over)
	if got := <-written; got.n != pipeSize || !errors.Is(got.err, over) {
		t.Errorf("write = %d, %v, want %d and the cause of the context's end", got.n, got.err, pipeSize)
	}
	if n, err := writePipe(p, "y"); n != 0 || !errors.Is(err, over) {
		t.Errorf("write into a full buffer = %d, %v", n, err)
	}
	if _, err := io.ReadFull(p, make([]byte, pipeSize)); err != nil {
		t.Fatal(err)
	}
	if n, err := writePipe(p, "bye"); n != 3 || err != nil {
		t.Errorf("a last word that there is room for = %d, %v", n, err)
	}
	p.closeWrite(nil)
	if rest, err := io.ReadAll(p); string(rest) != "bye" || err != nil {
		t.Errorf("rest = %q, %v", rest, err)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	w := newResponseWriter(t.Context(), func() {}, "GET")
	w.Header().Set("Content-Type", "text/event-stream")
	body := w.response
	event, text, buffer := []byte("data: 1\n\n"), "data: 2\n\n", make([]byte, 1024)
	w.Flush()
	reader := body().Body
	if got := testing.AllocsPerRun(1000, func() {
		_, _ = w.Write(event)
		_, _ = w.WriteString(text)
		w.Flush()
		_, _ = reader.Read(buffer)
	}); got != 0 {
		t.Errorf("%v allocations per event, want 0", got)
	}
}
