package functionurl

import "testing"

func TestRequestsAreSharedEvenly(t *testing.T) {
	t.Parallel()
	for _, share := range []int{0, 1, 10, 33, 50, 99, 100} {
		v := &Versions{Share: share}
		news, longest, run := 0, 0, 0
		for range 200 {
			if v.isNew() {
				news, run = news+1, 0
				continue
			}
			run++
			longest = max(longest, run)
		}
		if news != 2*share {
			t.Errorf("share %d: %d of 200 requests went to the new version, want %d", share, news, 2*share)
		}
		if share > 0 && longest > 100/share {
			t.Errorf("share %d: %d requests in a row went to the deployed version", share, longest)
		}
	}
}
