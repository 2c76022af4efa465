package cloudfront

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/template"
)

// Timing says which responses get the header Server-Timing.
//
// Source: Amazon CloudFront Developer Guide, "Server-Timing header". Documented.
type Timing struct {
	Enabled bool
	Rate    float64 // in percent
}

func readTiming(r *template.Reader) Timing {
	t := Timing{Enabled: r.Bool("Enabled", template.Required).V}
	rate := r.Text("SamplingRate", template.Takes(func(v any) string {
		if rate, err := strconv.ParseFloat(v.(string), 64); err != nil || rate < 0 || rate > 100 {
			return fmt.Sprintf("is %s: CloudFront accepts 0 to 100", v)
		}
		return ""
	}))
	t.Rate, _ = strconv.ParseFloat(rate.V, 64) // 0 where nothing stands (assumed)
	return t
}

// wanted reports whether a response gets the header: the sampled ones, and those to viewers who
// ask for it, whatever the rate.
func (t *Timing) wanted(viewer *http.Request, draw func() float64) bool {
	if !t.Enabled {
		return false
	}
	for _, value := range viewer.Header.Values("Pragma") {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), "server-timing") {
				return true
			}
		}
	}
	if draw == nil {
		draw = rand.Float64
	}
	return draw()*100 < t.Rate
}

// times are what Server-Timing says of a request.
type times struct {
	began     time.Time
	firstByte time.Duration // of the origin, since the request was sent
}

// write adds CloudFront's metrics to the header of the origin, or replaces it on a cache hit.
// The way to an origin is direct here, and takes no time for names and connections: those are
// part of the first byte's.
func (t *times) write(h http.Header, result cacheResult, id string) {
	var metrics []string
	add := func(format string, args ...any) { metrics = append(metrics, fmt.Sprintf(format, args...)) }
	upstream := func() {
		add(`cdn-upstream-layer;desc="EDGE"`)
		add("cdn-upstream-dns;dur=0")
		add("cdn-upstream-connect;dur=0")
		add("cdn-upstream-fbl;dur=%d", t.firstByte.Milliseconds())
	}
	own := h.Values("Server-Timing")
	switch result {
	case hit:
		own = nil // documented
		add("cdn-cache-hit")
	case refreshed:
		own = nil
		upstream()
		add("cdn-cache-refresh")
	case missed, failed:
		upstream()
		add("cdn-cache-miss")
	}
	add(`cdn-pop;desc="%s"`, pop)
	add(`cdn-rid;desc="%s"`, id)
	if result == hit {
		add(`cdn-hit-layer;desc="EDGE"`)
	}
	add("cdn-downstream-fbl;dur=%d", time.Since(t.began).Milliseconds())
	h.Set("Server-Timing", strings.Join(append(metrics, own...), ","))
}
