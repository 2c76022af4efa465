package smoke

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/fidelity"
	"github.com/streamfront/streamfront/internal/settled"
)

// patience bounds a row: a machine that is busy compiling may need it.
const patience = 2 * time.Minute

func TestRightEndpointsPass(t *testing.T) {
	t.Parallel()
	function := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, forbiddenBody)
	}))
	const open, keyed = "the endpoint asks for no key", "the endpoint asks for a key"
	for name, test := range map[string]struct {
		key, functionURL string
		skipped          []string
	}{
		"open, no function URL": {"", "", []string{
			open, open, "needs --function-url", "needs --function-url", "needs --function-url", "needs --function-url", "the endpoint is not on port 443",
			"needs --function-url and --sign",
		}},
		"with a key": {"the-key", function.URL, []string{keyed, "the endpoint is not on port 443", "needs --function-url and --sign"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrap := impatient
			if test.key != "" {
				wrap = func(next http.Handler) http.Handler { return requireKey(test.key)(impatient(next)) }
			}
			var last Progress
			report := run(t, Options{
				URL: fake(t, wrap).URL, Key: test.key, FunctionURL: test.functionURL, Silence: 4 * time.Second, Timeout: patience,
				Progress: func(p Progress) { last = p },
			})
			// The crash of a process cannot be had without a process.
			if got, want := failures(report), []string{"a stream whose process crashes"}; !slices.Equal(got, want) {
				t.Errorf("failed: %q, want %q\n%s", got, want, asJSON(t, report.Results))
			}
			var skipped []string
			for i := range report.Results {
				if r := &report.Results[i]; r.Outcome == Skip {
					skipped = append(skipped, r.Note)
				}
			}
			if !slices.Equal(skipped, test.skipped) {
				t.Errorf("skipped for %q, want %q", skipped, test.skipped)
			}
			if n := len(report.Results); report.OK+report.Failed+report.Skipped != n || last.Done != n || last.Total != n || last.Failed != 1 || len(last.Running) != 0 {
				t.Errorf("%d ok, %d failed, %d skipped, progress %+v: want all of %d", report.OK, report.Failed, report.Skipped, last, n)
			}
			if report.Keyed != (test.key != "") || !report.Local {
				t.Errorf("keyed %v, local %v", report.Keyed, report.Local)
			}
		})
	}
}

// As on AWS: by HTTPS, HTTP/2 and a name, with nothing skipped but what is slow.
func TestAgainstADeployment(t *testing.T) {
	t.Parallel()
	plain := serve(t, http.RedirectHandler("https://example.com/probe/echo", http.StatusMovedPermanently))
	secure := httptest.NewUnstartedServer(edge(probe.Handler()))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	client := secure.Client() // knows the certificate, which is for example.com
	transport := client.Transport.(*http.Transport)
	transport.DisableCompression = true
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		server := secure
		if address == "example.com:80" {
			server = plain
		}
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	report := run(t, Options{URL: "https://example.com/", Client: client, Quick: true, Timeout: patience})
	if got, want := failures(report), []string{"a stream whose process crashes"}; !slices.Equal(got, want) {
		t.Errorf("failed: %q, want %q\n%s", got, want, asJSON(t, report.Results))
	}
	states := map[string]State{}
	for _, s := range report.Assumptions {
		states[s.Assumption.String()] = s.State
	}
	for a, want := range map[Assumption]State{
		emptyEnds: Confirmed, bytesKept: Confirmed, serverRenamed: Refuted, dateRenamed: Refuted,
		deleteHidden: Confirmed, pathsAsTheyAre: Confirmed, refusalWords: Confirmed, tooLargeWords: Confirmed, errorsNotKept: Confirmed,
		generatedCache: Refuted, eventCounts: Refuted, encodingRemoved: Refuted, reportedEnds: Refuted,
		unsignedWords: Open, crashCuts: Open,
	} {
		if got := states[a.String()]; got != want {
			t.Errorf("%s: %q, want %q", a, got, want)
		}
	}
	if report.Local || report.URL != "https://example.com" {
		t.Errorf("local %v, URL %q", report.Local, report.URL)
	}
}

// Each of these is something that people have met between a viewer and a function. The
// rows named have to find it.
func TestWrongEndpointsFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wrap  wrapper
		rows  []string  // that must fail
		cause causes.ID // of the first
	}{
		"buffers answers": {buffered, []string{
			"chunks arrive as they are sent, by GET", "chunks arrive as they are sent, by POST", "chunks arrive as they are sent, compression offered",
		}, "invoke-mode-mismatch"},
		"passes pairs of chunks": {inPairs, []string{"chunks arrive as they are sent, by GET"}, "invoke-mode-mismatch"},
		"serves one at a time":   {oneAtATime, []string{"5 streams at once"}, "throttled"},
		"loses Authorization": {changing(func(r *http.Request) { r.Header.Del("Authorization") }), []string{
			"Authorization arrives by GET", "Authorization arrives by POST", "Authorization arrives by DELETE",
		}, "authorization-lost"},
		"changes Authorization": {changing(func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
		}), []string{"Authorization arrives by GET"}, "authorization-lost"},
		"loses the host": {
			changing(func(r *http.Request) { r.Host = "abc.lambda-url.us-east-1.on.aws" }),
			[]string{"the host is the viewer's", "spoofed x-forwarded-host"},
			"",
		},
		"shows the signature's headers": {
			changing(func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "secret") }),
			[]string{"spoofed x-amz-security-token", "a header of the viewer's"},
			"",
		},
		"believes x-forwarded-for": {changing(func(r *http.Request) {
			if spoofed := r.Header.Get("X-Forwarded-For"); spoofed != "" {
				r.RemoteAddr = spoofed + ":0"
			}
		}), []string{"spoofed x-forwarded-for"}, ""},
		"hides the viewer's address": {changing(func(r *http.Request) { r.RemoteAddr = "" }), []string{"spoofed x-forwarded-for"}, ""},
		"answers with something else": {func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/probe/encoded" {
					return
				}
				next.ServeHTTP(w, r)
			})
		}, []string{"an answer that the application compressed"}, "stream-compressed"},
		"makes bodies text": {changingBody(func(body []byte) []byte { return bytes.ToValidUTF8(body, []byte("\ufffd")) }), []string{
			"POST of binary", "PUT of binary", "1 MB of binary", "1 MiB of binary", "4.5 MB of binary with its hash",
		}, "payload-hash-missing"},
		"cuts bodies at 1 MiB": {
			changingBody(func(body []byte) []byte { return body[:min(len(body), edgeLimit)] }),
			[]string{"1 MiB + 1 with its hash", "5.5 MiB of text with its hash"},
			"payload-hash-missing",
		},
		"refuses bodies": {refusing, []string{
			"POST of text", "PUT of binary", "POST without a length", "1 MiB of binary", "303 by POST",
		}, "payload-hash-missing"},
		"cleans paths": {changing(func(r *http.Request) {
			p, query, _ := strings.Cut(r.RequestURI, "?")
			r.RequestURI = path.Clean(p) + "?" + query
		}), []string{"path with double slashes", "path with dots", "path that ends in a slash"}, "signature-path-encoding"},
		"decodes paths": {
			changing(func(r *http.Request) { r.RequestURI = r.URL.Path }),
			[]string{"path with %20", "path with unicode", "path with %2F and %25"},
			"signature-path-encoding",
		},
		"encodes queries again": {changing(func(r *http.Request) {
			r.RequestURI = r.URL.EscapedPath() + "?" + r.URL.Query().Encode()
		}), []string{"query with [], $ and {}", "query with unordered keys"}, "signature-path-encoding"},
		"loses repeated keys": {changing(func(r *http.Request) {
			query := r.URL.Query()
			for name := range query {
				query.Set(name, query.Get(name))
			}
			r.RequestURI = r.URL.EscapedPath() + "?" + query.Encode()
		}), []string{"query with repeated keys"}, "signature-path-encoding"},
		"takes a plus for a plus": {changing(func(r *http.Request) {
			r.RequestURI = strings.ReplaceAll(r.RequestURI, "+", "%2B")
		}), []string{"query with + and %20"}, "signature-path-encoding"},
		"loses cookies":      {changing(func(r *http.Request) { r.Header.Del("Cookie") }), []string{"cookies arrive"}, ""},
		"joins cookies":      {joining("Set-Cookie"), []string{"cookies are set"}, ""},
		"drops the location": {dropping("Location"), []string{"301 to a path", "302 to another host", "303 by POST", "307 by POST"}, ""},
		"drops challenges":   {dropping("WWW-Authenticate"), []string{"401 with its challenge"}, "challenge-remapped"},
		"has error pages":    {errorPages, []string{"404 with a body", "404 without a body", "500 with a body"}, ""},
		"keeps answers":      {caching(), []string{"answers are not kept"}, "cache-mixes-users"},
		"says it compressed": {answering(func(h http.Header) { h.Set("Content-Encoding", "gzip") }), []string{"chunks arrive as they are sent, compression offered"}, "stream-compressed"},
		"is out of order":    {failing(http.StatusServiceUnavailable, ""), []string{"POST of text", "200 without a body"}, ""},
		"hangs without a body": {hangingEmpty, []string{
			"200 without a body", "201 by POST, without a body", "204", "404 by HEAD",
		}, "stream-without-body"},
		"limits downloads": {cutting(6 << 20), []string{"download of 8 MiB"}, ""},
		"answers late":     {failing(http.StatusGatewayTimeout, "<h1>504 ERROR</h1> Generated by cloudfront (CloudFront)"), []string{"POST of text"}, "read-timeout-exceeded"},
		"is throttled":     {failing(http.StatusTooManyRequests, `{"message":"Rate Exceeded."}`), []string{"POST of text"}, "throttled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := fake(t, test.wrap).URL
			for i, row := range test.rows {
				report := run(t, Options{URL: url, Only: row, Timeout: patience})
				if len(report.Results) == 0 || !slices.Contains(failures(report), row) {
					t.Errorf("%s does not fail:\n%s", row, asJSON(t, report.Results))
					continue
				}
				result := report.Results[slices.IndexFunc(report.Results, func(r Result) bool { return r.Name == row })]
				if result.Want == "" || result.Seen == "" || result.Want == result.Seen {
					t.Errorf("%s: want %q, seen %q", row, result.Want, result.Seen)
				}
				if i == 0 && result.Cause != test.cause {
					t.Errorf("%s: cause %q, want %q", row, result.Cause, test.cause)
				}
			}
		})
	}
}

// These are wrong in front of what a right endpoint refuses or drops.
func TestWrongEdgesFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key  string
		wrap wrapper
		rows []string
	}{
		"believes x-forwarded-authorization": {"", spoofable, []string{
			"spoofed x-forwarded-authorization by GET", "spoofed x-forwarded-authorization by POST",
			"spoofed x-forwarded-authorization, without Authorization",
		}},
		"lets a key in by x-forwarded-authorization": {"the-key", spoofable, []string{"a key in x-forwarded-authorization is refused"}},
		"asks for the key sometimes":                 {"the-key", forgetful(), []string{"no key is refused"}},
		"believes x-forwarded-host": {"", changing(func(r *http.Request) {
			if spoofed := r.Header.Get("X-Forwarded-Host"); spoofed != "" {
				r.Host = spoofed
			}
		}), []string{"spoofed x-forwarded-host"}},
		"follows a bogus hash": {"", func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "0000") {
					refuse(w)
					return
				}
				next.ServeHTTP(w, r)
			})
		}, []string{"POST with a wrong hash is corrected", "GET with a hash of something"}},
		"takes what it must refuse": {"", func(http.Handler) http.Handler { return probe.Handler() }, []string{
			"GET with a body is refused", "1 MiB + 1 without its hash is refused", "1 MiB + 1 with a wrong hash is refused",
			"6 MiB + 1 with its hash is refused", "URL over 8,192 bytes is refused",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := probe.Handler()
			if test.key != "" {
				app = requireKey(test.key)(app)
			}
			server := serve(t, test.wrap(edge(app)))
			for _, row := range test.rows {
				report := run(t, Options{URL: server.URL, Key: test.key, Only: row, Timeout: patience})
				if !slices.Contains(failures(report), row) {
					t.Errorf("%s does not fail:\n%s", row, asJSON(t, report.Results))
				}
			}
		})
	}
}

// Without a read timeout the silences are not cut, and with one but no heartbeats to be
// had the stream does not come through.
func TestSilencesThatEndWronglyFail(t *testing.T) {
	t.Parallel()
	const length = 2 * time.Second
	url := fake(t, nil).URL
	report := run(t, Options{URL: url, Only: "silence", Silence: length, Timeout: patience})
	if got, want := failures(report), []string{"without them 2s of silence cut it"}; !slices.Equal(got, want) {
		t.Errorf("no read timeout: %q failed, want %q", got, want)
	}
	// What is buffered is as good as silent: CloudFront has nothing to wait for longer.
	url = fake(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/probe/silence" {
				w.WriteHeader(http.StatusGatewayTimeout)
				return
			}
			next.ServeHTTP(w, r)
		})
	}).URL
	report = run(t, Options{URL: url, Only: "heartbeats", Silence: length + time.Second, Timeout: patience})
	if got, want := failures(report), []string{"heartbeats carry a stream over 3s"}; !slices.Equal(got, want) {
		t.Errorf("buffered heartbeats: %q failed, want %q", got, want)
	}
}

func TestFunctionURLThatAnswersFails(t *testing.T) {
	t.Parallel()
	server := fake(t, nil)
	report := run(t, Options{URL: server.URL, FunctionURL: server.URL, Only: "function url"})
	if got := failures(report); len(got) != 4 || report.Results[0].Cause != "url-public" {
		t.Errorf("failed: %q, want four for url-public:\n%s", got, asJSON(t, report.Results))
	}
}

func TestUnfitEndpoints(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	answer := func(status int, kind, body string) *httptest.Server {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", "https://elsewhere.example")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
	}
	for name, test := range map[string]struct {
		server *httptest.Server
		key    string
		want   []string
		cause  causes.ID
	}{
		"nobody there":  {closed, "", []string{"does not answer", "streamfront run"}, ""},
		"no probes":     {answer(404, "application/json", "{}"), "", []string{"has no probes", "PROBES"}, ""},
		"another site":  {answer(200, "text/html", "<p>hello"), "", []string{"not as the sample does"}, ""},
		"another JSON":  {answer(200, "application/json", "{}"), "", []string{"not as the sample does"}, ""},
		"key missing":   {fake(t, requireKey("k")), "", []string{"asks for a key", "STREAMFRONT_API_KEY"}, ""},
		"key wrong":     {fake(t, requireKey("k")), "x", []string{"does not accept the key"}, "authorization-lost"},
		"redirect":      {answer(301, "text/html", ""), "", []string{"status 301", "https://elsewhere.example"}, ""},
		"grant missing": {serve(t, http.HandlerFunc(forbid)), "", []string{"status 403", "AccessDeniedException"}, "grant-function-missing"},
		"unknown URL":   {answer(403, "application/json", `{"Message":null}`), "", []string{"status 403"}, "url-unknown"},
		"crashed":       {answer(502, "text/plain", "Internal Server Error"), "", []string{"status 502: Internal Server Error"}, "function-failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Run(t.Context(), Options{URL: test.server.URL, Key: test.key})
			var unfit *UnfitError
			if !errors.As(err, &unfit) {
				t.Fatalf("error = %v, want an UnfitError", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %q, want it to say %q", err, want)
				}
			}
			if unfit.Cause != test.cause {
				t.Errorf("cause = %q, want %q", unfit.Cause, test.cause)
			}
		})
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"no URL":           {Options{}, "the URL is missing"},
		"no scheme":        {Options{URL: "d111.cloudfront.net"}, "d111.cloudfront.net"},
		"key in the clear": {Options{URL: "http://d111.cloudfront.net"}, "want https"},
		"path":             {Options{URL: "https://d111.cloudfront.net/v1"}, "without path"},
		"query":            {Options{URL: "https://d111.cloudfront.net/?a"}, "without path"},
		"function URL":     {Options{URL: "http://localhost:1", FunctionURL: "abc"}, "the function URL"},
		"long silence":     {Options{URL: "http://localhost:1", Silence: 151 * time.Second}, "at most 2m30s"},
		"no such row":      {Options{URL: "http://localhost:1", Only: "nothing of the kind"}, "no row fits"},
	} {
		_, err := Run(t.Context(), test.options)
		if !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error = %v, want it to say %q", name, err, test.want)
		}
	}
}

func TestCancelledRunEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	url := fake(t, nil).URL
	_, err := Run(ctx, Options{URL: url, Only: "silence", Silence: maxSilence, Progress: func(Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
}

func TestOnlySelects(t *testing.T) {
	t.Parallel()
	for only, want := range map[string][]string{
		"":                      nil, // all
		"post OF":               {"POST of JSON", "POST of a form", "POST of 0 bytes", "POST of text", "POST of binary"},
		"P*T of text":           {"POST of text", "PUT of text"},
		"path with ?'?'??'()*":  nil,
		"302 to another host":   {"302 to another host"},
		"path with []:@&=$,;~":  {"path with []:@&=$,;~"},
		"URL over 8,192 bytes*": {"URL over 8,192 bytes is refused"},
	} {
		var got []string
		for _, c := range table(Options{Silence: time.Second}) {
			if c.selected(only) {
				got = append(got, c.name)
			}
		}
		if want != nil && !slices.Equal(got, want) {
			t.Errorf("%q selects %q, want %q", only, got, want)
		}
		if only == "" && len(got) < 90 {
			t.Errorf("%d rows in all", len(got))
		}
	}
}

func TestQuickLeavesOutWhatIsSlow(t *testing.T) {
	t.Parallel()
	report := run(t, Options{URL: fake(t, nil).URL, Quick: true, Only: "heartbeats"})
	if report.Skipped != 1 || report.Results[0].Note != "takes 1m5s" {
		t.Errorf("results = %s, want the row skipped", asJSON(t, report.Results))
	}
}

func TestAsSent(t *testing.T) {
	t.Parallel()
	at := func(sent, came int) chunk {
		return chunk{sent: time.Duration(sent) * time.Millisecond, came: time.Duration(came) * time.Millisecond}
	}
	for name, test := range map[string]struct {
		chunks []chunk
		want   bool
	}{
		"at once":                 {[]chunk{at(0, 50), at(100, 150), at(200, 250)}, true},
		"far away":                {[]chunk{at(0, 9050), at(100, 9150), at(200, 9250)}, true},
		"later and later":         {[]chunk{at(0, 50), at(100, 300), at(200, 900)}, true},
		"all together at the end": {[]chunk{at(0, 250), at(100, 250), at(200, 250)}, false},
		"the last two together":   {[]chunk{at(0, 50), at(100, 250), at(200, 250)}, false},
		"the first too late":      {[]chunk{at(0, 160), at(100, 160), at(200, 250)}, false},
		"none":                    {nil, false},
	} {
		want, seen := asSent(&exchange{chunks: test.chunks})
		if (want == seen) != test.want {
			t.Errorf("%s: want %q, seen %q", name, want, seen)
		}
	}
}

func TestAssumptionsAreSettled(t *testing.T) {
	t.Parallel()
	aws, here := &session{}, &session{local: true}
	is := func(code int) []expectation { return []expectation{status(code)} }
	q := question{deleteHidden, is(403), is(200)}
	for name, test := range map[string]struct {
		x    *exchange
		want State
	}{
		"confirmed":         {&exchange{session: aws, status: 403}, Confirmed},
		"refuted":           {&exchange{session: aws, status: 200}, Refuted},
		"neither":           {&exchange{session: aws, status: 500}, Open},
		"no answer":         {&exchange{session: aws, err: io.EOF}, Open},
		"confirmed locally": {&exchange{session: here, status: 403}, Assumed},
		"refuted locally":   {&exchange{session: here, status: 200}, Open},
	} {
		if got := q.state(test.x); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	for want, states := range map[State][]State{
		Confirmed: {Confirmed, Confirmed},
		Refuted:   {Confirmed, Refuted, Open},
		Open:      {Confirmed, Open},
		Assumed:   {Assumed, Assumed},
	} {
		var checks []check
		var results []Result
		for _, state := range states {
			checks = append(checks, check{settles: []question{q}})
			results = append(results, Result{Settled: []Settlement{{Assumption: q.assumption, State: state}}})
		}
		if got := merge(checks, results); len(got) != 1 || got[0].State != want {
			t.Errorf("%v together are %v, want %s", states, got, want)
		}
	}
}

// Each assumption is an uncertain row of the table of fidelity, and a row of smoke settles it.
func TestAssumptionsAreUncertainRows(t *testing.T) {
	t.Parallel()
	asked := map[Assumption]bool{}
	for _, c := range tableOf(t) {
		for _, q := range c.settles {
			asked[q.assumption] = true
		}
	}
	uncertain := map[string]bool{}
	for _, section := range fidelity.Sections {
		for _, row := range section.Rows {
			uncertain[row.Name] = row.Confidence&(fidelity.FieldReport|fidelity.Assumed) != 0
		}
	}
	for _, a := range assumptions {
		if !uncertain[a.Row] {
			t.Errorf("%s: package fidelity has no uncertain row %q", a, a.Row)
		}
		if !asked[a] {
			t.Errorf("%s: no row settles it", a)
		}
		delete(asked, a)
	}
	for a := range asked {
		t.Errorf("%s is not in the list", a)
	}
}

func tableOf(t *testing.T) []check {
	t.Helper()
	return table(Options{Silence: defaultSilence})
}

func TestRowsAreOfOneKind(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, c := range tableOf(t) {
		if names[c.name] || c.name == "" {
			t.Errorf("name %q is there twice", c.name)
		}
		names[c.name] = true
		if c.ask == nil || len(c.want) == 0 {
			t.Errorf("%s asks or wants nothing", c.name)
		}
		if c.cause != "" && causes.Get(c.cause) == nil {
			t.Errorf("%s: there is no cause %q", c.name, c.cause)
		}
	}
}

// Wrong behaviors, by what they do.

func changing(edit func(*http.Request)) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			edit(r)
			next.ServeHTTP(w, r)
		})
	}
}

func changingBody(edit func([]byte) []byte) wrapper {
	return changing(func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(edit(body)))
	})
}

func answering(edit func(http.Header)) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&editor{ResponseWriter: w, edit: edit}, r)
		})
	}
}

// An editor changes the header of an answer.
type editor struct {
	http.ResponseWriter
	edit func(http.Header)
	done bool
}

func (e *editor) WriteHeader(status int) {
	e.edit(e.Header())
	e.done = true
	e.ResponseWriter.WriteHeader(status)
}

func (e *editor) Write(p []byte) (int, error) {
	if !e.done {
		e.WriteHeader(http.StatusOK)
	}
	return e.ResponseWriter.Write(p)
}

func (e *editor) Unwrap() http.ResponseWriter { return e.ResponseWriter }

func dropping(name string) wrapper {
	return answering(func(h http.Header) { h.Del(name) })
}

func joining(name string) wrapper {
	return answering(func(h http.Header) {
		if values := h.Values(name); len(values) > 1 {
			h.Set(name, strings.Join(values, ", "))
		}
	})
}

func buffered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		_, _ = recorder.Body.WriteTo(w)
	})
}

// inPairs holds back each second flush.
func inPairs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&pairs{ResponseWriter: w}, r)
	})
}

type pairs struct {
	http.ResponseWriter
	flushes int
}

func (p *pairs) FlushError() error {
	if p.flushes++; p.flushes%2 == 1 {
		return nil
	}
	return http.NewResponseController(p.ResponseWriter).Flush()
}

func oneAtATime(next http.Handler) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, mismatchBody)
}

func forbid(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Via", via)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, forbiddenBody)
}

func refusing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			refuse(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hangingEmpty gives up on answers without a byte, as CloudFront does when they do not end.
func hangingEmpty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if answer.Body.Len() == 0 || r.Method == http.MethodHead {
			w.WriteHeader(http.StatusGatewayTimeout)
			_, _ = io.WriteString(w, "<h1>504 ERROR</h1> Generated by cloudfront (CloudFront)")
			return
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// One answer that hangs is enough to know that they may.
func TestHangsRefute(t *testing.T) {
	t.Parallel()
	for i, c := range answers() {
		if !c.mayHang {
			continue
		}
		for _, q := range c.settles {
			if q.assumption != emptyEnds {
				continue
			}
			for code, want := range map[int]State{504: Refuted, 500: Open, 0: Open} {
				x := &exchange{session: &session{}, status: code}
				if code == 0 {
					x.err = errors.New("no answer")
				}
				if got := q.state(x); got != want {
					t.Errorf("%d %s: status %d says %q, want %q", i, c.name, code, got, want)
				}
			}
		}
	}
}

// failing lets the echo by GET through, which is asked before all rows.
func failing(status int, body string) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.Path != "/probe/echo" {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func errorPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		maps.Copy(w.Header(), recorder.Header())
		w.WriteHeader(recorder.Code)
		if recorder.Code >= 400 {
			_, _ = io.WriteString(w, "<html><body>Sorry.</body></html>")
			return
		}
		_, _ = recorder.Body.WriteTo(w)
	})
}

func caching() wrapper {
	var mu sync.Mutex
	kept := map[string]*httptest.ResponseRecorder{}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			answer := kept[r.RequestURI]
			if answer == nil {
				answer = httptest.NewRecorder()
				next.ServeHTTP(answer, r)
				kept[r.RequestURI] = answer
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
	}
}

// cutting ends answers after so many bytes.
func cutting(size int) wrapper {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			next.ServeHTTP(recorder, r)
			maps.Copy(w.Header(), recorder.Header())
			w.WriteHeader(recorder.Code)
			_, _ = w.Write(recorder.Body.Bytes()[:min(size, recorder.Body.Len())])
		})
	}
}

var spoofable = changing(func(r *http.Request) {
	if spoofed := r.Header.Get("X-Forwarded-Authorization"); spoofed != "" {
		r.Header.Set("Authorization", spoofed)
	}
})

// forgetful asks for the key once, which is before all rows, and then not any more.
func forgetful() wrapper {
	var mu sync.Mutex
	asked := false
	return changing(func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Authorization") == "" {
			if asked {
				r.Header.Set("Authorization", "Bearer the-key")
			}
			asked = true
		}
	})
}

// The key is for the endpoint: nobody else gets it.
func TestKeyIsSentToTheEndpointAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	leaked := false
	function := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for _, values := range r.Header {
			leaked = leaked || strings.Contains(strings.Join(values, " "), "the-key")
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	report := run(t, Options{URL: fake(t, requireKey("the-key")).URL, Key: "the-key", FunctionURL: function.URL, Only: "function url"})
	if report.OK != 4 || leaked {
		t.Errorf("%d ok, leaked %v, want 4 rows without the key", report.OK, leaked)
	}
}

// A function URL that takes signatures of some age, and asks for a key behind them.
func TestTheAgeOfASignature(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		window time.Duration
		state  State
		value  string
	}{
		"5 minutes":           {5 * time.Minute, Confirmed, ""},
		"15 minutes":          {15 * time.Minute, Refuted, "15m0s"},
		"something else":      {7 * time.Minute, Open, ""},
		"nothing is accepted": {-time.Hour, Open, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const skew = 2 * time.Minute // of the clock there
			function := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
				at, err := time.Parse(time.RFC3339, r.Header.Get("X-Signed"))
				if err != nil || time.Since(at)+skew > test.window {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				w.WriteHeader(http.StatusUnauthorized)
			}))
			s, err := newSession(Options{URL: "https://example.com", FunctionURL: function.URL, Timeout: patience, Sign: func(_ context.Context, r *http.Request, hash string, at time.Time) error {
				if hash != digest(nil) || r.URL.Path != "/probe/echo" {
					t.Errorf("signed %s with the body %s", r.URL, hash)
				}
				r.Header.Set("X-Signed", at.UTC().Format(time.RFC3339))
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			c := signatures()[0]
			r := s.result(t.Context(), &c)
			if got := r.Settled[0]; got.State != test.state || got.Value != test.value || (r.Outcome == OK) != (test.window > 0) {
				t.Errorf("%s: %s %q, outcome %s %s, want %s %q", name, got.State, got.Value, r.Outcome, r.Seen, test.state, test.value)
			}
		})
	}
}

// What is recorded is what a deployment settled, and nothing of whose it is.
func TestFacts(t *testing.T) {
	t.Parallel()
	report := &Report{URL: "https://d111111abcdef8.cloudfront.net", Failed: 1, Assumptions: []Settlement{
		{Assumption: deleteHidden, State: Refuted},
		{Assumption: emptyEnds, State: Confirmed},
		{Assumption: crashCuts, State: Open},
		{Assumption: signatureWindow, State: Refuted, Value: "15m0s"},
		{Assumption: challengeRenamed, State: Refuted},
	}}
	facts, err := report.Facts("v1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range facts.Facts {
		got = append(got, string(f.ID)+" "+string(f.State)+" "+f.Value)
	}
	want := []string{"delete-body-hidden refuted ", "empty-stream-ends confirmed ", "signature-window refuted 15m0s"}
	if !slices.Equal(got, want) || facts.Failed != 1 {
		t.Errorf("facts = %q, want %q", got, want)
	}
	if text := asJSON(t, facts); strings.Contains(text, "d111111abcdef8") {
		t.Errorf("the host is recorded:\n%s", text)
	}
	report.Local = true
	if _, err := report.Facts("v1", time.Now()); err == nil || !strings.Contains(err.Error(), "settles nothing") {
		t.Errorf("error = %v, want that this machine settles nothing", err)
	}
}

// What an endpoint answers in place of what is assumed is recorded if it can name nobody.
func TestValuesOfHeaders(t *testing.T) {
	t.Parallel()
	for seen, want := range map[string]string{"SignatureDoesNotMatch": "SignatureDoesNotMatch", "d111111abcdef8.cloudfront.net": "", "": ""} {
		x := &exchange{session: &session{}, status: http.StatusForbidden, header: http.Header{"X-Amzn-Errortype": {seen}}}
		got := question{refusalWords, refused, []expectation{status(http.StatusForbidden)}}.settle(x)
		if got.State != Refuted || got.Value != want {
			t.Errorf("%q: %s %q, want it refuted with %q", seen, got.State, got.Value, want)
		}
	}
}

// Each assumption has an id of its own, and each id of a file is an assumption.
func TestIDsOfAssumptions(t *testing.T) {
	t.Parallel()
	var ids []settled.ID
	for _, a := range assumptions {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	if want := settled.IDs(); !slices.Equal(ids, want) {
		t.Errorf("ids = %q, want %q", ids, want)
	}
}

// An endpoint that was deployed moments ago refuses at first.
func TestWait(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wait  time.Duration
		ready bool
	}{"long enough": {patience, true}, "not at all": {0, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := fake(t, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if asked.Add(1) <= 1 {
						w.WriteHeader(http.StatusForbidden)
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			_, err := Run(t.Context(), Options{URL: server.URL, Only: "204", Timeout: patience, Wait: test.wait})
			if unfit := (*UnfitError)(nil); (err == nil) != test.ready || err != nil && !errors.As(err, &unfit) {
				t.Errorf("error = %v, ready: %t", err, test.ready)
			}
		})
	}
}
