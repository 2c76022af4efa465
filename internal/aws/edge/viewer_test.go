package edge

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestViewerEvent(t *testing.T) {
	t.Parallel()
	f := viewerFunction(t, `function handler(event) { return { statusCode: 200, body: JSON.stringify(event) } }`)
	r := &Request{
		Method: "POST", Path: "/a%20b", Query: "a=1&b=%2F&a=2&c&=x&d=", ClientIP: "203.0.113.7",
		Header: http.Header{
			"Host": {"d1.cloudfront.net"}, "Accept": {"text/html", "text/plain"}, "Cookie": {"s=1; t=a=b", "s=2; "}, "Content-Length": {"5"},
			"X-Forwarded-Proto": {"http"}, "X-Amz-Cf-Id": {"x"}, "Connection": {"close"},
		},
	}
	result, err := f.Run(bounded(t), about, r)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(result.Response.Body, &got); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	value := func(s string) object { return object{"value": s} }
	several := func(values ...string) object {
		o := object{"value": values[0]}
		list := []any{}
		for _, v := range values {
			list = append(list, value(v))
		}
		o["multiValue"] = list
		return o
	}
	want := object{
		"version": "1.0",
		"context": object{
			"distributionDomainName": "d1.cloudfront.net", "distributionId": "EDIST", "eventType": "viewer-request", "requestId": "request-id",
		},
		"viewer": object{"ip": "203.0.113.7"},
		"request": object{
			"method": "POST", "uri": "/a%20b",
			"querystring": object{"a": several("1", "2"), "b": value("%2F"), "c": value(""), "": value("x"), "d": value("")},
			"headers":     object{"host": value("d1.cloudfront.net"), "accept": several("text/html", "text/plain"), "content-length": value("5")},
			"cookies":     object{"s": several("1", "2"), "t": value("a=b")},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("event = %v\nwant %v", got, want)
	}
}

func TestViewerResults(t *testing.T) {
	t.Parallel()
	base := http.Header{
		"Host": {"d1.cloudfront.net"}, "Cookie": {"b=2; a=1", "c=3"}, "Accept": {"x", "y"}, "X-Forwarded-Proto": {"http"}, "Via": {"1.1 x"},
	}
	same := func(change func(http.Header)) http.Header {
		h := base.Clone()
		change(h)
		return h
	}
	nothing := func(http.Header) {}
	const query = "b=%2f&a=1&a"
	tests := map[string]struct {
		code    string
		header  http.Header // but x-case
		path    string
		query   string
		invalid string
	}{
		// What the function leaves alone stays as it came: order, escapes, lines.
		"unchanged":        {code: `return request`, header: base, query: query},
		"header set":       {code: `headers['x-new'] = { value: '1' }; return request`, header: same(func(h http.Header) { h.Set("X-New", "1") }), query: query},
		"header deleted":   {code: `delete headers.accept; return request`, header: same(func(h http.Header) { h.Del("Accept") }), query: query},
		"header of values": {code: `headers.accept.multiValue.push({ value: 'z' }); return request`, header: same(func(h http.Header) { h.Add("Accept", "z") }), query: query},
		"one value left":   {code: `headers.accept = { value: 'z' }; return request`, header: same(func(h http.Header) { h.Set("Accept", "z") }), query: query},
		"uri":              {code: `request.uri = '/other'; return request`, header: base, path: "/other", query: query},
		"query set":        {code: `request.querystring.z = { value: '9' }; return request`, header: base, query: "a=1&a=&b=%2f&z=9"},
		"query emptied":    {code: `request.querystring = {}; return request`, header: base, query: ""},
		"query deleted":    {code: `delete request.querystring; return request`, header: base, query: ""},
		"query as text":    {code: `request.querystring = request.rawQueryString() + '&c=[]'; return request`, header: base, query: query + "&c=[]"},
		"query of no text": {code: `request.querystring = ''; return request`, header: base, query: ""},
		"cookie set":       {code: `request.cookies.a = { value: '9' }; return request`, header: same(func(h http.Header) { h.Set("Cookie", "a=9; b=2; c=3") }), query: query},
		"cookies emptied":  {code: `request.cookies = {}; return request`, header: same(func(h http.Header) { h.Del("Cookie") }), query: query},
		"copied request":   {code: `return JSON.parse(JSON.stringify(request))`, header: base, query: query},

		"query with a space":  {code: `request.querystring = 'a= b'; return request`, invalid: `the function returned the querystring "a= b", with a space or a #`},
		"query of a number":   {code: `request.querystring = 1; return request`, invalid: "the result does not have the shape of a request or a response"},
		"method":              {code: `request.method = 'GET'; return request`, invalid: `the function changed the method from "POST" to "GET"`},
		"uri without a slash": {code: `request.uri = 'x'; return request`, invalid: `the function returned the uri "x", which does not begin with /`},
		"upper case":          {code: `headers['X-New'] = { value: '1' }; return request`, invalid: `the function returned the header "X-New": names are lower-case`},
		"disallowed":          {code: `headers['x-real-ip'] = { value: '1' }; return request`, invalid: "the function added the header x-real-ip, which is not allowed"},
		"host":                {code: `headers.host.value = 'x'; return request`, invalid: `the function changed the read-only header host from ["d1.cloudfront.net"] to ["x"]`},
		"host deleted":        {code: `delete headers.host; return request`, invalid: `the function changed the read-only header host from ["d1.cloudfront.net"] to []`},
		"header of text":      {code: `headers['x-new'] = '1'; return request`, invalid: "the result does not have the shape of a request or a response"},
	}
	code := map[string]string{}
	for name, test := range tests {
		code[name] = test.code
	}
	f := viewerFunction(t, choose(code)+`
function handler(event) {
  const name = event.request.headers['x-case'].value;
  delete event.request.headers['x-case'];
  return cases[name](event, event.request, event.request.headers);
}`)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := same(nothing)
			in.Set("X-Case", name)
			r := &Request{Method: "POST", Path: "/a%20b", Query: query, Header: in, ClientIP: "203.0.113.7"}
			result, err := f.Run(bounded(t), about, r)
			if wantInvalid(t, err, test.invalid) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			path := test.path
			if path == "" {
				path = "/a%20b"
			}
			want := &Request{Method: "POST", Path: path, Query: test.query, Header: test.header, ClientIP: "203.0.113.7"}
			if !reflect.DeepEqual(result.Request, want) {
				t.Errorf("request = %+v\nwant %+v", result.Request, want)
			}
			if result.Response != nil || result.Body != nil {
				t.Errorf("result = %+v, want a request alone", result)
			}
			if r.Path != "/a%20b" || r.Header.Get("X-Case") != name {
				t.Errorf("the request that went in has changed: %+v", r)
			}
		})
	}
}

func TestViewerResponses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code    string
		want    Response
		invalid string
	}{
		"redirect": {
			code: `return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/x' } } }`,
			want: Response{Status: 302, Reason: "Found", Header: http.Header{"Location": {"/x"}}},
		},
		"text":   {code: `return { statusCode: 403, body: 'no' }`, want: Response{Status: 403, Header: http.Header{}, Body: []byte("no")}},
		"object": {code: `return { statusCode: 403, body: { encoding: 'text', data: 'no' } }`, want: Response{Status: 403, Header: http.Header{}, Body: []byte("no")}},
		"base64": {code: `return { statusCode: 200, body: { encoding: 'base64', data: '/wA=' } }`, want: Response{Status: 200, Header: http.Header{}, Body: []byte("\xff\x00")}},
		"values": {
			code: `return { statusCode: 200, headers: { a: { value: '1', multiValue: [{ value: '1' }, { value: '2' }] } },
				cookies: { s: { value: '1', attributes: 'Secure; Path=/' }, t: { value: '2', multiValue: [{ value: '2' }, { value: '3', attributes: 'HttpOnly' }] } } }`,
			want: Response{Status: 200, Header: http.Header{"A": {"1", "2"}, "Set-Cookie": {"s=1; Secure; Path=/", "t=2", "t=3; HttpOnly"}}},
		},
		"no status code": {code: `return { statusCode: '200' }`, invalid: "the result does not have the shape of a request or a response"},
		"status 99":      {code: `return { statusCode: 99 }`, invalid: "the function returned the status code 99: want 200 to 599"},
		"status 1000":    {code: `return { statusCode: 1000 }`, invalid: "the function returned the status code 1000: want 200 to 599"},
		"upper case":     {code: `return { statusCode: 200, headers: { Location: { value: '/' } } }`, invalid: `the function returned the header "Location": names are lower-case`},
		"disallowed":     {code: `return { statusCode: 200, headers: { 'x-cache': { value: 'Hit' } } }`, invalid: "the function returned a response with the header x-cache, which is not allowed"},
		"body encoding":  {code: `return { statusCode: 200, body: { encoding: 'hex', data: '00' } }`, invalid: `the function returned a body in encoding "hex": no such encoding`},
		"broken base64":  {code: `return { statusCode: 200, body: { encoding: 'base64', data: '!' } }`, invalid: `the function returned a body in encoding "base64"`},
		"body of a list": {code: `return { statusCode: 200, body: [] }`, invalid: "the function returned a body that is neither text nor an object"},
	}
	code := map[string]string{}
	for name, test := range tests {
		code[name] = test.code
	}
	f := viewerFunction(t, choose(code)+`
function handler(event) { return cases[event.request.headers['x-case'].value](event, event.request, event.request.headers); }`)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := f.Run(bounded(t), about, get(http.Header{"X-Case": {name}}))
			if wantInvalid(t, err, test.invalid) {
				return
			}
			if err != nil || result.Request != nil || !reflect.DeepEqual(*result.Response, test.want) {
				t.Errorf("result = %+v, %v, want %+v", result.Response, err, test.want)
			}
		})
	}
}

// The method of the request returns the query as it came, undefined if there is none.
func TestRawQueryString(t *testing.T) {
	t.Parallel()
	f := viewerFunction(t, `function handler(event) { return { statusCode: 200, body: String(event.request.rawQueryString()) } }`)
	for query, want := range map[string]string{"": "undefined", "tags[]=b&tags[]=%61&&x": "tags[]=b&tags[]=%61&&x"} {
		r := get(nil)
		r.Query = query
		result, err := f.Run(bounded(t), about, r)
		if err != nil || string(result.Response.Body) != want {
			t.Errorf("rawQueryString() of %q = %v, %v, want %q", query, result, err, want)
		}
	}
}

// The endpoint's own code, on a route without a signer: encoded once, in its order.
func TestViewerFunctionEncodesTheQuery(t *testing.T) {
	t.Parallel()
	f := viewerFunction(t, source(t, "../../../functions/viewer/index.js"))
	r := get(http.Header{"Host": {"d1.cloudfront.net"}, "X_Forwarded_Host": {"spoofed"}})
	r.Query = "b[]=2&$a=1&b[]=%5B1&&c"
	result, err := f.Run(bounded(t), about, r)
	if err != nil {
		t.Fatal(err)
	}
	if want := "b%5B%5D=2&%24a=1&b%5B%5D=%5B1&&c"; result.Request.Query != want {
		t.Errorf("query = %q, want %q", result.Request.Query, want)
	}
	if got := result.Request.Header; len(got["X_forwarded_host"]) > 0 || got.Get("X-Forwarded-Host") != "d1.cloudfront.net" {
		t.Errorf("headers = %v", got)
	}
}

// source is the viewer function of a route without a signer.
func source(t *testing.T, file string) string {
	t.Helper()
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(code), "const SIGNED = true;", "const SIGNED = false;", 1)
}
