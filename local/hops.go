package local

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// hops are the connections from the distributions of a chain to its function URLs. By them a
// function URL knows who came through CloudFront: any caller can send CloudFront's headers,
// and none can have both ends of a connection that is open.
type hops struct{ open sync.Map } // by both ends

// ends names a connection as both of its ends can.
func ends(distribution, functionURL net.Addr) string {
	return distribution.String() + " " + functionURL.String()
}

// made reports whether a distribution of the chain sent the request.
func (h *hops) made(r *http.Request) bool {
	here, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	_, ok = h.open.Load(r.RemoteAddr + " " + here.String())
	return ok
}

// forget learns of the connections to a server. One that a distribution has closed may
// still have a request that the function URL has not seen: only the server knows the end.
func (h *hops) forget(c net.Conn, state http.ConnState) {
	if state == http.StateClosed {
		h.open.Delete(ends(c.RemoteAddr(), c.LocalAddr()))
	}
}

// transport reaches function URLs by their names, and nothing else.
func (h *hops) transport(addresses map[string]string) *http.Transport {
	dialer := &net.Dialer{}
	return &http.Transport{
		DisableCompression:  true,
		MaxIdleConnsPerHost: regionalConcurrency,
		IdleConnTimeout:     time.Minute,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			local, ok := addresses[host]
			if !ok {
				return nil, fmt.Errorf("%s is not served here", host)
			}
			conn, err := dialer.DialContext(ctx, network, local)
			if err != nil {
				return nil, err
			}
			h.open.Store(ends(conn.LocalAddr(), conn.RemoteAddr()), nil) // before the first request is sent
			return conn, nil
		},
	}
}
