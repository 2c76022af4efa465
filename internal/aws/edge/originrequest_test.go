package edge

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
)

func TestOriginRequestEvent(t *testing.T) {
	t.Parallel()
	f := edgeFunction(t, inline(`exports.handler = async (event) => ({ status: '200', body: JSON.stringify(event) })`))
	type object = map[string]any
	header := func(key string, values ...string) []any {
		var list []any
		for _, v := range values {
			list = append(list, object{"key": key, "value": v})
		}
		return list
	}
	for name, test := range map[string]struct {
		origin *Origin
		body   *Body
		want   any // body of the event; nil: none
		custom object
	}{
		"no body": {
			origin: origin,
			custom: object{
				"customHeaders": object{"x-tenant": header("X-Tenant", "one")}, "domainName": origin.DomainName, "keepaliveTimeout": 5.0, "path": "/base",
				"port": 443.0, "protocol": "https", "readTimeout": 60.0, "responseCompletionTimeout": 120.0, "sslProtocols": []any{"TLSv1.2"},
			},
		},
		"empty body, bare origin": {
			origin: &Origin{DomainName: "x", Protocol: "https", Port: 443}, body: &Body{},
			want: object{"inputTruncated": false, "action": "read-only", "encoding": "base64", "data": ""},
			custom: object{
				"customHeaders": object{}, "domainName": "x", "keepaliveTimeout": 0.0, "path": "", "port": 443.0, "protocol": "https",
				"readTimeout": 0.0, "sslProtocols": []any{},
			},
		},
		"truncated body": {
			origin: &Origin{DomainName: "x", Protocol: "https", Port: 443}, body: &Body{Data: []byte("\xff\x00"), Truncated: true},
			want: object{"inputTruncated": true, "action": "read-only", "encoding": "base64", "data": "/wA="},
			custom: object{
				"customHeaders": object{}, "domainName": "x", "keepaliveTimeout": 0.0, "path": "", "port": 443.0, "protocol": "https",
				"readTimeout": 0.0, "sslProtocols": []any{},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Request{
				Method: "POST", Path: "/a%20b", Query: "x=1&y=%2F", ClientIP: "203.0.113.7",
				Header: http.Header{"Host": {"x"}, "Accept": {"a", "b"}, "X-Amz-Cf-Id": {"hidden"}, "X-Forwarded-Proto": {"hidden"}, "X-Amz-Content-Sha256": {"h"}},
			}
			result, err := f.Run(bounded(t), about, test.origin, r, test.body)
			if err != nil {
				t.Fatal(err)
			}
			var got any
			if err := json.Unmarshal(result.Response.Body, &got); err != nil {
				t.Fatal(err)
			}
			request := object{
				"clientIp": "203.0.113.7", "method": "POST", "uri": "/a%20b", "querystring": "x=1&y=%2F",
				"headers": object{"host": header("Host", "x"), "accept": header("Accept", "a", "b"), "x-amz-content-sha256": header("X-Amz-Content-Sha256", "h")},
				"origin":  object{"custom": test.custom},
			}
			if test.want != nil {
				request["body"] = test.want
			}
			want := object{"Records": []any{object{"cf": object{
				"config": object{
					"distributionDomainName": "d1.cloudfront.net", "distributionId": "EDIST", "eventType": "origin-request", "requestId": "request-id",
				},
				"request": request,
			}}}}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("event = %v\nwant %v", got, want)
			}
		})
	}
}

const originCases = `
exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  const name = request.headers['x-case'][0].value;
  delete request.headers['x-case'];
  return cases[name](event, request, request.headers);
};`

func TestOriginRequestResults(t *testing.T) {
	t.Parallel()
	base := http.Header{"Host": {origin.DomainName}, "Via": {"1.1 x"}, "Accept": {"a", "b"}, "X-Forwarded-Proto": {"https"}, "Accept-Encoding": {"gzip"}}
	with := func(change func(http.Header)) http.Header {
		h := base.Clone()
		change(h)
		return h
	}
	const shape = "the result does not have the shape of a request or a response"
	tests := map[string]struct {
		code    string
		header  http.Header // default: as it came
		origin  http.Header // custom headers of the origin; default: as they were
		uri     string
		query   string
		body    string        // that replaces the viewer's
		noBody  bool          // the function is not given one
		moved   func(*Origin) // the origin in place of the one it was given
		invalid string
	}{
		"another origin": {
			code: `Object.assign(request.origin.custom, { domainName: 'example.com', path: '/p', port: 8443, readTimeout: 7 }); return request`,
			moved: func(o *Origin) {
				o.DomainName, o.Path, o.Port, o.ReadTimeout = "example.com", "/p", 8443, 7*time.Second
			},
		},
		"a bucket": {
			code: `request.origin = { s3: { authMethod: 'none', customHeaders: request.origin.custom.customHeaders, domainName: 'b.s3.eu-west-1.amazonaws.com', path: '', region: 'eu-west-1' } }; return request`,
			moved: func(o *Origin) {
				o.S3, o.AuthMethod, o.DomainName, o.Path, o.Region = true, "none", "b.s3.eu-west-1.amazonaws.com", "", "eu-west-1"
			},
		},
		"the same in another order": {code: `request.origin.custom = Object.fromEntries(Object.entries(request.origin.custom).reverse()); return request`},
		"unchanged":                 {code: `return request`},
		"header set":                {code: `headers['x-new'] = [{ key: 'X-New', value: '1' }]; return request`, header: with(func(h http.Header) { h.Set("X-New", "1") })},
		"without a key":             {code: `headers['x-new'] = [{ value: '1' }, { value: '2' }]; return request`, header: with(func(h http.Header) { h["X-New"] = []string{"1", "2"} })},
		"header deleted":            {code: `delete headers.accept; return request`, header: with(func(h http.Header) { h.Del("Accept") })},
		"host":                      {code: `headers.host[0].value = 'x'; return request`, header: with(func(h http.Header) { h.Set("Host", "x") })},
		"uri and query":             {code: `request.uri = '/z'; request.querystring = 'q=%20'; return request`, uri: "/z", query: "q=%20"},
		"origin's headers": {
			code:   `delete request.origin.custom.customHeaders['x-tenant']; request.origin.custom.customHeaders['x-new'] = [{ key: 'X-New', value: '1' }]; return request`,
			origin: http.Header{"X-New": {"1"}},
		},
		"body read-only":  {code: `request.body.data = 'AAAA'; return request`},
		"body deleted":    {code: `delete request.body; return request`},
		"body, base64":    {code: `Object.assign(request.body, { action: 'replace', data: '/wA=' }); return request`, body: "\xff\x00"},
		"body, text":      {code: `Object.assign(request.body, { action: 'replace', encoding: 'text', data: 'ü' }); return request`, body: "ü"},
		"body of 1 MiB":   {code: `Object.assign(request.body, { action: 'replace', encoding: 'text', data: 'x'.repeat(1048576) }); return request`, body: strings.Repeat("x", MaxBody)},
		"longest address": {code: `request.uri = '/'.padEnd(8191, 'x'); request.querystring = ''; return request`, uri: "/" + strings.Repeat("x", 8190), query: "-"},

		"body over 1 MiB":     {code: `Object.assign(request.body, { action: 'replace', encoding: 'text', data: 'x'.repeat(1048577) }); return request`, invalid: "the function replaced the body by 1048577 bytes (at most 1048576)"},
		"body, hex":           {code: `Object.assign(request.body, { action: 'replace', encoding: 'hex', data: '00' }); return request`, invalid: "the function replaced the body by 0 bytes (at most 1048576) in encoding \"hex\""},
		"body of a text":      {code: `request.body = 'x'; return request`, invalid: "the function returned a body of another shape"},
		"body out of nothing": {code: `request.body = { action: 'replace', data: 'AAAA' }; return request`, noBody: true, invalid: "the function replaced a body that it was not given"},
		"method":              {code: `request.method = 'GET'; return request`, invalid: "the function changed method or clientIp, which are read-only"},
		"client":              {code: `request.clientIp = '1.1.1.1'; return request`, invalid: "the function changed method or clientIp, which are read-only"},
		"uri without a slash": {code: `request.uri = 'z'; return request`, invalid: "the function returned a uri that does not begin with /"},
		"too long an address": {code: `request.uri = '/'.padEnd(8000, 'x'); request.querystring = 'y'.repeat(192); return request`, invalid: "the function returned a uri that does not begin with /, or that has 8192 characters or more with the query"},
		"query with a space":  {code: `request.querystring = 'a b'; return request`, invalid: "the function returned a querystring with a space or a #"},
		"query with a #":      {code: `request.querystring = 'a#b'; return request`, invalid: "the function returned a querystring with a space or a #"},
		"origin with a port":  {code: `request.origin.custom.domainName = 'example.com:80'; return request`, invalid: "the function returned an origin with the domainName \"example.com:80\": want a domain name, without a port"},
		"origin by address":   {code: `request.origin.custom.domainName = '192.0.2.1'; return request`, invalid: "the function returned an origin with the domainName"},
		"origin's path":       {code: `request.origin.custom.path = '/a/'; return request`, invalid: "the function returned an origin with the path \"/a/\""},
		"origin's protocol":   {code: `request.origin.custom.protocol = 'ftp'; return request`, invalid: "the function returned an origin with the protocol \"ftp\": want http or https"},
		"origin's port":       {code: `request.origin.custom.port = 81; return request`, invalid: "the function returned an origin with the port 81: want 80, 443 or 1024 to 65535"},
		"origin's time":       {code: `request.origin.custom.readTimeout = 0; return request`, invalid: "the function returned an origin with a readTimeout of 0"},
		"both origins":        {code: `request.origin.s3 = request.origin.custom; return request`, invalid: "the function returned an origin of another shape: want one of custom and s3"},
		"bucket by nobody":    {code: `request.origin = { s3: { authMethod: 'oac', customHeaders: {}, domainName: 'b.s3.amazonaws.com', path: '', region: '' } }; return request`, invalid: "the function returned an origin with the authMethod \"oac\""},
		"bucket anywhere":     {code: `request.origin = { s3: { authMethod: 'origin-access-identity', customHeaders: {}, domainName: 'b.s3.amazonaws.com', path: '', region: '' } }; return request`, invalid: "the function returned an origin with the authMethod origin-access-identity and without a region"},
		"no custom headers":   {code: `delete request.origin.custom.customHeaders; return request`, invalid: "the function returned an origin without customHeaders"},
		"origin deleted":      {code: `delete request.origin; return request`, invalid: "the function returned an origin of another shape"},
		"origin's header":     {code: `request.origin.custom.customHeaders['x-real-ip'] = [{ value: '1' }]; return request`, invalid: "the function added the header x-real-ip, which is not allowed"},
		"header twice":        {code: `request.origin.custom.customHeaders.accept = [{ value: '1' }]; return request`, invalid: "the function added accept to the headers of the origin, which is among those of the request"},
		"upper case":          {code: `headers['X-New'] = [{ value: '1' }]; return request`, invalid: `the function returned the header "X-New": names are lower-case`},
		"key of another":      {code: `headers['x-new'] = [{ key: 'X-Other', value: '1' }]; return request`, invalid: `the function returned the header "X-Other" under the name "x-new"`},
		"header of text":      {code: `headers['x-new'] = '1'; return request`, invalid: shape},
		"header of one":       {code: `headers['x-new'] = { value: '1' }; return request`, invalid: shape},
		"disallowed":          {code: `headers['x-forwarded-proto'] = [{ value: 'http' }]; return request`, invalid: "the function added the header x-forwarded-proto, which is not allowed"},
		"read-only":           {code: `delete headers['accept-encoding']; return request`, invalid: `the function changed the read-only header accept-encoding from ["gzip"] to []`},
		"nothing of use":      {code: `return {}`, invalid: "the function returned a response without a status from 200 to 599"},
		"the event":           {code: `return event`, invalid: "the function returned a response without a status from 200 to 599"},
	}
	code := map[string]string{}
	for name, test := range tests {
		code[name] = test.code
	}
	f := edgeFunction(t, inline(choose(code)+originCases))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := base.Clone()
			in.Set("X-Case", name)
			r := &Request{Method: "POST", Path: "/a%20b", Query: "x=1", Header: in, ClientIP: "203.0.113.7"}
			body := &Body{Data: []byte("hello")}
			if test.noBody {
				body = nil
			}
			result, err := f.Run(bounded(t), about, origin, r, body)
			if wantInvalid(t, err, test.invalid) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := &Request{Method: "POST", Path: "/a%20b", Query: "x=1", Header: base, ClientIP: "203.0.113.7", OriginHeaders: http.Header{"X-Tenant": {"one"}}}
			if test.origin != nil {
				want.OriginHeaders = test.origin
			}
			if test.header != nil {
				want.Header = test.header
			}
			if test.uri != "" {
				want.Path, want.Query = test.uri, strings.TrimPrefix(test.query, "-")
			}
			if !reflect.DeepEqual(result.Request, want) || result.Response != nil {
				t.Errorf("request = %+v\nwant %+v", result.Request, want)
			}
			var moved *Origin
			if test.moved != nil {
				o := *origin
				test.moved(&o)
				moved = &o
			}
			if !reflect.DeepEqual(result.Moved, moved) {
				t.Errorf("origin = %+v\nwant %+v", result.Moved, moved)
			}
			if !bytes.Equal(result.Body, []byte(test.body)) || (result.Body == nil) != (test.body == "") {
				t.Errorf("body = %.50q, want %.50q", result.Body, test.body)
			}
		})
	}
}

func TestGeneratedResponses(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	tests := map[string]struct {
		code    string
		want    Response
		invalid string
	}{
		"whole": {
			code: `return { status: '413', statusDescription: 'Content Too Large', headers: { 'x-a': [{ key: 'X-A', value: '1' }, { value: '2' }] }, body: 'no' }`,
			want: Response{Status: 413, Reason: "Content Too Large", Header: http.Header{"X-A": {"1", "2"}}, Body: []byte("no")},
		},
		"status alone": {code: `return { status: '204' }`, want: Response{Status: 204, Header: http.Header{}, Body: []byte{}}},
		"base64":       {code: `return { status: '200', bodyEncoding: 'base64', body: '/wA=' }`, want: Response{Status: 200, Header: http.Header{}, Body: []byte("\xff\x00")}},
		"1 MiB":        {code: `return { status: '200', body: 'x'.repeat(1048576) }`, want: Response{Status: 200, Header: http.Header{}, Body: bytes.Repeat([]byte("x"), most)}},

		"1 MiB + 1":            {code: `return { status: '200', body: 'x'.repeat(1048577) }`, invalid: "the function returned a response of 1048577 bytes: at most 1048576"},
		"1 MiB with a header":  {code: `return { status: '200', headers: { 'x-a': [{ value: '1' }] }, body: 'x'.repeat(1048576) }`, invalid: "the function returned a response of 1048580 bytes: at most 1048576"},
		"1 MiB in base64":      {code: `return { status: '200', bodyEncoding: 'base64', body: 'A'.repeat(1048580) }`, invalid: "the function returned a response of 1048580 bytes: at most 1048576"},
		"status of a number":   {code: `return { status: 200 }`, invalid: "the result does not have the shape of a request or a response"},
		"status 199":           {code: `return { status: '199' }`, invalid: "the function returned a response without a status from 200 to 599"},
		"status 600":           {code: `return { status: '600' }`, invalid: "the function returned a response without a status from 200 to 599"},
		"status of text":       {code: `return { status: 'OK' }`, invalid: "the function returned a response without a status from 200 to 599"},
		"body without status":  {code: `return { body: 'x' }`, invalid: "the function returned a response without a status from 200 to 599"},
		"204 with a body":      {code: `return { status: '204', body: 'x' }`, invalid: "the function returned status 204 with a body"},
		"body of an object":    {code: `return { status: '200', body: { a: 1 } }`, invalid: "the function returned a response whose body is not text"},
		"body encoding":        {code: `return { status: '200', bodyEncoding: 'hex', body: '00' }`, invalid: `the function returned a body in encoding "hex": no such encoding`},
		"broken base64":        {code: `return { status: '200', bodyEncoding: 'base64', body: '!' }`, invalid: `the function returned a body in encoding "base64"`},
		"disallowed header":    {code: `return { status: '200', headers: { 'x-amz-cf-id': [{ value: '1' }] } }`, invalid: "the function returned a response with the header x-amz-cf-id, which is not allowed"},
		"transfer encoding":    {code: `return { status: '200', headers: { 'transfer-encoding': [{ value: 'chunked' }] } }`, invalid: "the function returned a response with the header transfer-encoding, which is not allowed"},
		"via":                  {code: `return { status: '200', headers: { via: [{ value: 'x' }] } }`, invalid: "the function returned a response with the header via, which is not allowed"},
		"upper case":           {code: `return { status: '200', headers: { Location: [{ value: '/' }] } }`, invalid: `the function returned the header "Location": names are lower-case`},
		"headers of one value": {code: `return { status: '200', headers: { location: '/' } }`, invalid: "the result does not have the shape of a request or a response"},
	}
	code := map[string]string{}
	for name, test := range tests {
		code[name] = test.code
	}
	f := edgeFunction(t, inline(choose(code)+originCases))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := f.Run(bounded(t), about, origin, get(http.Header{"X-Case": {name}}), nil)
			if wantInvalid(t, err, test.invalid) {
				return
			}
			if err != nil || result.Request != nil || !reflect.DeepEqual(*result.Response, test.want) {
				t.Errorf("response = %.200v, %v, want %.200v", result.Response, err, test.want)
			}
		})
	}
}

func TestOriginResponse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code    string
		want    Response
		invalid string
	}{
		"unchanged": {code: `return response`, want: Response{Status: 401, Reason: "Unauthorized", Header: http.Header{"A": {"1", "2"}, "Via": {"1.1 x"}, "X-Cache": {"hidden"}}}},
		"challenge": {
			code: `headers['www-authenticate'] = [{ value: 'Bearer' }]; delete headers.a; response.status = '403'; return response`,
			want: Response{Status: 403, Reason: "Unauthorized", Header: http.Header{"Www-Authenticate": {"Bearer"}, "Via": {"1.1 x"}, "X-Cache": {"hidden"}}},
		},
		"body": {
			code: `response.body = '/wA='; response.bodyEncoding = 'base64'; return response`,
			want: Response{Status: 401, Reason: "Unauthorized", Header: http.Header{"A": {"1", "2"}, "Via": {"1.1 x"}, "X-Cache": {"hidden"}}, Body: []byte("\xff\x00")},
		},
		"nothing":          {code: `return null`, invalid: "the function did not return a response"},
		"a text":           {code: `return 'x'`, invalid: "the function did not return a response"},
		"the request":      {code: `return event.Records[0].cf.request`, invalid: `the function returned the status "": want 200 to 599`},
		"status 600":       {code: `response.status = '600'; return response`, invalid: `the function returned the status "600": want 200 to 599`},
		"disallowed":       {code: `headers['x-edge-a'] = [{ value: '1' }]; return response`, invalid: "the function added the header x-edge-a, which is not allowed"},
		"read-only":        {code: `delete headers.via; return response`, invalid: `the function changed the read-only header via from ["1.1 x"] to []`},
		"upper case":       {code: `headers.B = [{ value: '1' }]; return response`, invalid: `the function returned the header "B": names are lower-case`},
		"body encoding":    {code: `response.body = 'x'; response.bodyEncoding = 'hex'; return response`, invalid: `the function returned a body in encoding "hex"`},
		"body over 1 MiB":  {code: `response.body = 'x'.repeat(1048577); return response`, invalid: "the function returned a body of 1048577 bytes: at most 1048576"},
		"status of number": {code: `response.status = 200; return response`, invalid: "the function did not return a response"},
	}
	code := map[string]string{}
	for name, test := range tests {
		code[name] = test.code
	}
	f, err := newHost(t).OriginResponse(definition("Site/Challenge", "arn:aws:lambda:us-east-1:111122223333:function:c:1",
		lambda.Code{Inline: strings.ReplaceAll(choose(code), "(event, request, headers)", "(event, response, headers)") + `
exports.handler = async (event) => {
  const { config, request, response } = event.Records[0].cf;
  if (config.eventType !== 'origin-response' || request.uri !== '/a%20b' || response.statusDescription !== 'Unauthorized') throw new Error('odd event');
  if ('body' in response || 'x-cache' in response.headers) throw new Error('sees too much');
  return cases[request.headers['x-case'][0].value](event, response, response.headers);
};`}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"A": {"1", "2"}, "Via": {"1.1 x"}, "X-Cache": {"hidden"}}
			got, err := f.Run(bounded(t), about, origin, get(http.Header{"X-Case": {name}}), 401, header)
			if wantInvalid(t, err, test.invalid) {
				return
			}
			if err != nil || !reflect.DeepEqual(*got, test.want) {
				t.Errorf("response = %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}
