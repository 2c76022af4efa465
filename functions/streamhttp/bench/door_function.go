package main

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/websocket"
)

// runDoor is the function behind a door, and the plain server: the same program.
func runDoor() {
	event := []byte(string(eventMark) + strings.Repeat("x", doorSize-1))
	var before uint64 // of all that the process has allocated, when the stream before began
	err := streamhttp.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		allocated := memory.TotalAlloc - before
		before = memory.TotalAlloc
		w.Header().Set("Content-Type", "text/event-stream")
		for range doorEvents {
			if _, err := w.Write(event); err != nil {
				panic(err)
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
		}
		fmt.Fprintf(w, "%c%d%c", reportMark, allocated, reportMark)
	}), streamhttp.WithConnections(websocket.NewSynchronous(), 0))
	if err != nil {
		panic(err)
	}
}
