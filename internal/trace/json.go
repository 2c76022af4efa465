package trace

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
)

// The JSON of a request. Times are milliseconds, sizes bytes; what is not known, or was
// not recorded, is left out.
type (
	requestJSON struct {
		ID          string         `json:"id"`
		Start       time.Time      `json:"start"`
		Method      string         `json:"method"`
		Target      string         `json:"target"`            // path and query
		Status      int            `json:"status,omitempty"`  // none: the client got no answer
		Running     bool           `json:"running,omitempty"` // it has not ended; times are those so far
		TookMs      float64        `json:"tookMs"`
		FirstByteMs float64        `json:"firstByteMs,omitempty"` // since start
		Received    int64          `json:"receivedBytes"`         // of the request's body
		Sent        int64          `json:"sentBytes"`             // of the answer's
		Cause       *causeJSON     `json:"cause,omitempty"`       // of a refusal, or of an answer that will not do
		Hops        []hopJSON      `json:"hops"`
		Signature   *signatureJSON `json:"signature,omitempty"` // of a refused signature
	}
	causeJSON struct {
		ID         string `json:"id"` // as 'streamfront explain' knows it
		Title      string `json:"title"`
		Why        string `json:"why"`
		Confidence string `json:"confidence"`
		Source     string `json:"source"`
		Diagnose   string `json:"diagnose"`
		Fix        string `json:"fix"`
	}
	hopJSON struct {
		Name     string    `json:"name"`
		Decision string    `json:"decision"`
		Detail   string    `json:"detail,omitempty"`
		Refused  bool      `json:"refused,omitempty"`
		Cause    string    `json:"cause,omitempty"`   // its id
		Minor    bool      `json:"minor,omitempty"`   // it decides nothing
		Running  bool      `json:"running,omitempty"` // it has not decided yet
		BeganMs  float64   `json:"beganMs"`           // since start
		TookMs   float64   `json:"tookMs"`
		Before   *headJSON `json:"before,omitempty"` // the hop, which changed it to "after"
		After    *headJSON `json:"after,omitempty"`
	}
	headJSON struct {
		Method  string              `json:"method,omitempty"` // of a request
		Target  string              `json:"target,omitempty"`
		Status  int                 `json:"status,omitempty"` // of a response
		Headers map[string][]string `json:"headers"`          // names in lower case, credentials masked
		Bytes   *int64              `json:"bytes,omitempty"`  // of the body
	}
	signatureJSON struct {
		SignerKnown bool       `json:"signerKnown"` // false: the caller signed on its own
		Lines       []lineJSON `json:"lines"`
	}
	lineJSON struct {
		Part     string  `json:"part"`
		Signed   *string `json:"signed,omitempty"`
		Computed string  `json:"computed"`
		Differs  bool    `json:"differs,omitempty"`
	}
)

// MarshalJSON writes the request with its cause and, if its signature was refused, the two
// canonical requests line by line. The fields are those of requestJSON.
func (r Request) MarshalJSON() ([]byte, error) {
	out := requestJSON{
		ID: r.ID, Start: r.Start, Method: r.Method, Target: r.Target, Status: r.Status, Running: r.running,
		TookMs: ms(r.Took), FirstByteMs: ms(r.FirstByte), Received: r.Received, Sent: r.Sent, Hops: []hopJSON{},
	}
	if c := causes.Get(causes.ID(r.Cause())); c != nil {
		out.Cause = &causeJSON{string(c.ID), c.Title, c.Why, string(c.Confidence), c.Source, c.Diagnose, r.Fix()}
	}
	for _, h := range r.Hops {
		out.Hops = append(out.Hops, hopJSON{
			Name: h.Name, Decision: h.Decision, Detail: h.Detail, Refused: h.Refused, Cause: h.Cause, Minor: h.Minor,
			Running: r.running && h.open,
			BeganMs: ms(h.Began), TookMs: ms(h.Took), Before: h.Before.json(), After: h.After.json(),
		})
	}
	if lines, known := r.Signature(); lines != nil {
		out.Signature = &signatureJSON{SignerKnown: known}
		for _, l := range lines {
			line := lineJSON{Part: l.Part, Computed: l.Computed, Differs: l.Differs}
			if known {
				line.Signed = &l.Signed
			}
			out.Signature.Lines = append(out.Signature.Lines, line)
		}
	}
	return json.Marshal(out)
}

func (h *Head) json() *headJSON {
	if h == nil {
		return nil
	}
	out := &headJSON{Method: h.Method, Target: h.Target, Status: h.Status, Headers: lower(h.Header)}
	if h.Body >= 0 {
		out.Bytes = &h.Body
	}
	return out
}

func lower(h http.Header) map[string][]string {
	out := make(map[string][]string, len(h))
	for name, values := range h {
		out[strings.ToLower(name)] = values
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
