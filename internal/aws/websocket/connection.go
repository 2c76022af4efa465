package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	ws "github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// A connection is a client.
type connection struct {
	server     *server
	stage      *Stage
	id         string
	connected  time.Time
	identity   Identity
	authorizer map[string]any // what it has found
	socket     *ws.Conn
	frames     *frames
	idle       *time.Timer
	active     atomic.Int64 // when there was a message last, in ms
	ending     atomic.Pointer[ending]
	messages   sync.WaitGroup // that are being served
}

// An ending is how the server has ended the connection.
type ending struct {
	code   ws.StatusCode
	reason string
}

// serve takes the messages of the client until it leaves, or has to.
func (c *connection) serve(ctx context.Context) {
	s := c.server
	s.mu.Lock()
	if s.own == nil {
		s.own = map[*connection]bool{}
	}
	s.own[c] = true
	s.mu.Unlock()
	leave := func() { c.end(ws.StatusGoingAway, "Going away") }
	c.idle = time.AfterFunc(s.idle, leave)
	longest := time.AfterFunc(s.longest, leave)
	c.touch()
	s.connections.add(c)

	err := c.read(ctx)
	c.idle.Stop()
	longest.Stop()
	s.connections.remove(c)
	s.mu.Lock()
	delete(s.own, c)
	s.mu.Unlock()
	_ = c.socket.CloseNow()
	c.disconnected(ctx, err)
	c.messages.Wait()
}

// end closes the connection, with the client's consent if it gives that in time.
func (c *connection) end(code ws.StatusCode, reason string) {
	c.ending.CompareAndSwap(nil, &ending{code, reason})
	_ = c.socket.Close(code, reason)
}

// touch says that there was a message.
func (c *connection) touch() {
	c.active.Store(c.server.Now().UnixMilli())
	c.idle.Reset(c.server.idle)
}

// read returns how the connection has ended.
func (c *connection) read(ctx context.Context) error {
	for {
		kind, data, err := c.socket.Read(ctx)
		if err != nil {
			return err
		}
		c.touch()
		switch {
		case len(data) > maxMessage:
			c.refuse("the message has over %d bytes", maxMessage)
		case c.frames.largest.Load() > maxFrame:
			c.refuse("a frame of the message has over %d bytes: split it", maxFrame)
		case kind == ws.MessageBinary: // documented: there is no way for them
			c.end(ws.StatusUnsupportedData, "Binary frames are not supported")
		case !utf8.Valid(data): // RFC 6455, section 8.1
			c.end(ws.StatusInvalidFramePayloadData, "Invalid UTF-8")
		default:
			c.messages.Go(func() { c.message(ctx, data) })
			continue
		}
		return errors.New("closed by the API")
	}
}

// refuse closes the connection of a client whose message is too large (documented).
func (c *connection) refuse(format string, limit int) {
	rec, _ := c.server.Recorder.Join(event.RequestID(), "MESSAGE", "/"+c.stage.Name.V)
	rec.Hop("websocket api").Refuse(causes.MessageTooLarge, "", "the connection is closed with 1009: "+format, limit)
	rec.Leave()
	c.end(ws.StatusMessageTooBig, "Message too big")
}

// message hands a message to the function of its route.
func (c *connection) message(ctx context.Context, data []byte) {
	s := c.server
	key := s.api.selected(data)
	rec, _ := s.Recorder.Join(event.RequestID(), "MESSAGE", "/"+c.stage.Name.V+" "+key)
	defer rec.Leave()
	hop := rec.Hop("websocket api")
	e := c.event("MESSAGE", key, s.Now())
	e.RequestContext.MessageID = newID()
	body := string(data)
	e.Body = &body
	fail := func(hop *trace.OpenHop, cause causes.ID, message, format string, args ...any) {
		hop.Refuse(cause, "", format, args...)
		c.tell(ctx, e, message)
	}
	route := s.api.route(key)
	if route == nil {
		fail(hop, causes.RouteUnknown, "Forbidden", "no route matches the message, and there is no $default")
		return
	}
	if unserved := route.Unserved(); len(unserved) > 0 {
		fail(hop, causes.None, "The local chain does not serve the route "+key+": "+unserved[0].String(), "the route %s is not modelled by the local chain: %s", key, unserved[0].String())
		return
	}
	if !s.connections.buckets.Take(c.stage.Name.V+" "+key, c.stage.limits(key), s.Now()) {
		fail(hop, causes.Throttled, "Too Many Requests", "the limits of the stage %s are exceeded", c.stage.Name.V)
		return
	}
	hop.Pass("%s of %s, %d bytes", key, c.id, len(data))
	hop = rec.Hop("function")
	got, err := s.invoke(ctx, c.stage, route, e)
	switch {
	case err != nil:
		fail(hop, causeOf(err), "Internal server error", "%v", err)
	case route.Replies && got.Body != "":
		hop.Pass("%d, %d bytes back", got.StatusCode, len(got.Body))
		_ = c.post(ctx, []byte(got.Body))
	default:
		hop.Pass("%d", got.StatusCode)
	}
}

// tell sends what the API says itself of a message that fails (field reports).
func (c *connection) tell(ctx context.Context, e *Event, message string) {
	text, err := json.Marshal(struct {
		Message      string `json:"message"`
		ConnectionID string `json:"connectionId"`
		RequestID    string `json:"requestId"`
	}{message, c.id, e.RequestContext.RequestID})
	if err == nil {
		_ = c.post(ctx, text)
	}
}

// post sends a message to the client, in frames of 32 KB.
func (c *connection) post(ctx context.Context, text []byte) error {
	if len(text) <= maxFrame {
		if err := c.socket.Write(ctx, ws.MessageText, text); err != nil {
			return err
		}
		c.touch()
		return nil
	}
	w, err := c.socket.Writer(ctx, ws.MessageText)
	if err != nil {
		return err
	}
	for len(text) > 0 {
		part := text[:min(len(text), maxFrame)]
		if _, err := w.Write(part); err != nil {
			return err
		}
		text = text[len(part):]
	}
	if err := w.Close(); err != nil {
		return err
	}
	c.touch()
	return nil
}

// disconnected tells the function of $disconnect, which API Gateway tries to do.
func (c *connection) disconnected(ctx context.Context, reason error) {
	s := c.server
	route := s.api.route(disconnectKey)
	if route == nil || len(route.Unserved()) > 0 {
		return
	}
	rec, _ := s.Recorder.Join(event.RequestID(), "DISCONNECT", "/"+c.stage.Name.V)
	defer rec.Leave()
	e := c.event("DISCONNECT", disconnectKey, s.Now())
	e.Headers = map[string]string{"Host": s.domain, "X-Forwarded-For": "", "x-api-key": "", "x-restapi": ""}
	e.MultiValueHeaders = map[string][]string{"Host": {s.domain}, "X-Forwarded-For": {""}, "x-api-key": {""}, "x-restapi": {""}}
	words := ""
	e.RequestContext.DisconnectStatusCode = 1006 // RFC 6455: it has just gone
	var said ws.CloseError
	if ended := c.ending.Load(); ended != nil {
		e.RequestContext.DisconnectStatusCode, words = int(ended.code), ended.reason
	} else if errors.As(reason, &said) {
		e.RequestContext.DisconnectStatusCode, words = int(said.Code), said.Reason
	}
	e.RequestContext.DisconnectReason = &words
	hop := rec.Hop("websocket api")
	hop.Pass("%s has left: %d %s", c.id, e.RequestContext.DisconnectStatusCode, words)
	hop = rec.Hop("function")
	got, err := s.invoke(ctx, c.stage, route, e)
	if err != nil {
		hop.Warn(causeOf(err), "%v", err)
		return
	}
	hop.Pass("%d", got.StatusCode)
}
