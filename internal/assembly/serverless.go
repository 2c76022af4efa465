package assembly

import (
	"maps"
	"slices"
	"strings"
)

// Serverless is the transform of the AWS Serverless Application Model (SAM).
const Serverless = "AWS::Serverless-2016-10-31"

const serverlessFunction = "AWS::Serverless::Function"

// Transforms are the transforms and macros by which CloudFormation rewrites the template
// before it deploys it.
func (s *Stack) Transforms() []string { return s.transforms }

// transforms reads the section Transform: a name, an object with a name, or a list of such.
func transforms(section any) []string {
	switch v := section.(type) {
	case string:
		return []string{v}
	case map[string]any:
		name, _ := v["Name"].(string)
		return []string{name}
	case []any:
		var names []string
		for _, item := range v {
			names = append(names, transforms(item)...)
		}
		return names
	}
	return nil
}

// expandServerless puts the functions, their URLs and their aliases in place of SAM's
// functions, as SAM does.
//
// Source: AWS SAM Developer Guide, "Generated CloudFormation resources for AWS SAM": the
// logical ids, and what is made for FunctionUrlConfig and AutoPublishAlias. The logical id of
// a version ends in a hash that is left out here.
func (s *Stack) expandServerless(globals map[string]any) {
	if !slices.Contains(s.transforms, Serverless) {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		if res := s.Resources[id]; res.Type == serverlessFunction {
			f := &samFunction{s, res, withGlobals(globals["Function"], res.properties)}
			f.expand()
		}
	}
}

// withGlobals are properties over those of the section Globals: objects are merged, lists
// joined.
func withGlobals(global any, own map[string]any) map[string]any {
	merged, _ := merge(global, own).(map[string]any)
	return merged
}

func merge(global, own any) any {
	switch o := own.(type) {
	case map[string]any:
		g, ok := global.(map[string]any)
		if _, _, call := intrinsic(o); call || !ok {
			return own
		}
		merged := maps.Clone(g)
		for name, v := range o {
			merged[name] = merge(g[name], v)
		}
		return merged
	case []any:
		g, _ := global.([]any)
		return slices.Concat(g, o)
	case nil:
		return global
	}
	return own
}

// A samFunction is a resource of the type AWS::Serverless::Function.
type samFunction struct {
	stack      *Stack
	res        *Resource
	properties map[string]any
}

// Unexpanded are the resources that a transform makes others of, which are not known here.
func (s *Stack) Unexpanded() []*Resource {
	var found []*Resource
	for _, typ := range []string{serverlessFunction, "AWS::Serverless::Application"} {
		found = slices.AppendSeq(found, s.ofType(typ))
	}
	return found
}

func (f *samFunction) expand() {
	p := f.properties
	config, plain := p["FunctionUrlConfig"].(map[string]any)
	if _, _, call := intrinsic(config); call || p["FunctionUrlConfig"] != nil && !plain {
		return
	}
	alias, plain := p["AutoPublishAlias"].(string)
	if p["AutoPublishAlias"] != nil && !plain {
		return
	}
	id := f.res.LogicalID
	target := map[string]any{"Ref": id}
	if alias != "" {
		version, aliased := id+"Version", id+"Alias"+alias
		f.add(version, "AWS::Lambda::Version", map[string]any{"FunctionName": target})
		f.add(aliased, "AWS::Lambda::Alias", map[string]any{
			"Name": alias, "FunctionName": target, "FunctionVersion": map[string]any{"Fn::GetAtt": []any{version, "Version"}},
		})
		target = map[string]any{"Ref": aliased}
	}
	if config != nil {
		address := maps.Clone(config)
		address["TargetFunctionArn"] = target
		f.add(id+"Url", "AWS::Lambda::Url", address)
		if config["AuthType"] == "NONE" {
			f.add(id+"UrlPublicPermissions", "AWS::Lambda::Permission", map[string]any{
				"Action": "lambda:InvokeFunctionUrl", "FunctionName": target, "Principal": "*", "FunctionUrlAuthType": "NONE",
			})
			f.add(id+"URLInvokeAllowPublicAccess", "AWS::Lambda::Permission", map[string]any{
				"Action": "lambda:InvokeFunction", "FunctionName": target, "Principal": "*", "InvokedViaFunctionUrl": true,
			})
		}
	}
	f.add(id, "AWS::Lambda::Function", f.function())
}

// add adds a resource that is deployed where the function is.
func (f *samFunction) add(id, typ string, properties map[string]any) {
	f.stack.Resources[id] = &Resource{
		Stack: f.stack, LogicalID: id, Type: typ, Metadata: f.res.Metadata, From: f.res.LogicalID,
		condition: f.res.condition, properties: properties, attributes: f.res.attributes,
	}
}

// notOfLambda are properties of SAM that are none of the function.
var notOfLambda = []string{
	"AssumeRolePolicyDocument", "AutoPublishAlias", "AutoPublishAliasAllProperties", "AutoPublishCodeSha256", "CodeUri",
	"DeadLetterQueue", "DeploymentPreference", "EventInvokeConfig", "Events", "FunctionUrlConfig", "ImageUri", "InlineCode",
	"PermissionsBoundary", "Policies", "PropagateTags", "ProvisionedConcurrencyConfig", "RolePath", "Tracing",
	"VersionDeletionPolicy", "VersionDescription",
}

// function are the properties of the function itself.
func (f *samFunction) function() map[string]any {
	p := maps.Clone(f.properties)
	maps.DeleteFunc(p, func(name string, _ any) bool { return slices.Contains(notOfLambda, name) })
	switch {
	case f.properties["InlineCode"] != nil:
		p["Code"] = map[string]any{"ZipFile": f.properties["InlineCode"]}
	case f.properties["ImageUri"] != nil:
		p["Code"] = map[string]any{"ImageUri": f.properties["ImageUri"]}
	default:
		p["Code"] = codeAt(f.properties["CodeUri"])
	}
	if mode := f.properties["Tracing"]; mode != nil {
		p["TracingConfig"] = map[string]any{"Mode": mode}
	}
	if queue, ok := f.properties["DeadLetterQueue"].(map[string]any); ok {
		p["DeadLetterConfig"] = map[string]any{"TargetArn": queue["TargetArn"]}
	}
	if p["Role"] == nil {
		role := f.res.LogicalID + "Role"
		f.add(role, "AWS::IAM::Role", map[string]any{
			"AssumeRolePolicyDocument": map[string]any{"Statement": []any{map[string]any{
				"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": map[string]any{"Service": "lambda.amazonaws.com"},
			}}},
			"ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		})
		p["Role"] = map[string]any{"Fn::GetAtt": []any{role, "Arn"}}
	}
	return p
}

// codeAt translates CodeUri: an address of S3, or an object with its parts.
func codeAt(uri any) any {
	switch v := uri.(type) {
	case string:
		bucket, key, _ := strings.Cut(strings.TrimPrefix(v, "s3://"), "/")
		return map[string]any{"S3Bucket": bucket, "S3Key": key}
	case map[string]any:
		if _, _, call := intrinsic(v); !call {
			return map[string]any{"S3Bucket": v["Bucket"], "S3Key": v["Key"]}
		}
	}
	return uri
}
