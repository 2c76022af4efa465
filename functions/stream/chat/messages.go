package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// MaxFileBytes is what the files of one request may have together, 8 MB. Models take a
// million tokens or two at the most, some four bytes each. No upload may be larger, since
// nothing else reads them.
const MaxFileBytes = 8_000_000

// OpenFile returns the file with an id, to be closed by the caller, and its name. If the
// error wraps ErrNoFile, the client is told that there is no such file.
type OpenFile func(ctx context.Context, id string) (file io.ReadCloser, name string, err error)

// ErrNoFile says that there is no file with an id.
var ErrNoFile = errors.New("chat: no such file")

// messages validates the messages and reads the files in them.
func (b *body) messages(ctx context.Context, open OpenFile) ([]Message, *Error) {
	if len(b.Messages) == 0 {
		return nil, invalid("messages", "messages must have at least one message.")
	}
	reader := &contentReader{ctx: ctx, open: open, left: MaxFileBytes}
	messages := make([]Message, 0, len(b.Messages))
	for i, m := range b.Messages {
		param := fmt.Sprintf("messages[%d]", i)
		role, err := m.check(param)
		if err != nil {
			return nil, err
		}
		text, err := reader.text(param+".content", m.Content)
		if err != nil {
			return nil, err
		}
		converted := Message{Role: role, Text: text + m.Refusal, ToolCallID: m.ToolCallID}
		for _, call := range m.ToolCalls {
			converted.ToolCalls = append(converted.ToolCalls, ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: call.Function.Arguments})
		}
		messages = append(messages, converted)
	}
	return messages, nil
}

// check validates what depends on the role.
func (m *message) check(param string) (Role, *Error) {
	role := Role(m.Role)
	switch m.Role {
	case "developer":
		role = RoleSystem
	case "system", "user", "assistant", "tool":
	default:
		return "", invalid(param+".role", "%s has the role %q: want system, developer, user, assistant or tool.", param, m.Role)
	}
	switch {
	case role == RoleTool && m.ToolCallID == "":
		return "", invalid(param+".tool_call_id", "%s is the result of a tool: want tool_call_id, the call that it answers.", param)
	case role != RoleTool && m.ToolCallID != "":
		return "", invalid(param+".tool_call_id", "%s has tool_call_id, but its role is %q: want tool.", param, m.Role)
	case role != RoleAssistant && len(m.ToolCalls) > 0:
		return "", invalid(param+".tool_calls", "%s has tool_calls, but its role is %q: want assistant.", param, m.Role)
	case m.Content == nil && role != RoleAssistant:
		return "", invalid(param+".content", "%s has no content.", param)
	}
	for i, call := range m.ToolCalls {
		at := fmt.Sprintf("%s.tool_calls[%d]", param, i)
		var arguments map[string]json.RawMessage
		switch {
		case call.Type != "function" || call.ID == "" || !isName(call.Function.Name):
			return "", invalid(at, "%s must have an id, the type \"function\" and the function's name.", at)
		case call.Function.Arguments != "" && (json.Unmarshal([]byte(call.Function.Arguments), &arguments) != nil || arguments == nil):
			return "", invalid(at+".function.arguments", "The arguments of %s must be a JSON object in a string.", at)
		}
	}
	return role, nil
}

// contentReader makes text of parts.
type contentReader struct {
	ctx  context.Context
	open OpenFile
	left int64 // bytes that files may still have
}

// text joins parts by line breaks, lest the last word of one and the first of the next
// become one word.
func (r *contentReader) text(param string, parts content) (string, *Error) {
	texts := make([]string, len(parts))
	for i, part := range parts {
		at := fmt.Sprintf("%s[%d]", param, i)
		switch part.Type {
		case "text":
			texts[i] = part.Text
		case "refusal":
			texts[i] = part.Refusal
		case "file":
			file, err := r.file(at, part.File.ID)
			if err != nil {
				return "", err
			}
			texts[i] = file
		default:
			return "", invalid(at+".type", "%s is of type %q, which is not supported: use \"text\", or \"file\" with the file_id of an upload.", at, part.Type)
		}
	}
	return strings.Join(texts, "\n"), nil
}

// file returns the text of a file between lines that name it to the model.
func (r *contentReader) file(param, id string) (string, *Error) {
	if id == "" {
		return "", invalid(param+".file.file_id", "%s must have a file_id: upload the file first, by POST /uploads.", param)
	}
	if r.open == nil {
		return "", invalid(param+".type", "%s is a file, but this function has no uploads: send the text itself.", param)
	}
	reader, name, err := r.open(r.ctx, id)
	if errors.Is(err, ErrNoFile) {
		e := invalid(param+".file.file_id", "There is no file %q: it was not uploaded, or has expired.", id)
		e.Cause = err // the store may not know better: Amazon S3 says so as well if it may not be read
		return "", e
	}
	if err != nil {
		return "", unreadable(id, err)
	}
	defer reader.Close()
	data, err := io.ReadAll(io.LimitReader(reader, r.left+1))
	if err != nil {
		return "", unreadable(id, err)
	}
	if int64(len(data)) > r.left {
		e := invalid(param, "The files of a request may have %d bytes together, and %s goes over that: send less.", MaxFileBytes, param)
		e.Status, e.Code = http.StatusRequestEntityTooLarge, "file_too_large"
		return "", e
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return "", invalid(param, "%s is no text in UTF-8: nothing else is read.", param)
	}
	r.left -= int64(len(data))
	return fmt.Sprintf("--- begin of file %q ---\n%s\n--- end of file ---", name, data), nil
}

func unreadable(id string, err error) *Error {
	e := failed(fmt.Errorf("file %q: %w", id, err))
	e.Code, e.Message = "file_unreadable", "A file cannot be read; the log of the function says why. Try again."
	return e
}
