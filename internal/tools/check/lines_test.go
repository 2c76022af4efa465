package check_test

import (
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
)

// One cause is one line: of the check, and of what keeps the chain from starting.
func TestOneCauseIsOneLine(t *testing.T) {
	t.Parallel()
	image := func(id string) func(resources) {
		return func(r resources) {
			p := r.at(id)
			p["PackageType"], p["Code"] = "Image", object{"ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1"}
			delete(p, "Runtime")
			delete(p, "Handler")
		}
	}
	unsigned := func(r resources) {
		delete(r.origin(), "OriginAccessControlId")
		delete(r, "GrantUrl")
		delete(r, "GrantFunction")
	}
	signer := func(arn any) func(resources) {
		return func(r resources) {
			r.association()["LambdaFunctionARN"] = arn
			routes("/a/*", "/b/*")(r)
		}
	}
	const elsewhere = "arn:aws:lambda:us-east-1:111122223333:function:other:7"
	for name, test := range map[string]struct {
		mutate []func(resources)
		check  []string
		run    int
	}{
		"an image behind the URL": {[]func(resources){image("Function")}, nil, 1},
		"an image at the edge":    {[]func(resources){image("Signer"), routes("/a/*")}, []string{"error edge-function-unfit Signer"}, 1},
		"a bucket as an origin": {[]func(resources){func(r resources) {
			r["Bucket"] = object{"Type": "AWS::S3::Bucket"}
			routes("/a/*", "/b/*")(r)
			r.config()["Origins"] = append(r.config()["Origins"].(list), object{"Id": "bucket", "DomainName": getAtt("Bucket", "RegionalDomainName"), "S3OriginConfig": object{}})
			for i := range 2 {
				b := r.at("Distribution", "DistributionConfig", "CacheBehaviors", i)
				b["TargetOriginId"] = "bucket"
				delete(b, "LambdaFunctionAssociations")
			}
		}}, []string{"error bucket-closed Distribution"}, 0},
		"a signer of another app, at several behaviors":           {[]func(resources){signer(elsewhere)}, []string{"warning value-unknown Distribution"}, 1},
		"a function of another app, which may sign without OAC":   {[]func(resources){signer(elsewhere), unsigned}, []string{"warning value-unknown Distribution"}, 1},
		"an imported function, which may sign without OAC":        {[]func(resources){signer(object{"Fn::ImportValue": "signer"}), unsigned}, []string{"warning value-unknown Distribution"}, 1},
		"a function by a dynamic reference, which may sign":       {[]func(resources){signer("{{resolve:ssm:signer}}"), unsigned}, []string{"warning value-unknown Distribution"}, 1},
		"a function whose code is elsewhere, which may sign":      {[]func(resources){closed, routes("/a/*"), unsigned}, []string{"warning value-unknown Distribution"}, 1},
		"a function of another region":                            {[]func(resources){signer(strings.Replace(elsewhere, "us-east-1", "eu-west-1", 1))}, []string{"error edge-function-unfit Distribution", "warning value-unknown Distribution"}, 2},
		"a policy of AWS that is not known, at several behaviors": {[]func(resources){policy("88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"), routes("/a/*", "/b/*")}, []string{"warning value-unknown Distribution"}, 1},
		"a CloudFront Function of another app": {[]func(resources){func(r resources) {
			r.behavior()["FunctionAssociations"] = list{object{"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::111122223333:function/other"}}
			routes("/a/*", "/b/*")(r)
		}}, []string{"warning value-unknown Distribution"}, 1},
		"an unknown function behind the URL": {[]func(resources){func(r resources) {
			r.at("Url")["TargetFunctionArn"] = object{"Fn::ImportValue": "function"}
		}}, []string{"warning value-unknown Url"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := endpoint()
			for _, mutate := range test.mutate {
				mutate(r)
			}
			dir := r.write(t)
			wantFindings(t, dir, test.check...)
			a, err := assembly.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			if err := aws.Read(a, aws.Options{}).Err(); err != nil {
				lines = strings.Split(err.Error(), "\n")
			}
			if len(lines) != test.run {
				t.Errorf("run has %d lines, want %d:\n%s", len(lines), test.run, strings.Join(lines, "\n"))
			}
			for _, line := range lines {
				if strings.Contains(line, "is ,") || strings.Contains(line, "is :") || strings.Contains(line, `""`) {
					t.Errorf("%q has an empty name", line)
				}
			}
		})
	}
}

// closed leaves the signer's code out of the assembly.
func closed(r resources) {
	r.at("Signer")["Code"] = object{"S3Bucket": "assets", "S3Key": "elsewhere.zip"}
}

func policy(id string) func(resources) {
	return func(r resources) { r.behavior()["OriginRequestPolicyId"] = id }
}
