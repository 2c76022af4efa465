package websocket

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// invokes is the action that connecting is.
const invokes = "execute-api:Invoke"

// signed looks at the signature of a client that connects, in its headers or, as browsers have
// to, in the query. The functions of the assembly may sign as their roles allow, and the one key
// that stands for a user of the account.
//
// Source: Amazon API Gateway Developer Guide, "Control access to WebSocket APIs with IAM
// authorization". Documented; signatures in the query are field reports, the words of the
// refusals are assumed to be those of REST APIs.
func (c *connection) signed(r *http.Request, rec *trace.Recording) *failure {
	s := c.server
	verifier := sigv4.Verifier{
		Service: "execute-api", Region: s.api.Region, Now: s.Now, Window: s.SignatureWindow,
		Lookup: func(accessKey string) (iam.Credentials, bool) {
			if s.Invoker.AccessKey != "" && accessKey == s.Invoker.AccessKey {
				return s.Invoker, true
			}
			caller, ok := s.Caller(accessKey)
			return caller.Credentials, ok
		},
	}
	var accessKey string
	var err error
	switch presigned, header := sigv4.IsPresigned(r), r.Header.Get("Authorization") != ""; {
	case presigned && !header:
		accessKey, err = verifier.VerifyPresigned(r)
	case header && !presigned:
		empty := sha256.Sum256(nil)
		accessKey, err = verifier.Verify(r, hex.EncodeToString(empty[:]))
	case header: // assumed
		return &failure{causes.SignatureMismatch, http.StatusForbidden, "InvalidSignatureException", "Forbidden", "the request has a signature in its headers and one in its query"}
	default:
		return &failure{causes.UnsignedDirectCall, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token", "the request is not signed"}
	}
	if failed := refusedSignature(err); failed != nil {
		return failed
	}
	c.identity.AccessKey, c.identity.AccountID = accessKey, s.api.Account
	c.identity.Caller, c.identity.User, c.identity.UserARN = "AIDALOCALINVOKER", "AIDALOCALINVOKER", "arn:aws:iam::"+s.api.Account+":user/invoker"
	who := "the invoker"
	if accessKey != s.Invoker.AccessKey {
		caller, _ := s.Caller(accessKey)
		resource := fmt.Sprintf("%s/%s/%s", s.api.arn(), c.stage.Name.V, connectKey)
		if caller.Role != nil && !caller.Role.Allows(invokes, resource) {
			message := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", caller.Name, invokes, resource)
			return &failure{causes.None, http.StatusForbidden, "AccessDeniedException", message, message}
		}
		who = caller.Name
		c.identity.Caller, c.identity.User, c.identity.UserARN = "AROALOCAL:"+caller.Name, "AROALOCAL:"+caller.Name, "arn:aws:sts::"+s.api.Account+":assumed-role/"+caller.Name
	}
	rec.Hop("signature").Pass("the signature of %s holds", who)
	return nil
}

// refusedSignature is the answer to a signature that does not hold; nil for one that does.
func refusedSignature(err error) *failure {
	var refused *sigv4.Error
	if !errors.As(err, &refused) {
		return nil
	}
	cause := causes.SignatureMismatch
	if refused.Reason == sigv4.Clock {
		cause = causes.SignatureClock
	}
	return &failure{cause, http.StatusForbidden, refused.Type, refused.Message, refused.Message}
}
