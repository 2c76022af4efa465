package websocket

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
)

const patience = 30 * time.Second

// A connection ends after a silence, and after its longest time, whatever it does.
func TestConnectionsEnd(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*server{
		"silent": {idle: 50 * time.Millisecond, longest: time.Hour},
		"long":   {idle: time.Hour, longest: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.Host = &door.Host{Recorder: &trace.Recorder{}, Now: time.Now, Lasting: &sync.Map{}}
			s.api = &API{ID: "a", Region: "us-east-1", Stages: []*Stage{{Name: template.Of("prod"), Deployed: true, Limits: throttle.None}}}
			s.connections = &registry{connections: map[string]*connection{}}
			listener := httptest.NewServer(s)
			defer listener.Close()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c, _, err := ws.Dial(ctx, strings.Replace(listener.URL, "http", "ws", 1)+"/prod", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.CloseNow() }()
			if _, _, err := c.Read(ctx); ws.CloseStatus(err) != ws.StatusGoingAway {
				t.Errorf("ended by %v, want 1001", err)
			}
		})
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ expression, message, want string }{
		{"$request.body.action", `{"action":"chat"}`, "chat"},
		{"$request.body.action", `{"action":"none"}`, "$default"},
		{"$request.body.action", `{"action":{"a":1}}`, "$default"},
		{"$request.body.action", `{"action":"$connect"}`, "$default"},
		{"$request.body.action", `{"action":"$default"}`, "$default"},
		{"$request.body.action", `{}`, "$default"},
		{"$request.body.action", `chat`, "$default"},
		{"$request.body.action", `["chat"]`, "$default"},
		{"$request.body.action", `{"action":7}`, "7"},
		{"$request.body.a.b", `{"a":{"b":"chat"}}`, "chat"},
		{"${request.body.service}/${request.body.action}", `{"service":"x","action":"y"}`, "x/y"},
		{"${request.body.service}/${request.body.action}", `{"service":"x"}`, "$default"},
	} {
		a := &API{Selection: template.Of(test.expression)}
		for _, key := range []string{"$connect", "$disconnect", "$default", "chat", "7", "x/y"} {
			a.Routes = append(a.Routes, &Route{Key: template.Of(key)})
		}
		if !selection.MatchString(test.expression) {
			t.Errorf("%s is not read", test.expression)
		}
		if got := a.selected([]byte(test.message)); got != test.want {
			t.Errorf("%s of %s = %q, want %q", test.expression, test.message, got, test.want)
		}
	}
	for _, expression := range []string{"", "$request.header.x", "action", "$request.body", "$context.x"} {
		if selection.MatchString(expression) {
			t.Errorf("%q is read", expression)
		}
	}
}

// Frames are measured however they come in pieces.
func TestFrames(t *testing.T) {
	t.Parallel()
	frame := func(head byte, size int) []byte {
		var b []byte
		switch {
		case size < 126:
			b = []byte{head, 0x80 | byte(size)}
		case size < 1<<16:
			b = []byte{head, 0x80 | 126, byte(size >> 8), byte(size)}
		default:
			b = []byte{head, 0x80 | 127, 0, 0, 0, 0, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}
		}
		return append(b, make([]byte, 4+size)...)
	}
	var stream []byte
	for _, size := range []int{0, 5, 126, 70_000, 300} {
		stream = append(stream, frame(0x81, size)...)
	}
	stream = append(stream, frame(0x89, 125)...) // a ping
	for _, step := range []int{1, 3, 1000, len(stream)} {
		var f frames
		for rest := stream; len(rest) > 0; rest = rest[min(step, len(rest)):] {
			_, _ = f.Write(rest[:min(step, len(rest))])
		}
		if f.largest.Load() != 70_000 || f.left != 0 || f.got != 0 {
			t.Errorf("in steps of %d: largest %d, left %d", step, f.largest.Load(), f.left)
		}
	}
}
