package trace_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/trace"
)

func canonical(lines ...string) string { return strings.Join(lines, "\n") }

func TestSignatureLines(t *testing.T) {
	t.Parallel()
	signed := canonical("POST", "/a", "q=1", "host:one", "x-amz-date:now", "x-amz-security-token:secret", "", "host;x-amz-date;x-amz-security-token", "UNSIGNED-PAYLOAD")
	for name, test := range map[string]struct {
		signed, computed string
		differ           []string
		known            bool
	}{
		"the payload":       {signed, strings.Replace(signed, "UNSIGNED-PAYLOAD", "abc", 1), []string{"payload hash"}, true},
		"host and path":     {signed, strings.NewReplacer("host:one", "host:two", "/a", "/b").Replace(signed), []string{"path", "host"}, true},
		"another secret":    {signed, strings.Replace(signed, "token:secret", "token:other", 1), []string{"x-amz-security-token"}, true},
		"a header more":     {signed, strings.Replace(signed, "host:one\n", "host:one\nx-amz-cf-id:1\n", 1), []string{"x-amz-cf-id"}, true},
		"a header less":     {signed, strings.Replace(signed, "x-amz-date:now\n", "", 1), []string{"x-amz-date"}, true},
		"nothing":           {signed, signed, nil, true},
		"of another signer": {"", signed, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorder, done := collect()
			recorder.Details = true
			rec, _ := recorder.Join("id", "POST", "/a")
			if test.signed != "" {
				hop := rec.Hop("oac")
				hop.Canonical(test.signed)
				hop.Pass("signed")
			}
			hop := rec.Hop("function url")
			hop.Canonical(test.computed)
			hop.Refuse("signature-mismatch", "", "403")
			rec.Leave()
			r := done()[0]
			lines, known := r.Signature()
			if known != test.known {
				t.Errorf("the signer is known: %v, want %v", known, test.known)
			}
			var differ []string
			for _, line := range lines {
				if line.Differs {
					differ = append(differ, line.Part)
				}
				if strings.Contains(line.Signed+line.Computed, "secret") && line.Part != "signed headers" && !strings.HasPrefix(line.Computed, "x-amz-security-token:(") {
					t.Errorf("line %+v has the secret", line)
				}
			}
			if !slices.Equal(differ, test.differ) {
				t.Errorf("lines %q differ, want %q", differ, test.differ)
			}
			if got := trace.Differing(test.signed, test.computed); test.known && !slices.Equal(got, test.differ) {
				t.Errorf("Differing = %q, want %q", got, test.differ)
			}
		})
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	for _, details := range []bool{false, true} {
		recorder, done := collect()
		recorder.Details = details
		rec, _ := recorder.Join("id", "POST", "/")
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader("four"))
		m := rec.Meter(httptest.NewRecorder(), r)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Fatal(err)
		}
		m.WriteHeader(201)
		_, _ = io.WriteString(m, "seven b")
		m.Done()
		rec.Leave()
		got := done()[0]
		if details && (got.Received != 4 || got.Sent != 7 || got.FirstByte <= 0 || got.FirstByte > got.Took) {
			t.Errorf("with details: %+v, want 4 bytes received, 7 sent, and when the first went", got)
		}
		if !details && (got.Received != 0 || got.Sent != 0 || got.FirstByte != 0) {
			t.Errorf("without details: %+v, want no sizes and times", got)
		}
		if got.Status != 201 {
			t.Errorf("status = %d, want 201", got.Status)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	recorder, done := collect()
	recorder.Details = true
	rec, _ := recorder.Join("id", "POST", "/a?b")
	hop := rec.Hop("oac")
	hop.Canonical(canonical("POST", "/a", "b=", "host:h", "", "host", "UNSIGNED-PAYLOAD"))
	hop.Changed(trace.NewRequestHead("POST", "/a?b", "h", http.Header{"X-Api-Key": {"k"}}, 3), nil)
	hop.Pass("signed")
	hop = rec.Hop("function url")
	hop.Canonical(canonical("POST", "/a", "b=", "host:h", "", "host", "abc"))
	hop.Refuse("payload-hash-missing", "", "403")
	rec.Leave()
	text, err := json.Marshal(done()[0])
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Cause struct{ ID, Fix string }
		Hops  []struct {
			Name   string
			Before struct {
				Headers map[string][]string
				Bytes   int
			}
		}
		Signature struct {
			SignerKnown bool
			Lines       []struct {
				Part, Signed, Computed string
				Differs                bool
			}
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Cause.ID != "payload-hash-missing" || got.Cause.Fix == "" {
		t.Errorf("cause = %+v", got.Cause)
	}
	want := map[string][]string{"host": {"h"}, "x-api-key": {"(1 bytes, sha256 8254c329)"}}
	if !reflect.DeepEqual(got.Hops[0].Before.Headers, want) || got.Hops[0].Before.Bytes != 3 {
		t.Errorf("before = %+v, want %v and 3 bytes", got.Hops[0].Before, want)
	}
	last := got.Signature.Lines[len(got.Signature.Lines)-1]
	if !got.Signature.SignerKnown || last.Signed != "UNSIGNED-PAYLOAD" || last.Computed != "abc" || !last.Differs {
		t.Errorf("signature = %+v, want the payload hash to differ", got.Signature)
	}
}
