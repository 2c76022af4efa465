package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The cases and keys are those of the authorizer at the edge: one table for both.
const testdata = "../../authorizer/testdata"

const issuer = "https://issuer.example.com"

// A testCase describes a token and what becomes of it; tokens.mjs has the same in JavaScript.
type testCase struct {
	Name          string         `json:"name"`
	Header        map[string]any `json:"header"`
	Claims        map[string]any `json:"claims"`
	Key           string         `json:"key"`
	Tamper        string         `json:"tamper"`
	Authorization []string       `json:"authorization"`
	Repeat        int            `json:"repeat"`
	Method        string         `json:"method"`
	Config        struct {
		Audience []string `json:"audience"`
		Scopes   []string `json:"scopes"`
		TokenUse string   `json:"tokenUse"`
	} `json:"config"`
	Withdraw bool   `json:"withdraw"`
	Rotate   bool   `json:"rotate"`
	Issuer   string `json:"issuer"`
	Status   int    `json:"status"`
	Error    string `json:"error"`
	Detail   string `json:"detail"`
}

type testKey struct {
	Private string         `json:"private"`
	JWK     map[string]any `json:"jwk"`
	private crypto.PrivateKey
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func readCases(t testing.TB) (cases []testCase) {
	t.Helper()
	readJSON(t, "cases.json", &cases)
	return cases
}

type testKeys map[string]*testKey

func readKeys(t testing.TB) testKeys {
	t.Helper()
	var file struct{ Keys testKeys }
	readJSON(t, "keys.json", &file)
	for id, k := range file.Keys {
		block, _ := pem.Decode([]byte(k.Private))
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		k.private = private
	}
	return file.Keys
}

// set is what the issuer has: never the stranger's key, and only at first not the rotated one.
func (k testKeys) set(t testing.TB, without ...string) []byte {
	t.Helper()
	jwks := []map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(k)) {
		if id != "stranger" && !slices.Contains(without, id) {
			jwks = append(jwks, k[id].JWK)
		}
	}
	return encodeJSON(t, map[string]any{"keys": jwks})
}

func encodeJSON(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func base64url(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// merge has null take a default away, and "+60" stand for in a minute.
func (k testKeys) merge(t testing.TB, defaults, given map[string]any) map[string]any {
	t.Helper()
	out := maps.Clone(defaults)
	maps.Copy(out, given)
	for name, value := range out {
		text, _ := value.(string)
		switch {
		case value == nil:
			delete(out, name)
		case slices.Contains([]string{"exp", "nbf", "iat"}, name) && strings.IndexAny(text, "+-") == 0:
			offset, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = float64(time.Now().Unix()) + offset
		case text == "{stranger}":
			out[name] = k["stranger"].JWK
		}
	}
	return out
}

func hashOf(alg string) crypto.Hash {
	switch alg {
	case "RS384", "ES384":
		return crypto.SHA384
	case "RS512", "ES512":
		return crypto.SHA512
	}
	return crypto.SHA256
}

func (k testKeys) sign(t testing.TB, input, alg, id string, der bool) []byte {
	t.Helper()
	if private, ok := k[id].private.(ed25519.PrivateKey); ok {
		return ed25519.Sign(private, []byte(input))
	}
	h := hashOf(alg)
	digest := h.New()
	digest.Write([]byte(input))
	private, ok := k[id].private.(*ecdsa.PrivateKey)
	if !ok {
		signature, err := rsa.SignPKCS1v15(rand.Reader, k[id].private.(*rsa.PrivateKey), h, digest.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	if der {
		signature, err := ecdsa.SignASN1(rand.Reader, private, digest.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	r, s, err := ecdsa.Sign(rand.Reader, private, digest.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	size := (private.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signature
}

// authorization returns the values of Authorization that a case sends.
func (k testKeys) authorization(t testing.TB, test testCase) []string {
	t.Helper()
	header := k.merge(t, map[string]any{"alg": "RS256", "kid": "rsa", "typ": "JWT"}, test.Header)
	claims := k.merge(t, map[string]any{"iss": issuer, "aud": "app", "sub": "user-1", "exp": "+300", "nbf": "-10", "iat": "-10"}, test.Claims)
	alg, _ := header["alg"].(string)
	id := test.Key
	if id == "" {
		id = "rsa"
	}
	first, second := base64url(encodeJSON(t, header)), base64url(encodeJSON(t, claims))
	third := k.sign(t, first+"."+second, alg, id, test.Tamper == "der")
	switch test.Tamper {
	case "signature":
		third[20] ^= 1
	case "payload":
		claims["sub"] = "user-2"
		second = base64url(encodeJSON(t, claims))
	case "header":
		header["x"] = 1
		first = base64url(encodeJSON(t, header))
	case "cut":
		third = third[:len(third)-1]
	case "other":
		third = k.sign(t, "another.token", alg, id, false)
	case "zeros":
		third = make([]byte, 64)
	case "unsigned":
		third = nil
	case "hmac":
		third = k.hmac(t, first+"."+second, alg)
	case "", "der":
	default:
		t.Fatalf("%s: tamper %q is not known here", test.Name, test.Tamper)
	}
	parts := map[string]string{"header": first, "payload": second, "signature": base64url(third)}
	parts["token"] = first + "." + second + "." + parts["signature"]
	values := test.Authorization
	if values == nil {
		values = []string{"Bearer {token}"}
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(value, func(name string) string {
			if part, ok := parts[strings.Trim(name, "{}")]; ok {
				return part
			}
			return name
		}) + strings.Repeat("x", 20*test.Repeat)
	}
	return out
}

// hmac signs with the public key, as who confuses the algorithms would.
func (k testKeys) hmac(t testing.TB, input, alg string) []byte {
	t.Helper()
	public, err := x509.MarshalPKIXPublicKey(k["rsa"].private.(*rsa.PrivateKey).Public())
	if err != nil {
		t.Fatal(err)
	}
	h := map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}[alg]
	mac := hmac.New(h, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

// verifies reports whether the key has signed the input, by any algorithm that it can.
func (k *testKey) verifies(input string, signature []byte) bool {
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		hash := h.New()
		hash.Write([]byte(input))
		digest := hash.Sum(nil)
		switch private := k.private.(type) {
		case *rsa.PrivateKey:
			if rsa.VerifyPKCS1v15(&private.PublicKey, h, digest, signature) == nil {
				return true
			}
		case *ecdsa.PrivateKey:
			half := len(signature) / 2
			if ecdsa.Verify(&private.PublicKey, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])) {
				return true
			}
		case ed25519.PrivateKey:
			if ed25519.Verify(private.Public().(ed25519.PublicKey), []byte(input), signature) {
				return true
			}
		}
	}
	return false
}
