package assembly

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// Attribute returns what Ref (attribute "") or Fn::GetAtt gives for the resource once it
// is deployed.
func (r *Resource) Attribute(attribute string) (string, error) {
	v, err := (&resolver{stack: r.Stack}).attribute(r, attribute)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(v), nil
}

func (r *resolver) attribute(res *Resource, attribute string) (any, error) {
	v, err := (&resolver{stack: res.Stack, depth: r.depth + 1}).identity(res, attribute)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", res.Name(), res.Type, err)
	}
	return v, nil
}

// identity derives the identifiers of one resource. A Ref to a type that is not listed is
// a made-up name, as most of CloudFormation's are; an attribute that is not listed is an
// error, since nothing may rest on a guess.
func (r *resolver) identity(res *Resource, attribute string) (any, error) {
	if r.depth > maxDepth {
		return nil, fmt.Errorf("references go in a circle")
	}
	s := res.Stack
	arn := func(service, region, rest string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, s.Account, rest)
	}
	switch res.Type + "." + attribute {
	case "AWS::Lambda::Function.Arn":
		name, err := r.name(res, "FunctionName", 64)
		return arn("lambda", s.Region, "function:"+name), err
	case "AWS::Lambda::Function.":
		return r.name(res, "FunctionName", 64)
	case "AWS::Lambda::Version.", "AWS::Lambda::Version.FunctionArn":
		// A new function's first published version is 1.
		function, err := r.functionARN(res.properties["FunctionName"])
		return function + ":1", err
	case "AWS::Lambda::Version.Version":
		return "1", nil
	case "AWS::Lambda::Url.", "AWS::Lambda::Url.FunctionArn":
		return r.functionARN(res.properties["TargetFunctionArn"])
	case "AWS::Lambda::Url.FunctionUrl":
		return fmt.Sprintf("https://%s.lambda-url.%s.on.aws/", strings.ToLower(res.hash(32)), s.Region), nil
	case "AWS::CloudFront::Distribution.", "AWS::CloudFront::Distribution.Id":
		return "E" + res.hash(13), nil
	case "AWS::CloudFront::Distribution.DomainName":
		return "d" + strings.ToLower(res.hash(13)) + ".cloudfront.net", nil
	case "AWS::CloudFront::OriginAccessControl.", "AWS::CloudFront::OriginAccessControl.Id":
		return "E" + res.hash(13), nil
	case "AWS::CloudFront::Function.", "AWS::CloudFront::Function.FunctionARN":
		name, err := r.name(res, "Name", 64)
		return arn("cloudfront", "", "function/"+name), err
	case "AWS::IAM::Role.Arn":
		name, err := r.name(res, "RoleName", 64)
		return arn("iam", "", "role/"+name), err
	case "AWS::Logs::LogGroup.Arn":
		name, err := r.name(res, "LogGroupName", 512)
		return arn("logs", s.Region, "log-group:"+name+":*"), err
	case "AWS::SSM::Parameter.Value":
		return r.resolve(res.properties["Value"])
	case "Custom::CrossRegionStringParameterReader.FunctionArn":
		// How CDK's EdgeFunction hands the version ARN from its stack in us-east-1 to a
		// stack elsewhere.
		return r.parameterElsewhere(res)
	}
	if attribute == "" {
		return r.name(res, "Name", 64)
	}
	return nil, fmt.Errorf("the value of attribute %s is not known before deployment", attribute)
}

// functionARN completes a reference to a function given as a name or an ARN.
func (r *resolver) functionARN(reference any) (string, error) {
	v, err := r.resolve(reference)
	if err != nil {
		return "", err
	}
	text := fmt.Sprint(v)
	if strings.HasPrefix(text, "arn:") {
		return text, nil
	}
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", r.stack.Region, r.stack.Account, text), nil
}

func (r *resolver) parameterElsewhere(reader *Resource) (any, error) {
	region, err := r.resolve(reader.properties["Region"])
	if err != nil {
		return nil, err
	}
	name, err := r.resolve(reader.properties["ParameterName"])
	if err != nil {
		return nil, err
	}
	for _, s := range r.stack.assembly.Stacks {
		if s.Region != region {
			continue
		}
		for _, res := range s.Resources {
			if res.Type != "AWS::SSM::Parameter" {
				continue
			}
			other := &resolver{stack: s, depth: r.depth}
			if got, err := other.resolve(res.properties["Name"]); err == nil && got == name {
				return other.attribute(res, "Value")
			}
		}
	}
	return nil, fmt.Errorf("no stack in %v has the SSM parameter %v", region, name)
}

// name returns the name given in the template, or one made as CloudFormation makes them:
// stack, logical id, twelve random-looking characters.
func (r *resolver) name(res *Resource, property string, limit int) (string, error) {
	if given, ok := res.properties[property]; ok {
		v, err := r.resolve(given)
		return fmt.Sprint(v), err
	}
	prefix := res.Stack.Name + "-" + res.LogicalID
	return prefix[:min(len(prefix), limit-13)] + "-" + res.hash(12), nil
}

// hash returns n characters A-Z2-7 that stand for this resource alone.
func (r *Resource) hash(n int) string {
	sum := sha256.Sum256([]byte(r.Type + " " + r.Name() + " " + r.Stack.Account + " " + r.Stack.Region))
	return base32.StdEncoding.EncodeToString(sum[:])[:n]
}
