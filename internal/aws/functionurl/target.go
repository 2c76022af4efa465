package functionurl

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// rawInQuery matches what a query may not hold raw (RFC 3986, section 3.4), and "$".
var rawInQuery = regexp.MustCompile(`[^A-Za-z0-9\-._~!&'()*+,;=:@/?%]`)

// refuseQuery refuses a query with characters that had to be encoded. Field reports, for
// [, ] and $: 403 AccessDeniedException under AWS_IAM, 400 InvalidQueryStringException under
// NONE. That it is so for the others, and the words, are assumed.
func (s *Server) refuseQuery(r *http.Request) *refusal {
	_, query, _ := strings.Cut(r.RequestURI, "?")
	raw := rawInQuery.FindString(query)
	if raw == "" || s.Refuted.RawQueryRefused {
		return nil
	}
	decision := fmt.Sprintf("the query has a raw %q in it, which must be encoded as %s", raw, url.QueryEscape(raw))
	if s.URL.Public() {
		return &refusal{
			status: http.StatusBadRequest, errorType: "InvalidQueryStringException", body: map[string]string{"Message": "The query string is invalid."},
			cause: causes.QueryNotEncoded, decision: decision,
		}
	}
	return &refusal{
		status: http.StatusForbidden, errorType: "AccessDeniedException", body: map[string]string{"Message": "Forbidden"},
		cause: causes.QueryNotEncoded, decision: decision,
	}
}
