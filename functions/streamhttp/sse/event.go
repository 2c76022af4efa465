package sse

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Event is one event of a stream. A client does not dispatch an event without Name, Data and JSON; it
// only sets ID or Retry. An event with all fields empty is refused.
type Event struct {
	// Name is the type of the event. It must not contain CR, LF or NUL.
	// Default: - none; clients use "message".
	Name string
	// ID is the value that the client sends as Last-Event-ID when it connects again. It must not
	// contain CR, LF or NUL.
	// Default: - none; the ID of an earlier event stays.
	ID string
	// Retry is how long the client waits before it connects again, rounded up to whole
	// milliseconds. It must not be negative.
	// Default: - none; the time of an earlier event, or the client's own.
	Retry time.Duration
	// Data is the text of the event. Each CR, LF and CRLF in it begins a new line of data
	// and arrives as LF. Bytes that are not UTF-8 arrive as U+FFFD.
	Data string
	// JSON is encoded by encoding/json as the data, in one line, without escapes for HTML.
	// Data must be empty then. A pointer saves the allocation of an interface value.
	// Default: - none. For null set Data to "null".
	JSON any
}

// check finds what cannot be written, or what a client would misread.
func (e *Event) check() error {
	switch {
	case strings.ContainsAny(e.Name, "\r\n\x00"):
		return fmt.Errorf("sse: event name %q contains CR, LF or NUL; use a plain word", e.Name)
	case strings.ContainsAny(e.ID, "\r\n\x00"):
		return fmt.Errorf("sse: event ID %q contains CR, LF or NUL; encode it, by base64 for example", e.ID)
	case e.Retry < 0:
		return fmt.Errorf("sse: retry of %v is negative; use a time of a millisecond or more", e.Retry)
	case e.Data != "" && e.JSON != nil:
		return errors.New("sse: the event has both Data and JSON; set one of them")
	case e.Name == "" && e.ID == "" && e.Retry == 0 && e.Data == "" && e.JSON == nil:
		return errors.New(`sse: the event is empty; set Name to "message" to send one without data`)
	}
	return nil
}

// appendHead appends the fields before the data.
func (e *Event) appendHead(b []byte) []byte {
	if e.Name != "" {
		b = appendLine(b, "event: ", e.Name)
	}
	if e.ID != "" {
		b = appendLine(b, "id: ", e.ID)
	}
	if e.Retry > 0 {
		b = append(b, "retry: "...)
		milliseconds := (e.Retry-1)/time.Millisecond + 1
		b = strconv.AppendInt(b, int64(milliseconds), 10)
		b = append(b, '\n')
	}
	return b
}

// appendLines appends text with the prefix before each of its lines. There is at least one line.
func appendLines(b []byte, prefix, text string) []byte {
	for {
		end := strings.IndexAny(text, "\r\n")
		if end < 0 {
			return appendLine(b, prefix, text)
		}
		b = appendLine(b, prefix, text[:end])
		if strings.HasPrefix(text[end:], "\r\n") {
			end++
		}
		text = text[end+1:]
	}
}

func appendLine(b []byte, prefix, line string) []byte {
	b = append(b, prefix...)
	b = append(b, line...)
	return append(b, '\n')
}
