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

	notes := strings.Join(f.start(t, local.Options{}).Notes, "\n")
	for _, want := range []string{"geographic restriction is not applied", "web ACL is not applied"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes = %q, want %q", notes, want)
		}
	}
}

// No Node.js is two versions: one of these functions declares another than runs here.
func TestNotesNameAnotherNodeVersion(t *testing.T) {
	t.Parallel()
	noted := 0
	for _, declared := range []string{"nodejs22.x", "nodejs24.x"} {
		f := newFixture()
		f.properties("Signer")["Runtime"] = declared
		for _, note := range f.start(t, local.Options{}).Notes {
			if strings.Contains(note, "Site/Signer declares "+declared+": runs on Node.js v") {
				noted++
			}
		}
	}
	if noted == 0 {
		t.Error("no note names the version that differs")
	}
}
