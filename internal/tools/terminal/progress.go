package terminal

import (
	"fmt"
	"io"
	"time"
)

// patience is how long work may take before anything is said about it.
const patience = 2 * time.Second

// A Progress says on standard error what takes so long. On a terminal that is a line which
// goes away again; elsewhere a line when it has taken two seconds, and one when it is done.
// Work that is done earlier leaves no trace.
type Progress struct {
	io      *IO
	started time.Time
	done    chan struct{} // closed by Done
	ended   chan struct{} // closed when nothing more is written

	// What follows is guarded by io.mu.
	text  string
	shown bool // the plain line has been written
	drawn bool // the line is on the terminal
}

// Progress begins to watch over work, named as what is being done: "building functions".
// There is one at a time; a second one shows nothing. Done must be called.
func (t *IO) Progress(text string) *Progress {
	p := &Progress{io: t, text: text, started: time.Now(), done: make(chan struct{}), ended: make(chan struct{})}
	go p.watch()
	return p
}

// Update says what is being done now.
func (p *Progress) Update(text string) {
	p.io.mu.Lock()
	defer p.io.mu.Unlock()
	p.text = text
	if p.io.progress == p {
		p.erase()
		p.draw()
	}
}

// Done ends the progress, and takes its line away. It may be called again.
func (p *Progress) Done() {
	p.io.mu.Lock()
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	p.io.mu.Unlock()
	<-p.ended
}

func (p *Progress) watch() {
	defer close(p.ended)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return
	case <-timer.C:
	}
	if !p.begin() {
		return
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-p.done:
			p.end()
			return
		case <-second.C:
			p.io.mu.Lock()
			p.erase()
			p.draw()
			p.io.mu.Unlock()
		}
	}
}

// begin shows the progress for the first time, if no other shows.
func (p *Progress) begin() bool {
	p.io.mu.Lock()
	defer p.io.mu.Unlock()
	if p.io.progress != nil {
		return false
	}
	p.io.progress = p
	if !p.moves() {
		p.print(fmt.Sprintf("%s ...\n", p.text))
		p.shown = true
	}
	p.draw()
	return true
}

func (p *Progress) end() {
	p.io.mu.Lock()
	defer p.io.mu.Unlock()
	p.erase()
	p.io.progress = nil
	if p.shown {
		p.print(fmt.Sprintf("%s: took %s\n", p.text, time.Since(p.started).Round(time.Second)))
	}
}

// moves reports whether the line can be taken away again.
func (p *Progress) moves() bool { return p.io.Err.terminal && !p.io.Err.dumb }

// draw and erase are called with io.mu held, on nil where no progress shows. A line that
// somebody has begun on either stream is left alone: it may be on the same terminal.
func (p *Progress) draw() {
	if p == nil || !p.moves() || p.drawn || p.io.Out.midLine || p.io.Err.midLine {
		return
	}
	took := time.Since(p.started).Truncate(time.Second)
	line := truncate(fmt.Sprintf("%s  %s", Escape(p.text), took), p.io.Err.Width()-1)
	p.print(p.io.Err.Paint(line, Dim))
	p.drawn = true
}

func (p *Progress) erase() {
	if p == nil || !p.drawn {
		return
	}
	fmt.Fprint(p.io.Err.w, "\r\x1b[K")
	p.drawn = false
}

// print writes text as a Stream does, with io.mu held.
func (p *Progress) print(text string) { _, _ = io.WriteString(p.io.Err.w, escape(text, true)) }
