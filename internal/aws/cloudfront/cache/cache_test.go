package cache

import (
	"net/http"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestLifetime(t *testing.T) {
	t.Parallel()
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	follow := TTL{Max: year} // follows the origin: no default
	optimized := TTL{Min: time.Second, Default: day, Max: year}
	for name, test := range map[string]struct {
		ttl    TTL
		status int
		header http.Header
		want   time.Duration
		keep   bool
	}{
		"max-age":                       {follow, 200, http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, true},
		"s-maxage before max-age":       {follow, 200, http.Header{"Cache-Control": {"max-age=60, s-maxage=5"}}, 5 * time.Second, true},
		"two lines":                     {follow, 200, http.Header{"Cache-Control": {"public", `max-age="60"`}}, time.Minute, true},
		"Expires":                       {follow, 200, http.Header{"Expires": {start.Add(time.Hour).Format(http.TimeFormat)}}, time.Hour, true},
		"Expires that is not a date":    {follow, 200, http.Header{"Expires": {"0"}}, 0, true},
		"max-age that is not a number":  {follow, 200, http.Header{"Cache-Control": {"max-age=soon"}}, 0, true},
		"nothing said: default":         {follow, 200, nil, 0, true},
		"nothing said: another default": {optimized, 200, nil, day, true},
		"no-store":                      {follow, 200, http.Header{"Cache-Control": {"no-store"}}, 0, false},
		"private":                       {follow, 200, http.Header{"Cache-Control": {"private, max-age=60"}}, 0, false},
		"no-cache: ask each time":       {follow, 200, http.Header{"Cache-Control": {"no-cache"}}, 0, true},
		"no-store under a minimum":      {optimized, 200, http.Header{"Cache-Control": {"no-store"}}, time.Second, true},
		"max-age below the minimum":     {optimized, 200, http.Header{"Cache-Control": {"max-age=0"}}, time.Second, true},
		"max-age above the maximum":     {TTL{Max: time.Hour}, 200, http.Header{"Cache-Control": {"max-age=7200"}}, time.Hour, true},
		"404 for ten seconds":           {follow, 404, nil, 10 * time.Second, true},
		"500 with its own time":         {follow, 500, http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, true},
		"500 with no-store":             {follow, 500, http.Header{"Cache-Control": {"no-store"}}, 0, false},
		"403 without a time":            {follow, 403, nil, 0, false},
		"403 with a time":               {follow, 403, http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, true},
		"401 is never kept":             {follow, 401, http.Header{"Cache-Control": {"max-age=60"}}, 0, false},
		"206 is never kept":             {follow, 206, http.Header{"Cache-Control": {"max-age=60"}}, 0, false},
		"301":                           {follow, 301, http.Header{"Cache-Control": {"max-age=60"}}, time.Minute, true},
		"caching disabled":              {TTL{}, 200, http.Header{"Cache-Control": {"max-age=60"}}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, keep := test.ttl.Lifetime(test.status, test.header, start)
			if got != test.want || keep != test.keep {
				t.Errorf("Lifetime(%d, %v) = %s, %t, want %s, %t", test.status, test.header, got, keep, test.want, test.keep)
			}
		})
	}
}

func TestEntryIsFreshForItsLifetime(t *testing.T) {
	t.Parallel()
	now := start
	c := &Cache{Now: func() time.Time { return now }}
	c.Put("key", 200, http.Header{"Etag": {`"1"`}}, copyOf(c, []byte("body")), time.Minute)

	now = start.Add(59 * time.Second)
	if e, fresh := c.Get("key"); !fresh || e.Body.Len() != 4 || e.Age(now) != 59*time.Second {
		t.Errorf("after 59 s: fresh %t, %+v", fresh, e)
	}
	now = start.Add(time.Minute)
	e, fresh := c.Get("key")
	if fresh || e == nil {
		t.Errorf("after 60 s: fresh %t, %+v, want it stale but there", fresh, e)
	}

	// The origin says that it has not changed.
	c.Refresh("key", e, http.Header{"X-New": {"1"}, "Content-Length": {"0"}}, time.Minute)
	if e, fresh := c.Get("key"); !fresh || e.Header.Get("X-New") != "1" || e.Header.Get("Etag") != `"1"` || e.Header.Get("Content-Length") != "" {
		t.Errorf("after a refresh: fresh %t, %+v", fresh, e)
	}
}

func TestWhatCannotBeUsedIsNotKept(t *testing.T) {
	t.Parallel()
	c := &Cache{Now: func() time.Time { return start }}
	c.Put("key", 200, http.Header{}, copyOf(c, nil), time.Minute)
	c.Put("key", 200, http.Header{}, copyOf(c, nil), 0) // nothing to ask the origin by: it replaces what was there
	if e, _ := c.Get("key"); e != nil {
		t.Errorf("kept %+v", e)
	}
	c.Put("key", 200, http.Header{}, copyOf(c, make([]byte, maxBody+1)), time.Minute)
	if e, _ := c.Get("key"); e != nil {
		t.Error("kept a body over the limit")
	}
}

func TestUnmodified(t *testing.T) {
	t.Parallel()
	e := &Entry{Header: http.Header{"Etag": {`W/"1"`}, "Last-Modified": {start.Format(http.TimeFormat)}}}
	for name, test := range map[string]struct {
		request http.Header
		want    bool
	}{
		"same tag":                      {http.Header{"If-None-Match": {`"0", "1"`}}, true},
		"any":                           {http.Header{"If-None-Match": {"*"}}, true},
		"other tag, though not changed": {http.Header{"If-None-Match": {`"2"`}, "If-Modified-Since": {start.Format(http.TimeFormat)}}, false},
		"not changed since":             {http.Header{"If-Modified-Since": {start.Format(http.TimeFormat)}}, true},
		"changed since":                 {http.Header{"If-Modified-Since": {start.Add(-time.Hour).Format(http.TimeFormat)}}, false},
		"no condition":                  {http.Header{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := e.Unmodified(test.request); got != test.want {
				t.Errorf("Unmodified(%v) = %t, want %t", test.request, got, test.want)
			}
		})
	}
}

// Memory is bounded: the oldest go, whatever their lifetime.
func TestTheOldestMakeRoom(t *testing.T) {
	t.Parallel()
	now := start
	c := &Cache{Now: func() time.Time { return now }}
	body := make([]byte, 60<<20) // four of them fit
	for _, key := range []string{"a", "b", "c", "d", "a", "e"} {
		now = now.Add(time.Second)
		c.Put(key, 200, nil, copyOf(c, body), time.Hour)
	}
	for key, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "e": true} {
		if _, kept := c.Get(key); kept != want {
			t.Errorf("%s is kept: %t, want %t", key, kept, want)
		}
	}
}
