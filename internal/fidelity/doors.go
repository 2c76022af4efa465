package fidelity

var doors = []Row{
	{
		Name:       "door-detection",
		AWS:        "An event is CloudFront's if its identity is a session of the role `OriginAccessControlRole` of AWS's account 856369053181; a function URL has `.lambda-url.` in its domain.",
		Chain:      "`streamhttp` relies on both, and treats a role of that name in any other account as a stranger's. If AWS signs from another account, forwarded headers are ignored until `STREAMFRONT_DOORS=cloudfront` is set.",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestDoorRequest", "TestForgedHeaders", "TestAnySessionOfAccessControlCounts"},
	},
	{
		Name:       "door-requests",
		AWS:        "The path of a REST API arrives percent-encoded, and its query decoded. A load balancer appends to `X-Forwarded-For`.",
		Chain:      "`streamhttp` relies on both.",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestDoorRequest"},
	},
	{
		Name:       "door-answers",
		AWS:        "A load balancer treats header names that differ in case as several cookies. A buffered answer counts against 6 MB (1 MB) with its JSON.",
		Chain:      "`streamhttp` relies on both.",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestDoorAnswer", "TestBufferedDoor"},
	},
	{
		Name:       "rest-cache-key",
		AWS:        "The cache key of a REST API has no lists of values (`multivaluequerystring` is refused), and only the last of repeated values. Its key has `path.proxy` as `pathParameters` has it.",
		Chain:      "`streamhttp` shows a handler of GET only what is in the key; `STREAMFRONT_DOORS` has the key. The local chain caches nothing of a REST API.",
		Confidence: FieldReport | Assumed,
		Tests:      []string{"TestCachedRequestsAreTheirKey", "TestCacheKeepsUsersApart"},
	},
	{
		Name:       "rest-cache-invalidation",
		AWS:        "On a stage that CloudFormation makes, `Cache-Control: max-age=0` renews an entry only for callers with `execute-api:InvalidateCache` (`requireAuthorizationForCacheControl` is true); others get the entry, with a warning.",
		Chain:      "`RestApiCaching` relies on it, since CloudFormation has no property for it.",
		Confidence: Recorded,
		Tests:      []string{"TestCacheKeepsUsersApart"},
	},
	{
		Name:       "preflights",
		AWS:        "Browsers send no Authorization with a preflight (Fetch). A method OPTIONS without an authorizer has no `requestContext.authorizer`.",
		Chain:      "`streamhttp` drops Authorization of such requests behind REST and HTTP APIs, since nobody has verified it.",
		Confidence: Documented | Recorded,
		Tests:      []string{"TestPreflightsHaveNoAuthorization"},
	},
}
