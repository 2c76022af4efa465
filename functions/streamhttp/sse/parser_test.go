package sse_test

import (
	"strings"
	"unicode/utf8"
)

// message is an event as a client gets it.
type message struct{ Name, ID, Data string }

// parse reads a stream as section 9.2.6 of the HTML standard says, in its words, and not
// by code of the package. It returns the events that are dispatched, the last event ID,
// the last reconnection time ("" if none) and the comments.
func parse(stream string) (messages []message, lastEventID, retry string, comments []string) {
	stream = strings.TrimPrefix(decodeUTF8(stream), "\uFEFF")
	var data, eventType, idBuffer string
	for stream != "" {
		end := strings.IndexAny(stream, "\r\n")
		if end < 0 {
			break // "any pending data must be discarded" at the end of the file
		}
		line := stream[:end]
		if stream[end] == '\r' && end+1 < len(stream) && stream[end+1] == '\n' {
			end++
		}
		stream = stream[end+1:]

		if line == "" { // dispatch the event
			lastEventID = idBuffer
			if data != "" {
				name := eventType
				if name == "" {
					name = "message"
				}
				messages = append(messages, message{name, lastEventID, strings.TrimSuffix(data, "\n")})
			}
			data, eventType = "", ""
			continue
		}
		field, value, colon := strings.Cut(line, ":")
		if colon && field == "" {
			comments = append(comments, strings.TrimPrefix(value, " "))
			continue
		}
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			eventType = value
		case "data":
			data += value + "\n"
		case "id":
			if !strings.Contains(value, "\x00") {
				idBuffer = value
			}
		case "retry":
			if value != "" && strings.Trim(value, "0123456789") == "" {
				retry = value
			}
		}
	}
	return messages, lastEventID, retry, comments
}

// decodeUTF8 replaces what is not UTF-8, each byte of it by itself.
func decodeUTF8(s string) string {
	var decoded strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		decoded.WriteRune(r)
		s = s[size:]
	}
	return decoded.String()
}
