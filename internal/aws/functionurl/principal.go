package functionurl

import (
	"sync"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Principal is who signed a request: a service, or an IAM user of the function's own
// account whose policies allow it to call the function.
type Principal struct {
	Service       string // such as "cloudfront.amazonaws.com"; "" for a user
	SourceARN     string // the resource on whose behalf the service calls
	SourceAccount string
}

// String names the principal for the operator.
func (p *Principal) String() string {
	switch {
	case p == nil:
		return "anonymous callers"
	case p.Service == "":
		return "the invoker of account " + p.SourceAccount
	default:
		return p.Service + " on behalf of " + p.SourceARN
	}
}

// Principals knows who may sign requests: as AWS's security token service would, but for
// one run of the chain.
type Principals struct {
	mu   sync.RWMutex
	keys map[string]issued
}

type issued struct {
	principal   Principal
	credentials iam.Credentials
}

// Issue makes temporary credentials for the principal.
func (p *Principals) Issue(principal Principal) iam.Credentials {
	c := iam.NewCredentials()
	p.Add(principal, c)
	return c
}

// Add lets the principal sign with the credentials.
func (p *Principals) Add(principal Principal, c iam.Credentials) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil {
		p.keys = map[string]issued{}
	}
	p.keys[c.AccessKey] = issued{principal, c}
}

func (p *Principals) lookup(accessKey string) (issued, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	i, ok := p.keys[accessKey]
	return i, ok
}

// The two actions that a caller of a function URL needs, both, since October 2025; the
// grace for older URLs ended on 1 November 2026.
//
// Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs".
var requiredActions = []string{InvokeURL, InvokeFunction}

// missingGrant returns the first required action that no statement of the function's
// resource policy allows the caller; "" if all are allowed. A nil caller is anonymous. A
// user of the function's account needs no statement there: the user's own policy is enough.
func missingGrant(u *URL, caller *Principal) string {
	if caller != nil && caller.Service == "" {
		if caller.SourceAccount == u.Function.Account {
			return ""
		}
		return requiredActions[0]
	}
	for _, action := range requiredActions {
		allowed := false
		for _, g := range u.Grants {
			allowed = allowed || g.allows(action, u.AuthType.V, caller)
		}
		if !allowed {
			return action
		}
	}
	return ""
}

// allows evaluates one statement. Its condition InvokedViaFunctionUrl is always met here.
func (g *Grant) allows(action, authType string, caller *Principal) bool {
	if !g.Covers(action) || g.URLAuthType.V != "" && g.URLAuthType.V != authType {
		return false
	}
	if caller == nil {
		return g.Public() && g.SourceARN.V == "" && g.SourceAccount.V == ""
	}
	return g.Principal.Is(caller.Service) &&
		(g.SourceARN.V == "" || wildcard.MatchARN(g.Source(), caller.SourceARN)) &&
		(g.SourceAccount.V == "" || g.Account() == caller.SourceAccount)
}
