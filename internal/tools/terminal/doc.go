// Package terminal writes for people: coloured and wrapped on a terminal, plain elsewhere.
//
//	io := terminal.New(os.Stdout, os.Stderr, os.Getenv)
//	progress := io.Progress("building")
//	...
//	progress.Done()
//	fmt.Fprintln(io.Out, io.Out.Paint("403", terminal.Red, terminal.Bold))
//
// Colour and width belong to a stream, not to the process: one of the two may be a pipe.
package terminal
