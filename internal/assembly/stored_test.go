package assembly_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
)

// Values that one stack leaves in Systems Manager and another reads, by all the ways that
// apps have.
func TestStoredParameters(t *testing.T) {
	t.Parallel()
	sdk := func(call string) string {
		text, err := json.Marshal(call)
		if err != nil {
			t.Fatal(err)
		}
		return `{"Type": "Custom::AWS", "Properties": {"Create": ` + string(text) + `}}`
	}
	const edge = `{"Resources": {
		"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Fn::Sub": "/chat/${AWS::Region}/signer"}, "Value": {"Ref": "V"}}},
		"Plain": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "plain", "Value": "of ACCOUNT"}},
		"V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": "signer"}},
		"W": {"Type": "Custom::CrossRegionExportWriter", "Properties": {"WriterProps": {"region": "eu-west-1", "exports": {
			"/cdk/exports/App/A": {"Ref": "V"}}}}},
		"Other": {"Type": "Custom::CrossRegionExportWriter", "Properties": {"WriterProps": {"region": "eu-west-2", "exports": {
			"/cdk/exports/App/B": "of another region"}}}}
	}}`
	const version = "arn:aws:lambda:us-east-1:111122223333:function:signer:1"
	const name = "/chat/us-east-1/signer"
	reader := `{"Type": "Custom::CrossRegionExportReader", "Properties": {"ReaderProps": {"region": "eu-west-1", "imports": {
		"/cdk/exports/App/A": "{{resolve:ssm:/cdk/exports/App/A}}", "/cdk/exports/App/B": "x"}}}}`
	for what, test := range map[string]struct {
		resource, attribute string
		want, err           string
	}{
		"export reader":                     {resource: reader, attribute: "/cdk/exports/App/A", want: version},
		"export of another region":          {resource: reader, attribute: "/cdk/exports/App/B", err: "no stack in eu-west-1 has the SSM parameter /cdk/exports/App/B"},
		"export that is not imported":       {resource: reader, attribute: "/cdk/exports/App/C", err: "does not import"},
		"SDK call":                          {resource: sdk(`{"service":"SSM","action":"getParameter","parameters":{"Name":"` + name + `"},"region":"us-east-1"}`), attribute: "Parameter.Value", want: version},
		"SDK call of version 3":             {resource: sdk(`{"service":"@aws-sdk/client-ssm","action":"GetParameterCommand","parameters":{"Name":"` + name + `"},"region":"us-east-1"}`), attribute: "Parameter.Value", want: version},
		"SDK call by ARN":                   {resource: sdk(`{"service":"SSM","action":"getParameter","parameters":{"Name":"arn:aws:ssm:us-east-1:111122223333:parameter` + name + `"}}`), attribute: "Parameter.Value", want: version},
		"SDK call by ARN of a plain name":   {resource: sdk(`{"service":"SSM","action":"getParameter","parameters":{"Name":"arn:aws:ssm:us-east-1:111122223333:parameter/plain"}}`), attribute: "Parameter.Value", want: "of ACCOUNT"},
		"SDK call as a role of another one": {resource: sdk(`{"service":"SSM","action":"getParameter","parameters":{"Name":"plain"},"region":"us-east-1","assumedRoleArn":"arn:aws:iam::222233334444:role/r"}`), attribute: "Parameter.Value", want: "of 222233334444"},
		"SDK call in its own region":        {resource: sdk(`{"service":"SSM","action":"getParameter","parameters":{"Name":"` + name + `"}}`), attribute: "Parameter.Value", err: "no stack in eu-west-1 has the SSM parameter " + name},
		"SDK call of something else":        {resource: sdk(`{"service":"S3","action":"getObject","parameters":{"Name":"x"}}`), attribute: "Parameter.Value", err: "not known before deployment"},
		"SDK call of no JSON":               {resource: sdk(`{`), attribute: "Parameter.Value", err: "property Create"},
		"SDK call joined of tokens": {
			resource: `{"Type": "Custom::AWS", "Properties": {"Create": {"Fn::Join": ["", [
			"{\"service\":\"SSM\",\"action\":\"getParameter\",\"parameters\":{\"Name\":\"/chat/", {"Fn::Join": ["-", ["us", "east", "1"]]}, "/signer\"},\"region\":\"us-east-1\"}"]]}}}`,
			attribute: "Parameter.Value", want: version,
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := load(t, map[string]stack{
				"App":     {env: "aws://111122223333/eu-west-1", template: `{"Resources": {"R": ` + test.resource + `}}`},
				"Edge":    {env: "aws://111122223333/us-east-1", template: edge},
				"Another": {env: "aws://222233334444/us-east-1", template: strings.ReplaceAll(edge, "ACCOUNT", "222233334444")},
			})
			got, err := one(t, a, "App/R").Attribute(test.attribute)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%s = %q, %v, want an error with %q", test.attribute, got, err, test.err)
				}
				return
			}
			if got != test.want || err != nil {
				t.Errorf("%s = %q, %v, want %q", test.attribute, got, err, test.want)
			}
		})
	}
}

// open is a stack with everything that only a deployment knows.
const open = `{
	"Parameters": {
		"Model": {"Type": "String"}, "Size": {"Type": "Number"}, "Stage": {"Type": "String", "AllowedValues": ["beta", "prod"]},
		"Zones": {"Type": "List<String>"}, "Table": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/chat/table"},
		"Name": {"Type": "AWS::SSM::Parameter::Name", "Default": "/chat/name"},
		"Here": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/chat/here"},
		"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"}
	},
	"Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
	"Resources": {
		"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/chat/here", "Value": "here"}},
		"Queue": {"Type": "AWS::SQS::Queue"},
		"Uses": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "{{resolve:ssm:/chat/token:3}}", "Tags": [{"Fn::ImportValue": "net"}]}}
	}
}`

func TestValuesThatADeploymentKnows(t *testing.T) {
	t.Parallel()
	given := map[string]string{
		"App.Model": "large", "App.Size": "3", "App.Stage": "prod", "App.Zones": "a,b", "App.Table": "chat-table",
		"ssm:/chat/token": "secret", "export:net": "vpc-1",
	}
	for name, test := range map[string]struct {
		value       string
		given, made any    // with values given, and made up
		named       string // what is said to be made up
		err         string // without either
	}{
		"parameter":           {`{"Ref": "Model"}`, "large", "local-Model", "App.Model", "give it with --parameter App.Model=VALUE"},
		"number":              {`{"Ref": "Size"}`, "3", "1", "App.Size", "App.Size"},
		"enumeration":         {`{"Ref": "Stage"}`, "prod", "beta", "App.Stage", "App.Stage"},
		"list":                {`{"Fn::Join": ["+", {"Ref": "Zones"}]}`, "a+b", "local-Zones", "App.Zones", "App.Zones"},
		"stored elsewhere":    {`{"Ref": "Table"}`, "chat-table", "local-chat-table", "App.Table", "App.Table"},
		"stored here":         {`{"Ref": "Here"}`, "here", "here", "", ""},
		"name of a parameter": {`{"Ref": "Name"}`, "/chat/name", "/chat/name", "", ""},
		"import":              {`{"Fn::ImportValue": "net"}`, "vpc-1", "local-net", "export:net", "--parameter export:net=VALUE"},
		"dynamic reference":   {`"Bearer {{resolve:ssm:/chat/token:3}}"`, "Bearer secret", "Bearer local-ssm-chat-token-3", "{{resolve:ssm:/chat/token:3}}", ""},
		"dynamic, in parts":   {`{"Fn::Sub": "{{resolve:ssm:/${Name}/x}}"}`, "{{resolve:ssm://chat/name/x}}", "local-ssm-chat-name-x", "{{resolve:ssm://chat/name/x}}", ""},
		"dynamic, stored":     {`"{{resolve:ssm:/chat/here}}"`, "here", "here", "", ""},
		"secret":              {`"{{resolve:secretsmanager:a:SecretString:b}}"`, "{{resolve:secretsmanager:a:SecretString:b}}", "local-secretsmanager-a-SecretString-b", "{{resolve:secretsmanager:a:SecretString:b}}", ""},
		"attribute":           {`{"Fn::GetAtt": ["Queue", "QueueUrl"]}`, nil, "local-Queue-QueueUrl", "App/Queue.QueueUrl", "not known before deployment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, map[string]stack{"App": {template: open}})
			with, err := assembly.LoadWith(dir, given)
			if err != nil {
				t.Fatal(err)
			}
			without := loadDir(t, dir).Stacks[0]
			value := decode(t, test.value)
			if got, err := with.Stacks[0].Resolve(value); got != test.given || (err == nil) != (test.given != nil) {
				t.Errorf("given = %v, %v, want %v", got, err, test.given)
			}
			got, made, err := without.ResolveMadeUp(value)
			if got != test.made || err != nil || strings.Join(made, ", ") != test.named {
				t.Errorf("made up = %v, %q, %v, want %v, %q", got, made, err, test.made, test.named)
			}
			if _, err := without.Resolve(value); (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error = %v, want %q", err, test.err)
			}
		})
	}
}

// What decides is not made up.
func TestConditionsAreNotMadeUp(t *testing.T) {
	t.Parallel()
	s := load(t, map[string]stack{"App": {template: open}}).Stacks[0]
	_, _, err := s.ResolveMadeUp(decode(t, `{"Fn::If": ["Prod", "a", "b"]}`))
	if err == nil || !strings.Contains(err.Error(), "--parameter App.Stage=VALUE") {
		t.Errorf("error = %v, want one that says how to give the parameter", err)
	}
}

func TestGivenValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]stack{"App": {template: open}})
	for name, test := range map[string]struct {
		given map[string]string
		want  string
	}{
		"unknown":          {map[string]string{"App.Mdel": "x"}, `there is no parameter "App.Mdel": the assembly has App.Here, App.Model, App.Name, App.Size, App.Stage, App.Table, App.Zones, export:net, ssm:/chat/here, ssm:/chat/table, ssm:/chat/token`},
		"of another stack": {map[string]string{"Api.Model": "x"}, `there is no parameter "Api.Model"`},
		"not allowed":      {map[string]string{"App.Stage": "gamma"}, `parameter App.Stage is "gamma": it takes beta, prod`},
		"no number":        {map[string]string{"App.Size": "large"}, `parameter App.Size is "large": want a number`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := assembly.LoadWith(dir, test.given); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
		})
	}
	if _, err := assembly.LoadWith(dir, map[string]string{"App.BootstrapVersion": "21"}); err != nil {
		t.Errorf("the version of the bootstrap stack is refused: %v", err)
	}
	empty := t.TempDir()
	write(t, empty, map[string]stack{"App": {template: `{}`}})
	if _, err := assembly.LoadWith(empty, map[string]string{"App.X": "x"}); err == nil || !strings.Contains(err.Error(), "no stack of the assembly has any") {
		t.Errorf("error = %v, want one that says so", err)
	}
}

// SAM's functions are expanded as SAM does.
func TestServerlessFunctions(t *testing.T) {
	t.Parallel()
	a := load(t, map[string]stack{"App": {template: `{
		"Transform": ["AWS::Serverless-2016-10-31", {"Name": "Own"}],
		"Globals": {"Function": {"Runtime": "nodejs22.x", "Timeout": 30, "Environment": {"Variables": {"A": "global", "B": "global"}}}},
		"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
		"Resources": {
			"Chat": {"Type": "AWS::Serverless::Function", "Properties": {
				"Handler": "index.handler", "InlineCode": "x", "Environment": {"Variables": {"A": "own"}}, "Tracing": "Active",
				"FunctionUrlConfig": {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}, "Events": {}}},
			"Aliased": {"Type": "AWS::Serverless::Function", "Properties": {
				"Handler": "index.handler", "CodeUri": {"Bucket": "b", "Key": "k.zip"}, "Role": "arn", "AutoPublishAlias": "live", "FunctionUrlConfig": {"AuthType": "AWS_IAM"}}},
			"Gone": {"Type": "AWS::Serverless::Function", "Condition": "Never", "Properties": {"CodeUri": "s3://b/k.zip", "FunctionUrlConfig": {"AuthType": "NONE"}}},
			"Open": {"Type": "AWS::Serverless::Function", "Properties": {"FunctionUrlConfig": {"Fn::If": ["Never", {}, {}]}}},
			"Inner": {"Type": "AWS::Serverless::Application"}, "Table": {"Type": "AWS::Serverless::SimpleTable"}
		}}`}})
	s := a.Stacks[0]
	if got, want := s.Transforms(), []string{assembly.Serverless, "Own"}; !slices.Equal(got, want) {
		t.Errorf("transforms = %q, want %q", got, want)
	}
	var unexpanded []string
	for _, res := range s.Unexpanded() {
		unexpanded = append(unexpanded, res.LogicalID)
	}
	if want := []string{"Open", "Inner"}; !slices.Equal(unexpanded, want) {
		t.Errorf("unexpanded = %q, want %q", unexpanded, want)
	}
	var names []string
	for _, typ := range []string{"AWS::Lambda::Function", "AWS::Lambda::Url", "AWS::Lambda::Permission", "AWS::Lambda::Alias", "AWS::IAM::Role"} {
		found, err := a.OfType(typ)
		if err != nil {
			t.Fatal(err)
		}
		for _, res := range found {
			names = append(names, res.LogicalID)
		}
	}
	want := []string{"Aliased", "Chat", "AliasedUrl", "ChatUrl", "ChatURLInvokeAllowPublicAccess", "ChatUrlPublicPermissions", "AliasedAliaslive", "ChatRole"}
	if !slices.Equal(names, want) {
		t.Errorf("resources = %q, want %q", names, want)
	}
	if got := attribute(t, one(t, a, "App/AliasedUrl"), "FunctionArn"); !strings.HasSuffix(got, ":live") {
		t.Errorf("the URL is of %s, want the alias", got)
	}
	chat := one(t, a, "App/Chat")
	got, err := json.Marshal(chat.RawProperties())
	if err != nil {
		t.Fatal(err)
	}
	const properties = `{"Code":{"ZipFile":"x"},"Environment":{"Variables":{"A":"own","B":"global"}},"Handler":"index.handler",` +
		`"Role":{"Fn::GetAtt":["ChatRole","Arn"]},"Runtime":"nodejs22.x","Timeout":30,"TracingConfig":{"Mode":"Active"}}`
	if string(got) != properties {
		t.Errorf("function = %s\nwant %s", got, properties)
	}
	if from := one(t, a, "App/ChatUrl").From; from != "Chat" {
		t.Errorf("the URL is made from %q, want Chat", from)
	}
}
