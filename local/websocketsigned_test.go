package local_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// presignedURL is a URL of API Gateway that is signed in its query.
func presignedURL(t *testing.T, address string, keys aws.Credentials) string {
	t.Helper()
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), keys, testclient.Request(t, "GET", address, ""), hex.EncodeToString(empty[:]), "execute-api", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// With AWS_IAM a client connects by a signature, in the headers or in the query, of the key that
// may sign or of a function whose role may; its events say who it is.
func TestWebSocketWithSignatures(t *testing.T) {
	t.Parallel()
	f := newWebSocket()
	f.properties("Routeconnect")["AuthorizationType"] = "AWS_IAM"
	statements := f.at("Resources", "Role", "Properties", "Policies", 0, "PolicyDocument")
	statements["Statement"] = append(statements["Statement"].([]any), object{
		"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": object{"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/prod/$connect"},
	})
	events := f.reports(t)
	chain := f.start(t, local.Options{InvokerKey: &local.InvokerKey{ID: "AKIALOCAL", Secret: "secret"}})
	url := chain.FrontDoors()[0].URL
	invoker := aws.Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: "secret"}

	c, status := dial(t, presignedURL(t, url+"?a=1", invoker), nil)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("the query's signature: %d", status)
	}
	identity := testclient.Receive(t, "the event", events)["requestContext"].(map[string]any)["identity"].(map[string]any)
	if identity["accessKey"] != "AKIALOCAL" || identity["accountId"] != "111122223333" || identity["userArn"] != "arn:aws:iam::111122223333:user/invoker" {
		t.Errorf("identity: %v", identity)
	}
	say(t, c, `{"action":"chat"}`)
	key := decode(t, hear(t, c)).Key
	function := aws.Credentials{AccessKeyID: key[0], SecretAccessKey: key[1], SessionToken: key[2]}
	for name, test := range map[string]struct {
		header, query *aws.Credentials
		status        int
	}{
		"headers":         {&invoker, nil, 101},
		"a function":      {nil, &function, 101},
		"nobody":          {nil, nil, 403},
		"another secret":  {nil, &aws.Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: "other"}, 403},
		"another key":     {&aws.Credentials{AccessKeyID: "AKIAOTHER", SecretAccessKey: "secret"}, nil, 403},
		"both":            {&invoker, &invoker, 403},
		"no longer valid": {nil, &aws.Credentials{AccessKeyID: key[0], SecretAccessKey: key[1], SessionToken: "other"}, 403},
	} {
		address, options := url, &websocket.DialOptions{}
		if test.query != nil {
			address = presignedURL(t, url, *test.query)
		}
		if test.header != nil {
			r := testclient.Request(t, "GET", address, "")
			testclient.Sign(t, r, "", *test.header, "execute-api", "us-east-1", time.Now())
			options.HTTPHeader = r.Header
		}
		if _, status := dial(t, address, options); status != test.status {
			t.Errorf("%s: %d, want %d", name, status, test.status)
		}
	}
}

// A function whose role may not connect is refused, and what is signed for the API passes a
// distribution that sends the API's own Host.
func TestWebSocketWithSignaturesAndPolicies(t *testing.T) {
	t.Parallel()
	f := websocketBehind()
	f.properties("Routeconnect")["AuthorizationType"] = "AWS_IAM"
	traces := make(chan local.Trace, 10)
	chain := f.start(t, local.Options{InvokerKey: &local.InvokerKey{ID: "AKIALOCAL", Secret: "secret"}, Trace: func(tr local.Trace) {
		if tr.Status == http.StatusForbidden {
			traces <- tr
		}
	}})
	invoker := aws.Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: "secret"}
	doors := chain.FrontDoors()
	api := doors[slices.IndexFunc(doors, func(d local.FrontDoor) bool { return d.Kind == "websocket api" })]
	url := api.URL
	c, _ := dial(t, presignedURL(t, url, invoker), nil)
	say(t, c, `{"action":"chat"}`)
	key := decode(t, hear(t, c)).Key
	if _, status := dial(t, presignedURL(t, url, aws.Credentials{AccessKeyID: key[0], SecretAccessKey: key[1], SessionToken: key[2]}), nil); status != http.StatusForbidden {
		t.Errorf("%d, want 403", status)
	}
	if tr := testclient.Receive(t, "the trace", traces); !strings.Contains(fmt.Sprintf("%+v", tr.Hops), "is not authorized to perform: execute-api:Invoke") {
		t.Errorf("trace: %+v", tr.Hops)
	}
	signed := presignedURL(t, "https://"+api.DomainName+"/prod/", invoker)
	_, query, _ := strings.Cut(signed, "?")
	if _, status := dial(t, chain.Distributions()[0].URL+"/?"+query, nil); status != http.StatusSwitchingProtocols {
		t.Errorf("through the distribution: %d", status)
	}
	if _, status := dial(t, presignedURL(t, chain.Distributions()[0].URL+"/", invoker), nil); status != http.StatusForbidden {
		t.Errorf("signed for the distribution: %d, want 403", status)
	}
}
