package local_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// Every line that security rests on: without it the chain must refuse, in AWS's words.
func TestMutatedTemplateIsRefused(t *testing.T) {
	t.Parallel()
	withoutSigner := func(f *fixture) { delete(f.behavior(), "LambdaFunctionAssociations") }
	for name, test := range map[string]struct {
		mutate    func(*fixture)
		method    string
		errorType string
		body      string
	}{
		"without InvokeFunctionUrl":  {func(f *fixture) { delete(f.at("Resources"), "InvokeFunctionUrl") }, "GET", "AccessDeniedException", forbidden},
		"without InvokeFunction":     {func(f *fixture) { delete(f.at("Resources"), "InvokeFunction") }, "GET", "AccessDeniedException", forbidden},
		"grant to another principal": {func(f *fixture) { f.properties("InvokeFunction")["Principal"] = "s3.amazonaws.com" }, "GET", "AccessDeniedException", forbidden},
		"grant to another distribution": {func(f *fixture) {
			f.properties("InvokeFunctionUrl")["SourceArn"] = "arn:aws:cloudfront::111122223333:distribution/EOTHER"
		}, "GET", "AccessDeniedException", forbidden},
		"without the OAC":          {func(f *fixture) { delete(f.origin(), "OriginAccessControlId") }, "GET", "AccessDeniedException", forbidden},
		"OAC that never signs":     {func(f *fixture) { f.oac()["SigningBehavior"] = "never" }, "GET", "AccessDeniedException", forbidden},
		"without the signer: POST": {withoutSigner, "POST", "InvalidSignatureException", mismatch},
		"without the body: POST":   {func(f *fixture) { f.association()["IncludeBody"] = false }, "POST", "InvalidSignatureException", mismatch},
		"with Host forwarded":      {func(f *fixture) { f.behavior()["OriginRequestPolicyId"] = "216adef6-5c7f-47e4-b989-5492eafa07d3" }, "GET", "AccessDeniedException", `{"Message":null}`},
		"signer that hashes text": {func(f *fixture) {
			f.editSigner("data.slice(at, at + 65536), 'base64'", "Buffer.from(data.slice(at, at + 65536), 'base64').toString()")
		}, "POST", "InvalidSignatureException", mismatch},
		"signer that trusts the viewer": {func(f *fixture) { f.editSigner("hash = sha256(body);", "hash = sent;") }, "POST", "InvalidSignatureException", mismatch},
		"signer that leaves Authorization, OAC that does not override": {func(f *fixture) {
			f.editSigner("if (headers.authorization)", "if (false)")
			f.oac()["SigningBehavior"] = "no-override"
		}, "POST", "IncompleteSignatureException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			test.mutate(f)
			chain := f.start(t, local.Options{})
			body := ""
			if test.method == "POST" {
				body = "\xff\x00 not text"
			}
			resp, got := send(t, test.method, chain.Distributions[0].URL+"/", body, "Authorization", "Bearer secret")
			if resp.StatusCode != http.StatusForbidden || resp.Header.Get("X-Amzn-Errortype") != test.errorType {
				t.Errorf("answer = %d %q, want 403 %q", resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), test.errorType)
			}
			if test.body != "" && got != test.body {
				t.Errorf("body = %s, want %s", got, test.body)
			}
			if want := "Error from cloudfront"; resp.Header.Get("X-Cache") != want {
				t.Errorf("X-Cache = %q, want %q", resp.Header.Get("X-Cache"), want)
			}
		})
	}
}

func (f *fixture) origin() object {
	return f.at("Resources", "Distribution", "Properties", "DistributionConfig", "Origins", 0)
}

func (f *fixture) association() object {
	return f.at("Resources", "Distribution", "Properties", "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0)
}

func (f *fixture) oac() object {
	return f.properties("OAC")["OriginAccessControlConfig"].(object)
}

func (f *fixture) editSigner(old, replacement string) {
	code := f.properties("Signer")["Code"].(object)
	source := code["ZipFile"].(string)
	if !strings.Contains(source, old) {
		panic("the signer has no " + old)
	}
	code["ZipFile"] = strings.Replace(source, old, replacement, 1)
}
