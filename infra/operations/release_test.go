package operations_test

import (
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/operations"
)

// Behind an alias the URL and both permissions are the alias's: on the function they would let
// CloudFront call nothing.
func TestUrlAndGrantsAreOnTheAlias(t *testing.T) {
	main := guarded().main
	alias := main.OnlyWith(t, "AWS::Lambda::Alias", "Name", "live")
	url := main.Only(t, "AWS::Lambda::Url")
	wantJSON(t, "Qualifier", url.Properties["Qualifier"], `"live"`)
	if !strings.Contains(text(url.DependsOn), alias.ID) {
		t.Errorf("the URL depends on %v, not on the alias", url.DependsOn)
	}
	granted := map[string]bool{}
	for _, p := range main.All("AWS::Lambda::Permission") {
		if p.Properties["Principal"] == "cloudfront.amazonaws.com" && text(p.Properties["FunctionName"]) == `{"Ref":"`+alias.ID+`"}` {
			granted[p.Properties["Action"].(string)] = true
		}
	}
	if !granted["lambda:InvokeFunctionUrl"] || !granted["lambda:InvokeFunction"] {
		t.Errorf("CloudFront may %v", granted)
	}
}

func TestReleaseMovesByACanaryAndRollsBack(t *testing.T) {
	main := guarded().main
	alias := main.Only(t, "AWS::Lambda::Alias")
	group := main.Only(t, "AWS::CodeDeploy::DeploymentGroup")
	wantJSON(t, "CodeDeployLambdaAliasUpdate", alias.UpdatePolicy["CodeDeployLambdaAliasUpdate"].(object)["DeploymentGroupName"], `{"Ref":"`+group.ID+`"}`)
	wantJSON(t, "DeploymentConfigName", group.Properties["DeploymentConfigName"], `"CodeDeployDefault.LambdaCanary10Percent5Minutes"`)
	wantJSON(t, "AutoRollbackConfiguration", group.Properties["AutoRollbackConfiguration"],
		`{"Enabled": true, "Events": ["DEPLOYMENT_FAILURE","DEPLOYMENT_STOP_ON_REQUEST","DEPLOYMENT_STOP_ON_ALARM"]}`)
	wantJSON(t, "ProvisionedConcurrencyConfig", alias.Properties["ProvisionedConcurrencyConfig"], `{"ProvisionedConcurrentExecutions": 2}`)
	rolls := text(group.Properties["AlarmConfiguration"])
	for _, a := range main.All("AWS::CloudWatch::Alarm") {
		if strings.HasPrefix(a.ID, "Release") && !strings.Contains(rolls, a.ID) {
			t.Errorf("%s does not roll back: %s", a.ID, rolls)
		}
		// CloudFormation counts what an UpdatePolicy names as well: the alias waits for the group,
		// the group for its alarms, and an alarm that refers to the alias would close the circle.
		if strings.Contains(rolls, a.ID) && strings.Contains(text(a.Properties), alias.ID) {
			t.Errorf("%s refers to the alias, a circle that CloudFormation refuses: %s", a.ID, text(a.Properties))
		}
	}
	version := main.Only(t, "AWS::Lambda::Version")
	if version.DeletionPolicy != "Retain" || version.UpdateReplacePolicy != "Retain" {
		t.Errorf("the old version is deleted (%q, %q), and nothing is left to go back to", version.DeletionPolicy, version.UpdateReplacePolicy)
	}
	// The alarm of crashes looks at the new version alone.
	crashes := main.OnlyWith(t, "AWS::CloudWatch::Alarm", "MetricName", "Errors")
	if dimensions := text(crashes.Properties["Dimensions"]); !strings.Contains(dimensions, "ExecutedVersion") || !strings.Contains(dimensions, version.ID) {
		t.Errorf("crashes are counted of %s", dimensions)
	}
}

func TestReleaseRefuses(t *testing.T) {
	stack := newStack("eu-west-1")
	mustPanic(t, "streamfront: ReleaseProps.Function is required; pass the function to release", func() {
		operations.NewRelease(stack, jsii.String("Release"), nil)
	})
	mustPanic(t, "streamfront: ReleaseProps.ProvisionedConcurrentExecutions is 0; use a number from 1 to 1000000", func() {
		operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{Function: newFunction(stack, "Function"), ProvisionedConcurrentExecutions: jsii.Number(0)})
	})
}
