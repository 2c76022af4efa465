package local_test

import (
	"io"
	"testing"
	"time"

	"github.com/streamfront/streamfront/local"
)

// Any caller can send CloudFront's own headers. Who calls a function URL directly has a
// trace of his own, whatever he says.
func TestADirectCallerJoinsNoTrace(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 10)
	chain := newFixture().start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	gate := newGate(t)
	running := open(t, "GET", chain.URL()+"/gate", "X-Gate", gate.url)
	defer running.Body.Close()
	gate.await("/first")
	id := running.Header.Get("X-Amz-Cf-Id")

	direct, _ := send(t, "GET", chain.FunctionURLs()[0].URL+"/mine", "", "X-Amz-Cf-Id", id, "Via", "1.1 x.cloudfront.net (CloudFront)")
	if direct.StatusCode != 403 {
		t.Errorf("direct call = %d, want 403", direct.StatusCode)
	}
	gate.release("/first")
	gate.open("/last")
	if _, err := io.ReadAll(running.Body); err != nil {
		t.Error(err)
	}
	for range 2 {
		select {
		case tr := <-traces:
			hops := len(tr.Hops)
			if tr.Target == "/mine" && (tr.ID == id || tr.Status != 403 || hops != 1) || tr.Target == "/gate" && (tr.ID != id || tr.Status != 200 || hops != 6) {
				t.Errorf("trace = %+v", tr)
			}
		case <-time.After(patience):
			t.Fatal("there are no two traces")
		}
	}
}
