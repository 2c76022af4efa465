package websocket

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// selection is a route selection expression: a property of the body, or a text with properties
// in it.
//
// Source: Amazon API Gateway Developer Guide, "WebSocket selection expressions in API Gateway".
// Documented.
var (
	selection = regexp.MustCompile(`^(\$request\.body(\.[A-Za-z0-9_-]+)+|([^$]*\$\{request\.body(\.[A-Za-z0-9_-]+)+\})+[^$]*)$`)
	variable  = regexp.MustCompile(`\$\{request\.body\.([A-Za-z0-9_.-]+)\}`)
)

// selected is the key of the route for a message: $default for what is not JSON, or has no such
// property, or names no route. "" means that there is no $default either.
func (a *API) selected(message []byte) string {
	key, found := "", false
	var body any
	if json.Unmarshal(message, &body) == nil {
		if path, whole := strings.CutPrefix(a.Selection.V, "$request.body."); whole {
			key, found = property(body, path)
		} else {
			found = true
			key = variable.ReplaceAllStringFunc(a.Selection.V, func(one string) string {
				value, ok := property(body, variable.FindStringSubmatch(one)[1])
				found = found && ok
				return value
			})
		}
	}
	reserved := key == connectKey || key == disconnectKey // which are of the connection
	if found && !reserved && a.route(key) != nil {
		return key
	}
	if a.route(defaultKey) != nil {
		return defaultKey
	}
	return ""
}

// property returns a scalar of a JSON value.
func property(v any, path string) (string, bool) {
	for name := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return "", false
		}
		v = object[name]
	}
	switch v := v.(type) {
	case string:
		return v, true
	case float64, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
