package cloudfront

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what CloudFront signs with
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/exactjson"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// trustedKeys are the public keys of the key groups that a behavior trusts, by their ids. Of a
// group that is not here, nothing is known: the behavior is not served.
//
// Source: Amazon CloudFront Developer Guide, "Specify signers that can create signed URLs and
// signed cookies". Documented.
func (l *linker) trustedKeys(b *Behavior) {
	if len(b.KeyGroups.Items) == 0 {
		return
	}
	b.keys = map[string]crypto.PublicKey{}
	for _, id := range b.KeyGroups.Items {
		if !id.Known() {
			continue // which was found
		}
		group, _ := l.assembly.Find("AWS::CloudFront::KeyGroup", "", id.V)
		if group == nil {
			b.log.Unmodelled(id.Place, "is %s, which is not in this cloud assembly", id.V)
			continue
		}
		template.Read(group, b.log, func(r *template.Reader) {
			config := r.Object("KeyGroupConfig", template.Required)
			config.Skip("Name", "Comment")
			for _, item := range config.Texts("Items", template.Required, template.Quiet).Items {
				if !item.Known() {
					continue
				}
				key, _ := l.assembly.Find("AWS::CloudFront::PublicKey", "", item.V)
				if key == nil {
					b.log.Unmodelled(item.Place, "is %s, which is not in this cloud assembly", item.V)
					continue
				}
				readPublicKey(key, b.log, func(public crypto.PublicKey) { b.keys[item.V] = public })
			}
		})
	}
}

func readPublicKey(res *assembly.Resource, log *template.Log, found func(crypto.PublicKey)) {
	template.Read(res, log, func(r *template.Reader) {
		config := r.Object("PublicKeyConfig", template.Required)
		config.Skip("Name", "Comment", "CallerReference")
		encoded := config.Text("EncodedKey", template.Required, template.Quiet)
		if !encoded.Known() {
			return
		}
		block, _ := pem.Decode([]byte(encoded.V))
		if block == nil {
			config.Refuse("EncodedKey", "is not PEM: CloudFront accepts a public key that begins with -----BEGIN PUBLIC KEY-----")
			return
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		switch key := public.(type) {
		case *rsa.PublicKey:
			if key.N.BitLen() != 2048 {
				err = fmt.Errorf("RSA with %d bits", key.N.BitLen())
			}
		case *ecdsa.PublicKey:
			if key.Curve.Params().BitSize != 256 {
				err = fmt.Errorf("ECDSA on %s", key.Curve.Params().Name)
			}
		default:
			err = cmp.Or(err, fmt.Errorf("a key of type %T", public))
		}
		if err != nil {
			config.Refuse("EncodedKey", "is %v: CloudFront accepts RSA with 2048 bits and ECDSA with 256", err)
			return
		}
		found(public)
	})
}

// A signed request names a key, and has a signature of a policy: the canned one, of which only
// the expiry is sent, or a custom one.
type signed struct {
	key, signature, policy, expires string
}

// signedQuery takes the parameters of a signed URL out of a query, which neither the cache nor
// the origin sees. Functions at viewer-request do not see them either (assumed). It reports
// whether there is any: one is enough for the URL to count as signed (documented).
func signedQuery(query string) (s signed, rest string, any bool) {
	var others []string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "Key-Pair-Id":
			s.key = value
		case "Signature":
			s.signature = value
		case "Policy":
			s.policy = value
		case "Expires":
			s.expires = value
		default:
			others = append(others, pair)
			continue
		}
		any = true
	}
	return s, strings.Join(others, "&"), any
}

func signedCookies(r *http.Request) (s signed) {
	for name, to := range map[string]*string{"Key-Pair-Id": &s.key, "Signature": &s.signature, "Policy": &s.policy, "Expires": &s.expires} {
		if c, err := r.Cookie("CloudFront-" + name); err == nil {
			*to = c.Value
		}
	}
	return s
}

// notAdmitted says why a request is not let in. Codes and messages are field reports.
func notAdmitted(code, message, format string, args ...any) *refusal {
	f := refuse(http.StatusForbidden, causes.SignedURLRefused, format, args...)
	f.code, f.message = code, message
	return f
}

// admitSigned lets in who has a signed URL or signed cookies; those of the URL alone count where
// there are both (documented). It takes the parameters out of the URL.
//
// Source: Amazon CloudFront Developer Guide, "Use signed URLs", "Use signed cookies". Documented.
func (x *exchange) admitSigned(b *Behavior) *refusal {
	if b.keys == nil {
		return nil
	}
	r, hop := x.viewer, x.rec.Hop("signed url")
	path, query, _ := strings.Cut(r.RequestURI, "?")
	s, rest, any := signedQuery(query)
	if !any {
		s = signedCookies(r)
	}
	resource := path
	if rest != "" {
		resource += "?" + rest
	}
	if f := x.verifySigned(b, s, resource); f != nil {
		hop.Refuse(f.cause, "", "403 %s: %s", f.code, f.reason)
		return f
	}
	r.RequestURI, r.URL.RawQuery = resource, rest
	hop.Pass("signed by %s", s.key)
	return nil
}

func (x *exchange) verifySigned(b *Behavior, s signed, resource string) *refusal {
	key, known := b.keys[s.key]
	switch {
	case s.key == "":
		return notAdmitted("MissingKey", "Missing Key-Pair-Id query parameter or cookie value", "the behavior trusts key groups: want a signed URL, or signed cookies")
	case !known:
		return notAdmitted("InvalidKey", "Unknown Key", "Key-Pair-Id %q is none of the keys that the behavior trusts", s.key)
	}
	denied := func(format string, args ...any) *refusal {
		return notAdmitted("AccessDenied", "Access denied", format, args...)
	}
	signature, err := unescapeBase64(s.signature)
	if err != nil || len(signature) == 0 {
		return denied("there is no Signature in CloudFront's base64, which has - for +, _ for = and ~ for /")
	}
	urls := x.signedAs(b, resource)
	if s.policy == "" {
		until, err := strconv.ParseInt(s.expires, 10, 64)
		if err != nil {
			return denied("there is neither a Policy nor Expires in seconds")
		}
		if !slices.ContainsFunc(urls, func(url string) bool {
			return verifies(key, signature, fmt.Appendf(nil, `{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%d}}}]}`, url, until))
		}) {
			return denied("the signature is not that of the canned policy for %s until %d", urls[0], until)
		}
		if x.Now().Unix() >= until {
			return denied("expired at %s", time.Unix(until, 0).UTC().Format(time.RFC3339))
		}
		return nil
	}
	text, err := unescapeBase64(s.policy)
	if err != nil {
		return notAdmitted("MalformedPolicy", "Malformed Policy", "Policy is not in CloudFront's base64, which has - for +, _ for = and ~ for /")
	}
	if !verifies(key, signature, text) {
		return denied("the signature is not that of the policy %q", text)
	}
	return customPolicy(text, urls, x.viewer, x.Now())
}

// A customStatement is what a custom policy says.
type customStatement struct {
	Resource  *string // nil: all
	Condition struct {
		DateLessThan    *epoch
		DateGreaterThan *epoch
		IPAddress       *struct {
			Source string `json:"AWS:SourceIp"`
		} `json:"IpAddress"`
	}
}

type epoch struct {
	Time int64 `json:"AWS:EpochTime"`
}

// readPolicy reads a custom policy.
//
// Source: Amazon CloudFront Developer Guide, "Create a policy statement for a signed URL that uses
// a custom policy". Documented; that a policy with anything else is malformed is assumed.
func readPolicy(text []byte) (*customStatement, error) {
	var policy struct{ Statement []customStatement }
	if err := exactjson.Strict(text, &policy); err != nil {
		return nil, err
	}
	if len(policy.Statement) != 1 || policy.Statement[0].Condition.DateLessThan == nil {
		return nil, errors.New("want one statement with DateLessThan")
	}
	statement := policy.Statement[0]
	if from := statement.Condition.DateGreaterThan; from != nil && from.Time == 0 {
		return nil, errors.New("DateGreaterThan has no AWS:EpochTime")
	}
	if address := statement.Condition.IPAddress; address != nil && !blockOf(address.Source).Addr().Is4() {
		return nil, fmt.Errorf("AWS:SourceIp is %q: want an IPv4 address or a block of them", address.Source)
	}
	return &statement, nil
}

// customPolicy decides by a policy that is signed.
func customPolicy(text []byte, urls []string, r *http.Request, now time.Time) *refusal {
	statement, err := readPolicy(text)
	if err != nil {
		return notAdmitted("MalformedPolicy", "Malformed Policy", "the policy is malformed: %v; got %q", err, text)
	}
	denied := func(format string, args ...any) *refusal {
		return notAdmitted("AccessDenied", "Access denied", format, args...)
	}
	when := statement.Condition
	pattern := "*"
	if statement.Resource != nil {
		pattern = *statement.Resource
	}
	if !slices.ContainsFunc(urls, func(url string) bool { return wildcard.Match(pattern, url) }) {
		return denied("the policy is for %q, not for %s", pattern, urls[0])
	}
	if now.Unix() >= when.DateLessThan.Time {
		return denied("the policy ended at %s", time.Unix(when.DateLessThan.Time, 0).UTC().Format(time.RFC3339))
	}
	if from := when.DateGreaterThan; from != nil && now.Unix() <= from.Time { // time.Time would overflow
		return denied("the policy begins at %s", time.Unix(from.Time, 0).UTC().Format(time.RFC3339))
	}
	if when.IPAddress == nil {
		return nil
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	viewer, err := netip.ParseAddr(host)
	if block := blockOf(when.IPAddress.Source); err != nil || !block.Contains(viewer.Unmap()) {
		return denied("the policy is for viewers from %s, not from %s", when.IPAddress.Source, host)
	}
	return nil
}

// blockOf reads a block of addresses, or one address.
func blockOf(text string) netip.Prefix {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen())
	}
	block, _ := netip.ParsePrefix(text) // of nobody if it is none
	return block
}

// signedAs are the URLs that a policy may be for: by the name that the viewer asks for. One who
// asks for an address of here asks on AWS by some name of the distribution, and there by HTTPS
// unless the behavior allows HTTP as well.
func (x *exchange) signedAs(b *Behavior, resource string) (urls []string) {
	schemes := []string{"https"}
	if b.ViewerProtocol.Is("allow-all") {
		schemes = append(schemes, "http")
	}
	host := x.viewer.Host
	asked := strings.ToLower(host)
	if name, _, err := net.SplitHostPort(asked); err == nil {
		asked = name
	}
	names := []string{asked}
	if loopback.IsName(host) {
		names = x.Distribution.Names()
	}
	for _, name := range names {
		for _, scheme := range schemes {
			urls = append(urls, scheme+"://"+name+resource)
		}
	}
	if here := strings.ToLower(host); here != asked || loopback.IsName(host) {
		urls = append(urls, "http://"+here+resource, "https://"+here+resource)
	}
	return urls
}

// unescapeBase64 reads base64 with the characters that CloudFront has in place of those that
// URLs do not have. That these are required is assumed.
func unescapeBase64(text string) ([]byte, error) {
	if at := strings.IndexAny(text, "+/=\r\n"); at >= 0 {
		return nil, base64.CorruptInputError(at)
	}
	return base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(text))
}

// verifies reports whether a signature is that of a text: by SHA-1, as documented for both kinds
// of keys.
func verifies(key crypto.PublicKey, signature, text []byte) bool {
	hash := sha1.Sum(text) //nolint:gosec // see above
	switch key := key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, hash[:], signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, hash[:], signature)
	}
	return false
}
