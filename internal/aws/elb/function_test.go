package elb

import "testing"

// Names in other letters are not those of a response.
func TestLetterCaseOfResponses(t *testing.T) {
	t.Parallel()
	if r, err := (&Group{}).parse([]byte(`{"StatusCode":200,"Body":"text"}`)); err == nil {
		t.Errorf("it is taken: %+v", r)
	}
	if r, err := (&Group{}).parse([]byte(`{"statusCode":200,"Body":"text"}`)); err != nil || len(r.body) > 0 {
		t.Errorf("%+v, %v, want no body", r, err)
	}
}
