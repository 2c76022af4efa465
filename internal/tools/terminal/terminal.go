package terminal

import (
	"bytes"
	"io"
	"strconv"
	"sync"

	"golang.org/x/term"
)

// IO is where a command writes. Its streams and its progress lines may be used at the same
// time, by several goroutines.
type IO struct {
	Out *Stream // what was asked for
	Err *Stream // what is said about it: notes, progress, errors

	mu       sync.Mutex // of all writes, since both streams may be the same terminal
	progress *Progress  // the one that shows; nil: none
}

// New returns the IO of a command. getenv reads the environment, as os.Getenv does: NO_COLOR
// and TERM=dumb turn colours off, CLICOLOR_FORCE and FORCE_COLOR turn them on where there is
// no terminal, and COLUMNS is the width. NO_COLOR wins (https://no-color.org).
func New(stdout, stderr io.Writer, getenv func(string) string) *IO {
	t := &IO{}
	t.Out = newStream(t, stdout, getenv)
	t.Err = newStream(t, stderr, getenv)
	return t
}

// A Stream is standard output or standard error. It is an io.Writer: what one Write is given
// stays together.
type Stream struct {
	io       *IO
	w        io.Writer
	terminal bool
	dumb     bool
	color    bool
	columns  int                // from COLUMNS; 0: not set
	size     func() (int, bool) // of the terminal
	midLine  bool               // the last write ended within a line
}

func newStream(t *IO, w io.Writer, getenv func(string) string) *Stream {
	s := &Stream{io: t, w: w, dumb: getenv("TERM") == "dumb", size: func() (int, bool) { return 0, false }}
	if file, ok := w.(interface{ Fd() uintptr }); ok && term.IsTerminal(int(file.Fd())) {
		s.terminal = true
		s.dumb = s.dumb || !understandsEscapes(file.Fd())
		s.size = func() (int, bool) {
			width, _, err := term.GetSize(int(file.Fd()))
			return width, err == nil && width > 0
		}
	}
	if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
		s.columns = columns
	}
	switch {
	case getenv("NO_COLOR") != "":
	case forced(getenv("CLICOLOR_FORCE")) || forced(getenv("FORCE_COLOR")):
		s.color = true
	default:
		s.color = s.terminal && !s.dumb
	}
	return s
}

func forced(value string) bool { return value != "" && value != "0" && value != "false" }

// Terminal reports whether a person is likely to look at the stream as it is written.
func (s *Stream) Terminal() bool { return s.terminal }

// Color reports whether Paint paints.
func (s *Stream) Color() bool { return s.color }

// Width is how many columns a line may take: COLUMNS if it is set, else the width of the
// terminal, else 80 on a terminal of unknown size. 0 means that lines are not to be wrapped,
// since what reads a file or a pipe wants them whole.
func (s *Stream) Width() int {
	if s.columns > 0 {
		return s.columns
	}
	if !s.terminal {
		return 0
	}
	if width, ok := s.size(); ok {
		return width
	}
	return 80
}

// Write writes p at once, above a line of progress if one shows. What would act on a terminal
// is escaped, wherever it comes from: see Escape.
func (s *Stream) Write(p []byte) (int, error) {
	s.io.mu.Lock()
	defer s.io.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	s.io.progress.erase()
	_, err := io.WriteString(s.w, escape(string(p), true))
	s.midLine = !bytes.HasSuffix(p, []byte("\n"))
	s.io.progress.draw()
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
