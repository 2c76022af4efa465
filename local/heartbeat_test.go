package local_test

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/local"
)

// Documented (Amazon CloudFront Developer Guide, "Response timeout"): CloudFront drops the
// connection if the origin sends nothing for as long as the read timeout, in mid-stream
// too. Heartbeats of functions/streamhttp/sse carry a stream across a longer silence.
func TestHeartbeatsCarryAStreamAcrossTheReadTimeout(t *testing.T) {
	t.Parallel()
	const readTimeout = 2 * time.Second
	f := newFixture()
	origin := f.at("Resources", "Distribution", "Properties", "DistributionConfig", "Origins", 0, "CustomOriginConfig")
	origin["OriginReadTimeout"] = readTimeout.Seconds()
	chain := f.start(t, local.Options{})

	// begin reads up to the first event; the function says nothing of its own after it.
	begin := func(t *testing.T, heartbeat string) (*bufio.Reader, *gate) {
		gate := newGate(t)
		resp := open(t, "POST", chain.Distributions[0].URL+"/silent?heartbeat="+heartbeat, "", "X-Gate", gate.url)
		t.Cleanup(func() { resp.Body.Close() })
		lines := bufio.NewReader(resp.Body)
		for _, want := range []string{":\n", "\n", "data: first\n", "\n"} {
			if line, err := lines.ReadString('\n'); line != want || err != nil {
				t.Fatalf("line = %q, %v, want %q", line, err, want)
			}
		}
		gate.await("/first")
		return lines, gate
	}

	t.Run("with", func(t *testing.T) {
		t.Parallel()
		lines, gate := begin(t, "200ms")
		for silent := time.Now(); time.Since(silent) < 2*readTimeout; {
			if line, err := lines.ReadString('\n'); err != nil || line != ":\n" && line != "\n" {
				t.Fatalf("after %v of silence: %q, %v, want heartbeats", time.Since(silent), line, err)
			}
		}
		gate.release("/first")
		rest, err := io.ReadAll(lines)
		if events := strings.TrimLeft(string(rest), ":\n"); events != "data: last\n\n" || err != nil {
			t.Errorf("after the silence: %q, %v, want the last event and a clean end", rest, err)
		}
	})
	t.Run("without", func(t *testing.T) {
		t.Parallel()
		lines, gate := begin(t, "-1s")
		if rest, err := io.ReadAll(lines); err == nil || len(rest) > 0 {
			t.Errorf("after the read timeout: %q, %v, want the stream cut", rest, err)
		}
		gate.release("/first")
	})
}
