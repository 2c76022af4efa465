package websocket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	ws "github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
)

// manages is the action of the management API.
const manages = "execute-api:ManageConnections"

// A failure is an answer in place of what was asked for.
type failure struct {
	cause     causes.ID
	status    int
	errorType string
	message   string
	why       string
}

// manage serves the management API: GetConnection, PostToConnection and DeleteConnection.
//
// Source: Amazon API Gateway Management API Reference. Documented; the words are field reports.
func (s *server) manage(w http.ResponseWriter, r *http.Request, stage *Stage, id string) {
	requestID := event.RequestID()
	c, body, failed := s.managed(r, stage, id)
	if failed == nil {
		failed = c.manage(w, r, body)
	}
	if failed == nil {
		return // a stream has many of them, and its message has a trace
	}
	rec, _ := s.Recorder.Join(requestID, r.Method, r.RequestURI)
	defer rec.Leave()
	meter := rec.Meter(w, r)
	defer meter.Done()
	rec.Hop("websocket api").Refuse(failed.cause, "", "%d %s: %s", failed.status, failed.errorType, failed.why)
	write(meter, requestID, failed.status, failed.errorType, failed.message)
}

// managed checks the caller and the request.
func (s *server) managed(r *http.Request, stage *Stage, id string) (*connection, []byte, *failure) {
	if err := (loopback.Rule{Names: []string{s.domain}, NoBrowser: true}).Admit(r); err != nil {
		return nil, nil, &failure{causes.None, http.StatusForbidden, "ForbiddenException", "Forbidden", err.Error()}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodDelete {
		return nil, nil, &failure{causes.RouteUnknown, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token", "connections take GET, POST and DELETE"}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessage+1))
	switch {
	case err != nil:
		return nil, nil, &failure{causes.None, http.StatusBadRequest, "BadRequestException", "Bad Request", err.Error()}
	case len(body) > maxMessage:
		return nil, nil, &failure{causes.MessageTooLarge, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Request Too Long", fmt.Sprintf("the message has over %d bytes", maxMessage)}
	}
	if failed := s.admit(r, body, stage, id); failed != nil {
		return nil, nil, failed
	}
	c := s.connections.find(id)
	if c == nil || c.stage.Name.V != stage.Name.V {
		return nil, nil, &failure{causes.ConnectionGone, http.StatusGone, "GoneException", "Gone", "no client has the connection " + id + ": it has left, or is not connected yet"}
	}
	return c, body, nil
}

// admit looks at the signature, and at the policies of the role that signed.
func (s *server) admit(r *http.Request, body []byte, stage *Stage, id string) *failure {
	if r.Header.Get("Authorization") == "" {
		return &failure{causes.UnsignedDirectCall, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token", "the request is not signed"}
	}
	sum := sha256.Sum256(body)
	verifier := sigv4.Verifier{
		Service: "execute-api", Region: s.api.Region, Now: s.Now,
		Lookup: func(accessKey string) (iam.Credentials, bool) {
			caller, ok := s.Caller(accessKey)
			return caller.Credentials, ok
		},
	}
	accessKey, err := verifier.Verify(r, hex.EncodeToString(sum[:]))
	if failed := refusedSignature(err); failed != nil {
		return failed
	}
	caller, _ := s.Caller(accessKey)
	resource := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s/@connections/%s", s.api.Region, s.api.Account, s.api.ID, stage.Name.V, r.Method, id)
	if caller.Role != nil && !caller.Role.Allows(manages, resource) {
		return &failure{
			causes.ManageConnectionsMissing, http.StatusForbidden, "AccessDeniedException",
			fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", caller.Name, manages, resource),
			fmt.Sprintf("no policy of the role of %s allows %s on %s", caller.Name, manages, resource),
		}
	}
	return nil
}

// manage does what was asked for.
func (c *connection) manage(w http.ResponseWriter, r *http.Request, body []byte) *failure {
	switch r.Method {
	case http.MethodDelete:
		go c.end(ws.StatusNormalClosure, "Connection Closed Normally")
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"connectedAt": c.connected.UTC().Format(time.RFC3339), "lastActiveAt": time.UnixMilli(c.active.Load()).UTC().Format(time.RFC3339),
			"identity": map[string]string{"sourceIp": c.identity.SourceIP, "userAgent": c.identity.UserAgent},
		})
	default:
		if !utf8.Valid(body) {
			body = bytes.ToValidUTF8(body, []byte("\uFFFD")) // assumed: bytes that are no text are lost
		}
		if err := c.post(r.Context(), body); err != nil {
			return &failure{causes.ConnectionGone, http.StatusGone, "GoneException", "Gone", err.Error()}
		}
		w.WriteHeader(http.StatusOK)
	}
	return nil
}
