package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// registeredPrefix is how the keys begin under which uploads are registered. No notification is
// about these: one that caused another would never end.
const registeredPrefix = "registered/"

// validateOnUploaded finds a function that the bucket cannot invoke.
func (p *UploadsProps) validateOnUploaded(found *problems.List, region string) {
	if p.OnUploaded == nil {
		return
	}
	if of := *p.OnUploaded.Env().Region; region != of && !isToken(region) && !isToken(of) {
		found.Add("UploadsProps.OnUploaded %q is in %s and the bucket would be in %s, but Amazon S3 invokes functions of its own region; define a function there", *p.OnUploaded.Node().Path(), of, region)
	}
}

// notify has the bucket tell the function of files, by the bucket's own property: CDK's
// AddEventNotification would add a function that may set the notifications of every bucket.
//
// Amazon S3 asks Lambda when the notification is set, so that the permission has to be there
// before the bucket, and names it as it will be called.
func (u *uploads) notify(function awslambda.IFunction, name string) {
	permission := jsii.String("AllowEventsOf-" + *u.Node().Addr()) // one function may have several
	function.AddPermission(permission, &awslambda.Permission{
		Principal:     awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil),
		SourceArn:     u.arn(name, ""),
		SourceAccount: awscdk.Stack_Of(u).Account(),
	})
	u.bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		LambdaConfigurations: &[]*awss3.CfnBucket_LambdaConfigurationProperty{{
			Event:    jsii.String("s3:ObjectCreated:*"),
			Function: function.FunctionArn(),
			Filter: &awss3.CfnBucket_NotificationFilterProperty{S3Key: &awss3.CfnBucket_S3KeyFilterProperty{
				Rules: &[]*awss3.CfnBucket_FilterRuleProperty{{Name: jsii.String("prefix"), Value: jsii.String(uploadsPrefix)}},
			}},
		}},
	})
	if p := function.PermissionsNode().TryFindChild(permission); p != nil {
		u.bucket.Node().AddDependency(p)
	}
	u.Node().AddValidation(&oneNotifier{u.bucket})
}

// letRegister lets the function that is told get the file and register it. The other one may
// get files already.
func (u *uploads) letRegister(told awslambda.IFunction, presigns awslambda.Function, name string) {
	if told.Role() == nil || presigns.Role() == nil || *told.Role().Node().Path() != *presigns.Role().Node().Path() {
		told.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("s3:GetObject"), Resources: &[]*string{u.arn(name, "/"+uploadsPrefix+"*")},
		}))
	}
	told.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("s3:PutObject"), Resources: &[]*string{u.arn(name, "/"+registeredPrefix+"*")},
	}))
}

// letList lets the function list what is registered, and says that it is.
func (u *uploads) letList(function awslambda.Function, name string) {
	function.AddEnvironment(jsii.String("UPLOADS_REGISTERED"), jsii.String("true"), nil)
	function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("s3:ListBucket"), Resources: &[]*string{u.arn(name, "")},
		Conditions: &map[string]any{"StringLike": map[string]any{"s3:prefix": registeredPrefix + "*"}},
	}))
}

// oneNotifier finds notifications that CDK's custom resource would put in the place of ours.
type oneNotifier struct{ bucket awss3.Bucket }

// Validate implements constructs.IValidation.
func (o *oneNotifier) Validate() *[]*string {
	if o.bucket.Node().TryFindChild(jsii.String("Notifications")) == nil {
		return &[]*string{}
	}
	return jsii.Strings("streamfront: UploadsProps.OnUploaded is set, and notifications were added to Uploads.Bucket(), which would replace it; use one of the two")
}
