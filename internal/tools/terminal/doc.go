// Package terminal formats output for people: with colour and line wrapping on a terminal, plain
// elsewhere.
//
//	io := terminal.New(os.Stdout, os.Stderr, os.Getenv)
//	progress := io.Progress("building")
//	...
//	progress.Done()
//	fmt.Fprintln(io.Out, io.Out.Paint("403", terminal.Red, terminal.Bold))
//
// Colour and width belong to a stream, not to the process: one of the two streams may be a pipe.
package terminal
