package streamhttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func encoded(claims string) string { return base64.RawURLEncoding.EncodeToString([]byte(claims)) }

func TestClaims(t *testing.T) {
	t.Parallel()
	const good = `{"sub":"user-1","name":"Grüße"}`
	for name, test := range map[string]struct {
		event  string
		header string
		want   string // "": none
	}{
		"of the edge":                    {"cloudfront-get.json", encoded(good), good},
		"none":                           {"cloudfront-get.json", "", ""},
		"without AWS's identity":         {"direct-get.json", encoded(good), ""},
		"joined with another":            {"cloudfront-get.json", encoded(good) + "," + encoded(good), ""},
		"not base64":                     {"cloudfront-get.json", "{}", ""},
		"padded base64":                  {"cloudfront-get.json", "e30=", ""},
		"cut":                            {"cloudfront-get.json", encoded(good[:len(good)-1]), ""},
		"two documents":                  {"cloudfront-get.json", encoded(good + good), ""},
		"a list":                         {"cloudfront-get.json", encoded(`["sub"]`), ""},
		"null":                           {"cloudfront-get.json", encoded(`null`), ""},
		"bits after the end of a base64": {"cloudfront-get.json", "e31", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := readEvent(t, test.event)
			delete(event.Headers, "x-streamfront-claims")
			if strings.HasPrefix(name, "without") {
				event.RequestContext.Authorizer = nil
			}
			if test.header != "" {
				event.Headers["x-streamfront-claims"] = test.header
			}
			inspect(t, event, func(r *http.Request) {
				claims, ok := streamhttp.Claims(r.Context())
				if string(claims) != test.want || ok != (test.want != "") {
					t.Errorf("Claims = %q, %v, want %q", claims, ok, test.want)
				}
				if values := r.Header.Values("X-Streamfront-Claims"); len(values) > 0 {
					t.Errorf("the handler sees the header: %q", values)
				}
			})
		})
	}
}

// Whoever reaches a plain server could write the header.
func TestClaimsOutsideLambda(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("X-Streamfront-Claims", encoded(`{"sub":"forged"}`))
	if claims, ok := streamhttp.Claims(r.Context()); ok {
		t.Errorf("Claims = %s on a server outside Lambda", claims)
	}
}

func TestContextWithClaims(t *testing.T) {
	t.Parallel()
	ctx := streamhttp.ContextWithClaims(context.Background(), json.RawMessage(`{"sub":"a"}`))
	if claims, ok := streamhttp.Claims(ctx); !ok || string(claims) != `{"sub":"a"}` {
		t.Errorf("Claims = %s, %v", claims, ok)
	}
	event := readEvent(t, "cloudfront-get.json")
	event.Headers["x-streamfront-claims"] = encoded(`{"sub":"edge"}`)
	inspect(t, event, func(r *http.Request) {
		if claims, ok := streamhttp.Claims(streamhttp.ContextWithClaims(r.Context(), nil)); ok {
			t.Errorf("Claims = %s although nothing was verified", claims)
		}
	})
}

// Requests that do not ask for their claims pay nothing for them.
func TestClaimsCostNothingUnasked(t *testing.T) {
	event := readEvent(t, "cloudfront-get.json")
	handler := streamhttp.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	run := func() {
		response, err := handler(context.Background(), event)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := response.Read(make([]byte, 4096)); err != nil {
			t.Fatal(err)
		}
		_ = response.Close()
	}
	delete(event.Headers, "x-streamfront-claims")
	without := testing.AllocsPerRun(200, run)
	event.Headers["x-streamfront-claims"] = encoded(`{"sub":"` + strings.Repeat("x", 4096) + `"}`)
	if with := testing.AllocsPerRun(200, run); with > without+1 {
		t.Errorf("%v allocations with claims in the event, %v without", with, without)
	}
}

// Whatever the header has, claims are a JSON object, and only those of a caller whom AWS has
// identified count.
func FuzzClaims(f *testing.F) {
	for _, header := range []string{"", "e30", "eyJzdWIiOiJhIn0", "eyJzdWIiOiJhIn0,e30", "bnVsbA", "W10", "e30=", "e30\n", "e3", "\x00", "eyJ\xff"} {
		f.Add(header, true)
		f.Add(header, false)
	}
	f.Fuzz(func(t *testing.T, header string, identified bool) {
		event := &events.LambdaFunctionURLRequest{Headers: map[string]string{"x-streamfront-claims": header}}
		event.RequestContext.HTTP.Method = "GET"
		if identified {
			event.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{
				IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{},
			}
		}
		seen := false
		_, _, _ = invoke(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen = true
			claims, ok := streamhttp.Claims(r.Context())
			var object map[string]any
			switch {
			case ok && !identified:
				t.Errorf("the header %q of a stranger counts", header)
			case ok && (json.Unmarshal(claims, &object) != nil || object == nil):
				t.Errorf("the header %q became %q, which is not a JSON object", header, claims)
			case ok && base64.RawURLEncoding.EncodeToString(claims) != header:
				t.Errorf("the header %q became %q, which is another", header, claims)
			case r.Header.Get("X-Streamfront-Claims") != "":
				t.Errorf("the header %q reaches the handler", header)
			}
		}), event)
		if !seen {
			t.Error("the handler was not called")
		}
	})
}
