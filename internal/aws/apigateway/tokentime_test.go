package apigateway

import (
	"encoding/json"
	"testing"
	"time"
)

// A time that no clock shows is still before or after now.
func TestTimesOfTokens(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for text, after := range map[string]bool{
		"1e300": true, "9223372036854775808": true, "99999999999": true, "1795867200.5": false,
		"-1e300": false, "0": false, "-9223372036854775809": false,
	} {
		if got := (claims{"nbf": json.Number(text)}).time("nbf"); got.After(now) != after {
			t.Errorf("%s: %v, after now: want %v", text, got, after)
		}
	}
}
