package aws_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
)

func mustRead(t *testing.T, f *fixture) *aws.Model {
	t.Helper()
	r, err := f.read(t)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return r
}

// Everything of the fixture, with what stands beside the path in the way.
func TestRead(t *testing.T) {
	t.Parallel()
	r := mustRead(t, newFixture())
	if len(r.Functions()) != 1 || len(r.Distributions) != 1 {
		t.Fatalf("%d functions and %d distributions, want 1 and 1", len(r.Functions()), len(r.Distributions))
	}
	const account = "111122223333"

	u, d := r.URLs[0], r.Distributions[0]
	f := u.Function
	if want := "asset.fn"; filepath.Base(f.Code.Dir) != want || f.Code.Inline != "" {
		t.Errorf("code = %+v, want the folder %s", f.Code, want)
	}
	if want := "arn:aws:lambda:us-east-1:" + account + ":function:" + f.FunctionName; f.ARN != want || u.ARN != want {
		t.Errorf("function's ARN = %q, URL's %q, want %q", f.ARN, u.ARN, want)
	}
	if f.Name != "Site/Fn" || f.Account != account || f.Region != "us-east-1" || f.Runtime.V != "provided.al2023" || f.Handler.V != "bootstrap" ||
		f.Architecture() != "arm64" || f.Timeout.V != 15*time.Minute || f.Memory.V != 512 || f.Concurrency.V != -1 {
		t.Errorf("function = %+v", f)
	}
	if want := map[string]string{"STAGE": "prod", "SELF": "us-east-1", "COUNT": "5"}; !maps.Equal(f.Values(), want) {
		t.Errorf("variables = %q, want %q", f.Values(), want)
	}
	if u.Name != "Site/Url" || u.AuthType.V != "AWS_IAM" || !u.Streams() || u.DomainName == "" {
		t.Errorf("URL = %+v", u)
	}
	source := "arn:aws:cloudfront::" + account + ":distribution/" + d.ID
	var grants []string
	for _, g := range u.Grants {
		if g.Principal.V != functionurl.CloudFront || g.SourceARN.V != source || g.URL != u {
			t.Errorf("grant = %+v, want one of CloudFront for %s", g, source)
		}
		grants = append(grants, fmt.Sprint(g.Name, " ", g.Action.V, " ", g.URLAuthType.V, " ", g.ViaFunctionURL.V))
	}
	if want := []string{"Site/GrantInvoke lambda:InvokeFunction  true", "Site/GrantUrl lambda:InvokeFunctionUrl AWS_IAM false"}; !slices.Equal(grants, want) {
		t.Errorf("grants = %q, want %q", grants, want)
	}

	if d.Name != "Site/Dist" || d.Account != account || d.ARN != source || !strings.HasSuffix(d.DomainName, ".cloudfront.net") {
		t.Errorf("distribution = %+v, want Site/Dist with the ARN %s", d, source)
	}
	if len(d.Behaviors) != 2 {
		t.Fatalf("%d behaviors, want 2", len(d.Behaviors))
	}
	static, other := d.Behaviors[0], d.Behaviors[1]
	if static.PathPattern.V != "/static/*" || !slices.Equal(static.Methods.Strings(), []string{"GET", "HEAD"}) || static.ViewerRequest != nil || static.OriginRequest != nil {
		t.Errorf("first behavior = %+v, want /static/* for GET and HEAD without functions", static)
	}
	if other.PathPattern.V != "*" || len(other.Methods.Items) != 7 || !other.IncludeBody || !other.Allows("DELETE") || other.Allows("TRACE") {
		t.Errorf("last behavior = %+v, want * for all methods, the body included", other)
	}
	if p := other.Policy; p.Name != "AllViewerExceptHostHeader" || p.Headers.Has("Host") || !p.Headers.Has("Accept") || !p.Cookies.Everything() || !p.Queries.Everything() {
		t.Errorf("policy = %+v, want everything but Host", p)
	}
	if v := other.ViewerRequest; v == nil || v.Name != "Site/Viewer" || v.ARN != "arn:aws:cloudfront::"+account+":function/viewer" || v.Code.V != "function handler(e) { return e.request }" {
		t.Errorf("viewer function = %+v", v)
	}
	e := other.OriginRequest
	if e == nil || e.Name != "Site/Signer" || !strings.HasSuffix(e.ARN, ":1") || e.Handler.V != "index.handler" || e.Runtime.V != "nodejs24.x" ||
		e.Code.Inline != "exports.handler = async (e) => e" || e.Timeout.V != 5*time.Second || e.Memory.V != 128 {
		t.Errorf("edge function = %+v", e)
	}
	for i, b := range d.Behaviors {
		o := b.Origin
		if o.ID.V != "fn" || o.URL != u || o.DomainName.V != u.DomainName || o.ReadTimeout.V != time.Minute || o.KeepAliveTimeout.V != time.Minute ||
			o.CompletionTimeout.V != 0 || o.Signing() != cloudfront.SignAlways || len(o.Headers) != 1 || !o.Headers[0].Name.Is("x-tenant") ||
			!o.Headers[0].Value.Is("one") || !slices.Equal(o.SSLProtocols.Strings(), []string{"TLSv1.2"}) {
			t.Errorf("origin of behavior %d = %+v", i, o)
		}
	}
}

// What AWS and the chain take, one change at a time.
func TestReadAccepts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*fixture)
		check  func(*testing.T, *aws.Model)
	}{
		"defaults": {
			change: func(f *fixture) {
				for _, name := range []string{"Architectures", "Timeout", "MemorySize", "Environment"} {
					delete(f.properties("Fn"), name)
				}
				delete(f.custom(), "OriginReadTimeout")
				delete(f.custom(), "OriginKeepaliveTimeout")
				delete(f.origin(), "OriginAccessControlId")
			},
			check: func(t *testing.T, r *aws.Model) {
				f, o := r.Functions()[0], r.Distributions[0].Behaviors[0].Origin
				if f.Architecture() != "x86_64" || f.Timeout.V != 3*time.Second || f.Memory.V != 128 || len(f.Variables) != 0 {
					t.Errorf("function = %+v, want Lambda's defaults", f)
				}
				if o.ReadTimeout.V != 30*time.Second || o.KeepAliveTimeout.V != 5*time.Second || o.Signing() != cloudfront.SignNever {
					t.Errorf("origin = %+v, want CloudFront's defaults and no signature", o)
				}
			},
		},
		"origin shield": {
			change: func(f *fixture) {
				f.origin()["OriginShield"] = object{"Enabled": true, "OriginShieldRegion": "us-east-1"}
			},
			check: func(t *testing.T, r *aws.Model) {
				if notes := r.Distributions[0].Notes; !slices.ContainsFunc(notes, func(note string) bool {
					return strings.Contains(note, "Origin Shield before its origin fn is left out")
				}) {
					t.Errorf("notes = %q", notes)
				}
			},
		},
		"values that nobody reads": {
			change: func(f *fixture) {
				odd := object{"Fn::GetAtt": list{"Nobody", "Arn"}}
				fn := f.properties("Fn")
				fn["VpcConfig"] = object{"SecurityGroupIds": list{odd}}
				fn["DeadLetterConfig"], fn["KmsKeyArn"], fn["Tags"], fn["Description"] = object{"TargetArn": odd}, odd, odd, ref("Unset")
				f.config()["Logging"], f.config()["ViewerCertificate"] = object{"Bucket": odd}, object{"AcmCertificateArn": odd, "SslSupportMethod": "sni-only"}
				f.properties("Signer")["Role"], f.properties("Viewer")["Tags"] = odd, odd
			},
		},
		"no value": {
			change: func(f *fixture) {
				f.properties("Fn")["Layers"] = ref("AWS::NoValue")
				f.config()["WebACLId"] = object{"Fn::If": list{"Yes", ref("AWS::NoValue"), "x"}}
				f.properties("Fn")["Environment"].(object)["Variables"].(object)["GONE"] = ref("AWS::NoValue")
				f.config()["Origins"] = list{ref("AWS::NoValue"), f.origin()}
			},
			check: func(t *testing.T, r *aws.Model) {
				if v, ok := r.Functions()[0].Values()["GONE"]; ok {
					t.Errorf("variable GONE = %q, want none", v)
				}
			},
		},
		"a chosen object, the other of which nobody knows": {
			change: func(f *fixture) {
				f.config()["DefaultCacheBehavior"] = object{"Fn::If": list{"No", object{"TargetOriginId": ref("Nobody")}, f.behavior()}}
			},
		},
		"a condition that is false": {
			change: func(f *fixture) {
				f.site["Dist2"] = object{"Type": "AWS::CloudFront::Distribution", "Condition": "No", "Properties": object{"Nonsense": 1}}
			},
		},
		"reserved concurrency": {
			change: func(f *fixture) { f.properties("Fn")["ReservedConcurrentExecutions"] = 7 },
			check: func(t *testing.T, r *aws.Model) {
				if got := r.Functions()[0].Concurrency.V; got != 7 {
					t.Errorf("concurrency = %d, want 7", got)
				}
			},
		},
		"all kinds of signing": {
			change: func(f *fixture) { f.oac()["SigningBehavior"] = "no-override" },
			check: func(t *testing.T, r *aws.Model) {
				if got := r.Distributions[0].Behaviors[0].Origin.Signing(); got != cloudfront.SignNoOverride {
					t.Errorf("signing = %q, want no-override", got)
				}
			},
		},
		"AllViewer": {
			change: func(f *fixture) { f.behavior()["OriginRequestPolicyId"] = "216adef6-5c7f-47e4-b989-5492eafa07d3" },
			check: func(t *testing.T, r *aws.Model) {
				if got := r.Distributions[0].Behaviors[1].Policy; !got.Headers.Has("Host") {
					t.Errorf("policy = %+v, want one that forwards Host", got)
				}
			},
		},
		"response completion timeout": {
			change: func(f *fixture) { f.origin()["ResponseCompletionTimeout"] = 60 },
			check: func(t *testing.T, r *aws.Model) {
				if got := r.Distributions[0].Behaviors[0].Origin.CompletionTimeout.V; got != time.Minute {
					t.Errorf("completion timeout = %v, want 1m", got)
				}
			},
		},
		"text for numbers and booleans": {
			change: func(f *fixture) {
				f.config()["Enabled"], f.custom()["OriginReadTimeout"], f.properties("Fn")["Timeout"] = "true", "45", "30"
			},
			check: func(t *testing.T, r *aws.Model) {
				if got := r.Distributions[0].Behaviors[0].Origin.ReadTimeout.V; got != 45*time.Second {
					t.Errorf("read timeout = %v, want 45s", got)
				}
			},
		},
		"an edge function from an asset": {
			change: func(f *fixture) { f.properties("Signer")["Code"] = object{"S3Bucket": "assets", "S3Key": "fn.zip"} },
			check: func(t *testing.T, r *aws.Model) {
				if got := r.Distributions[0].Behaviors[1].OriginRequest.Code; filepath.Base(got.Dir) != "asset.fn" {
					t.Errorf("code = %+v, want the asset", got)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			test.change(f)
			r := mustRead(t, f)
			if test.check != nil {
				test.check(t, r)
			}
		})
	}
}

func TestSharedFunctionsAreReadOnce(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.config()["CacheBehaviors"] = list{behavior(object{
		"PathPattern": "/a", "FunctionAssociations": f.behavior()["FunctionAssociations"],
		"LambdaFunctionAssociations": f.behavior()["LambdaFunctionAssociations"],
	})}
	b := mustRead(t, f).Distributions[0].Behaviors
	if b[0].ViewerRequest != b[1].ViewerRequest || b[0].OriginRequest != b[1].OriginRequest {
		t.Error("two behaviors with the same functions got two of each, want one")
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	add := func(stack object, id string, properties object) {
		p := object{"Action": "lambda:InvokeFunction", "Principal": "cloudfront.amazonaws.com"}
		for name, v := range properties {
			p[name] = v
		}
		stack[id] = object{"Type": "AWS::Lambda::Permission", "Properties": p}
	}
	f := newFixture()
	delete(f.site, "GrantUrl")
	delete(f.site, "GrantInvoke")
	f.properties("Fn")["FunctionName"] = "chat"
	f.properties("Signer")["FunctionName"] = "signer"
	f.site["Live"] = object{"Type": "AWS::Lambda::Alias", "Properties": object{"FunctionName": ref("Fn"), "Name": "live", "FunctionVersion": "1"}}

	add(f.site, "ByName", object{"FunctionName": "chat"})
	add(f.site, "ByRef", object{"FunctionName": ref("Fn")})
	add(f.site, "ByArn", object{"FunctionName": getAtt("Fn", "Arn")})
	add(f.site, "ByPartialArn", object{"FunctionName": "111122223333:function:chat"})
	add(f.site, "ByUrl", object{"FunctionName": getAtt("Url", "FunctionArn")})
	add(f.site, "Everybody", object{"FunctionName": "chat", "Principal": "*"})
	add(f.site, "Account", object{"FunctionName": "chat", "Principal": "222233334444"})

	add(f.site, "OtherFunction", object{"FunctionName": "signer", "Nonsense": 1})
	add(f.site, "Alias", object{"FunctionName": ref("Live")})
	add(f.site, "Version1", object{"FunctionName": "chat:1"})
	add(f.site, "OtherAccount", object{"FunctionName": "222233334444:function:chat"})
	// A function of this name may be there, too: the grant is not for ours.
	add(f.far, "NameElsewhere", object{"FunctionName": "chat"})
	// Grants for what cannot call a function URL may say anything.
	add(f.site, "Bucket", object{"FunctionName": ref("Nobody"), "Principal": "s3.amazonaws.com", "SourceArn": getAtt("Table", "Arn"), "EventSourceToken": "x"})

	var got []string
	for _, g := range mustRead(t, f).URLs[0].Grants {
		got = append(got, strings.TrimPrefix(g.Name, "Site/"))
	}
	slices.Sort(got)
	want := []string{"Account", "ByArn", "ByName", "ByPartialArn", "ByRef", "ByUrl", "Everybody"}
	if !slices.Equal(got, want) {
		t.Errorf("grants = %q\nwant %q", got, want)
	}
}

// Of an app that leaves its account open, the account that a grant names is taken for its own.
func TestGrantsOfAnAppForAnyAccount(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.account = "unknown-account"
	f.properties("GrantUrl")["SourceArn"] = object{"Fn::Sub": "arn:aws:cloudfront::444455556666:distribution/${Dist}"}
	f.properties("GrantUrl")["SourceAccount"] = "444455556666"
	r := mustRead(t, f)
	for _, g := range r.URLs[0].Grants {
		if g.Source() != r.Distributions[0].ARN || g.Account() != "" && g.Account() != "111122223333" {
			t.Errorf("%s is for %q of %q, want %q", g.Name, g.Source(), g.Account(), r.Distributions[0].ARN)
		}
	}
}

func TestGrantsGoToTheirFunction(t *testing.T) {
	t.Parallel()
	f := newFixture()
	second := object{}
	for name, v := range f.properties("Fn") {
		second[name] = v
	}
	f.site["Fn2"] = object{"Type": "AWS::Lambda::Function", "Properties": second}
	f.site["Url2"] = object{"Type": "AWS::Lambda::Url", "Properties": object{
		"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM", "TargetFunctionArn": ref("Fn2"),
	}}
	r := mustRead(t, f)
	if len(r.URLs) != 2 || r.URLs[1].Function.Name != "Site/Fn2" {
		t.Fatalf("functions = %+v, want Fn and Fn2", r.URLs)
	}
	if got := len(r.URLs[0].Grants); got != 2 {
		t.Errorf("Fn has %d grants, want 2", got)
	}
	if got := r.URLs[1].Grants; len(got) != 0 {
		t.Errorf("Fn2 has the grants %+v, want none", got)
	}
}
