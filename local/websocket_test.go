package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/tools/check"
	"github.com/streamfront/streamfront/local"
)

// connecting is the function of $connect, $disconnect and the route echo. It reports each event.
const connecting = `
exports.handler = async (event) => {
  const { eventType, domainName, stage } = event.requestContext;
  const q = event.queryStringParameters || {};
  if (event.type === 'REQUEST') {
    if (q.who === 'nobody') throw new Error('Unauthorized');
    return {
      principalId: q.who, context: { role: 'reader', level: 3 },
      policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: q.who === 'bad' ? 'Deny' : 'Allow', Resource: event.methodArn }] },
    };
  }
  if (process.env.REPORT) await fetch(process.env.REPORT, { method: 'POST', body: JSON.stringify(event) });
  if (q.fail) throw new Error('no');
  if (event.body === 'lead') { // by the address that the event gives
    const answer = await fetch('https://' + domainName + '/' + stage + '/@connections/x', { method: 'POST', body: 'x' });
    return { statusCode: 200, body: answer.status + ' ' + await answer.text() };
  }
  if (eventType === 'MESSAGE') return { statusCode: 200, body: JSON.stringify(event) };
  return { statusCode: Number(q.status || 200), headers: q.protocol ? { 'Sec-WebSocket-Protocol': q.protocol } : {} };
};`

// addWebSocket adds a WebSocket API to a fixture: $default is of the Go function, whose role may
// answer, and $connect, $disconnect and the route echo are of one in Node.js.
func (f *fixture) addWebSocket() *fixture {
	getAtt := func(id, name string) object { return object{"Fn::GetAtt": []any{id, name}} }
	ref := func(id string) object { return object{"Ref": id} }
	sub := func(text string) object { return object{"Fn::Sub": text} }
	resources := f.at("Resources")
	add := func(id, typ string, properties object) { resources[id] = object{"Type": typ, "Properties": properties} }
	go1, _ := resources["Function"].(object)
	messages := object{}
	for name, value := range go1["Properties"].(object) {
		messages[name] = value
	}
	messages["Role"] = getAtt("Role", "Arn")
	add("Messages", "AWS::Lambda::Function", messages)
	add("Connecting", "AWS::Lambda::Function", object{
		"Code": object{"ZipFile": connecting}, "Role": "arn:aws:iam::111122223333:role/function", "Handler": "index.handler",
		"Runtime": "nodejs24.x", "Timeout": 30.0, "Environment": object{"Variables": object{}},
	})
	add("Role", "AWS::IAM::Role", object{
		"AssumeRolePolicyDocument": object{"Statement": []any{object{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": "lambda.amazonaws.com"}}}},
		"Policies": []any{object{"PolicyName": "answer", "PolicyDocument": object{"Version": "2012-10-17", "Statement": []any{
			object{"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/prod/POST/@connections/*")},
			object{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": object{"Fn::Join": []any{"", []any{"arn:aws:lambda:us-east-1:111122223333:function:*"}}}},
		}}}},
	})
	add("Api", "AWS::ApiGatewayV2::Api", object{"Name": "api", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"})
	add("Stage", "AWS::ApiGatewayV2::Stage", object{"ApiId": ref("Api"), "StageName": "prod", "AutoDeploy": true})
	for key, function := range map[string]string{"$connect": "Connecting", "$disconnect": "Connecting", "echo": "Connecting", "$default": "Messages", "chat": "Messages"} {
		id := strings.Trim(key, "$")
		add("Integration"+id, "AWS::ApiGatewayV2::Integration", object{
			"ApiId": ref("Api"), "IntegrationType": "AWS_PROXY",
			"IntegrationUri": sub("arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${" + function + ".Arn}/invocations"),
		})
		add("Route"+id, "AWS::ApiGatewayV2::Route", object{"ApiId": ref("Api"), "RouteKey": key, "Target": object{"Fn::Join": []any{"/", []any{"integrations", ref("Integration" + id)}}}})
		add("Permission"+id, "AWS::Lambda::Permission", object{
			"Action": "lambda:InvokeFunction", "FunctionName": getAtt(function, "Arn"), "Principal": "apigateway.amazonaws.com",
			"SourceArn": sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*" + key),
		})
	}
	add("Reply", "AWS::ApiGatewayV2::RouteResponse", object{"ApiId": ref("Api"), "RouteId": ref("Routeecho"), "RouteResponseKey": "$default"})
	f.at()["Outputs"] = object{"Ws": object{"Value": object{"Fn::Join": []any{"", []any{getAtt("Api", "ApiEndpoint"), "/prod"}}}}}
	return f
}

// newWebSocket is the fixture with a WebSocket API and nothing else.
func newWebSocket() *fixture {
	f := newFixture().addWebSocket()
	for _, id := range []string{"Function", "Url", "InvokeFunctionUrl", "InvokeFunction", "Distribution", "OAC", "Viewer", "Signer", "SignerVersion"} {
		delete(f.at("Resources"), id)
	}
	return f
}

// reports are the events that the function in Node.js gets.
func (f *fixture) reports(t *testing.T) <-chan map[string]any {
	t.Helper()
	events := make(chan map[string]any, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e map[string]any
		if err := json.NewDecoder(r.Body).Decode(&e); err == nil {
			events <- e
		}
	}))
	t.Cleanup(server.Close)
	f.at("Resources", "Connecting", "Properties", "Environment", "Variables")["REPORT"] = server.URL
	return events
}

// dial connects a client; status is that of the handshake.
func dial(t *testing.T, url string, options *websocket.DialOptions) (c *websocket.Conn, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, resp, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1), options)
	if resp == nil {
		t.Fatal(err)
	}
	if err == nil {
		c.SetReadLimit(1 << 20)
		t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, resp.StatusCode
}

func connectTo(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	c, status := dial(t, url, nil)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake is answered %d", status)
	}
	return c
}

func say(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, data, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// hearClose is the code with which the connection is closed.
func hearClose(t *testing.T, c *websocket.Conn) websocket.StatusCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// A message becomes a request, which an asynchronous invocation serves, and what is written
// goes out as it is written.
func TestWebSocketStreams(t *testing.T) {
	t.Parallel()
	chain := newWebSocket().start(t, local.Options{})
	doors := chain.FrontDoors()
	if len(doors) != 1 || doors[0].Kind != "websocket api" || !strings.HasSuffix(doors[0].URL, "/prod") || !strings.HasSuffix(doors[0].DomainName, ".execute-api.us-east-1.amazonaws.com") {
		t.Fatalf("front doors = %+v", doors)
	}
	if out := chain.Outputs(); len(out) != 1 || out[0].Value != strings.Replace(doors[0].URL, "http", "ws", 1) {
		t.Errorf("outputs = %+v", out)
	}
	c, gate := connectTo(t, doors[0].URL), newGate(t)
	say(t, c, `{"id":7,"path":"/gate","headers":{"X-Gate":"`+gate.url+`"}}`)
	gate.await("/first")
	if head := hear(t, c); !strings.HasPrefix(head, `{"id":7,"status":200`) {
		t.Errorf("head = %s", head)
	}
	if first := hear(t, c); first != `{"id":7,"data":"first\n"}` {
		t.Errorf("first = %s, before the last was written", first)
	}
	gate.release("/first")
	gate.open("/last")
	if last, end := hear(t, c), hear(t, c); last != `{"id":7,"data":"last\n"}` || end != `{"id":7,"end":true}` {
		t.Errorf("last = %s, end = %s", last, end)
	}
	// What is not an envelope is a request to the path of its route.
	for message, target := range map[string]string{`{"action":"chat"}`: "/chat", `{"action":"other"}`: "/", "hello": "/", `{"action":"$connect"}`: "/"} {
		say(t, c, message)
		if got := decode(t, hear(t, c)); got.Target != target || got.Method != "POST" {
			t.Errorf("%s: %s %s, want %s", message, got.Method, got.Target, target)
		}
	}
}

func TestWebSocketEvents(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	events := f.reports(t)
	f.properties("Stage")["StageVariables"] = object{"v": "1"}
	chain := f.start(t, local.Options{})
	c, status := dial(t, chain.FrontDoors()[0].URL+"?a=1&protocol=chat", &websocket.DialOptions{
		Subprotocols: []string{"other", "chat"}, HTTPHeader: http.Header{"Authorization": {"Bearer x"}, "User-Agent": {"tester"}},
	})
	if status != http.StatusSwitchingProtocols || c.Subprotocol() != "chat" {
		t.Fatalf("%d, subprotocol %q", status, c.Subprotocol())
	}
	connect := testclient.Receive(t, "the event", events)
	rc := connect["requestContext"].(map[string]any)
	headers := connect["headers"].(map[string]any)
	id, _ := rc["connectionId"].(string)
	if rc["eventType"] != "CONNECT" || rc["routeKey"] != "$connect" || len(id) != 16 || rc["stage"] != "prod" || rc["messageDirection"] != "IN" ||
		headers["Authorization"] != "Bearer x" || headers["Host"] != rc["domainName"] || fmt.Sprint(connect["queryStringParameters"]) != "map[a:1 protocol:chat]" ||
		fmt.Sprint(connect["stageVariables"]) != "map[v:1]" || fmt.Sprint(rc["identity"]) != "map[sourceIp:127.0.0.1 userAgent:tester]" {
		t.Errorf("$connect: %v", connect)
	}
	say(t, c, `{"action":"echo","n":1}`)
	testclient.Receive(t, "the event", events)
	var message map[string]any
	if err := json.Unmarshal([]byte(hear(t, c)), &message); err != nil { // the route has a response
		t.Fatal(err)
	}
	rc = message["requestContext"].(map[string]any)
	if rc["eventType"] != "MESSAGE" || rc["routeKey"] != "echo" || rc["connectionId"] != id || rc["messageId"] == nil || message["body"] != `{"action":"echo","n":1}` || message["headers"] != nil {
		t.Errorf("message: %v", message)
	}
	if err := c.Close(websocket.StatusCode(4001), "bye"); err != nil {
		t.Log(err) // the other side may have gone first
	}
	gone := testclient.Receive(t, "the event", events)
	rc = gone["requestContext"].(map[string]any)
	if rc["eventType"] != "DISCONNECT" || rc["routeKey"] != "$disconnect" || rc["connectionId"] != id || rc["disconnectStatusCode"] != 4001.0 || rc["disconnectReason"] != "bye" {
		t.Errorf("$disconnect: %v", gone)
	}
}

// Who may not connect.
func TestWebSocketHandshakes(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	f.at("Resources")["Authorizer"] = object{"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": object{
		"ApiId": object{"Ref": "Api"}, "Name": "a", "AuthorizerType": "REQUEST", "IdentitySource": []any{"route.request.querystring.who"},
		"AuthorizerUri": object{"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Connecting.Arn}/invocations"},
	}}
	f.at("Resources")["Authorize"] = object{"Type": "AWS::Lambda::Permission", "Properties": object{
		"Action": "lambda:InvokeFunction", "FunctionName": object{"Ref": "Connecting"}, "Principal": "apigateway.amazonaws.com",
		"SourceArn": object{"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/${Authorizer}"},
	}}
	route := f.properties("Routeconnect")
	route["AuthorizationType"], route["AuthorizerId"] = "CUSTOM", object{"Ref": "Authorizer"}
	chain := f.start(t, local.Options{})
	url := chain.FrontDoors()[0].URL
	for _, c := range []struct {
		target, origin string
		status         int
	}{
		{"", "", 401},
		{"?who=nobody", "", 401},
		{"?who=bad", "", 403},
		{"?who=me&status=429", "", 429},
		{"?who=me&fail=1", "", 502},
		{"?who=me", "https://evil.example", 403},
		{"/other?who=me", "", 403},
		{"?who=me", "http://localhost:3000", 101},
	} {
		if _, status := dial(t, url+c.target, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {c.origin}}}); status != c.status {
			t.Errorf("%q of %q: %d, want %d", c.target, c.origin, status, c.status)
		}
	}
	if resp, body := send(t, "GET", url, ""); resp.StatusCode != 403 || body != `{"message":"Forbidden"}` {
		t.Errorf("no upgrade: %s %s", resp.Status, body)
	}
	conn := connectTo(t, url+"?who=me")
	say(t, conn, `{"action":"echo"}`)
	if got := hear(t, conn); !strings.Contains(got, `"level":"3","principalId":"me","role":"reader"}`) {
		t.Errorf("event = %s, want what the authorizer has found", got)
	}
}

// What closes a connection.
func TestWebSocketLimits(t *testing.T) {
	t.Parallel()
	chain := newWebSocket().start(t, local.Options{})
	url := chain.FrontDoors()[0].URL
	parts := func(c *websocket.Conn, sizes ...int) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		w, err := c.Writer(ctx, websocket.MessageText)
		if err != nil {
			return err
		}
		for _, size := range sizes {
			if _, err := w.Write(bytes.Repeat([]byte("x"), size)); err != nil {
				return err
			}
		}
		return w.Close()
	}
	for name, test := range map[string]struct {
		send func(c *websocket.Conn) error
		want websocket.StatusCode
	}{
		"a frame":        {func(c *websocket.Conn) error { return parts(c, 32<<10+1) }, websocket.StatusMessageTooBig},
		"a second frame": {func(c *websocket.Conn) error { return parts(c, 10, 40<<10) }, websocket.StatusMessageTooBig},
		"a message":      {func(c *websocket.Conn) error { return parts(c, 32<<10, 32<<10, 32<<10, 32<<10, 1) }, websocket.StatusMessageTooBig},
		"a huge message": {func(c *websocket.Conn) error { return parts(c, 32<<10, 32<<10, 32<<10, 32<<10, 32<<10) }, websocket.StatusMessageTooBig},
		"bytes":          {func(c *websocket.Conn) error { return c.Write(t.Context(), websocket.MessageBinary, []byte{1}) }, websocket.StatusUnsupportedData},
		"no UTF-8":       {func(c *websocket.Conn) error { return c.Write(t.Context(), websocket.MessageText, []byte{0xff}) }, websocket.StatusInvalidFramePayloadData},
	} {
		c := connectTo(t, url)
		if err := test.send(c); err != nil {
			t.Logf("%s: %v", name, err) // the other side may have closed meanwhile
		}
		if got := hearClose(t, c); got != test.want {
			t.Errorf("%s: closed with %d, want %d", name, got, test.want)
		}
	}
	c := connectTo(t, url)
	if err := parts(c, 32<<10, 32<<10, 32<<10, 32<<10); err != nil {
		t.Fatal(err)
	}
	if got := decode(t, hear(t, c)); got.Length != 128<<10 {
		t.Errorf("%d bytes arrived of a message of 128 KB", got.Length)
	}
}

// What the API itself says of a message that fails.
func TestWebSocketFailures(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	delete(f.at("Resources"), "Routedefault")
	delete(f.at("Resources"), "Permissionchat")
	f.properties("Stage")["RouteSettings"] = object{"echo": object{"ThrottlingBurstLimit": 1.0, "ThrottlingRateLimit": 0.0}}
	traces := make(chan local.Trace, 20)
	chain := f.start(t, local.Options{Trace: func(tr local.Trace) {
		if tr.Method == "MESSAGE" {
			traces <- tr
		}
	}})
	c := connectTo(t, chain.FrontDoors()[0].URL)
	for _, test := range []struct{ send, want, cause string }{
		{"hello", `{"message":"Forbidden","connectionId":"`, "route-unknown"},
		{`{"action":"chat"}`, `{"message":"Internal server error","connectionId":"`, "api-grant-missing"},
		{`{"action":"echo"}`, `{"requestContext":`, ""},
		{`{"action":"echo"}`, `{"message":"Too Many Requests","connectionId":"`, "throttled"},
	} {
		say(t, c, test.send)
		if got := hear(t, c); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, want %s", test.send, got, test.want)
		}
		if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != test.cause {
			t.Errorf("%s: cause = %q, want %q", test.send, tr.Cause(), test.cause)
		}
	}
}

// askConnection asks the management API for a connection; by nobody if key is nil. It returns the
// type of an error before the body.
func askConnection(t *testing.T, method, url, id, body string, key []string) (int, string) {
	t.Helper()
	r := testclient.Request(t, method, url+"/@connections/"+strings.ReplaceAll(id, "=", "%3D"), body)
	if key != nil {
		testclient.Sign(t, r, body, aws.Credentials{AccessKeyID: key[0], SecretAccessKey: key[1], SessionToken: key[2]}, "execute-api", "us-east-1", time.Now())
	}
	resp, text := testclient.Do(t, client.Do, r)
	return resp.StatusCode, resp.Header.Get("X-Amzn-Errortype") + " " + text
}

// The management API takes what the function's role may send, and nothing else.
func TestWebSocketManagement(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	events := f.reports(t)
	chain := f.start(t, local.Options{})
	url := chain.FrontDoors()[0].URL
	c := connectTo(t, url)
	id := testclient.Receive(t, "the event", events)["requestContext"].(map[string]any)["connectionId"].(string)
	say(t, c, `{"action":"chat"}`)
	key := decode(t, hear(t, c)).Key

	if status, body := askConnection(t, "POST", url, id, strings.Repeat("x", 100<<10), key); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if got := hear(t, c); len(got) != 100<<10 {
		t.Errorf("%d bytes arrived", len(got))
	}
	for _, test := range []struct {
		method, id, body string
		key              []string
		status           int
		want             string
	}{
		{"POST", id, "x", nil, 403, "MissingAuthenticationTokenException"},
		{"POST", id, "x", []string{key[0], "wrong", key[2]}, 403, "InvalidSignatureException"},
		{"POST", id, "x", []string{"AKIAUNKNOWN", "x", ""}, 403, "UnrecognizedClientException"},
		{"GET", id, "", key, 403, "is not authorized to perform: execute-api:ManageConnections"}, // the role may POST alone
		{"DELETE", id, "", key, 403, "AccessDeniedException"},
		{"POST", "AAAAAAAAAAAAAAA=", "x", key, 410, "GoneException"},
		{"POST", id, strings.Repeat("x", 128<<10+1), key, 413, "PayloadTooLargeException"},
		{"PUT", id, "x", key, 403, "MissingAuthenticationTokenException"},
	} {
		if status, body := askConnection(t, test.method, url, test.id, test.body, test.key); status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s %s %.10q: %d %s, want %d %s", test.method, test.id, test.body, status, body, test.status, test.want)
		}
	}
	// Code that makes the address of the event finds it here, too.
	say(t, c, `{"action":"echo"}`)
	hear(t, c)
	testclient.Receive(t, "the event", events)
}

// Functions find the management API by the name that it has on AWS.
func TestWebSocketManagementByItsOwnName(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	f.properties("Routedefault")["Target"] = f.properties("Routeecho")["Target"]
	f.properties("Permissiondefault")["FunctionName"] = f.properties("Permissionecho")["FunctionName"]
	f.properties("Reply")["RouteId"] = object{"Ref": "Routedefault"}
	c := connectTo(t, f.start(t, local.Options{}).FrontDoors()[0].URL)
	say(t, c, "lead")
	if got := hear(t, c); got != `403 {"message":"Missing Authentication Token"}` {
		t.Errorf("the function's unsigned request is answered %s, want what the management API says here", got)
	}
}

func TestWebSocketManagementOfGetAndDelete(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	events := f.reports(t)
	f.at("Resources", "Role", "Properties", "Policies", 0, "PolicyDocument", "Statement", 0)["Resource"] = "*"
	url := f.start(t, local.Options{}).FrontDoors()[0].URL
	c := connectTo(t, url)
	id := testclient.Receive(t, "the event", events)["requestContext"].(map[string]any)["connectionId"].(string)
	say(t, c, `{"action":"chat"}`)
	key := decode(t, hear(t, c)).Key
	if status, body := askConnection(t, "GET", url, id, "", key); status != 200 || !strings.Contains(body, `"sourceIp":"127.0.0.1"`) || !strings.Contains(body, `"connectedAt":"20`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := askConnection(t, "DELETE", url, id, "", key); status != 204 {
		t.Errorf("%d %s", status, body)
	}
	if got := hearClose(t, c); got != websocket.StatusNormalClosure {
		t.Errorf("closed with %d", got)
	}
}

// A connection outlasts a reload: what is posted to it after that arrives.
func TestWebSocketOutlastsAReload(t *testing.T) {
	t.Parallel()
	chain := newWebSocket().start(t, local.Options{})
	c, gate := connectTo(t, chain.FrontDoors()[0].URL), newGate(t)
	say(t, c, `{"id":1,"path":"/gate","headers":{"X-Gate":"`+gate.url+`"}}`)
	hear(t, c)
	hear(t, c)
	gate.await("/first")
	if err := chain.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	gate.release("/first")
	gate.open("/last")
	if last, end := hear(t, c), hear(t, c); last != `{"id":1,"data":"last\n"}` || end != `{"id":1,"end":true}` {
		t.Errorf("last = %s, end = %s", last, end)
	}
	say(t, c, `{"action":"chat"}`)
	if got := decode(t, hear(t, c)); got.Target != "/chat" {
		t.Errorf("afterwards: %+v", got)
	}
}

// What is not modelled of $connect lets nobody in; what AWS refuses stops the start.
func TestWebSocketThatIsNotModelled(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	f.properties("Routeconnect")["ApiKeyRequired"] = true
	chain := f.start(t, local.Options{})
	if _, status := dial(t, chain.FrontDoors()[0].URL, nil); status != 501 {
		t.Errorf("%d, want 501", status)
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "Site/Routeconnect: ApiKeyRequired is true") {
		t.Errorf("notes = %s", notes)
	}
	for want, mutate := range map[string]func(*fixture){
		"authorization for $connect alone": func(f *fixture) { f.properties("Routechat")["AuthorizationType"] = "AWS_IAM" },
		"AWS accepts 50 to 29000":          func(f *fixture) { f.properties("Integrationchat")["TimeoutInMillis"] = 30000.0 },
		"the local chain models $request":  func(f *fixture) { f.properties("Api")["RouteSelectionExpression"] = "$request.header.x" },
	} {
		f := newWebSocket()
		mutate(f)
		if err := f.refusal(t, local.Options{}); !strings.Contains(err, want) {
			t.Errorf("error = %s, want %q", err, want)
		}
	}
}

// A function whose role may not answer: check says so, and the management API refuses it.
func TestWebSocketWhoseFunctionMayNotAnswer(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	f.at("Resources", "Role", "Properties", "Policies", 0, "PolicyDocument", "Statement", 0)["Action"] = "execute-api:Invoke"
	delete(f.at("Resources"), "Permissionecho")
	report, err := check.Run(f.write(t), check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, finding := range report.Findings {
		found = append(found, string(finding.Rule)+" at "+finding.LogicalID)
	}
	slices.Sort(found)
	if want := []string{"api-grant-missing at Routeecho", "manage-connections-missing at Routedefault"}; !slices.Equal(found, want) {
		t.Errorf("check finds %q, want %q", found, want)
	}
	refused := make(chan local.Trace, 10)
	chain := f.start(t, local.Options{Trace: func(tr local.Trace) {
		if tr.Status == http.StatusForbidden {
			refused <- tr
		}
	}})
	c := connectTo(t, chain.FrontDoors()[0].URL)
	say(t, c, `{"action":"chat"}`)
	if tr := testclient.Receive(t, "the trace", refused); tr.Cause() != "manage-connections-missing" {
		t.Errorf("cause = %q", tr.Cause())
	}
}
