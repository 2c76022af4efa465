package explain

import (
	"net/http"
	"testing"
	"time"
)

// silent answers with a head, and with a body that lasts as long as the client waits.
type silent struct{ status int }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: waiting{r}}, nil
}

type waiting struct{ *http.Request }

func (w waiting) Read([]byte) (int, error) {
	<-w.Context().Done()
	return 0, w.Context().Err()
}

func (waiting) Close() error { return nil }

func TestAskKnowsAnAnswerThatStalls(t *testing.T) {
	t.Parallel()
	c := &Client{Timeout: time.Millisecond, Transport: silent{http.StatusFound}}
	a, err := c.Ask(t.Context(), &Request{Method: "GET", URL: "https://d1.cloudfront.net/"})
	if err != nil {
		t.Fatal(err)
	}
	if !a.Stalled || a.Broken || a.Status != http.StatusFound {
		t.Errorf("answer = %+v, want it stalled", a)
	}
	if found := Explain(a); len(found) == 0 || found[0].Cause.ID != "stream-without-body" {
		t.Errorf("causes = %+v, want stream-without-body first", found)
	}
}
