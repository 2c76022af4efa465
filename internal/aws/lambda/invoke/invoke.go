// Package invoke serves the Invoke API of AWS Lambda, for functions of a cloud assembly that call
// each other or themselves, synchronously or asynchronously.
package invoke

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// Limits of payloads.
//
// Source: AWS Lambda Developer Guide, "Lambda quotas" (November 2026). Documented.
const (
	maxSynchronous  = 6 << 20
	maxAsynchronous = 1 << 20
)

const action = "lambda:InvokeFunction"

// A Target is a function that can be invoked.
type Target struct {
	ARN    string // with the alias, if it is one's
	Region string
}

// A Server answers for the region's Lambda.
type Server struct {
	Targets []Target
	// Function returns a function by the ARN of its Target.
	Function func(arn string) *lambda.Function
	// Caller returns the owner of an access key: its credentials, its name, and its role. A nil role
	// may do everything.
	Caller   func(accessKey string) (c iam.Credentials, name string, role *iam.Role, ok bool)
	Recorder *trace.Recorder
	Now      func() time.Time
	// Go runs an asynchronous invocation.
	Go func(func())
}

// A failure is an answer in place of an invocation.
type failure struct {
	cause     causes.ID
	status    int
	errorType string
	message   string
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := event.RequestID()
	rec, _ := s.Recorder.Join(id, r.Method, r.RequestURI)
	defer rec.Leave()
	meter := rec.Meter(w, r)
	defer meter.Done()
	meter.Header().Set("X-Amzn-Requestid", id)
	hop := rec.Hop("invoke")
	t, payload, f := s.admit(r)
	if f != nil {
		hop.Refuse(f.cause, "", "%d %s: %s", f.status, f.errorType, f.message)
		fail(meter, f)
		return
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "DryRun":
		hop.Pass("204: a dry run of %s", t.ARN)
		meter.WriteHeader(http.StatusNoContent)
	case "Event":
		hop.Pass("202: %s is invoked asynchronously, %d bytes", t.ARN, len(payload))
		meter.WriteHeader(http.StatusAccepted)
		s.Go(func() { s.later(t, id, payload) })
	default:
		hop.Pass("%s is invoked, %d bytes", t.ARN, len(payload))
		s.now(meter, r, t, id, payload)
	}
}

// later invokes a function that nobody waits for. One that fails is not tried again (a
// difference from AWS, which tries twice more unless it is told not to).
func (s *Server) later(t *Target, id string, payload []byte) {
	rec, _ := s.Recorder.Join(id, "EVENT", t.ARN)
	defer rec.Leave()
	hop := rec.Hop("function")
	response, err := s.Function(t.ARN).InvokeEvent(context.Background(), id, event.TraceID(), payload)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
	}
	if err != nil {
		hop.Refuse(causes.FunctionFailed, "", "%v; it is not tried again here", err)
		return
	}
	hop.Pass("done")
}

func (s *Server) now(w http.ResponseWriter, r *http.Request, t *Target, id string, payload []byte) {
	response, err := s.Function(t.ARN).Invoke(r.Context(), id, event.TraceID(), payload)
	var data []byte
	if err == nil {
		data, err = io.ReadAll(response.Body)
	}
	var failed *lambda.FunctionError
	switch {
	case errors.As(err, &failed): // the invocation has succeeded, as Lambda counts
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		data, _ = json.Marshal(map[string]string{"errorMessage": failed.Message, "errorType": failed.Type})
	case errors.Is(err, lambda.ErrThrottled):
		fail(w, &failure{causes.Throttled, http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded."})
		return
	case err != nil:
		fail(w, &failure{causes.FunctionFailed, http.StatusInternalServerError, "ServiceException", err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	_, _ = w.Write(data)
}

func fail(w http.ResponseWriter, f *failure) {
	body, _ := json.Marshal(map[string]string{"Message": f.message, "Type": "User"})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", f.errorType)
	w.WriteHeader(f.status)
	_, _ = w.Write(body)
}

// admit finds the function, and checks the caller.
func (s *Server) admit(r *http.Request) (*Target, []byte, *failure) {
	if err := (loopback.Rule{OwnPort: true, NoBrowser: true}).Admit(r); err != nil {
		return nil, nil, &failure{causes.None, http.StatusForbidden, "AccessDeniedException", err.Error()}
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	name, invokes := strings.CutPrefix(path, "/2015-03-31/functions/")
	name, ends := strings.CutSuffix(name, "/invocations")
	if !invokes || !ends || r.Method != http.MethodPost {
		return nil, nil, &failure{causes.None, http.StatusNotImplemented, "UnknownOperationException", "the local chain has the operation Invoke of AWS Lambda alone"}
	}
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	t := s.find(name, r.URL.Query().Get("Qualifier"))
	limit := maxSynchronous
	if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
		limit = maxAsynchronous
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		return nil, nil, &failure{causes.None, http.StatusBadRequest, "InvalidRequestContentException", err.Error()}
	}
	if f := s.signed(r, payload, t); f != nil {
		return nil, nil, f
	}
	switch {
	case t == nil:
		return nil, nil, &failure{causes.None, http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + name + " (the local chain has those behind the front doors of this cloud assembly)"}
	case len(payload) > limit:
		return nil, nil, &failure{causes.BodyOverFunctionLimit, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", fmt.Sprintf("%d byte payload is too large for the invocation (limit %d bytes)", len(payload), limit)}
	case len(payload) > 0 && !json.Valid(payload):
		return nil, nil, &failure{causes.None, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json"}
	case len(payload) == 0:
		payload = []byte("{}")
	}
	return t, payload, nil
}

// find returns the function of a name, a part of its ARN or the whole; nil if it is not here.
func (s *Server) find(name, qualifier string) *Target {
	for i := range s.Targets {
		t := &s.Targets[i]
		own, alias := lambda.SplitARN(t.ARN)
		if s.Function != nil && s.Function(t.ARN) == nil {
			continue // it cannot be run here
		}
		short := own[strings.LastIndexByte(own, ':')+1:]
		base, given, _ := strings.Cut(strings.TrimPrefix(name, strings.TrimSuffix(own, short)), ":")
		if given == "" {
			given = qualifier
		}
		if given == "$LATEST" {
			given = ""
		}
		if base == short && given == alias {
			return t
		}
	}
	return nil
}

// signed looks at the signature, and at the policies of the role that signed.
func (s *Server) signed(r *http.Request, payload []byte, t *Target) *failure {
	region := ""
	if t != nil {
		region = t.Region
	} else if len(s.Targets) > 0 {
		region = s.Targets[0].Region
	}
	sum := sha256.Sum256(payload)
	verifier := sigv4.Verifier{Region: region, Now: s.Now, Lookup: func(accessKey string) (iam.Credentials, bool) {
		c, _, _, ok := s.Caller(accessKey)
		return c, ok
	}}
	accessKey, err := verifier.Verify(r, hex.EncodeToString(sum[:]))
	var refused *sigv4.Error
	if errors.As(err, &refused) {
		return &failure{causes.SignatureMismatch, http.StatusForbidden, refused.Type, refused.Message}
	}
	if t == nil {
		return nil
	}
	if _, name, role, _ := s.Caller(accessKey); role != nil && !role.Allows(action, t.ARN) {
		return &failure{causes.None, http.StatusForbidden, "AccessDeniedException", fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action", name, action, t.ARN, action)}
	}
	return nil
}
