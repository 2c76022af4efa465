package functionurl

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// The two actions that a caller of a function URL needs.
const (
	InvokeURL      = "lambda:InvokeFunctionUrl"
	InvokeFunction = "lambda:InvokeFunction"
)

// CloudFront is the one service that calls function URLs.
const CloudFront = "cloudfront.amazonaws.com"

// action is the form of a permission's action.
var action = regexp.MustCompile(`^(\*|lambda:\*|lambda:[a-zA-Z]+)$`)

// accountID is the form of an account's id.
var accountID = regexp.MustCompile(`^\d{12}$`)

// A Grant is one statement of a function's resource policy (AWS::Lambda::Permission).
type Grant struct {
	template.Place

	Name           string // "Stack/LogicalId"
	Function       string // the ARN that it is about; "": not known
	Action         template.Text
	Principal      template.Text
	SourceARN      template.Text
	SourceAccount  template.Text
	URLAuthType    template.Text // condition lambda:FunctionUrlAuthType; "": none
	ViaFunctionURL template.Bool // condition lambda:InvokedViaFunctionUrl
	Organization   template.Raw  // condition aws:PrincipalOrgID

	URL *URL // of the function; nil: it has none
	Log *template.Log
}

// Covers reports whether the grant's action has the other in it.
func (g *Grant) Covers(action string) bool {
	return g.Action.Is(action) || g.Action.Is("lambda:*") || g.Action.Is("*")
}

// Public reports whether the grant is for every principal.
func (g *Grant) Public() bool { return g.Principal.Is("*") }

// ForViewers reports whether the grant lets CloudFront, or everybody, call a function.
func (g *Grant) ForViewers() bool {
	return (g.Principal.Is(CloudFront) || g.Public()) && (g.Covers(InvokeURL) || g.Covers(InvokeFunction))
}

// principalAccount is the account that the grant is for, or for one of whose users or roles.
func (g *Grant) principalAccount() (account string, ok bool) {
	account = g.Principal.V
	if parts := strings.SplitN(account, ":", 6); len(parts) == 6 && (parts[2] == "iam" || parts[2] == "sts") {
		account = parts[4]
	}
	return account, len(account) == 12 && strings.Trim(account, "0123456789") == ""
}

// Source is the ARN that the grant's condition names, in the account of the stack where the
// app leaves that open.
func (g *Grant) Source() string { return own(g.SourceARN) }

// Account is the account that the grant's condition names, which is that of the stack where
// the app leaves it open.
func (g *Grant) Account() string { return own(g.SourceAccount) }

func own(v template.Text) string {
	if v.Resource == nil {
		return v.V
	}
	return v.Resource.Stack.Own(v.V)
}

// readGrant returns nil for a permission of a service that calls no function URLs.
func readGrant(res *assembly.Resource) *Grant {
	g := &Grant{Place: template.Place{Resource: res}, Name: res.Name(), Log: &template.Log{}}
	about := true
	template.Read(res, g.Log, func(r *template.Reader) {
		g.Principal = r.Text("Principal", template.Required)
		if about = g.Principal.V == CloudFront || !strings.HasSuffix(g.Principal.V, ".amazonaws.com"); !about {
			r.SkipAll()
			return
		}
		if g.Principal.Known() && g.Principal.V != CloudFront && !g.Public() {
			r.Hush() // an account or a role, which no rule is about
		}
		g.Action = r.Text("Action", template.Required, template.Matching(action, "* or an action of Lambda"))
		if g.Action.Known() && !g.Covers(InvokeURL) && !g.Covers(InvokeFunction) {
			r.Hush()
		}
		g.Function = functionARN(res.Stack, r.Text("FunctionName", template.Required))
		g.SourceARN = r.Text("SourceArn")
		g.SourceAccount = r.Text("SourceAccount", template.Matching(accountID, "12 digits"))
		g.URLAuthType = r.Text("FunctionUrlAuthType", template.OneOf("AWS_IAM", "NONE"))
		g.ViaFunctionURL = r.Bool("InvokedViaFunctionUrl")
		g.Organization = r.Raw("PrincipalOrgID", template.Unserved)
	})
	if !about {
		return nil
	}
	return g
}

// functionARN completes what a permission calls the function: its name in the region of the
// permission, its ARN, or the ARN without what is clear, each with a version or an alias,
// which have policies of their own.
func functionARN(s *assembly.Stack, name template.Text) string {
	switch {
	case name.V == "":
		return ""
	case strings.HasPrefix(name.V, "arn:"):
		return name.V
	case strings.Contains(name.V, ":function:"):
		return fmt.Sprintf("arn:aws:lambda:%s:%s", s.Region, name.V)
	default:
		return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", s.Region, s.Account, name.V)
	}
}
