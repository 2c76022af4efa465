package functionurl

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
)

// cloudFrontAccount is the account that requests signed by an origin access control come
// from, and the identity in it (captured; the documentation says the owner's account).
const (
	cloudFrontAccount  = "856369053181"
	cloudFrontUserARN  = "arn:aws:sts::856369053181:assumed-role/OriginAccessControlRole/OriginAccessSession"
	cloudFrontCallerID = "AROA4OFRDWVBRXXXXXXXX:OriginAccessSession"
)

// identity is how a caller appears in the event; nil for anonymous ones.
func (p *Principal) identity(accessKey string) *event.IAMIdentity {
	switch {
	case p == nil:
		return nil
	case p.Service == "":
		return &event.IAMIdentity{
			AccessKey: accessKey, AccountID: p.SourceAccount, CallerID: "AIDALOCALINVOKER", UserID: "AIDALOCALINVOKER",
			UserARN: "arn:aws:iam::" + p.SourceAccount + ":user/invoker",
		}
	default:
		return &event.IAMIdentity{
			AccessKey: accessKey, AccountID: cloudFrontAccount, CallerID: cloudFrontCallerID, UserID: cloudFrontCallerID,
			UserARN: cloudFrontUserARN,
		}
	}
}

// newEvent makes the event. A forwarded request is one that CloudFront sent.
func newEvent(r *http.Request, domain string, forwarded bool, caller *event.IAMIdentity, body []byte, now time.Time) *event.Format2 {
	e := event.New2(r, domain, forwarded, body, now)
	e.RequestContext.Authentication = json.RawMessage("null")
	if caller != nil {
		delete(e.Headers, "authorization") // it was the caller's signature
		e.RequestContext.AccountID = caller.AccountID
		e.RequestContext.Authorizer = &event.IAM{IAM: *caller}
	}
	return e
}
