package fidelity

var oac = []Row{
	{
		Name:       "payload-hash",
		AWS:        "Origin access control signs after the edge functions. A body without its hash ends in 403.",
		Confidence: FieldReport,
		Tests:      []string{"TestMutatedTemplateIsRefused", "TestOriginAccessControl"},
	},
	{
		Name:       "unsigned-payload",
		AWS:        "What CloudFront signs for a body without its hash is not published.",
		Chain:      "It signs `UNSIGNED-PAYLOAD`.",
		Confidence: FieldReport,
		Tests:      []string{"TestOriginAccessControl"},
	},
	{
		Name:       "signature-verification",
		AWS:        "The function URL verifies signature, scope, date and body hash.",
		Chain:      "The same. Signer and verifier share no code, and are tested against AWS's vectors and two signers from npm.",
		Confidence: Documented,
		Tests:      []string{"TestVerifyRefusesTampering", "TestPublicTestSuite", "TestRandomRequests", "TestSignersOfNpmAgree"},
	},
	{
		Name:       "signed-headers",
		AWS:        "The signature covers host and all `x-amz-*` headers. A signature that leaves out any of them, or does not sort them, is refused.",
		Confidence: Assumed,
		Tests:      []string{"TestVerifyRefusesTampering", "TestOrderOfSignedHeaders"},
	},
	{
		Name:       "signature-window",
		AWS:        "The date of a signature may be off by 5 minutes.",
		Chain:      "The same; `--signature-window` changes it.",
		Confidence: Assumed,
		Tests:      []string{"TestSkew"},
	},
	{
		Name:       "canonical-paths",
		AWS:        "Paths are not normalized before they are signed. `+` in a query is signed as a space.",
		Confidence: Assumed,
		Tests:      []string{"TestCanonicalFormsOfThePublicTestSuite", "TestTheVerifierAgrees"},
	},
	{
		Name:       "edge-base64",
		AWS:        "CloudFront's base64 has no line breaks, and hashes are compared in lower case.",
		Chain:      "The signer relies on both.",
		Confidence: Assumed,
		Tests:      []string{"TestBodySizes"},
	},
	{
		Name:       "raw-queries",
		AWS:        "A function URL refuses a query with a raw `[`, `]` or `$`, or with any character that RFC 3986 does not allow: 403 `AccessDeniedException` with AWS_IAM, 400 `InvalidQueryStringException` with NONE.",
		Chain:      "The same. Our edge code encodes such queries. The viewer function returns the query as text, a form that only AWS's examples show. A policy must then name such a parameter in its encoded form, and the signer answers 502 if encoding takes the URL to 8,192 characters.",
		Confidence: FieldReport | Assumed,
		Tests:      []string{"TestQueryThatIsNotEncoded", "TestQueriesOfTheFieldReachTheApplication", "TestViewerFunctionEncodesTheQuery"},
	},
	{
		Name:       "grants",
		AWS:        "Both permissions must hold with their conditions, for each alias.",
		Chain:      "The same; `--invoker-key` defines an IAM caller.",
		Confidence: Documented,
		Tests:      []string{"TestMissingGrant", "TestAliasBehindTheURL", "TestInvokerKeySignsDirectCalls"},
	},
}
