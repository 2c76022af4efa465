package loopback

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Listen listens on 127.0.0.1 and, where this machine has it, on the same port of ::1: a
// browser may take either for localhost. Port 0 chooses a free one. The first of the listeners
// is that on 127.0.0.1.
func Listen(port int) ([]net.Listener, error) {
	const attempts = 20 // until a port is free on both
	var err error
	for range attempts {
		var four, six net.Listener
		if four, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
			return nil, err
		}
		if !hasIPv6() {
			return []net.Listener{four}, nil
		}
		_, same, _ := net.SplitHostPort(four.Addr().String())
		if six, err = net.Listen("tcp", net.JoinHostPort("::1", same)); err == nil {
			return []net.Listener{four, six}, nil
		}
		err = fmt.Errorf("%w (127.0.0.1 is free, but localhost may be either)", err)
		four.Close()
		if port != 0 {
			break
		}
	}
	return nil, err
}

func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	return err == nil && l.Close() == nil
}

// ListenApart listens on a free port of a loopback address that nobody guesses: one at random
// among the 16 million of 127.0.0.0/8, where the system has all of them, as Linux does, else
// on 127.0.0.1. It is for what is no viewer's business, whose clients take host and port only.
func ListenApart() (net.Listener, error) {
	var b [3]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	apart, err := net.Listen("tcp", net.JoinHostPort(net.IPv4(127, b[0]|1, b[1], b[2]|1).String(), "0"))
	if err == nil {
		return apart, nil
	}
	usual, usualErr := net.Listen("tcp", "127.0.0.1:0")
	if usualErr != nil {
		return nil, errors.Join(err, usualErr)
	}
	return usual, nil
}
