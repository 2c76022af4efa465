package loopback

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Applications get ports below those that operating systems hand out by themselves (Linux
// from 32768 on, macOS and Windows from 49152 on): between the choice of a port and the
// moment in which the application listens no connection gets it by chance.
const (
	firstPort = 10240
	ports     = 32768 - firstPort
)

// ReservePort returns a port of 127.0.0.1 that no other application of this or another chain
// gets until ctx ends. It is UDP's port of the same number that says so: TCP's is for the
// application.
func ReservePort(ctx context.Context) (string, error) {
	return reserve(ctx, rand.IntN(ports))
}

// reserve tries all ports, beginning with the first.
func reserve(ctx context.Context, first int) (string, error) {
	for i := range ports {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+(first+i)%ports))
		token, err := net.ListenPacket("udp4", address)
		if err != nil {
			continue
		}
		if !free(address) {
			_ = token.Close()
			continue
		}
		context.AfterFunc(ctx, func() { _ = token.Close() })
		_, port, err := net.SplitHostPort(address)
		return port, err
	}
	return "", errors.New("no port from 10240 to 32767 is free for the application")
}

// free reports whether somebody could listen at the address.
func free(address string) bool {
	listener, err := net.Listen("tcp4", address)
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
