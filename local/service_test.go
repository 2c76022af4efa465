package local_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// server is the program of the image.
const server = `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/well", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) })
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s|%s|%s|%s|%s|%s", r.Host, r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto"), os.Getenv("NAME"), os.Getenv("FROM_IMAGE"), os.Args[1:], r.RequestURI)
	})
	http.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first\n")
		w.(http.Flusher).Flush()
		resp, err := http.Get(r.Header.Get("X-Gate") + "/last")
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		resp.Body.Close()
		io.WriteString(w, "last\n")
	})
	http.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	http.HandleFunc("/exit", func(w http.ResponseWriter, r *http.Request) { os.Exit(7) })
	http.HandleFunc("/upgrade", func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(conn, buffered)
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`

// newService is the fixture with tasks of Fargate behind the load balancer.
func newService(t *testing.T) *fixture {
	t.Helper()
	f := newBalancer()
	f.image = t.TempDir()
	for name, content := range map[string]string{
		"go.mod":         "module example.com/server\n\ngo 1.26\n",
		"server/main.go": server,
		"docker/Dockerfile": "FROM golang AS build\nENV FROM_IMAGE=build\nCOPY . .\nRUN CGO_ENABLED=0 go build -trimpath \\\n  -o /server ./server && true\n" +
			"FROM scratch\nENV FROM_IMAGE=\"an image\" \nENTRYPOINT [\"/server\", \"a\"]\nCMD [\"b\"]\n",
	} {
		file := filepath.Join(f.image, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	resources := f.at("Resources")
	delete(resources, "Function")
	delete(resources, "Invoke")
	group := f.properties("Group")
	delete(group, "Targets")
	delete(group, "TargetGroupAttributes")
	group["TargetType"], group["Port"], group["Protocol"] = "ip", 8080.0, "HTTP"
	group["HealthCheckPath"], group["Matcher"] = "/well", object{"HttpCode": "200-204"}
	resources["Service"] = object{"Type": "AWS::ECS::Service", "Properties": object{
		"LaunchType": "FARGATE", "DesiredCount": 2.0, "TaskDefinition": object{"Ref": "Task"},
		"LoadBalancers": []any{object{"ContainerName": "server", "ContainerPort": 8080.0, "TargetGroupArn": object{"Ref": "Group"}}},
	}}
	resources["Task"] = object{"Type": "AWS::ECS::TaskDefinition", "Properties": object{
		"Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
		"ContainerDefinitions": []any{object{
			"Name": "server", "Image": object{"Fn::Sub": "${AWS::AccountId}.dkr.ecr.us-east-1.${AWS::URLSuffix}/images:image"},
			"PortMappings": []any{object{"ContainerPort": 8080.0}},
			"Environment":  []any{object{"Name": "PORT", "Value": "8080"}, object{"Name": "NAME", "Value": "task"}},
			"Secrets":      []any{object{"Name": "KEY", "ValueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:key"}},
		}},
	}}
	return f
}

// The task's program runs as the server that it is, and streams.
func TestServiceBehindALoadBalancer(t *testing.T) {
	t.Parallel()
	chain := newService(t).start(t, local.Options{})
	url := chain.URL()
	_, body := send(t, "GET", url+"/a%20b?c=%2F", "", "X-Forwarded-For", "203.0.113.9")
	if want := strings.TrimPrefix(url, "http://") + " 203.0.113.9, 127.0.0.1|http|task|an image|[a b]|/a%20b?c=%2F"; body != want {
		t.Errorf("body = %q, want %q", body, want)
	}
	notes := strings.Join(chain.Notes(), "\n")
	for _, want := range []string{"its Dockerfile builds, ./server", "does not get KEY"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes = %s\nwant one with %q", notes, want)
		}
	}

	gate := newGate(t)
	resp := open(t, "GET", url+"/stream", "X-Gate", gate.url)
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" {
		t.Errorf("%q, %v before the last was written", line, err)
	}
	gate.open("/last")
	if line, err := lines.ReadString('\n'); line != "last\n" {
		t.Errorf("%q, %v", line, err)
	}

	conn := testclient.Dial(t, strings.TrimPrefix(url, "http://"))
	fmt.Fprintf(conn, "GET /upgrade HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	reader := bufio.NewReader(conn)
	upgraded, err := http.ReadResponse(reader, nil)
	if err != nil || upgraded.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v, want 101", upgraded, err)
	}
	fmt.Fprintln(conn, "hello")
	if line, err := reader.ReadString('\n'); line != "hello\n" {
		t.Errorf("echo = %q, %v", line, err)
	}
}

// A task that ends is started again; until then there is none to ask.
func TestServiceStartsATaskAgain(t *testing.T) {
	t.Parallel()
	chain := newService(t).start(t, local.Options{})
	if resp, _ := send(t, "GET", chain.URL()+"/exit", ""); resp.StatusCode != 502 {
		t.Errorf("%s, want 502", resp.Status)
	}
	for end := time.Now().Add(patience); ; {
		resp, _ := send(t, "GET", chain.URL()+"/", "")
		if resp.StatusCode == 200 {
			return
		}
		if resp.StatusCode != 502 && resp.StatusCode != 503 || time.Now().After(end) {
			t.Fatalf("%s, want 502 or 503, then 200", resp.Status)
		}
	}
}

func TestServiceIdleTimeout(t *testing.T) {
	t.Parallel()
	f := newService(t)
	f.setAttribute("Balancer", "idle_timeout.timeout_seconds", "1")
	traces := make(chan local.Trace, 2)
	chain := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	if resp, _ := send(t, "GET", chain.URL()+"/silent", ""); resp.StatusCode != 504 || resp.Header.Get("Server") != "awselb/2.0" {
		t.Errorf("%s, want 504", resp.Status)
	}
	if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != "idle-timeout-exceeded" {
		t.Errorf("cause = %q", tr.Cause())
	}
	gate := newGate(t)
	resp := open(t, "GET", chain.URL()+"/stream", "X-Gate", gate.url)
	defer resp.Body.Close()
	gate.await("/last")
	if body, err := io.ReadAll(resp.Body); string(body) != "first\n" || err == nil {
		t.Errorf("body = %q, %v, want it cut off", body, err)
	}
	if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != "idle-timeout-exceeded" {
		t.Errorf("cause = %q of a stream", tr.Cause())
	}
}

// Any other image runs by a command.
func TestServiceWithACommand(t *testing.T) {
	t.Parallel()
	f := newService(t)
	f.image = ""
	if err := f.refusal(t, local.Options{}); !strings.Contains(err, "--function Site/Service='npm start'") {
		t.Errorf("error = %s, want how to give a program", err)
	}
	chain := f.start(t, local.Options{Functions: map[string]string{
		"Service": `node -e "require('http').createServer((q, s) => { s.statusCode = q.url === '/well' ? 200 : 201; s.end(process.env.KEY + process.env.NAME) }).listen(process.env.PORT, '127.0.0.1')"`,
	}, Environment: map[string]string{"KEY": "given"}})
	if resp, body := send(t, "GET", chain.URL(), ""); resp.StatusCode != 201 || body != "giventask" {
		t.Errorf("%s %q", resp.Status, body)
	}
	if notes := strings.Join(chain.Notes(), "\n"); strings.Contains(notes, "does not get KEY") {
		t.Errorf("notes = %s", notes)
	}
}

// A program that ends, or that is not one of a task, is said at the start.
func TestServiceThatIsNotWell(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"echo no; exit 3":  "has ended: exit status 3",
		"lambda:npm start": "which a task of Amazon ECS does not have",
	} {
		if err := newService(t).refusal(t, local.Options{Functions: map[string]string{"Site/Task": command}}); !strings.Contains(err, want) {
			t.Errorf("%s: error = %s, want %q", command, err, want)
		}
	}
	if err := newService(t).refusal(t, local.Options{Functions: map[string]string{"Servise": "x"}}); !strings.Contains(err, `"Servise"`) {
		t.Errorf("error = %s, want the name that nobody has", err)
	}
}

// A task that does not start keeps a distribution of the same app from nothing.
func TestServiceBesideADistribution(t *testing.T) {
	t.Parallel()
	f, service := newFixture(), newService(t)
	for id, resource := range service.at("Resources") {
		f.at("Resources")[id] = resource
	}
	chain := f.start(t, local.Options{Functions: map[string]string{"Service": "exit 1"}})
	if resp, _ := send(t, "GET", chain.URL(), ""); resp.StatusCode != 200 {
		t.Errorf("the distribution: %s", resp.Status)
	}
	for _, d := range chain.FrontDoors() {
		if d.Kind != "load balancer" {
			continue
		}
		if resp, _ := send(t, "GET", d.URL, ""); resp.StatusCode != 503 {
			t.Errorf("the load balancer: %s, want 503", resp.Status)
		}
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "what leads to Site/Service is answered 503") {
		t.Errorf("notes = %s", notes)
	}
}

// What Amazon ECS refuses stops the chain at its start.
func TestServiceThatCannotBeDeployed(t *testing.T) {
	t.Parallel()
	for want, mutate := range map[string]func(*fixture){
		"has no container of that name": func(f *fixture) {
			f.at("Resources", "Service", "Properties", "LoadBalancers", 0)["ContainerName"] = "other"
		},
		"maps [8080] alone": func(f *fixture) {
			f.at("Resources", "Service", "Properties", "LoadBalancers", 0)["ContainerPort"] = 80.0
		},
		"which Fargate does not have": func(f *fixture) { f.properties("Task")["Memory"] = "4096" },
		"Fargate accepts 256":         func(f *fixture) { f.properties("Task")["Cpu"] = "300" },
		"Fargate accepts awsvpc":      func(f *fixture) { f.properties("Task")["NetworkMode"] = "bridge" },
		"which takes ip":              func(f *fixture) { f.properties("Group")["TargetType"] = "instance" },
	} {
		f := newService(t)
		mutate(f)
		if err := f.refusal(t, local.Options{}); !strings.Contains(err, want) {
			t.Errorf("error = %s, want one with %q", err, want)
		}
	}
}

// refusal is why the chain does not start.
func (f *fixture) refusal(t *testing.T, options local.Options) string {
	t.Helper()
	options.Assembly, options.Log = f.write(t), t.Output()
	chain, err := local.Start(context.Background(), options)
	if err == nil {
		chain.Close()
		return "none"
	}
	return err.Error()
}
