package cloudfront

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
)

// webSocketIdle is how long an origin may send nothing through a WebSocket.
//
// Source: Service Quotas of Amazon CloudFront, "Origin response timeout (idle timeout)".
// Documented.
const webSocketIdle = 10 * time.Minute

// asksForWebSocket reports whether the viewer asks for a WebSocket.
func (x *exchange) asksForWebSocket() bool { return door.AsksForWebSocket(x.viewer) }

// takesWebSockets reports whether an upgrade goes on to the origin. Function URLs and buckets
// have no WebSockets, and get a plain GET.
func (o *Origin) takesWebSockets() bool { return o.Address != "" || o.Door() != nil }

// admitPage refuses a WebSocket for a page of another machine: browsers send such a request
// from any page, and let the page read what comes.
func (x *exchange) admitPage() *refusal {
	origin := x.viewer.Header.Get("Origin")
	if origin == "" || !x.asksForWebSocket() {
		return nil
	}
	page, err := url.Parse(origin)
	if err == nil && (loopback.IsName(page.Host) || slices.Contains(x.Distribution.Names(), page.Hostname())) {
		return nil
	}
	return refuse(http.StatusForbidden, causes.None, "The request for a WebSocket comes from a page of %s. CloudFront passes it on, the local chain passes on only those from pages of this machine.", origin)
}

// A tunnel is a WebSocket between a viewer and an origin.
type tunnel struct {
	viewer net.Conn
	from   io.Reader // what the viewer sends
	origin io.ReadWriteCloser
	watch  *watch // of the request that it was
	idle   time.Duration
}

// upgrade answers the viewer that the origin has agreed. The bytes flow once the trace of the
// request is complete.
func (x *exchange) upgrade(out *reply) {
	hop := x.rec.Hop("origin")
	origin, ok := out.resp.Body.(io.ReadWriteCloser)
	if !ok || !x.asksForWebSocket() {
		hop.Refuse(causes.None, "", "502: the origin switches protocols, and nobody has asked it to")
		refuse(http.StatusBadGateway, causes.None, "The origin switches protocols, and nobody has asked it to.").write(x.w, x.id)
		return
	}
	out.watch.pauseAll()
	h := x.w.Header()
	for name, values := range out.resp.Header {
		h[name] = values
	}
	mark(h, missed, x.id)
	x.w.WriteHeader(http.StatusSwitchingProtocols)
	conn, buffered, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		hop.Refuse(causes.None, "", "the viewer's connection cannot become a WebSocket: %v", err)
		return
	}
	hop.Pass("101: a WebSocket to %s", out.origin.host())
	early := io.LimitReader(buffered.Reader, int64(buffered.Reader.Buffered()))
	x.tunnel = &tunnel{viewer: conn, from: io.MultiReader(early, conn), origin: origin, watch: out.watch, idle: cmp.Or(x.idle, webSocketIdle)}
}

// carry carries bytes both ways until one side ends, or the origin is silent for too long.
func (s *Server) carry(t *tunnel) {
	s.tunnels.Store(t, nil)
	defer s.tunnels.Delete(t)
	defer t.watch.stop()
	idle := time.AfterFunc(t.idle, t.close)
	var ways sync.WaitGroup
	ways.Go(func() {
		defer t.close()
		_, _ = io.Copy(t.origin, t.from)
	})
	ways.Go(func() {
		defer t.close()
		_, _ = io.Copy(t.viewer, readerFunc(func(p []byte) (int, error) {
			n, err := t.origin.Read(p)
			idle.Reset(t.idle)
			return n, err
		}))
	})
	ways.Wait()
	idle.Stop()
}

// close cuts both connections, without a word in either (assumed of CloudFront).
func (t *tunnel) close() {
	_ = t.viewer.Close()
	_ = t.origin.Close()
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Close cuts the WebSockets, which no server does that their connections came from.
func (s *Server) Close() {
	s.tunnels.Range(func(t, _ any) bool {
		t.(*tunnel).close()
		return true
	})
}
