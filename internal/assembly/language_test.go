package assembly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/cdk"
)

// The metadata that aws-cdk-lib 2.276.0 wrote for one function, asked by Node.js and with the
// agents of the other runtimes.
const (
	byNode   = "v2:deflate64:H4sIAAAAAAAA/zWIWwrDIBAAz5J/3QY/2gMUegB7gLA+Cht1hWiSD/HuRUJgYIZRoF5PmCc8i7QuyEgG2reiDQLPsrSIyTiE9tnZVsos3j++uwvCBE3n6Mce7r0Lzs7DWh6HmmEwrYVIbjtXSh705T99I8UJeAAAAA=="
	byGo     = "v2:deflate64:H4sIAAAAAAAA/zXIQQqDMBBA0bO4T8Y2lfQAhR5ADyBjYsvUZAImwULI3UXE1ft8Beqp4dbgFqWxi3Q0QRkSmkXgFsfi0E8Wobwzm0SBxevDV1dB6KH0wc3HPqy1im+4g9LwaB1x/rfore6aXySSa+ZEfob+dAerp3mWfAAAAA=="
	byPython = "v2:deflate64:H4sIAAAAAAAA/zPSMzI30zNQTCwv1k1OydbNyUzSqw4uSUzO1kksL46vzknMTUpJ1Kt2K81LLsnMz9NxTsuDsWt1MhNz9aqD8nNSQcIgura2ViegsiQjP0/fWM/QSM9EMas4M1O3qDSvJDM3VS8IQgMAZmGQT3UAAAA="
	byJava   = "v2:deflate64:H4sIAAAAAAAA/zXIvQqAIBRA4Wdp19vPkDQHDY31AHG1gltqkFqD+O4R0fQdTgWVqKHI8HZczTvXJCGOHtXO8HZT1GjkjBC7YJWnw7J2tX8nRmggDode3v2aUmI9XpiXAgposs0R8TNYT2aB4fMBdROwKnMAAAA="
	byDotNet = "v2:deflate64:H4sIAAAAAAAA/zXIsQ6CMBhF4Wdhby8tA7o4GMSRAY2rKVCTX0pLaJGh6bsbYpy+k1OgOJQQmdo874eRG+oQb0H1I1Obf0ajpm5QiNfV9oGcZdXL/jsxUhNi64ze925KiV1caHTIjxCQOZr6XrlFn+eZP/TiydnTp4TIJaQsICCytyfiy2oDTRrtzy/ri0SZlwAAAA=="
)

func TestLanguageOfTheRuntime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		metadata map[string]any
		want     cdk.Language
	}{
		"Node.js":            {map[string]any{"Analytics": byNode}, cdk.TypeScript},
		"Go":                 {map[string]any{"Analytics": byGo}, cdk.Go},
		"Python":             {map[string]any{"Analytics": byPython}, cdk.Python},
		"Java":               {map[string]any{"Analytics": byJava}, cdk.Java},
		".NET":               {map[string]any{"Analytics": byDotNet}, cdk.CSharp},
		"CDK v1":             {map[string]any{"Modules": "aws-cdk=1.204.0,@aws-cdk/core=1.204.0,jsii-runtime=Python/3.7.3"}, cdk.Python},
		"not packed":         {map[string]any{"Analytics": "v3:other"}, ""},
		"not base64":         {map[string]any{"Analytics": "v2:deflate64:%"}, ""},
		"an unknown runtime": {map[string]any{"Modules": "jsii-runtime=Rust/1.90"}, ""},
		"a token":            {map[string]any{"Analytics": map[string]any{"Ref": "X"}}, ""},
		"no metadata":        {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := writeApp(t, t.TempDir(), test.metadata).Language(); got != test.want {
				t.Errorf("Language() = %q, want %q", got, test.want)
			}
		})
	}
}

// The commands are those of 'cdk init' and of public projects.
func TestLanguageOfTheApp(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]cdk.Language{
		`{"app": "npx ts-node --prefer-ts-exts bin/app.ts"}`:           cdk.TypeScript,
		`{"app": "npx tsx bin/app.ts"}`:                                cdk.TypeScript,
		`{"app": "node bin/app.js"}`:                                   cdk.TypeScript,
		`{"app": "bun run infra/main.mts"}`:                            cdk.TypeScript,
		`{"app": "python3 app.py"}`:                                    cdk.Python,
		`{"app": "uv run python -m infra"}`:                            cdk.Python,
		`{"app": "poetry run python app.py"}`:                          cdk.Python,
		`{"app": "go mod download && go run app.go"}`:                  cdk.Go,
		`{"app": "go run ./infra"}`:                                    cdk.Go,
		`{"app": "mvn -e -q compile exec:java"}`:                       cdk.Java,
		`{"app": "./gradlew run"}`:                                     cdk.Java,
		`{"app": "dotnet run --project src/App/App.csproj"}`:           cdk.CSharp,
		`{"app": "./build-and-run"}`:                                   "",
		`{"app": 5}`:                                                   "",
		`{"context": {"@aws-cdk/core:enablePartitionLiterals": true}}`: "",
		`{`: "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "cdk.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := assembly.AppLanguage(dir); got != want {
			t.Errorf("AppLanguage of %s = %q, want %q", config, got, want)
		}
		// AND an assembly without metadata has the language of the app above it.
		if got := writeApp(t, filepath.Join(dir, "cdk.out"), nil).Language(); got != want {
			t.Errorf("Language below %s = %q, want %q", config, got, want)
		}
		// BUT the metadata knows better.
		if got := writeApp(t, filepath.Join(dir, "other.out"), map[string]any{"Analytics": byJava}).Language(); got != cdk.Java {
			t.Errorf("Language below %s = %q, want java", config, got)
		}
	}
	if got := assembly.AppLanguage(t.TempDir()); got != "" {
		t.Errorf("AppLanguage of an empty folder = %q, want none", got)
	}
}

// writeApp writes an assembly with the metadata resource and reads it.
func writeApp(t *testing.T, dir string, metadata map[string]any) *assembly.Assembly {
	t.Helper()
	resources := map[string]any{"Topic": map[string]any{"Type": "AWS::SNS::Topic"}}
	if metadata != nil {
		resources["CDKMetadata"] = map[string]any{"Type": "AWS::CDK::Metadata", "Properties": metadata, "Condition": "CDKMetadataAvailable"}
	}
	write := func(name string, content any) {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write("Site.template.json", map[string]any{"Resources": resources})
	write("manifest.json", map[string]any{"artifacts": map[string]any{"Site": map[string]any{
		"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/us-east-1", "properties": map[string]any{"templateFile": "Site.template.json"},
	}}})
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
