package managed_test

import (
	"fmt"
	"io"
	"testing"
)

// What a buffered invocation costs beyond the handler's own work.
func BenchmarkInvoke(b *testing.B) {
	f := newFunction(b, "node", "node", "nodejs22.x", "buffered.nothing", io.Discard)
	for i := range 100 {
		if _, _, err := invoke(b, f, fmt.Sprint("warm-", i), "{}"); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		n++
		if _, _, err := invoke(b, f, fmt.Sprint("request-", n), "{}"); err != nil {
			b.Fatal(err)
		}
	}
}
