//go:build race

package check_test

// The race detector makes each mutant ten times slower, and nothing in it runs side by side.
const most = 1
