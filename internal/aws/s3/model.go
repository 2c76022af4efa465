package s3

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Bucket is an Amazon S3 bucket on the way of a request: a function behind a URL uses it,
// or it is an origin of a distribution.
type Bucket struct {
	template.Place

	Name       string // "Stack/LogicalId"
	BucketName string
	Region     string
	CORS       []CORSRule

	// Deployments are what CDK copies into it.
	Deployments []Deployment
	// Notifications are for functions alone.
	Notifications []Notification
	// Website is how it is served by its other address; nil: it is not.
	Website *Website
	// Notes are about what its policy does not allow here.
	Notes []string

	Log *template.Log // what was found in it

	policy      []statement
	access      access
	permissions []*lambda.Permission // for Amazon S3, if there are notifications

	used    bool // by a function
	blocked bool // access of the public is
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

// A Model is the buckets of an assembly.
type Model struct {
	// Buckets are those on the way of a request.
	Buckets []*Bucket

	assembly *assembly.Assembly
	others   []*Bucket
}

// Read finds the buckets that functions use: whose name is in their environment, or which
// their role's policies name. Others are off the way of every request, unless they are an
// Origin.
func Read(a *assembly.Assembly, functions []*lambda.Definition, log *template.Log) *Model {
	m := &Model{assembly: a}
	refuseOpen(a, log)
	for _, res := range template.Each(a, "AWS::S3::Bucket", log) {
		name, err := res.Attribute("")
		if err != nil {
			continue // then no function has it either
		}
		b := &Bucket{Place: template.Place{Resource: res}, Name: res.Name(), BucketName: name, Region: res.Stack.Region, Log: &template.Log{}}
		if !slices.ContainsFunc(functions, b.usedBy) {
			m.others = append(m.others, b)
			continue
		}
		b.used = true
		versions := b.read(a)
		if versions.Filled() {
			b.Log.Unmodelled(versions.Place, "is set: the local chain models buckets that functions write to without versions")
		}
		log.Take(b.Log)
		m.Buckets = append(m.Buckets, b)
	}
	return m
}

// refuseOpen finds policies that are of no bucket, or say nothing: CloudFormation requires both.
func refuseOpen(a *assembly.Assembly, log *template.Log) {
	for _, res := range template.Each(a, "AWS::S3::BucketPolicy", &template.Log{}) {
		found := &template.Log{}
		template.Read(res, found, func(r *template.Reader) {
			r.Text("Bucket", template.Required, template.Spare)
			r.Raw("PolicyDocument", template.Required, template.Spare)
		})
		log.Take(found, template.Refused)
	}
}

// Origin returns the bucket that is asked for by a domain name, which is on the way of
// requests by this; nil if there is none.
func (m *Model) Origin(domain string) *Bucket {
	return m.onTheWay(func(b *Bucket) bool { return slices.Contains(b.Domains(), domain) })
}

// Website returns the bucket whose website has the domain name, which is on the way of requests
// by this; nil if there is none.
func (m *Model) Website(domain string) *Bucket {
	return m.onTheWay(func(b *Bucket) bool { return slices.Contains(b.WebsiteDomains(), domain) })
}

func (m *Model) onTheWay(called func(*Bucket) bool) *Bucket {
	if i := slices.IndexFunc(m.Buckets, called); i >= 0 {
		return m.Buckets[i]
	}
	i := slices.IndexFunc(m.others, called)
	if i < 0 {
		return nil
	}
	b := m.others[i]
	m.others = slices.Delete(m.others, i, i+1)
	b.read(m.assembly)
	m.Buckets = append(m.Buckets, b)
	return b
}

// Domains are the domain names of the bucket's objects.
func (b *Bucket) Domains() []string {
	return []string{
		b.BucketName + ".s3." + b.Region + ".amazonaws.com", b.BucketName + ".s3.amazonaws.com",
		b.BucketName + ".s3-" + b.Region + ".amazonaws.com", b.BucketName + ".s3.dualstack." + b.Region + ".amazonaws.com",
	}
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
var bucketName = template.Bounded{Regexp: regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`), Most: 63}

// corsMethods are those that Amazon S3 takes. Documented.
var corsMethods = []string{"GET", "PUT", "POST", "DELETE", "HEAD"}

// cannedACLs are the values of AccessControl. Documented.
var cannedACLs = []string{
	"AuthenticatedRead", "AwsExecRead", "BucketOwnerFullControl", "BucketOwnerRead", "LogDeliveryWrite", "Private", "PublicRead", "PublicReadWrite",
}

// read reads the bucket, its policies and what is deployed to it. The versioning matters to
// those who write.
func (b *Bucket) read(a *assembly.Assembly) (versions template.Raw) {
	template.Read(b.Resource, b.Log, func(r *template.Reader) {
		if !bucketName.MatchString(b.BucketName) {
			r.RefuseAll("its name would be %s: Amazon S3 accepts 3 to 63 lower-case letters, digits, dots and dashes", b.BucketName)
		}
		// What is done with objects later, or by others, is not seen by a request.
		b.Website = readWebsite(r.Object("WebsiteConfiguration", template.Quiet))
		r.Skip("BucketName", "BucketNamePrefix", "BucketNamespace", "LifecycleConfiguration",
			"OwnershipControls", "LoggingConfiguration", "Tags",
			"InventoryConfigurations", "MetricsConfigurations", "AnalyticsConfigurations", "IntelligentTieringConfigurations",
			"ReplicationConfiguration")
		b.readNotifications(r.Object("NotificationConfiguration", template.Quiet))
		versions = r.Raw("VersioningConfiguration", template.Quiet)
		// Without a word of it the public is kept out (documented, of buckets since April 2023).
		access := r.Object("PublicAccessBlockConfiguration", template.Quiet)
		policy, restricted := access.Bool("BlockPublicPolicy", template.Quiet), access.Bool("RestrictPublicBuckets", template.Quiet)
		b.blocked = !access.Given || !policy.Is(false) || !restricted.Is(false)
		b.access.acl = r.Text("AccessControl", template.OneOf(cannedACLs...), template.Spare)
		b.access.block = access.Place
		if access.Given && access.Known() {
			b.access.flags = []template.Bool{access.Bool("BlockPublicAcls", template.Quiet), policy, access.Bool("IgnorePublicAcls", template.Quiet), restricted}
		}
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
	b.readPolicies(a)
	b.readDeployments(a)
	b.readCustomNotifications(a)
	if len(b.Notifications) > 0 {
		b.permissions = lambda.Permissions(a, servicePrincipal)
		for i := range b.Notifications {
			b.Notifications[i].readWriter(a)
		}
	}
	return versions
}

func oneStar(v any) string {
	if strings.Count(v.(string), "*") > 1 {
		return fmt.Sprintf("is %s: Amazon S3 accepts one * in each", v)
	}
	return ""
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
