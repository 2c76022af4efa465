package functionurl

import (
	"testing"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

const (
	invokeURL = "lambda:InvokeFunctionUrl"
	invoke    = "lambda:InvokeFunction"
	ours      = "arn:aws:cloudfront::111122223333:distribution/EOURS"
)

// Both actions have to be granted; the first that is not is named.
func TestMissingGrant(t *testing.T) {
	t.Parallel()
	type grants = []*Grant
	cloudfront := func(action string, change func(*Grant)) *Grant {
		g := &Grant{Action: template.Of(action), Principal: template.Of(CloudFront), SourceARN: template.Of(ours)}
		if change != nil {
			change(g)
		}
		return g
	}
	public := func(action string, change func(*Grant)) *Grant {
		return cloudfront(action, func(g *Grant) {
			g.Principal.V, g.SourceARN.V = "*", ""
			if change != nil {
				change(g)
			}
		})
	}
	both := func(change func(*Grant)) grants {
		return grants{cloudfront(invokeURL, change), cloudfront(invoke, change)}
	}
	source := func(arn string) grants { return both(func(g *Grant) { g.SourceARN.V = arn }) }
	caller := &Principal{Service: "cloudfront.amazonaws.com", SourceARN: ours, SourceAccount: "111122223333"}

	for name, test := range map[string]struct {
		grants grants
		caller *Principal
		auth   string // default: AWS_IAM, NONE for anonymous callers
		want   string
	}{
		"both":                               {both(nil), caller, "", ""},
		"none":                               {nil, caller, "", invokeURL},
		"InvokeFunctionUrl alone":            {grants{cloudfront(invokeURL, nil)}, caller, "", invoke},
		"InvokeFunction alone":               {grants{cloudfront(invoke, nil)}, caller, "", invokeURL},
		"all actions":                        {grants{cloudfront("lambda:*", nil)}, caller, "", ""},
		"another action":                     {grants{cloudfront("lambda:GetFunction", nil), cloudfront(invokeURL, nil)}, caller, "", invoke},
		"in several statements":              {append(source("arn:aws:cloudfront::111122223333:distribution/EOTHER"), both(nil)...), caller, "", ""},
		"via function URL":                   {both(func(g *Grant) { g.ViaFunctionURL.V = true }), caller, "", ""},
		"another service":                    {both(func(g *Grant) { g.Principal.V = "s3.amazonaws.com" }), caller, "", invokeURL},
		"an account":                         {both(func(g *Grant) { g.Principal.V = "111122223333" }), caller, "", invokeURL},
		"any source":                         {source(""), caller, "", ""},
		"another distribution":               {source("arn:aws:cloudfront::111122223333:distribution/EOTHER"), caller, "", invokeURL},
		"another account's":                  {source("arn:aws:cloudfront::222233334444:distribution/EOURS"), caller, "", invokeURL},
		"any distribution":                   {source("arn:aws:cloudfront::111122223333:distribution/*"), caller, "", ""},
		"any of any account":                 {source("arn:aws:cloudfront::*:distribution/*"), caller, "", ""},
		"one character more":                 {source(ours + "?"), caller, "", invokeURL},
		"a prefix":                           {source("arn:aws:cloudfront::111122223333:distribution/EOUR"), caller, "", invokeURL},
		"no ARN at all":                      {source("*"), caller, "", invokeURL},
		"source account":                     {both(func(g *Grant) { g.SourceAccount.V = "111122223333" }), caller, "", ""},
		"another source account":             {both(func(g *Grant) { g.SourceAccount.V = "222233334444" }), caller, "", invokeURL},
		"auth type of the URL":               {grants{cloudfront(invokeURL, func(g *Grant) { g.URLAuthType.V = "AWS_IAM" }), cloudfront(invoke, nil)}, caller, "", ""},
		"another auth type":                  {grants{cloudfront(invokeURL, func(g *Grant) { g.URLAuthType.V = "NONE" }), cloudfront(invoke, nil)}, caller, "", invokeURL},
		"anonymous, both public":             {grants{public(invokeURL, nil), public(invoke, nil)}, nil, "", ""},
		"anonymous, auth type NONE":          {grants{public(invokeURL, func(g *Grant) { g.URLAuthType.V = "NONE" }), public(invoke, nil)}, nil, "", ""},
		"anonymous, one public":              {grants{public(invokeURL, nil)}, nil, "", invoke},
		"anonymous, none":                    {nil, nil, "", invokeURL},
		"anonymous, CloudFront's grants":     {both(nil), nil, "", invokeURL},
		"anonymous, public with a source":    {grants{public(invokeURL, func(g *Grant) { g.SourceARN.V = ours }), public(invoke, nil)}, nil, "", invokeURL},
		"anonymous, public with an account":  {grants{public(invokeURL, nil), public(invoke, func(g *Grant) { g.SourceAccount.V = "111122223333" })}, nil, "", invoke},
		"anonymous, grant for another auth":  {grants{public(invokeURL, func(g *Grant) { g.URLAuthType.V = "AWS_IAM" }), public(invoke, nil)}, nil, "", invokeURL},
		"CloudFront at a URL of type NONE":   {grants{cloudfront(invokeURL, func(g *Grant) { g.URLAuthType.V = "NONE" }), cloudfront(invoke, nil)}, caller, "NONE", ""},
		"source in another ARN's last parts": {source("arn:aws:cloudfront::111122223333"), caller, "", invokeURL},
		// A user's own policy is enough in the function's account, and never in another.
		"user of the account":    {nil, &Principal{SourceAccount: "111122223333"}, "", ""},
		"user of another":        {nil, &Principal{SourceAccount: "222233334444"}, "", invokeURL},
		"user and public grants": {both(nil), &Principal{SourceAccount: "222233334444"}, "", invokeURL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := test.auth
			if auth == "" {
				auth = map[bool]string{true: "NONE", false: "AWS_IAM"}[test.caller == nil]
			}
			f := &URL{AuthType: template.Of(auth), Grants: test.grants, Function: &lambda.Definition{Account: "111122223333"}}
			if got := missingGrant(f, test.caller); got != test.want {
				t.Errorf("missing = %q, want %q", got, test.want)
			}
		})
	}
}

func TestIssue(t *testing.T) {
	t.Parallel()
	var p Principals
	a, b := p.Issue(Principal{Service: "a"}), p.Issue(Principal{Service: "b"})
	if a == b || a.AccessKey == b.AccessKey || a.SecretKey == b.SecretKey || a.Token == b.Token {
		t.Errorf("two principals share credentials: %+v and %+v", a, b)
	}
	if i, ok := p.lookup(a.AccessKey); !ok || i.principal.Service != "a" || i.credentials.SecretKey != a.SecretKey || i.credentials.Token != a.Token {
		t.Errorf("lookup = %+v, %v, want the first", i, ok)
	}
	if _, ok := p.lookup("ASIANOBODY"); ok {
		t.Error("lookup of an unknown access key found one")
	}
	if _, ok := (&Principals{}).lookup(a.AccessKey); ok {
		t.Error("lookup before any Issue found one")
	}
}
