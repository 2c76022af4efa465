//go:build !windows

package terminal

// understandsEscapes reports whether the terminal follows escape sequences.
func understandsEscapes(uintptr) bool { return true }
