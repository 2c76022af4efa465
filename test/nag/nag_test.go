// Package nag runs cdk-nag's AwsSolutions pack over apps made of the constructs. It is a
// module of its own, so that nobody who imports the constructs gets cdk-nag along.
package nag

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// No test of this package runs in parallel: the jsii runtime has no locks.
func TestMain(m *testing.M) {
	status := m.Run()
	jsii.Close()
	os.Exit(status)
}

// line is one rule applied to one resource, in cdk-nag's report.
type line struct {
	RuleID, ResourceID, Compliance, RuleInfo string
}

// check runs the pack over an app and returns its reports.
func check(t *testing.T, define func(awscdk.App)) []line {
	t.Helper()
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &dir, AnalyticsReporting: jsii.Bool(false)})
	define(app)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	return reports(t, dir)
}

// reports reads what cdk-nag wrote into a cloud assembly.
func reports(t *testing.T, dir string) []line {
	t.Helper()
	reports, err := filepath.Glob(filepath.Join(dir, "AwsSolutions-*-NagReport.json"))
	if err != nil || len(reports) == 0 {
		t.Fatalf("no reports in %s: %v", dir, err)
	}
	var lines []line
	for _, file := range reports {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var report struct{ Lines []line }
		if err := json.Unmarshal(text, &report); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		lines = append(lines, report.Lines...)
	}
	return lines
}

// Zero findings without a written reason, and no reason without its finding.
func TestAwsSolutions(t *testing.T) {
	used := make([]bool, len(suppressions))
	apps := map[string]func(*testing.T) []line{}
	for name, define := range map[string]func(awscdk.App){"defaults": defaults, "everything": everything, "readme": readme, "others": others, "operated": operated} {
		apps[name] = func(t *testing.T) []line { return check(t, define) }
	}
	program := sampleApp(t)
	for name, context := range samples {
		apps["sample, "+name] = func(t *testing.T) []line { return synthesize(t, program, context) }
	}
	for name, synthesized := range apps {
		t.Run(name, func(t *testing.T) {
			compliant := 0
			for _, l := range synthesized(t) {
				switch l.Compliance {
				case "Compliant":
					compliant++
				case "N/A":
				default: // Non-Compliant, or a rule that failed
					if i := slices.IndexFunc(suppressions, l.isSuppressed); i >= 0 {
						used[i] = true
						continue
					}
					t.Errorf("%s %s at %s: %s", l.Compliance, l.RuleID, l.ResourceID, l.RuleInfo)
				}
			}
			if compliant == 0 {
				t.Error("no rule was applied")
			}
		})
	}
	for i, s := range suppressions {
		if !used[i] {
			t.Errorf("nothing to suppress any more: %s at %s", s.rule, s.resource)
		}
		if s.reason == "" {
			t.Errorf("no reason to suppress %s at %s", s.rule, s.resource)
		}
	}
}

func (l line) isSuppressed(s suppression) bool {
	return l.RuleID == s.rule && s.resource.MatchString(l.ResourceID)
}
