package local_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/local"
)

// publicKey is the text of a public key as a template has it.
func publicKey(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestSignedURLsAndCookies(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture()
	resources := f.at("Resources")
	for id, key := range map[string]crypto.PublicKey{"RSA": rsaKey.Public(), "EC": ecKey.Public(), "Other": rsaKey.Public()} {
		resources[id] = object{"Type": "AWS::CloudFront::PublicKey", "Properties": object{"PublicKeyConfig": object{
			"CallerReference": id, "Name": id, "EncodedKey": publicKey(t, key),
		}}}
	}
	resources["Group"] = object{"Type": "AWS::CloudFront::KeyGroup", "Properties": object{"KeyGroupConfig": object{
		"Name": "group", "Items": []any{object{"Ref": "RSA"}, object{"Ref": "EC"}},
	}}}
	f.behavior()["TrustedKeyGroups"] = []any{object{"Ref": "Group"}}
	dir := f.write(t)
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	id := func(name string) string {
		for _, s := range a.Stacks {
			if r := s.Resources[name]; r != nil {
				id, err := r.Attribute("")
				if err != nil {
					t.Fatal(err)
				}
				return id
			}
		}
		t.Fatalf("there is no %s", name)
		return ""
	}
	now := time.Now().Truncate(time.Second)
	chain := startChain(t, local.Options{Assembly: dir, Now: func() time.Time { return now }})
	here, there := chain.Distributions()[0].URL, "https://"+chain.Distributions()[0].DomainName

	sign := func(signer crypto.Signer, policy string) string {
		hash := sha1.Sum([]byte(policy))
		signature, err := signer.Sign(rand.Reader, hash[:], crypto.SHA1)
		if err != nil {
			t.Fatal(err)
		}
		return escaped(signature)
	}
	until := func(url string, at time.Time) string {
		return fmt.Sprintf(`{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%d}}}]}`, url, at.Unix())
	}
	canned := func(signer crypto.Signer, key, url string, at time.Time) string {
		return fmt.Sprintf("Expires=%d&Signature=%s&Key-Pair-Id=%s", at.Unix(), sign(signer, until(url, at)), id(key))
	}
	custom := func(policy string) string {
		return fmt.Sprintf("Policy=%s&Signature=%s&Key-Pair-Id=%s", escaped([]byte(policy)), sign(rsaKey, policy), id("RSA"))
	}
	condition := func(more string) string {
		return fmt.Sprintf(`{"Statement":[{"Resource":"http*://*/a*","Condition":{"DateLessThan":{"AWS:EpochTime":%d}%s}}]}`, now.Add(time.Hour).Unix(), more)
	}
	cookies := func(query string) string {
		return "CloudFront-" + strings.ReplaceAll(query, "&", "; CloudFront-")
	}
	soon := now.Add(time.Minute)
	for name, test := range map[string]struct {
		target, cookie string
		want           string // the code; "": let in
	}{
		"canned":                  {"/a?" + canned(rsaKey, "RSA", there+"/a", soon), "", ""},
		"canned, ECDSA":           {"/a?" + canned(ecKey, "EC", there+"/a", soon), "", ""},
		"for the address of here": {"/a?" + canned(rsaKey, "RSA", here+"/a", soon), "", ""},
		"with a query":            {"/a?x=1&" + canned(rsaKey, "RSA", there+"/a?x=1", soon), "", ""},
		"with another query":      {"/a?x=2&" + canned(rsaKey, "RSA", there+"/a?x=1", soon), "", "AccessDenied"},
		"another path":            {"/b?" + canned(rsaKey, "RSA", there+"/a", soon), "", "AccessDenied"},
		"expired":                 {"/a?" + canned(rsaKey, "RSA", there+"/a", now), "", "AccessDenied"},
		"by another's key":        {"/a?" + canned(ecKey, "RSA", there+"/a", soon), "", "AccessDenied"},
		"a key of no group":       {"/a?" + canned(rsaKey, "Other", there+"/a", soon), "", "InvalidKey"},
		"not signed":              {"/a", "", "MissingKey"},
		"a later expiry":          {"/a?" + strings.Replace(canned(rsaKey, "RSA", there+"/a", soon), fmt.Sprint(soon.Unix()), fmt.Sprint(soon.Unix()+1), 1), "", "AccessDenied"},
		"custom":                  {"/a/b?" + custom(condition("")), "", ""},
		"custom, of another path": {"/b?" + custom(condition("")), "", "AccessDenied"},
		"custom, has not begun":   {"/a?" + custom(condition(fmt.Sprintf(`,"DateGreaterThan":{"AWS:EpochTime":%d}`, soon.Unix()))), "", "AccessDenied"},
		"custom, never begins":    {"/a?" + custom(condition(`,"DateGreaterThan":{"AWS:EpochTime":9223372036854775807}`)), "", "AccessDenied"},
		"canned, never ends":      {"/a?" + canned(rsaKey, "RSA", there+"/a", time.Unix(1<<63-1, 0)), "", ""},
		"custom, has begun":       {"/a?" + custom(condition(fmt.Sprintf(`,"DateGreaterThan":{"AWS:EpochTime":%d}`, now.Unix()-1))), "", ""},
		"custom, ended":           {"/a?" + custom(until("*", now)), "", "AccessDenied"},
		"custom, from here":       {"/a?" + custom(condition(`,"IpAddress":{"AWS:SourceIp":"127.0.0.0/8"}`)), "", ""},
		"custom, from elsewhere":  {"/a?" + custom(condition(`,"IpAddress":{"AWS:SourceIp":"192.0.2.1"}`)), "", "AccessDenied"},
		"custom, without an end":  {"/a?" + custom(`{"Statement":[{"Resource":"*","Condition":{}}]}`), "", "MalformedPolicy"},
		"for HTTP":                {"/a?" + canned(rsaKey, "RSA", strings.Replace(there, "https", "http", 1)+"/a", soon), "", "AccessDenied"},
		"base64 as it is":         {"/a?" + plain(custom(condition(""))), "", "AccessDenied"},
		"custom, other letters":   {"/a?" + custom(strings.ToLower(condition(""))), "", "MalformedPolicy"},
		"custom, unknown":         {"/a?" + custom(condition(`,"NotIpAddress":{"AWS:SourceIp":"127.0.0.1"}`)), "", "MalformedPolicy"},
		"custom, IPv6":            {"/a?" + custom(condition(`,"IpAddress":{"AWS:SourceIp":"::/0"}`)), "", "MalformedPolicy"},
		"custom, no address":      {"/a?" + custom(condition(`,"IpAddress":{"AWS:SourceIp":"all"}`)), "", "MalformedPolicy"},
		"custom, for nothing":     {"/a?" + custom(strings.Replace(condition(""), "http*://*/a*", "", 1)), "", "AccessDenied"},
		"custom, and more":        {"/a?" + custom(condition("")+"{}"), "", "MalformedPolicy"},
		"cookies beside Expires":  {"/a?Expires=1", cookies(custom(condition(""))), "MissingKey"},
		"cookies":                 {"/a/b?x=1", cookies(custom(condition(""))), ""},
		"cookies, canned":         {"/a", cookies(canned(rsaKey, "RSA", there+"/a", soon)), ""},
		"cookies beside a URL":    {"/a?" + canned(rsaKey, "RSA", there+"/b", soon), cookies(custom(condition(""))), "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if test.cookie != "" {
				headers = []string{"Cookie", test.cookie}
			}
			resp, body := send(t, "GET", here+test.target, "", headers...)
			if test.want == "" {
				if resp.StatusCode != http.StatusOK || test.cookie == "" && strings.Contains(body, "Key-Pair-Id=") {
					t.Errorf("%d %s, want 200, and nothing of the signature at the function", resp.StatusCode, body)
				}
				return
			}
			if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "<Code>"+test.want+"</Code>") {
				t.Errorf("%d %s, want %s", resp.StatusCode, body, test.want)
			}
		})
	}
}

// plain is a signed query with base64 as encoders write it.
func plain(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if name, value, _ := strings.Cut(part, "="); name != "Key-Pair-Id" {
			parts[i] = name + "=" + strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(value)
		}
	}
	return strings.Join(parts, "&")
}

// escaped is CloudFront's base64.
func escaped(text []byte) string {
	return strings.NewReplacer("+", "-", "=", "_", "/", "~").Replace(base64.StdEncoding.EncodeToString(text))
}
