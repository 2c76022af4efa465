package cloudfront

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
)

func inNode(string, managed.Runtime) (string, error) { return exec.LookPath("node") }

// functions starts edge functions in real Node.js for a behavior.
func (s *site) functions(t *testing.T, b *Behavior, viewer, request string) {
	t.Helper()
	host := &edge.Host{Interpreter: inNode, Dir: t.TempDir()}
	if viewer != "" {
		b.ViewerRequest = &edge.ViewerDefinition{Name: "Site/Viewer", Code: template.Of(viewer)}
		f, err := host.ViewerFunction(b.ViewerRequest)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		s.Viewers[b.ViewerRequest] = f
	}
	if request != "" {
		b.OriginRequest = &edge.Definition{ARN: "a:1", Definition: &lambda.Definition{
			Name: "Site/Signer", Handler: template.Of("index.handler"), Runtime: template.Of("nodejs24.x"), Timeout: template.Of(patience),
			Code: lambda.Code{Inline: request},
		}}
		f, err := host.OriginRequest(b.OriginRequest)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		s.Requests[b.OriginRequest] = f
	}
}

// By x-case these functions pass, answer, return nonsense or fail.
const (
	viewerCases = `function handler(event) {
  const what = event.request.headers['x-case'].value;
  if (what === 'viewer answers') return { statusCode: 302, headers: { location: { value: '/x' } }, body: 'v' };
  if (what === 'viewer nonsense') return {};
  if (what === 'viewer throws') throw new Error('no <b>');
  event.request.headers['x-viewer'] = { value: event.request.headers.host.value };
  return event.request;
}`
	edgeCases = `exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  const what = request.headers['x-case'][0].value;
  if (what === 'edge answers') return { status: '413', statusDescription: 'Content Too Large', headers: { 'x-a': [{ value: 'b' }] }, body: 'e' };
  if (what === 'edge nonsense') return {};
  if (what === 'edge throws') throw new Error('no <b>');
  if (what === 'replace') Object.assign(request.body, { action: 'replace', encoding: 'text', data: 'another body' });
  request.headers['x-edge'] = [{ value: request.headers.host[0].value }];
  const { body } = request;
  request.headers['x-body'] = [{ value: body ? Buffer.from(body.data, 'base64').length + ' ' + body.inputTruncated : 'none' }];
  return request;
}`
)

func TestEdgeFunctions(t *testing.T) {
	t.Parallel()
	behaviors := []Behavior{newBehavior()}
	behaviors[0].IncludeBody = true
	got := make(chan http.Header, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		got <- r.Header
		return ok(r)
	}, behaviors...)
	s.functions(t, &behaviors[0], viewerCases, edgeCases)
	const large = 1<<20 + 1
	for _, test := range []struct {
		name   string
		method string
		body   int
		delete bool // expose the body of DELETE
		status int
		cache  string
		text   string // of the answer
		seen   string // x-body at the origin
		hops   []string
	}{
		{"pass", "GET", 0, false, 200, "Miss from cloudfront", "GET / 0", "none", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "POST", 0, false, 200, "Miss from cloudfront", "POST / 0", "0 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "PUT", 5, false, 200, "Miss from cloudfront", "PUT / 5", "5 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "PATCH", 1 << 20, false, 200, "Miss from cloudfront", "PATCH / 1048576", "1048576 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "POST", large, false, 200, "Miss from cloudfront", "POST / 1048577", "1048576 true", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "DELETE", 5, false, 200, "Miss from cloudfront", "DELETE / 5", "none", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"pass", "DELETE", 5, true, 200, "Miss from cloudfront", "DELETE / 5", "5 false", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"replace", "POST", 5, false, 200, "Miss from cloudfront", "POST / 12", "", []string{"behavior", "viewer function", "edge function", "oac"}},
		{"viewer answers", "POST", 5, false, 302, "FunctionGeneratedResponse from cloudfront", "v", "", []string{"behavior", "viewer function"}},
		{"viewer nonsense", "POST", 5, false, 502, "FunctionValidationError from cloudfront", "Site/Viewer: the function changed the method from", "", []string{"behavior", "viewer function"}},
		{"viewer throws", "POST", 5, false, 503, "FunctionExecutionError from cloudfront", "Site/Viewer: Error: no &lt;b&gt;", "", []string{"behavior", "viewer function"}},
		{"edge answers", "POST", large, false, 413, "LambdaGeneratedResponse from cloudfront", "e", "", []string{"behavior", "viewer function", "edge function"}},
		{"edge nonsense", "POST", 5, false, 502, "LambdaValidationError from cloudfront", "Site/Signer: the function returned a response without a status", "", []string{"behavior", "viewer function", "edge function"}},
		{"edge throws", "POST", 5, false, 503, "LambdaExecutionError from cloudfront", "Site/Signer: Error: no &lt;b&gt;", "", []string{"behavior", "viewer function", "edge function"}},
	} {
		name := fmt.Sprintf("%s, %s of %d bytes", test.name, test.method, test.body)
		s.ExposeDeleteBody = test.delete
		r := s.request(t, test.method, "/", bytes.NewReader(make([]byte, test.body)))
		r.Host = "www.example.com"
		r.Header.Set("X-Case", test.name)
		resp, body, record := s.send(t, r)
		if resp.StatusCode != test.status || resp.Header.Get("X-Cache") != test.cache || !strings.Contains(body, test.text) {
			t.Errorf("%s: %d %q %s\nwant %d %q %s", name, resp.StatusCode, resp.Header.Get("X-Cache"), body, test.status, test.cache, test.text)
		}
		if !slices.Equal(names(record), test.hops) || record.Status != test.status {
			t.Errorf("%s: hops = %q, status %d, want %q", name, names(record), record.Status, test.hops)
		}
		if last := record.Hops[len(record.Hops)-1]; last.Refused != (test.status != 200) {
			t.Errorf("%s: last hop = %+v", name, last)
		}
		if test.status != 200 {
			if len(got) > 0 {
				t.Errorf("%s: the origin got a request", name)
			}
			continue
		}
		h := testclient.Receive(t, "the request at the origin", got)
		// The viewer's host at viewer-request, the origin's at origin-request.
		if h.Get("X-Viewer") != "www.example.com" || h.Get("X-Edge") != domain {
			t.Errorf("%s: functions saw the hosts %q and %q", name, h.Get("X-Viewer"), h.Get("X-Edge"))
		}
		if test.seen != "" && h.Get("X-Body") != test.seen {
			t.Errorf("%s: the function saw the body %q, want %q", name, h.Get("X-Body"), test.seen)
		}
	}
}

// The function of the body is asked for only if the association includes it.
func TestBodyIsNotIncluded(t *testing.T) {
	t.Parallel()
	behaviors := []Behavior{newBehavior()}
	got := make(chan http.Header, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		got <- r.Header
		return ok(r)
	}, behaviors...)
	s.functions(t, &behaviors[0], "", edgeCases)
	r := s.request(t, "POST", "/", strings.NewReader("hello"))
	r.Header.Set("X-Case", "pass")
	if _, body, _ := s.send(t, r); body != "POST / 5" {
		t.Errorf("origin got %q, want the body", body)
	}
	if seen := testclient.Receive(t, "the request at the origin", got).Get("X-Body"); seen != "none" {
		t.Errorf("the function saw the body %q, want none", seen)
	}
}
