package check_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/causes"
)

// The properties that the schema of SARIF 2.1.0 requires, and those that viewers show.
func TestSARIF(t *testing.T) {
	t.Parallel()
	r := endpoint()
	r.at("Url")["AuthType"] = "NONE"
	r["Url"]["Metadata"] = object{
		"aws:cdk:path": "Site/Url/Resource",
		"streamfront":  object{"suppress": list{object{"id": "url-public", "reason": "a webhook of others"}}},
	}
	r.behavior()["ViewerProtocolPolicy"] = "allow-all"
	dir := r.write(t)
	text, err := json.Marshal(run(t, dir).SARIF("v1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version, InformationURI string
					Rules                         []struct {
						ID                                      string
						ShortDescription, FullDescription, Help struct{ Text, Markdown string }
						HelpURI                                 string
						DefaultConfiguration                    struct{ Level string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
					LogicalLocations []struct{ Name, FullyQualifiedName, Kind string }
				}
				PartialFingerprints map[string]string
				Suppressions        []struct{ Kind, Justification string }
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || log.Schema == "" || len(log.Runs) != 1 {
		t.Fatalf("log = %s", text)
	}
	driver, results := log.Runs[0].Tool.Driver, log.Runs[0].Results
	if address, err := url.Parse(driver.InformationURI); driver.Name != "streamfront" || driver.Version != "1.2.3" || err != nil || !address.IsAbs() {
		t.Errorf("driver = %+v", driver)
	}
	if len(driver.Rules) != len(aws.Rules()) {
		t.Errorf("%d rules, want %d", len(driver.Rules), len(aws.Rules()))
	}
	for _, rule := range driver.Rules {
		if cause := causes.Get(causes.ID(rule.ID)); cause == nil || rule.ShortDescription.Text != cause.Title+"." || rule.FullDescription.Text != cause.Why || rule.Help.Text == "" || rule.Help.Markdown == "" {
			t.Errorf("rule %+v is not its cause", rule)
		}
		if address, err := url.Parse(rule.HelpURI); err != nil || !address.IsAbs() {
			t.Errorf("%s: help at %q", rule.ID, rule.HelpURI)
		}
		if !slices.Contains([]string{"error", "warning", "note"}, rule.DefaultConfiguration.Level) {
			t.Errorf("%s: level %q", rule.ID, rule.DefaultConfiguration.Level)
		}
	}
	if len(results) != 2 {
		t.Fatalf("%d results, want the finding and the suppressed one: %s", len(results), text)
	}
	for i, result := range results {
		if driver.Rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("rule %d is %s, want %s", result.RuleIndex, driver.Rules[result.RuleIndex].ID, result.RuleID)
		}
		if result.Level != "error" || result.Message.Text == "" || len(result.PartialFingerprints) != 1 || len(result.Locations) != 1 {
			t.Errorf("result = %+v", result)
		}
		location := result.Locations[0]
		want := (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, "Site.template.json"))}).String()
		if got := location.PhysicalLocation; got.ArtifactLocation.URI != want || got.Region.StartLine < 2 {
			t.Errorf("location = %+v, want %s", got, want)
		}
		logical := location.LogicalLocations[0]
		if id := []string{"Distribution", "Url"}[i]; logical.Name != id || logical.FullyQualifiedName != "Site/"+id || logical.Kind != "resource" {
			t.Errorf("logical location = %+v, want %s", logical, id)
		}
	}
	if s := results[1].Suppressions; len(results[0].Suppressions) != 0 || len(s) != 1 || s[0].Kind != "inSource" || s[0].Justification != "a webhook of others" {
		t.Errorf("suppressions = %+v and %+v", results[0].Suppressions, s)
	}
	if n := len(results[1].Locations[0].LogicalLocations); n != 2 {
		t.Errorf("%d logical locations of the URL, want its construct, too", n)
	}
}

// Code scanning matches relative paths with files of the repository.
func TestSARIFPathsAreRelativeIfTheAssemblyIs(t *testing.T) {
	t.Chdir("../../../local/testdata/foreign")
	text, err := json.Marshal(run(t, "unsigned").SARIF("(devel)").Runs[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "devel") {
		t.Errorf("a version that is none is set: %s", text)
	}
	var log struct {
		Results []struct {
			Locations []struct {
				PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	uri := log.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI
	if uri != "unsigned/Plain.template.json" {
		t.Errorf("uri = %q, want a relative path", uri)
	}
	if _, err := os.Stat(uri); err != nil {
		t.Error(err)
	}
}

// What could not be looked at is marked as such in its result, and told of the run as a whole.
func TestSARIFTellsWhatIsUnseen(t *testing.T) {
	t.Parallel()
	r := endpoint()
	r.behavior()["FunctionAssociations"] = list{object{"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::111122223333:function/theirs"}}
	r.at("Function")["Timeout"] = 600
	r.origin()["CustomOriginConfig"] = object{"OriginProtocolPolicy": "https-only"} // a read timeout of 30 s
	report := run(t, r.write(t))
	text, err := json.Marshal(report.SARIF("v1.2.3").Runs[0])
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				AssociatedRule struct{ ID string }
				Message        struct{ Text string }
				Locations      []struct{ LogicalLocations []struct{ Name string } }
			}
		}
		Results []struct {
			RuleID     string
			Message    struct{ Text string }
			Properties struct{ Unseen bool }
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	var unseen []string
	for _, result := range log.Results {
		if result.Properties.Unseen {
			unseen = append(unseen, result.RuleID+" "+result.Message.Text)
		}
	}
	if len(unseen) != 1 || report.Unseen() != 1 || len(log.Results) < 2 {
		t.Fatalf("results that are unseen = %q of %d, report.Unseen() = %d, want one of several", unseen, len(log.Results), report.Unseen())
	}
	if len(log.Invocations) != 1 || !log.Invocations[0].ExecutionSuccessful || len(log.Invocations[0].ToolExecutionNotifications) != 1 {
		t.Fatalf("invocations = %+v, want one with one notification", log.Invocations)
	}
	n := log.Invocations[0].ToolExecutionNotifications[0]
	if got := n.AssociatedRule.ID + " " + n.Message.Text; got != unseen[0] || n.Locations[0].LogicalLocations[0].Name != "Distribution" {
		t.Errorf("notification %q at %+v, want %q at Distribution", got, n.Locations, unseen[0])
	}
}
