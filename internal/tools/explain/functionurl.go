package explain

import (
	"net/http"
	"regexp"

	"github.com/streamfront/streamfront/internal/causes"
)

// fromFunctionURL knows the function URL's own answers. CloudFront passes them on as they
// are.
//
// Sources: answers captured or recorded by others; see the causes.
func fromFunctionURL(a *Answer, f *findings) {
	switch a.Status {
	case 0, http.StatusForbidden:
		forbidden(a, f)
	case http.StatusBadRequest:
		if a.ErrorType() == "InvalidQueryStringException" {
			f.add(Certain, causes.QueryNotEncoded, "InvalidQueryStringException: the function URL does not take the query")
		}
	case http.StatusRequestEntityTooLarge:
		if a.has(`Request must be smaller than \d+ bytes`) || a.ErrorType() == "RequestEntityTooLargeException" {
			f.add(Certain, causes.BodyOverFunctionLimit, "413 with the words of Lambda's limit of 6291456 bytes")
		}
	case http.StatusTooManyRequests:
		if a.ErrorType() == "TooManyRequestsException" || a.has(`ConcurrentInvocationLimitExceeded|Rate Exceeded`) {
			f.add(Certain, causes.Throttled, "429 in the words of Lambda, not of the application")
		}
	}
}

func forbidden(a *Answer, f *findings) {
	switch kind := a.ErrorType(); {
	case a.has(`Signature expired|Signature not yet current`):
		f.add(Certain, causes.SignatureClock, "the message names the two times that are too far apart")
	case a.has(`Credential should be scoped`):
		f.add(Certain, causes.SignatureMismatch, "the message says that the signature is for another region or service")
	case kind == "InvalidSignatureException", kind == "SignatureDoesNotMatch", a.has(`signature we calculated does not match`):
		mismatch(a, f)
	case kind == "IncompleteSignatureException":
		notSigned(a, f, "IncompleteSignatureException: the Authorization header that arrived is not an AWS signature, such as a bearer token")
	case kind == "MissingAuthenticationTokenException":
		notSigned(a, f, "MissingAuthenticationTokenException: no signature arrived")
	case kind == "UnrecognizedClientException", a.has(`security token included in the request is invalid`):
		notSigned(a, f, "AWS does not know the access key that signed: it is not CloudFront's own")
		f.add(Possible, causes.SignatureMismatch, "a key that was mistyped, deleted or made up gives this, too")
	case a.has(nullMessage):
		unknownURL(a, f)
	case kind == "AccessDeniedException", a.has(`Forbidden\. For troubleshooting Function URL|"Message"\s*:\s*"Forbidden"`):
		notGranted(a, f)
	}
}

// mismatch is the answer to a signature that does not match and to a body that is not the
// one that was hashed alike. The request decides, as far as it is known.
func mismatch(a *Answer, f *findings) {
	r := &a.Request
	const says = "InvalidSignatureException: signature or hash of the body do not match what arrived"
	if a.throughCloudFront() == no {
		f.add(Likely, causes.SignatureMismatch, "%s, and the caller signed the request himself: CloudFront is not among the headers", says)
		if r.hasBody() != no {
			f.add(Possible, causes.PayloadHashWrong, "the body goes into the signature by its hash")
		}
		if odd := r.oddities(); odd != "" {
			f.add(Possible, causes.SignaturePathEncoding, "path or query have %q", odd)
		}
		return
	}
	large := r.Length > edgeLimit
	switch {
	case r.hasBody() == no && r.sentHash() != "" && r.reads():
		f.add(Likely, causes.PayloadHashWrong, "%s, and a request without a body came with a hash", says)
	case r.hasBody() == no:
		// Without a body there is no hash to miss: the rest of the request does not match.
	case r.sentHash() != "" && r.bodyHash() != "" && r.sentHash() == r.bodyHash():
		f.add(Likely, causes.SignerWithoutBody, "the right hash was sent, so that something replaces it: a signer that does not get the body")
		f.add(Possible, causes.PayloadHashWrong, "or a signer that hashes something else than the bytes of the body, or another body than CloudFront sends")
	case r.sentHash() != "" && r.bodyHash() != "":
		f.add(Likely, causes.PayloadHashWrong, "x-amz-content-sha256 was sent as %s, and the hash of the body is %s", r.sentHash(), r.bodyHash())
		f.add(Possible, causes.SignerWithoutBody, "%s, and there is a body", says)
	case r.sentHash() != "":
		f.add(Likely, causes.PayloadHashWrong, "%s, and a hash was sent with the request", says)
		f.add(Possible, causes.SignerWithoutBody, "a signer that does not get the body replaces a right hash by that of nothing")
	case large && r.Header != nil:
		f.add(Likely, causes.BodyOverEdgeLimit, "%s, and the body has %d bytes: at the edge only the first %d can be hashed", says, r.Length, edgeLimit)
		f.add(Possible, causes.PayloadHashMissing, "no x-amz-content-sha256 was sent")
	case r.hasBody() == yes && r.Header != nil:
		f.add(Likely, causes.PayloadHashMissing, "%s, the request has a body, and the caller sent no x-amz-content-sha256", says)
	default:
		f.add(Likely, causes.PayloadHashMissing, "%s, as it happens to a body without a hash", says)
	}
	if r.hasBody() != no {
		f.add(Possible, causes.SignerWithoutBody, "a signer that does not get the body hashes nothing")
		f.add(Possible, causes.PayloadHashWrong, "a signer or a caller that hashes other bytes than are sent gets the same answer")
		if r.Length < 0 {
			f.add(Possible, causes.BodyOverEdgeLimit, "if the body has over %d bytes: at the edge only these can be hashed", edgeLimit)
		}
	}
	fit := Possible
	if r.hasBody() == no {
		fit = Likely
	}
	if odd := r.oddities(); odd != "" {
		f.add(fit, causes.SignaturePathEncoding, "path or query have %q", odd)
	}
	f.add(fit, causes.SignatureMismatch, "%s", says)
}

// notSigned is for answers that CloudFront's signature would have prevented.
func notSigned(a *Answer, f *findings, says string) {
	switch a.throughCloudFront() {
	case no:
		f.add(Likely, causes.UnsignedDirectCall, "%s, and CloudFront is not among the headers", says)
	case unknown:
		f.add(Likely, causes.OACNotAlways, "%s", says)
		f.add(Possible, causes.OriginWithoutOAC, "%s", says)
		f.add(Possible, causes.UnsignedDirectCall, "the answer does not show whether it came through CloudFront")
	case yes:
		f.add(Likely, causes.OACNotAlways, "%s", says)
		f.add(Possible, causes.OriginWithoutOAC, "%s", says)
	}
}

// unknownURL is the answer of AWS's servers where no function URL has the name in Host.
func unknownURL(a *Answer, f *findings) {
	const says = `{"Message":null}: no function URL has the name that arrived in Host`
	if a.throughCloudFront() == no {
		f.add(Certain, causes.URLUnknown, "%s, and CloudFront is not among the headers", says)
		return
	}
	f.add(Likely, causes.HostForwarded, "%s, such as that of the distribution", says)
	f.add(Likely, causes.URLUnknown, "%s, such as that of a URL that was deleted", says)
}

// notGranted is the answer to everybody who may not, and to those who do not say who they
// are. That an unsigned request gets the same words as a missing grant is assumed.
func notGranted(a *Answer, f *findings) {
	const says = "AccessDeniedException: the request is unsigned, or its signer may not call this URL"
	if a.Header == nil && apiGateways.MatchString(a.Body) {
		const or = `API Gateway has just these words; a function URL has a capital M in "Message"`
		f.add(Possible, causes.GrantFunctionMissing, or)
		f.add(Possible, causes.GrantURLMissing, or)
		return
	}
	if raw := a.Request.rawInQuery(); raw != "" {
		f.add(Likely, causes.QueryNotEncoded, "the query has %q in it, raw", raw)
	}
	switch a.throughCloudFront() {
	case no:
		f.add(Likely, causes.UnsignedDirectCall, "%s, and CloudFront is not among the headers", says)
		f.add(Possible, causes.GrantURLMissing, "if the request was signed: its principal lacks lambda:InvokeFunctionUrl")
		f.add(Possible, causes.GrantFunctionMissing, "if the request was signed: its principal lacks lambda:InvokeFunction")
		return
	case unknown:
		f.add(Possible, causes.UnsignedDirectCall, "the answer does not show whether it came through CloudFront")
	}
	f.add(Likely, causes.GrantFunctionMissing, "%s", says)
	f.add(Likely, causes.GrantURLMissing, "%s", says)
	f.add(Possible, causes.OriginWithoutOAC, "a request that is not signed gets the same answer")
	f.add(Possible, causes.OACNotAlways, "a request that is not signed gets the same answer")
	f.add(Possible, causes.GrantOtherDistribution, "a grant that names another distribution gets the same answer")
	f.add(Possible, causes.GrantPropagating, "if it was deployed a minute ago")
}

// apiGateways is the body of API Gateway's own refusal.
var apiGateways = regexp.MustCompile(`"message"\s*:\s*"Forbidden"`)
