package local_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// websocketBehind is a WebSocket API behind a distribution.
func websocketBehind() *fixture { return newWebSocket().behind(apiDomain, "/prod", "https-only") }

// A client connects through a distribution as it does to the API, and the check says of the
// template what the chain answers.
func TestAWebSocketThroughADistribution(t *testing.T) {
	t.Parallel()
	with := func(headers ...any) *fixture {
		f := websocketBehind()
		f.at("Resources")["Policy"] = object{"Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": object{"OriginRequestPolicyConfig": object{
			"Name": "p", "HeadersConfig": object{"HeaderBehavior": "whitelist", "Headers": headers},
			"CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "all"},
		}}}
		f.behavior()["OriginRequestPolicyId"] = object{"Ref": "Policy"}
		return f
	}
	set := func(name string, value any) *fixture {
		f := websocketBehind()
		f.behavior()[name] = value
		return f
	}
	for name, test := range map[string]struct {
		f      *fixture
		page   string // that asks
		status int
		cause  string // of the trace and the check; "": nothing is wrong
		door   bool   // the request gets to the API
	}{
		"everything but Host":            {websocketBehind(), "", 101, "", true},
		"the two headers":                {with("sec-websocket-key", "Sec-WebSocket-Version"), "", 101, "", true},
		"a page of this machine":         {websocketBehind(), "http://localhost:3000", 101, "", true},
		"a cached behavior":              {set("CachePolicyId", "658327ea-f89d-4fab-a63d-7e88639e58f6"), "", 101, "", true},
		"no version":                     {with("Sec-WebSocket-Key"), "", 400, "websocket-handshake-lost", true},
		"no policy":                      {func() *fixture { f := websocketBehind(); delete(f.behavior(), "OriginRequestPolicyId"); return f }(), "", 400, "websocket-handshake-lost", true},
		"the viewer's Host":              {set("OriginRequestPolicyId", allViewer), "", 403, "host-forwarded", true},
		"a page of another machine":      {websocketBehind(), "https://evil.example", 403, "", false},
		"such a page, Origin taken away": {with("Sec-WebSocket-Key", "Sec-WebSocket-Version"), "https://evil.example", 403, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traces := make(chan local.Trace, 10)
			dir := test.f.write(t)
			chain := startChain(t, local.Options{Assembly: dir, Trace: func(tr local.Trace) { traces <- tr }})
			options := &websocket.DialOptions{}
			if test.page != "" {
				options.HTTPHeader = http.Header{"Origin": {test.page}}
			}
			c, status := dial(t, chain.Distributions()[0].URL+"/?a=1", options)
			if status != test.status {
				t.Errorf("%d, want %d", status, test.status)
			}
			trace := testclient.Receive(t, "a trace", traces)
			reached := slices.ContainsFunc(trace.Hops, func(h local.Hop) bool { return h.Name == "websocket api" })
			if trace.Cause() != test.cause || trace.Status != test.status || trace.Hops[0].Name != "behavior" || reached != test.door {
				t.Errorf("the trace has %d, the cause %q and the hops %+v, want %d and %q", trace.Status, trace.Cause(), trace.Hops, test.status, test.cause)
			}
			if status == http.StatusSwitchingProtocols {
				say(t, c, `{"action":"echo","n":1}`)
				if got := hear(t, c); !strings.Contains(got, `\"n\":1`) {
					t.Errorf("heard %s", got)
				}
			}
			found := rulesAt(t, dir, "Distribution")
			if got := strings.Join(found, " "); got != test.cause {
				t.Errorf("the check finds %q at the distribution, want %q", got, test.cause)
			}
		})
	}
}

// Events, the subprotocol and the end of a connection are those of the API, and what a function
// posts arrives.
func TestAWebSocketThroughADistributionHasItsEvents(t *testing.T) {
	t.Parallel()
	f := websocketBehind()
	events := f.reports(t)
	chain := f.start(t, local.Options{})
	c, status := dial(t, chain.Distributions()[0].URL+"/?protocol=chat", &websocket.DialOptions{Subprotocols: []string{"chat"}})
	if status != http.StatusSwitchingProtocols || c.Subprotocol() != "chat" {
		t.Fatalf("%d, subprotocol %q", status, c.Subprotocol())
	}
	connect := testclient.Receive(t, "the event", events)
	headers := connect["headers"].(map[string]any)
	rc := connect["requestContext"].(map[string]any)
	if headers["X-Origin-Verify"] != "s" || headers["X-Amz-Cf-Id"] == nil || headers["Host"] != rc["domainName"] || !strings.HasPrefix(headers["X-Forwarded-For"].(string), "127.0.0.1, ") {
		t.Errorf("$connect: %v", connect)
	}
	say(t, c, `{"id":1,"path":"/chat"}`)
	var posted struct{ ID int }
	if err := json.Unmarshal([]byte(hear(t, c)), &posted); err != nil || posted.ID != 1 { // by PostToConnection
		t.Errorf("posted: %+v, %v", posted, err)
	}
	if err := c.Close(websocket.StatusCode(4001), "bye"); err != nil {
		t.Log(err) // the other side may have gone first
	}
	gone := testclient.Receive(t, "the event", events)
	if rc = gone["requestContext"].(map[string]any); rc["eventType"] != "DISCONNECT" || rc["disconnectStatusCode"] != 4001.0 {
		t.Errorf("$disconnect: %v", gone)
	}
}
