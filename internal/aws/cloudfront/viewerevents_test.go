package cloudfront

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/edge/script"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// at puts a CloudFront Function at both viewer events of a new site; no code is not a function.
func at(t *testing.T, origin roundTrip, request, response string, store *edge.StoreDefinition) *site {
	t.Helper()
	b := newBehavior()
	s := newSite(origin, b)
	host := &edge.Host{Dir: t.TempDir()}
	add := func(code string) *edge.ViewerDefinition {
		if code == "" {
			return nil
		}
		d := &edge.ViewerDefinition{Name: "Site/Viewer", Runtime: template.Of(script.Runtime2), Code: template.Of(code), Store: store}
		f, err := host.ViewerFunction(d)
		if err != nil {
			t.Fatal(err)
		}
		s.Viewers[d] = f
		return d
	}
	s.Distribution.Behaviors[0].ViewerRequest, s.Distribution.Behaviors[0].ViewerResponse = add(request), add(response)
	return s
}

func TestViewerResponse(t *testing.T) {
	t.Parallel()
	origin := func(r *http.Request) (*http.Response, error) {
		status := 200
		if r.URL.Path == "/404" {
			status = 404
		}
		h := http.Header{"X-Origin": {"yes"}, "Set-Cookie": {"a=1; Secure", "b=2"}}
		return answer(r, status, h, strings.NewReader("body")), nil
	}
	for name, test := range map[string]struct {
		code, path string
		status     int
		body       string
		header     map[string]string
	}{
		"headers and cookies": {
			`function handler(e) { const r = e.response; r.headers['x-uri'] = { value: e.request.uri + ' ' + r.cookies.a.attributes }; delete r.headers['x-origin']; r.cookies.c = { value: '3', attributes: 'Path=/' }; return r; }`,
			"/x", 200, "body",
			map[string]string{"X-Uri": "/x Secure", "X-Origin": "", "Set-Cookie": "a=1; Secure|b=2|c=3; Path=/"},
		},
		"cookies left alone": {`function handler(e) { return e.response; }`, "/x", 200, "body", map[string]string{"Set-Cookie": "a=1; Secure|b=2", "X-Cache": "Miss from cloudfront"}},
		"a status and a body of its own": {
			`function handler(e) { e.response.statusCode = 418; e.response.body = { encoding: 'text', data: 'tea' }; return e.response; }`,
			"/x", 418, "tea",
			map[string]string{"Content-Length": "3"},
		},
		"not on errors":        {`function handler() { throw new Error('it runs') }`, "/404", 404, "body", nil},
		"that fails":           {`function handler() { throw new Error('no') }`, "/x", 503, "Error: no", map[string]string{"X-Origin": "", "X-Cache": "FunctionExecutionError from cloudfront"}},
		"a read-only header":   {`function handler(e) { e.response.headers.via = { value: 'me' }; return e.response; }`, "/x", 502, "read-only header", nil},
		"a request":            {`function handler(e) { return e.request; }`, "/x", 502, "did not return a response", nil},
		"an origin, too late":  {`import cf from 'cloudfront'; function handler(e) { cf.updateRequestOrigin({}); return e.response; }`, "/x", 503, "viewer-request only", nil},
		"a disallowed header":  {`function handler(e) { e.response.headers['x-cache'] = { value: 'me' }; return e.response; }`, "/x", 502, "not allowed", nil},
		"a status that is odd": {`function handler(e) { e.response.statusCode = 99; return e.response; }`, "/x", 502, "want 200 to 599", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := at(t, origin, "", test.code, nil)
			s.Distribution.Behaviors[0].Policy = &OriginRequestPolicy{Cookies: Selection{All: true}}
			resp, _, record := s.ask(t, "GET", test.path)
			if resp.Code != test.status || !strings.Contains(resp.Body.String(), test.body) {
				t.Errorf("%d %s, want %d %s; %v", resp.Code, resp.Body, test.status, test.body, names(record))
			}
			for header, want := range test.header {
				if got := strings.Join(resp.Header().Values(header), "|"); got != want {
					t.Errorf("%s = %q, want %q", header, got, want)
				}
			}
		})
	}
}

// What a function at viewer-request makes of the origin.
func TestChosenOrigin(t *testing.T) {
	t.Parallel()
	const handler = `import cf from 'cloudfront'; function handler(e) { %; return e.request; }`
	for name, test := range map[string]struct {
		code   string
		status int
		want   string // host of the connection, Host, path, X-Own, scope of the signature
	}{
		"nothing":                {`true`, 200, domain + " " + domain + " /x  eu-west-1/lambda"},
		"another function":       {`cf.updateRequestOrigin({domainName: 'b.lambda-url.us-east-2.on.aws', originPath: '/p', customHeaders: {'x-own': 'o'}, timeouts: {readTimeout: 5}})`, 200, "b.lambda-url.us-east-2.on.aws b.lambda-url.us-east-2.on.aws /p/x o us-east-2/lambda"},
		"in another letter case": {`cf.updateRequestOrigin({DomainName: 'b.lambda-url.us-east-2.on.aws'})`, 501, ""},
		"another host":           {`cf.updateRequestOrigin({hostHeader: 'h.example.com', sni: 'h.example.com'})`, 200, domain + " h.example.com /x  eu-west-1/lambda"},
		"a bucket":               {`cf.updateRequestOrigin({domainName: 'b.s3.eu-central-1.amazonaws.com', originAccessControlConfig: {enabled: true, signingBehavior: 'always', signingProtocol: 'sigv4', originType: 's3'}})`, 200, "b.s3.eu-central-1.amazonaws.com b.s3.eu-central-1.amazonaws.com /x  eu-central-1/s3"},
		"no access control":      {`cf.updateRequestOrigin({domainName: 'www.example.com', originAccessControlConfig: {enabled: false}})`, 200, "www.example.com www.example.com /x  "},
		"one of the others":      {`cf.selectRequestOriginById('other')`, 200, "other.example.com other.example.com /x  "},
		"one that there is not":  {`cf.selectRequestOriginById('nobody')`, 503, ""},
		"with another host":      {`cf.selectRequestOriginById('other', {hostHeader: 'h.example.com', sni: 'x.example.com', allowedCertificateNames: ['x']})`, 200, "other.example.com h.example.com /x  "},
		"and then changed":       {`cf.selectRequestOriginById('other'); cf.updateRequestOrigin({originPath: '/p'})`, 200, "other.example.com other.example.com /p/x  "},
		"odd overrides":          {`cf.selectRequestOriginById('other', {originPath: '/p'})`, 501, ""},
		"Origin Shield":          {`cf.updateRequestOrigin({originShieldConfig: {enabled: true}})`, 200, domain + " " + domain + " /x  eu-west-1/lambda"},
		"what is not modelled":   {`cf.updateRequestOrigin({vpcOriginConfig: {}})`, 501, ""},
		"a group":                {`cf.createRequestOriginGroup({originIds: [{originId: 'failing'}, {originId: 'other', originOverrides: {hostHeader: 'h.example.com'}}], selectionCriteria: 'default', failoverCriteria: {statusCodes: [503]}})`, 200, "other.example.com h.example.com /x  "},
		"a group by ids":         {`cf.createRequestOriginGroup({originIds: ['failing', 'other'], failoverCriteria: {statusCodes: [503]}})`, 200, "other.example.com other.example.com /x  "},
		"another status":         {`cf.createRequestOriginGroup({originIds: ['failing', 'other'], failoverCriteria: {statusCodes: [500]}})`, 503, "failing.example.com failing.example.com /x  "},
		"a group of nobody":      {`cf.createRequestOriginGroup({originIds: ['failing', 'nobody'], failoverCriteria: {statusCodes: [500]}})`, 503, ""},
		"a group of one":         {`cf.createRequestOriginGroup({originIds: ['other'], failoverCriteria: {statusCodes: [500]}})`, 503, ""},
		"a group for ever":       {`cf.createRequestOriginGroup({originIds: ['failing', 'other']})`, 503, ""},
		"by media quality":       {`cf.createRequestOriginGroup({originIds: ['failing', 'other'], selectionCriteria: 'media-quality-based', failoverCriteria: {statusCodes: [503]}})`, 501, ""},
		"a header not allowed":   {`cf.updateRequestOrigin({customHeaders: {'via': 'x'}})`, 502, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := at(t, func(r *http.Request) (*http.Response, error) {
				scope := ""
				if parts := strings.Split(r.Header.Get("Authorization"), "/"); len(parts) > 3 {
					scope = parts[2] + "/" + parts[3]
				}
				status := 200
				if r.URL.Host == "failing.example.com" {
					status = 503
				}
				return answer(r, status, nil, strings.NewReader(strings.Join([]string{r.URL.Host, r.Host, r.URL.Path, r.Header.Get("X-Own"), scope}, " "))), nil
			}, strings.Replace(handler, "%", test.code, 1), "", nil)
			log := func() *template.Log { return &template.Log{} }
			failing := &Origin{ID: template.Of("failing"), DomainName: template.Of("failing.example.com"), ReadTimeout: template.Of(patience), Attempts: template.Of(1), log: log(), way: log(), where: log()}
			s.Distribution.Origins = []*Origin{failing, {ID: template.Of("other"), DomainName: template.Of("other.example.com"), ReadTimeout: template.Of(patience), Attempts: template.Of(1), log: log(), way: log(), where: log()}}
			resp, _, _ := s.ask(t, "GET", "/x")
			if got := resp.Body.String(); resp.Code != test.status || test.want != "" && got != test.want {
				t.Errorf("%d %q, want %d %q", resp.Code, got, test.status, test.want)
			}
		})
	}
}

func TestKeyValueStore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "store.json")
	if err := os.WriteFile(file, []byte(`{"data": [{"key": "/old", "value": "/new"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := at(t, ok, `import cf from 'cloudfront'; const kvs = cf.kvs(); async function handler(e) { if (await kvs.exists(e.request.uri)) e.request.uri = await kvs.get(e.request.uri); return e.request; }`, "",
		&edge.StoreDefinition{File: file})
	for path, want := range map[string]string{"/old": "GET /new 0", "/x": "GET /x 0"} {
		if resp, _, _ := s.ask(t, "GET", path); resp.Body.String() != want {
			t.Errorf("%s: %d %q, want %q", path, resp.Code, resp.Body, want)
		}
	}
	for text, want := range map[string]string{
		`{"k": "v"}`:               "",
		`{"data": []}`:             "",
		`{"data": [{"key": "k"}]}`: "does not have a key and a value",
		`{"k": 1}`:                 "want {",
		`[]`:                       "want {",
		`{"` + strings.Repeat("k", 513) + `": ""}`:   "has 513 bytes",
		`{"k": "` + strings.Repeat("v", 1025) + `"}`: "1025",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := edge.ReadStore(file); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
}

// Lambda@Edge at viewer events: there is no origin in the event, bodies end at 40 KB, and the
// response has its head only.
func TestLambdaAtViewerEvents(t *testing.T) {
	t.Parallel()
	const code = `exports.handler = async (event) => {
		const { config, request, response } = event.Records[0].cf;
		if (response) {
			response.headers['x-event'] = [{ key: 'X-Event', value: config.eventType + ' ' + (request.origin === undefined) }];
			return response;
		}
		if (request.uri === '/own') return { status: '200', body: 'own' };
		const size = request.body ? Buffer.from(request.body.data, 'base64').length : -1;
		request.headers['x-seen'] = [{ key: 'X-Seen', value: config.eventType + ' ' + size + ' ' + (request.body ? request.body.inputTruncated : '') }];
		return request;
	}`
	host := &edge.Host{Interpreter: inNode, Dir: t.TempDir()}
	d := &edge.Definition{ARN: "arn:aws:lambda:us-east-1:111122223333:function:edge:1", Definition: &lambda.Definition{
		Name: "Site/Edge", Handler: template.Of("index.handler"), Runtime: template.Of("nodejs24.x"),
		Timeout: template.Of(30 * time.Second), Memory: template.Of(128), Code: lambda.Code{Inline: code},
	}}
	request, err := host.OriginRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(request.Close)
	response, err := host.OriginResponse(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(response.Close)
	b := newBehavior()
	b.LambdaRequest, b.LambdaBody, b.LambdaResponse = d, true, d
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		n := int64(0)
		if r.Body != nil {
			n, _ = io.Copy(io.Discard, r.Body)
		}
		return answer(r, 200, http.Header{"X-Got": {r.Header.Get("X-Seen")}, "X-Size": {strconv.FormatInt(n, 10)}}, strings.NewReader("")), nil
	}, b)
	s.Requests[d], s.Responses = request, map[*edge.Definition]*edge.OriginResponse{d: response}
	for _, test := range []struct {
		method string
		size   int
		want   string
	}{{"GET", 0, "viewer-request -1"}, {"POST", 10, "viewer-request 10 false"}, {"POST", 50 << 10, "viewer-request 40960 true"}} {
		resp, _, _ := s.send(t, s.request(t, test.method, "/x", strings.NewReader(strings.Repeat("b", test.size))))
		if got := resp.Header.Get("X-Got"); got != test.want || resp.Header.Get("X-Size") != strconv.Itoa(test.size) || resp.Header.Get("X-Event") != "viewer-response true" {
			t.Errorf("%s of %d bytes: %q, %q", test.method, test.size, got, resp.Header.Get("X-Event"))
		}
	}
	resp, body, _ := s.send(t, s.request(t, "GET", "/own", nil))
	if got := resp.Header.Get("X-Cache"); got != "LambdaGeneratedResponse from cloudfront" {
		t.Errorf("X-Cache of its own response = %q", got)
	}
	if body != "own" || resp.Header.Get("X-Event") != "" {
		t.Errorf("own response: %q, %q: no function runs on its way back", body, resp.Header.Get("X-Event"))
	}
}
