package trace

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Names say what is secret by the words in them, however these are written: x-api-key,
// apiKey, user[api_key]. No list of whole names could be complete.

// secretParts make a word secret that has them: sessionid and jsessionid, but not obsession.
var secretParts = regexp.MustCompile(`^x?(access|auth|id|refresh|csrf|xsrf|bot|app|user|api|client|device)?token[0-9]*$|^token(id|value|secret|key)|secret(s|[0-9]*$|access|key|token|id)|passw(or)?d|passphrase|passcode|credential|` +
	`^[a-z]*(api|app|access|auth|client|encryption|license|private|secret|signing|subscription)key[0-9]*$|^x?authorization|^(x|j|php|asp|aspnet|web|user)?sess(ion)?(id|key|token|data)?$|^x?signature[0-9]*$|jwt|^saml|cookie|bearer|assertion`)

// secretMarks are in every word that secretParts finds, of which most words have none: only words
// with one are worth a closer look, which takes longer than the rest of recording a header.
var secretMarks = strings.Fields(`token secret passw passphrase passcode credential key authorization sess signature jwt
	saml cookie bearer assertion`)

// hasSecretPart reports whether a part of a word makes it secret.
func hasSecretPart(word string) bool {
	return slices.ContainsFunc(secretMarks, func(mark string) bool { return strings.Contains(word, mark) }) && secretParts.MatchString(word)
}

// secretWords are secret as a whole only: pin is, and pinned is not. Claims say who somebody is.
var secretWords = words(`claims auth oauth authn authentication pwd pass otp totp pin sig sid cred creds csrf xsrf hmac verifier`)

// manyWords are secret, too, unless their value only counts: max_tokens=100 does, and so
// does access-control-allow-credentials: true.
var manyWords = words(`tokens secrets passwords credentials sessions cookies apikeys passkeys`)

var counts = regexp.MustCompile(`^([0-9.,:%]|ms|[smhd ])*$|^(true|false|null|none|yes|no|on|off)$`)

// plainLast are the last words of names that speak about a secret: token_type, session_ttl.
var plainLast = words(`algorithm alg audience aud authority count created date duration enabled endpoint error expires
	expiry expiration exp format input issuer iss length lifetime limit max maxage min method methods mode nonce path
	policy provider realm reason remaining required scheme scope scopes size status supported timeout ttl type
	types uri url usage used user username version email headers`)

// neutralLast do not change what the words before them say.
var neutralLast = words(`data field header hint name text value confirm confirmation new old`)

// plainKeys come before or after "key" where the key opens nothing.
var plainKeys = words(`idempotency websocket cache surrogate partition sort primary foreign object public order group
	routing message shard row bucket s3 file i18n translation hot short`)

// identifying words are in names of values that look as random as a secret, and are none.
var identifying = words(`id ids uuid guid etag etags hash hashes sha sha1 sha256 sha384 sha512 md5 crc32 crc32c crc64nvme
	digest checksum trace traceparent span request correlation requestid traceid cursor marker continuation page version
	versionid revision nonce integrity match challenge key boundary ray build commit`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// split takes a name into words in lower case, at brackets, hyphens and the like, and at
// capital letters.
func splitName(name string) []string {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	var spaced strings.Builder
	before := ' '
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before):
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(unicode.ToLower(r))
		before = r
	}
	return strings.Fields(spaced.String())
}

// secret reports whether the value of a header, a parameter or a member carries credentials.
func secret(name, value string) bool {
	list := splitName(name)
	for len(list) > 1 && (neutralLast[list[len(list)-1]] || strings.Trim(list[len(list)-1], "0123456789") == "") {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return false
	}
	last := list[len(list)-1]
	if len(list) > 1 && plainLast[last] {
		return false
	}
	switch last {
	case "key":
		return !slices.ContainsFunc(list, func(word string) bool { return plainKeys[word] })
	case "code":
		if len(list) == 1 { // of OAuth; error_code and country_code are others
			return true
		}
	}
	return slices.ContainsFunc(list, func(word string) bool {
		if manyWords[word] {
			return !counts.MatchString(strings.ToLower(value))
		}
		return secretWords[word] || hasSecretPart(word)
	})
}

// Values say it by their shape, whatever their name is.

// A shape is that of credentials which their makers let begin in a way of its own, so that
// they are found where they leak. Only texts with the mark in them are worth a closer look.
type shape struct {
	mark string
	form *regexp.Regexp
}

var shapes = func() (list []shape) {
	for _, s := range [][2]string{
		{"eyJ", `\beyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*){2,4}`}, // JWT and JWE (RFC 7519)
		{"AKIA", `\bAKIA[A-Z0-9]{16}\b`},                         // access keys of AWS
		{"ASIA", `\bASIA[A-Z0-9]{16}\b`},
		{"ABIA", `\bABIA[A-Z0-9]{16}\b`},
		{"ACCA", `\bACCA[A-Z0-9]{16}\b`},
		{"sk-", `\bsk-[A-Za-z0-9_-]{16,}`},           // OpenAI, Anthropic and others
		{"k_live_", `\b[sr]k_live_[A-Za-z0-9]{10,}`}, // Stripe
		{"k_test_", `\b[sr]k_test_[A-Za-z0-9]{10,}`},
		{"whsec_", `\bwhsec_[A-Za-z0-9+/=]+`},
		{"gh", `\bgh[opsur]_[A-Za-z0-9]{20,}`}, // GitHub
		{"github_pat_", `\bgithub_pat_\w{20,}`},
		{"glpat-", `\bglpat-[\w-]{16,}`},     // GitLab
		{"xox", `\bxox[abeoprs]-[\w-]{10,}`}, // Slack
		{"AIza", `\bAIza[\w-]{30,}`},         // Google
		{"ya29.", `\bya29\.[\w-]{16,}`},
		{"SG.", `\bSG\.[\w-]{16,}\.[\w-]{16,}`}, // SendGrid
		{"npm_", `\bnpm_[A-Za-z0-9]{30,}`},
		{"hf_", `\bhf_[A-Za-z0-9]{20,}`}, // Hugging Face
		{"pypi-", `\bpypi-[\w-]{16,}`},
		{"hvs.", `\bhvs\.[\w-]{16,}`},     // Vault
		{"ST-", `\bST-[0-9]+-[\w.-]{8,}`}, // tickets of CAS
		{"PRIVATE KEY", `-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?`},
	} {
		list = append(list, shape{s[0], regexp.MustCompile(s[1])})
	}
	return list
}()

// credentials are what HTTP's authentication schemes send, here at the begin of a value; the
// challenges of servers look like them, and have parameters.
var (
	credentials = regexp.MustCompile(`(?i)^(bearer|basic|digest|negotiate|ntlm|token|api-?key|hawk|dpop|oauth|sharedkey|aws4-hmac-sha256) +([^ ].*)$`)
	challenge   = regexp.MustCompile(`(?i)^(realm|charset|error|scope|resource_metadata|nonce|qop|stale|domain|algorithm|opaque|authorization_uri)[a-z_]* *= *`)
)

// scheme splits credentials into their scheme and the rest; ok is false for all else.
func scheme(value string) (name, rest string, ok bool) {
	if !strings.Contains(value, " ") {
		return "", "", false
	}
	m := credentials.FindStringSubmatch(value)
	if m == nil || challenge.MatchString(m[2]) {
		return "", "", false
	}
	switch strings.ToLower(m[1]) {
	case "basic":
		plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(m[2], "="))
		ok = err == nil && (len(m[2]) > 8 || strings.Contains(string(plain), ":"))
	case "bearer", "dpop", "aws4-hmac-sha256", "sharedkey":
		ok = true
	default: // words of prose, too: "token expired"
		ok = strings.ContainsAny(m[2], "0123456789=") && len(m[2]) >= 8
	}
	return m[1], m[2], ok
}

// random reports whether a value has no name that explains it and looks as a generated secret
// does: long, of one piece, with all kinds of letters. Digests in hexadecimal do not.
func random(name, value string) bool {
	if len(value) < 40 || len(value) > 4096 || !tokenCharacters.MatchString(value) {
		return false
	}
	if slices.ContainsFunc(splitName(name), func(word string) bool { return identifying[word] }) {
		return false
	}
	return slices.ContainsFunc(piece.FindAllString(value, -1), func(s string) bool {
		return strings.ContainsFunc(s, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLower) && strings.ContainsFunc(s, unicode.IsDigit)
	})
}

var (
	tokenCharacters = regexp.MustCompile(`^[A-Za-z0-9+/_.~-]+=*$`)
	piece           = regexp.MustCompile(`[A-Za-z0-9]{16,}`)
)
