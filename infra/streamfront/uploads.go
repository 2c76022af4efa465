package streamfront

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// uploadsPrefix is the prefix of the keys of uploads.
const uploadsPrefix = "uploads/"

// Uploads is a bucket for files that are too large for a request. The function presigns a PUT, the
// viewer's browser sends the file to Amazon S3 with it, and the function reads the file.
type Uploads interface {
	constructs.Construct
	// Bucket returns the bucket, for instance to let pages of another origin upload by
	// AddCorsRule.
	Bucket() awss3.Bucket
}

// UploadsProps are the properties of Uploads.
type UploadsProps struct {
	// AllowedOrigins are the origins of the pages that upload, which the bucket's CORS
	// admits, such as https://chat.example.com. Those of an endpoint's own pages are in
	// Endpoint.Origins.
	// Required.
	AllowedOrigins *[]*string
	// Function presigns uploads and reads them. It may put and get objects whose keys begin
	// with uploads/, and without OnUploaded do nothing else with the bucket. It finds the
	// bucket's name in UPLOADS_BUCKET, and therefore can have one Uploads only. Of an alias,
	// pass the function. It must be in the region of the bucket. Required.
	Function awslambda.Function
	// OnUploaded is the function that Amazon S3 invokes when a file has come, such as Function
	// itself or an alias of it: it takes S3's events beside its requests, as streamhttp.WithS3
	// does. It may also get the objects whose keys begin with uploads/, and put those that
	// begin with registered/, which Function may list; Function finds UPLOADS_REGISTERED=true.
	// An event is about a key that begins with uploads/, so that registrations cause none. It
	// may come twice, and not in order. The function must be in the region of the bucket.
	//
	// The bucket's own notifications are set by this, and cannot be set by
	// Bucket.AddEventNotification besides: CDK's custom resource would replace them.
	// Default: - nobody is told, and uploads are not listed.
	OnUploaded awslambda.IFunction
	// Expiration is after how many days an upload is deleted, counted by Amazon S3 from the
	// next midnight UTC. Whole days, at least one.
	// Default: awscdk.Duration_Days(1).
	Expiration awscdk.Duration
	// RemovalPolicy is what becomes of the bucket when it leaves the stack. To delete a
	// bucket with files in it fails, until these have expired or somebody has emptied it. A
	// bucket that was retained stands in the way of the next deployment, since the name
	// stays the same.
	// Default: awscdk.RemovalPolicy_DESTROY.
	RemovalPolicy awscdk.RemovalPolicy
}

type uploads struct {
	constructs.Construct
	bucket awss3.Bucket
}

// NewUploads defines Uploads: a bucket that is closed to the public, encrypted by S3,
// reached by TLS only and emptied after a day, registrations included, and the function's right
// to it.
//
// The bucket's CORS names the distribution, the distribution has the function's URL as
// origin, and the function has to know the bucket: by references that would be a circle,
// which CloudFormation refuses. Therefore the bucket's name is known at synth: it is in the
// account-regional namespace of S3, where a prefix, the account and the region make the
// whole name and no other account can take it. That namespace is not in me-central-1 and
// me-south-1.
func NewUploads(scope constructs.Construct, id *string, props *UploadsProps) Uploads {
	var p UploadsProps
	if props != nil {
		p = *props
	}
	var found problems.List
	p.validate(&found, scope)
	found.Report()
	if p.Expiration == nil {
		p.Expiration = awscdk.Duration_Days(jsii.Number(1))
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	}

	u := &uploads{}
	constructs.NewConstruct_Override(u, scope, id)
	prefix := u.namePrefix()
	u.bucket = u.newBucket(&p, prefix)
	name := u.name(prefix)
	u.admit(p.Function, name)
	if p.OnUploaded != nil {
		u.notify(p.OnUploaded, name)
		u.letRegister(p.OnUploaded, p.Function, name)
		u.letList(p.Function, name)
	}
	return u
}

func (u *uploads) Bucket() awss3.Bucket { return u.bucket }

// withoutAccountRegionalNames are the regions without that namespace.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
var withoutAccountRegionalNames = []string{"me-central-1", "me-south-1"}

func (p *UploadsProps) validate(found *problems.List, scope constructs.Construct) {
	if length(p.AllowedOrigins) == 0 {
		found.Add("UploadsProps.AllowedOrigins is required; pass the origins of the pages that upload, such as Endpoint.Origins()")
	}
	for _, origin := range elements(p.AllowedOrigins) {
		if origin != "*" && !isOrigin(origin) {
			found.Add("UploadsProps.AllowedOrigins has %q, which is not an origin; write it as a browser does, such as https://app.example.com, or \"*\"", origin)
		}
	}
	region := *awscdk.Stack_Of(scope).Region()
	if slices.Contains(withoutAccountRegionalNames, region) {
		found.Add("Uploads makes a bucket in the account-regional namespace, which Amazon S3 does not have in %s; define a bucket of your own there, and set UPLOADS_BUCKET", region)
	}
	p.validateFunction(found, region)
	p.validateOnUploaded(found, region)
	if p.Expiration != nil {
		days := p.Expiration.ToDays(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
		if !*awscdk.Token_IsUnresolved(days) && (*days < 1 || *days != math.Trunc(*days)) {
			found.Add("UploadsProps.Expiration is %v days; Amazon S3 accepts whole days, at least 1", *days)
		}
	}
}

func (p *UploadsProps) validateFunction(found *problems.List, region string) {
	if p.Function == nil {
		found.Add("UploadsProps.Function is required; pass the Lambda function that presigns and reads the uploads")
		return
	}
	of := *awscdk.Stack_Of(p.Function).Region()
	if region != of && !isToken(region) && !isToken(of) {
		found.Add("UploadsProps.Function %q is in %s and the bucket would be in %s, but a function presigns for its own region; define Uploads in the function's stack", *p.Function.Node().Path(), of, region)
	}
	for _, entry := range *p.Function.Node().Metadata() {
		if *entry.Type == hasUploads {
			found.Add("UploadsProps.Function %q has the uploads %q already, and UPLOADS_BUCKET names one bucket; use those uploads, or pass another function", *p.Function.Node().Path(), entry.Data)
		}
	}
}

// namePrefix returns what distinguishes the bucket within account and region. A name has
// 63 characters, of which the suffix takes as many as account and region ask for.
func (u *uploads) namePrefix() string {
	const longest = len("-123456789012-ap-northeast-1-an")
	return strings.ToLower(*awscdk.Names_UniqueResourceName(u, &awscdk.UniqueResourceNameOptions{
		MaxLength: jsii.Number(float64(63 - longest)),
		Separator: jsii.String("-"),
	}))
}

func (u *uploads) newBucket(p *UploadsProps, prefix string) awss3.Bucket {
	return awss3.NewBucket(u, jsii.String("Bucket"), &awss3.BucketProps{
		BucketNamePrefix:  &prefix,
		BucketNamespace:   awss3.BucketNamespace_ACCOUNT_REGIONAL,
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		Cors: &[]*awss3.CorsRule{{
			AllowedMethods: &[]awss3.HttpMethods{awss3.HttpMethods_PUT},
			AllowedOrigins: p.AllowedOrigins,
			// Those that the function signs and a page sets. Content-Length is the browser's.
			AllowedHeaders: jsii.Strings("content-type", "x-amz-meta-name"),
			MaxAge:         jsii.Number(3600),
		}},
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("Expire"),
			Expiration:                          p.Expiration,
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
		RemovalPolicy: p.RemovalPolicy,
	})
}

// hasUploads is the metadata of a function that has an Uploads: the path of that.
const hasUploads = "streamfront:uploads"

// name is what the bucket will be called.
func (u *uploads) name(prefix string) string {
	stack := awscdk.Stack_Of(u)
	return fmt.Sprintf("%s-%s-%s-an", prefix, *stack.Account(), *stack.Region())
}

// arn is that of the bucket, or of what it has by a path.
func (u *uploads) arn(name, path string) *string {
	return jsii.Sprintf("arn:%s:s3:::%s%s", *awscdk.Stack_Of(u).Partition(), name, path)
}

// admit gives the function the bucket's name, and grants what it needs. A viewer who presents
// a presigned URL can do what the function can do, and no more.
func (u *uploads) admit(function awslambda.Function, name string) {
	function.AddEnvironment(jsii.String("UPLOADS_BUCKET"), &name, nil)
	function.Node().AddMetadata(jsii.String(hasUploads), *u.Node().Path(), nil)
	function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("s3:GetObject", "s3:PutObject"),
		Resources: &[]*string{u.arn(name, "/"+uploadsPrefix+"*")},
	}))
}
