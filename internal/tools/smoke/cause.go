package smoke

import (
	"net/http"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/tools/explain"
)

// cause is what an answer says about why it is not the wanted one, as 'streamfront explain'
// sees it: the ID of the likeliest cause in package causes, or "".
func (x *exchange) cause() causes.ID {
	switch {
	case x.status == http.StatusUnauthorized && (x.sent.anonymous || x.sent.target == challengeTarget):
		return "" // as it must be
	case x.status == http.StatusUnauthorized:
		return causes.AuthorizationLost
	case x.status < 400 || x.echo != nil:
		return ""
	}
	findings := explain.Explain(&explain.Answer{
		Status: x.status, Header: x.header, Body: string(x.body), Broken: x.err != nil,
		Request: explain.Request{
			Method: x.sent.method, URL: x.session.origin(&x.sent).String() + x.sent.target, Header: x.sentHeader,
			Body: x.payload, Length: int64(len(x.payload)),
		},
	})
	if len(findings) == 0 || findings[0].Fit == explain.Possible {
		return ""
	}
	return findings[0].Cause.ID
}
