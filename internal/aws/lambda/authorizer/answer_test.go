package authorizer

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

const arn = "arn:aws:execute-api:us-east-1:111122223333:a/prod/GET/pets/7"

// What the answers of authorizers decide, and which do not count.
func TestAnswers(t *testing.T) {
	t.Parallel()
	policy := func(statement string) string {
		return `{"principalId":"me","context":{"n":1},"policyDocument":{"Statement":[` + statement + `]}}`
	}
	for data, want := range map[string]iam.Decision{
		policy(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}`):                                                    iam.Allow,
		policy(`{"Effect":"Allow","Action":["execute-api:*"],"Resource":["` + arn + `"]}`):                                           iam.Allow,
		policy(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:a/prod/*/pets/*"}`):              iam.Allow,
		policy(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:111122223333:b/*"}`):       iam.ImplicitDeny,
		policy(`{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"*"}`):                                         iam.ImplicitDeny,
		policy(`{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}`):      iam.ExplicitDeny,
		policy(`{"Effect":"Allow","Action":"*","NotResource":"` + arn + `"}`):                                                        iam.ImplicitDeny,
		policy(`{"Effect":"Allow","Action":"*","NotResource":["` + arn + `8"]}`):                                                     iam.Allow,
		policy(`{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`):                                                               iam.Allow,
		policy(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}`):                                                      iam.ImplicitDeny,
		policy(`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"x","Resource":"x","Condition":{"a":"b"}}`): iam.ExplicitDeny,
		policy(``): iam.ImplicitDeny,
		`{"principalId":"me","context":{"n":1},"policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}`: iam.Allow,
	} {
		a, err := read([]byte(data), Policy)
		if err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		if got := a.Decide(arn); got != want || a.Principal != "me" || a.Context["n"] != json.Number("1") {
			t.Errorf("%s: %v, %+v, want %v", data, got, a, want)
		}
	}
	for word, want := range map[string]iam.Decision{"true": iam.Allow, "false": iam.ExplicitDeny} {
		if a, err := read([]byte(`{"isAuthorized":`+word+`,"context":{"list":[1],"map":{"a":1}}}`), Simple); err != nil || a.Decide(arn) != want {
			t.Errorf("%s: %+v, %v, want %v", word, a, err, want)
		}
	}
	nested := `{"principalId":"me","context":{"a":{}},"policyDocument":{"Statement":[]}}`
	if _, err := read([]byte(nested), HTTPPolicy); err != nil {
		t.Errorf("%s: %v", nested, err)
	}
	for data, form := range map[string]Form{
		`x`: Policy, `null`: Policy, `{}`: Policy, `{"principalId":"me"}`: Policy, nested: Policy,
		`{"principalId":"","policyDocument":{"Statement":[]}}`: Policy,
		`{"isAuthorized":true}`:                                HTTPPolicy,
		`{"IsAuthorized":true}`:                                Simple,
		`{"PrincipalId":"me","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}`: Policy,
		`{"principalId":"me","policyDocument":{"Version":"2012-10-18","Statement":[]}}`:                        Policy,
		policy(`{"Effect":"allow","Action":"*","Resource":"*"}`):                                               Policy,
		policy(`{"effect":"Allow","action":"*","resource":"*"}`):                                               Policy,
		policy(`{"Effect":"Allow","Action":"*"}`):                                                              Policy,
		policy(`{"Effect":"Allow","Resource":"*"}`):                                                            Policy,
		policy(`{"Effect":"Allow","Action":"*","NotAction":"x","Resource":"*"}`):                               Policy,
		policy(`{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"x"}`):                             Policy,
		policy(`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Resource":"*"}`):              Policy, // which would allow all
		`{"isAuthorized":"true"}`: Simple,
		`{"principalId":"me","policyDocument":{"Statement":[{"Effect":"Allow"}]}} `: Simple,
		`{"context":{}}`: Simple,
	} {
		if _, err := read([]byte(data), form); err == nil {
			t.Errorf("%s is taken", data)
		}
	}
}

// Where identities stand, in the words of each kind of API.
func TestSources(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/x?q=1&q=2&empty=", nil)
	r.Header.Set("Authorization", "secret")
	stage, context := map[string]string{"v": "blue"}, map[string]string{"routeKey": "GET /x"}
	for sources, want := range map[string]string{
		"method.request.header.authorization, method.request.querystring.q": "secret|1,2",
		"route.request.header.Authorization":                                "secret",
		"$request.header.Authorization,$request.querystring.q":              "secret|1,2",
		"$context.routeKey,stageVariables.v":                                "GET /x|blue",
		"method.request.querystring.Q":                                      "missing querystring Q",
		"method.request.querystring.empty":                                  "missing querystring empty",
		"$stageVariables.w":                                                 "missing stageVariables w",
		"method.request.path.id":                                            "not read",
		"$context.authorizer.x":                                             "not read",
	} {
		log := &template.Log{}
		values, missing := Identify(ParseSources([]template.Text{template.Of(sources)}, []string{"routeKey"}, log), r, stage, context)
		got := strings.Join(values, "|")
		if missing != "" {
			got = "missing " + missing
		}
		if len(log.Findings()) > 0 {
			got = "not read"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", sources, got, want)
		}
	}
}

// Answers are kept for as long as they count, and are bounded.
func TestCache(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	f, c := &Function{}, &Cache{}
	c.put(key{f, "a"}, &Answer{Principal: "me"}, arn, now.Add(time.Minute), now)
	for _, test := range []struct {
		key  key
		at   time.Duration
		want bool
	}{
		{key{f, "a"}, 0, true},
		{key{f, "a"}, time.Minute - 1, true},
		{key{f, "a"}, time.Minute, false},
		{key{f, "b"}, 0, false},
		{key{&Function{ID: "x"}, "a"}, 0, false},
	} {
		if v := c.get(test.key, now.Add(test.at)); (v != nil) != test.want || v != nil && (!v.Cached || v.For != arn || v.Principal != "me") {
			t.Errorf("%q after %s: %+v", test.key.identity, test.at, v)
		}
	}
	for i := range 2*maxKept + 1 {
		c.put(key{f, strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()}, &Answer{}, arn, now.Add(time.Hour), now)
	}
	if len(c.kept) > maxKept {
		t.Errorf("%d answers are kept", len(c.kept))
	}
}

// Callers whose values only look alike when they are joined do not share an answer.
func TestKeysOfCallers(t *testing.T) {
	t.Parallel()
	f, seen := &Function{}, map[key][]string{}
	for _, identity := range [][]string{{"a", "b"}, {"a\x00b"}, {"a\x00b", "c"}, {"a", "b\x00c"}, {`a" "b`}, {"a,b"}, {"a b"}, {"", "a"}, {"a", ""}} {
		for _, stage := range []string{"", "prod", `prod" "a`} {
			q := Question{Function: f, Stage: stage, Identity: identity}
			if other, ok := seen[q.key()]; ok {
				t.Errorf("%q of the stage %q has the key of %q", identity, stage, other)
			}
			seen[q.key()] = append([]string{stage}, identity...)
		}
	}
}

// A policy that was made for another path is told from one that says no to this one.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		verdict Verdict
		want    causes.ID
	}{
		{Verdict{Decision: iam.Allow, For: "x", Cached: true}, causes.None},
		{Verdict{Decision: iam.ImplicitDeny, For: "x", Cached: true}, causes.AuthorizerPolicyCached},
		{Verdict{Decision: iam.ImplicitDeny, For: arn, Cached: true}, causes.AuthorizerDenies},
		{Verdict{Decision: iam.ImplicitDeny, For: arn}, causes.AuthorizerDenies},
		{Verdict{Decision: iam.ExplicitDeny, For: "x", Cached: true}, causes.AuthorizerDenies},
	} {
		if got := test.verdict.Cause(arn); got != test.want || !slices.Contains(strings.Fields(test.verdict.Why(arn)), arn) {
			t.Errorf("%+v: %q, %s, want %q", test.verdict, got, test.verdict.Why(arn), test.want)
		}
	}
}
