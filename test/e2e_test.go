package test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// patience bounds every wait: a machine that is busy compiling may need it.
const patience = 2 * time.Minute

const (
	mismatch  = `{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}`
	forbidden = `{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}`
)

// serve runs an assembly for the time of the test.
func serve(t *testing.T, dir string) *local.Chain {
	t.Helper()
	chain, err := local.Start(t.Context(), local.Options{Assembly: dir, Sources: []string{root}, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	return chain
}

var client = &http.Client{Timeout: patience}

// post sends a body with headers given as name, value pairs.
func post(t *testing.T, url string, body []byte, headers ...string) (*http.Response, string) {
	t.Helper()
	return testclient.Do(t, client.Do, testclient.Request(t, http.MethodPost, url, string(body), headers...))
}

func open(t *testing.T, method, url string, body []byte, headers ...string) *http.Response {
	t.Helper()
	resp, err := client.Do(testclient.Request(t, method, url, string(body), headers...))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

var question = []byte(`{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"one two three"}]}`)

// The model waits an hour before each word: what is here before then was streamed.
func TestFirstEventArrivesBeforeTheLastIsProduced(t *testing.T) {
	t.Parallel()
	chain := serve(t, mutate(t, assembly(t, atHome), func(resources object) {
		sampleEnvironment(t, resources)["MODEL_DELAY"] = "1h"
	}))
	resp := open(t, http.MethodPost, chain.URL()+"/v1/chat/completions", question)
	defer resp.Body.Close()
	stream := bufio.NewReader(resp.Body)
	for { // comments open a stream and keep it open
		line, err := stream.ReadString('\n')
		if strings.HasPrefix(line, "data: {") {
			return
		}
		if err != nil || line != "\n" && !strings.HasPrefix(line, ":") {
			t.Fatalf("line before the first event = %q, %v, want a comment", line, err)
		}
	}
}

func TestAppStreamsInAllShapes(t *testing.T) {
	t.Parallel()
	for name, synthesized := range map[string]func() (string, error){
		"one stack": atHome, "with an edge stack": abroad, "in Node.js": inNode,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := serve(t, assembly(t, synthesized))
			resp, body := post(t, chain.URL()+"/v1/chat/completions", question)
			if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
				t.Errorf("Content-Type = %q, want text/event-stream", got)
			}
			said := ""
			events := strings.Split(strings.TrimSpace(body), "\n\n")
			for _, event := range events[:len(events)-1] {
				if strings.HasPrefix(event, ":") {
					continue // keeps the stream open
				}
				var chunk struct {
					Choices []struct{ Delta struct{ Content string } }
				}
				if err := json.Unmarshal([]byte(strings.TrimPrefix(event, "data: ")), &chunk); err != nil {
					t.Fatalf("event %q: %v", event, err)
				}
				for _, choice := range chunk.Choices {
					said += choice.Delta.Content
				}
			}
			if !strings.Contains(said, "one two three") {
				t.Errorf("the model said %q, want the question back", said)
			}
			if last := events[len(events)-1]; last != "data: [DONE]" {
				t.Errorf("last event = %q, want data: [DONE]", last)
			}
		})
	}
}

// The Node.js sample is behind the web adapter, which has to give it what streamhttp gives
// the Go sample.
func TestWebApplicationGetsWhatTheViewerSent(t *testing.T) {
	t.Parallel()
	chain := serve(t, assembly(t, inNode))
	url := chain.URL()
	binary := bytes.Repeat([]byte{0x00, 0xff, 0xc3, 0x28}, 1<<18)
	_, body := post(t, url+"/echo", binary, "Authorization", "Bearer genuine", "X-Forwarded-Authorization", "Bearer spoofed")
	got := decode(t, body)
	if got.BodySHA256 != digest(binary) {
		t.Errorf("1 MiB of binary: hash %s, want %s", got.BodySHA256, digest(binary))
	}
	if got.Authorization == nil || got.Authorization.SHA256 != digest([]byte("genuine")) {
		t.Errorf("Authorization = %+v, want the viewer's bearer token", got.Authorization)
	}
	if want := strings.TrimPrefix(url, "http://"); got.Host != want {
		t.Errorf("host = %q, want %q", got.Host, want)
	}
}

// echo is what the samples answer on /echo.
type echo struct {
	Host          string
	BodyLength    int
	BodySHA256    string
	Headers       http.Header
	Authorization *struct{ Scheme, SHA256 string }
}

func decode(t *testing.T, body string) echo {
	t.Helper()
	var e echo
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("answer %q: %v", body, err)
	}
	return e
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestBodiesOfOneMebibyteAndMore(t *testing.T) {
	t.Parallel()
	chain := serve(t, assembly(t, atHome))
	url := chain.URL() + "/echo"
	exact := bytes.Repeat([]byte{0x00, 0xff, 0xc3, 0x28}, 1<<18)
	over := append(bytes.Clone(exact), 'x')

	if _, body := post(t, url, exact); decode(t, body).BodySHA256 != digest(exact) {
		t.Errorf("1 MiB of binary: answer %s, want hash %s", body, digest(exact))
	}
	resp, body := post(t, url, over)
	if resp.StatusCode != http.StatusRequestEntityTooLarge || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("1 MiB + 1: %d %s %s, want a 413 problem document", resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
	if resp, body := post(t, url, over, "X-Amz-Content-Sha256", digest(over)); resp.StatusCode != 200 || decode(t, body).BodySHA256 != digest(over) {
		t.Errorf("1 MiB + 1 with its hash: %d %s, want 200 with hash %s", resp.StatusCode, body, digest(over))
	}
}

func TestCredentialsReachTheApplicationAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	chain := serve(t, assembly(t, atHome))
	url := chain.URL()

	_, body := post(t, url+"/echo", nil, "Authorization", "Bearer genuine", "X-Forwarded-Authorization", "Bearer spoofed", "X-Forwarded-Host", "spoofed.example")
	got := decode(t, body)
	if got.Authorization == nil || got.Authorization.Scheme != "Bearer" || got.Authorization.SHA256 != digest([]byte("genuine")) {
		t.Errorf("Authorization = %+v, want the viewer's bearer token", got.Authorization)
	}
	if want := strings.TrimPrefix(url, "http://"); got.Host != want {
		t.Errorf("host = %q, want %q", got.Host, want)
	}
	if strings.Contains(body, "spoofed") || strings.Contains(strings.ToLower(body), "x-amz-security-token") {
		t.Errorf("the application saw a spoofed header or CloudFront's credentials: %s", body)
	}

	_, body = post(t, url+"/echo", nil, "X-Forwarded-Authorization", "Bearer spoofed")
	if got := decode(t, body); got.Authorization != nil {
		t.Errorf("Authorization = %+v from a spoofed header, want none", got.Authorization)
	}
}

func TestConfiguredKeyIsAskedFor(t *testing.T) {
	t.Parallel()
	chain := serve(t, mutate(t, assembly(t, atHome), func(resources object) {
		sampleEnvironment(t, resources)["API_KEY"] = "the-key"
	}))
	url := chain.URL() + "/v1/chat/completions"
	for name, test := range map[string]struct {
		authorization string
		want          int
	}{
		"missing": {"", 401},
		"wrong":   {"Bearer another", 401},
		"right":   {"Bearer the-key", 200},
	} {
		resp, body := post(t, url, question, "Authorization", test.authorization)
		if resp.StatusCode != test.want {
			t.Errorf("%s key: %d %s, want %d", name, resp.StatusCode, body, test.want)
		}
		// The function URL renames the challenge, as AWS does.
		if test.want == 401 && (resp.Header.Get("Www-Authenticate") != "" || resp.Header.Get("X-Amzn-Remapped-Www-Authenticate") == "") {
			t.Errorf("%s key: headers %v, want the challenge renamed", name, resp.Header)
		}
	}
}

// secretsManager stands for AWS's, with one answer.
func secretsManager(t *testing.T, status int, answer string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// As on AWS: the chain says STREAMFRONT_LOCAL=true unless the template says otherwise.
func TestAFunctionWithoutItsKeyServesNobody(t *testing.T) {
	t.Parallel()
	denied := secretsManager(t, http.StatusBadRequest, `{"__type":"AccessDeniedException","Message":"not authorized"}`)
	for name, test := range map[string]struct {
		edit   func(environment object)
		status int
		log    string
	}{
		"none configured": {
			func(environment object) { delete(environment, "API_KEY_SECRET_ARN") },
			http.StatusBadGateway, "no API key is configured",
		},
		"a secret that cannot be read": {
			func(environment object) { environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = denied },
			http.StatusServiceUnavailable, "grant the function's role secretsmanager:GetSecretValue",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := mutate(t, assembly(t, atHome), func(resources object) {
				environment := sampleEnvironment(t, resources)
				environment["STREAMFRONT_LOCAL"] = "false"
				test.edit(environment)
			})
			var log printed
			chain, err := local.Start(t.Context(), local.Options{Assembly: dir, Sources: []string{root}, Log: &log})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(chain.Close)
			resp, body := post(t, chain.URL()+"/v1/chat/completions", question, "Authorization", "Bearer any")
			if resp.StatusCode != test.status {
				t.Errorf("%d %s, want %d", resp.StatusCode, body, test.status)
			}
			chain.Close()
			if !strings.Contains(log.String(), test.log) {
				t.Errorf("the function logged %s, want %q", &log, test.log)
			}
		})
	}
}

func TestKeyIsReadFromItsSecret(t *testing.T) {
	t.Parallel()
	url := secretsManager(t, http.StatusOK, `{"SecretString":"[\"the-new-key-of-today\",\"the-old-key-of-today\"]"}`)
	chain := serve(t, mutate(t, assembly(t, atHome), func(resources object) {
		environment := sampleEnvironment(t, resources)
		environment["STREAMFRONT_LOCAL"] = "false"
		environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = url
	}))
	for key, want := range map[string]int{"the-new-key-of-today": 200, "the-old-key-of-today": 200, "another": 401} {
		resp, body := post(t, chain.URL()+"/v1/chat/completions", question, "Authorization", "Bearer "+key)
		if resp.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", key, resp.StatusCode, body, want)
		}
	}
}

// printed is what functions print, in several processes at once.
type printed struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *printed) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(data)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func TestFunctionURLRefusesDirectCalls(t *testing.T) {
	t.Parallel()
	chain := serve(t, assembly(t, atHome))
	resp, body := post(t, chain.FunctionURLs()[0].URL+"/echo", nil)
	if resp.StatusCode != http.StatusForbidden || body != forbidden {
		t.Errorf("unsigned direct call: %d %s, want 403 %s", resp.StatusCode, body, forbidden)
	}
}

// Security rests on these parts of the template: without any of them AWS answers 403.
func TestTemplateWithoutASecurityPartIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(*testing.T, object)
		want string
	}{
		"without lambda:InvokeFunctionUrl": {func(t *testing.T, resources object) {
			revoke(t, resources, "lambda:InvokeFunctionUrl")
		}, forbidden},
		"without lambda:InvokeFunction": {func(t *testing.T, resources object) {
			revoke(t, resources, "lambda:InvokeFunction")
		}, forbidden},
		"without the signer": {func(t *testing.T, resources object) {
			distribution := only(t, resources, "AWS::CloudFront::Distribution", anyOf)
			delete(distribution["DistributionConfig"].(object)["DefaultCacheBehavior"].(object), "LambdaFunctionAssociations")
		}, mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := serve(t, mutate(t, assembly(t, atHome), func(resources object) { test.edit(t, resources) }))
			resp, body := post(t, chain.URL()+"/echo", []byte("hello"))
			if resp.StatusCode != http.StatusForbidden || body != test.want {
				t.Errorf("POST: %d %s, want 403 %s", resp.StatusCode, body, test.want)
			}
		})
	}
}
