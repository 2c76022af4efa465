package streamhttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// frameSize is the size of a message to a client: one frame, by which API Gateway also bills.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
const frameSize = 32 << 10

// ErrGone is what Connections return, perhaps wrapped, when the client is no longer there.
var ErrGone = errors.New("streamhttp: the client of the WebSocket API has left")

// Connections let a function behind a WebSocket API answer messages, which it does by calls of its own
// and not by its return value. Package websocket implements them for AWS.
type Connections interface {
	// Post sends a text message of at most 32 KB to a client. It fails with ErrGone if the
	// client has left.
	Post(ctx context.Context, to Connection, text []byte) error
	// Continue invokes this function with the payload, and does not wait for its end. It fails with
	// errors.ErrUnsupported if messages are served while API Gateway waits, which it does for 29
	// seconds.
	Continue(ctx context.Context, payload []byte) error
}

// Connection is a client of a WebSocket API.
type Connection struct {
	ID, APIID, Stage, DomainName string
}

type connectionsKey struct{}

// WithConnections lets the handler serve the messages of a WebSocket API, one request for each.
//
// A message is an envelope if it is a JSON object with a path:
//
//	{"id": 1, "method": "POST", "path": "/v1/chat/completions",
//	 "headers": {"authorization": "Bearer ..."}, "body": {"stream": true}}
//
// Everything but the path is optional. The body is JSON, or text in a string. The answer is sent in
// frames of JSON with the message's id: first {"id":1,"status":200,"headers":{...}}, then
// {"id":1,"data":"..."} for each write, and at the end {"id":1,"end":true}, or {"id":1,"error":"..."} if
// the response broke off.
//
// Any other message is the body of a POST to the path with the name of its route, which is / for
// $default, and the handler's writes are sent unchanged. WebSocket APIs carry text: a byte that is not
// UTF-8 becomes U+FFFD.
//
// Writes are collected while the previous message is being sent. A message has at most 32 KB, and a
// shorter one costs the same. A pause above 0 makes fewer messages: it is the time between two messages
// of one response.
//
// A message has only the headers of its envelope. The headers with which the client connected are gone,
// except for the results of an authorizer; see [AuthorizerFromContext]. Connecting does not involve the
// handler. The context of a request ends when a write finds that the client has left, so a handler that
// writes nothing does not notice.
func WithConnections(connections Connections, pause time.Duration) lambda.Option {
	return lambda.WithContextValue(connectionsKey{}, &outlet{connections, pause})
}

type outlet struct {
	Connections
	pause time.Duration
}

// serveWebSocket answers the invocation, and through the connections the client.
func serveWebSocket(ctx context.Context, handler http.Handler, e *Event, d door) (any, error) {
	switch e.RequestContext.EventType {
	case "CONNECT":
		return accept(e), nil
	case "DISCONNECT":
		return status(http.StatusOK), nil
	}
	out, ok := ctx.Value(connectionsKey{}).(*outlet)
	if !ok {
		return nil, errors.New("streamhttp: a WebSocket API has sent a message, but the function cannot answer it; " +
			"give Serve the option WithConnections(websocket.New(), 0) of functions/streamhttp/websocket")
	}
	if !e.Continued {
		switch err := out.goOn(ctx, e); {
		case err == nil:
			return status(http.StatusOK), nil
		case !errors.Is(err, errors.ErrUnsupported):
			slog.Error("the invocation for a message could not be started", "requestId", e.RequestContext.RequestID, "error", err)
			return status(http.StatusInternalServerError), nil
		}
	} else {
		d.wait = 0 // nobody does
	}
	// Never an error: Lambda would repeat the asynchronous invocation, and run the handler twice.
	serveMessage(ctx, handler, e, d, out)
	return status(http.StatusOK), nil
}

func (out *outlet) goOn(ctx context.Context, e *Event) error {
	again := *e
	again.Continued = true
	payload, err := json.Marshal(&again)
	if err != nil {
		return err
	}
	return out.Continue(ctx, payload)
}

func status(code int) *events.APIGatewayProxyResponse {
	return &events.APIGatewayProxyResponse{StatusCode: code}
}

// accept selects the first subprotocol, because a browser that offered any closes a connection without
// one.
func accept(e *Event) *events.APIGatewayProxyResponse {
	response := status(http.StatusOK)
	for name, value := range e.Headers {
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			first, _, _ := strings.Cut(value, ",")
			response.Headers = map[string]string{"Sec-WebSocket-Protocol": strings.TrimSpace(first)}
		}
	}
	return response
}

func serveMessage(ctx context.Context, handler http.Handler, e *Event, d door, out *outlet) {
	m, framed, err := readMessage(e)
	p := &poster{ctx: ctx, out: out, framed: framed, id: m.ID, to: Connection{
		ID: e.RequestContext.ConnectionID, APIID: e.RequestContext.APIID,
		Stage: e.RequestContext.Stage, DomainName: e.RequestContext.DomainName,
	}}
	if err != nil {
		p.refuse(err)
		return
	}
	a := &arrival{event: m.event(e, framed), door: d, peer: e.RequestContext.Identity.SourceIP}
	w := begin(withAuthorizer(ctx, e.RequestContext.Authorizer), handler, a, new(sync.Once))
	if err := p.post(w); err != nil {
		level, message := slog.LevelError, "the answer cannot be sent to the client of the WebSocket API"
		if errors.Is(err, ErrGone) {
			level, message = slog.LevelInfo, "the client of the WebSocket API has left"
		}
		logInvocation(w.ctx, level, message, "connection", p.to.ID, "error", err)
	}
}

// poster sends a response.
type poster struct {
	ctx    context.Context // of the invocation: the last words come when that of the request has ended
	out    *outlet
	to     Connection
	framed bool
	id     json.RawMessage
}

func (p *poster) refuse(reason error) {
	f := &frame{ID: p.id, Status: http.StatusBadRequest, Error: reason.Error()}
	if err := p.out.Post(p.ctx, p.to, f.encode()); err != nil {
		slog.Warn("the client of the WebSocket API cannot be reached", "connection", p.to.ID, "error", err)
	}
}

// post ends the context of the request when the client cannot be reached any more.
func (p *poster) post(w *responseWriter) error {
	response := w.response()
	body := (*responseBody)(w)
	defer body.Close()
	if p.framed {
		head := &frame{ID: p.id, Status: response.StatusCode, Headers: response.Headers, Cookies: response.Cookies}
		if err := p.out.Post(p.ctx, p.to, head.encode()); err != nil {
			return err
		}
	}
	buffer := make([]byte, frameSize)
	kept := 0 // the beginning of an incomplete character
	for {
		n, err := body.Read(buffer[kept:])
		whole := buffer[:kept+n]
		if err == nil {
			whole = withoutPart(whole)
		}
		if failed := p.send(whole); failed != nil {
			return failed
		}
		kept = copy(buffer, buffer[len(whole):kept+n])
		if err == nil {
			p.rest(w)
			continue
		}
		if !p.framed {
			return nil // its end, good or not, is for the handler to mark
		}
		last := &frame{ID: p.id, End: true}
		if !errors.Is(err, io.EOF) {
			last = &frame{ID: p.id, Error: err.Error()}
		}
		return p.out.Post(p.ctx, p.to, last.encode())
	}
}

// rest lets writes accumulate for a while, unless there will be no more.
func (p *poster) rest(w *responseWriter) {
	if p.out.pause <= 0 {
		return
	}
	timer := time.NewTimer(p.out.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
}

// send splits the text into messages that are not too long, including escapes and frames.
func (p *poster) send(text []byte) error {
	for len(text) > 0 {
		size := len(text)
		var data []byte
		for {
			data = p.encode(text[:size])
			if len(data) <= frameSize {
				break
			}
			if half := len(withoutPart(text[:size/2])); half > 0 {
				size = half
			} else {
				size /= 2
			}
		}
		if err := p.out.Post(p.ctx, p.to, data); err != nil {
			return err
		}
		text = text[size:]
	}
	return nil
}

func (p *poster) encode(text []byte) []byte {
	valid := strings.ToValidUTF8(string(text), "\uFFFD")
	if !p.framed {
		return []byte(valid)
	}
	return (&frame{ID: p.id, Data: valid}).encode()
}

// withoutPart removes an incomplete character at the end of the text.
func withoutPart(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if start := len(text) - i; utf8.RuneStart(text[start]) {
			if utf8.FullRune(text[start:]) {
				return text
			}
			return text[:start]
		}
	}
	return text
}
