package local_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/tools/check"
	"github.com/streamfront/streamfront/local"
)

// behind puts a distribution before a front door with the domain name.
func (f *fixture) behind(domain any, path, protocol string) *fixture {
	f.at("Resources")["Distribution"] = object{"Type": "AWS::CloudFront::Distribution", "Properties": object{"DistributionConfig": object{
		"Enabled": true,
		"DefaultCacheBehavior": object{
			"AllowedMethods": []any{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}, "TargetOriginId": "door", "ViewerProtocolPolicy": "https-only",
			"CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
		},
		"Origins": []any{object{
			"Id": "door", "DomainName": domain, "OriginPath": path, "CustomOriginConfig": object{"OriginProtocolPolicy": protocol},
			"OriginCustomHeaders": []any{object{"HeaderName": "X-Origin-Verify", "HeaderValue": "s"}},
		}},
	}}}
	return f
}

var (
	apiDomain      = object{"Fn::Sub": "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
	balancerDomain = object{"Fn::GetAtt": []any{"Balancer", "DNSName"}}
)

// secured gives the load balancer's listener TLS, on the port.
func (f *fixture) secured(port float64) *fixture {
	f.properties("Listener")["Protocol"], f.properties("Listener")["Port"] = "HTTPS", port
	f.properties("Listener")["Certificates"] = []any{object{"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/a"}}
	return f
}

// A distribution before an API or a load balancer of the same assembly asks it by its own name,
// and the check says of the template what the chain answers.
func TestADistributionBeforeAnotherFrontDoor(t *testing.T) {
	t.Parallel()
	forwarding := func(f *fixture) *fixture {
		f.behavior()["OriginRequestPolicyId"] = allViewer
		return f
	}
	inVPC := func(f *fixture) *fixture {
		delete(f.origin(), "CustomOriginConfig")
		f.at("Resources")["VpcOrigin"] = object{"Type": "AWS::CloudFront::VpcOrigin", "Properties": object{"VpcOriginEndpointConfig": object{"Arn": object{"Ref": "Balancer"}, "Name": "balancer"}}}
		f.origin()["VpcOriginConfig"] = object{"VpcOriginId": object{"Fn::GetAtt": []any{"VpcOrigin", "Id"}}}
		return f
	}
	for name, test := range map[string]struct {
		f      *fixture
		status int
		says   string // in the answer
		cause  string // of the trace and the check; "": nothing is wrong
		door   string // the hop of the door; "" if the request does not get there
	}{
		"REST API":                             {restAPI().behind(apiDomain, "/prod", "https-only"), 200, "/?", "", "rest api"},
		"HTTP API":                             {httpAPI().behind(apiDomain, "", "https-only"), 200, "/?", "", "http api"},
		"a protocol as the viewer's":           {httpAPI().behind(apiDomain, "", "match-viewer"), 200, "/?", "", "http api"},
		"another stage":                        {restAPI().behind(apiDomain, "/other", "https-only"), 403, "Forbidden", "route-unknown", "rest api"},
		"REST API, the viewer's Host":          {forwarding(restAPI().behind(apiDomain, "/prod", "https-only")), 403, `{"message":"Forbidden"}`, "host-forwarded", "rest api"},
		"REST API by HTTP":                     {restAPI().behind(apiDomain, "/prod", "http-only"), 502, "listens on 443", "origin-unreachable", ""},
		"load balancer":                        {newBalancer().behind(balancerDomain, "", "http-only"), 200, "x-origin-verify", "", "load balancer"},
		"load balancer, the viewer's Host":     {forwarding(newBalancer().behind(balancerDomain, "", "http-only")), 200, "x-origin-verify", "", "load balancer"},
		"load balancer without TLS, by HTTPS":  {newBalancer().behind(balancerDomain, "", "https-only"), 502, "listens on 80", "origin-unreachable", ""},
		"as the viewer's, without TLS":         {newBalancer().behind(balancerDomain, "", "match-viewer"), 502, "listens on 80", "origin-unreachable", ""},
		"as the viewer's, by its own name":     {newBalancer().secured(443).behind(balancerDomain, "", "match-viewer"), 502, "no certificate", "origin-unreachable", ""},
		"load balancer, HTTPS by its own name": {newBalancer().secured(443).behind(balancerDomain, "", "https-only"), 502, "no certificate", "origin-unreachable", ""},
		"HTTPS for the viewer's Host":          {forwarding(newBalancer().secured(443).behind(balancerDomain, "", "https-only")), 200, "x-origin-verify", "", "load balancer"},
		"HTTP where TLS is spoken":             {newBalancer().secured(80).behind(balancerDomain, "", "http-only"), 502, "speaks HTTPS", "origin-unreachable", ""},
		"HTTPS on a port of HTTP": {func() *fixture {
			f := newBalancer().behind(balancerDomain, "", "https-only")
			f.properties("Listener")["Port"] = 443.0
			return f
		}(), 502, "speaks HTTP", "origin-unreachable", ""},
		"load balancer in a VPC": {inVPC(newBalancer().behind(balancerDomain, "", "http-only")), 200, "x-origin-verify", "", "load balancer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traces := make(chan local.Trace, 10)
			dir := test.f.write(t)
			chain := startChain(t, local.Options{Assembly: dir, Trace: func(tr local.Trace) { traces <- tr }})
			resp, body := send(t, "GET", chain.Distributions()[0].URL+"/?a=1", "")
			if resp.StatusCode != test.status || !strings.Contains(body, test.says) {
				t.Errorf("%d %s, want %d and %q", resp.StatusCode, body, test.status, test.says)
			}
			trace := testclient.Receive(t, "a trace", traces)
			if trace.Cause() != test.cause {
				t.Errorf("the trace's cause is %q, want %q", trace.Cause(), test.cause)
			}
			reached := slices.ContainsFunc(trace.Hops, func(h local.Hop) bool { return h.Name == test.door })
			if trace.Hops[0].Name != "behavior" || reached != (test.door != "") {
				t.Errorf("the hops are %+v, want one trace of behavior and %q", trace.Hops, test.door)
			}
			found := rulesAt(t, dir, "Distribution")
			if want := test.cause; want == "route-unknown" {
				return // what paths there are the template does not say of the origin's
			} else if got := strings.Join(found, " "); got != want {
				t.Errorf("the check finds %q at the distribution, want %q", got, want)
			}
		})
	}
}

// rulesAt are the rules by which the check finds something at a resource of the assembly.
func rulesAt(t *testing.T, dir, logicalID string) []string {
	t.Helper()
	report, err := check.Run(dir, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		if f.LogicalID == logicalID {
			found = append(found, string(f.Rule))
		}
	}
	return found
}
