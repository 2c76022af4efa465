package check

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
)

// The parts of a SARIF log that are written here.
//
// Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
type (
	// SARIF is a log file in the Static Analysis Results Interchange Format 2.1.0, to be
	// marshalled as JSON.
	SARIF struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	// An invocation says what could not be examined; the results say where.
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Rule struct {
			ID    string `json:"id"`
			Index int    `json:"index"`
		} `json:"associatedRule"`
		Level     Level           `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		FullDescription  sarifText `json:"fullDescription"`
		Help             sarifText `json:"help"`
		HelpURI          string    `json:"helpUri"`
		Default          struct {
			Level Level `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        Level              `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   *sarifProperties   `json:"properties,omitempty"`
	}
	// Properties is SARIF's place for what only one tool has. Its kind "open" would say the
	// same, but excludes a level, without which viewers show no result.
	sarifProperties struct {
		Unseen bool `json:"unseen"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *sarifRegion `json:"region,omitempty"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name     string `json:"name"`
		FullName string `json:"fullyQualifiedName"`
		Kind     string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

const home = "https://github.com/streamfront/streamfront"

// SARIF returns the report in that format. Paths of templates begin with the folder of the
// assembly as it was given, so that a relative one is relative to where the check ran.
func (r *Report) SARIF(version string) *SARIF {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{
		Name: "streamfront", Version: number(version), InformationURI: home,
	}
	index := map[causes.ID]int{}
	for i, rule := range aws.Rules() {
		index[rule.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(causes.Get(rule.ID), rule.Level, r.Language))
	}
	for _, findings := range [][]Finding{r.Findings, r.Suppressed} {
		for _, f := range findings {
			run.Results = append(run.Results, f.sarif(r.Dir, index[f.Rule]))
		}
	}
	looked := sarifInvocation{ExecutionSuccessful: true, Notifications: []sarifNotification{}}
	for i := range r.Findings {
		if result := &run.Results[i]; r.Findings[i].Unseen {
			n := sarifNotification{Level: result.Level, Message: result.Message, Locations: result.Locations}
			n.Rule.ID, n.Rule.Index = result.RuleID, result.RuleIndex
			looked.Notifications = append(looked.Notifications, n)
		}
	}
	run.Invocations = []sarifInvocation{looked}
	return &SARIF{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	}
}

// number is a version such as "v1.2.3" as SARIF wants it, beginning with a digit; "" for what
// has none, such as "(devel)".
func number(version string) string {
	version = strings.TrimPrefix(version, "v")
	if version == "" || version[0] < '0' || version[0] > '9' {
		return ""
	}
	return version
}

func sarifRuleOf(c *causes.Cause, level Level, language cdk.Language) sarifRule {
	rule := sarifRule{ID: string(c.ID), ShortDescription: sarifText{Text: c.Title + "."}, FullDescription: sarifText{Text: c.Why}, HelpURI: home + "#when-it-fails"}
	rule.Default.Level = level
	fix := c.Fix.In(language)
	rule.Help = sarifText{
		Text: c.Why + " (" + string(c.Confidence) + ": " + c.Source + ")\n\nFix: " + fix + "\n\nDiagnose:\n" + c.Diagnose,
		Markdown: c.Why + " (" + string(c.Confidence) + ": " + c.Source + ")\n\n**Fix:** " + strings.ReplaceAll(fix, "\n", "\n\n") + "\n\n**Diagnose:**\n\n```sh\n" +
			c.Diagnose + "\n```",
	}
	return rule
}

func (f *Finding) sarif(dir string, index int) sarifResult {
	name := f.Stack + "/" + f.LogicalID
	at := strings.Trim(name+": "+f.Property, ": ")
	result := sarifResult{
		RuleID: string(f.Rule), RuleIndex: index, Level: f.Level, Message: sarifText{Text: at + " " + f.Message + "."},
		Fingerprints: map[string]string{"streamfront/v1": string(f.Rule) + " " + name + " " + f.Property},
	}
	location := sarifLocation{Logical: []sarifLogical{{Name: f.LogicalID, FullName: name, Kind: "resource"}}}
	if f.Construct != "" {
		location.Logical = append(location.Logical, sarifLogical{Name: f.LogicalID, FullName: f.Construct, Kind: "construct"})
	}
	location.Physical.Artifact.URI = fileURI(filepath.Join(dir, filepath.FromSlash(f.Template)))
	if f.Line > 0 {
		location.Physical.Region = &sarifRegion{StartLine: f.Line}
	}
	result.Locations = []sarifLocation{location}
	if f.Unseen {
		result.Properties = &sarifProperties{Unseen: true}
	}
	if f.Reason != "" {
		result.Suppressions = []sarifSuppression{{Kind: "inSource", Justification: f.Reason}}
	}
	return result
}

func fileURI(path string) string {
	path = filepath.ToSlash(path)
	uri := url.URL{Path: path}
	if filepath.IsAbs(filepath.FromSlash(path)) {
		uri.Scheme = "file"
		if !strings.HasPrefix(path, "/") {
			uri.Path = "/" + path // a Windows drive
		}
	}
	return uri.String()
}
