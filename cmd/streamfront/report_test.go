package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/local"
)

// reported returns what a report prints of the requests.
func reported(asJSON bool, environment map[string]string, traces ...local.Trace) string {
	var out bytes.Buffer
	io := terminal.New(&out, &out, func(name string) string { return environment[name] })
	r := &report{out: io.Out, json: asJSON}
	r.started(&served{
		Notes:         []string{"a note"},
		FrontDoors:    []front{{Kind: "distribution", Name: "S/D", DomainName: "d1.cloudfront.net", URL: "http://127.0.0.1:1"}},
		Distributions: []address{{Name: "S/D", DomainName: "d1.cloudfront.net", URL: "http://127.0.0.1:1"}},
		FunctionURLs:  []address{{Name: "S/U", DomainName: "u.on.aws", URL: "http://127.0.0.1:2"}},
		Outputs:       []output{{Name: "S.Url", Value: "http://127.0.0.1:1"}},
		TracePage:     "http://127.0.0.1:1/.streamfront/",
	})
	out.Reset()
	if asJSON {
		r.started(&served{Distributions: []address{{URL: "http://127.0.0.1:1"}}, TracePage: "http://127.0.0.1:1/.streamfront/"})
	}
	for _, t := range traces {
		r.request(t)
	}
	if asJSON {
		r.reloaded(nil)
		r.reloaded(errors.New("why"))
		r.stopping()
	}
	return out.String()
}

func passed() local.Trace {
	return local.Trace{ID: "1", Method: "GET", Target: "/a", Status: 200, Took: 1234567, Hops: []local.Hop{
		{Name: "behavior", Took: 59 * time.Microsecond, Decision: "* to origin o"},
		{Name: "forwarding", Minor: true, Decision: "+via"},
		{Name: "function", Took: 1100 * time.Microsecond, Decision: "200, 2 bytes in 1 chunk"},
	}}
}

func refused() local.Trace {
	return local.Trace{ID: "a==", Method: "POST", Target: "/\x1b[2J", Status: 403, Took: time.Millisecond, Hops: []local.Hop{
		{Name: "oac", Decision: "signed", Canonical: "POST\n/\n\nhost:h\n\nhost\nUNSIGNED-PAYLOAD"},
		{
			Name: "function url", Decision: "403", Refused: true, Cause: "get-with-body", Detail: "not shown",
			Canonical: "POST\n/\n\nhost:h\n\nhost\nabc",
		},
	}}
}

func TestRequestsForPeople(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trace       local.Trace
		environment map[string]string
		want        string
	}{
		"passed": {passed(), nil, "GET /a  200  1.23ms\n" +
			"  behavior             59µs  * to origin o\n" +
			"  function            1.1ms  200, 2 bytes in 1 chunk\n"},
		"refused": {refused(), nil, "POST /\\u001b[2J  403  1ms\n" +
			"  oac                    0s  signed\n" +
			"  function url           0s  403\n" +
			"                             | payload hash: signed \"UNSIGNED-PAYLOAD\", computed \"abc\"\n" +
			"  cause  CloudFront refuses a GET with a body (get-with-body)\n" +
			"  fix    Send a POST, or put the data into the query.\n" +
			"  trace  http://127.0.0.1:1/.streamfront/#a%3D%3D\n"},
		"in few columns": {refused(), map[string]string{"COLUMNS": "40"}, "POST /\\u001b[2J  403  1ms\n" +
			"  oac                    0s  signed\n" +
			"  function url           0s  403\n" +
			"                             | payload hash: signed \"UNSIGNED-PAYLOAD\", computed \"abc\"\n" +
			"  cause  CloudFront refuses a GET with a\n" +
			"         body (get-with-body)\n" +
			"  fix    Send a POST, or put the data\n" +
			"         into the query.\n" +
			"  trace  http://127.0.0.1:1/.streamfront/#a%3D%3D\n"},
		"in colour": {passed(), map[string]string{"FORCE_COLOR": "1"}, "\x1b[1mGET\x1b[0m /a  \x1b[32m200\x1b[0m  1.23ms\n" +
			"  \x1b[2mbehavior             59µs\x1b[0m  * to origin o\n" +
			"  \x1b[2mfunction            1.1ms\x1b[0m  200, 2 bytes in 1 chunk\n"},
		"without an answer": {local.Trace{Method: "GET", Target: "/"}, nil, "GET /  no answer  0s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := reported(false, test.environment, test.trace); got != test.want {
				t.Errorf("printed\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// One object in a line, and nothing else.
func TestRequestsAsJSON(t *testing.T) {
	t.Parallel()
	type line struct {
		Event         string
		ID            string
		Target        string
		TracePage     string
		Error         string
		Distributions []struct{ URL string }
		Signature     *struct{ SignerKnown bool }
	}
	var got []line
	for text := range strings.Lines(reported(true, map[string]string{"FORCE_COLOR": "1"}, passed(), refused())) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		got = append(got, l)
	}
	if len(got) != 6 {
		t.Fatalf("printed %d lines, want 6: %+v", len(got), got)
	}
	if l := got[0]; l.Event != "started" || l.Distributions[0].URL != "http://127.0.0.1:1" || l.TracePage != "http://127.0.0.1:1/.streamfront/" {
		t.Errorf("start = %+v", l)
	}
	if l := got[1]; l.Event != "request" || l.ID != "1" || l.Target != "/a" || l.Signature != nil {
		t.Errorf("request = %+v", l)
	}
	if l := got[2]; l.Event != "request" || l.Target != "/\x1b[2J" || l.Signature == nil || !l.Signature.SignerKnown {
		t.Errorf("refused request = %+v", l)
	}
	if got[3].Event != "reloaded" || got[4].Event != "not reloaded" || got[4].Error != "why" || got[5].Event != "stopping" {
		t.Errorf("then %+v", got[3:])
	}
}
