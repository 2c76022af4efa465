package causes

// The authorizer at the edge, and what it refuses. $TOKEN is the token that was sent.
const decode = "printf %s \"$TOKEN\" | cut -d. -f2 | tr '_-' '/+' | base64 -d 2>/dev/null"

var authorization = []Cause{
	{
		ID:         AuthorizerWithoutCheck,
		Title:      "A route has an authorizer's configuration, and nothing on it verifies tokens",
		Answer:     "200 for requests without a token",
		Why:        "The configuration is in custom headers of the origin, and a Lambda@Edge function at origin-request reads it. Without that function CloudFront sends the headers to the application, and every request passes. A response from the cache never reaches that function either.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Lambda@Edge event structure\" and \"CloudFront events that can trigger a Lambda@Edge function\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL\"  # not 401",
		Fix: Fix{
			Do:             "Run the authorizer on the behavior, and cache nothing there.",
			CDK:            "Set `cloudfront.BehaviorOptions.edgeLambdas: [cloudfront.EdgeLambda{eventType: cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, functionVersion: authorizer@experimental.EdgeFunction.currentVersion, includeBody: true}]` and `cloudfront.BehaviorOptions.cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED` on the behavior.",
			Streamfront:    "`NewEndpoint` with `EndpointProps.Authorizer` sets both, and refuses caching.",
			CloudFormation: "Add the authorizer to LambdaFunctionAssociations with EventType: origin-request, and set CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad (CachingDisabled).",
		},
	},
	{
		ID:         AuthorizerAvoided,
		Title:      "Another spelling of a path reaches the same function without the authorizer",
		Answer:     "200 without a token, for a path such as /Admin/x or /public/..%2Fadmin/x",
		Why:        "CloudFront selects the behavior by the path, where letter case counts and %2F is not a slash; the function gets the path unchanged, and its router may treat another spelling as the same path. An open route to the same function then bypasses a protected one.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Cache behavior settings\", path pattern; what a router makes of a path is its own",
		Diagnose: "streamfront check cdk.out  # names the spelling\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' --path-as-is \"$URL\"  # with that spelling: the application's answer, not 401",
		Fix: Fix{
			Do:          "Protect all paths, and open single ones without a wildcard. Or serve what is open by a function of its own, or verify tokens in the function, too.",
			Streamfront: "`EndpointProps.Authorizer` protects all paths, and `NewNoneAuthorizer` opens one; functions/streamhttp/jwt verifies in the function.",
		},
	},
	{
		ID:         TokenRequired,
		Title:      "The request has no bearer token, and the route requires one",
		Answer:     "401 with the code token_required, and www-authenticate: Bearer",
		Why:        "The authorizer at the edge answers in place of the function: the request has no Authorization, or one with a scheme other than Bearer.",
		Confidence: Documented, Source: "RFC 6750, section 3.1",
		Diagnose: "curl -sS -D - -o /dev/null \"$URL\" | grep -i www-authenticate  # Bearer, without error=",
		Fix: Fix{
			Do:          "Send Authorization: Bearer and a token of the issuer.",
			Streamfront: "To open the route, set `RouteOptions.Authorizer` to `NewNoneAuthorizer`.",
		},
	},
	{
		ID:         TokenMalformed,
		Title:      "The authorizer cannot read the token",
		Answer:     "400 invalid_request, or 401 invalid_token: not a JSON Web Token, an algorithm that is not accepted, no key named",
		Why:        "The authorizer accepts one Authorization header with one signed token (JWS, three parts), with kid in its header, by RS256, RS384, RS512, ES256, ES384, ES512 or EdDSA. Opaque and encrypted tokens, none and HS256 are refused, and so are several tokens.",
		Confidence: Documented, Source: "RFC 7515 and RFC 8725, section 3.1; the list is the authorizer's",
		Diagnose: "printf %s \"$TOKEN\" | tr -cd . | wc -c  # not 2\n" +
			"printf %s \"$TOKEN\" | cut -d. -f1 | tr '_-' '/+' | base64 -d 2>/dev/null  # no kid, or another alg",
		Fix: Fix{Do: "Ask the issuer for an access token that is a JWT: Auth0 and others give one when the request names an audience."},
	},
	{
		ID:         TokenKeyUnknown,
		Title:      "The token is signed by a key that the issuer does not have",
		Answer:     "401 invalid_token, \"the token is signed by a key that the issuer does not have\"",
		Why:        "The kid of the token is not among the issuer's keys: the token is of another issuer or user pool, or its key was withdrawn. A new key is found within 10 seconds, or never if Jwks has fixed keys.",
		Confidence: Documented, Source: "RFC 7515, section 4.1.4; the times are the authorizer's",
		Diagnose: "printf %s \"$TOKEN\" | cut -d. -f1 | tr '_-' '/+' | base64 -d 2>/dev/null  # the kid\n" +
			"curl -sS \"$ISSUER/.well-known/jwks.json\"  # does not have it",
		Fix: Fix{
			Do:          "Get a token from the issuer that the authorizer names.",
			Streamfront: "After a rotation of keys that are baked in, deploy with the new `JwtAuthorizerProps.Jwks`.",
		},
	},
	{
		ID:         TokenSignature,
		Title:      "The signature of the token does not hold",
		Answer:     "401 invalid_token, \"the signature of the token does not hold\"",
		Why:        "The token was changed or cut, or its algorithm does not go with its key.",
		Confidence: Documented, Source: "RFC 7515, section 5.2",
		Diagnose: "printf %s \"$TOKEN\" | wc -c  # other than what the issuer gave: something cut it or added to it",
		Fix:      Fix{Do: "Send the token as the issuer gave it, without quotes, line feeds or a limit on its length."},
	},
	{
		ID:         TokenTime,
		Title:      "The token has expired, or is not valid yet",
		Answer:     "401 invalid_token, \"the token has expired\" or \"the token is not valid yet\"",
		Why:        "exp and nbf count with a leeway of 60 seconds. Access tokens of Amazon Cognito live for an hour unless the client says otherwise.",
		Confidence: Documented, Source: "RFC 7519, section 4.1; the leeway is the authorizer's",
		Diagnose: decode + "  # exp, nbf\n" + "date +%s",
		Fix:      Fix{Do: "Let the client get a new token by its refresh token before exp, and again after a 401. Set the clock of the issuer."},
	},
	{
		ID:         TokenIssuer,
		Title:      "The token is of another issuer",
		Answer:     "401 invalid_token, \"the token is of another issuer\"",
		Why:        "The claim iss must be the configured issuer to the letter: a slash at the end and the scheme count.",
		Confidence: Documented, Source: "RFC 7519, section 4.1.1; OpenID Connect Discovery 1.0, section 4.3",
		Diagnose: decode + "  # iss",
		Fix: Fix{
			Do:          "Configure the issuer exactly as the tokens have it in iss.",
			Streamfront: "It is the first argument of `NewJwtAuthorizer`.",
		},
	},
	{
		ID:         TokenAudience,
		Title:      "The token is for another application of the same issuer",
		Answer:     "401 invalid_token, \"the token is for another audience\"",
		Why:        "One value of aud must be among the accepted ones; tokens without aud, such as access tokens of Amazon Cognito, have client_id in its place.",
		Confidence: Documented, Source: "RFC 7519, section 4.1.3; Amazon Cognito Developer Guide, \"Understanding the access token\"",
		Diagnose: decode + "  # aud or client_id",
		Fix: Fix{
			Do:          "Get a token for this audience. If the token is meant for this API, accept its audience.",
			Streamfront: "Add it to `JwtAuthorizerProps.JwtAudience`, or the client to `UserPoolAuthorizerProps.UserPoolClients`.",
		},
	},
	{
		ID:         TokenUse,
		Title:      "The token is an ID token where an access token is required, or the other way round",
		Answer:     "401 invalid_token, \"the token is not one for access\"",
		Why:        "Amazon Cognito signs both with the same keys, and token_use distinguishes them. ID tokens are for the client and have no scopes.",
		Confidence: Documented, Source: "Amazon Cognito Developer Guide, \"Verifying JSON web tokens\"",
		Diagnose: decode + "  # token_use",
		Fix: Fix{
			Do:          "Send the access_token of the token endpoint's answer.",
			Streamfront: "If the API is to accept ID tokens, set `UserPoolAuthorizerProps.TokenUse` to id.",
		},
	},
	{
		ID:         TokenScope,
		Title:      "The token lacks the scope that the route asks for",
		Answer:     "403 insufficient_scope, with the scopes in www-authenticate",
		Why:        "The token must have one of the route's scopes in scope, scp or permissions.",
		Confidence: Documented, Source: "RFC 6750, section 3.1",
		Diagnose: decode + "  # scope, scp, permissions",
		Fix: Fix{
			Do:          "Let the client ask for the scope, and the issuer allow it to this client.",
			Streamfront: "The route asks for `RouteOptions.AuthorizationScopes`.",
		},
	},
	{
		ID:         IssuerUnavailable,
		Title:      "The keys of the issuer cannot be fetched",
		Answer:     "503 issuer_unavailable, with retry-after",
		Why:        "The authorizer fetches keys over the network for the first token, for an unknown key and after 15 minutes; it uses old ones for an hour. Without keys it refuses every request.",
		Confidence: Documented, Source: "the authorizer's own times; OpenID Connect Discovery 1.0, section 4",
		Diagnose: "curl -sS -m 3 \"$ISSUER/.well-known/openid-configuration\"  # no answer within 3 seconds, no jwks_uri, or another issuer in it",
		Fix: Fix{
			Do:          "Make the issuer reachable from the internet by HTTPS, with answers within 1.5 seconds. In the local chain: streamfront run --issuer.",
			Streamfront: "`JwtAuthorizerProps.JwksUri` saves one request, `JwtAuthorizerProps.Jwks` all of them.",
		},
	},
}
