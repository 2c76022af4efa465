package edge

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Amazon CloudFront Developer Guide, "Restrictions on all edge functions": the whole lists,
// written down a second time.
var (
	documentedDisallowed = []string{
		"Connection", "Expect", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Trailer", "Upgrade",
		"X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Limit-Rate", "X-Accel-Redirect", "X-Amz-Cf-Id", "X-Amz-Cf-Anything", "X-Amzn-Auth",
		"X-Amzn-Cf-Billing", "X-Amzn-Cf-Id", "X-Amzn-Cf-Xff", "X-Amzn-Errortype", "X-Amzn-Fle-Profile", "X-Amzn-Header-Count",
		"X-Amzn-Header-Order", "X-Amzn-Lambda-Integration-Tag", "X-Amzn-RequestId", "X-Cache", "X-Edge-Location", "X-Edge-Anything",
		"X-Forwarded-Proto", "X-Real-IP", "CloudFront-Viewer-Cert-PEM", "Client-Cert", "Client-Cert-Chain",
	}
	documentedReadOnly = map[string][]string{
		"viewer-request": {"CDN-Loop", "Content-Length", "Host", "Transfer-Encoding", "Via"},
		"origin-request": {
			"Accept-Encoding", "CDN-Loop", "Content-Length", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since",
			"Transfer-Encoding", "Via",
		},
		"origin-response": {"Transfer-Encoding", "Via"},
	}
	allowed = []string{
		"Authorization", "Host", "X-Amz-Content-Sha256", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Authorization", "X-Amz-Cf",
		"X-Amz-Date", "X-Edge", "Cookie", "Content-Type", "User-Agent", "X-Amzn-Trace-Id", "CloudFront-Viewer-Country", "X-Cached",
	}
)

func TestDisallowedHeaders(t *testing.T) {
	t.Parallel()
	for _, name := range documentedDisallowed {
		for _, name := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if !isDisallowed(name) {
				t.Errorf("%s is allowed, want it disallowed", name)
			}
		}
	}
	for _, name := range allowed {
		if isDisallowed(name) {
			t.Errorf("%s is disallowed, want it allowed", name)
		}
	}
	// Nothing but the documented names.
	known := map[string]bool{}
	for _, name := range documentedDisallowed {
		known[http.CanonicalHeaderKey(name)] = true
	}
	for name := range disallowed {
		if !known[name] {
			t.Errorf("%s is disallowed, AWS's documentation does not say so", name)
		}
	}
}

func TestReadOnlyHeaders(t *testing.T) {
	t.Parallel()
	for event, got := range map[string]map[string]bool{
		"viewer-request": readOnlyAtViewerRequest, "origin-request": readOnlyAtOriginRequest, "origin-response": readOnlyAtOriginResponse,
	} {
		want := map[string]bool{}
		for _, name := range documentedReadOnly[event] {
			want[http.CanonicalHeaderKey(name)] = true
		}
		if !maps.Equal(got, want) {
			t.Errorf("read-only at %s: %v, want %v", event, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	before := http.Header{"Via": {"1.1 x"}, "X-Forwarded-Proto": {"http"}, "X-Edge-A": {"1"}, "Accept": {"a", "b"}}
	seen := exposed(before)
	if want := (http.Header{"Via": {"1.1 x"}, "Accept": {"a", "b"}}); !reflect.DeepEqual(seen, want) {
		t.Fatalf("exposed = %v, want %v", seen, want)
	}
	for name, test := range map[string]struct {
		returned http.Header
		want     http.Header
		err      string
	}{
		"unchanged": {seen.Clone(), before, ""},
		"changed": {
			http.Header{"Via": {"1.1 x"}, "New": {"1"}}, http.Header{"Via": {"1.1 x"}, "New": {"1"}, "X-Forwarded-Proto": {"http"}, "X-Edge-A": {"1"}}, "",
		},
		"disallowed added":     {http.Header{"Via": {"1.1 x"}, "X-Real-Ip": {"1"}}, nil, "the function added the header x-real-ip, which is not allowed"},
		"disallowed sent back": {http.Header{"Via": {"1.1 x"}, "X-Forwarded-Proto": {"http"}}, nil, "the function added the header x-forwarded-proto, which is not allowed"},
		"read-only changed":    {http.Header{"Via": {"2.0 y"}}, nil, `the function changed the read-only header via from ["1.1 x"] to ["2.0 y"]`},
		"read-only deleted":    {http.Header{}, nil, `the function changed the read-only header via from ["1.1 x"] to []`},
		"read-only added":      {http.Header{"Via": {"1.1 x"}, "Transfer-Encoding": {"x"}}, nil, `the function changed the read-only header transfer-encoding from [] to ["x"]`},
		"read-only repeated":   {http.Header{"Via": {"1.1 x", "1.1 x"}}, nil, `the function changed the read-only header via from ["1.1 x"] to ["1.1 x" "1.1 x"]`},
	} {
		got, err := merge(before, test.returned, readOnlyAtOriginResponse)
		if asInvalid(err) != test.err {
			t.Errorf("%s: error = %v, want %q", name, err, test.err)
		}
		if test.err == "" && !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
