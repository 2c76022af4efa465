package assembly

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Attribute returns what Ref (attribute "") or Fn::GetAtt gives for the resource once it
// is deployed.
func (r *Resource) Attribute(attribute string) (string, error) {
	v, err := (&resolver{stack: r.Stack}).attribute(r, attribute)
	if err != nil {
		return "", err
	}
	return text(v)
}

func (r *resolver) attribute(res *Resource, attribute string) (any, error) {
	what := strings.TrimSuffix(res.Name()+"."+attribute, ".")
	return r.once(res.Stack, what, func(inner *resolver) (any, error) {
		v, err := inner.identity(res, attribute)
		if err != nil {
			return nil, fmt.Errorf("%s (%s): %w", res.Name(), res.Type, err)
		}
		return v, nil
	})
}

// identity derives the identifiers of one resource. A Ref to a type that is not listed is
// a made-up name, as most of CloudFormation's are; an attribute that is not listed is an
// error, since nothing may rest on a guess.
func (r *resolver) identity(res *Resource, attribute string) (any, error) {
	if exists, err := r.exists(res); err != nil || !exists {
		return nil, cmp.Or(err, fmt.Errorf("its condition %s is false: it is not deployed", res.condition))
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
		function, err := r.functionARN(res, "FunctionName")
		return function + ":1", err
	case "AWS::Lambda::Version.Version":
		return "1", nil
	case "AWS::Lambda::Alias.", "AWS::Lambda::Alias.AliasArn":
		function, err := r.functionARN(res, "FunctionName")
		if err != nil {
			return nil, err
		}
		name, err := r.name(res, "Name", 128)
		return function + ":" + name, err
	case "AWS::Lambda::Url.", "AWS::Lambda::Url.FunctionArn":
		function, err := r.functionARN(res, "TargetFunctionArn")
		if err != nil || res.properties["Qualifier"] == nil {
			return function, err
		}
		alias, err := r.resolve(res.properties["Qualifier"])
		return fmt.Sprintf("%s:%v", function, alias), err
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
	case "AWS::CertificateManager::Certificate.":
		return arn("acm", s.Region, "certificate/local-"+strings.ToLower(res.hash(12))), nil
	case "AWS::WAFv2::WebACL.Arn":
		scope := "regional"
		if v, err := r.text(res.properties["Scope"]); err != nil || v == "CLOUDFRONT" {
			scope = "global"
		}
		return arn("wafv2", s.Region, scope+"/webacl/local/"+strings.ToLower(res.hash(12))), nil
	case "AWS::S3::Bucket.":
		return r.bucketName(res)
	case "AWS::S3::Bucket.Arn":
		name, err := r.bucketName(res)
		return "arn:aws:s3:::" + name, err
	case "AWS::Cognito::UserPool.", "AWS::Cognito::UserPool.UserPoolId":
		return s.Region + "_" + res.hash(9), nil
	case "AWS::Cognito::UserPool.ProviderName":
		return "cognito-idp." + s.Region + ".amazonaws.com/" + s.Region + "_" + res.hash(9), nil
	case "AWS::Cognito::UserPool.ProviderURL":
		return "https://cognito-idp." + s.Region + ".amazonaws.com/" + s.Region + "_" + res.hash(9), nil
	case "AWS::Cognito::UserPool.Arn":
		return arn("cognito-idp", s.Region, "userpool/"+s.Region+"_"+res.hash(9)), nil
	case "AWS::Cognito::UserPoolClient.", "AWS::Cognito::UserPoolClient.ClientId":
		return strings.ToLower(res.hash(26)), nil
	case "AWS::Cognito::UserPoolClient.ClientSecret":
		return strings.ToLower(res.hash(50)), nil
	case "AWS::Cognito::UserPoolDomain.":
		return r.text(res.properties["Domain"])
	case "AWS::Cognito::UserPoolResourceServer.":
		return r.text(res.properties["Identifier"])
	case "AWS::S3::Bucket.DomainName", "AWS::S3::Bucket.RegionalDomainName", "AWS::S3::Bucket.DualStackDomainName", "AWS::S3::Bucket.WebsiteURL":
		name, err := r.bucketName(res)
		return bucketAddress(name, s.Region, attribute), err
	case "AWS::CloudFront::CloudFrontOriginAccessIdentity.", "AWS::CloudFront::CloudFrontOriginAccessIdentity.Id":
		return "E" + res.hash(13), nil
	case "AWS::CloudFront::CloudFrontOriginAccessIdentity.S3CanonicalUserId":
		return strings.ToLower(res.hash(48)), nil
	case "AWS::CloudFront::KeyValueStore.Arn":
		return arn("cloudfront", "", "key-value-store/"+strings.ToLower(res.hash(32))), nil
	case "AWS::CloudFront::KeyValueStore.Id":
		return strings.ToLower(res.hash(32)), nil
	case "AWS::SSM::Parameter.Value":
		return r.resolve(res.properties["Value"])
	case "AWS::ApiGateway::RestApi.", "AWS::ApiGateway::RestApi.RestApiId", "AWS::ApiGatewayV2::Api.", "AWS::ApiGatewayV2::Api.ApiId":
		return strings.ToLower(res.hash(10)), nil
	case "AWS::ApiGateway::RestApi.RootResourceId":
		return strings.ToLower(res.hash(20)[10:]), nil
	case "AWS::ApiGatewayV2::Api.ApiEndpoint":
		scheme := "https"
		if v, err := r.text(res.properties["ProtocolType"]); err == nil && v == "WEBSOCKET" {
			scheme = "wss"
		}
		return fmt.Sprintf("%s://%s.execute-api.%s.amazonaws.com", scheme, strings.ToLower(res.hash(10)), s.Region), nil
	case "AWS::ApiGateway::Stage.", "AWS::ApiGatewayV2::Stage.":
		return r.text(res.properties["StageName"])
	case "AWS::ApiGateway::DomainName.", "AWS::ApiGatewayV2::DomainName.":
		return r.text(res.properties["DomainName"])
	case "AWS::ApiGateway::DomainName.RegionalDomainName", "AWS::ApiGatewayV2::DomainName.RegionalDomainName":
		return fmt.Sprintf("d-%s.execute-api.%s.amazonaws.com", strings.ToLower(res.hash(10)), s.Region), nil
	case "AWS::ApiGateway::DomainName.DistributionDomainName":
		return "d" + strings.ToLower(res.hash(13)) + ".cloudfront.net", nil
	case "AWS::ElasticLoadBalancingV2::LoadBalancer.", "AWS::ElasticLoadBalancingV2::LoadBalancer.LoadBalancerArn":
		name, err := r.balancerName(res)
		return arn("elasticloadbalancing", s.Region, "loadbalancer/"+name), err
	case "AWS::ElasticLoadBalancingV2::LoadBalancer.LoadBalancerFullName":
		return r.balancerName(res)
	case "AWS::ElasticLoadBalancingV2::LoadBalancer.DNSName":
		name, err := r.name(res, "Name", 32)
		return fmt.Sprintf("%s-%s.%s.elb.amazonaws.com", strings.ToLower(name), strings.ToLower(res.hash(10)), s.Region), err
	case "AWS::ElasticLoadBalancingV2::TargetGroup.", "AWS::ElasticLoadBalancingV2::TargetGroup.TargetGroupArn":
		name, err := r.name(res, "Name", 32)
		return arn("elasticloadbalancing", s.Region, "targetgroup/"+name+"/"+strings.ToLower(res.hash(16))), err
	case "AWS::ElasticLoadBalancingV2::TargetGroup.TargetGroupFullName":
		name, err := r.name(res, "Name", 32)
		return "targetgroup/" + name + "/" + strings.ToLower(res.hash(16)), err
	case "AWS::ElasticLoadBalancingV2::Listener.", "AWS::ElasticLoadBalancingV2::Listener.ListenerArn":
		return arn("elasticloadbalancing", s.Region, "listener/app/local/"+strings.ToLower(res.hash(16))), nil
	case "AWS::ECS::TaskDefinition.", "AWS::ECS::TaskDefinition.TaskDefinitionArn":
		name, err := r.name(res, "Family", 255)
		return arn("ecs", s.Region, "task-definition/"+name+":1"), err
	case "AWS::ECS::Service.Name":
		return r.name(res, "ServiceName", 255)
	case "AWS::ECS::Cluster.Arn":
		name, err := r.name(res, "ClusterName", 255)
		return arn("ecs", s.Region, "cluster/"+name), err
	case stringReader + ".FunctionArn", sdkCaller + ".Parameter.Value":
		return r.readMadeUp(res, attribute)
	case nestedStack + ".":
		if res.nested != nil {
			return res.nested.id(), nil
		}
	}
	switch name, isOutput := strings.CutPrefix(attribute, "Outputs."); {
	case isOutput && res.Type == nestedStack && res.nested != nil:
		return r.output(res, name)
	case res.Type == exportReader && attribute != "":
		return r.readMadeUp(res, attribute)
	case apiPart[res.Type] != "" && (attribute == "" || attribute == apiPart[res.Type]):
		return strings.ToLower(res.hash(7)), nil
	case attribute == "":
		return r.name(res, "Name", 64)
	}
	return r.makeUpAttribute(res, attribute, &UnknownError{res, attribute})
}

// apiPart has what the parts of APIs of Amazon API Gateway call their ids, which a Ref to them
// is, too.
var apiPart = map[string]string{
	"AWS::ApiGateway::Resource": "ResourceId", "AWS::ApiGateway::Deployment": "DeploymentId", "AWS::ApiGateway::Authorizer": "AuthorizerId",
	"AWS::ApiGateway::ApiKey": "APIKeyId", "AWS::ApiGateway::UsagePlan": "Id", "AWS::ApiGateway::RequestValidator": "RequestValidatorId",
	"AWS::ApiGatewayV2::Integration": "IntegrationId", "AWS::ApiGatewayV2::Route": "RouteId", "AWS::ApiGatewayV2::Authorizer": "AuthorizerId",
	"AWS::ApiGatewayV2::Deployment": "DeploymentId", "AWS::ApiGatewayV2::VpcLink": "VpcLinkId",
}

func (r *resolver) makeUpAttribute(res *Resource, attribute string, err error) (any, error) {
	return r.makeUp(err, res.Name()+"."+attribute, "local-"+res.LogicalID+"-"+attribute)
}

// readMadeUp returns what a custom resource reads, and if the assembly does not know it what
// might be there.
func (r *resolver) readMadeUp(res *Resource, attribute string) (any, error) {
	v, err := r.read(res, attribute)
	if errors.Is(err, errOtherCall) {
		err = &UnknownError{res, attribute}
	}
	if err != nil {
		return r.makeUpAttribute(res, attribute, err)
	}
	return v, nil
}

// An UnknownError is about an attribute that only a deployment could know.
type UnknownError struct {
	Resource  *Resource
	Attribute string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the value of attribute %s is not known before deployment", e.Attribute)
}

// balancerName is the part of a load balancer's ARN that metrics name it by, too.
func (r *resolver) balancerName(res *Resource) (string, error) {
	kind := "app"
	if v, err := r.text(res.properties["Type"]); err == nil && v == "network" {
		kind = "net"
	}
	name, err := r.name(res, "Name", 32)
	return kind + "/" + name + "/" + strings.ToLower(res.hash(16)), err
}

// functionARN completes a property that is a function's name or ARN.
func (r *resolver) functionARN(res *Resource, property string) (string, error) {
	name, err := r.text(res.properties[property])
	if err != nil {
		return "", fmt.Errorf("%s: %w", property, err)
	}
	if strings.HasPrefix(name, "arn:") {
		return name, nil
	}
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", r.stack.Region, r.stack.Account, name), nil
}

// name returns the name given in the template, or one made as CloudFormation makes them:
// stack, logical id, twelve random-looking characters.
func (r *resolver) name(res *Resource, property string, limit int) (string, error) {
	given, err := r.resolve(res.properties[property])
	if err != nil {
		return "", fmt.Errorf("%s: %w", property, err)
	}
	if _, none := given.(noValue); !none && given != nil {
		return text(given)
	}
	prefix := res.Stack.deployedName() + "-" + res.LogicalID
	return prefix[:min(len(prefix), limit-13)] + "-" + res.hash(12), nil
}

// bucketName returns a bucket's name, which has no capitals. In the account-regional
// namespace it is made of a prefix, the account and the region.
func (r *resolver) bucketName(res *Resource) (string, error) {
	if prefix := res.properties["BucketNamePrefix"]; prefix != nil {
		given, err := r.text(prefix)
		return fmt.Sprintf("%s-%s-%s-an", given, res.Stack.Account, res.Stack.Region), err
	}
	name, err := r.name(res, "BucketName", 63)
	return strings.ToLower(name), err
}

// bucketAddress returns one of the addresses of a bucket. Documented, with the dash or the dot
// of website endpoints left to the region: the form that most regions have is taken.
func bucketAddress(bucket, region, attribute string) string {
	switch attribute {
	case "DomainName":
		return bucket + ".s3.amazonaws.com"
	case "DualStackDomainName":
		return bucket + ".s3.dualstack." + region + ".amazonaws.com"
	case "WebsiteURL":
		return "http://" + bucket + ".s3-website-" + region + ".amazonaws.com"
	default:
		return bucket + ".s3." + region + ".amazonaws.com"
	}
}

// hash returns n characters A-Z2-7 that stand for this resource alone.
func (r *Resource) hash(n int) string {
	is := r.Type + " " + r.Name() + " " + r.Stack.Account + " " + r.Stack.Region
	if r.Stack.stage != "" {
		is += " " + filepath.ToSlash(r.Stack.stage)
	}
	sum := sha256.Sum256([]byte(is))
	return base32.StdEncoding.EncodeToString(sum[:])[:n]
}
