package streamfront_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3notifications"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// withRegisteredUploads is an endpoint whose function hears of its uploads itself.
var withRegisteredUploads = sync.OnceValue(func() *assembly {
	stack := newStack("eu-west-1")
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
		AllowedOrigins: endpoint.Origins(), Function: function, OnUploaded: function,
	})
	return synth(stack)
})

// permissionOf is the one by which Amazon S3 invokes a function.
func permissionOf(t *testing.T, main *template) *resource {
	t.Helper()
	var found []*resource
	for _, p := range main.All("AWS::Lambda::Permission") {
		if p.At(t, "Principal") == "s3.amazonaws.com" {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d permissions of Amazon S3, want 1", len(found))
	}
	return found[0]
}

// The notification is a property of the bucket, for the keys of files alone, and the permission
// is there before it: Amazon S3 asks for it at once.
func TestUploadsTellTheFunction(t *testing.T) {
	main := withRegisteredUploads().main
	bucket, function := main.Only(t, "AWS::S3::Bucket"), main.Refers(t, main.Only(t, "AWS::Lambda::Url").At(t, "TargetFunctionArn"))
	wantJSON(t, "NotificationConfiguration", bucket.At(t, "NotificationConfiguration"), `{"LambdaConfigurations": [{
		"Event": "s3:ObjectCreated:*",
		"Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "uploads/"}]}},
		"Function": {"Fn::GetAtt": ["`+function.ID+`", "Arn"]}
	}]}`)
	permission := permissionOf(t, main)
	wantJSON(t, "Permission", permission.Properties, `{
		"Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["`+function.ID+`", "Arn"]},
		"Principal": "s3.amazonaws.com", "SourceAccount": "123456789012",
		"SourceArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::`+bucketName(t, bucket)+`"]]}
	}`)
	if !strings.Contains(fmt.Sprint(bucket.DependsOn), permission.ID) {
		t.Errorf("the bucket depends on %v, want the permission %s", bucket.DependsOn, permission.ID)
	}
	if custom := main.All("Custom::S3BucketNotifications"); len(custom) > 0 {
		t.Error("there is CDK's custom resource, whose function may set the notifications of every bucket")
	}
}

func bucketName(t *testing.T, bucket *resource) string {
	t.Helper()
	prefix, _ := bucket.At(t, "BucketNamePrefix").(string)
	return prefix + "-123456789012-eu-west-1-an"
}

// It may register, and list what is registered, and do nothing else besides what it could.
func TestRegisteredUploadsGrantTheLeast(t *testing.T) {
	main := withRegisteredUploads().main
	name := bucketName(t, main.Only(t, "AWS::S3::Bucket"))
	arn := func(path string) string {
		return `{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::` + name + path + `"]]}`
	}
	wantJSON(t, "Statement", main.Only(t, "AWS::IAM::Policy").At(t, "PolicyDocument", "Statement"), `[
		{"Action": ["s3:GetObject", "s3:PutObject"], "Effect": "Allow", "Resource": `+arn("/uploads/*")+`},
		{"Action": "s3:PutObject", "Effect": "Allow", "Resource": `+arn("/registered/*")+`},
		{"Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": "registered/*"}}, "Effect": "Allow", "Resource": `+arn("")+`}
	]`)
	function := main.Refers(t, main.Only(t, "AWS::Lambda::Url").At(t, "TargetFunctionArn"))
	wantJSON(t, "Variables", function.At(t, "Environment", "Variables"), `{"UPLOADS_BUCKET": "`+name+`", "UPLOADS_REGISTERED": "true"}`)
}

// An alias is told in the place of the function, whose right it shares.
func TestUploadsTellAnAlias(t *testing.T) {
	stack := newStack("eu-west-1")
	function := newFunction(stack, "Function")
	alias := awslambda.NewAlias(stack, jsii.String("Alias"), &awslambda.AliasProps{AliasName: jsii.String("live"), Version: function.CurrentVersion()})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: alias})
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
		AllowedOrigins: endpoint.Origins(), Function: function, OnUploaded: alias,
	})
	main := synth(stack).main
	live := main.Only(t, "AWS::Lambda::Alias")
	told := main.Only(t, "AWS::S3::Bucket").At(t, "NotificationConfiguration", "LambdaConfigurations", 0, "Function")
	if got := main.Refers(t, told); got.ID != live.ID {
		t.Errorf("%s is told, want %s", got.ID, live.ID)
	}
	if got := main.Refers(t, permissionOf(t, main).At(t, "FunctionName")); got.ID != live.ID {
		t.Errorf("the permission is on %s, want %s", got.ID, live.ID)
	}
	if got := len(main.Only(t, "AWS::IAM::Policy").At(t, "PolicyDocument", "Statement").([]any)); got != 3 {
		t.Errorf("%d statements, want those of the function alone, 3", got)
	}
}

// A function of its own may read files and register them; the one that presigns may list.
func TestUploadsTellAnotherFunction(t *testing.T) {
	stack := newStack("eu-west-1")
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
		AllowedOrigins: jsii.Strings("https://chat.example.com"), Function: newFunction(stack, "Web"), OnUploaded: newFunction(stack, "Scanner"),
	})
	main := synth(stack).main
	actions := map[string]string{}
	for _, policy := range main.All("AWS::IAM::Policy") {
		name := policy.At(t, "PolicyName").(string)
		for _, s := range policy.At(t, "PolicyDocument", "Statement").([]any) {
			actions[name[:3]] += fmt.Sprint(s.(map[string]any)["Action"], " ")
		}
	}
	if actions["Web"] != "[s3:GetObject s3:PutObject] s3:ListBucket " || actions["Sca"] != "s3:GetObject s3:PutObject " {
		t.Errorf("actions = %q", actions)
	}
}

func TestOnUploadedRefuses(t *testing.T) {
	stack := newStack("us-east-1")
	mustPanic(t, `streamfront: UploadsProps.OnUploaded "Test/Scanner" is in eu-west-1 and the bucket would be in us-east-1, but Amazon S3 invokes functions of its own region; define a function there`, func() {
		streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
			AllowedOrigins: jsii.Strings("https://chat.example.com"), Function: newFunction(stack, "Web"), OnUploaded: newFunction(newStack("eu-west-1"), "Scanner"),
		})
	})
}

// CDK's notifications would take the place of ours at the deployment; without ours they may be.
func TestUploadsHaveOneNotifier(t *testing.T) {
	for name, ours := range map[string]bool{"besides ours": true, "alone": false} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("eu-west-1")
			props := &streamfront.UploadsProps{AllowedOrigins: jsii.Strings("https://chat.example.com"), Function: newFunction(stack, "Web")}
			if ours {
				props.OnUploaded = props.Function
			}
			uploads := streamfront.NewUploads(stack, jsii.String("Uploads"), props)
			uploads.Bucket().AddEventNotification(awss3.EventType_OBJECT_CREATED, awss3notifications.NewLambdaDestination(newFunction(stack, "Scanner")))
			if !ours {
				synth(stack)
				return
			}
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "notifications were added to Uploads.Bucket(), which would replace it") {
					t.Errorf("panic = %v, want it refused", v)
				}
			}()
			synth(stack)
		})
	}
}
