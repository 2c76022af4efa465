package websocket

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

var client = streamhttp.Connection{ID: "abc=", APIID: "api1", Stage: "prod"}

// connections has the environment of a function, and a stand-in for AWS that gives one answer
// after the other.
func connections(t *testing.T, statuses ...int) (*Connections, *[]*http.Request, *[]string) {
	t.Helper()
	requests, bodies := new([]*http.Request), new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*requests, *bodies = append(*requests, r), append(*bodies, string(body))
		w.WriteHeader(statuses[min(len(*requests), len(statuses))-1])
		_, _ = io.WriteString(w, `{"message":"said AWS"}`)
	}))
	t.Cleanup(server.Close)
	c := New()
	c.pause = 0
	environment := map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_LAMBDA_FUNCTION_NAME": "chat", "AWS_ENDPOINT_URL": server.URL,
	}
	c.getenv = func(name string) string { return environment[name] }
	return c, requests, bodies
}

func TestPost(t *testing.T) {
	c, requests, bodies := connections(t, http.StatusOK)
	if err := c.Post(t.Context(), client, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	r := (*requests)[0]
	if got, want := r.Method+" "+r.RequestURI, "POST /@connections/abc%3D"; got != want {
		t.Errorf("request = %s, want %s", got, want)
	}
	if got := (*bodies)[0]; got != "hello" {
		t.Errorf("body = %q, want hello", got)
	}
	for header, want := range map[string]string{
		"Authorization": "/eu-west-1/execute-api/aws4_request", "X-Amz-Security-Token": "token",
	} {
		if got := r.Header.Get(header); !strings.Contains(got, want) {
			t.Errorf("%s = %q, want %q in it", header, got, want)
		}
	}
}

func TestPostFailures(t *testing.T) {
	for name, test := range map[string]struct {
		statuses []int
		requests int
		want     string // "" is success
		gone     bool
	}{
		"gone":            {statuses: []int{410}, requests: 1, want: "abc=", gone: true},
		"not permitted":   {statuses: []int{403}, requests: 1, want: "execute-api:ManageConnections"},
		"too large":       {statuses: []int{413}, requests: 1, want: "answered 413: {\"message\":\"said AWS\"}"},
		"busy once":       {statuses: []int{429, 200}, requests: 2},
		"ill for a while": {statuses: []int{500, 503, 200}, requests: 3},
		"ill":             {statuses: []int{500}, requests: 3, want: "answered 500"},
	} {
		t.Run(name, func(t *testing.T) {
			c, requests, _ := connections(t, test.statuses...)
			err := c.Post(t.Context(), client, []byte("hello"))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
			if errors.Is(err, streamhttp.ErrGone) != test.gone {
				t.Errorf("error = %v, want ErrGone %v", err, test.gone)
			}
			if len(*requests) != test.requests {
				t.Errorf("%d requests, want %d", len(*requests), test.requests)
			}
		})
	}
}

func TestContinue(t *testing.T) {
	const alias = "arn:aws:lambda:eu-west-1:111122223333:function:chat:live"
	for name, test := range map[string]struct {
		ctx  context.Context
		want string
	}{
		"by name":  {t.Context(), "chat"},
		"by alias": {lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{InvokedFunctionArn: alias}), strings.ReplaceAll(alias, ":", "%3A")},
	} {
		t.Run(name, func(t *testing.T) {
			c, requests, bodies := connections(t, http.StatusAccepted)
			if err := c.Continue(test.ctx, []byte(`{"a":1}`)); err != nil {
				t.Fatal(err)
			}
			r := (*requests)[0]
			if got, want := r.RequestURI, "/2015-03-31/functions/"+test.want+"/invocations"; got != want {
				t.Errorf("path = %s, want %s", got, want)
			}
			if got := r.Header.Get("X-Amz-Invocation-Type"); got != "Event" {
				t.Errorf("invocation type = %q, want Event", got)
			}
			if got := (*bodies)[0]; got != `{"a":1}` {
				t.Errorf("payload = %s", got)
			}
		})
	}
	t.Run("not permitted", func(t *testing.T) {
		c, _, _ := connections(t, http.StatusForbidden)
		if err := c.Continue(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "lambda:InvokeFunction") {
			t.Errorf("error = %v, want the permission in it", err)
		}
	})
	t.Run("synchronous", func(t *testing.T) {
		if err := NewSynchronous().Continue(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error = %v, want ErrUnsupported", err)
		}
	})
}

func TestWithoutEnvironment(t *testing.T) {
	c := New()
	environment := map[string]string{}
	c.getenv = func(name string) string { return environment[name] }
	if err := c.Post(t.Context(), client, nil); err == nil || !strings.Contains(err.Error(), "AWS_REGION is not set") {
		t.Errorf("error = %v, want that AWS_REGION is not set", err)
	}
	if err := c.Continue(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "AWS_LAMBDA_FUNCTION_NAME is not set") {
		t.Errorf("error = %v, want that AWS_LAMBDA_FUNCTION_NAME is not set", err)
	}
	environment["AWS_REGION"] = "eu-west-1"
	if err := c.Post(t.Context(), client, nil); err == nil || !strings.Contains(err.Error(), "no AWS credentials") {
		t.Errorf("error = %v, want that there are no credentials", err)
	}
}
