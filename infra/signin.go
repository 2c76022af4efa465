package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

const (
	httpsURL    = `https://[^/?#\s"\\]+(/[^?#\s"\\]*)?`
	httpsOrigin = `https://[A-Za-z0-9.-]+(:[0-9]+)?` // as a Content-Security-Policy can name it
)

// Who may ask the sample: those with an API key, or with a token that is verified at the edge.
var (
	auth = setting{
		context:     "auth",
		environment: []string{"STREAMFRONT_AUTH"},
		fallback:    "key",
		pattern:     regexp.MustCompile(`^(key|cognito|jwt)$`),
		want:        "key, cognito (a user pool is made) or jwt (with the context issuer and audience)",
	}
	issuer = setting{
		context:     "issuer",
		environment: []string{"STREAMFRONT_ISSUER"},
		pattern:     regexp.MustCompile(`^$|^` + httpsURL + `$`),
		want:        "the https URL that the tokens have in the claim iss, such as https://example.eu.auth0.com/",
	}
	audience = setting{
		context:     "audience",
		environment: []string{"STREAMFRONT_AUDIENCE"},
		pattern:     regexp.MustCompile(`^$|^[!-+\--~]+(,[!-+\--~]+)*$`),
		want:        "the accepted values of aud, separated by commas",
	}
	clientID = setting{
		context:     "clientId",
		environment: []string{"STREAMFRONT_CLIENT_ID"},
		pattern:     regexp.MustCompile(`^[!-~]*$`),
		want:        "the id of a public client of the issuer, by which the chat page signs in",
	}
	scope = setting{
		context:     "scope",
		environment: []string{"STREAMFRONT_SCOPE"},
		pattern:     regexp.MustCompile(`^$|^[!#-\[\]-~]+( [!#-\[\]-~]+)*$`), // RFC 6749, 3.3
		want:        "the scopes that the chat page requests, separated by spaces, such as \"openid email\"",
	}
	issuerOrigins = setting{
		context:     "issuerOrigins",
		environment: []string{"STREAMFRONT_ISSUER_ORIGINS"},
		pattern:     regexp.MustCompile(`^$|^` + httpsOrigin + `(,` + httpsOrigin + `)*$`),
		want:        "the further origins that the issuer gives and revokes tokens at, separated by commas, such as https://oauth2.googleapis.com, without paths and wildcards",
	}
	callback = setting{
		context:     "callback",
		environment: []string{"STREAMFRONT_CALLBACK"},
		pattern:     regexp.MustCompile(`^$|^` + httpsURL + `(,` + httpsURL + `)*$`),
		want:        "the addresses of the chat page, separated by commas, such as https://d111111abcdef8.cloudfront.net/",
	}
)

// signIn is who gives the tokens; nil: API keys are asked for.
type signIn struct {
	authorizer streamfront.Authorizer
	domain     string // of the managed login
}

// addSignIn makes the user pool or uses the issuer, and tells the function.
func addSignIn(stack awscdk.Stack, fn awslambda.Function, props *stackProps) *signIn {
	set := func(name, value string) { fn.AddEnvironment(&name, &value, nil) }
	switch props.auth {
	case "cognito":
		return addUserPool(stack, set, props)
	case "jwt":
		set("AUTH_ISSUER", props.issuer)
		set("AUTH_AUDIENCE", props.audience)
		if props.clientID != "" {
			set("AUTH_CLIENT_ID", props.clientID)
		}
		if props.issuerOrigins != "" {
			set("AUTH_ISSUER_ORIGINS", props.issuerOrigins)
		}
		if props.scope != "" {
			set("AUTH_SCOPE", props.scope)
		}
		return &signIn{authorizer: streamfront.NewJwtAuthorizer(&props.issuer, &streamfront.JwtAuthorizerProps{
			JwtAudience: jsii.Strings(strings.Split(props.audience, ",")...), ServeResourceMetadata: jsii.Bool(true), AllowedOrigins: props.origins(),
		})}
	}
	return nil
}

// origins are those of the pages that may call, and read why they may not.
func (p *stackProps) origins() *[]*string {
	if p.allowedOrigins == "" {
		return nil
	}
	return jsii.Strings(strings.Split(p.allowedOrigins, ",")...)
}

// addUserPool makes a pool and a client for the page. Only an administrator can add users, because the
// sample's answers may cost money.
func addUserPool(stack awscdk.Stack, set func(name, value string), props *stackProps) *signIn {
	pool := awscognito.NewUserPool(stack, jsii.String("Users"), &awscognito.UserPoolProps{
		SignInAliases: &awscognito.SignInAliases{Email: jsii.Bool(true)}, SelfSignUpEnabled: jsii.Bool(false),
		PasswordPolicy:  &awscognito.PasswordPolicy{MinLength: jsii.Number(12)},
		AccountRecovery: awscognito.AccountRecovery_EMAIL_ONLY,
		RemovalPolicy:   awscdk.RemovalPolicy_RETAIN, // users are not made again by a deployment
	})
	// Names of domains are one for all of AWS in a region.
	prefix := fmt.Sprintf("%s-%s", strings.Trim(strings.ToLower(props.name), "-"), *stack.Account())
	domain := pool.AddDomain(jsii.String("Login"), &awscognito.UserPoolDomainOptions{
		CognitoDomain: &awscognito.CognitoDomainOptions{DomainPrefix: &prefix},
	})
	// The page's own address cannot be a callback here: the distribution needs the client's id, so the
	// client cannot depend on the distribution. The address is known after the first deployment.
	callbacks := []string{"http://localhost:8080/"}
	if props.callback != "" {
		callbacks = append(strings.Split(props.callback, ","), callbacks...)
	}
	client := pool.AddClient(jsii.String("Page"), &awscognito.UserPoolClientOptions{
		AuthFlows: &awscognito.AuthFlow{}, // none but by the managed login
		OAuth: &awscognito.OAuthSettings{
			Flows:        &awscognito.OAuthFlows{AuthorizationCodeGrant: jsii.Bool(true)},
			Scopes:       &[]awscognito.OAuthScope{awscognito.OAuthScope_OPENID(), awscognito.OAuthScope_EMAIL()},
			CallbackUrls: jsii.Strings(callbacks...), LogoutUrls: jsii.Strings(callbacks...),
		},
		AccessTokenValidity: awscdk.Duration_Hours(jsii.Number(1)), RefreshTokenValidity: awscdk.Duration_Days(jsii.Number(1)),
		PreventUserExistenceErrors: jsii.Bool(true), EnableTokenRevocation: jsii.Bool(true),
	})
	login := fmt.Sprintf("https://%s.auth.%s.amazoncognito.com", *domain.DomainName(), *stack.Region())
	set("AUTH_ISSUER", "https://"+*pool.UserPoolProviderName())
	set("AUTH_AUDIENCE", *client.UserPoolClientId())
	set("AUTH_CLIENT_ID", *client.UserPoolClientId())
	set("AUTH_TOKEN_USE", "access")
	set("AUTH_URL", login)
	awscdk.NewCfnOutput(stack, jsii.String("ClientId"), &awscdk.CfnOutputProps{
		Description: jsii.String("The client by which people sign in, for MCP clients and others"), Value: client.UserPoolClientId(),
	})
	awscdk.NewCfnOutput(stack, jsii.String("AddUser"), &awscdk.CfnOutputProps{
		Description: jsii.String("Makes a user, who gets a first password by mail"),
		Value:       jsii.Sprintf("aws cognito-idp admin-create-user --region %s --user-pool-id %s --username YOU@example.com", props.region, *pool.UserPoolId()),
	})
	return &signIn{domain: login, authorizer: streamfront.NewUserPoolAuthorizer(pool, &streamfront.UserPoolAuthorizerProps{
		UserPoolClients: &[]awscognito.IUserPoolClient{client}, ServeResourceMetadata: jsii.Bool(true), AllowedOrigins: props.origins(),
	})}
}

// openPages opens what is public: the page, which contains no secrets, and the health check. Neither path
// has a wildcard, because another spelling of a path could use it to avoid the authorizer.
func (s *signIn) openPages(endpoint streamfront.Endpoint, fn awslambda.IFunction) {
	if s == nil {
		return
	}
	for _, path := range []string{"/", "/healthz"} {
		endpoint.AddRoute(&path, fn, &streamfront.RouteOptions{Authorizer: streamfront.NewNoneAuthorizer(), PayloadHash: streamfront.PayloadHash_NONE})
	}
}

func (s *signIn) edge() streamfront.Authorizer {
	if s == nil {
		return nil
	}
	return s.authorizer
}

// validateAuth checks what single settings cannot show.
func (p *stackProps) validateAuth() error {
	signsIn := p.auth == "cognito" || p.auth == "jwt"
	keys := p.apiKey + p.apiKeySecret + p.apiKeyParameter
	switch {
	case signsIn && p.sample == "node":
		return fmt.Errorf("streamfront: auth is %q, which the Node.js sample does not know; use the Go sample", p.auth)
	case signsIn && p.front != "" && p.front != "cloudfront":
		return fmt.Errorf("streamfront: auth is %q and front is %q, but tokens are verified at CloudFront's edge; use the front cloudfront, or auth=key", p.auth, p.front)
	case signsIn && keys != "":
		return fmt.Errorf("streamfront: auth is %q, and an API key is set, which nothing would check; choose one", p.auth)
	case p.auth == "jwt" && (p.issuer == "" || p.audience == ""):
		return fmt.Errorf("streamfront: auth is \"jwt\", with issuer %q and audience %q; set both, with -c issuer=URL -c audience=NAME", p.issuer, p.audience)
	case p.auth != "jwt" && p.issuer+p.audience+p.clientID+p.scope+p.issuerOrigins != "":
		return fmt.Errorf("streamfront: auth is %q, and issuer, audience, clientId, scope or issuerOrigins is set, which have an effect only with -c auth=jwt", p.auth)
	case p.scope != "" && p.clientID == "":
		return fmt.Errorf("streamfront: scope is %q, which the page requests, but clientId is not set, without which the page does not sign in; set both, or neither", p.scope)
	case p.issuerOrigins != "" && p.clientID == "":
		return fmt.Errorf("streamfront: issuerOrigins is %q, which the page may ask for tokens, but clientId is not set, without which the page does not sign in; set both, or neither", p.issuerOrigins)
	case p.auth != "cognito" && p.callback != "":
		return fmt.Errorf("streamfront: auth is %q, and callback is %q, which has an effect only with -c auth=cognito", p.auth, p.callback)
	}
	return nil
}
