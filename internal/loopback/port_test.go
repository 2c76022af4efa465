package loopback

import (
	"context"
	"net"
	"strconv"
	"testing"
)

// Nobody listens on the ports yet when the next application asks: each gets another, also
// where all begin at the same place.
func TestReservedPortsDoNotCollide(t *testing.T) {
	t.Parallel()
	const applications = 50
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const first = ports - applications/2 // goes around
	seen := map[string]bool{}
	for range applications {
		port, err := reserve(ctx, first)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := strconv.Atoi(port); seen[port] || n < firstPort || n >= firstPort+ports {
			t.Errorf("port %s again, or out of range", port)
		}
		seen[port] = true
	}
}

func TestPortThatSomebodyListensOn(t *testing.T) {
	t.Parallel()
	var listener net.Listener
	first := 0
	for listener == nil {
		if first == ports {
			t.Skip("no port is free")
		}
		listener, _ = net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+first)))
		first++
	}
	defer listener.Close()
	port, err := reserve(t.Context(), first-1)
	if err != nil || port == strconv.Itoa(firstPort+first-1) {
		t.Errorf("reserved %s, %v, want another port than the one in use", port, err)
	}
	application, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Errorf("the application cannot listen on its port: %v", err)
	} else {
		application.Close()
	}
}
