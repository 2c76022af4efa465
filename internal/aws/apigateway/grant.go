package apigateway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// service is the principal that API Gateway invokes functions as.
const service = "apigateway.amazonaws.com"

// A Grant is a statement of a function's resource policy that lets API Gateway invoke it.
type Grant struct {
	template.Place

	Function      string // the ARN that it is about
	SourceARN     template.Text
	SourceAccount template.Text
}

// readGrants reads the permissions for API Gateway.
func (r *reading) readGrants() {
	var grants []*Grant
	for _, res := range r.each("AWS::Lambda::Permission") {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			defer of.SkipAll()
			principal, action := of.Text("Principal").V, of.Text("Action").V
			if principal != service && principal != "*" || action != "lambda:InvokeFunction" && action != "lambda:*" && action != "*" {
				return
			}
			if of.Has("FunctionUrlAuthType") || of.Text("InvokedViaFunctionUrl").V == "true" {
				return
			}
			grants = append(grants, &Grant{
				Place: template.Place{Resource: res}, Function: fullARN(res.Stack, of.Text("FunctionName").V),
				SourceARN: of.Text("SourceArn"), SourceAccount: of.Text("SourceAccount"),
			})
		})
	}
	for _, api := range r.apis {
		api.grants = grants
	}
}

// fullARN completes what a permission calls a function.
func fullARN(s *assembly.Stack, name string) string {
	switch {
	case name == "" || strings.HasPrefix(name, "arn:"):
		return name
	case strings.Contains(name, ":function:"):
		return fmt.Sprintf("arn:aws:lambda:%s:%s", s.Region, name)
	default:
		return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", s.Region, s.Account, name)
	}
}

// allowed tells whether a permission lets the API invoke the operation's function, or a role
// does. Of a method with parameters the source may have them in braces, or as the path came:
// CDK writes a star for REST APIs and braces for HTTP APIs, and both work (assumed to be all).
func (o *Operation) allowed(stage, method, path string) bool {
	if o.Integration.Credentials.Given {
		return true // a role, whose policies are taken to fit
	}
	a := o.API
	return slices.ContainsFunc(a.grants, func(g *Grant) bool {
		if g.Function != o.Integration.ARN || g.SourceAccount.Known() && g.SourceAccount.V != "" && g.Resource.Stack.Own(g.SourceAccount.V) != a.Account {
			return false
		}
		if !g.SourceARN.Given || !g.SourceARN.Known() {
			return true
		}
		pattern := g.Resource.Stack.Own(g.SourceARN.V)
		return slices.ContainsFunc(o.sources(stage, method, path), func(source string) bool { return wildcard.MatchARN(pattern, source) })
	})
}

// sources are the ARNs by which a request may be known to Lambda.
//
// Source: Amazon API Gateway Developer Guide, "Control access to a REST API with IAM
// permissions", resource format. Documented.
func (o *Operation) sources(stage, method, path string) []string {
	a := o.API
	var all []string
	for _, p := range []string{o.Path, path} {
		if o.Path == "" { // $default
			p = "/$default"
		}
		all = append(all, fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s%s", a.Region, a.Account, a.ID, stage, method, p))
	}
	return all
}

// verbs are the methods that an operation may be called by.
func (o *Operation) verbs() []string {
	if o.Method != "ANY" {
		return []string{o.Method}
	}
	return methods[1:]
}
