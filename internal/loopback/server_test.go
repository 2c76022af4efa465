package loopback_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/testclient"
)

// patience bounds every wait.
const patience = 30 * time.Second

// short are limits that a test can wait for.
var short = loopback.Limits{
	Head: 200 * time.Millisecond, Idle: 200 * time.Millisecond, Gap: 200 * time.Millisecond, Rate: 1 << 20, Unread: 200 * time.Millisecond,
}

// serve returns the address of a server with the limits, over both families of addresses.
func serve(t *testing.T, l loopback.Limits, h http.HandlerFunc) []string {
	t.Helper()
	listeners, err := loopback.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	server := loopback.NewServer(h, l)
	t.Cleanup(func() { server.Close() })
	var addresses []string
	for _, listener := range listeners {
		addresses = append(addresses, listener.Addr().String())
		go func() { _ = server.Serve(l.Answers(listener)) }()
	}
	return addresses
}

func TestClientsThatKeepTheServerWaiting(t *testing.T) {
	t.Parallel()
	reasons := make(chan error, 10)
	addresses := serve(t, short, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		reasons <- err
		if errors.Is(err, loopback.ErrSlow) {
			w.WriteHeader(http.StatusRequestTimeout)
		}
	})
	const head = "POST / HTTP/1.1\r\nHost: localhost\r\n"
	for name, test := range map[string]struct {
		sends string
		drips string // again and again
		wants string // the answers begin with it
	}{
		"no request":        {"", "", ""},
		"half a head":       {head, "", ""},
		"dripping head":     {head, "X-Pad: x\r\n", ""},
		"idle afterwards":   {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "", "HTTP/1.1 200 OK"},
		"no body":           {head + "Content-Length: 9\r\n\r\n", "", "HTTP/1.1 408 "},
		"half a body":       {head + "Content-Length: 9\r\n\r\nhalf", "", "HTTP/1.1 408 "},
		"half a chunk":      {head + "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", "", "HTTP/1.1 408 "},
		"no last chunk":     {head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "", "HTTP/1.1 408 "},
		"dripping body":     {head + "Content-Length: 999999999\r\n\r\n", "x", "HTTP/1.1 408 "},
		"dripping chunks":   {head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "HTTP/1.1 408 "},
		"body of two parts": {head + "Content-Length: 4\r\n\r\nhalf" + head + "Content-Length: 9\r\n\r\nhalf", "", "HTTP/1.1 200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := testclient.Dial(t, addresses[0])
			if _, err := io.WriteString(conn, test.sends); err != nil {
				t.Fatal(err)
			}
			if test.drips != "" {
				go func() {
					for range time.Tick(5 * time.Millisecond) {
						if _, err := io.WriteString(conn, test.drips); err != nil {
							return
						}
					}
				}()
			}
			answer, err := io.ReadAll(conn) // ends when the server closes the connection
			if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
				t.Fatal("the connection stays open")
			}
			if !strings.HasPrefix(string(answer), test.wants) || test.wants == "" && strings.HasPrefix(string(answer), "HTTP/1.1 2") {
				t.Errorf("answer = %.200q, want it to begin with %q", answer, test.wants)
			}
		})
	}
}

// What the handler takes is not the client's fault, and a body that has come is no reason to
// close the connection later.
func TestAHandlerMayTakeItsTime(t *testing.T) {
	t.Parallel()
	late := make(chan struct{})
	addresses := serve(t, short, func(w http.ResponseWriter, r *http.Request) {
		<-late
		got, err := io.ReadAll(r.Body)
		time.AfterFunc(2*short.Gap, func() { late <- struct{}{} })
		<-late // longer than the client could have taken for its body
		if r.Context().Err() != nil {
			err = r.Context().Err()
		}
		if err != nil {
			t.Errorf("body = %q, %v, want all of it", got, err)
		}
		_, _ = w.Write(got)
	})
	conn := testclient.Dial(t, addresses[0])
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody"); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(2*short.Gap, func() { late <- struct{}{} })
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); string(got) != "body" || err != nil {
		t.Errorf("answer = %q, %v", got, err)
	}
}

func TestAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	broke := make(chan error, 1)
	addresses := serve(t, short, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				broke <- err
				return
			}
		}
	})
	conn := testclient.Dial(t, addresses[0])
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-broke:
	case <-time.After(patience):
		t.Error("the handler still writes to a client that does not read")
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	addresses := serve(t, loopback.Viewers, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) })
	_, port, _ := net.SplitHostPort(addresses[0])
	for i, address := range addresses {
		if want := net.JoinHostPort([]string{"127.0.0.1", "::1"}[i], port); address != want {
			t.Errorf("address %d = %s, want %s", i, address, want)
		}
		resp, err := http.Get("http://" + address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	taken, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	defer taken.Close()
	if _, err := loopback.Listen(taken.Addr().(*net.TCPAddr).Port); err == nil || !strings.Contains(err.Error(), "localhost may be either") {
		t.Errorf("Listen on a port that another program has on ::1: %v, want a refusal that says so", err)
	}
}

func TestListenApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 3 {
		l, err := loopback.ListenApart()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		address := l.Addr().(*net.TCPAddr)
		if !address.IP.IsLoopback() {
			t.Errorf("it listens on %s, want a loopback address", address)
		}
		seen[address.String()] = true
	}
	if len(seen) != 3 {
		t.Errorf("addresses = %v, want three", seen)
	}
}
