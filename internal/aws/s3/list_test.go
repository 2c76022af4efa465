package s3

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

// mayList lets the function list what has the prefix.
func (f *fixture) mayList(prefix string) {
	f.Functions[0].Role.Statements = append(f.Functions[0].Role.Statements, iam.Statement{
		Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::my-bucket"},
		Conditions: []iam.Condition{{Key: "s3:prefix", Values: []string{prefix}, Like: true}},
	})
}

// list asks for the list of objects.
func (f *fixture) list(t *testing.T, query string) (*http.Response, string, listing) {
	t.Helper()
	resp, body := do(t, f.signed(t, "GET", "/my-bucket/?list-type=2"+query, "", hashOf("")))
	var l listing
	if resp.StatusCode == http.StatusOK {
		if err := xml.Unmarshal([]byte(body), &l); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	return resp, body, l
}

func keysOf(l listing) (keys []string) {
	for _, e := range l.Contents {
		keys = append(keys, e.Key)
	}
	return keys
}

// A list has the keys with the prefix in the order of their bytes, those that were deployed
// among them, and goes on after a key or where it ended.
func TestList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mayList("uploads/*")
	f.deployed = map[string]map[string]object{"my-bucket": {"uploads/é": {size: 3}, "other": {}}}
	for _, key := range []string{"b", "a%20b", "Z", "c"} {
		if resp, body := do(t, f.signed(t, "PUT", "/my-bucket/uploads/"+key, "hello", hashOf("hello"))); resp.StatusCode != 200 {
			t.Fatalf("PUT = %d %s", resp.StatusCode, body)
		}
	}
	all := []string{"uploads/Z", "uploads/a b", "uploads/b", "uploads/c", "uploads/é"}
	for query, want := range map[string][]string{
		"&prefix=uploads/":                                  all,
		"&prefix=uploads/b":                                 all[2:3],
		"&prefix=uploads/&start-after=uploads/a":            all[1:],
		"&prefix=uploads/&start-after=uploads/b":            all[3:],
		"&prefix=uploads/&start-after=uploads/b&max-keys=1": all[3:4],
		"&prefix=uploads/x":                                 nil,
		"&prefix=uploads/&max-keys=0":                       nil,
		"&prefix=uploads/&encoding-type=url":                {"uploads/Z", "uploads/a+b", "uploads/b", "uploads/c", "uploads/%C3%A9"},
	} {
		resp, body, got := f.list(t, query)
		if !slices.Equal(keysOf(got), want) || got.KeyCount != len(want) || got.Name != "my-bucket" {
			t.Errorf("%s = %d %s, want %q", query, resp.StatusCode, body, want)
		}
		if truncated := strings.Contains(query, "max-keys=1"); got.IsTruncated != truncated || (got.NextContinuationToken != "") != truncated {
			t.Errorf("%s = %+v, want it truncated: %v", query, got, truncated)
		}
	}
	_, _, got := f.list(t, "&prefix=uploads/b")
	if e := got.Contents[0]; e.Size != 5 || e.ETag != `"5d41402abc4b2a76b9719d911017c592"` || !strings.HasSuffix(e.LastModified, "Z") || e.StorageClass != "STANDARD" {
		t.Errorf("entry = %+v", e)
	}

	var pages []string
	for token := "x"; token != ""; { // by pages of two
		query := "&prefix=uploads/&max-keys=2"
		if token != "x" {
			query += "&start-after=uploads/z&continuation-token=" + token
		}
		_, _, page := f.list(t, query)
		pages = append(pages, keysOf(page)...)
		token = page.NextContinuationToken
	}
	if !slices.Equal(pages, all) {
		t.Errorf("pages = %q, want %q", pages, all)
	}
}

// A thousand keys are the most that an answer has.
func TestListIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mayList("*")
	many := map[string]object{}
	for i := range maxList + 1 {
		many[fmt.Sprintf("%05d", i)] = object{}
	}
	f.deployed = map[string]map[string]object{"my-bucket": many}
	if _, _, got := f.list(t, "&prefix=&max-keys=5000"); got.KeyCount != maxList || got.MaxKeys != maxList || !got.IsTruncated {
		t.Errorf("%d keys of at most %d, truncated: %v", got.KeyCount, got.MaxKeys, got.IsTruncated)
	}
}

// The right to list ends with the prefix that its condition names. A request that names none
// does not meet the condition.
func TestListIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	resp, body, _ := f.list(t, "&prefix=uploads/")
	wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
	f.mayList("uploads/*")
	for _, query := range []string{"", "&prefix=", "&prefix=uploads", "&prefix=other/uploads/", "&start-after=uploads/a"} {
		resp, body, _ := f.list(t, query)
		wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
	}
	for query, message := range map[string]string{
		"&max-keys=many": "max-keys", "&max-keys=-1": "max-keys", "&continuation-token=%25": "continuation token", "&encoding-type=xml": "Encoding Method",
	} {
		resp, body, _ := f.list(t, "&prefix=uploads/"+query)
		wantError(t, resp, body, 400, "InvalidArgument", message)
	}
	resp, body = do(t, f.signed(t, "GET", "/my-bucket/?list-type=2&prefix=uploads/", "", hashOf("other")))
	wantError(t, resp, body, 400, "XAmzContentSHA256Mismatch", "does not match")
	resp, body = send(t, "GET", f.url+"/my-bucket/?list-type=2&prefix=uploads/", "")
	wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
	// The right to list a prefix does not show which of its objects are missing.
	resp, body = do(t, f.signed(t, "GET", "/my-bucket/uploads/none", "", hashOf("")))
	wantError(t, resp, body, 403, "AccessDenied", "Access Denied")
}

// The sample registers and lists its uploads here as on AWS, with the rights that it is granted
// and with none less.
func TestSampleRegistersAndLists(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lack             string // the right that is missing
		registers, lists bool
	}{
		"all rights":   {"", true, true},
		"not to read":  {"get", false, true},
		"not to put":   {"put", false, true},
		"not to list":  {"list", true, false},
		"other prefix": {"prefix", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			uploader := f.Functions[0].Role.Statements
			ticket := f.ticket(t, "Site/Function", 5)
			if resp, body := upload(t, ticket, "hello"); resp.StatusCode != 200 {
				t.Fatalf("PUT = %d %s", resp.StatusCode, body)
			}
			f.Functions[0].Role.Statements = nil
			if test.lack != "get" {
				f.Functions[0].Role.Statements = slices.Clone(uploader)
			}
			if test.lack != "put" {
				f.Functions[0].Role.Statements = append(f.Functions[0].Role.Statements, iam.Statement{Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::my-bucket/registered/*"}})
			}
			switch test.lack {
			case "list":
			case "prefix":
				f.mayList("uploads/*")
			default:
				f.mayList("registered/*")
			}
			store, record := f.uploads("Site/Function"), &events.S3EventRecord{EventName: "ObjectCreated:Put"}
			record.S3.Bucket.Name = "my-bucket"
			record.S3.Object.URLDecodedKey = "uploads/" + string(owner) + "/" + ticket.ID
			if err := store.Register(t.Context(), record); (err == nil) != test.registers {
				t.Errorf("Register = %v, want it to work: %v", err, test.registers)
			}
			got, more, err := store.List(t.Context(), owner, "", 10)
			if (err == nil) != test.lists || more {
				t.Errorf("List = %v, %v, want it to work: %v", more, err, test.lists)
			}
			if test.registers && test.lists && (len(got) != 1 || got[0].ID != ticket.ID || got[0].Name != "Ü 1.txt" || got[0].Type != "text/plain" || got[0].Size != 5) {
				t.Errorf("List = %+v, want the file", got)
			}
		})
	}
}
