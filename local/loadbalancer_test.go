package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// balanced is a function in Node.js behind a load balancer: it answers with its event, or as
// the path says.
const balanced = `
exports.handler = async (event) => {
  const multi = event.multiValueHeaders;
  const answer = (statusCode, body, headers = { 'content-type': 'application/json' }) => ({
    statusCode, statusDescription: statusCode + ' x', isBase64Encoded: false, body,
    ...(multi ? { multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, [].concat(v)])) } : { headers }),
  });
  switch (event.path) {
    case '/large': return answer(200, 'x'.repeat(1 << 20));
    case '/other': return { ...answer(200, ''), headers: { 'x-single': '1' }, multiValueHeaders: { 'x-multi': ['1', '2'] } };
    case '/bytes': return { ...answer(200, Buffer.from([0, 255, 128]).toString('base64')), isBase64Encoded: true };
    case '/cookies': return answer(201, 'made', { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] });
    case '/untyped': return answer(200, 'x', {});
    case '/number': return answer(200, 'x', { 'x-number': 1 });
    case '/text': return 'no response';
    case '/fails': throw new Error('no');
    case '/never': return new Promise(() => setInterval(() => {}, 1000));
  }
  return answer(200, JSON.stringify(event));
};`

// newBalancer is the fixture with a load balancer before that function.
func newBalancer() *fixture {
	f := &fixture{template: object{"Resources": object{}}}
	f.addBalancer()
	f.at()["Outputs"] = object{"Url": object{"Value": object{"Fn::Join": []any{"", []any{"http://", object{"Fn::GetAtt": []any{"Balancer", "DNSName"}}}}}}}
	return f
}

// addBalancer adds the load balancer and its function, which is called Function if the fixture
// has none of that name.
func (f *fixture) addBalancer() *fixture {
	function := "Function"
	if f.at("Resources")[function] != nil {
		function = "Balanced"
	}
	arn := object{"Fn::GetAtt": []any{function, "Arn"}}
	for id, r := range map[string]struct {
		typ        string
		properties object
	}{
		function: {"AWS::Lambda::Function", object{
			"Code": object{"ZipFile": balanced}, "Role": "arn:aws:iam::111122223333:role/function",
			"Handler": "index.handler", "Runtime": "nodejs24.x", "Timeout": 30.0,
		}},
		"Invoke": {"AWS::Lambda::Permission", object{
			"Action": "lambda:InvokeFunction", "FunctionName": arn, "Principal": "elasticloadbalancing.amazonaws.com",
		}},
		"Balancer": {"AWS::ElasticLoadBalancingV2::LoadBalancer", object{
			"Type": "application", "Scheme": "internal",
			"LoadBalancerAttributes": []any{
				object{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
				object{"Key": "idle_timeout.timeout_seconds", "Value": "60"},
			},
		}},
		"Listener": {"AWS::ElasticLoadBalancingV2::Listener", object{
			"LoadBalancerArn": object{"Ref": "Balancer"}, "Port": 80.0, "Protocol": "HTTP",
			"DefaultActions": []any{object{"Type": "forward", "TargetGroupArn": object{"Ref": "Group"}}},
		}},
		"Group": {"AWS::ElasticLoadBalancingV2::TargetGroup", object{
			"TargetType": "lambda", "Targets": []any{object{"Id": arn}},
			"TargetGroupAttributes": []any{object{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}},
		}},
	} {
		f.at("Resources")[id] = object{"Type": r.typ, "Properties": r.properties}
	}
	return f
}

// rule adds a rule to the listener.
func (f *fixture) rule(priority int, condition, action object) {
	f.at("Resources")[fmt.Sprintf("Rule%d", priority)] = object{"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": object{
		"ListenerArn": object{"Ref": "Listener"}, "Priority": float64(priority), "Conditions": []any{condition}, "Actions": []any{action},
	}}
}

// setAttribute sets an attribute of the load balancer or the target group.
func (f *fixture) setAttribute(id, key, value string) {
	name := map[string]string{"Balancer": "LoadBalancerAttributes", "Group": "TargetGroupAttributes", "Listener": "ListenerAttributes"}[id]
	p := f.properties(id)
	list, _ := p[name].([]any)
	for _, one := range list {
		if one.(object)["Key"] == key {
			one.(object)["Value"] = value
			return
		}
	}
	p[name] = append(list, object{"Key": key, "Value": value})
}

func TestLoadBalancerBeforeAFunction(t *testing.T) {
	t.Parallel()
	chain := newBalancer().start(t, local.Options{})
	url := chain.URL()
	doors := chain.FrontDoors()
	if len(doors) != 1 || doors[0].Kind != "load balancer" || doors[0].Name != "Site/Listener" || !strings.HasSuffix(doors[0].DomainName, ".us-east-1.elb.amazonaws.com") {
		t.Fatalf("front doors = %+v", doors)
	}
	if out := chain.Outputs(); len(out) != 1 || out[0].Value != url {
		t.Errorf("outputs = %+v, want the address %s", out, url)
	}

	_, body := send(t, "POST", url+"/a%20b?q=%2F1&q=2&e=", `{"a":1}`, "Content-Type", "application/json", "X-List", "1", "X_Bad", "1", "X-Forwarded-For", "203.0.113.9")
	var event struct {
		RequestContext struct {
			ELB struct{ TargetGroupArn string }
		}
		HTTPMethod, Path, Body          string
		MultiValueQueryStringParameters map[string][]string
		MultiValueHeaders               map[string][]string
		Headers, QueryStringParameters  map[string]string
		IsBase64Encoded                 bool
	}
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	h := event.MultiValueHeaders
	first := func(name string) string {
		if len(h[name]) == 0 {
			return ""
		}
		return h[name][0]
	}
	for what, got := range map[string][2]any{
		"method":       {event.HTTPMethod, "POST"},
		"path":         {event.Path, "/a%20b"},
		"query":        {fmt.Sprint(event.MultiValueQueryStringParameters), "map[e:[] q:[%2F1 2]]"},
		"body":         {event.Body, `{"a":1}`},
		"base64":       {event.IsBase64Encoded, false},
		"single":       {len(event.Headers) + len(event.QueryStringParameters), 0},
		"host":         {first("host"), strings.TrimPrefix(url, "http://")},
		"forwardedFor": {first("x-forwarded-for"), "203.0.113.9, 127.0.0.1"},
		"proto":        {first("x-forwarded-proto") + first("x-forwarded-port"), "http80"},
		"trace":        {strings.HasPrefix(first("x-amzn-trace-id"), "Root=1-"), true},
		"invalid name": {len(h["x_bad"]), 0},
		"group":        {strings.HasPrefix(event.RequestContext.ELB.TargetGroupArn, "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/"), true},
	} {
		if got[0] != got[1] {
			t.Errorf("%s = %v, want %v", what, got[0], got[1])
		}
	}

	resp, body := send(t, "GET", url+"/cookies", "")
	if resp.StatusCode != 201 || body != "made" || fmt.Sprint(resp.Header["Set-Cookie"]) != "[a=1 b=2]" || resp.ContentLength != 4 {
		t.Errorf("%s %q %v", resp.Status, body, resp.Header)
	}
	if resp, body := send(t, "GET", url+"/bytes", ""); body != "\x00\xff\x80" {
		t.Errorf("%s %q, want bytes", resp.Status, body)
	}
	if resp, _ := send(t, "GET", url+"/untyped", ""); resp.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("content type = %q", resp.Header.Get("Content-Type"))
	}
	if resp, _ := send(t, "GET", url+"/other", ""); resp.Header.Get("X-Single") != "" || len(resp.Header["X-Multi"]) != 2 {
		t.Errorf("%v, want multiValueHeaders alone", resp.Header)
	}
}

// What a load balancer refuses, it refuses with its own page.
func TestLoadBalancerRefuses(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 20)
	chain := newBalancer().start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	url := chain.URL()
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		cause              string
	}{
		{"POST", "/", strings.Repeat("x", 1<<20+1), nil, 413, "over-balancer-limit"},
		{"POST", "/", strings.Repeat("x", 1<<20), []string{"Content-Type", "text/plain"}, 502, "over-balancer-limit"}, // whose event comes back
		{"GET", "/large", "", nil, 502, "over-balancer-limit"},
		{"GET", "/", "", []string{"Connection", "upgrade", "Upgrade", "websocket"}, 400, "upgrade-refused"},
		{"GET", "/" + strings.Repeat("x", 17<<10), "", nil, 414, "request-too-long"},
		{"GET", "/", "", []string{"X-Long", strings.Repeat("x", 17<<10)}, 400, "request-too-long"},
		{"GET", "/", "", []string{"X-Forwarded-For", strings.Repeat("10.0.0.1, ", 30) + "10.0.0.1"}, 463, "request-too-long"},
		{"GET", "/text", "", nil, 502, "function-failed"},
		{"GET", "/number", "", nil, 502, "function-failed"},
		{"GET", "/fails", "", nil, 502, "function-failed"},
	} {
		resp, body := send(t, c.method, url+c.path, c.body, c.headers...)
		if resp.StatusCode != c.status || resp.Header.Get("Server") != "awselb/2.0" || !strings.Contains(body, fmt.Sprintf("<h1>%d", c.status)) {
			t.Errorf("%s %.20s: %s %v %.80q, want %d of the load balancer", c.method, c.path, resp.Status, resp.Header, body, c.status)
		}
		if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != c.cause {
			t.Errorf("%s %.20s: cause = %q, want %q", c.method, c.path, tr.Cause(), c.cause)
		}
	}
}

// Without lists of values the last one of each is left.
func TestLoadBalancerWithSingleValues(t *testing.T) {
	t.Parallel()
	f := newBalancer()
	f.setAttribute("Group", "lambda.multi_value_headers.enabled", "false")
	url := f.start(t, local.Options{}).URL()
	request, err := http.NewRequestWithContext(t.Context(), "POST", url+"/?q=%2F1&q=2", bytes.NewReader([]byte{0, 255}))
	if err != nil {
		t.Fatal(err)
	}
	request.Header["X-List"] = []string{"1", "2"}
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var event struct {
		QueryStringParameters, Headers                     map[string]string
		MultiValueHeaders, MultiValueQueryStringParameters map[string][]string
		Body                                               string
		IsBase64Encoded                                    bool
	}
	if err := json.NewDecoder(resp.Body).Decode(&event); err != nil {
		t.Fatal(err)
	}
	if event.Headers["x-list"] != "2" || fmt.Sprint(event.QueryStringParameters) != "map[q:2]" || event.MultiValueHeaders != nil || event.MultiValueQueryStringParameters != nil {
		t.Errorf("event = %+v", event)
	}
	if event.Body != "AP8=" || !event.IsBase64Encoded {
		t.Errorf("body = %q, base64 %v", event.Body, event.IsBase64Encoded)
	}
	if resp, _ := send(t, "GET", url+"/other", ""); resp.Header.Get("X-Single") != "1" || len(resp.Header["X-Multi"]) != 0 {
		t.Errorf("%v, want headers alone", resp.Header)
	}
}

func TestLoadBalancerIdleTimeout(t *testing.T) {
	t.Parallel()
	f := newBalancer()
	f.setAttribute("Balancer", "idle_timeout.timeout_seconds", "1")
	traces := make(chan local.Trace, 1)
	chain := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	if resp, _ := send(t, "GET", chain.URL()+"/never", ""); resp.StatusCode != 504 {
		t.Errorf("%s, want 504", resp.Status)
	}
	if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != "idle-timeout-exceeded" {
		t.Errorf("cause = %q", tr.Cause())
	}
}

// Rules in their order: conditions of every kind, fixed responses and redirects; what cannot be
// looked at is answered 501 where it would have been reached.
func TestLoadBalancerRules(t *testing.T) {
	t.Parallel()
	f := newBalancer()
	fixed := func(body string) object {
		return object{"Type": "fixed-response", "FixedResponseConfig": object{"StatusCode": "203", "ContentType": "text/plain", "MessageBody": body}}
	}
	config := func(field, name string, values ...any) object {
		return object{"Field": field, name: object{"Values": values}}
	}
	f.rule(90, config("path-pattern", "PathPatternConfig", "/*"), fixed("any path"))
	f.rule(1, config("path-pattern", "PathPatternConfig", "/img/*.png", "/exact"), fixed("path"))
	f.rule(2, config("host-header", "HostHeaderConfig", "*.Example.com"), fixed("host"))
	f.rule(3, object{"Field": "http-header", "HttpHeaderConfig": object{"HttpHeaderName": "X-Kind", "Values": []any{"beta*"}}}, fixed("header"))
	f.rule(4, config("http-request-method", "HttpRequestMethodConfig", "PUT"), fixed("method"))
	f.rule(5, config("query-string", "QueryStringConfig", object{"Key": "v", "Value": "2*"}), fixed("query"))
	f.rule(6, object{"Field": "path-pattern", "Values": []any{"/login"}}, object{"Type": "authenticate-oidc", "AuthenticateOidcConfig": object{}})
	f.rule(7, object{"Field": "path-pattern", "Values": []any{"/from"}}, object{"Type": "redirect", "RedirectConfig": object{
		"StatusCode": "HTTP_302", "Host": "other.example", "Path": "/to/#{path}", "Query": "#{query}&x=1", "Port": "443", "Protocol": "HTTPS",
	}})
	f.rule(8, object{"Field": "path-pattern", "Values": []any{"/function/?"}}, object{"Type": "forward", "ForwardConfig": object{"TargetGroups": []any{object{"TargetGroupArn": object{"Ref": "Group"}, "Weight": 1.0}}}})
	f.setAttribute("Listener", "routing.http.response.x_frame_options.header_value", "DENY")
	chain := f.start(t, local.Options{})
	notes := strings.Join(chain.Notes(), "\n")
	if !strings.Contains(notes, "Site/Rule6: Actions[0].Type is authenticate-oidc") {
		t.Errorf("notes = %s", notes)
	}
	noRedirects := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		method, path, host, header string
		status                     int
		want                       string
	}{
		{"GET", "/img/a/b.png", "", "", 203, "path"},
		{"GET", "/exact?x=1", "", "", 203, "path"},
		{"GET", "/Exact", "", "", 203, "any path"},
		{"GET", "/", "a.example.com", "", 203, "host"},
		{"GET", "/", "a.example.com:80", "", 203, "host"},
		{"GET", "/", "", "BETA-1", 203, "header"},
		{"PUT", "/", "", "", 203, "method"},
		{"GET", "/?a=1&V=2.1", "", "", 203, "query"},
		{"GET", "/login", "", "", 501, "authenticate-oidc"},
		{"GET", "/from?q=1", "", "", 302, "https://other.example:443/to/from?q=1&x=1"},
		{"GET", "/function/1", "", "", 200, `"path":"/function/1"`},
		{"GET", "/", "", "", 203, "any path"},
		{"GET", "/", "evil.example", "", 403, "evil.example"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, chain.URL()+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = c.host
		if c.header != "" {
			request.Header.Set("X-Kind", c.header)
		}
		resp, err := noRedirects.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		got := string(text)
		if c.status == 302 {
			got = resp.Header.Get("Location")
		}
		if err != nil || resp.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s %s: %s %.100q, want %d %s", c.method, c.host, c.path, resp.Status, got, c.status, c.want)
		}
		if c.status < 400 && resp.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: no header of the listener", c.path)
		}
	}
}

// A listener that redirects to HTTPS leads to where that is served here.
func TestLoadBalancerRedirectsToItsOtherListener(t *testing.T) {
	t.Parallel()
	f := newBalancer()
	listener := f.properties("Listener")
	listener["Protocol"], listener["Port"] = "HTTPS", 443.0
	listener["Certificates"] = []any{object{"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1"}}
	f.at("Resources")["Plain"] = object{"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": object{
		"LoadBalancerArn": object{"Ref": "Balancer"}, "Port": 80.0, "Protocol": "HTTP",
		"DefaultActions": []any{object{"Type": "redirect", "RedirectConfig": object{"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}},
	}}
	f.at("Resources")["Record"] = object{"Type": "AWS::Route53::RecordSet", "Properties": object{
		"Name": "Chat.example.com.", "Type": "A", "AliasTarget": object{"DNSName": object{"Fn::Join": []any{"", []any{"dualstack.", object{"Fn::GetAtt": []any{"Balancer", "DNSName"}}}}}},
	}}
	f.at("Outputs", "Url")["Value"] = "https://chat.example.com/x"
	chain := f.start(t, local.Options{})
	doors := chain.FrontDoors()
	if len(doors) != 2 || doors[0].Name != "Site/Listener" || doors[1].Name != "Site/Plain" {
		t.Fatalf("front doors = %+v", doors)
	}
	if out := chain.Outputs(); len(out) != 1 || out[0].Value != doors[0].URL+"/x" {
		t.Errorf("outputs = %+v", out)
	}
	resp, body := send(t, "GET", doors[1].URL+"/a?b=1", "") // follows it
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Request.URL.String(), doors[0].URL+"/a?b=1") || !strings.Contains(body, `"x-forwarded-proto":["https"]`) {
		t.Errorf("%s of %s: %s", resp.Status, resp.Request.URL, body)
	}
}

func TestLoadBalancerHealthChecks(t *testing.T) {
	t.Parallel()
	f := newBalancer()
	f.properties("Group")["HealthCheckEnabled"] = true
	f.properties("Group")["HealthCheckPath"] = "/cookies"
	f.properties("Group")["Matcher"] = object{"HttpCode": "200,202-299"}
	traces := make(chan local.Trace, 1)
	f.start(t, local.Options{Trace: func(tr local.Trace) {
		select {
		case traces <- tr:
		default:
		}
	}})
	tr := testclient.Receive(t, "the trace", traces)
	if len(tr.Hops) != 1 || tr.Hops[0].Name != "health check" || tr.Target != "/cookies" || !strings.Contains(tr.Hops[0].Decision, "it answers 201") {
		t.Errorf("trace = %+v", tr)
	}
}

// What AWS refuses stops the chain at its start.
func TestLoadBalancerThatCannotBeDeployed(t *testing.T) {
	t.Parallel()
	for want, mutate := range map[string]func(*fixture){
		"lets elasticloadbalancing.amazonaws.com invoke it": func(f *fixture) { delete(f.at("Resources"), "Invoke") },
		"an idle timeout has 1 to 4000 seconds":             func(f *fixture) { f.setAttribute("Balancer", "idle_timeout.timeout_seconds", "4001") },
		"a listener with HTTPS has one":                     func(f *fixture) { f.properties("Listener")["Protocol"] = "HTTPS" },
		"which Site/Rule1 has, too": func(f *fixture) {
			for range 2 {
				f.rule(len(f.at("Resources")), object{"Field": "path-pattern", "Values": []any{"/*"}}, object{"Type": "forward", "TargetGroupArn": object{"Ref": "Group"}})
			}
			for id, r := range f.at("Resources") {
				if strings.HasPrefix(id, "Rule") {
					r.(object)["Properties"].(object)["Priority"] = 1.0
				}
			}
			f.at("Resources")["Rule1"], f.at("Resources")["Rule2"] = f.at("Resources", "Rule5"), f.at("Resources", "Rule6")
			delete(f.at("Resources"), "Rule5")
			delete(f.at("Resources"), "Rule6")
		},
		"a group of the type lambda takes one function": func(f *fixture) {
			f.properties("Group")["Targets"] = append(f.properties("Group")["Targets"].([]any), object{"Id": "arn:aws:lambda:us-east-1:111122223333:function:other"})
		},
		"a path that begins with /": func(f *fixture) { f.properties("Group")["HealthCheckPath"] = "x" },
	} {
		f := newBalancer()
		mutate(f)
		chain, err := local.Start(context.Background(), local.Options{Assembly: f.write(t)})
		if err == nil {
			chain.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one with %q", err, want)
		}
	}
}

// A listener whose client certificates would have to be looked at is not served at all.
func TestLoadBalancerListenerThatIsNotModelled(t *testing.T) {
	t.Parallel()
	f := newBalancer()
	f.properties("Listener")["MutualAuthentication"] = object{"Mode": "verify"}
	chain, err := local.Start(context.Background(), local.Options{Assembly: f.write(t)})
	if err == nil {
		chain.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "MutualAuthentication.Mode") {
		t.Errorf("error = %v", err)
	}
}

func TestLoadBalancerListensOnLoopback(t *testing.T) {
	t.Parallel()
	chain := newBalancer().start(t, local.Options{})
	host, _, err := net.SplitHostPort(strings.TrimPrefix(chain.URL(), "http://"))
	if err != nil || !net.ParseIP(host).IsLoopback() {
		t.Errorf("served at %s", chain.URL())
	}
}
