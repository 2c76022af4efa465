package causes

// An ID names a cause in output, in SARIF and in suppressions. It never changes.
type ID string

// The ids of all causes. None is for an answer whose reason is not in the table.
const (
	None ID = ""

	URLPublic          ID = "url-public"
	ViewerHTTPAllowed  ID = "viewer-http-allowed"
	TLSOld             ID = "tls-old"
	UnsignedDirectCall ID = "unsigned-direct-call"
	URLUnknown         ID = "url-unknown"
	WebACLBlocked      ID = "web-acl-blocked"
	DomainUnknown      ID = "domain-unknown"
	CountryBlocked     ID = "country-blocked"

	OriginWithoutOAC      ID = "origin-without-oac"
	OACNotAlways          ID = "oac-not-always"
	OriginNotHTTPS        ID = "origin-not-https"
	AuthorizationLost     ID = "authorization-lost"
	ChallengeRemapped     ID = "challenge-remapped"
	SignatureClock        ID = "signature-clock"
	SignaturePathEncoding ID = "signature-path-encoding"
	QueryNotEncoded       ID = "query-not-encoded"
	SignatureMismatch     ID = "signature-mismatch"

	GrantURLMissing        ID = "grant-url-missing"
	GrantFunctionMissing   ID = "grant-function-missing"
	GrantTooWide           ID = "grant-too-wide"
	GrantWithoutViaURL     ID = "grant-without-via-url"
	GrantOtherDistribution ID = "grant-other-distribution"
	GrantOtherRegion       ID = "grant-other-region"
	GrantPropagating       ID = "grant-propagating"

	PayloadHashMissing ID = "payload-hash-missing"
	PayloadHashWrong   ID = "payload-hash-wrong"
	SignerWithoutBody  ID = "signer-without-body"

	EdgeFunctionUnfit ID = "edge-function-unfit"
	SignerFailed      ID = "signer-failed"
	EdgeResultInvalid ID = "edge-result-invalid"
	ErrorsHide403     ID = "errors-hide-403"
	MethodNotAllowed  ID = "method-not-allowed"
	GetWithBody       ID = "get-with-body"

	AuthorizerWithoutCheck ID = "authorizer-without-check"
	AuthorizerAvoided      ID = "authorizer-avoided"
	TokenRequired          ID = "token-required"
	TokenMalformed         ID = "token-malformed"
	TokenKeyUnknown        ID = "token-key-unknown"
	TokenSignature         ID = "token-signature"
	TokenTime              ID = "token-time"
	TokenIssuer            ID = "token-issuer"
	TokenAudience          ID = "token-audience"
	TokenUse               ID = "token-use"
	TokenScope             ID = "token-scope"
	IssuerUnavailable      ID = "issuer-unavailable"

	LocationFunctionURL ID = "location-function-url"
	HostForwarded       ID = "host-forwarded"
	ViewerForwardedHost ID = "viewer-forwarded-host"
	OriginHeaderTrusted ID = "origin-header-trusted"
	WebACLOpen          ID = "web-acl-open"
	BucketOpen          ID = "bucket-open"
	BucketClosed        ID = "bucket-closed"
	BucketPlainHTTP     ID = "bucket-plain-http"
	CORSAnyOrigin       ID = "cors-any-origin"
	CORSUnfit           ID = "cors-unfit"
	RouteHidden         ID = "route-hidden"
	CacheMixesUsers     ID = "cache-mixes-users"
	NoStoreCached       ID = "no-store-cached"
	StreamCompressed    ID = "stream-compressed"

	InvokeModeMismatch     ID = "invoke-mode-mismatch"
	StreamWithoutBody      ID = "stream-without-body"
	ReadTimeoutShort       ID = "read-timeout-short"
	ReadTimeoutExceeded    ID = "read-timeout-exceeded"
	CompletionTimeoutShort ID = "completion-timeout-short"

	BodyOverEdgeLimit     ID = "body-over-edge-limit"
	BodyOverFunctionLimit ID = "body-over-function-limit"
	RequestTooLong        ID = "request-too-long"

	Throttled        ID = "throttled"
	FunctionFailed   ID = "function-failed"
	HandlerMissing   ID = "handler-missing"
	LogsMissing      ID = "logs-missing"
	MCPSessionLost   ID = "mcp-session-lost"
	ValueUnknown     ID = "value-unknown"
	ValueRefused     ID = "value-refused"
	OverDefaultQuota ID = "over-default-quota"
)
