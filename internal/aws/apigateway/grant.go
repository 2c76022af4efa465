package apigateway

import (
	"fmt"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
)

// service is the principal that API Gateway invokes functions as.
const service = authorizer.Service

// readGrants reads the permissions for API Gateway.
func (r *reading) readGrants() {
	grants := lambda.Permissions(r.assembly, service)
	for _, api := range r.apis {
		api.grants = grants
	}
}

// allowed reports whether a permission lets the API invoke the operation's function, or a role
// does. Of a method with parameters the source may have them in braces, or as the path came:
// CDK writes a star for REST APIs and braces for HTTP APIs, and both work (assumed to be all).
func (o *Operation) allowed(stage, method, path string) bool {
	if o.Integration.Credentials.Given {
		return true // a role, whose policies are taken to fit
	}
	return lambda.Permits(o.API.grants, o.Integration.ARN, o.API.Account, o.sources(stage, method, path)...)
}

// sources are the ARNs by which a request may be known to Lambda.
//
// Source: Amazon API Gateway Developer Guide, "Control access to a REST API with IAM
// permissions", resource format. Documented.
func (o *Operation) sources(stage, method, path string) []string {
	var all []string
	for _, p := range []string{o.Path, path} {
		if o.Path == "" { // $default
			p = "/$default"
		}
		all = append(all, fmt.Sprintf("%s/%s/%s%s", o.API.arn(), stage, method, p))
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
