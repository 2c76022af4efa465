package webadapter

import "testing"

func TestHeaderSafe(t *testing.T) {
	t.Parallel()
	if got := headerSafe([]byte("{\"path\":\"/\x7f\\n\x7fü\"}")); got != `{"path":"/\u007f\n\u007fü"}` {
		t.Errorf("headerSafe = %s", got)
	}
}
