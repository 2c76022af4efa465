package explain

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text    string
		status  int
		headers map[string]string // some of the answer's
		body    string
		method  string
		url     string
		sent    map[string]string // some of the request's headers
		length  int64
		broken  bool
	}{
		"curl -i": {
			text:   "HTTP/2 403 \r\ncontent-type: application/json\r\nx-amzn-errortype: AccessDeniedException\r\n\r\n{\"Message\":null}",
			status: 403, headers: map[string]string{"X-Amzn-Errortype": "AccessDeniedException"}, body: `{"Message":null}`, length: -1,
		},
		"curl -i after a redirect and 100": {
			text:   "HTTP/1.1 301 Moved Permanently\nLocation: https://x/\n\nHTTP/2 100 \n\nHTTP/2 502 \nx-cache: a\n\nInternal Server Error",
			status: 502, headers: map[string]string{"X-Cache": "a", "Location": ""}, body: "Internal Server Error", length: -1,
		},
		"a body that talks of HTTP": {
			text:   "HTTP/2 502 \nx-cache: a\n\nthe log says\nHTTP/1.1 200 OK\nwhich is wrong",
			status: 502, body: "the log says\nHTTP/1.1 200 OK\nwhich is wrong", length: -1,
		},
		"curl -v": {
			text: "* Connected to d1.cloudfront.net\n> POST /v1/chat?x=1 HTTP/2\n> Host: d1.cloudfront.net\n> authorization: Bearer x\n> content-length: 5\n> \n" +
				"} [5 bytes data]\n* upload completely sent off: 5 bytes\n< HTTP/2 403 \n< x-cache: Error from cloudfront\n< \n{ [10 bytes data]\n{\"Message\":null}\n* Connection #0 left intact\n",
			status: 403, headers: map[string]string{"X-Cache": "Error from cloudfront"}, body: `{"Message":null}`,
			method: "POST", url: "https://d1.cloudfront.net/v1/chat?x=1", sent: map[string]string{"Authorization": "Bearer x"}, length: 5,
		},
		"curl -v to the local chain": {
			text:   "> GET /a HTTP/1.1\n> Host: 127.0.0.1:8080\n> \n< HTTP/1.1 403 Forbidden\n< \nno",
			status: 403, body: "no", method: "GET", url: "http://127.0.0.1:8080/a", length: -1,
		},
		"curl -v that broke off": {
			text:   "< HTTP/1.1 200 OK\n< \ndata: 1\n* transfer closed with outstanding read data remaining\ncurl: (18) transfer closed",
			status: 200, body: "data: 1\ncurl: (18) transfer closed", length: -1, broken: true,
		},
		"a command in several lines": {
			text:   "$ curl -i -X PUT \\\n  -H \"x-amz-content-sha256: ab\" \\\n  --data-raw '{\"a\": \"b\"}' \\\n  'https://d1.cloudfront.net/a b'\nHTTP/2 403 \nx-cache: a\n\nno",
			status: 403, body: "no", method: "PUT", url: "https://d1.cloudfront.net/a b", sent: map[string]string{"X-Amz-Content-Sha256": "ab"}, length: 10,
		},
		"a command with a file": {
			text:   "curl -d @/etc/hostname https://d1.cloudfront.net/\n{\"Message\":null}",
			status: 403, body: `{"Message":null}`, method: "POST", url: "https://d1.cloudfront.net/", length: -1,
		},
		"a browser's headers": {
			text: "Request URL: https://d1.cloudfront.net/v1\nRequest Method: POST\nStatus Code: 403 Forbidden\nRemote Address: 1.2.3.4:443\n" +
				"Response Headers\nx-amzn-errortype: InvalidSignatureException\nx-cache: Error from cloudfront\nRequest Headers\nauthorization: Bearer x\ncontent-length: 7\n",
			status: 403, headers: map[string]string{"X-Amzn-Errortype": "InvalidSignatureException", "X-Cache": "Error from cloudfront", "Content-Length": ""},
			method: "POST", url: "https://d1.cloudfront.net/v1", sent: map[string]string{"Authorization": "Bearer x"}, length: 7,
		},
		"a browser's headers, values below": {
			text:   "Request URL\nhttps://d1.cloudfront.net/v1\nRequest Method\nGET\nStatus Code\n504 Gateway Timeout\nvia\n1.1 a.cloudfront.net (CloudFront)\nx-cache:\nError from cloudfront\n",
			status: 504, headers: map[string]string{"Via": "1.1 a.cloudfront.net (CloudFront)", "X-Cache": "Error from cloudfront"}, method: "GET", url: "https://d1.cloudfront.net/v1", length: -1,
		},
		"pseudo headers": {
			text:   ":status: 403\nx-cache: a\nvia: b\n:method: POST\n",
			status: 403, headers: map[string]string{"X-Cache": "a"}, method: "POST", length: -1,
		},
		"raw heads of Firefox": {
			text:   "POST /v1 HTTP/2\nHost: d1.cloudfront.net\nContent-Length: 3\n\nHTTP/2 403 \nx-cache: a\n\nno",
			status: 403, headers: map[string]string{"X-Cache": "a"}, body: "no", method: "POST", url: "https://d1.cloudfront.net/v1", length: 3,
		},
		"a prompt in front of the command": {
			text:   "me@host:~/app$ curl -i -X PUT -d hello https://d1.cloudfront.net/\nHTTP/2 403 \nx-cache: a\n\nno",
			status: 403, body: "no", method: "PUT", url: "https://d1.cloudfront.net/", length: 5,
		},
		"PowerShell's curl is another one": {text: "curl : {\"Message\":null}\nAt line:1 char:1", status: 403, body: "curl : {\"Message\":null}\nAt line:1 char:1", length: -1},
		"PowerShell's error": {
			text:   "Invoke-WebRequest : The remote server returned an error: (504) Gateway Timeout.",
			status: 504, body: "Invoke-WebRequest : The remote server returned an error: (504) Gateway Timeout.", length: -1,
		},
		"a file that PowerShell wrote": {text: "\xff\xfeH\x00T\x00T\x00P\x00/\x002\x00 \x004\x000\x003\x00\r\x00\n\x00\r\x00\n\x00n\x00o\x00", status: 403, body: "no", length: -1},
		"a byte order mark":            {text: "\ufeffHTTP/2 403\nx-cache: a\n\nno", status: 403, headers: map[string]string{"X-Cache": "a"}, body: "no", length: -1},
		"the console of a browser": {
			text:   "app.js:12  POST https://d1.cloudfront.net/v1 403 (Forbidden)",
			status: 403, body: "app.js:12  POST https://d1.cloudfront.net/v1 403 (Forbidden)", method: "POST", url: "https://d1.cloudfront.net/v1", length: -1,
		},
		"the console of a browser, a stream that broke off": {
			text:   "GET https://d1.cloudfront.net/v1 net::ERR_INCOMPLETE_CHUNKED_ENCODING 200 (OK)",
			status: 200, body: "GET https://d1.cloudfront.net/v1 net::ERR_INCOMPLETE_CHUNKED_ENCODING 200 (OK)", method: "GET", url: "https://d1.cloudfront.net/v1", length: -1, broken: true,
		},
		"a resource that failed to load": {
			text:   "Failed to load resource: the server responded with a status of 403 ()",
			status: 403, body: "Failed to load resource: the server responded with a status of 403 ()", length: -1,
		},
		"a browser's headers without their titles": {
			text:   "x-cache: Error from cloudfront\ncontent-length: 192\n:authority: d1.cloudfront.net\n:method: POST\ncontent-length: 7\naccept: */*\n",
			status: 0, headers: map[string]string{"Content-Length": "192"}, method: "POST", sent: map[string]string{"Content-Length": "7"}, length: 7,
		},
		"JSON in lines":        {text: "{\n  \"Message\": null\n}", status: 403, body: "{\n  \"Message\": null\n}", length: -1},
		"a problem document":   {text: `{"title":"x","status":413}`, status: 413, body: `{"title":"x","status":413}`, length: -1},
		"an error of a client": {text: "APIStatusError: 429 Too Many Requests", status: 0, body: "APIStatusError: 429 Too Many Requests", length: -1},
		"one that says status": {text: "Error: Request failed with status code 502", status: 502, body: "Error: Request failed with status code 502", length: -1},
		"colours":              {text: "\x1b[1mHTTP/2\x1b[0m 403 \nx-cache: a\n\nno", status: 403, body: "no", length: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if a.Status != test.status || a.Body != test.body || a.Broken != test.broken {
				t.Errorf("answer = %d %q, broken %v, want %d %q, %v", a.Status, a.Body, a.Broken, test.status, test.body, test.broken)
			}
			r := a.Request
			if r.Method != test.method || r.URL != test.url || r.Length != test.length {
				t.Errorf("request = %s %s with %d bytes, want %s %s with %d", r.Method, r.URL, r.Length, test.method, test.url, test.length)
			}
			for h, want := range map[*http.Header]map[string]string{&a.Header: test.headers, &r.Header: test.sent} {
				for name, value := range want {
					if got := h.Get(name); got != value {
						t.Errorf("%s: %q, want %q", name, got, value)
					}
				}
			}
		})
	}
	for _, empty := range []string{"", " \n\t\n"} {
		if _, err := Parse(empty); err == nil {
			t.Errorf("Parse(%q) does not fail", empty)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		`-X POST 'a b' "c \"d\"" e\ f`:   {"-X", "POST", "a b", `c "d"`, "e f"},
		`--data-raw $'x' https://a | jq`: {"--data-raw", "x", "https://a"},
		`'' x`:                           {"", "x"},
		`'open`:                          {"open"},
		`a#b #c`:                         {"a#b"},
	} {
		if got := words(command); !slices.Equal(got, want) {
			t.Errorf("words(%q) = %q, want %q", command, got, want)
		}
	}
}

// Whatever people paste, it is read without a panic, and explained or not.
func FuzzParse(f *testing.F) {
	f.Add(answered("403", "AccessDeniedException", forbiddenBody))
	f.Add(page("502", "x"))
	f.Add("$ curl -v -d @x 'https://d1.cloudfront.net/%zz'\n> POST / HTTP/2\n> host: x\n>\n< HTTP/2 403\n<\n{}")
	f.Add("Request URL\nhttps://x\nStatus Code\n403\nvia:\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Parse(text)
		if err != nil {
			if strings.TrimSpace(text) != "" && strings.TrimSpace(escapes.ReplaceAllString(text, "")) != "" {
				t.Fatalf("Parse(%q): %v", text, err)
			}
			return
		}
		if a.Status != 0 && !plausible(a.Status) {
			t.Errorf("status %d", a.Status)
		}
		a.From()
		for _, found := range Explain(a) {
			if found.Cause == nil || len(found.Because) == 0 {
				t.Errorf("a finding without cause or reason: %+v", found)
			}
		}
	})
}
