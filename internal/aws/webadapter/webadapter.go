// Package webadapter stands in for the AWS Lambda Web Adapter, whose binary cannot be shipped
// here. Beside a web application it asks the runtime API for events, sends them to the application
// as HTTP requests, and streams the answers back.
//
// Source: the settings and the behavior of AWS Lambda Web Adapter 1.x, from its guide and its
// published source, which were read, not run.
package webadapter

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
)

const (
	runtimePath = "/2018-06-01/runtime/"
	// pollInterval is how often the adapter looks whether the application is ready.
	pollInterval = 10 * time.Millisecond
	// asyncInit is how long an adapter with asynchronous init waits before it takes
	// events, ready or not.
	asyncInit = 9800 * time.Millisecond
	// crashTime is how long after its last word an application that crashed may take to be
	// gone.
	crashTime           = time.Second
	integrationResponse = "application/vnd.awslambda.http-integration-response"
)

// An Adapter is one adapter beside one application.
type Adapter struct {
	settings Settings
	api      string // host and port of the runtime API
	app      string // host and port of the application
	client   *http.Client
}

// Extension returns what the adapter adds to each execution environment: the variables of
// the application's process, and the adapter itself, which runs until its context ends.
//
// On AWS every environment has a network of its own and the application its fixed port.
// Here they share one, so each application gets a port of its own in PORT and AWS_LWA_PORT.
func Extension(settings Settings) func(ctx context.Context, api string) (map[string]string, func() error, error) {
	return func(ctx context.Context, api string) (map[string]string, func() error, error) {
		port, err := loopback.ReservePort(ctx)
		if err != nil {
			return nil, nil, err
		}
		a := &Adapter{
			settings: settings, api: api, app: net.JoinHostPort("127.0.0.1", port),
			client: &http.Client{
				Transport:     &http.Transport{DisableCompression: true},
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			},
		}
		return map[string]string{"PORT": port, "AWS_LWA_PORT": port}, func() error { return a.run(ctx) }, nil
	}
}

// run waits for the application and passes events on until ctx ends.
func (a *Adapter) run(ctx context.Context) error {
	defer a.client.CloseIdleConnections()
	if err := a.awaitReady(ctx); err != nil {
		return err
	}
	for {
		if err := a.next(ctx); err != nil {
			return err
		}
	}
}

func (a *Adapter) awaitReady(ctx context.Context) error {
	limit := a.settings.ReadinessTimeout
	if a.settings.AsyncInit {
		limit = asyncInit
	}
	if limit > 0 {
		timed, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		err := a.poll(timed)
		if err != nil && a.settings.AsyncInit && ctx.Err() == nil {
			return nil // takes events all the same
		}
		return err
	}
	return a.poll(ctx)
}

func (a *Adapter) poll(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !a.ready(ctx) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("the application is not ready on %s (%s %s): %w",
				a.app, a.settings.ReadinessProtocol, a.settings.ReadinessPath, ctx.Err())
		}
	}
	return nil
}

func (a *Adapter) ready(ctx context.Context) bool {
	if a.settings.ReadinessProtocol == "tcp" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.app)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.app+a.settings.ReadinessPath, nil)
	if err != nil {
		return false
	}
	resp, err := a.client.Do(request)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode < 500 // healthy is 100 to 499 by default
}

// event is what the adapter reads of payload format 2.0.
type event struct {
	RawPath         string
	RawQueryString  string
	Headers         map[string]string
	RequestContext  json.RawMessage
	Body            string
	IsBase64Encoded bool
}

// next takes one event. An error ends the adapter.
func (a *Adapter) next(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.api+runtimePath+"invocation/next", nil)
	if err != nil {
		return err
	}
	resp, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	payload, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
	answer, err := a.forward(ctx, payload, resp.Header)
	if err != nil {
		return a.fail(ctx, id, err)
	}
	defer answer.Body.Close()
	if a.settings.Streams {
		return a.post(ctx, id+"/response", integrationResponse, io.MultiReader(prelude(answer), answer.Body))
	}
	whole, err := inOnePiece(answer)
	if err != nil {
		return a.fail(ctx, id, err)
	}
	return a.post(ctx, id+"/response", "application/json", whole)
}

// fail reports that the application gave no answer, or only a part of one. If it crashed, the
// environment ends, and says so: that is waited for.
func (a *Adapter) fail(ctx context.Context, id string, reason error) error {
	timer := time.NewTimer(crashTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return a.post(ctx, id+"/error", "application/json", errorObject(reason))
	}
}

// forward sends the event to the application.
func (a *Adapter) forward(ctx context.Context, payload []byte, invocation http.Header) (*http.Response, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("the event is not that of a function URL: %w", err)
	}
	var rc struct{ HTTP struct{ Method string } }
	if err := json.Unmarshal(e.RequestContext, &rc); err != nil {
		return nil, err
	}
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return nil, err
		}
		body = decoded
	}
	target := "http://" + a.app + e.RawPath
	if e.RawQueryString != "" {
		target += "?" + e.RawQueryString
	}
	request, err := http.NewRequestWithContext(ctx, rc.HTTP.Method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range e.Headers {
		request.Header.Set(name, value)
	}
	request.Host = e.Headers["host"]
	request.Header.Del("Host")
	request.Header.Del("Content-Length")
	a.restoreAuthorization(request.Header)
	// Set, not added: a viewer's own copies must not count.
	request.Header.Set("X-Amzn-Request-Context", headerSafe(e.RequestContext))
	request.Header.Set("X-Amzn-Lambda-Context", lambdaContext(invocation))
	answer, err := a.client.Do(request)
	if err != nil {
		// Not as the client words it, with an address that is nobody's business.
		return nil, fmt.Errorf("the application did not answer: %w", errors.Unwrap(err))
	}
	return answer, nil
}

// headerSafe writes JSON as the value of a header, where a DEL must not stand: it is the one
// control character that JSON has in strings as it is.
func headerSafe(json []byte) string {
	return string(bytes.ReplaceAll(json, []byte{0x7f}, []byte(`\u007f`)))
}

func (a *Adapter) restoreAuthorization(h http.Header) {
	source := a.settings.AuthorizationSource
	if source == "" {
		return
	}
	if value := h.Get(source); value != "" {
		h.Set("Authorization", value)
	}
	h.Del(source)
}

func lambdaContext(invocation http.Header) string {
	data, _ := json.Marshal(map[string]string{
		"request_id":           invocation.Get("Lambda-Runtime-Aws-Request-Id"),
		"deadline":             invocation.Get("Lambda-Runtime-Deadline-Ms"),
		"invoked_function_arn": invocation.Get("Lambda-Runtime-Invoked-Function-Arn"),
		"xray_trace_id":        invocation.Get("Lambda-Runtime-Trace-Id"),
	})
	return string(data)
}

// head is what an answer begins with, in both protocols.
type head struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Cookies    []string          `json:"cookies"`
}

func headOf(answer *http.Response) head {
	h := head{StatusCode: answer.StatusCode, Headers: map[string]string{}, Cookies: answer.Header.Values("Set-Cookie")}
	for name, values := range answer.Header {
		switch name {
		case "Set-Cookie", "Transfer-Encoding", "Connection", "Keep-Alive":
		default:
			h.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	return h
}

// prelude is the head of the application's answer, with the separator after it.
func prelude(answer *http.Response) io.Reader {
	data, _ := json.Marshal(headOf(answer))
	return bytes.NewReader(append(data, 0, 0, 0, 0, 0, 0, 0, 0))
}

// inOnePiece is the whole answer in payload format 2.0.
func inOnePiece(answer *http.Response) (io.Reader, error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("the application broke its answer off: %w", err)
	}
	data, err := json.Marshal(struct {
		head
		Body            []byte `json:"body"` // in base64, as encoding/json writes bytes
		IsBase64Encoded bool   `json:"isBase64Encoded"`
	}{headOf(answer), body, true})
	return bytes.NewReader(data), err
}

func errorObject(err error) io.Reader {
	data, _ := json.Marshal(map[string]string{"errorType": "Runtime.AdapterError", "errorMessage": err.Error()})
	return bytes.NewReader(data)
}

func (a *Adapter) post(ctx context.Context, path, contentType string, body io.Reader) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.api+runtimePath+"invocation/"+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	if contentType == integrationResponse {
		request.ContentLength = -1
		request.Header.Set("Lambda-Runtime-Function-Response-Mode", "streaming")
	}
	resp, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusAccepted {
		err = errors.New("the runtime API answered " + resp.Status)
	}
	return err
}
