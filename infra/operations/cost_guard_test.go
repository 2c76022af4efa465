package operations_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/apptest"
	"github.com/streamfront/streamfront/infra/operations"
)

var guarded = sync.OnceValue(func() *assembly {
	stack := newStack("eu-west-1")
	function := newFunction(stack, "Function")
	release := operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{
		Function: function, ProvisionedConcurrentExecutions: jsii.Number(2),
	})
	newEndpoint(stack, release.Alias())
	guard := operations.NewCostGuard(stack, jsii.String("CostGuard"), &operations.CostGuardProps{
		Functions: &[]awslambda.Function{function}, Releases: &[]operations.Release{release},
		MonthlyBudget: jsii.Number(100), RequestsPerHour: jsii.Number(5000), Email: jsii.String("ops@example.com"),
		CostFilters: &map[string]*[]*string{"TagKeyValue": jsii.Strings("user:app$chat")},
	})
	awscdk.NewCfnOutput(stack, jsii.String("Open"), &awscdk.CfnOutputProps{Value: guard.OpenCommand()})
	return synth(stack)
})

func TestCostGuardReservesConcurrency(t *testing.T) {
	functions := map[string]any{}
	for id, r := range guarded().main.Resources {
		if r.Type == "AWS::Lambda::Function" {
			functions[id] = r.Properties["ReservedConcurrentExecutions"]
		}
	}
	if functions["Function76856677"] != 10.0 {
		t.Errorf("reserved for the function: %v, want 10", functions["Function76856677"])
	}
	stack := newStack("eu-west-1")
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(), Handler: jsii.String("index.handler"),
		Code: awslambda.Code_FromInline(jsii.String("//")), ReservedConcurrentExecutions: jsii.Number(7),
	})
	operations.NewCostGuard(stack, jsii.String("CostGuard"), &operations.CostGuardProps{Functions: &[]awslambda.Function{function}, MonthlyBudget: jsii.Number(1)})
	main := synth(stack).main
	if got := main.Resources["Function76856677"].Properties["ReservedConcurrentExecutions"]; got != 7.0 {
		t.Errorf("reserved by the user: %v, want 7", got)
	}
	if list := text(guardOf(t, main).Properties["Environment"]); !strings.Contains(list, `\"reserved\":7`) {
		t.Errorf("the guard would open with %s, want 7", list)
	}
}

// guardOf returns the function that closes.
func guardOf(t *testing.T, template *apptest.Template) *apptest.Resource {
	t.Helper()
	return named(t, template, "AWS::Lambda::Function", "CostGuard")
}

func closeTopic(t *testing.T, template *apptest.Template) *apptest.Resource {
	t.Helper()
	return named(t, template, "AWS::SNS::Topic", "CostGuardCloseTopic")
}

// named returns a resource of a type by what its logical id begins with.
func named(t *testing.T, template *apptest.Template, typ, prefix string) *apptest.Resource {
	t.Helper()
	for _, r := range template.All(typ) {
		if strings.HasPrefix(r.ID, prefix) {
			return r
		}
	}
	t.Fatalf("no %s is called %s", typ, prefix)
	return nil
}

// The budget closes at its limit, and again where somebody has opened within the month.
func TestBudgetCloses(t *testing.T) {
	main := guarded().main
	budget := main.Only(t, "AWS::Budgets::Budget")
	wantJSON(t, "Budget", budget.Properties["Budget"], `{"BudgetLimit": {"Amount": 100, "Unit": "USD"}, "BudgetType": "COST",
		"CostFilters": {"TagKeyValue": ["user:app$chat"]}, "TimeUnit": "MONTHLY"}`)
	topic := text(object{"Ref": closeTopic(t, main).ID})
	var notifications []struct {
		Notification struct {
			NotificationType, ThresholdType, ComparisonOperator string
			Threshold                                           float64
		}
		Subscribers []struct {
			SubscriptionType string
			Address          any
		}
	}
	if err := json.Unmarshal([]byte(text(budget.Properties["NotificationsWithSubscribers"])), &notifications); err != nil {
		t.Fatal(err)
	}
	if len(notifications) > 5 {
		t.Errorf("%d notifications; a budget takes 5", len(notifications))
	}
	closes := map[float64]bool{}
	for _, n := range notifications {
		mails := false
		for _, s := range n.Subscribers {
			mails = mails || s.SubscriptionType == "EMAIL"
			if s.SubscriptionType == "SNS" {
				if n.Notification.NotificationType != "ACTUAL" || text(s.Address) != topic {
					t.Errorf("%+v closes by %v", n.Notification, s.Address)
				}
				closes[n.Notification.Threshold] = true
			}
		}
		if !mails {
			t.Errorf("nobody is told of %+v", n.Notification)
		}
	}
	if !closes[100] || !closes[150] || !closes[200] || closes[80] {
		t.Errorf("closes at %v percent, want 100, 150 and 200", closes)
	}
}

func TestWhoMayClose(t *testing.T) {
	main := guarded().main
	topic := closeTopic(t, main)
	var policy string
	for _, r := range main.All("AWS::SNS::TopicPolicy") {
		if strings.Contains(text(r.Properties["Topics"]), topic.ID) {
			policy = text(r.Properties)
		}
	}
	for _, want := range []string{"budgets.amazonaws.com", "cloudwatch.amazonaws.com", `"aws:SourceAccount":"` + account + `"`} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s may not publish: %s", want, policy)
		}
	}
	wantJSON(t, "Endpoint", main.OnlyWith(t, "AWS::SNS::Subscription", "Protocol", "lambda").Properties["Endpoint"], `{"Fn::GetAtt":["`+guardOf(t, main).ID+`","Arn"]}`)
	flood := main.OnlyWith(t, "AWS::CloudWatch::Alarm", "Threshold", 5000)
	wantJSON(t, "AlarmActions", flood.Properties["AlarmActions"], `[{"Ref":"`+topic.ID+`"}]`)
}

// The function may change the concurrency of the guarded function and of its alias, and
// nothing besides.
func TestWhatTheGuardMayDo(t *testing.T) {
	main := guarded().main
	for id, r := range main.Resources {
		if r.Type == "AWS::IAM::Policy" && strings.HasPrefix(id, "CostGuardFunction") {
			var allowed []string
			for _, s := range r.Properties["PolicyDocument"].(object)["Statement"].([]any) {
				s := s.(object)
				allowed = append(allowed, text(s["Action"])+" "+text(s["Resource"]))
			}
			want := []string{
				`"sns:Publish" {"Ref":"CostGuardTopic`,
				`"lambda:PutFunctionConcurrency" {"Fn::GetAtt":["Function76856677","Arn"]}`,
				`["lambda:DeleteProvisionedConcurrencyConfig","lambda:PutProvisionedConcurrencyConfig"] {"Ref":"ReleaseAlias`,
			}
			if len(allowed) != len(want) {
				t.Fatalf("the guard may %q", allowed)
			}
			for i := range want {
				if !strings.HasPrefix(allowed[i], want[i]) {
					t.Errorf("the guard may %s, want %s", allowed[i], want[i])
				}
			}
			return
		}
	}
	t.Error("the guard has no policy")
}

func TestOpenCommand(t *testing.T) {
	value := text(guarded().main.Outputs["Open"].(object)["Value"])
	for _, want := range []string{"aws lambda invoke --region eu-west-1 --function-name ", `'{\"action\":\"open\"}'`} {
		if !strings.Contains(value, want) {
			t.Errorf("no %s in %s", want, value)
		}
	}
}

func TestCostGuardRefuses(t *testing.T) {
	stack := newStack("eu-west-1")
	function := newFunction(stack, "Function")
	functions := &[]awslambda.Function{function}
	define := func(p operations.CostGuardProps) func() {
		return func() { operations.NewCostGuard(stack, jsii.String("CostGuard"), &p) }
	}
	mustPanic(t, `streamfront: 5 problems:
- CostGuardProps.Functions is required; pass the functions to guard
- CostGuardProps.MonthlyBudget is required; pass what a month may cost in US dollars
- CostGuardProps.ReservedConcurrentExecutions is 0.5; use a number from 1 to 1000000
- CostGuardProps.ReservedConcurrentExecutions is 0.5; use a whole number
- CostGuardProps.RequestsPerHour is 0; use a number from 1 to 1000000000`,
		define(operations.CostGuardProps{ReservedConcurrentExecutions: jsii.Number(0.5), RequestsPerHour: jsii.Number(0)}))
	mustPanic(t, `streamfront: 3 problems:
- CostGuardProps.Functions has "`+*function.Node().Path()+`" twice; remove one
- CostGuardProps.Functions has nil at index 2; remove it
- CostGuardProps.Releases has nil at index 0; remove it`,
		define(operations.CostGuardProps{
			Functions: &[]awslambda.Function{function, function, nil}, MonthlyBudget: jsii.Number(1), Releases: &[]operations.Release{nil},
		}))
	mustPanic(t, "streamfront: CostGuardProps.MonthlyBudget is required; pass what a month may cost in US dollars", define(operations.CostGuardProps{Functions: functions}))
	mustPanic(t, "streamfront: CostGuardProps.MonthlyBudget is 0; use a number from 1 to 1000000000",
		define(operations.CostGuardProps{Functions: functions, MonthlyBudget: jsii.Number(0)}))
	mustPanic(t, "streamfront: CostGuardProps.ReservedConcurrentExecutions is 1.5; use a whole number",
		define(operations.CostGuardProps{Functions: functions, MonthlyBudget: jsii.Number(1), ReservedConcurrentExecutions: jsii.Number(1.5)}))
	other := operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{Function: newFunction(stack, "Other")})
	mustPanic(t, `streamfront: CostGuardProps.Releases has "Test/Release", whose function is not among Functions; add it there`,
		define(operations.CostGuardProps{Functions: functions, MonthlyBudget: jsii.Number(1), Releases: &[]operations.Release{other}}))
}
