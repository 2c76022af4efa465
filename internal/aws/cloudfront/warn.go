package cloudfront

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// warn records what CloudFront passes on, and what does not work all the same: the viewer
// sees it later and elsewhere, when nothing shows where it comes from.
func (x *exchange) warn(o *Origin, resp *http.Response) {
	if location, err := url.Parse(resp.Header.Get("Location")); err == nil && strings.EqualFold(location.Hostname(), o.DomainName.V) {
		x.rec.Hop("origin").Warn(causes.LocationFunctionURL, "Location names the origin, %s, which viewers cannot use", o.DomainName.V)
	}
	switch asked := x.viewer.Header.Get("Mcp-Session-Id"); {
	case asked != "" && (resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusBadRequest):
		x.rec.Hop("origin").Warn(causes.MCPSessionLost, "%d for a request of an MCP session", resp.StatusCode)
	case resp.Header.Get("Mcp-Session-Id") != "" && asked == "":
		x.rec.Hop("origin").Warn(causes.MCPSessionLost, "the answer begins an MCP session, which other execution environments will not know")
	}
}
