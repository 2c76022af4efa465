package elb

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/exactjson"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// invoke asks a function, and answers when its response is complete.
func (x *exchange) invoke(rule *Rule, g *Group) (whole bool) {
	if x.r.Header.Get("Upgrade") != "" {
		return x.refuse(causes.UpgradeRefused, http.StatusBadRequest, "the request asks for an upgrade to %s, which no function can have", x.r.Header.Get("Upgrade"))
	}
	body, err := io.ReadAll(io.LimitReader(x.r.Body, maxBody+1))
	switch {
	case errors.Is(err, loopback.ErrSlow):
		return x.refuse(causes.None, http.StatusRequestTimeout, "%v", err)
	case err != nil:
		return x.refuse(causes.None, http.StatusBadRequest, "the body broke off: %v", err)
	case len(body) > maxBody:
		_, _ = io.CopyN(io.Discard, x.r.Body, maxDrained)
		return x.refuse(causes.OverBalancerLimit, http.StatusRequestEntityTooLarge, "the body has over %d bytes", maxBody)
	}
	if !g.Permitted {
		return x.refuse(causes.BalancerGrantMissing, http.StatusBadGateway, "no AWS::Lambda::Permission of %s lets %s invoke it for %s", g.Function.Name, Service, g.Resource.Name())
	}
	e := g.newEvent(x.r, x.header, body)
	if x.rec.Detailed() {
		x.hop.Changed(trace.NewRequestHead(x.r.Method, x.r.RequestURI, x.r.Host, x.r.Header, x.r.ContentLength), e.head(x.r.RequestURI))
	}
	x.hop.Pass("%s: to %s of %s", rule.Name(), g.Function.Name, g.Resource.Name())
	x.hop = x.rec.Hop("function")
	got, err := x.ask(g, e)
	switch {
	case err != nil && x.r.Context().Err() != nil:
		x.hop.Refuse(causes.None, "", "the client left before the function answered")
		return false
	case errors.Is(err, context.DeadlineExceeded):
		return x.refuse(causes.IdleTimeoutExceeded, http.StatusGatewayTimeout, "no response within the idle timeout of %s; the function runs on", x.listener.Balancer.Idle.V)
	case errors.Is(err, errTooLarge):
		return x.refuse(causes.OverBalancerLimit, http.StatusBadGateway, "%v", err)
	case err != nil:
		return x.refuse(causes.FunctionFailed, http.StatusBadGateway, "%v", err)
	}
	x.answer(got)
	return true
}

var errTooLarge = fmt.Errorf("the response has over %d bytes of JSON", maxBody)

// A response is what a function answers.
type response struct {
	StatusCode        json.RawMessage     `json:"statusCode"`
	StatusDescription string              `json:"statusDescription"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`

	status int
	header http.Header
	body   []byte
}

// ask invokes the function, for as long as the client's connection may be silent. That this
// bounds a function, too, is assumed from field reports.
func (x *exchange) ask(g *Group, e *Event) (*response, error) {
	if x.Fault != nil {
		if err := x.Fault(x.r).Before(); err != nil {
			return nil, err
		}
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), x.listener.Balancer.Idle.V)
	defer cancel()
	type result struct {
		response *response
		err      error
	}
	done := make(chan result, 1)
	go func() {
		got, err := x.Function(g.Target.V).Invoke(ctx, event.RequestID(), x.header.Get("X-Amzn-Trace-Id"), payload)
		if err != nil {
			done <- result{nil, err}
			return
		}
		whole, err := g.read(got)
		done <- result{whole, err}
	}()
	select {
	case got := <-done:
		return got.response, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read waits for the end of a response.
func (g *Group) read(from *lambda.Response) (*response, error) {
	data, err := io.ReadAll(io.LimitReader(from.Body, maxBody+1))
	if err == nil && len(data) > maxBody {
		_, _ = io.Copy(io.Discard, from.Body) // the function runs to its end
		err = errTooLarge
	}
	if err != nil {
		return nil, err
	}
	return g.parse(data)
}

// parse reads a response. Of the two fields with headers a load balancer reads the one that
// goes with the group (documented as what a function must send; that the other is ignored is
// assumed), and without a content type it says application/octet-stream (field reports).
func (g *Group) parse(data []byte) (*response, error) {
	r := &response{header: http.Header{}}
	if err := exactjson.Unmarshal(data, r); err != nil {
		return nil, answer.Unfit("the response", err)
	}
	var err error
	if r.status, err = strconv.Atoi(strings.Trim(string(r.StatusCode), `"`)); err != nil || r.status < 200 || r.status > 599 {
		return nil, fmt.Errorf("the response's statusCode is %q: want 200 to 599", string(r.StatusCode))
	}
	if g.MultiValues.V {
		for name, values := range r.MultiValueHeaders {
			r.header[http.CanonicalHeaderKey(name)] = values
		}
	} else {
		for name, value := range r.Headers {
			r.header.Set(name, value)
		}
	}
	for _, name := range []string{"Connection", "Transfer-Encoding", "Content-Length", "Keep-Alive", "Upgrade"} {
		r.header.Del(name) // of the hop to Lambda
	}
	if r.header.Get("Content-Type") == "" {
		r.header.Set("Content-Type", "application/octet-stream")
	}
	r.body = []byte(r.Body)
	if r.IsBase64Encoded {
		if r.body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, fmt.Errorf("the body is not base64: %w", err)
		}
	}
	return r, nil
}

// answer sends the response. Its statusDescription is of HTTP/1.1 alone, and no client of ours
// reads it: it is left out.
func (x *exchange) answer(r *response) {
	h := x.w.Header()
	for name, values := range r.header {
		h[name] = values
	}
	if x.hop.Detailed() {
		x.hop.Changed(nil, trace.NewResponseHead(r.status, h, int64(len(r.body))))
	}
	h.Set("Content-Length", strconv.Itoa(len(r.body)))
	x.w.WriteHeader(r.status)
	_, _ = x.w.Write(r.body)
	x.hop.Pass("%d, %d bytes at once", r.status, len(r.body))
}
