package main

import "testing"

func TestSettings(t *testing.T) {
	for name, test := range map[string]struct {
		setting     setting
		context     any
		environment map[string]string
		want, err   string
	}{
		"default":                      {setting: region, want: "us-east-1"},
		"own variable":                 {setting: region, environment: map[string]string{"STREAMFRONT_REGION": "eu-west-1", "CDK_DEFAULT_REGION": "eu-north-1"}, want: "eu-west-1"},
		"variable of the CDK CLI":      {setting: region, environment: map[string]string{"CDK_DEFAULT_REGION": "eu-north-1"}, want: "eu-north-1"},
		"empty variable":               {setting: stackName, environment: map[string]string{"STREAMFRONT_STACK_NAME": ""}, want: "Streamfront"},
		"context wins":                 {setting: architecture, context: "x86_64", environment: map[string]string{"STREAMFRONT_ARCHITECTURE": "arm64"}, want: "x86_64"},
		"region of a partition":        {setting: region, context: "us-gov-east-1", want: "us-gov-east-1"},
		"bad stack name":               {setting: stackName, context: "my chat", err: `streamfront: context stackName is "my chat"; want a letter and then up to 127 letters, digits and hyphens`},
		"bad region":                   {setting: region, environment: map[string]string{"CDK_DEFAULT_REGION": "moon"}, err: `streamfront: CDK_DEFAULT_REGION is "moon"; want an AWS region such as eu-west-1`},
		"Go's name of an architecture": {setting: architecture, environment: map[string]string{"STREAMFRONT_ARCHITECTURE": "amd64"}, err: `streamfront: STREAMFRONT_ARCHITECTURE is "amd64"; want arm64 or x86_64`},
		"sample":                       {setting: sample, context: "node", want: "node"},
		"bad sample":                   {setting: sample, context: "nodejs", err: `streamfront: context sample is "nodejs"; want go or node`},
		"number in cdk.json":           {setting: region, context: 5.0, err: `streamfront: context region is 5; want an AWS region such as eu-west-1`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range test.setting.environment {
				t.Setenv(variable, test.environment[variable])
			}
			got, err := test.setting.read(func(key *string) any {
				if *key == test.setting.context {
					return test.context
				}
				return nil
			})
			if text := errorText(err); got != test.want || text != test.err {
				t.Errorf("read = %q, %q, want %q, %q", got, text, test.want, test.err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
