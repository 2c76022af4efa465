package local_test

import (
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// What AWS would apply and the chain cannot is said when it starts. A web ACL may come
// from a stack in another region.
func TestNotesNameWhatIsNotApplied(t *testing.T) {
	t.Parallel()
	f := newFixture()
	config := f.at("Resources", "Distribution", "Properties", "DistributionConfig")
	config["PriceClass"] = "PriceClass_100"
	config["Restrictions"] = object{"GeoRestriction": object{"RestrictionType": "blacklist", "Locations": []any{"AQ"}}}
	config["WebACLId"] = object{"Fn::GetAtt": []any{"ExportsReader", "/cdk/exports/WebAcl"}}
	f.at("Resources")["ExportsReader"] = object{"Type": "Custom::CrossRegionExportReader", "Properties": object{}}

	notes := strings.Join(f.start(t, local.Options{}).Notes(), "\n")
	for _, want := range []string{"geographic restriction is not applied", "web ACL is not applied"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes = %q, want %q", notes, want)
		}
	}
}

// A policy names headers that CloudFront adds: those that this machine can tell arrive, and
// whoever sends them; the others are named.
func TestHeadersAboutTheViewerThatAPolicyNames(t *testing.T) {
	t.Parallel()
	for _, behavior := range []string{"whitelist", "allViewerAndWhitelistCloudFront"} {
		t.Run(behavior, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.at("Resources")["Policy"] = object{"Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": object{"OriginRequestPolicyConfig": object{
				"Name": "policy", "CookiesConfig": object{"CookieBehavior": "none"}, "QueryStringsConfig": object{"QueryStringBehavior": "none"},
				"HeadersConfig": object{"HeaderBehavior": behavior, "Headers": []any{"CloudFront-Viewer-Address", "CloudFront-Viewer-Country"}},
			}}}
			f.behavior()["OriginRequestPolicyId"] = object{"Ref": "Policy"}
			delete(f.behavior(), "LambdaFunctionAssociations") // a GET needs neither
			delete(f.behavior(), "FunctionAssociations")
			chain := f.start(t, local.Options{})
			if behavior == "whitelist" { // the other forwards Host, which AWS refuses
				_, body := send(t, "GET", chain.URL()+"/", "", "CloudFront-Viewer-Country", "XX", "CloudFront-Is-Mobile-Viewer", "true")
				var about []string
				for _, name := range decode(t, body).Headers {
					if strings.HasPrefix(name, "Cloudfront-") {
						about = append(about, name)
					}
				}
				if len(about) != 1 || about[0] != "Cloudfront-Viewer-Address" {
					t.Errorf("headers about the viewer = %q, want that which is named and can be told", about)
				}
			}
			notes := strings.Join(chain.Notes(), "\n")
			if !strings.Contains(notes, "Site/Distribution: behavior *: this machine cannot know Cloudfront-Viewer-Country:") {
				t.Errorf("notes = %q, want the header named that nobody can know", notes)
			}
		})
	}
}

// No Node.js is two versions: one of these functions declares another than runs here.
func TestNotesNameAnotherNodeVersion(t *testing.T) {
	t.Parallel()
	noted := 0
	for _, declared := range []string{"nodejs22.x", "nodejs24.x"} {
		f := newFixture()
		f.properties("Signer")["Runtime"] = declared
		for _, note := range f.start(t, local.Options{}).Notes() {
			if strings.Contains(note, "Site/Signer declares "+declared+": runs on Node.js v") {
				noted++
			}
		}
	}
	if noted == 0 {
		t.Error("no note names the version that differs")
	}
}
