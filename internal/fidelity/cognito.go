package fidelity

var cognito = []Row{
	{
		Name:       "user-pools",
		AWS:        "The token, user info and revocation endpoints answer pages of any origin. `resource` becomes `aud` of the access token.",
		Chain:      "The same. The discovery document names PKCE, unlike Cognito's, because MCP clients require it.",
		Confidence: Assumed,
		Tests:      []string{"TestUserPool", "TestUserPoolRefuses"},
	},
	{
		Name:       "managed-login",
		AWS:        "A loopback callback is valid with any port (RFC 8252, 7.3).",
		Chain:      "The same, and a callback of a distribution is valid with its address here. Anybody can sign in without a password, and no triggers are called.",
		Confidence: Assumed,
		Tests:      []string{"TestUserPoolRefuses", "TestUserPoolSignOut"},
	},
}
