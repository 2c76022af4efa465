package s3

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/iam/roles"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Bucket is an Amazon S3 bucket that a function behind a URL uses.
type Bucket struct {
	template.Place

	Name       string // "Stack/LogicalId"
	BucketName string
	Region     string
	CORS       []CORSRule

	Log *template.Log // what was found in it
}

// ARN returns the ARN of the bucket, or of an object in it.
func (b *Bucket) ARN(key string) string {
	return strings.TrimSuffix("arn:aws:s3:::"+b.BucketName+"/"+key, "/")
}

// A CORSRule says which pages may have a browser do what.
type CORSRule struct {
	Origins template.Texts // with at most one "*" in each
	Methods template.Texts
	Headers template.Texts // of requests, with at most one "*" in each
	Exposed template.Texts // of responses
	MaxAge  template.Number
}

// Read finds the buckets that functions use: whose name is in their environment, or which
// their role's policies name. Others are off the way of every request.
func Read(a *assembly.Assembly, functions []*lambda.Definition, log *template.Log) []*Bucket {
	var buckets []*Bucket
	for _, res := range template.Each(a, "AWS::S3::Bucket", log) {
		name, err := res.Attribute("")
		if err != nil {
			continue // then no function has it either
		}
		b := &Bucket{Place: template.Place{Resource: res}, Name: res.Name(), BucketName: name, Region: res.Stack.Region, Log: &template.Log{}}
		if !slices.ContainsFunc(functions, b.usedBy) {
			continue
		}
		b.read(res)
		b.readPolicies(a, log)
		log.Take(b.Log)
		buckets = append(buckets, b)
	}
	return buckets
}

func (b *Bucket) usedBy(f *lambda.Definition) bool {
	for _, value := range f.Variables {
		if strings.Contains(value.V, b.BucketName) {
			return true
		}
	}
	for _, s := range f.Role.Statements {
		for _, resource := range s.Resources {
			if _, path, ok := strings.Cut(resource, ":::"); ok {
				if bucket, _, _ := strings.Cut(path, "/"); bucket != "*" && wildcard.Match(bucket, b.BucketName) {
					return true
				}
			}
		}
	}
	return false
}

// bucketName is the form of every bucket's name. Documented.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// corsMethods are those that Amazon S3 takes. Documented.
var corsMethods = []string{"GET", "PUT", "POST", "DELETE", "HEAD"}

func (b *Bucket) read(res *assembly.Resource) {
	template.Read(res, b.Log, func(r *template.Reader) {
		if !bucketName.MatchString(b.BucketName) {
			r.RefuseAll("its name would be %s: Amazon S3 takes 3 to 63 lower-case letters, digits, dots and dashes", b.BucketName)
		}
		// What is done with objects later, or by others, is not seen by a request. Public
		// access is refused in any case.
		r.Skip("BucketName", "BucketNamePrefix", "BucketNamespace", "LifecycleConfiguration",
			"PublicAccessBlockConfiguration", "OwnershipControls", "AccessControl", "LoggingConfiguration", "Tags",
			"InventoryConfigurations", "MetricsConfigurations", "AnalyticsConfigurations", "IntelligentTieringConfigurations",
			"NotificationConfiguration", "ReplicationConfiguration")
		encryption, _ := r.Object("BucketEncryption").Objects("ServerSideEncryptionConfiguration", template.Quiet)
		for _, r := range encryption {
			r.Skip("BucketKeyEnabled", "BlockedEncryptionTypes")
			r.Object("ServerSideEncryptionByDefault").Text("SSEAlgorithm", template.Required, template.Quiet,
				template.OneOf("AES256", "aws:kms", "aws:kms:dsse"),
				template.Models("AES256")) // with KMS the function needs rights to the key, too
		}
		rules, _ := r.Object("CorsConfiguration").Objects("CorsRules", template.Quiet)
		for _, r := range rules {
			r.Hush()
			r.Skip("Id")
			b.CORS = append(b.CORS, CORSRule{
				Origins: r.Texts("AllowedOrigins", template.Required, template.Takes(oneStar)),
				Methods: r.Texts("AllowedMethods", template.Required, template.OneOf(corsMethods...)),
				Headers: r.Texts("AllowedHeaders", template.Takes(oneStar)),
				Exposed: r.Texts("ExposedHeaders"),
				MaxAge:  r.Number("MaxAge", template.Default(-1)),
			})
		}
	})
}

func oneStar(v any) string {
	if strings.Count(v.(string), "*") > 1 {
		return fmt.Sprintf("is %s: Amazon S3 takes one * in each", v)
	}
	return ""
}

// readPolicies looks for a Deny in the policies of the bucket. Those against plain HTTP
// are known, and met: the local chain counts as TLS. Any other cannot be evaluated here.
// An Allow gives nothing here, which is the stricter side: a role's own policies have to
// say it, too.
func (b *Bucket) readPolicies(a *assembly.Assembly, log *template.Log) {
	for _, res := range template.Each(a, "AWS::S3::BucketPolicy", log) {
		name, err := res.Stack.Resolve(res.RawProperties()["Bucket"])
		if err != nil || name != b.BucketName {
			continue
		}
		at := template.Place{Resource: res, Property: "PolicyDocument"}
		statements, err := roles.Statements(res.Stack, res.RawProperties()["PolicyDocument"])
		if err != nil {
			b.Log.Unmodelled(at, ": %v", err)
		}
		for i, s := range statements {
			effect, err := res.Stack.Unwrap(s["Effect"])
			if err != nil || effect == "Allow" {
				continue
			}
			if condition, err := res.Stack.Resolve(s["Condition"]); err != nil || !refusesPlainHTTP(condition) {
				b.Log.Unmodelled(at.At(fmt.Sprintf("Statement[%d]", i)), "denies more than plain HTTP, which the local chain does not model; remove it or test this on AWS")
			}
		}
	}
}

// refusesPlainHTTP knows the conditions that every request of the local chain passes.
func refusesPlainHTTP(condition any) bool {
	switch fmt.Sprint(condition) {
	case "map[Bool:map[aws:SecureTransport:false]]",
		"map[NumericLessThan:map[s3:TlsVersion:1.2]]", "map[NumericLessThan:map[s3:TlsVersion:1.3]]":
		return true
	}
	return false
}
