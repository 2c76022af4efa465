package terminal

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	type step func(*IO, *Progress)
	wait := func(d time.Duration) step {
		return func(*IO, *Progress) { time.Sleep(d); synctest.Wait() }
	}
	print := func(text string) step {
		return func(io *IO, _ *Progress) { fmt.Fprint(io.Out, text) }
	}
	update := func(text string) step {
		return func(_ *IO, p *Progress) { p.Update(text) }
	}
	const erase = "\r\x1b[K"
	plain := map[string]string{"NO_COLOR": "1"}
	for name, test := range map[string]struct {
		width int
		env   map[string]string
		steps []step
		want  string
	}{
		"short work":                {80, plain, []step{wait(1900 * time.Millisecond)}, ""},
		"short work in a pipe":      {0, plain, []step{wait(1900 * time.Millisecond)}, ""},
		"long work":                 {80, plain, []step{wait(3500 * time.Millisecond)}, "building  2s" + erase + "building  3s" + erase},
		"long work in a pipe":       {0, plain, []step{wait(9 * time.Second), print("out\n")}, "building ...\nout\nbuilding: took 9s\n"},
		"on a dumb terminal":        {80, map[string]string{"TERM": "dumb"}, []step{wait(3 * time.Second)}, "building ...\nbuilding: took 3s\n"},
		"in colour":                 {80, nil, []step{wait(2 * time.Second)}, "\x1b[2mbuilding  2s\x1b[0m" + erase},
		"output goes above":         {80, plain, []step{wait(2 * time.Second), print("out\n")}, "building  2s" + erase + "out\nbuilding  2s" + erase},
		"a line that was begun":     {80, plain, []step{wait(2 * time.Second), print("a"), wait(5 * time.Second), print("b\n")}, "building  2s" + erase + "ab\nbuilding  7s" + erase},
		"another text":              {80, plain, []step{wait(2 * time.Second), update("linking")}, "building  2s" + erase + "linking  2s" + erase},
		"another text, earlier":     {80, plain, []step{update("linking"), wait(2 * time.Second)}, "linking  2s" + erase},
		"no wider than the screen":  {9, plain, []step{wait(2 * time.Second)}, "buildin…" + erase},
		"output without a progress": {80, plain, []step{print("out\n")}, "out\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				io, screen := fake(test.width, test.env)
				p := io.Progress("building")
				for _, step := range test.steps {
					step(io, p)
				}
				p.Done()
				p.Done() // as a deferred call does after an early one
				if got := screen.String(); got != test.want {
					t.Errorf("printed %q, want %q", got, test.want)
				}
			})
		})
	}
}

// A program in a program: the inner one shows nothing, and does not disturb the outer one.
func TestSecondProgressShowsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		io, screen := fake(0, nil)
		outer := io.Progress("outer")
		time.Sleep(3 * time.Second)
		inner := io.Progress("inner")
		time.Sleep(3 * time.Second)
		inner.Done()
		outer.Done()
		if got, want := screen.String(), "outer ...\nouter: took 6s\n"; got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
	})
}

// Lines of several writers stay whole while the progress is drawn among them.
func TestConcurrentOutput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		io, screen := fake(80, map[string]string{"NO_COLOR": "1"})
		p := io.Progress("building")
		done := make(chan struct{})
		for i := range 4 {
			go func() {
				for n := range 50 {
					fmt.Fprintf([]*Stream{io.Out, io.Err}[i%2], "line %d of %d\n", n, i)
					time.Sleep(time.Duration(i+1) * 30 * time.Millisecond)
				}
				done <- struct{}{}
			}()
		}
		for range 4 {
			<-done
		}
		p.Done()
		lines := 0
		for line := range strings.Lines(screen.String()) {
			if at := strings.LastIndex(line, "\x1b[K"); at >= 0 {
				line = line[at+len("\x1b[K"):]
			}
			if line == "" {
				continue // the progress was taken away last
			}
			var n, i int
			if _, err := fmt.Sscanf(line, "line %d of %d\n", &n, &i); err != nil {
				t.Fatalf("%q among the output: %v", line, err)
			}
			lines++
		}
		if lines != 200 {
			t.Errorf("%d lines, want 200", lines)
		}
	})
}
