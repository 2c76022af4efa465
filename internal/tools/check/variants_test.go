package check_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/check"
)

// cleanApps are the assemblies of strangers without an error.
func cleanApps(t *testing.T) map[string]string {
	t.Helper()
	clean := map[string]string{}
	for name, dir := range fixtures(t) {
		if !strings.Contains(name, "/") { // of our own constructs
			continue
		}
		if run(t, dir).Count(check.Error) == 0 {
			clean[name] = dir
		}
	}
	return clean
}

// No false errors: at least twenty apps that are right, in as many styles, have none.
func TestCleanAppsHaveNoErrors(t *testing.T) {
	t.Parallel()
	wrong := []string{ // on purpose
		"apps/cross-region-function", "apps/sam", "foreign/go-cdk", "foreign/unsigned",
	}
	clean := cleanApps(t)
	if len(clean) < 20 {
		t.Errorf("%d clean apps, want 20 at least: %q", len(clean), slices.Sorted(maps.Keys(clean)))
	}
	for name, dir := range fixtures(t) {
		if clean[name] == "" && !slices.Contains(wrong, name) && strings.Contains(name, "/") {
			t.Errorf("%s has errors: %q", name, told(run(t, dir).Findings))
		}
	}
}

// A breakage is one mistake, made at each place of an app where it can be.
type breakage struct {
	typ    string
	break_ func(properties object) (places int)
	want   string // "level rule", once for each place
}

var breakages = map[string]breakage{
	"public function URLs": {"AWS::Lambda::Url", func(p object) int { p["AuthType"] = "NONE"; return 1 }, "error url-public"},
	"OACs that never sign": {"AWS::CloudFront::OriginAccessControl", func(p object) int {
		config := p["OriginAccessControlConfig"].(object)
		if config["OriginAccessControlOriginType"] != "lambda" {
			return 0
		}
		config["SigningBehavior"] = "never"
		return 1
	}, "error oac-not-always"},
	"viewers by HTTP": {"AWS::CloudFront::Distribution", func(p object) int {
		config := p["DistributionConfig"].(object)
		config["DefaultCacheBehavior"].(object)["ViewerProtocolPolicy"] = "allow-all"
		return 1
	}, "viewer-http-allowed"},
	"permissions for every distribution": {"AWS::Lambda::Permission", func(p object) int {
		delete(p, "SourceArn")
		return 1
	}, "error grant-too-wide"},
	"no permission to invoke the function": {"AWS::Lambda::Permission", func(p object) int {
		if p["Action"] != "lambda:InvokeFunction" {
			return 0
		}
		p["Principal"] = "s3.amazonaws.com"
		return 1
	}, "error grant-function-missing"},
	"origins by HTTP": {"AWS::CloudFront::Distribution", func(p object) int {
		n := 0
		for _, o := range p["DistributionConfig"].(object)["Origins"].(list) {
			if custom, ok := o.(object)["CustomOriginConfig"].(object); ok && o.(object)["OriginAccessControlId"] != nil {
				custom["OriginProtocolPolicy"] = "http-only"
				n++
			}
		}
		return n
	}, "error origin-not-https"},
	"edge functions that are slow": {"AWS::Lambda::Function", func(p object) int {
		if code, _ := p["Code"].(object)["ZipFile"].(string); !strings.Contains(code, "x-amz-content-sha256") {
			return 0
		}
		p["Timeout"] = 31
		return 1
	}, "error edge-function-unfit"},
	"methods that there are not": {"AWS::CloudFront::Distribution", func(p object) int {
		p["DistributionConfig"].(object)["DefaultCacheBehavior"].(object)["AllowedMethods"] = list{"GET", "POST"}
		return 1
	}, "error value-refused"},
}

// Each clean app, broken in each of the ways, has exactly the findings of that beside those it
// has anyway.
func TestWrongVariantsOfCleanApps(t *testing.T) {
	t.Parallel()
	for name, dir := range cleanApps(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := told(run(t, dir).Findings)
			for what, b := range breakages {
				broken := t.TempDir()
				if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				f := loadFixture(t, broken)
				places := 0
				for _, file := range slices.Sorted(maps.Keys(f.templates)) {
					places += b.breakAll(f.templates[file])
					f.write(t, file)
				}
				if places == 0 {
					continue
				}
				more := beyond(told(run(t, broken).Findings), before)
				if got := count(more, b.want); got != places || len(more) != places {
					t.Errorf("%s in %d places of %s: findings beside %q = %q, want %s at each", what, places, filepath.Base(name), before, more, b.want)
				}
			}
		})
	}
}

func (b *breakage) breakAll(template object) (places int) {
	for _, resource := range template["Resources"].(object) {
		if r := resource.(object); r["Type"] == b.typ {
			places += b.break_(r["Properties"].(object))
		}
	}
	return places
}

// beyond are the findings that were not there before.
func beyond(after, before []string) []string {
	rest := slices.Clone(before)
	return slices.DeleteFunc(slices.Clone(after), func(finding string) bool {
		i := slices.Index(rest, finding)
		if i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		}
		return i >= 0
	})
}

func count(findings []string, rule string) (n int) {
	for _, finding := range findings {
		if strings.Contains(finding, rule+" ") {
			n++
		}
	}
	return n
}
