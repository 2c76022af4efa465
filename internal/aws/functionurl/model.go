package functionurl

import (
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// A URL is a function URL with its function.
type URL struct {
	template.Place

	Name       string // "Stack/LogicalId"
	DomainName string
	ARN        string // of the function, with the alias if the URL is an alias's; "": not known
	Target     template.Text
	AuthType   template.Text // AWS_IAM or NONE
	InvokeMode template.Text // RESPONSE_STREAM or BUFFERED
	CORS       cors.Settings

	Function *lambda.Definition // nil: not of this assembly
	Grants   []*Grant           // the resource policy of what the URL is of

	Log *template.Log // what was found in it
}

// Public reports whether the URL asks for no signature.
func (u *URL) Public() bool { return u.AuthType.Is("NONE") }

// Streams reports whether the URL passes on a response as it comes.
func (u *URL) Streams() bool { return u.InvokeMode.Is("RESPONSE_STREAM") }

// Unserved are the findings about what of the URL, or of its function, the local chain does not
// model. With any it is answered 501: who calls it, and the behaviors before it.
func (u *URL) Unserved() []template.Finding {
	log := &template.Log{}
	log.Take(u.Log, template.Unmodelled)
	if u.Function != nil {
		for _, f := range u.Function.Unserved() {
			log.Add(f)
		}
	}
	return log.Findings()
}

// Model is what an assembly says of function URLs.
type Model struct {
	URLs   []*URL
	Grants []*Grant // those that may be about a function URL
}

// Read reads the function URLs of the assembly, and who may call them.
func Read(a *assembly.Assembly, functions *lambda.Definitions, log *template.Log) *Model {
	m := &Model{}
	for _, res := range template.Each(a, "AWS::Lambda::Url", log) {
		m.URLs = append(m.URLs, readURL(a, res, functions))
	}
	for _, res := range template.Each(a, "AWS::Lambda::Permission", log) {
		if g := readGrant(res); g != nil {
			m.Grants = append(m.Grants, g)
		}
	}
	for _, g := range m.Grants {
		for _, u := range m.URLs {
			if u.ARN != "" && u.ARN == g.Function {
				u.Grants = append(u.Grants, g)
				if g.URL == nil {
					g.URL = u
				}
			}
		}
	}
	return m
}

// corsMethods are those that CORS takes: OPTIONS is answered by the URL itself.
var corsMethods = []string{"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"}

// aliasName is the form of an alias's name. Documented.
var aliasName = regexp.MustCompile(`^[a-zA-Z0-9_-]*[a-zA-Z_-][a-zA-Z0-9_-]*$`)

// version is what an alias is for.
var version = regexp.MustCompile(`^(\$LATEST|\d+)$`)

func readURL(a *assembly.Assembly, res *assembly.Resource, functions *lambda.Definitions) *URL {
	u := &URL{Place: template.Place{Resource: res}, Name: res.Name(), Log: &template.Log{}}
	if address, err := res.Attribute("FunctionUrl"); err == nil {
		u.DomainName = Bare(address)
	} else {
		u.Log.Unmodelled(u.Place, "%v", err)
	}
	template.Read(res, u.Log, func(r *template.Reader) {
		u.Target = r.Text("TargetFunctionArn", template.Required)                                                                  // a name or an ARN
		r.Text("Qualifier", template.Matching(aliasName, "the name of an alias, and not the number of a version"), template.Spare) // see FunctionArn
		u.AuthType = r.Text("AuthType", template.Required, template.OneOf("AWS_IAM", "NONE"))
		u.InvokeMode = r.Text("InvokeMode", template.Default("BUFFERED"), template.OneOf("RESPONSE_STREAM", "BUFFERED"))
		u.CORS = cors.Read(r.Object("Cors"), template.Between(0, 86400), corsMethods...)
		if !u.Target.Known() {
			return
		}
		var err error
		if u.ARN, err = res.Attribute("FunctionArn"); err != nil {
			u.Log.Unknown(u.Target.Place, "is not known before the deployment: %v", err)
		}
	})
	if u.ARN == "" {
		return u
	}
	function, qualifier := lambda.SplitARN(u.ARN)
	u.Function = functions.Find(function)
	// The version behind an alias is the code that the template has now.
	alias, _ := a.Find("AWS::Lambda::Alias", "", u.ARN)
	switch {
	case u.Function == nil:
		u.Log.Unmodelled(u.Target.Place, "is %s: the local chain runs functions of this cloud assembly only", u.ARN)
		return u
	case alias != nil:
		template.Read(alias, u.Log, func(r *template.Reader) {
			r.Skip("Description", "ProvisionedConcurrencyConfig", "RoutingConfig")
			r.Text("Name", template.Required, template.Spare)
			r.Text("FunctionName", template.Required, template.Spare)
			r.Text("FunctionVersion", template.Required, template.Matching(version, "the number of a version, or $LATEST"), template.Spare)
		})
	case qualifier != "":
		u.Log.Unmodelled(u.Target.Place, "is %s: this cloud assembly has no such alias", u.ARN)
	}
	functions.Serve(u.Function)
	functions.ReadRole(u.Function)
	return u
}

// Bare takes the scheme and the slash off the address of a function URL.
func Bare(address string) string {
	return strings.TrimSuffix(strings.TrimPrefix(address, "https://"), "/")
}
