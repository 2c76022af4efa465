package fronts

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// Url is a function URL that callers use directly.
type Url interface {
	constructs.Construct
	// Url returns "https://" and the domain name of the function URL, without a slash at the
	// end. It is a token.
	Url() *string
	// FunctionUrl returns the function URL.
	FunctionUrl() awslambda.FunctionUrl
}

// UrlProps are the properties of a Url.
type UrlProps struct {
	// Function gets the function URL. It must not have one already.
	// Required.
	Function awslambda.IFunction
	// AuthType says who may call. With NONE everybody may, so the function must check its callers,
	// and only its concurrency limits the requests.
	// Default: awslambda.FunctionUrlAuthType_AWS_IAM.
	AuthType awslambda.FunctionUrlAuthType
	// InvokeMode says whether responses stream.
	// Default: awslambda.InvokeMode_RESPONSE_STREAM.
	InvokeMode awslambda.InvokeMode
	// Cors are the CORS headers that the URL adds for pages of other origins.
	// Default: - none.
	Cors *awslambda.FunctionUrlCorsOptions
}

type functionUrl struct {
	constructs.Construct
	url awslambda.FunctionUrl
}

// NewUrl defines a Url. A function URL requires TLS 1.2, and has no access logs, no web ACL and no
// domain name of your own.
func NewUrl(scope constructs.Construct, id *string, props *UrlProps) Url {
	var p UrlProps
	if props != nil {
		p = *props
	}
	if p.AuthType == "" {
		p.AuthType = awslambda.FunctionUrlAuthType_AWS_IAM
	}
	if p.InvokeMode == "" {
		p.InvokeMode = awslambda.InvokeMode_RESPONSE_STREAM
	}
	var found problems.List
	own := p.validate(&found)
	found.Report()

	u := &functionUrl{}
	constructs.NewConstruct_Override(u, scope, id)
	u.url = p.Function.AddFunctionUrl(&awslambda.FunctionUrlOptions{AuthType: p.AuthType, InvokeMode: p.InvokeMode, Cors: p.Cors})
	own.addTo(p.Function)
	if p.AuthType == awslambda.FunctionUrlAuthType_NONE {
		// The second of two permissions. The CDK adds it itself since v2.273.0; a second one is harmless.
		// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
		awslambda.NewCfnPermission(u, jsii.String("InvokeFunction"), &awslambda.CfnPermissionProps{
			Action:                jsii.String("lambda:InvokeFunction"),
			FunctionName:          p.Function.FunctionArn(),
			Principal:             jsii.String("*"),
			InvokedViaFunctionUrl: jsii.Bool(true),
		})
	}
	return u
}

// validate returns the door that the URL is for the function.
func (p *UrlProps) validate(found *problems.List) door {
	own := door{"url", "url"}
	switch p.InvokeMode {
	case awslambda.InvokeMode_RESPONSE_STREAM:
	case awslambda.InvokeMode_BUFFERED:
		own.name = "url-buffered"
	default:
		found.Add("UrlProps.InvokeMode is %q; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED", p.InvokeMode)
	}
	switch p.AuthType {
	case awslambda.FunctionUrlAuthType_AWS_IAM, awslambda.FunctionUrlAuthType_NONE:
	default:
		found.Add("UrlProps.AuthType is %q; use FunctionUrlAuthType_AWS_IAM or FunctionUrlAuthType_NONE", p.AuthType)
	}
	own.validateFunction(found, "UrlProps.Function", p.Function)
	if p.Function != nil && p.Function.Node().TryFindChild(jsii.String("FunctionUrl")) != nil {
		found.Add("UrlProps.Function %q has a function URL already and cannot have two; use that one, or pass an alias of the function", *p.Function.Node().Path())
	}
	return own
}

func (u *functionUrl) Url() *string {
	return withoutSlash(u.url.Url())
}

func (u *functionUrl) FunctionUrl() awslambda.FunctionUrl { return u.url }

// withoutSlash removes the slash at the end of an address that is a token and has no path.
func withoutSlash(address *string) *string {
	parts := awscdk.Fn_Split(jsii.String("/"), address, nil)
	return jsii.String("https://" + *awscdk.Fn_Select(jsii.Number(2), parts))
}
