package fronts

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Url is a function URL that callers use themselves.
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
	// Function gets the function URL, hence it must have none yet.
	// Required.
	Function awslambda.IFunction
	// AuthType says who may call. With NONE everybody may, and the function has to look whom it
	// serves; nothing limits the requests but the function's concurrency.
	// Default: awslambda.FunctionUrlAuthType_AWS_IAM.
	AuthType awslambda.FunctionUrlAuthType
	// InvokeMode says whether responses stream.
	// Default: awslambda.InvokeMode_RESPONSE_STREAM.
	InvokeMode awslambda.InvokeMode
	// Cors are the headers for pages of other origins, which the URL adds.
	// Default: - none.
	Cors *awslambda.FunctionUrlCorsOptions
}

type functionUrl struct {
	constructs.Construct
	url awslambda.FunctionUrl
}

// NewUrl defines a Url. A function URL has no access logs, no web ACL and no domain name of
// your own, and TLS 1.2 at least.
func NewUrl(scope constructs.Construct, id *string, props *UrlProps) Url {
	var p UrlProps
	if props != nil {
		p = *props
	}
	required(p.Function != nil, "UrlProps.Function")
	if p.AuthType == "" {
		p.AuthType = awslambda.FunctionUrlAuthType_AWS_IAM
	}
	door := "url"
	switch p.InvokeMode {
	case "":
		p.InvokeMode = awslambda.InvokeMode_RESPONSE_STREAM
	case awslambda.InvokeMode_BUFFERED:
		door = "url-buffered"
	}

	u := &functionUrl{}
	constructs.NewConstruct_Override(u, scope, id)
	u.url = p.Function.AddFunctionUrl(&awslambda.FunctionUrlOptions{AuthType: p.AuthType, InvokeMode: p.InvokeMode, Cors: p.Cors})
	tell(p.Function, "url", door)
	if p.AuthType == awslambda.FunctionUrlAuthType_NONE {
		// The second of two permissions, which CDK adds itself from v2.273.0 on; twice does no harm.
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

func (u *functionUrl) Url() *string {
	return withoutSlash(u.url.Url())
}

func (u *functionUrl) FunctionUrl() awslambda.FunctionUrl { return u.url }

// withoutSlash takes the slash off the end of an address that is a token, and has no path.
func withoutSlash(address *string) *string {
	parts := awscdk.Fn_Split(jsii.String("/"), address, nil)
	return jsii.String("https://" + *awscdk.Fn_Select(jsii.Number(2), parts))
}
