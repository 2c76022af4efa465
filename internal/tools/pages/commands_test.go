package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A command is a line of shell on a page, as it is written there, with what it does when
// TestPagesRunAsWritten runs it.
type command struct {
	line   string
	status int
	says   string // white space counts as one space
}

// A guide is a page with commands that are run, in the order of the page. A line of
// 'streamfront run' is started before the others and ended after them: they find its address,
// and the path of the guide, in URL, and its API_KEY.
type guide struct {
	serve    string // what is started if the page has no such line
	file     string // gets the JSON that the page shows; "": none
	path     string
	commands []command
}

var guides = map[string]guide{
	"README.md":       {commands: []command{{"make         # list all targets", 0, "make deploy"}}},
	"CONTRIBUTING.md": {commands: []command{{"make         # list all targets", 0, "make deploy"}}},
	"docs/troubleshooting.md": {serve: "streamfront run --port 0 cdk.out", path: "/echo", commands: []command{
		{`curl -sS -i -X POST -d hello "$URL" -H 'x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'`, 0, "200 OK"},
	}},
	"docs/first-deployment.md": {commands: []command{
		{`make bin && export PATH="$PWD/bin:$PATH"`, 0, ""},
		{"streamfront doctor --region us-east-1", 0, "ok bootstrap in us-east-1"},
		{"streamfront doctor --region us-east-1 --json", 0, `"account": "123456789012"`},
		{"streamfront check cdk.out", 0, "1 distribution, 1 function URL"},
		{"API_KEY=my-own-key-0123456789 streamfront run --port 0 --env API_KEY cdk.out", 0, ""},
		{`curl -sS -N "$URL/v1/chat/completions" -H "authorization: Bearer $API_KEY" -H 'content-type: application/json' -d '{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}'`, 0, "data: [DONE]"},
		{`curl -sS -i "$URL/v1/chat/completions" -H 'content-type: application/json' -d '{}'`, 0, "401 Unauthorized"},
		{`STREAMFRONT_API_KEY="$API_KEY" streamfront smoke --quick --only 'chunks*' "$URL"`, 0, "3 ok"},
		{"make cost WORKLOAD='-memory 512 -seconds 30'", 0, "512 MB of memory"},
		{"make flood GUARD='-concurrency 50 -dollars 15'", 0, "| 50 |"},
	}},
	"docs/existing-distribution.md": {commands: []command{
		{"streamfront check cdk.out", 0, "1 distribution, 1 function URL"},
		{"streamfront run --port 0 cdk.out", 0, ""},
		{`curl -sS -i "$URL/v1/chat/completions" -H 'content-type: application/json' -d '{}'`, 0, `"code":"model_not_found"`},
	}},
	"docs/large-files.md": {commands: []command{
		{"API_KEY=my-own-key-0123456789 streamfront run --port 0 --env API_KEY cdk.out", 0, ""},
		{"head -c 1500000 /dev/urandom | base64 > big.txt", 0, ""},
		{`curl -sS -i "$URL/echo" -H "authorization: Bearer $API_KEY" -H 'content-type: text/plain' --data-binary @big.txt`, 0, "payload_hash_required"},
		{`curl -sS -i "$URL/echo" -H "authorization: Bearer $API_KEY" -H 'content-type: text/plain' --data-binary @big.txt -H "x-amz-content-sha256: $(openssl dgst -sha256 -r big.txt | cut -d' ' -f1)"`, 0, "200 OK"},
		{`curl -sS "$URL/uploads" -H "authorization: Bearer $API_KEY" -H 'content-type: application/json' -d "{\"name\":\"big.txt\",\"type\":\"text/plain\",\"size\":$(($(wc -c < big.txt)))}" > ticket.json`, 0, ""},
		{"node -p 'const t = require(\"./ticket.json\"); [`url = \"${t.url}\"`, ...Object.entries(t.headers).map(([k, v]) => `header = \"${k}: ${v}\"`)].join(\"\\n\")' > ticket.curl", 0, ""},
		{"curl -sS -i -K ticket.curl -X PUT --data-binary @big.txt", 0, "200 OK"},
		{`curl -sS "$URL/v1/chat/completions" -H "authorization: Bearer $API_KEY" -H 'content-type: application/json' -d "{\"model\":\"streamfront-echo\",\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"$(node -p 'require("./ticket.json").id')\"}}]}]}"`, 0, "big.txt"},
		{`curl -sS "$URL/uploads?limit=20" -H "authorization: Bearer $API_KEY"`, 0, `{"object":"list","data":[`},
	}},
	"docs/settled.md": {file: "settled.json", commands: []command{
		{"streamfront run --port 0 --settled settled.json cdk.out", 0, ""},
	}},
	"docs/leaving.md": {commands: []command{
		{"streamfront sweep cdk.out", 1, "function Streamfront-Signer of Streamfront"},
		{"streamfront sweep --yes", 0, "deleted function Streamfront-Signer of Streamfront"},
		{"streamfront sweep --function Streamfront-Signer-0123456789ab --region us-east-1 --region eu-west-1", 0, "No edge function is left"},
	}},
}

// notRun are the lines that this package does not run, and why. Tests that are named here run
// the same otherwise.
var notRun = map[string]string{
	"make deploy":  "TestMakeDeployTwiceAndDestroy runs it, with the CDK",
	"make destroy": "TestMakeDeployTwiceAndDestroy runs it, with the CDK",
	"make synth":   "needs the CDK; the golden template of the same stack is what cdk.out is here",
	"make run     # synthesize the sample app and run it on localhost":                                "needs the CDK; TestPagesRunAsWritten runs the same without 'make'",
	"make run                 # prints the address and a curl line":                                   "needs the CDK; TestPagesRunAsWritten runs the same without 'make'",
	"API_KEY=... make run     # the same, but the endpoint asks for that key; the line says $API_KEY": "needs the CDK, and a key in place of the dots",
	"STREAMFRONT_AUTH=cognito make run    # the sample: the page signs in":                            "needs the CDK; 'make clients' signs in by a browser",
	"make run CONTEXT='-c full=true'      # on localhost; these constructs do not touch requests":     "needs the CDK; TestTheFullAppPassesCheckAndAnswers serves that app",
	"make deploy CONTEXT='-c full=true -c alarmEmail=ops@example.com -c monthlyBudget=100'":           "needs an account",
	"make destroy CONTEXT='-c full=true'":                                                             "needs an account",
	"npx cdk bootstrap aws://123456789012/us-east-1":                                                  "needs an account",
	"cdk synth -q && streamfront check cdk.out":                                                       "needs the CDK; TestReadmeProgramsRunFromTheModuleCache checks the page's program",

	// Apart from the others, whose columns a renamed module would move.
	"go mod edit -require github.com/streamfront/streamfront@v0.0.0 -replace github.com/streamfront/streamfront=../streamfront": "for an app beside a clone; TestReadmeProgramsRunFromTheModuleCache imports the module",

	"go mod tidy": "for an app beside a clone; TestReadmeProgramsRunFromTheModuleCache imports the module",
	"make unit    # JavaScript, functions, commands, local chain: without the CDK":                                                                   "is what runs this test",
	"make test    # everything, as CI runs it":                                                                                                       "is what runs this test",
	"make lint    # gofmt, golangci-lint, node --check":                                                                                              "CI runs it",
	"npm install --save-dev --offline ./dist/streamfront-0.1.0.tgz ./dist/streamfront-linux-x64-0.1.0.tgz":                                           "needs packages of a release; packaging/npm has the test of these",
	"npx streamfront check cdk.out":                                                                                                                  "needs packages of a release; packaging/npm has the test of these",
	"STREAMFRONT_API_KEY=... streamfront smoke --function-url FUNCTION_URL https://d111111abcdef8.cloudfront.net":                                    "needs an endpoint on AWS",
	"streamfront smoke --record settled.json https://d111111abcdef8.cloudfront.net":                                                                  "needs an endpoint on AWS; TestMakeDeployTwiceAndDestroy records a stand-in",
	"aws lambda invoke --region eu-west-1 --function-name GUARD --cli-binary-format raw-in-base64-out --payload '{\"action\":\"open\"}' /dev/stdout": "needs an account",
	"git worktree add ../deployed v1.2.0 && make -C ../deployed synth":                                                                               "needs a release, and the CDK",
	"streamfront run --deployed ../deployed/cdk.out --canary 10 cdk.out":                                                                             "needs an assembly with an alias in two versions",
	"curl -N http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' -d '{\"model\":\"streamfront-echo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}]}' -H \"authorization: Bearer $API_KEY\"": "has a fixed port; docs/first-deployment.md has the same line with $URL",
	"curl -sS -i -X POST -d '{}' https://d111111abcdef8.cloudfront.net/v1/chat | streamfront explain":                                                                                                                   "the host is an example",
	"aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text":                                                                                                                                  "needs an account",
	`aws lambda add-permission --function-name "$FUNCTION" --statement-id url --action lambda:InvokeFunctionUrl --function-url-auth-type AWS_IAM --principal cloudfront.amazonaws.com --source-arn "$DISTRIBUTION_ARN"`: "needs an account",
	`aws lambda add-permission --function-name "$FUNCTION" --statement-id function --action lambda:InvokeFunction --invoked-via-function-url --principal cloudfront.amazonaws.com --source-arn "$DISTRIBUTION_ARN"`:     "needs an account",
	`aws s3 rm "s3://$BUCKET" --recursive && aws s3 rb "s3://$BUCKET"`:                                                                                                                                                  "needs an account",
	`aws cognito-idp delete-user-pool --user-pool-id "$POOL"`:                                                                                                                                                           "needs an account",
}

// Every line of shell on a page is run by TestPagesRunAsWritten, or says why not. What is in
// either list is on a page.
func TestEveryCommandOfThePagesIsRunOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	tests, written := tests(t), map[string]bool{}
	for _, page := range pages(t) {
		if slices.Contains(japanese(), page) {
			continue // has the programs of the English page: TestBothLanguagesSayTheSame
		}
		commands := shell(read(t, page))
		var run []string
		for _, line := range commands {
			written[line] = true
			if slices.ContainsFunc(guides[page].commands, func(c command) bool { return c.line == line }) {
				run = append(run, line)
			} else if notRun[line] == "" {
				t.Errorf("%s has the line %q, which is in neither of the lists guides and notRun of this test", page, line)
			}
		}
		var want []string
		for _, c := range guides[page].commands {
			want = append(want, c.line)
		}
		if !slices.Equal(run, want) {
			t.Errorf("%s has the commands\n%s\nguides has\n%s", page, strings.Join(run, "\n"), strings.Join(want, "\n"))
		}
	}
	for line, reason := range notRun {
		if !written[line] {
			t.Errorf("notRun has %q, which no page has", line)
		}
		for _, test := range regexp.MustCompile(`\bTest\w+`).FindAllString(reason, -1) {
			if !tests[test] {
				t.Errorf("notRun has %s as the reason for %q: there is no such test", test, line)
			}
		}
	}
}

// A block of shell is marked as one, so that no command hides among outputs.
func TestPagesMarkTheirShell(t *testing.T) {
	t.Parallel()
	program := regexp.MustCompile(`^([A-Z_]+=\S+ )*(aws|cdk|curl|git|go|make|node|npm|npx|sh|streamfront) `)
	for _, page := range pages(t) {
		for _, block := range programs(read(t, page)) {
			first, rest, _ := strings.Cut(block, "\n")
			for line := range strings.Lines(rest) {
				if first == "```" && program.MatchString(line) {
					t.Errorf("%s: the block with %q does not begin with ```sh", page, line)
				}
			}
		}
	}
}

// shell are the lines of the blocks of shell.
func shell(page string) []string {
	var lines []string
	for _, block := range programs(page) {
		text, found := strings.CutPrefix(block, "```sh\n")
		for line := range strings.Lines(strings.TrimSuffix(text, "```")) {
			if line = strings.TrimSpace(line); found && line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func japanese() []string {
	var pages []string
	for _, page := range translations {
		pages = append(pages, page)
	}
	return pages
}
