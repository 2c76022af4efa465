package local_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// With details, each hop says what it made of the head, from the viewer to the function and
// back, and no credential is readable.
func TestTraceDetails(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 1)
	chain := newFixture().start(t, local.Options{TraceDetails: true, Trace: func(tr local.Trace) { traces <- tr }})
	_, body := send(t, "POST", chain.URL()+"/x?y", "hello", "Authorization", "Bearer secret", "Cookie", "a=secret", "X-Api-Key", "secret")

	tr := testclient.Receive(t, "the trace", traces)
	if tr.Received != 5 || tr.Sent != int64(len(body)) || tr.FirstByte <= 0 || tr.FirstByte > tr.Took {
		t.Errorf("received %d, sent %d bytes, first byte after %s of %s; want 5, %d and a time in between", tr.Received, tr.Sent, tr.FirstByte, tr.Took, len(body))
	}
	hops := map[string]local.Hop{}
	for i, hop := range tr.Hops {
		hops[hop.Name] = hop
		if i > 0 && hop.Began < tr.Hops[i-1].Began {
			t.Errorf("hop %s began after %s, earlier than the one before", hop.Name, hop.Began)
		}
		for _, head := range []*local.Head{hop.Before, hop.After} {
			if head == nil {
				continue
			}
			for name, values := range head.Header {
				if strings.Contains(strings.Join(values, " "), "secret") {
					t.Errorf("hop %s shows %s: %s", hop.Name, name, values)
				}
			}
		}
	}
	for _, test := range []struct{ hop, header, before, after string }{
		{"viewer function", "X-Forwarded-Host", "", strings.TrimPrefix(chain.URL(), "http://")},
		{"forwarding", "Host", strings.TrimPrefix(chain.URL(), "http://"), chain.FunctionURLs()[0].DomainName},
		{"edge function", "X-Forwarded-Authorization", "", "Bearer (6 bytes, sha256 2bb80d53)"},
		{"edge function", "Authorization", "Bearer (6 bytes, sha256 2bb80d53)", ""},
		{"oac", "X-Amz-Source-Arn", "", "arn:aws:cloudfront::111122223333:distribution/"},
		{"function url", "X-Forwarded-Proto", "", "https"},
		{"function", "X-Amzn-Requestid", "", "-"},
		{"response", "X-Cache", "", "Miss from cloudfront"},
	} {
		hop, ok := hops[test.hop]
		if !ok || hop.Before == nil || hop.After == nil {
			t.Errorf("hop %s = %+v, want it with heads", test.hop, hop)
			continue
		}
		before, after := hop.Before.Header.Get(test.header), hop.After.Header.Get(test.header)
		if before != test.before || !strings.Contains(after, test.after) || (after == "") != (test.after == "") {
			t.Errorf("%s: %s was %q and is %q, want %q and %q", test.hop, test.header, before, after, test.before, test.after)
		}
	}
	if !strings.HasPrefix(hops["oac"].Canonical, "POST\n/x\ny=\nhost:") {
		t.Errorf("the canonical request of the oac is %q", hops["oac"].Canonical)
	}
	if hops["function"].After.Status != 200 {
		t.Errorf("the function's response = %+v, want status 200", hops["function"].After)
	}
}

// Without them, nothing of that is there.
func TestTraceWithoutDetails(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 1)
	chain := newFixture().start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	send(t, "POST", chain.URL()+"/", "hello")
	tr := testclient.Receive(t, "the trace", traces)
	if tr.Received != 0 || tr.Sent != 0 || tr.FirstByte != 0 {
		t.Errorf("trace = %+v, want no sizes", tr)
	}
	for _, hop := range tr.Hops {
		if hop.Before != nil || hop.After != nil || hop.Canonical != "" || hop.Began != 0 || hop.Minor {
			t.Errorf("hop = %+v, want no details", hop)
		}
	}
}

// The page is the distribution's, where it was asked for, and reloads do not wait for those
// who look at it.
func TestTracePage(t *testing.T) {
	t.Parallel()
	f := newFixture()
	without := f.start(t, local.Options{})
	if _, body := send(t, "GET", without.URL()+local.TracePagePath, ""); decode(t, body).Target != local.TracePagePath {
		t.Errorf("without the page: answer %s, want the function's", body)
	}

	chain := f.start(t, local.Options{TracePage: true})
	url := chain.URL()
	if resp, body := send(t, "GET", url+local.TracePagePath, ""); resp.StatusCode != 200 || !strings.Contains(body, "<title>Requests through the local chain") {
		t.Errorf("answer = %d %.200s, want the page", resp.StatusCode, body)
	}
	if resp, _ := send(t, "GET", chain.FunctionURLs()[0].URL+local.TracePagePath, ""); resp.StatusCode != http.StatusForbidden {
		t.Errorf("at the function URL: %d, want the 403 of an unsigned call", resp.StatusCode)
	}
	events := open(t, "GET", url+local.TracePagePath+"events")
	defer events.Body.Close()
	if err := chain.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	send(t, "GET", url+"/seen", "")
	for lines := bufio.NewScanner(events.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), `"target":"/seen"`) {
			return
		}
	}
	t.Error("the events ended without the request")
}
