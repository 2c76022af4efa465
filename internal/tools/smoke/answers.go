package smoke

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// What the probes answer with; see functions/stream/probe.
const (
	challengeTarget = "/probe/challenge"
	locationPath    = "/probe/echo/a%20b?c=d%2Fe&c=%C3%A9#fragment"
	locationHost    = "https://example.com" + "/a%20b?c=d%2Fe&c=%C3%A9#fragment"
	challenge       = `Bearer realm="probe", error="invalid_token"`
	challengeName   = "WWW-Authenticate"
	challengeMoved  = "X-Amzn-Remapped-Www-Authenticate"
	ownDate         = "Wed, 21 Oct 2015 07:28:00 GMT"
	downloadSize    = "8388608" // over the 6 MiB that a response not streamed may have
)

var compressed = strings.Repeat("compressed\n", 1000)

// answers are responses that something on the way may lose, change, keep or hang on.
func answers() []check {
	row := func(name string, r request, want ...expectation) check {
		return check{name: name, ask: send(r), want: want}
	}
	// The sample sends no byte for these, which is reported to hang.
	empty := func(name string, r request, code int) check {
		want := []expectation{status(code), body("")}
		return check{
			name: name, ask: send(r), want: want, mayHang: true,
			settles: []question{{emptyEnds, want, []expectation{status(504)}}},
		}
	}
	checks := []check{
		empty("200 without a body", request{target: "/probe/status/200"}, 200),
		empty("201 by POST, without a body", request{method: "POST", target: "/probe/status/201"}, 201),
		empty("204", request{method: "DELETE", target: "/probe/status/204"}, 204),
		row("304", request{target: "/probe/status/304", header: map[string]string{"If-None-Match": `"smoke"`}}, status(304), body("")),
		row("404 without a body", request{target: "/probe/status/404"}, status(404), blank),
		row("404 with a body", request{target: "/probe/status/404?body=1"}, status(404), body("status 404\n")),
		empty("404 by HEAD", request{method: "HEAD", target: "/probe/status/404?body=1"}, 404),
		row("422 by POST, without a body", request{method: "POST", target: "/probe/status/422"}, status(422), blank),
		row("500 with a body", request{target: "/probe/status/500?body=1"}, status(500), body("status 500\n")),
		row("503 by POST", request{method: "POST", target: "/probe/status/503?body=1"}, status(503), body("status 503\n")),
		row("301 to a path", request{target: "/probe/redirect/301"}, status(301), header("Location", locationPath)),
		row("302 to another host", request{target: "/probe/redirect/302?to=host"}, status(302), header("Location", locationHost)),
		row("303 by POST", request{method: "POST", target: "/probe/redirect/303", body: payload{kind: form}}, status(303), header("Location", locationPath)),
		row("307 by POST", request{method: "POST", target: "/probe/redirect/307"}, status(307), header("Location", locationPath)),
		row("cookies are set", request{target: "/probe/cookies"}, status(204), headers("Set-Cookie",
			"probe-a=1; Path=/probe/; HttpOnly",
			"probe-b=2; Path=/probe/; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
			`probe-c="x=y"; Path=/probe/; SameSite=Lax; Max-Age=1`)),
		row("download of 8 MiB", request{target: "/probe/download?bytes=" + downloadSize}, status(200), func(x *exchange) (want, seen string) {
			return "SHA-256 " + x.header.Get("X-Probe-Sha256"), "SHA-256 " + digest(x.body)
		}),
	}
	renamed := []expectation{status(401), header(challengeMoved, challenge), header(challengeName, "")}
	kept := []expectation{status(401), header(challengeName, challenge)}
	stripped := []expectation{status(200), header("Content-Encoding", ""), gzipped}
	return append(checks,
		check{
			name: "401 with its challenge", ask: send(request{target: challengeTarget}), cause: causes.ChallengeRemapped,
			want:    []expectation{either(renamed, kept)},
			settles: []question{{challengeRenamed, renamed, kept}},
		},
		check{
			name: "an answer that the application compressed", ask: send(request{target: "/probe/encoded"}), cause: causes.StreamCompressed,
			want:    []expectation{either([]expectation{status(200), gzipped}, []expectation{status(502)})},
			settles: []question{{encodingRemoved, stripped, nil}},
		},
		check{
			name: "Date, Server and Content-Length of the application's own", ask: send(request{target: "/probe/own"}),
			want: []expectation{status(200), body("own\n")},
			settles: []question{
				{serverRenamed, []expectation{status(200), header("X-Amzn-Remapped-Server", "probe"), header("X-Amzn-Remapped-Content-Length", "4")}, []expectation{status(200)}},
				{dateRenamed, []expectation{status(200), header("X-Amzn-Remapped-Date", ownDate)}, []expectation{status(200)}},
			},
		},
		check{
			name: "answers are not kept", ask: twice(request{target: "/probe/status/200"}), want: []expectation{status(200), another}, cause: causes.CacheMixesUsers,
		},
		check{
			name: "errors are not kept", ask: twice(request{target: "/probe/status/404?body=1"}), want: []expectation{status(404)},
			settles: []question{{errorsNotKept, []expectation{status(404), another}, []expectation{status(404)}}},
		},
	)
}

// blank wants nothing, or the line feed that streamhttp sends for it.
func blank(x *exchange) (want, seen string) {
	if len(x.body) == 0 || string(x.body) == "\n" {
		return "", ""
	}
	return "body of 0 bytes or a line feed", "body " + quote(string(x.body))
}

// twice sends the same request again, to see whether the answer is the same.
func twice(r request) func(context.Context, *session) *exchange {
	return func(ctx context.Context, s *session) *exchange {
		first := s.send(ctx, r)
		x := s.send(ctx, r)
		x.others = []*exchange{first}
		return x
	}
}

// another wants an answer that was made anew: each has an id of its own.
func another(x *exchange) (want, seen string) {
	const name = "X-Probe-Id"
	want = "each time an answer of its own"
	switch id := x.header.Get(name); {
	case id == "":
		return want, "an answer without " + name
	case slices.ContainsFunc(x.others, func(other *exchange) bool { return other.header.Get(name) == id }):
		return want, "the same one twice, " + line("X-Cache", x.header.Values("X-Cache"))
	}
	return want, want
}

// gzipped wants the bytes that the application sent.
func gzipped(x *exchange) (want, seen string) {
	want = "the compressed bytes"
	z, err := gzip.NewReader(bytes.NewReader(x.body))
	if err != nil {
		return want, "body " + quote(string(x.body))
	}
	plain, err := io.ReadAll(z)
	if err != nil || string(plain) != compressed {
		return want, "other ones"
	}
	return want, want
}
