//go:build !race

package check_test

// racing reports whether the race detector watches, which makes each mutant ten times slower.
const racing = false
