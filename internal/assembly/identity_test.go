package assembly_test

import (
	"regexp"
	"strings"
	"testing"
)

const identities = `{"Resources": {
	"Named": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "named"}},
	"Unnamed": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Ref": "AWS::NoValue"}}},
	"AFunctionWithALogicalIdThatIsLongerThanTheNameOfAFunctionMayBe": {"Type": "AWS::Lambda::Function"},
	"VersionByName": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Named"}}},
	"VersionByArn": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Fn::GetAtt": ["Named", "Arn"]}}},
	"NoFunction": {"Type": "AWS::Lambda::Version", "Properties": {}},
	"Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Named"}, "Name": "live", "FunctionVersion": "1"}},
	"Url": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": {"Ref": "Named"}}},
	"Url2": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": {"Ref": "Unnamed"}}},
	"Dist": {"Type": "AWS::CloudFront::Distribution"},
	"OAC": {"Type": "AWS::CloudFront::OriginAccessControl"},
	"CFF": {"Type": "AWS::CloudFront::Function", "Properties": {"Name": {"Fn::Sub": "${AWS::Region}viewer"}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "role"}},
	"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/x/y"}},
	"Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "Api"}},
	"RestStage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"StageName": "prod"}},
	"Part": {"Type": "AWS::ApiGateway::Resource", "Properties": {"PathPart": "pets"}},
	"Http": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "Api", "ProtocolType": "HTTP"}},
	"Ws": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "Api", "ProtocolType": "WEBSOCKET"}},
	"Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {}},
	"Domain": {"Type": "AWS::ApiGatewayV2::DomainName", "Properties": {"DomainName": "api.example.com"}},
	"Param": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Value": {"Ref": "VersionByName"}}}
}}`

func TestIdentity(t *testing.T) {
	t.Parallel()
	a := load(t, map[string]stack{"S": {env: "aws://222233334444/eu-west-1", template: identities}})
	for name, want := range map[string]string{
		"Named":                     `named`,
		"Named.Arn":                 `arn:aws:lambda:eu-west-1:222233334444:function:named`,
		"Unnamed":                   `S-Unnamed-[A-Z2-7]{12}`,
		"Unnamed.Arn":               `arn:aws:lambda:eu-west-1:222233334444:function:S-Unnamed-[A-Z2-7]{12}`,
		"VersionByName":             `arn:aws:lambda:eu-west-1:222233334444:function:named:1`,
		"VersionByName.FunctionArn": `arn:aws:lambda:eu-west-1:222233334444:function:named:1`,
		"VersionByName.Version":     `1`,
		"VersionByArn":              `arn:aws:lambda:eu-west-1:222233334444:function:named:1`,
		"Live":                      `arn:aws:lambda:eu-west-1:222233334444:function:named:live`,
		"Url":                       `arn:aws:lambda:eu-west-1:222233334444:function:named`,
		"Url.FunctionArn":           `arn:aws:lambda:eu-west-1:222233334444:function:named`,
		"Url.FunctionUrl":           `https://[a-z2-7]{32}\.lambda-url\.eu-west-1\.on\.aws/`,
		"Dist":                      `E[A-Z2-7]{13}`,
		"Dist.Id":                   `E[A-Z2-7]{13}`,
		"Dist.DomainName":           `d[a-z2-7]{13}\.cloudfront\.net`,
		"OAC.Id":                    `E[A-Z2-7]{13}`,
		"CFF.FunctionARN":           `arn:aws:cloudfront::222233334444:function/eu-west-1viewer`,
		"Role.Arn":                  `arn:aws:iam::222233334444:role/role`,
		"Logs.Arn":                  `arn:aws:logs:eu-west-1:222233334444:log-group:/x/y:\*`,
		"Rest":                      `[a-z2-7]{10}`,
		"Rest.RestApiId":            `[a-z2-7]{10}`,
		"Rest.RootResourceId":       `[a-z2-7]{10}`,
		"RestStage":                 `prod`,
		"Part":                      `[a-z2-7]{7}`,
		"Part.ResourceId":           `[a-z2-7]{7}`,
		"Http":                      `[a-z2-7]{10}`,
		"Http.ApiEndpoint":          `https://[a-z2-7]{10}\.execute-api\.eu-west-1\.amazonaws\.com`,
		"Ws.ApiEndpoint":            `wss://[a-z2-7]{10}\.execute-api\.eu-west-1\.amazonaws\.com`,
		"Integration":               `[a-z2-7]{7}`,
		"Domain":                    `api\.example\.com`,
		"Domain.RegionalDomainName": `d-[a-z2-7]{10}\.execute-api\.eu-west-1\.amazonaws\.com`,
		"Param.Value":               `arn:aws:lambda:eu-west-1:222233334444:function:named:1`,
		"Param":                     `/p`,
		"AFunctionWithALogicalIdThatIsLongerThanTheNameOfAFunctionMayBe": `S-AFunctionWithALogicalIdThatIsLongerThanTheNameOfA-[A-Z2-7]{12}`,
	} {
		id, attr, _ := strings.Cut(name, ".")
		got := attribute(t, one(t, a, "S/"+id), attr)
		if !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%s = %q, want %s", name, got, want)
		}
		if attr == "" && len(got) > 64 && !strings.HasPrefix(got, "arn:") {
			t.Errorf("%s = %q has %d characters, want at most 64", name, got, len(got))
		}
	}
}

func TestIdentityErrors(t *testing.T) {
	t.Parallel()
	a := load(t, map[string]stack{"S": {template: identities}})
	for name, want := range map[string]string{
		"Role.RoleId":            "S/Role (AWS::IAM::Role): the value of attribute RoleId is not known before deployment",
		"NoFunction.FunctionArn": "S/NoFunction (AWS::Lambda::Version): FunctionName: want text, got no value",
	} {
		id, attr, _ := strings.Cut(name, ".")
		if got, err := one(t, a, "S/"+id).Attribute(attr); err == nil || err.Error() != want {
			t.Errorf("%s = %q, %v, want the error %q", name, got, err, want)
		}
	}
}

// Identifiers tell stacks, accounts, regions, types and logical ids apart, and stay the
// same from one run to the next.
func TestIdentifiersAreStableAndUnique(t *testing.T) {
	t.Parallel()
	const one1 = `{"Resources": {"A": {"Type": "AWS::CloudFront::Distribution"}, "B": {"Type": "AWS::CloudFront::Distribution"},
		"O": {"Type": "AWS::CloudFront::OriginAccessControl"}, "U": {"Type": "AWS::Lambda::Url"}}}`
	all := map[string]stack{
		"S1": {template: one1}, "S2": {template: one1},
		"S3": {env: "aws://111122223333/eu-west-1", template: one1},
	}
	first, again := load(t, all), load(t, all)
	seen := map[string]string{}
	for _, s := range first.Stacks {
		for id, r := range s.Resources {
			attr := "Id"
			if r.Type == "AWS::Lambda::Url" {
				attr = "FunctionUrl"
			}
			got := attribute(t, r, attr)
			if other := seen[got]; other != "" {
				t.Errorf("%s and %s are both %s", r.Name(), other, got)
			}
			seen[got] = r.Name()
			if repeated := attribute(t, one(t, again, s.Name+"/"+id), attr); repeated != got {
				t.Errorf("%s = %s in one run, %s in another", r.Name(), got, repeated)
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d identifiers, want 12", len(seen))
	}

	// The same stack in another account is another stack.
	abroad := load(t, map[string]stack{"S1": {env: "aws://222233334444/us-east-1", template: one1}})
	if got := attribute(t, one(t, abroad, "S1/A"), "Id"); seen[got] != "" {
		t.Errorf("distribution in another account = %s, the same as %s", got, seen[got])
	}
}

// CDK's EdgeFunction hands a version ARN from its stack in us-east-1 to another region by
// an SSM parameter and a custom resource that reads it.
func TestCrossRegionParameter(t *testing.T) {
	t.Parallel()
	reader := func(region, name string) string {
		return `{"Resources": {"Reader": {"Type": "Custom::CrossRegionStringParameterReader", "Properties": {
			"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}, "Region": "` + region + `", "ParameterName": ` + name + `}}}}`
	}
	const edge = `{"Resources": {
		"Other": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Ref": "NobodyKnows"}, "Value": "x"}},
		"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {
			"Name": "/cdk/EdgeFunctionArn/eu-west-1/Site/Signer", "Type": "String", "Value": {"Ref": "Version"}}},
		"Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Fn"}}},
		"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "signer"}}
	}}`
	for name, test := range map[string]struct {
		site, want, err string
	}{
		"found": {
			site: reader("us-east-1", `"/cdk/EdgeFunctionArn/eu-west-1/Site/Signer"`),
			want: "arn:aws:lambda:us-east-1:111122223333:function:signer:1",
		},
		"name of intrinsics": {
			site: reader("us-east-1", `{"Fn::Sub": "/cdk/EdgeFunctionArn/${AWS::Region}/Site/Signer"}`),
			want: "arn:aws:lambda:us-east-1:111122223333:function:signer:1",
		},
		"other region": {
			site: reader("us-west-2", `"/cdk/EdgeFunctionArn/eu-west-1/Site/Signer"`),
			err:  "Site/Reader (Custom::CrossRegionStringParameterReader): no stack in us-west-2 has the SSM parameter /cdk/EdgeFunctionArn/eu-west-1/Site/Signer: give it with --parameter ssm:/cdk/EdgeFunctionArn/eu-west-1/Site/Signer=VALUE",
		},
		"other name": {
			site: reader("us-east-1", `"/elsewhere"`),
			err:  "Site/Reader (Custom::CrossRegionStringParameterReader): no stack in us-east-1 has the SSM parameter /elsewhere: give it with --parameter ssm:/elsewhere=VALUE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := load(t, map[string]stack{
				"Site":    {env: "aws://111122223333/eu-west-1", template: test.site},
				"Edge":    {env: "aws://111122223333/us-east-1", template: edge},
				"Another": {env: "aws://222233334444/us-east-1", template: strings.ReplaceAll(edge, `"signer"`, `"of another account"`)},
			})
			got, err := one(t, a, "Site/Reader").Attribute("FunctionArn")
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("FunctionArn = %q, %v, want the error %q", got, err, test.err)
				}
				return
			}
			if got != test.want || err != nil {
				t.Errorf("FunctionArn = %q, %v, want %q", got, err, test.want)
			}
		})
	}
}
