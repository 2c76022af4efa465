// Package explain lists the known causes that fit a failing answer, the most likely first, and
// what distinguishes them.
//
// An Answer is parsed from pasted text (Parse) or received for a request (Client). It shows who
// answered: the function URL, CloudFront, an edge function or the application. That decides which
// causes are possible (Explain). If several causes give the same answer, further requests can
// decide (Client.Probe).
//
// The command of the same name and smoke import it; no service does.
package explain
