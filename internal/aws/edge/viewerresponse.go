package edge

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// viewerResponse is the response in the event of CloudFront Functions.
type viewerResponse struct {
	StatusCode        int                    `json:"statusCode"`
	StatusDescription string                 `json:"statusDescription,omitempty"`
	Headers           map[string]viewerValue `json:"headers"`
	Cookies           map[string]viewerValue `json:"cookies"`
	Body              any                    `json:"body,omitempty"`
}

// RunResponse runs the function at viewer-response on the head of a response. A body in the
// result goes to the viewer in place of the one there was, which the function never sees;
// nil: that one goes on.
//
// Source: Amazon CloudFront Developer Guide, "CloudFront Functions event structure".
func (f *ViewerFunction) RunResponse(ctx context.Context, c Context, r *Request, status int, header http.Header) (*Response, error) {
	event := f.event(c, "viewer-response", r)
	seen := exposed(header)
	lines := seen.Values("Set-Cookie")
	seen.Del("Set-Cookie")
	event.Response = &viewerResponse{
		StatusCode: status, StatusDescription: http.StatusText(status), Headers: headerValues(seen), Cookies: setCookieValues(lines),
	}
	var result *viewerResponse
	if _, err := f.run(ctx, event, &result); err != nil {
		return nil, err
	}
	if result == nil || result.StatusCode == 0 {
		return nil, invalid("the function did not return a response")
	}
	returned := viewerResult{StatusCode: result.StatusCode, StatusDescription: result.StatusDescription, Body: result.Body}
	returned.Headers, returned.Cookies = result.Headers, result.Cookies
	out, err := returned.response()
	if err != nil {
		return nil, err
	}
	if reflect.DeepEqual(result.Cookies, event.Response.Cookies) { // in their own order, and as they were written
		out.Header.Del("Set-Cookie")
		if len(lines) > 0 {
			out.Header["Set-Cookie"] = lines
		}
	}
	out.Header, err = merge(header, out.Header, readOnlyAtViewerResponse)
	return out, err
}

// setCookieValues takes Set-Cookie lines apart.
func setCookieValues(lines []string) map[string]viewerValue {
	out := map[string]viewerValue{}
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		one := viewerValue{Value: value, Attributes: strings.TrimSpace(attributes)}
		v, repeated := out[name]
		switch {
		case !repeated:
			out[name] = one
			continue
		case v.MultiValue == nil:
			v.MultiValue = []viewerValue{{Value: v.Value, Attributes: v.Attributes}}
		}
		v.MultiValue = append(slices.Clone(v.MultiValue), one)
		out[name] = v
	}
	return out
}
