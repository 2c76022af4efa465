package aws_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/template"
)

// What the chain can read of the apps of strangers: each way from a distribution to a function
// URL, with the function and the signer. What the chain does not serve is another matter.
func TestAppsOfStrangers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"spa":             {"App/Distribution830FAC52 /api/* -> Edge/Signer046C0E68 -> App/ChatFunctionUrl32BBFEB7 -> App/Chat26DEB33F"},
		"nested":          {"App/Distribution830FAC52 * -> App/SignerFn765DEBE5 -> App/BACK/ChatFunctionUrl32BBFEB7 -> App/BACK/Chat26DEB33F"},
		"nested-siblings": {"App/FRONT/Distribution830FAC52 * -> App/SignerFn765DEBE5 -> App/BACK/ChatFunctionUrl32BBFEB7 -> App/BACK/Chat26DEB33F"},
		"stages": {
			"Beta-Front/Distribution830FAC52 * -> Beta-Front/SignerFn765DEBE5 -> Beta-Backend/ChatFunctionUrl32BBFEB7 -> Beta-Backend/Chat26DEB33F",
			"Prod-Front/Distribution830FAC52 * -> Prod-edge-lambda-stack-c8392a0501e3bd529395aeb7bffbe30f3aac34f2ce/Signer046C0E68 -> Prod-Backend/ChatFunctionUrl32BBFEB7 -> Prod-Backend/Chat26DEB33F",
		},
		"cross-region":          {"App/Distribution830FAC52 * -> Edge/Signer046C0E68 -> App/ChatFunctionUrl32BBFEB7 -> App/Chat26DEB33F"},
		"cross-region-function": {"Front/Distribution830FAC52 * -> Front/SignerFn765DEBE5 -> Backend/ChatFunctionUrl32BBFEB7 -> Backend/Chat26DEB33F"},
		"origin-group":          {"App/Distribution830FAC52 /api/* -> App/SignerFn765DEBE5 -> App/ChatFunctionUrl32BBFEB7 -> App/Chat26DEB33F"},
		"several": {
			"App/ACCC8ACD5 * -> App/SignerFn765DEBE5 -> App/LiveFunctionUrlBF2FFCE0 -> App/AliasedB513184E",
			"App/B08E7C7AF * -> App/SignerFn765DEBE5 -> App/OtherFunctionUrl13C3F28B -> App/Other34654A52",
		},
		"python":    {"App/Distribution830FAC52 * -> App/SignerFn765DEBE5 -> App/LegacyFunctionUrlCF89C940 -> App/LegacyFA07BB5D"},
		"container": {"App/Distribution830FAC52 * -> App/SignerFn765DEBE5 -> App/ServerFunctionUrl50ECC06C -> App/Server7E7D21FA"},
		"unstaged":  {"App/Distribution830FAC52 * -> App/SignerFn765DEBE5 -> App/ChatFunctionUrl32BBFEB7 -> App/Chat26DEB33F"},
		"sam":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := assembly.Load(filepath.Join("../../local/testdata/apps", name))
			if err != nil {
				t.Fatal(err)
			}
			m := aws.Read(a, aws.Options{})
			if got := ways(m); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("ways =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			refused := 0
			for _, f := range m.Findings {
				if f.Kind == template.Refused {
					refused++
				}
			}
			if wantRefused := map[string]int{"cross-region-function": 2}[name]; refused != wantRefused {
				t.Errorf("%d findings that AWS refuses it, want %d: %v", refused, wantRefused, m.Findings)
			}
		})
	}
}

// ways are those from each distribution to a function.
func ways(m *aws.Model) []string {
	short := strings.NewReplacer(
		"BackendNestedStackBackendNestedStackResource93EB27D0", "BACK", "FrontNestedStackFrontNestedStackResource9CD2FFD0", "FRONT",
	)
	var all []string
	for _, d := range m.Distributions {
		for _, b := range d.Behaviors {
			if b.Origin == nil || b.Origin.URL == nil || b.Origin.URL.Function == nil {
				continue
			}
			way := d.Name + " " + b.PathPattern.V
			if b.OriginRequest != nil {
				way += " -> " + b.OriginRequest.Name
			}
			all = append(all, short.Replace(way+" -> "+b.Origin.URL.Name+" -> "+b.Origin.URL.Function.Name))
		}
	}
	return all
}

// What only a deployment knows is made up where it is only carried, the same in a header of an
// origin and in a function that compares it, and is named.
func TestMadeUpValues(t *testing.T) {
	t.Parallel()
	f := newFixture()
	const secret = "{{resolve:secretsmanager:edge:SecretString:key}}"
	f.variables()["MODEL"] = ref("Unset")
	f.variables()["SECRET"] = secret
	f.variables()["AUTH"] = object{"Fn::Join": list{"", list{"Bearer ", "{{resolve:ssm:/key}}"}}}
	f.variables()["NET"] = object{"Fn::ImportValue": "net"}
	f.origin()["OriginCustomHeaders"].(list)[0].(object)["HeaderValue"] = secret
	m := mustRead(t, f)
	fn, d := m.Functions()[0], m.Distributions[0]
	values := fn.Values()
	for name, want := range map[string]string{
		"MODEL": "local-Unset", "SECRET": "local-secretsmanager-edge-SecretString-key", "AUTH": "Bearer local-ssm-key", "NET": "local-net",
	} {
		if values[name] != want {
			t.Errorf("%s = %q, want %q", name, values[name], want)
		}
	}
	if got := d.Origins[0].Headers[0].Value.V; got != values["SECRET"] {
		t.Errorf("the origin's header is %q, and the function compares it with %q", got, values["SECRET"])
	}
	const made = "AUTH ({{resolve:ssm:/key}}), NET (export:net), SECRET (" + secret + ")"
	if got := strings.Join(fn.MadeUp(map[string]string{"MODEL": "large"}), ", "); got != made {
		t.Errorf("made up = %s\nwant %s", got, made)
	}
	if notes := strings.Join(d.Notes, "\n"); !strings.Contains(notes, "has a made-up value, since only a deployment knows it: "+secret) {
		t.Errorf("notes = %s\nwant one that names the header", notes)
	}
}
