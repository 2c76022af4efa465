package local

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// newHops reaches function URLs, buckets and other front doors by their names, through memory, and nothing else. A
// function URL knows by the connection who came through CloudFront: any caller can send
// CloudFront's headers, and none can come by a pipe.
func newHops(sites map[string]*site) *http.Transport {
	return &http.Transport{
		DisableCompression:  true,
		MaxIdleConnsPerHost: regionalConcurrency,
		IdleConnTimeout:     time.Minute,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			site, ok := sites[address]
			if !ok {
				site, ok = sites[host]
			}
			if !ok {
				return nil, fmt.Errorf("%s is not served here", host)
			}
			return site.pipe.Dial(ctx)
		},
	}
}
