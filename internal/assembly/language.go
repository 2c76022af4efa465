package assembly

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/regular"
)

// Language returns the language that the app of the assembly is written in; "" if nothing
// says so.
//
// The source is the resource AWS::CDK::Metadata, which CDK adds to each stack unless version
// reporting is off: it names the runtime that asked for the template. Without it the command in
// the cdk.json of the app tells, which is in the folder above cdk.out. Nothing else is reliable:
// the manifest and the names in tree.json are the same in every language, and many assemblies
// have no stack traces of the app.
func (a *Assembly) Language() cdk.Language {
	for r := range a.all("AWS::CDK::Metadata") {
		if l := runtimeLanguage(analytics(r.properties)); l != "" {
			return l
		}
	}
	return AppLanguage(filepath.Join(a.Dir, ".."))
}

// AppLanguage returns the language of the app in a folder by its cdk.json; "" if it has none, or
// if the command that it names is not a known one.
func AppLanguage(dir string) cdk.Language {
	var config struct{ App any }
	data, err := regular.Read(filepath.Join(dir, "cdk.json"), regular.MaxText)
	if err != nil || json.Unmarshal(data, &config) != nil {
		return ""
	}
	command, _ := config.App.(string)
	for _, known := range commands {
		if known.word.MatchString(command) {
			return known.language
		}
	}
	return ""
}

// commands are what 'cdk init' and common variations write into cdk.json. Python's come first:
// "uv run python app.py" and "node_modules/.bin/..." have words of others, too.
var commands = []struct {
	word     *regexp.Regexp
	language cdk.Language
}{
	{regexp.MustCompile(`\bpython[0-9.]*\b|\.py\b|\b(poetry|pipenv|uv|pdm) run\b`), cdk.Python},
	{regexp.MustCompile(`\.[cm]?[jt]sx?\b|\b(ts-node|tsx|node|bun|deno|npx|npm|yarn|pnpm)\b`), cdk.TypeScript},
	{regexp.MustCompile(`\bgo (run|mod|build)\b|\.go\b`), cdk.Go},
	{regexp.MustCompile(`\b(mvnw?|gradlew?|java)\b|\.jar\b`), cdk.Java},
	{regexp.MustCompile(`\bdotnet\b|\.[cf]sproj\b`), cdk.CSharp},
}

// maxAnalytics is many times what an app of CloudFormation's most resources has, in bytes.
const maxAnalytics = 4 << 20

// analytics is the text that CDK packs into the metadata resource: the versions of all
// constructs and of the runtime. Version 1 of the CDK has it in the property Modules.
func analytics(properties map[string]any) string {
	if modules, _ := properties["Modules"].(string); modules != "" {
		return modules
	}
	packed, _ := properties["Analytics"].(string)
	_, packed, _ = strings.Cut(packed, "deflate64:")
	data, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return ""
	}
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(io.LimitReader(reader, maxAnalytics))
	return string(text)
}

// runtime is the agent of the runtime within the text: "Python/3.12.4!jsii-runtime.Runtime",
// or "jsii-runtime=Python/3.12.4" in version 1.
var runtime = regexp.MustCompile(`(?:^|[,{])(node\.js|[A-Za-z]+)[^,{}!]*!jsii-runtime|jsii-runtime=(node\.js|[A-Za-z]+)`)

func runtimeLanguage(analytics string) cdk.Language {
	found := runtime.FindStringSubmatch(analytics)
	if found == nil {
		return ""
	}
	return map[string]cdk.Language{
		"node.js": cdk.TypeScript, "Python": cdk.Python, "go": cdk.Go, "Java": cdk.Java, "DotNet": cdk.CSharp,
	}[found[1]+found[2]]
}
