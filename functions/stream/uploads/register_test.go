package uploads

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/caller"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

// A bucket is as much of Amazon S3 as registrations need.
type bucket struct {
	mu      sync.Mutex
	objects map[string]File
	puts    int
	status  int // of every answer, if it is not 0
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/my-bucket/")
	switch query := r.URL.Query(); {
	case b.status != 0:
		w.WriteHeader(b.status)
		_, _ = w.Write([]byte("<Error><Code>AccessDenied</Code></Error>"))
	case r.Method == http.MethodPut:
		b.objects[key] = File{}
		b.puts++
	case key == "" && query.Get("list-type") == "2":
		type object struct{ Key string }
		var result struct {
			XMLName     xml.Name `xml:"ListBucketResult"`
			IsTruncated bool
			Contents    []object
		}
		limit, _ := strconv.Atoi(query.Get("max-keys"))
		for _, key := range slices.Sorted(maps.Keys(b.objects)) {
			if !strings.HasPrefix(key, query.Get("prefix")) || key <= query.Get("start-after") {
				continue
			}
			if result.IsTruncated = len(result.Contents) == limit; result.IsTruncated {
				break
			}
			result.Contents = append(result.Contents, object{key})
		}
		_ = xml.NewEncoder(w).Encode(result)
	default:
		f, ok := b.objects[key]
		if !ok {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", f.Type)
		w.Header().Set("X-Amz-Meta-Name", url.PathEscape(f.Name))
		w.Header().Set("Content-Length", fmt.Sprint(f.Size))
	}
}

// newBucket returns a bucket, and a store of it that registers.
func newBucket(t *testing.T) (*bucket, *Store) {
	t.Helper()
	b := &bucket{objects: map[string]File{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	s := newStore(aws.Config{BaseEndpoint: &server.URL})
	s.Registers = true
	return b, s
}

// put has a file come by a ticket, and returns its id and its key.
func (b *bucket) put(t *testing.T, s *Store, owner Owner, f File) (id, key string) {
	t.Helper()
	ticket, err := s.Ticket(t.Context(), owner, f)
	if err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[fileKey(owner, ticket.ID)] = f
	return ticket.ID, fileKey(owner, ticket.ID)
}

// record is that of an object that was put, as Amazon S3 sends it.
func record(t *testing.T, bucket, key string) *events.S3EventRecord {
	t.Helper()
	var r events.S3EventRecord
	text := fmt.Sprintf(`{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}`, bucket, url.QueryEscape(key))
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func ids(uploads []Upload) (list []string) {
	for _, u := range uploads {
		list = append(list, u.ID)
	}
	return list
}

// Events may come twice and in any order: the list is of each file once, the newest first.
func TestRegister(t *testing.T) {
	t.Parallel()
	b, s := newBucket(t)
	now := clock
	s.now = func() time.Time { return now }
	file := File{Name: "Übersicht /1.txt", Type: "text/plain; charset=utf-8", Size: 7}
	var made, keys []string
	for range 3 {
		id, key := b.put(t, s, me, file)
		made, keys = append(made, id), append(keys, key)
		now = now.Add(time.Millisecond)
	}
	for _, i := range []int{2, 0, 1, 2, 0} {
		if err := s.Register(t.Context(), record(t, "my-bucket", keys[i])); err != nil {
			t.Fatal(err)
		}
	}
	got, more, err := s.List(t.Context(), me, "", 10)
	slices.Reverse(made)
	if err != nil || more || !slices.Equal(ids(got), made) {
		t.Fatalf("list = %+v, %v, %v, want %q", got, more, err, made)
	}
	if want := (Upload{ID: made[2], Name: file.Name, Type: file.Type, Size: 7, CreatedAt: clock.Unix()}); got[2] != want {
		t.Errorf("upload = %+v, want %+v", got[2], want)
	}
	for key := range b.objects {
		if len(key) > 1024 || strings.HasPrefix(key, registeredPrefix) == strings.HasPrefix(key, Prefix) {
			t.Errorf("key %s", key)
		}
	}
}

// The longest names and types make keys that Amazon S3 takes.
func TestRegistrationKeysFit(t *testing.T) {
	t.Parallel()
	key := registrationKey(me, someID, File{Name: strings.Repeat("ü", maxName/2), Type: strings.Repeat("x", maxType), Size: 1 << 40})
	if len(key) > 1024 {
		t.Errorf("the key has %d bytes: Amazon S3 takes 1,024", len(key))
	}
	if u, ok := parseRegistration(me, key); !ok || u.Name != strings.Repeat("ü", maxName/2) {
		t.Errorf("upload = %+v, %v", u, ok)
	}
}

// A notification of more than files must not go round in a circle: a registration is no file.
func TestRegisterEndsWithTheRegistration(t *testing.T) {
	t.Parallel()
	b, s := newBucket(t)
	_, key := b.put(t, s, me, File{Name: "a", Type: "text/plain", Size: 1})
	for pending := []string{key}; len(pending) > 0; pending = pending[1:] {
		before := slices.Collect(maps.Keys(b.objects))
		if err := s.Register(t.Context(), record(t, "my-bucket", pending[0])); err != nil {
			t.Fatal(err)
		}
		for key := range b.objects { // as of a bucket that notifies of every object
			if !slices.Contains(before, key) {
				pending = append(pending, key)
			}
		}
		if b.puts > 1 {
			t.Fatalf("%d registrations of one file", b.puts)
		}
	}
	for _, other := range []string{"uploads/", "uploads/" + someID, "uploads/../" + someID, "uploads/" + string(me) + "/x", "uploads/" + string(me) + "/" + someID + "/x", "x/" + key} {
		if err := s.Register(t.Context(), record(t, "my-bucket", other)); err != nil || b.puts != 1 {
			t.Errorf("%s: %v, %d registrations, want it passed over", other, err, b.puts)
		}
	}
	removed := record(t, "my-bucket", key)
	removed.EventName = "ObjectRemoved:Delete"
	if err := s.Register(t.Context(), removed); err != nil || b.puts != 1 {
		t.Errorf("a removal: %v, %d registrations, want it passed over", err, b.puts)
	}
}

// What cannot be registered fails, so that Lambda tries again and the log says why.
func TestRegisterFails(t *testing.T) {
	t.Parallel()
	b, s := newBucket(t)
	_, key := b.put(t, s, me, File{Name: "a", Type: "text/plain", Size: maxBytes + 1})
	for name, test := range map[string]struct{ bucket, key, want string }{
		"another bucket": {"other", key, `the event is of the bucket "other", and UPLOADS_BUCKET is "my-bucket"`},
		"gone":           {"my-bucket", fileKey(me, someID), "no such file"},
		"too large":      {"my-bucket", key, "1001 bytes: want at most 1000"},
	} {
		if err := s.Register(t.Context(), record(t, test.bucket, test.key)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	b.status = http.StatusForbidden
	if _, _, err := s.List(t.Context(), me, "", 1); err == nil || !strings.Contains(err.Error(), "403 Forbidden (AccessDenied)") {
		t.Errorf("list = %v, want AccessDenied", err)
	}
}

// ask asks for the uploads of a caller with the key, or with the claims.
func ask(s *Store, query, key, claims string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/uploads"+query, nil)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if claims != "" {
		r = r.WithContext(streamhttp.ContextWithClaims(r.Context(), json.RawMessage(claims)))
	}
	ListHandler(s).ServeHTTP(w, r)
	return w
}

func readList(t *testing.T, w *httptest.ResponseRecorder) (p list) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusOK || p.Object != "list" || p.Data == nil || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("answer = %d %v %s, %v", w.Code, w.Header(), w.Body, err)
	}
	return p
}

// Nobody sees or reads what another caller has uploaded, be callers told apart by keys or by
// verified claims. Without either all are one.
func TestUploadsAreTheirOwners(t *testing.T) {
	t.Parallel()
	b, s := newBucket(t)
	callers := map[string][2]string{
		"a key":          {"key-1", ""},
		"another key":    {"key-2", ""},
		"no key":         {"", ""},
		"a user":         {"token-1", `{"iss":"https://a","sub":"1"}`},
		"another user":   {"token-1", `{"iss":"https://a","sub":"2"}`},
		"another issuer": {"token-1", `{"iss":"https://b","sub":"1"}`},
		"only a token":   {"token-1", ""},
	}
	as := func(name string) context.Context {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if key := callers[name][0]; key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		ctx := r.Context()
		if claims := callers[name][1]; claims != "" {
			ctx = streamhttp.ContextWithClaims(ctx, json.RawMessage(claims))
		}
		var kept context.Context
		caller.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { kept = r.Context() })).ServeHTTP(nil, r.WithContext(ctx))
		return kept
	}
	made := map[string]string{}
	for name := range callers {
		owner := OwnerOf(caller.FromContext(as(name)))
		id, key := b.put(t, s, owner, File{Name: name, Type: "text/plain", Size: 1})
		made[name] = id
		if err := s.Register(t.Context(), record(t, "my-bucket", key)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range callers {
		got := readList(t, ask(s, "", c[0], c[1]))
		if len(got.Data) != 1 || got.Data[0].Name != name || got.HasMore {
			t.Errorf("%s sees %+v, want its own upload", name, got)
		}
		for other, id := range made {
			_, f, err := s.Open(t.Context(), OwnerOf(caller.FromContext(as(name))), id)
			if (err == nil) != (name == other) {
				t.Errorf("%s opens the upload of %s: %+v, %v", name, other, f, err)
			}
		}
		// Nor does a page begin in another's.
		if got := readList(t, ask(s, "?after="+made["a key"], "key-3", "")); len(got.Data) != 0 {
			t.Errorf("a new key sees %+v", got.Data)
		}
	}
}

func TestListByPages(t *testing.T) {
	t.Parallel()
	b, s := newBucket(t)
	now := clock
	s.now = func() time.Time { return now }
	var want []string
	for range 5 {
		id, key := b.put(t, s, OwnerOf("key\nk"), File{Name: "a", Type: "text/plain", Size: 1})
		want = append(want, id)
		if err := s.Register(t.Context(), record(t, "my-bucket", key)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
	}
	slices.Reverse(want)
	b.objects[registeredBy(OwnerOf("key\nk"))+"stray"] = File{} // passed over
	var got []string
	after := ""
	for more := true; more; {
		p := readList(t, ask(s, "?limit=2"+after, "k", ""))
		got, more = append(got, ids(p.Data)...), p.HasMore
		if len(p.Data) > 0 {
			after = "&after=" + p.Data[len(p.Data)-1].ID
		}
		if len(got) > len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages have %q, want %q", got, want)
	}
}

func TestListRefused(t *testing.T) {
	t.Parallel()
	b, s := newBucket(t)
	for query, param := range map[string]string{"?limit=0": "limit", "?limit=101": "limit", "?limit=x": "limit", "?after=x": "after", "?after=" + someID + "/": "after"} {
		wantError(t, ask(s, query, "", ""), http.StatusBadRequest, "invalid_"+param, param)
	}
	b.status = http.StatusServiceUnavailable
	wantError(t, ask(s, "", "", ""), http.StatusInternalServerError, "list_failed", "")
	s.Registers = false
	w := ask(s, "", "", "")
	wantError(t, w, http.StatusNotImplemented, "uploads_not_registered", "")
	if !strings.Contains(w.Body.String(), "UPLOADS_REGISTERED") {
		t.Errorf("answer = %s, want the variable in it", w.Body)
	}
	wantError(t, ask(nil, "", "", ""), http.StatusNotImplemented, "uploads_not_configured", "")
}
