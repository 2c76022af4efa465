package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/fakeaws"
)

// ready is an account and a machine on which everything is well.
func ready() *fakeaws.Account {
	return &fakeaws.Account{
		ID: "123456789012", Regions: []string{"eu-west-1", "us-east-1"},
		Parameters: map[string]string{
			"eu-west-1 /cdk-bootstrap/hnb659fds/version": "30", "us-east-1 /cdk-bootstrap/hnb659fds/version": "6",
		},
		Quotas: []fakeaws.Quota{
			{Code: "L-1", Name: "Distributions per AWS account", Value: 500},
			{Code: "L-2", Name: "Cache behaviors per distribution", Value: 75},
			{Code: "L-AECE9FA7", Name: "Response timeout per origin", Value: 120},
			{Code: "L-3", Name: "Triggers per distribution", Value: 100},
			{Code: "L-4", Name: "Distributions per AWS account that you can create triggers for", Value: 500},
		},
		Certificates: map[string][]fakeaws.Cert{"us-east-1": {
			{Domain: "other.example.com", Status: "ISSUED"},
			{Domain: "example.com", Names: []string{"*.example.com"}, Status: "ISSUED", Key: "EC_prime256v1"},
		}},
		Models:   map[string]fakeaws.Model{"amazon.nova-pro-v1:0": access("AVAILABLE", "AUTHORIZED", "AVAILABLE", "AVAILABLE")},
		Profiles: map[string]string{"eu.amazon.nova-pro-v1:0": "amazon.nova-pro-v1:0"},
	}
}

func access(agreement, authorization, entitlement, region string) fakeaws.Model {
	return fakeaws.Model{Agreement: agreement, Authorization: authorization, Entitlement: entitlement, Region: region}
}

// machine has programs, by what they are called with.
type machine map[string]string

func (m machine) run(_ context.Context, name string, args ...string) (string, error) {
	switch text, found := m[name]; {
	case !found:
		return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
	case text == "":
		return "", errors.New("exit status 1: it broke")
	default:
		return text, nil
	}
}

func installed() machine {
	return machine{"go": "go1.26.3", "node": "v24.1.0", "cdk": "2.1148.1 (build 1234567)"}
}

// look runs the doctor against an account.
func look(t *testing.T, a *fakeaws.Account, m machine, o Options) *Report {
	t.Helper()
	for name, value := range fakeaws.Environment(fakeaws.Start(t, a)) {
		t.Setenv(name, value)
	}
	o.Program = m.run
	return Run(t.Context(), o)
}

var everything = Options{Domain: "chat.example.com", Model: "eu.amazon.nova-pro-v1:0"}

func TestAllIsWell(t *testing.T) {
	a := ready()
	report := look(t, a, installed(), everything)
	for _, f := range report.Findings {
		if f.State != OK || f.Fix != "" || f.Says == "" {
			t.Errorf("%s is %s: %s; fix: %q, want ok", f.Check, f.State, f.Says, f.Fix)
		}
	}
	if report.Account != a.ID || report.Region != "eu-west-1" || len(report.Findings) != 15 {
		t.Errorf("account %q, region %q, %d findings, want %s, eu-west-1, 15", report.Account, report.Region, len(report.Findings), a.ID)
	}
	for _, call := range a.Calls {
		if !regexp.MustCompile(`^\S+ [a-z]+:(Get|List)`).MatchString(call) {
			t.Errorf("it calls %s, which does not only read", call)
		}
	}
}

// Each thing that can be wrong is found, by its state and what fixes it.
func TestFindings(t *testing.T) {
	for name, test := range map[string]struct {
		wrong func(*fakeaws.Account, machine, *Options)
		check string
		state State
		says  string
		fix   string
	}{
		"no Go":            {func(_ *fakeaws.Account, m machine, _ *Options) { delete(m, "go") }, "Go", Fail, "go is not in PATH", "go.dev/dl"},
		"an old Go":        {func(_ *fakeaws.Account, m machine, _ *Options) { m["go"] = "go1.25.9" }, "Go", Fail, "1.25.9, want 1.26", "go.dev/dl"},
		"a broken Go":      {func(_ *fakeaws.Account, m machine, _ *Options) { m["go"] = "" }, "Go", Unknown, "it broke", "go.dev/dl"},
		"a Go of tomorrow": {func(_ *fakeaws.Account, m machine, _ *Options) { m["go"] = "go2.0" }, "Go", OK, "2.0", ""},
		"a strange Go":     {func(_ *fakeaws.Account, m machine, _ *Options) { m["go"] = "devel" }, "Go", Unknown, `"devel" is not a version`, "go.dev/dl"},
		"an old Node.js":   {func(_ *fakeaws.Account, m machine, _ *Options) { m["node"] = "v18.20.1" }, "Node.js", Fail, "18.20.1, want 20", "nodejs.org"},
		"no CDK":           {func(_ *fakeaws.Account, m machine, _ *Options) { delete(m, "cdk") }, "CDK CLI", Fail, "not in PATH", "npm install --save-dev --save-exact aws-cdk@2.1148.1"},
		"a CDK called 3":   {func(_ *fakeaws.Account, m machine, _ *Options) { m["cdk"] = "3.0.0 (build x)" }, "CDK CLI", Fail, "older than its number", "aws-cdk@2.1148.1"},
		"an old CDK":       {func(_ *fakeaws.Account, m machine, _ *Options) { m["cdk"] = "2.1000.0 (build x)" }, "CDK CLI", Warn, "want 2.1148.1", "aws-cdk@2.1148.1"},
		"a newer CDK":      {func(_ *fakeaws.Account, m machine, _ *Options) { m["cdk"] = "2.1200.0 (build x)" }, "CDK CLI", OK, "2.1200.0", ""},
		"no bootstrap here": {func(a *fakeaws.Account, _ machine, _ *Options) {
			delete(a.Parameters, "eu-west-1 /cdk-bootstrap/hnb659fds/version")
		}, "bootstrap in eu-west-1", Fail, "there is none", "npx cdk bootstrap aws://123456789012/eu-west-1"},
		"no bootstrap at the edge": {
			func(a *fakeaws.Account, _ machine, _ *Options) {
				delete(a.Parameters, "us-east-1 /cdk-bootstrap/hnb659fds/version")
			},
			"bootstrap in us-east-1", Fail, "there is none", "npx cdk bootstrap aws://123456789012/us-east-1",
		},
		"an old bootstrap": {
			func(a *fakeaws.Account, _ machine, _ *Options) {
				a.Parameters["eu-west-1 /cdk-bootstrap/hnb659fds/version"] = "5"
			},
			"bootstrap in eu-west-1", Fail, "version 5, want 6", "npx cdk bootstrap",
		},
		"a strange bootstrap": {
			func(a *fakeaws.Account, _ machine, _ *Options) {
				a.Parameters["eu-west-1 /cdk-bootstrap/hnb659fds/version"] = "six"
			},
			"bootstrap in eu-west-1", Unknown, `is "six"`, "npx cdk bootstrap",
		},
		"another qualifier": {
			func(_ *fakeaws.Account, _ machine, o *Options) { o.Qualifier = "mine" },
			"bootstrap in eu-west-1", Fail, "/cdk-bootstrap/mine/version", "npx cdk bootstrap aws://123456789012/eu-west-1 --qualifier mine",
		},
		"a region that is off": {
			func(a *fakeaws.Account, _ machine, _ *Options) { a.Regions = []string{"eu-west-1"} },
			"bootstrap in us-east-1", Fail, "us-east-1 is not enabled", "aws account enable-region --region-name us-east-1",
		},
		"denied": {
			func(a *fakeaws.Account, _ machine, _ *Options) { a.Denied = []string{"ssm:GetParameter"} },
			"bootstrap in eu-west-1", Unknown, "ssm:GetParameter is denied", "allow ssm:GetParameter",
		},
		"few streams": {
			func(a *fakeaws.Account, _ machine, _ *Options) { a.Concurrency = map[string]int{"eu-west-1": 10} },
			"quota of concurrency", Warn, "10 in eu-west-1, where 1000 are usual", "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region eu-west-1",
		},
		"concurrency by Lambda alone": {
			func(a *fakeaws.Account, _ machine, _ *Options) { a.Denied = []string{"servicequotas:GetServiceQuota"} },
			"quota of concurrency", OK, "1000 in eu-west-1", "",
		},
		"concurrency denied": {func(a *fakeaws.Account, _ machine, _ *Options) {
			a.Denied = []string{"servicequotas:GetServiceQuota", "lambda:GetAccountSettings"}
		}, "quota of concurrency", Unknown, "servicequotas:GetServiceQuota is denied", "allow"},
		"a short read timeout": {
			func(a *fakeaws.Account, _ machine, _ *Options) { a.Quotas[2].Value = 30 },
			"quota of read timeout", Fail, "30 s, and the sample needs 60", "--service-code cloudfront --quota-code L-AECE9FA7 --desired-value 120 --region us-east-1",
		},
		"a shorter read timeout": {func(a *fakeaws.Account, _ machine, _ *Options) { a.Quotas[2].Value = 60 }, "quota of read timeout", Warn, "60 s, where 120 are usual", "L-AECE9FA7"},
		"a long read timeout":    {func(a *fakeaws.Account, _ machine, _ *Options) { a.Quotas[2].Value = 180 }, "quota of read timeout", OK, "180 s", ""},
		"few behaviors":          {func(a *fakeaws.Account, _ machine, _ *Options) { a.Quotas[1].Value = 1 }, "quota of behaviors of a distribution", Fail, "1, and", "--quota-code L-2"},
		"few edge functions":     {func(a *fakeaws.Account, _ machine, _ *Options) { a.Quotas[3].Value = 4 }, "quota of edge functions of a distribution", Warn, "4, where", "--quota-code L-3"},
		"a quota not listed":     {func(a *fakeaws.Account, _ machine, _ *Options) { a.Quotas = a.Quotas[:2] }, "quota of distributions with edge functions", OK, "AWS's default", ""},
		"quotas denied": {
			func(a *fakeaws.Account, _ machine, _ *Options) {
				a.Denied = []string{"servicequotas:ListServiceQuotas"}
			},
			"quota of read timeout", Unknown, "ListServiceQuotas is denied", "allow",
		},
		"a pending certificate": {
			func(a *fakeaws.Account, _ machine, _ *Options) {
				a.Certificates["us-east-1"][1].Status = "PENDING_VALIDATION"
			},
			"certificate", Fail, "is PENDING_VALIDATION", "aws acm describe-certificate --region us-east-1 --certificate-arn arn:aws:acm:us-east-1:123456789012:certificate/1",
		},
		"no certificate": {
			func(_ *fakeaws.Account, _ machine, o *Options) { o.Domain = "a.b.example.com" },
			"certificate", Fail, "none for a.b.example.com in us-east-1", "aws acm request-certificate --region us-east-1 --domain-name a.b.example.com --validation-method DNS",
		},
		"a certificate elsewhere": {func(a *fakeaws.Account, _ machine, _ *Options) {
			a.Certificates = map[string][]fakeaws.Cert{"eu-west-1": a.Certificates["us-east-1"]}
		}, "certificate", Fail, "there is one for chat.example.com in eu-west-1", "aws acm request-certificate --region us-east-1"},
		"a model without agreement": {func(a *fakeaws.Account, _ machine, _ *Options) {
			a.Models["amazon.nova-pro-v1:0"] = access("NOT_AVAILABLE", "AUTHORIZED", "NOT_AVAILABLE", "AVAILABLE")
		}, "model", Fail, "no access to amazon.nova-pro-v1:0", "create-foundation-model-agreement"},
		"a model of elsewhere": {func(a *fakeaws.Account, _ machine, _ *Options) {
			a.Models["amazon.nova-pro-v1:0"] = access("AVAILABLE", "AUTHORIZED", "AVAILABLE", "NOT_AVAILABLE")
		}, "model", Fail, "not to be had in eu-west-1", "list-foundation-models"},
		"a model that is not allowed": {func(a *fakeaws.Account, _ machine, _ *Options) {
			a.Models["amazon.nova-pro-v1:0"] = access("AVAILABLE", "NOT_AUTHORIZED", "AVAILABLE", "AVAILABLE")
		}, "model", Fail, "may not use", "bedrock:InvokeModel"},
		"a model by its ARN": {func(_ *fakeaws.Account, _ machine, o *Options) {
			o.Model = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0"
		}, "model", OK, "amazon.nova-pro-v1:0 in eu-west-1", ""},
		"no such model":   {func(_ *fakeaws.Account, _ machine, o *Options) { o.Model = "nobody.nothing" }, "model", Fail, "Bedrock has no nobody.nothing", "list-foundation-models"},
		"no such profile": {func(_ *fakeaws.Account, _ machine, o *Options) { o.Model = "eu.nobody.nothing" }, "model", Fail, "Bedrock has no eu.nobody.nothing", "list-foundation-models"},
		"AWS is down":     {func(a *fakeaws.Account, _ machine, _ *Options) { a.Down = true }, "account", Unknown, "sts:GetCallerIdentity", ""},
		"nobody":          {func(a *fakeaws.Account, _ machine, _ *Options) { a.Regions = nil }, "account", Fail, "credentials are not valid", "aws sso login"},
	} {
		t.Run(name, func(t *testing.T) {
			a, m, o := ready(), installed(), everything
			test.wrong(a, m, &o)
			report := look(t, a, m, o)
			i := slices.IndexFunc(report.Findings, func(f Finding) bool { return f.Check == test.check })
			if i < 0 {
				t.Fatalf("there is no %s among %+v", test.check, report.Findings)
			}
			f := report.Findings[i]
			if f.State != test.state || !strings.Contains(f.Says, test.says) || !strings.Contains(f.Fix, test.fix) || (test.fix == "" && f.Fix != "" && f.State == OK) {
				t.Errorf("%s, %q, fix %q, want %s, %q, %q", f.State, f.Says, f.Fix, test.state, test.says, test.fix)
			}
			if strings.Contains(f.Says+f.Fix, "\n") {
				t.Errorf("%q and %q are not one line each", f.Says, f.Fix)
			}
		})
	}
}

// Without credentials nothing of AWS is asked, and that is said of each check.
func TestWithoutCredentials(t *testing.T) {
	a := ready()
	for name, value := range fakeaws.Environment(fakeaws.Start(t, a)) {
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	report := Run(t.Context(), Options{Region: "us-east-1", Program: installed().run})
	states := map[string]State{}
	for _, f := range report.Findings {
		states[f.Check] = f.State
	}
	want := map[string]State{
		"Go": OK, "Node.js": OK, "CDK CLI": OK, "credentials": Fail, "account": Skip, "region": OK, "bootstrap in us-east-1": Skip,
		"quota of concurrency": Skip, "quota of read timeout": Skip, "quota of behaviors of a distribution": Skip,
		"quota of edge functions of a distribution": Skip, "quota of distributions with edge functions": Skip,
	}
	if fmt.Sprint(states) != fmt.Sprint(want) || len(a.Calls) > 0 {
		t.Errorf("states = %v, %d calls, want %v and none", states, len(a.Calls), want)
	}
}

// What is asked of this machine is what this repository is built and deployed with.
func TestVersionsAreThoseOfThisRepository(t *testing.T) {
	t.Parallel()
	var npm struct {
		Engines         struct{ Node string }
		DevDependencies map[string]string
	}
	text, err := os.ReadFile("../../../package.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &npm); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), "\ngo "+goVersion+"\n") || npm.DevDependencies["aws-cdk"] != cdkVersion || npm.Engines.Node != ">="+nodeVersion {
		t.Errorf("Go %s, Node.js %s and CDK %s are not those of go.mod and package.json", goVersion, nodeVersion, cdkVersion)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, domain string
		want         bool
	}{
		{"chat.example.com", "chat.example.com", true},
		{"Chat.Example.com", "chat.example.COM", true},
		{"*.example.com", "chat.example.com", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "a.chat.example.com", false},
		{"*.example.com", ".example.com", false},
		{"example.com", "chat.example.com", false},
	} {
		if got := covers(test.name, test.domain); got != test.want {
			t.Errorf("%s covers %s: %t, want %t", test.name, test.domain, got, test.want)
		}
	}
}
