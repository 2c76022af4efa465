package local_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// mocked makes the integration of a route a mock with the template.
func (f *fixture) mocked(route, text string) *fixture {
	properties := object{"ApiId": ref("Api"), "IntegrationType": "MOCK", "TemplateSelectionExpression": "200"}
	if text != "" {
		properties["RequestTemplates"] = object{"200": text}
	}
	f.at("Resources", "Integration"+route)["Properties"] = properties
	return f
}

// saying adds the response of a mock.
func (f *fixture) saying(route, key, text string) *fixture {
	f.at("Resources")["Response"+key[:1]] = object{"Type": "AWS::ApiGatewayV2::IntegrationResponse", "Properties": object{
		"ApiId": ref("Api"), "IntegrationId": ref("Integration" + route), "IntegrationResponseKey": key, "ResponseTemplates": object{"$default": text},
	}}
	return f
}

// A mock of $connect lets clients in or not, and one of a route with a response says what its
// template says; a route without one is silent.
func TestWebSocketMocks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`{"statusCode": 200}`: 101, `{statusCode:403}`: 403, "": 500} {
		chain := newWebSocket().mocked("connect", text).mocked("disconnect", `{"statusCode":200}`).start(t, local.Options{})
		c, status := dial(t, chain.FrontDoors()[0].URL, nil)
		if status != want {
			t.Errorf("%s: %d, want %d", text, status, want)
		}
		if status == http.StatusSwitchingProtocols {
			say(t, c, `{"action":"chat"}`)
			if got := decode(t, hear(t, c)); got.Target != "/chat" {
				t.Errorf("heard %+v", got)
			}
		}
	}
	f := newWebSocket().mocked("echo", `{"statusCode": 200}`).saying("echo", "$default", "other").saying("echo", "/2\\d\\d/", `{"pong":true}`).mocked("chat", `{"statusCode":200}`)
	c := connectTo(t, f.start(t, local.Options{}).FrontDoors()[0].URL)
	say(t, c, `{"action":"chat"}`)
	say(t, c, `{"action":"echo"}`)
	if got := hear(t, c); got != `{"pong":true}` { // and nothing of chat, which has no response
		t.Errorf("heard %s", got)
	}
	failing := newWebSocket().mocked("echo", "")
	c = connectTo(t, failing.start(t, local.Options{}).FrontDoors()[0].URL)
	say(t, c, `{"action":"echo"}`)
	if got := hear(t, c); !strings.Contains(got, "Internal server error") {
		t.Errorf("heard %s", got)
	}
}

// What of integrations is not modelled is named, and its own routes alone are not served.
func TestWebSocketIntegrationsThatAreNotModelled(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]*fixture{
		"is not a mere statusCode":              newWebSocket().mocked("echo", `{"statusCode": $input.path('$.status')}`),
		"is a template":                         newWebSocket().mocked("echo", `{"statusCode": 200}`).saying("echo", "$default", "$context.connectionId"),
		"what the client hears is not modelled": newWebSocket().mocked("echo", `{"statusCode": 200}`),
		"the local chain models AWS_PROXY, MOCK": func() *fixture {
			f := newWebSocket().mocked("echo", "")
			f.properties("Integrationecho")["IntegrationType"] = "HTTP_PROXY"
			return f
		}(),
	} {
		chain := f.start(t, local.Options{})
		if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, want) {
			t.Errorf("notes = %s, want %q", notes, want)
		}
		c := connectTo(t, chain.FrontDoors()[0].URL)
		say(t, c, `{"action":"echo"}`)
		if got := hear(t, c); !strings.Contains(got, "does not serve the route echo") {
			t.Errorf("%s: heard %s", want, got)
		}
		say(t, c, `{"action":"chat"}`)
		if got := decode(t, hear(t, c)); got.Target != "/chat" {
			t.Errorf("heard %+v", got)
		}
	}
}
