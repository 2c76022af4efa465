package lambda

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Permission is a statement of a function's resource policy (AWS::Lambda::Permission) that
// lets a service invoke it.
type Permission struct {
	template.Place

	Principal     template.Text
	Function      string // the ARN that it is about, with the alias if it names one
	SourceARN     template.Text
	SourceAccount template.Text
}

// Permissions are the statements of the assembly that let a service, such as
// elasticloadbalancing.amazonaws.com, invoke functions. One whose function is not known is left
// out.
func Permissions(a *assembly.Assembly, service string) []*Permission {
	var all []*Permission
	quiet := &template.Log{} // package functionurl reads the same resources, and tells
	for _, res := range template.Each(a, "AWS::Lambda::Permission", quiet) {
		template.Read(res, quiet, func(of *template.Reader) {
			defer of.SkipAll()
			principal, action := of.Text("Principal"), of.Text("Action").V
			name := of.Text("FunctionName")
			invokes := action == "lambda:InvokeFunction" || action == "lambda:*" || action == "*"
			if !principal.Is(service) && !principal.Is("*") || !invokes || name.V == "" ||
				of.Has("FunctionUrlAuthType") || of.Text("InvokedViaFunctionUrl").V == "true" {
				return
			}
			all = append(all, &Permission{
				Place: template.Place{Resource: res}, Principal: principal, Function: fullARN(res.Stack, name.V),
				SourceARN: of.Text("SourceArn"), SourceAccount: of.Text("SourceAccount"),
			})
		})
	}
	return all
}

// Permits reports whether one of the permissions lets the service invoke a function on behalf of
// one of the sources, which are ARNs of a resource in the account. A condition that only a
// deployment could know is taken to hold.
func Permits(permissions []*Permission, function, account string, sources ...string) bool {
	return slices.ContainsFunc(permissions, func(p *Permission) bool {
		own := func(arn string) string { return p.Resource.Stack.Own(arn) }
		if p.Function != function || p.SourceAccount.Given && p.SourceAccount.Known() && own(p.SourceAccount.V) != account {
			return false
		}
		if !p.SourceARN.Given || !p.SourceARN.Known() {
			return true
		}
		return slices.ContainsFunc(sources, func(source string) bool { return wildcard.MatchARN(own(p.SourceARN.V), source) })
	})
}

// fullARN completes what a resource of the stack calls a function: its name, its ARN, or the
// ARN without what is clear, each with a version or an alias.
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
