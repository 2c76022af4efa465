package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdaurl"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// Environment of the processes that are the functions.
const (
	variantVariable = "STREAMHTTP_BENCH_VARIANT"
	paceVariable    = "STREAMHTTP_BENCH_PACE" // address to take acknowledgements from
)

// report is the last event of a stream: what the ones before have cost.
type report struct {
	Nanoseconds int64
	Allocations uint64
}

func runFunction(variant string) {
	pace, err := net.Dial("tcp", os.Getenv(paceVariable))
	if err != nil {
		panic(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { stream(w, r, pace) })
	switch variant {
	case "lambdaurl":
		lambdaurl.Start(handler)
	case "streamhttp":
		_ = streamhttp.Serve(handler) // does not return on Lambda
	default:
		panic("unknown variant " + variant)
	}
}

// stream sends events. The runtime API acknowledges each one if they are paced, else the
// last.
func stream(w http.ResponseWriter, r *http.Request, pace net.Conn) {
	query := r.URL.Query()
	events, errEvents := strconv.Atoi(query.Get("events"))
	size, errSize := strconv.Atoi(query.Get("size"))
	if err := errors.Join(errEvents, errSize); err != nil {
		panic(err)
	}
	event := []byte(strings.Repeat("x", size-2) + "\n\n")
	paced := query.Get("paced") == "true"
	w.Header().Set("Content-Type", "text/event-stream")
	flush := func() {}
	if flusher, ok := w.(http.Flusher); ok {
		flush = flusher.Flush
	}

	acknowledgement := make([]byte, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for i := range events {
		if _, err := w.Write(event); err != nil {
			panic(err)
		}
		flush()
		if paced || i == events-1 {
			if _, err := pace.Read(acknowledgement); err != nil {
				panic(err)
			}
		}
	}
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)

	data, err := json.Marshal(report{elapsed.Nanoseconds(), after.Mallocs - before.Mallocs})
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(w, "%s", data)
}
