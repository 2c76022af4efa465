package local_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// named gives a WebSocket API a name of its own, below which its stage has a path.
func (f *fixture) named(path string) *fixture {
	f.at("Resources")["Name"] = object{"Type": "AWS::ApiGatewayV2::DomainName", "Properties": object{
		"DomainName": "ws.example.com", "DomainNameConfigurations": []any{object{"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/x", "EndpointType": "REGIONAL"}},
	}}
	f.at("Resources")["Mapping"] = object{"Type": "AWS::ApiGatewayV2::ApiMapping", "Properties": object{
		"DomainName": ref("Name"), "ApiId": ref("Api"), "Stage": ref("Stage"), "ApiMappingKey": path,
	}}
	return f
}

// A WebSocket API answers below its own name, and where that is off by no other one: events have
// the name, and functions post to the path that is mapped.
func TestWebSocketWithANameOfItsOwn(t *testing.T) {
	t.Parallel()
	f := newWebSocket().named("chat/v1")
	f.properties("Api")["DisableExecuteApiEndpoint"] = true
	f.at()["Outputs"] = object{"Url": object{"Value": "wss://ws.example.com/chat/v1"}}
	events := f.reports(t)
	chain := f.start(t, local.Options{})
	doors := chain.FrontDoors()
	if len(doors) != 1 || doors[0].Kind != "custom domain" || doors[0].DomainName != "ws.example.com" || !strings.HasSuffix(doors[0].URL, "/chat/v1") {
		t.Fatalf("front doors = %+v", doors)
	}
	if got, want := chain.Outputs()[0].Value, strings.Replace(doors[0].URL, "http", "ws", 1); got != want {
		t.Errorf("output = %s, want %s", got, want)
	}
	c := connectTo(t, doors[0].URL)
	connect := testclient.Receive(t, "the event", events)
	headers, rc := connect["headers"].(map[string]any), connect["requestContext"].(map[string]any)
	if rc["domainName"] != "ws.example.com" || rc["stage"] != "prod" || headers["host"] != "ws.example.com" || headers["Host"] != nil {
		t.Errorf("$connect: %v", connect)
	}
	say(t, c, `{"action":"chat"}`) // answered by PostToConnection
	key := decode(t, hear(t, c)).Key
	id := rc["connectionId"].(string)
	if status, body := askConnection(t, "POST", doors[0].URL, id, "posted", key); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if got := hear(t, c); got != "posted" {
		t.Errorf("heard %s", got)
	}
	root := strings.TrimSuffix(doors[0].URL, "/chat/v1")
	for path, want := range map[string]int{"/chat/v1/": 101, "/chat": 403, "/prod": 403, "/chat/v1/prod": 403, "/chat/v10": 403} {
		if _, status := dial(t, root+path, nil); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

// The API's own name and the other one lead to the same connections, and a distribution may ask
// either.
func TestWebSocketWithTwoNames(t *testing.T) {
	t.Parallel()
	f := newWebSocket().named("").behind("ws.example.com", "", "https-only")
	events := f.reports(t)
	chain := f.start(t, local.Options{})
	doors := chain.FrontDoors()
	at := func(kind string) string {
		return doors[slices.IndexFunc(doors, func(d local.FrontDoor) bool { return d.Kind == kind })].URL
	}
	c := connectTo(t, chain.Distributions()[0].URL+"/")
	rc := testclient.Receive(t, "the event", events)["requestContext"].(map[string]any)
	if rc["domainName"] != "ws.example.com" {
		t.Errorf("$connect: %v", rc)
	}
	say(t, c, `{"action":"chat"}`)
	key := decode(t, hear(t, c)).Key
	for _, kind := range []string{"custom domain", "websocket api"} {
		if status, body := askConnection(t, "POST", at(kind), rc["connectionId"].(string), kind, key); status != http.StatusOK {
			t.Errorf("%s: %d %s", kind, status, body)
		}
		if got := hear(t, c); got != kind {
			t.Errorf("%s: heard %s", kind, got)
		}
	}
}

// What API Gateway refuses of mappings.
func TestWebSocketNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	if err := newWebSocket().named("a b").refusal(t, local.Options{}); !strings.Contains(err, "ApiMappingKey") {
		t.Error(err)
	}
	f := newWebSocket().named("chat")
	f.at("Resources")["Http"] = object{"Type": "AWS::ApiGatewayV2::Api", "Properties": object{"Name": "http", "ProtocolType": "HTTP"}}
	f.at("Resources")["Other"] = object{"Type": "AWS::ApiGatewayV2::ApiMapping", "Properties": object{
		"DomainName": ref("Name"), "ApiId": ref("Http"), "Stage": "$default", "ApiMappingKey": "http",
	}}
	if err := f.refusal(t, local.Options{}); !strings.Contains(err, "either WebSocket APIs or others") {
		t.Error(err)
	}
}
