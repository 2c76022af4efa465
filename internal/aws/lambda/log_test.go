package lambda

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Many processes print at once, to a writer that knows nothing of it: the race detector sees
// who writes beside another, and every line arrives as it was printed, the last ones too.
func TestProcessesPrintWholeLinesToOneLog(t *testing.T) {
	t.Parallel()
	const processes = 8
	var printed bytes.Buffer
	log := NewLog(&printed)
	var started sync.WaitGroup
	for i := range processes {
		f := newFunction(t, func(c *Config) {
			c.Command = []string{"sh", "-c", fmt.Sprintf("printf 'begin-%[1]d '; echo 'end-%[1]d'; echo 'err-%[1]d' >&2; printf 'last-%[1]d'; exit 1", i)}
			c.Log = log
		})
		started.Go(func() {
			if _, err := invoke(bounded(t), f, instruction{}); err == nil {
				t.Error("Invoke succeeded, want an error")
			}
			f.Close()
		})
	}
	started.Wait()
	got := strings.Split(strings.TrimSuffix(printed.String(), "\n"), "\n")
	for i := range processes {
		for _, line := range []string{"begin-%[1]d end-%[1]d", "err-%[1]d", "last-%[1]d"} {
			if line := fmt.Sprintf(line, i); !slices.Contains(got, line) {
				t.Errorf("there is no line %q in the log:\n%s", line, printed.String())
			}
		}
	}
}

func TestLog(t *testing.T) {
	var writes []string
	log := NewLog(writerFunc(func(p []byte) (int, error) {
		writes = append(writes, string(p))
		return 0, errors.New("the disk is full") // which no function must notice
	}))
	one, two := log.open(), log.open()
	for _, step := range []struct {
		who  *processLog
		text string
	}{{one, "a"}, {two, "x\ny"}, {one, "b\nc\nd"}, {two, "z"}, {one, strings.Repeat("e", 2*maxLogLine)}} {
		if n, err := step.who.Write([]byte(step.text)); n != len(step.text) || err != nil {
			t.Errorf("Write(%.9q) = %d, %v", step.text, n, err)
		}
	}
	two.close()
	one.close()
	one.close()
	long := strings.Repeat("e", maxLogLine)
	want := []string{"x\n", "ab\nc\n", "d" + long[1:] + "\n", long + "\n", "yz\n", "e\n"}
	if !slices.Equal(writes, want) {
		t.Errorf("wrote %.9q, want %.9q", writes, want)
	}

	var none *Log
	if p := none.open(); true {
		if n, err := p.Write([]byte("a\nb")); n != 3 || err != nil {
			t.Errorf("Write to no log = %d, %v", n, err)
		}
		p.close()
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
