package s3

import (
	"strings"
	"testing"
)

// A function that puts an object for each of its events, and passes on the trace ID as AWS's SDKs
// do, is stopped after 16 rounds.
func TestALoopIsStopped(t *testing.T) {
	t.Parallel()
	traceID, rounds := "", 0
	for loops := false; !loops; rounds++ {
		before := traceID
		if traceID, loops = follow(traceID); before != "" && root(traceID) != root(before) {
			t.Fatalf("after %q comes %q, want the same root", before, traceID)
		}
		if rounds > 2*maxRounds {
			t.Fatal("it is not stopped")
		}
	}
	if rounds-1 != maxRounds {
		t.Errorf("%d invocations, want %d", rounds-1, maxRounds)
	}
	for _, other := range []string{"", "Root=1-a", "Lineage=99:local:0", "Root=1-a;Lineage=x", "Self=1;;=", "Root=1-a;Lineage=-1:a:0"} {
		if traceID, loops := follow(other); loops || !strings.HasPrefix(traceID, "Root=1-") {
			t.Errorf("after %q: %q, %t, want an ID and no loop", other, traceID, loops)
		}
	}
}

func root(traceID string) string {
	first, _, _ := strings.Cut(traceID, ";")
	return first
}
