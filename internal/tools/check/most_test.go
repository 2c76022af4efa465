//go:build !race

package check_test

// most is how often one and the same mutant is tried, in several fixtures or at several places.
const most = 4
