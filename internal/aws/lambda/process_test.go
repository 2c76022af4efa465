package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// The test binary is the function, too: started with this variable it speaks the runtime
// API, by hand, and does what each event says.
const processVariable = "LAMBDA_TEST_PROCESS"

func TestMain(m *testing.M) {
	if how := os.Getenv(processVariable); how != "" {
		os.Exit(process(how))
	}
	// What a developer's shell has must not reach the function.
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "LAMBDA_TEST_LEAK"} {
		if err := os.Setenv(name, "of the developer"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// An instruction is an event for the process.
type instruction struct {
	Do string
	// URLs of the test's control, which the process asks before it goes on.
	Before, Then string
	Text         string
	Type         string
}

// An answer is what the process says unless it was told something else.
type answer struct {
	PID     int
	ID      string // Lambda-Runtime-Aws-Request-Id
	Text    string
	Env     []string
	Header  http.Header // of the event
	Replies []string    // of the runtime API to what it must refuse
}

// process runs the function; it returns the exit status.
func process(how string) int {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	switch {
	case how == "exit at once":
		return 7
	case strings.HasPrefix(how, "exit unless "): // the first process leaves the file and exits
		if f, err := os.OpenFile(strings.TrimPrefix(how, "exit unless "), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			f.Close()
			return 7
		}
	case how == "init error":
		call("POST", base+"init/error", http.Header{"Lambda-Runtime-Function-Error-Type": {"Runtime.NoSuchThing"}},
			strings.NewReader(`{"errorMessage": "cannot start", "errorType": "x"}`))
		select {} // the environment is ended all the same
	case strings.HasPrefix(how, "http://"): // a process that the function started
		call("GET", how, nil, nil)
		return 0
	case strings.HasPrefix(how, "ask and leave "): // and ask again, each when a URL says so
		urls := strings.Fields(how)[3:]
		askAndLeave(urls[0])
		call("GET", urls[1], nil, nil)
	case how == "one event at a time": // whatever the environment could take
		return work(base)
	}
	// As runtimes do it that know the variable: one worker for each event at once.
	workers, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_MAX_CONCURRENCY"))
	if err != nil {
		workers = 1
	}
	status := make(chan int)
	for range workers {
		go func() { status <- work(base) }()
	}
	return <-status
}

// work takes one event after the other; it returns the exit status of the process.
func work(base string) int {
	for {
		status, header, event := call("GET", base+"invocation/next", nil, nil)
		if status != http.StatusOK {
			fmt.Println("invocation/next:", status, event)
			return 8
		}
		var in instruction
		if err := json.Unmarshal([]byte(event), &in); err != nil {
			return 9
		}
		a := answer{PID: os.Getpid(), ID: header.Get("Lambda-Runtime-Aws-Request-Id"), Text: in.Text}
		path := base + "invocation/" + a.ID
		if in.Before != "" {
			call("GET", in.Before, nil, nil)
		}
		switch in.Do {
		case "exit":
			return 3
		case "exit after the first chunk":
			call("POST", path+"/response", nil, &steps{in.Text, in.Then, func() error { os.Exit(3); return nil }})
		case "answer and exit":
			answerAndExit(a.ID, in.Text)
		case "stream":
			rest := strings.NewReader("second")
			call("POST", path+"/response", http.Header{"Content-Type": {"text/x"}}, io.MultiReader(&steps{in.Text, in.Then, nil}, rest))
		case "break off":
			call("POST", path+"/response", nil, &steps{in.Text, in.Then, func() error { return errors.New("no more") }})
		case "error":
			h := http.Header{}
			if in.Type != "" {
				h.Set("Lambda-Runtime-Function-Error-Type", in.Type)
			}
			call("POST", path+"/error", h, strings.NewReader(in.Text))
		case "trailers":
			request, err := http.NewRequest("POST", path+"/response", strings.NewReader("begun"))
			if err != nil {
				return 10
			}
			request.ContentLength = -1
			request.Trailer = http.Header{
				"Lambda-Runtime-Function-Error-Type": {in.Type},
				"Lambda-Runtime-Function-Error-Body": {base64.StdEncoding.EncodeToString([]byte(in.Text))},
			}
			resp, err := http.DefaultClient.Do(request)
			if err != nil {
				return 11
			}
			resp.Body.Close()
		case "spawn":
			child := exec.Command(os.Args[0])
			child.Env = []string{processVariable + "=" + in.Text}
			if err := child.Start(); err != nil {
				return 12
			}
			call("GET", in.Then, nil, nil)
		case "misbehave":
			reply := func(method, url string) {
				status, _, body := call(method, url, nil, strings.NewReader("{}"))
				a.Replies = append(a.Replies, fmt.Sprintf("%d %s", status, body))
			}
			reply("GET", base+"invocation/next")
			reply("POST", base+"invocation/another/response")
			reply("POST", base+"invocation/another/error")
			reply("POST", base+"init/error")
			respond(path, a)
			reply("POST", path+"/response")
			reply("POST", path+"/error")
			text, err := json.Marshal(a)
			if err != nil {
				return 13
			}
			call("POST", in.Then, nil, bytes.NewReader(text))
		default:
			a.Env, a.Header = os.Environ(), header
			respond(path, a)
		}
	}
}

func respond(path string, a answer) {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	call("POST", path+"/response", http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(text))
}

// call sends a request; who is cut off by the end of the chain exits.
func call(method, url string, header http.Header, body io.Reader) (int, http.Header, string) {
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		panic(err)
	}
	if header != nil {
		request.Header = header
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	return resp.StatusCode, resp.Header, string(text)
}

// steps is a body that says its text, asks the control, and then does something.
type steps struct {
	text, url string
	then      func() error
}

func (s *steps) Read(p []byte) (int, error) {
	if s.text != "" {
		n := copy(p, s.text)
		s.text = s.text[n:]
		return n, nil
	}
	call("GET", s.url, nil, nil)
	if s.then != nil {
		if err := s.then(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// askAndLeave asks for an event and takes the request back when the URL says so.
func askAndLeave(url string) {
	conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n", conn.RemoteAddr())
	call("GET", url, nil, nil)
}

// answerAndExit does not wait until the runtime API has taken the answer.
func answerAndExit(id, text string) {
	conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(conn, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", id, conn.RemoteAddr(), len(text), text)
	os.Exit(0)
}
