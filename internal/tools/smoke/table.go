package smoke

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// table is all rows. They are independent of each other and come in any order.
func table(o Options) []check {
	return slices.Concat(bodies(), credentials(), headersOnTheWay(), targets(), answers(), streams(o), directCalls(), signatures())
}

// Sizes of bodies (documented: Lambda@Edge and Lambda quotas, November 2026).
const (
	edgeLimit     = 1 << 20 // what the edge sees of a body
	functionLimit = 6 << 20 // what Lambda takes
)

// bodies are methods with and without bodies, around each limit.
func bodies() []check {
	arrives := []expectation{status(http.StatusOK), method, payloadArrived}
	row := func(name string, r request, want ...expectation) check {
		return check{name: name, ask: send(r), want: want, cause: causes.PayloadHashMissing}
	}
	checks := []check{
		row("OPTIONS", request{method: "OPTIONS"}, status(http.StatusOK), method),
		row("HEAD", request{method: "HEAD"}, status(http.StatusOK), header("Content-Type", "application/json"), body("")),
		row("GET with a body is refused", request{method: "GET", body: payload{text, 5}}, status(http.StatusForbidden)),
		row("DELETE without a body", request{method: "DELETE"}, arrives...),
		row("DELETE with a body and its hash", request{method: "DELETE", body: payload{text, 100}, hash: rightHash}, arrives...),
		row("POST of JSON", request{method: "POST", body: payload{kind: document}}, arrives...),
		row("POST of a form", request{method: "POST", body: payload{kind: form}}, arrives...),
		row("POST without a content type", request{method: "POST", body: payload{untyped, 1000}}, arrives...),
		row("POST without a length", request{method: "POST", body: payload{binary, 1000}, unsized: true}, arrives...),
		row("POST with a wrong hash is corrected", request{method: "POST", body: payload{text, 100}, hash: strings.Repeat("0", 64)}, arrives...),
		row("GET with a hash of something", request{hash: strings.Repeat("0", 64)}, status(http.StatusOK), method),
		{
			// Bytes that are not text, under a type that is.
			name: "compressed JSON by POST", want: arrives, cause: causes.PayloadHashWrong,
			ask: send(request{method: "POST", body: payload{binary, 1000}, header: map[string]string{
				"Content-Type": "application/json", "Content-Encoding": "gzip",
			}}),
			settles: []question{{bytesKept, arrives, []expectation{status(http.StatusOK), method}}},
		},
		row("1 MB of binary", request{method: "POST", body: payload{binary, 1_000_000}}, arrives...),
		row("1 MiB + 1 with its hash", request{method: "POST", body: payload{binary, edgeLimit + 1}, hash: rightHash}, arrives...),
		row("5.5 MiB of text with its hash", request{method: "POST", body: payload{text, 5632 << 10}, hash: rightHash}, arrives...),
		row("4.5 MB of binary with its hash", request{method: "PUT", body: payload{binary, 4_500_000}, hash: rightHash}, arrives...),
	}
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		checks = append(checks,
			row(method+" of 0 bytes", request{method: method}, arrives...),
			row(method+" of text", request{method: method, body: payload{text, 1000}}, arrives...),
			row(method+" of binary", request{method: method, body: payload{binary, 1000}}, arrives...))
	}
	return append(checks, limits(arrives)...)
}

// limits are bodies whose answers also show what AWS really does.
func limits(arrives []expectation) []check {
	tooLarge := []expectation{status(http.StatusRequestEntityTooLarge)}
	fitsOrNot := either(arrives, tooLarge)
	refusedByEdge := []expectation{status(http.StatusRequestEntityTooLarge), problem}
	invoke := body(`{"message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}`)
	return []check{
		{
			name:    "DELETE with a body, without its hash",
			ask:     send(request{method: "DELETE", body: payload{text, 100}}),
			want:    []expectation{either(arrives, refused)},
			settles: []question{{deleteHidden, refused, arrives}},
		}, {
			name: "1 MiB of text",
			ask:  send(request{method: "POST", body: payload{text, edgeLimit}}),
			want: []expectation{either(arrives, refusedByEdge)}, cause: causes.PayloadHashMissing,
			settles: []question{{mebibyte, arrives, refusedByEdge}},
		}, {
			name: "1 MiB of binary",
			ask:  send(request{method: "POST", body: payload{binary, edgeLimit}}),
			want: []expectation{either(arrives, refusedByEdge)}, cause: causes.PayloadHashWrong,
			settles: []question{{hashNeeded, arrives, refused}, {noLineBreaks, arrives, refused}},
		}, {
			name:    "1 MiB + 1 without its hash is refused",
			ask:     send(request{method: "POST", body: payload{binary, edgeLimit + 1}}),
			want:    refusedByEdge,
			settles: []question{{generatedCache, []expectation{problem, header("X-Cache", "LambdaGeneratedResponse from cloudfront")}, []expectation{problem}}},
		}, {
			name:    "1 MiB + 1 with a wrong hash is refused",
			ask:     send(request{method: "POST", body: payload{text, edgeLimit + 1}, hash: strings.Repeat("0", 64)}),
			want:    []expectation{status(http.StatusForbidden)},
			settles: []question{{refusalWords, refused, []expectation{status(http.StatusForbidden)}}},
		}, {
			name:    "6 MiB of text with its hash",
			ask:     send(request{method: "POST", body: payload{text, functionLimit}, hash: rightHash}),
			want:    []expectation{fitsOrNot},
			settles: []question{{bodyAloneCounts, arrives, tooLarge}},
		}, {
			name:    "5 MiB of binary with its hash",
			ask:     send(request{method: "POST", body: payload{binary, 5 << 20}, hash: rightHash}),
			want:    []expectation{fitsOrNot},
			settles: []question{{eventCounts, tooLarge, arrives}},
		}, {
			name:    "6 MiB + 1 with its hash is refused",
			ask:     send(request{method: "POST", body: payload{text, functionLimit + 1}, hash: rightHash}),
			want:    tooLarge,
			settles: []question{{tooLargeWords, slices.Concat(tooLarge, []expectation{invoke}), tooLarge}},
		},
	}
}

// credentials are ways to get somebody's identity to the application, or another's.
func credentials() []check {
	known := []expectation{status(http.StatusOK), identity, clean}
	spoofed := map[string]string{"X-Forwarded-Authorization": "Bearer spoofed"}
	row := func(name string, r request, want ...expectation) check {
		return check{name: name, ask: send(r), want: want, cause: causes.AuthorizationLost}
	}
	keyed := func(s *session) string {
		if !s.keyed {
			return "the endpoint asks for no key"
		}
		return ""
	}
	keyless := func(s *session) string {
		if s.keyed {
			return "the endpoint asks for a key"
		}
		return ""
	}
	anonymous := row("spoofed x-forwarded-authorization, without Authorization",
		request{anonymous: true, header: spoofed}, status(http.StatusOK), nobody)
	anonymous.needs = keyless
	refused := row("no key is refused", request{anonymous: true}, status(http.StatusUnauthorized))
	refused.needs = keyed
	smuggled := check{
		name: "a key in x-forwarded-authorization is refused", needs: keyed,
		want: []expectation{status(http.StatusUnauthorized)},
	}
	smuggled.ask = func(ctx context.Context, s *session) *exchange {
		return s.send(ctx, request{anonymous: true, header: map[string]string{"X-Forwarded-Authorization": "Bearer " + s.token()}})
	}
	return []check{
		row("Authorization arrives by GET", request{}, known...),
		row("Authorization arrives by POST", request{method: "POST", body: payload{text, 10}}, known...),
		row("Authorization arrives by DELETE", request{method: "DELETE"}, known...),
		row("spoofed x-forwarded-authorization by GET", request{header: spoofed}, known...),
		row("spoofed x-forwarded-authorization by POST", request{method: "POST", header: spoofed, body: payload{text, 10}}, known...),
		anonymous, refused, smuggled,
	}
}

// headersOnTheWay are those that the endpoint has to keep, to set or to drop.
func headersOnTheWay() []check {
	arrives := []expectation{status(http.StatusOK), clean}
	row := func(name string, header map[string]string, want ...expectation) check {
		return check{name: name, ask: send(request{header: header}), want: slices.Concat(arrives, want)}
	}
	notSpoofed := saw("another address than", func(e *echo) string {
		switch e.RemoteIP {
		case "192.0.2.1":
			return "that very one"
		case "":
			return "none"
		}
		return "192.0.2.1"
	}, func(*exchange) string { return "192.0.2.1" })
	return []check{
		row("the host is the viewer's", nil, host),
		row("spoofed x-forwarded-host", map[string]string{"X-Forwarded-Host": "spoofed.example"}, host),
		row("spoofed x_forwarded_host", map[string]string{"X_Forwarded_Host": "spoofed.example"}, host, arrivedHeader("X_Forwarded_Host", "")),
		row("spoofed x-forwarded-for", map[string]string{"X-Forwarded-For": "192.0.2.1"}, notSpoofed),
		row("spoofed x-amz-security-token", map[string]string{"X-Amz-Security-Token": "spoofed"}),
		row("spoofed x-amz-date and x-amz-source-arn", map[string]string{
			"X-Amz-Date": "20150830T123600Z", "X-Amz-Source-Arn": "arn:aws:cloudfront::123456789012:distribution/SPOOFED",
		}),
		row("a header of the viewer's", map[string]string{"X-Smoke": `a, "b"; c=d`}, arrivedHeader("X-Smoke", `a, "b"; c=d`)),
		row("cookies arrive", map[string]string{"Cookie": `a=1; b=x=y; c=%20`},
			cookiesArrived(&http.Cookie{Name: "a", Value: "1"}, &http.Cookie{Name: "b", Value: "x=y"}, &http.Cookie{Name: "c", Value: "%20"})),
	}
}

// targets are paths and queries that something on the way may read in another way.
func targets() []check {
	var checks []check
	intact := []expectation{status(http.StatusOK), target}
	add := func(name, suffix string, want []expectation, about ...question) {
		checks = append(checks, check{
			name: name, ask: send(request{target: "/probe/echo" + suffix}),
			want: want, settles: about, cause: causes.SignaturePathEncoding,
		})
	}
	for _, p := range []struct{ name, path string }{
		{"path with %20", "/a%20b"},
		{"path with +", "/a+b"},
		{"path with unicode", "/caf%C3%A9/%E6%97%A5%E6%9C%AC"},
		{"path with lower-case escapes", "/caf%c3%a9"},
		{"path with double slashes", "//a//b"},
		{"path with dots", "/a/./b/../c"},
		{"path with !'()*", "/!'()*"},
		{"path with []:@&=$,;~", "/[a]:@&=$,;~"},
		{"path with %2F and %25", "/a%2Fb%2520"},
		{"path that ends in a slash", "/a/"},
	} {
		add(p.name, p.path, intact, question{pathsAsTheyAre, intact, nil})
	}
	for _, q := range []struct{ name, query string }{
		{"query with unicode", "q=caf%C3%A9"},
		{"query with !'()*", "q=!'()*"},
		{"query with repeated keys", "a=2&a=1&a=2"},
		{"query with unordered keys", "c=1&a=2&b=3"},
		{"query that sorts differently once encoded", "f1=x&f%5B0%5D=y&q=2&q=%E2%9C%93"},
		{"query with ;", "a=1;b=2"},
		{"query with empty values", "a=&b&=c"},
		{"query with %26, %3D and %2B", "a%3D=%26&b=%2B"},
		{"query with a path and an address", "p=/a/b?c&u=https://example.com/"},
		{"query of 4 KB", "q=" + strings.Repeat("q", 4096)},
	} {
		add(q.name, "?"+q.query, intact)
	}
	means := []expectation{status(http.StatusOK), queryMeans}
	arrives := []expectation{status(http.StatusOK), encodedTarget}
	add("query with [], $ and {}", "?f[]=2&$top=1&f[]=1&q={}", arrives, question{queryEncoded, arrives, nil})
	add("query with + and %20", "?q=a+b%20c", means, question{plusIsSpace, means, refused})
	return append(checks, check{
		name: "URL over 8,192 bytes is refused",
		ask:  send(request{target: "/probe/echo?q=" + strings.Repeat("q", 8192)}),
		want: []expectation{status(http.StatusRequestURITooLong)},
	})
}

// directCalls go past CloudFront, or to it without TLS.
func directCalls() []check {
	toFunction := func(s *session) *url.URL { return s.function }
	needed := func(s *session) string {
		if s.function == nil {
			return "needs --function-url"
		}
		return ""
	}
	forbidden := []expectation{status(http.StatusForbidden)}
	words := slices.Concat(forbidden, []expectation{body(`{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}`)})
	return []check{
		{
			name: "function URL refuses a bearer token", needs: needed, cause: causes.URLPublic,
			ask:  send(request{to: toFunction, anonymous: true, header: map[string]string{"Authorization": "Bearer smoke"}}), // not the key
			want: forbidden,
		}, {
			name: "function URL refuses unsigned GET", needs: needed, cause: causes.URLPublic,
			ask: send(request{to: toFunction, anonymous: true}), want: forbidden,
			settles: []question{{unsignedWords, words, forbidden}},
		}, {
			name: "function URL refuses POST with a hash", needs: needed, cause: causes.URLPublic,
			ask:  send(request{to: toFunction, anonymous: true, method: "POST", body: payload{text, 10}, hash: rightHash}),
			want: forbidden,
		}, {
			name: "function URL and a raw query", needs: needed, cause: causes.URLPublic,
			ask: func(ctx context.Context, s *session) *exchange {
				plain := s.send(ctx, request{to: toFunction, anonymous: true, target: "/probe/echo?a=1"})
				x := s.send(ctx, request{to: toFunction, anonymous: true, target: "/probe/echo?a[]=$1"})
				x.others = []*exchange{plain}
				return x
			},
			want:    []expectation{either(forbidden, []expectation{status(http.StatusBadRequest)})},
			settles: []question{{rawQueryRefused, []expectation{answeredOtherwise}, []expectation{status(http.StatusOK)}}},
		}, {
			name: "plain HTTP is redirected", cause: causes.ViewerHTTPAllowed,
			ask: send(request{anonymous: true, to: func(s *session) *url.URL {
				return &url.URL{Scheme: "http", Host: s.base.Hostname()}
			}}),
			want: []expectation{status(http.StatusMovedPermanently), func(x *exchange) (want, seen string) {
				want = "Location: https://" + x.session.base.Host + "/probe/echo"
				return want, line("Location", x.header.Values("Location"))
			}},
			needs: func(s *session) string {
				if s.base.Scheme == "http" || s.base.Port() != "" {
					return "the endpoint is not on port 443"
				}
				return ""
			},
		},
	}
}
