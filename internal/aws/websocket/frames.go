package websocket

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// An observed response hands on a connection whose frames are measured: the library that reads
// messages does not tell of frames.
type observed struct {
	http.ResponseWriter
	frames *frames
}

// Hijack is for the library.
func (o *observed) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(o.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early := io.LimitReader(buffered.Reader, int64(buffered.Reader.Buffered()))
	seen := &frameConn{Conn: conn, from: io.TeeReader(io.MultiReader(early, conn), o.frames)}
	return seen, bufio.NewReadWriter(bufio.NewReader(seen), bufio.NewWriter(conn)), nil
}

type frameConn struct {
	net.Conn
	from io.Reader
}

func (c *frameConn) Read(p []byte) (int, error) { return c.from.Read(p) }

// frames reads the heads of the frames that a client sends (RFC 6455, section 5.2).
type frames struct {
	largest atomic.Int64 // payload of the largest frame of data so far
	head    [14]byte
	got     int   // bytes of the head
	left    int64 // bytes of the payload that are to come
}

// Write takes what has been read. It does not fail.
func (f *frames) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if f.left > 0 {
			skip := min(f.left, int64(len(p)))
			f.left -= skip
			p = p[skip:]
			continue
		}
		f.head[f.got] = p[0]
		f.got++
		p = p[1:]
		if size, whole := f.payload(); whole {
			if control := f.head[0]&0x8 != 0; !control && size > f.largest.Load() {
				f.largest.Store(size)
			}
			f.left, f.got = size, 0
		}
	}
	return n, nil
}

// payload is the size of the payload that the head names, once it is whole.
func (f *frames) payload() (size int64, whole bool) {
	if f.got < 2 {
		return 0, false
	}
	length, end := f.head[1]&0x7f, 2
	switch length {
	case 126:
		end += 2
	case 127:
		end += 8
	}
	mask := 0
	if f.head[1]&0x80 != 0 {
		mask = 4
	}
	if f.got < end+mask {
		return 0, false
	}
	switch length {
	case 126:
		return int64(binary.BigEndian.Uint16(f.head[2:])), true
	case 127:
		return int64(binary.BigEndian.Uint64(f.head[2:]) &^ (1 << 63)), true
	}
	return int64(length), true
}
