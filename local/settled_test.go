package local_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/internal/settled"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// recorded is a file with one fact.
func recorded(t *testing.T, fact settled.Fact) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "settled.json")
	if err := settled.New("test", time.Now(), 0, []settled.Fact{fact}).Write(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// asked sends a request and says what came, as far as a table can want it.
func asked(t *testing.T, method, url, contentType string, size int, hashed bool, header string) string {
	t.Helper()
	body := strings.Repeat("a", size)
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept-Encoding", "identity")
	if hashed {
		sum := sha256.Sum256([]byte(body))
		request.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	}
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	end := "whole"
	if _, err := io.ReadAll(resp.Body); err != nil {
		end = "cut"
	}
	said := fmt.Sprint(resp.StatusCode, " ", end)
	if header != "" {
		said += " " + resp.Header.Get(header)
	}
	return said
}

// What an endpoint refuted the chain does as that endpoint did, for every assumption that it
// has two ways for. What it confirmed, or nobody asked, it does as before.
func TestRefutedAssumptionsAreGivenUp(t *testing.T) {
	t.Parallel()
	const text, binary = "text/plain", "application/octet-stream"
	for id, test := range map[settled.ID]struct {
		method, target, contentType string
		size                        int
		hashed                      bool
		header                      string
		assumed, refuted            string
	}{
		settled.DeleteHidden:     {"DELETE", "/x", text, 5, false, "", "403 whole", "200 whole"},
		settled.EmptyEnds:        {"POST", "/empty?status=201", text, 1, false, "", "201 whole", "504 whole"},
		settled.ReportedEnds:     {"GET", "/aborted", text, 0, false, "", "200 whole", "200 cut"},
		settled.ChallengeRenamed: {"GET", "/challenged", text, 0, false, "Www-Authenticate", "401 whole ", "401 whole Bearer"},
		settled.ServerRenamed:    {"GET", "/counted?server=mine", text, 0, false, "X-Amzn-Remapped-Server", "200 whole mine", "200 whole "},
		settled.DateRenamed:      {"GET", "/counted?date=then", text, 0, false, "X-Amzn-Remapped-Date", "200 whole then", "200 whole "},
		settled.EncodingRemoved:  {"GET", "/counted?encoding=gzip", text, 0, false, "Content-Encoding", "200 whole ", "200 whole gzip"},
		settled.Base64Counts:     {"POST", "/x", binary, 5 << 20, true, "", "413 whole", "200 whole"},
		settled.BodyAloneCounts:  {"POST", "/x", text, 6 << 20, true, "", "200 whole", "413 whole"},
		settled.EdgeMebibyte:     {"POST", "/x", text, 1_000_001, false, "", "200 whole", "413 whole"},
		settled.RawQueryRefused:  {"GET", "/x?a[]=1", text, 0, false, "", "403 whole", "200 whole"},
		settled.PlusIsSpace:      {"GET", "/x?q=a+b", text, 0, false, "", "200 whole", "403 whole"},
		settled.RefusalWords:     {"DELETE", "/x", text, 5, false, "X-Amzn-Errortype", "403 whole InvalidSignatureException", "403 whole SignatureDoesNotMatch"},
		settled.GeneratedXCache:  {"POST", "/x", text, 1<<20 + 1, false, "X-Cache", "413 whole LambdaGeneratedResponse from cloudfront", "413 whole Error from cloudfront"},
	} {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			for state, want := range map[settled.State]string{settled.Confirmed: test.assumed, settled.Refuted: test.refuted} {
				f := newFixture()
				if id == settled.EmptyEnds && state == settled.Refuted {
					f.origin()["CustomOriginConfig"].(object)["OriginReadTimeout"] = 1.0
				}
				if id == settled.RawQueryRefused { // our edge code encodes the query
					delete(f.behavior(), "FunctionAssociations")
					delete(f.behavior(), "LambdaFunctionAssociations")
				}
				fact := settled.Fact{ID: id, Says: "x", State: state}
				if state == settled.Refuted {
					fact.Value = map[settled.ID]string{settled.RefusalWords: "SignatureDoesNotMatch", settled.GeneratedXCache: "Error from cloudfront"}[id]
				}
				chain := f.start(t, local.Options{Settled: recorded(t, fact)})
				if got := asked(t, test.method, chain.URL()+test.target, test.contentType, test.size, test.hashed, test.header); got != want {
					t.Errorf("%s: %q, want %q", state, got, want)
				}
				said := slices.ContainsFunc(chain.Notes(), func(note string) bool { return strings.HasPrefix(note, "settled on ") })
				if said != (state == settled.Refuted) {
					t.Errorf("%s: notes = %q", state, chain.Notes())
				}
			}
		})
	}
}

// The same of a process that ends in the middle of a stream.
func TestRefutedCrash(t *testing.T) {
	t.Parallel()
	for state, cut := range map[settled.State]bool{settled.Confirmed: true, settled.Refuted: false} {
		chain := newFixture().start(t, local.Options{Settled: recorded(t, settled.Fact{ID: settled.CrashCuts, Says: "x", State: state})})
		gate := newGate(t)
		resp := open(t, "GET", chain.URL()+"/exit", "X-Gate", gate.url)
		lines := bufio.NewReader(resp.Body)
		first, err := lines.ReadString('\n')
		gate.await("/first")
		gate.release("/first")
		if _, rest := lines.ReadString('\n'); first != "first\n" || err != nil || errors.Is(rest, io.EOF) == cut {
			t.Errorf("%s: %q, %v, then %v, want the first line, and cut: %t", state, first, err, rest, cut)
		}
		resp.Body.Close()
	}
}

// The same of errors where caching is disabled: the second answer is the first one, and what is
// no error is asked for again.
func TestRefutedErrorsAreKept(t *testing.T) {
	t.Parallel()
	for state, kept := range map[settled.State]bool{settled.Confirmed: false, settled.Refuted: true} {
		url := newFixture().start(t, local.Options{Settled: recorded(t, settled.Fact{ID: settled.ErrorsNotKept, Says: "x", State: state})}).URL()
		// In this order: the query is not in the cache key, so that an error answers both.
		for _, test := range []struct {
			target string
			want   bool
		}{{"/counted?status=200&etag=1", false}, {"/counted?status=404", kept}} {
			target, want := test.target, test.want
			resp, first := send(t, "GET", url+target, "")
			again, second := send(t, "GET", url+target, "", "If-None-Match", "none")
			if resp.StatusCode != again.StatusCode || (first == second) != want {
				t.Errorf("%s %s: %d %q, then %d %q, want the same: %t", state, target, resp.StatusCode, first, again.StatusCode, second, want)
			}
		}
	}
}

// The same of a compressed body that says it is JSON: as text it loses what is no text.
func TestRefutedBytesAreLost(t *testing.T) {
	t.Parallel()
	const body = "\x1f\x8b\x08\xff\xfe"
	for state, length := range map[settled.State]int{settled.Confirmed: len(body), settled.Refuted: 2 + 3*len("\ufffd")} {
		url := newFixture().start(t, local.Options{Settled: recorded(t, settled.Fact{ID: settled.BytesKept, Says: "x", State: state})}).URL()
		resp, got := send(t, "POST", url+"/x", body, "Content-Type", "application/json", "Content-Encoding", "gzip")
		if want := fmt.Sprintf(`"length":%d`, length); resp.StatusCode != http.StatusOK || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s, want %s", state, resp.StatusCode, got, want)
		}
	}
}

// How far a date may be off is what AWS was seen to take, unless an option says otherwise.
func TestSettledSignatureWindow(t *testing.T) {
	t.Parallel()
	fact := settled.Fact{ID: settled.SignatureWindow, Says: "x", State: settled.Refuted, Value: "15m0s"}
	for name, test := range map[string]struct {
		options local.Options
		want    int
	}{
		"assumed":      {local.Options{}, 403},
		"settled":      {local.Options{Settled: recorded(t, fact)}, 200},
		"an option is": {local.Options{Settled: recorded(t, fact), SignatureWindow: time.Minute}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.options.InvokerKey = &local.InvokerKey{ID: "AKIALOCAL", Secret: "secret"}
			url := newFixture().start(t, test.options).FunctionURLs()[0].URL
			r := testclient.Request(t, "GET", url+"/x", "")
			testclient.Sign(t, r, "", aws.Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: "secret"}, "lambda", "us-east-1", time.Now().Add(-10*time.Minute))
			resp, _ := testclient.Do(t, client.Do, r)
			if resp.StatusCode != test.want {
				t.Errorf("a signature of 10 minutes ago: %d, want %d", resp.StatusCode, test.want)
			}
		})
	}
}

func TestAFileThatIsNotOneOfRecord(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "settled.json")
	if err := os.WriteFile(name, []byte(`{"version": 7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := local.Start(t.Context(), local.Options{Assembly: newFixture().write(t), Settled: name})
	if err == nil || !strings.Contains(err.Error(), "Options.Settled: "+name+" has version 7") {
		t.Errorf("error = %v, want one that names the version", err)
	}
}
