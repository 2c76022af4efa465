package test

import (
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/streamfront/streamfront/"

// Who may import whom. Whoever imports local or streamhttp must not pay for the CDK, a
// minute of compiling and a hundred megabytes.
func TestImportDirections(t *testing.T) {
	t.Parallel()
	const cdk = "github.com/aws/aws-cdk-go"
	// The clients of AWS's services are for the commands that call AWS.
	const service, config = "github.com/aws/aws-sdk-go-v2/service", "github.com/aws/aws-sdk-go-v2/config"
	for pkg, forbidden := range map[string][]string{
		"cmd/...":                     {module + "internal/testclient", cdk, "github.com/aws/jsii-runtime-go", module + "infra", module + "functions"},
		"internal/...":                {cdk, "github.com/aws/jsii-runtime-go", module + "infra", module + "functions", module + "local", module + "cmd"},
		"local/...":                   {module + "internal/testclient", cdk, "github.com/aws/jsii-runtime-go", module + "infra", module + "functions", service, config},
		"functions/...":               {cdk, "github.com/aws/jsii-runtime-go", module + "infra", module + "local", module + "internal", module + "cmd", service, config},
		"functions/streamhttp":        {module + "functions/signer", module + "functions/viewer", module + "functions/stream"},
		"functions/streamhttp/client": {"github.com/", module + "functions"},
		"functions/streamhttp/sse":    {"github.com/", module + "functions"},
		// Whoever serves no WebSocket API need not link what signs requests.
		"functions/streamhttp/websocket": {module + "functions/stream", service, config},
		// The generated clients build their schemas at every start of the function.
		"functions/stream":  {service, config},
		"functions/signer":  {module + "functions/viewer", "github.com/"},
		"functions/viewer":  {module + "functions/signer", "github.com/"},
		"infra/streamfront": {service, config, module + "local", module + "internal", module + "functions/stream", "github.com/aws/aws-lambda-go"},
		"infra/operations":  {service, config, module + "local", module + "internal", module + "functions/stream", "github.com/aws/aws-lambda-go"},
		// A test of a user's compares two files.
		"infra/snapshot": {"github.com/", module},
		"infra/fronts":   {service, config, module + "local", module + "internal", module + "functions", "github.com/aws/aws-lambda-go"},
		"infra":          {service, config, module + "local", module + "internal", "github.com/aws/aws-lambda-go"},
		// Signer and verifier share no code, and know nothing of templates.
		"internal/aws/sigv4": {"github.com/", module + "internal/aws/oac", module + "internal/template"},
		"internal/aws/oac":   {"github.com/", module + "internal/aws/sigv4", module + "internal/template"},
		// The ground knows no service; the services import each other along the way of a
		// request, and no tools: cloudfront -> edge, functionurl, s3 -> lambda -> iam.
		"internal/assembly":           {module + "internal/aws", module + "internal/template", module + "internal/causes"},
		"internal/template":           {module + "internal/aws", module + "internal/trace", module + "internal/tools"},
		"internal/causes":             {module},
		"internal/aws/...":            {module + "internal/tools", service, config},
		"internal/aws/iam":            {module + "internal/aws", module + "internal/template"},
		"internal/aws/iam/roles":      {module + "internal/aws/lambda", module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/lambda":         {module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/edge":           {module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/apigateway":     {module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/door":           {module + "internal/aws/apigateway", module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/websocket":      {module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/elb":            {module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/ecs":            {module + "internal/aws/door", module + "internal/aws/elb", module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/functionurl":    {module + "internal/aws/edge", module + "internal/aws/s3", module + "internal/aws/cloudfront"},
		"internal/aws/s3":             {module + "internal/aws/edge", module + "internal/aws/functionurl", module + "internal/aws/cloudfront"},
		"internal/aws/cloudfront":     {module + "internal/aws$"},
		"internal/aws/cloudformation": {module + "internal/aws/cloudfront", module + "internal/aws$"},

		// One mechanism for the APIs of all kinds.
		"internal/aws/lambda/authorizer": {module + "internal/aws/apigateway", module + "internal/aws/websocket", module + "internal/aws/door", module + "internal/aws/cloudfront"},
	} {
		t.Run(pkg, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./"+pkg)
			command.Dir = root
			out, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, dependency := range strings.Fields(string(out)) {
				if dependency == strings.TrimSuffix(module+pkg, "/...") {
					continue
				}
				for _, prefix := range forbidden {
					if matches(dependency, prefix) {
						t.Errorf("%s depends on %s", pkg, dependency)
					}
				}
			}
		})
	}
}

// The comment of each room says what it imports, or who imports it.
func TestRoomsSayWhatTheyImport(t *testing.T) {
	t.Parallel()
	for _, room := range []string{
		"cmd/streamfront", "functions/streamhttp", "infra/fronts", "infra/streamfront", "internal/assembly", "internal/aws", "internal/causes",
		"internal/cdk", "internal/fidelity", "internal/template", "internal/tools/check", "internal/tools/explain", "internal/tools/smoke",
		"internal/trace", "local",
	} {
		files, err := filepath.Glob(filepath.Join(root, room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var comment string
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			comment += file.Doc.Text()
		}
		if !strings.Contains(comment, "import") {
			t.Errorf("the comment of %s does not say what it imports, or who may import it", room)
		}
	}
}

// A function that streams brings the runtime client of Lambda along, and nothing else; one that
// verifies tokens itself, the library for their signatures.
func TestStreamhttpNeedsTheRuntimeClientAlone(t *testing.T) {
	t.Parallel()
	const client = "github.com/aws/aws-lambda-go"
	for pkg, allowed := range map[string][]string{
		"./functions/streamhttp":     {client},
		"./functions/streamhttp/jwt": {client, "github.com/go-jose/go-jose/v4"},
	} {
		command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", pkg)
		command.Dir = root
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range strings.Fields(string(out)) {
			if path+"/" != module && !slices.Contains(allowed, path) {
				t.Errorf("%s depends on %s", pkg, path)
			}
		}
	}
}

// matches compares whole elements of import paths: functions/stream is not streamhttp. With
// "$" at its end a prefix stands for that package alone.
func matches(dependency, prefix string) bool {
	if pkg, alone := strings.CutSuffix(prefix, "$"); alone {
		return dependency == pkg
	}
	if strings.HasSuffix(prefix, "/") {
		// Any module but this one.
		return strings.HasPrefix(dependency, prefix) && !strings.HasPrefix(dependency, module)
	}
	return dependency == prefix || strings.HasPrefix(dependency, prefix+"/")
}
