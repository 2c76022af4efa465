// Package explain says which known causes fit a failing answer, in the order of how likely
// they are, and what distinguishes them.
//
// An Answer comes from a paste (Parse) or from a request that is sent for it (Client). What
// the answer shows of who gave it, the function URL, CloudFront, an edge function or the
// application, decides which causes can be (Explain). Where answers are the same for
// several causes, more requests can decide (Client.Probe).
//
// The command of the same name and smoke import it; no service does.
package explain
