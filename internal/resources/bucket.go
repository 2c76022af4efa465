package resources

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Bucket is an Amazon S3 bucket that a function behind a URL uses.
type Bucket struct {
	Name       string // "Stack/LogicalId"
	BucketName string
	Region     string
	CORS       []CORSRule
}

// ARN returns the ARN of the bucket, or of an object in it.
func (b *Bucket) ARN(key string) string {
	return strings.TrimSuffix("arn:aws:s3:::"+b.BucketName+"/"+key, "/")
}

// A CORSRule says which pages may have a browser do what.
type CORSRule struct {
	Origins []string // with at most one "*" in each
	Methods []string
	Headers []string // of requests, with at most one "*" in each
	Exposed []string // of responses
	MaxAge  int      // seconds; -1: not said
}

// readBuckets finds the buckets that functions use: whose name is in their environment, or
// which their role's policies name. Others are off the path of every request.
func readBuckets(a *assembly.Assembly, functions []*Function) ([]*Bucket, error) {
	all, err := a.OfType("AWS::S3::Bucket")
	if err != nil {
		return nil, err
	}
	var buckets []*Bucket
	var errs []error
	for _, res := range all {
		name, err := res.Attribute("")
		if err != nil {
			continue // then no function has it either
		}
		b := &Bucket{Name: res.Name(), BucketName: name, Region: res.Stack.Region}
		if !slices.ContainsFunc(functions, b.usedBy) {
			continue
		}
		if err := errors.Join(b.read(res), b.readPolicies(a)); err != nil {
			errs = append(errs, err)
			continue
		}
		buckets = append(buckets, b)
	}
	return buckets, errors.Join(errs...)
}

func (b *Bucket) usedBy(f *Function) bool {
	for _, value := range f.Environment {
		if strings.Contains(value, b.BucketName) {
			return true
		}
	}
	for _, s := range f.Statements {
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

func (b *Bucket) read(res *assembly.Resource) error {
	return read(res, func(r *reader) {
		if !bucketName.MatchString(b.BucketName) {
			r.fail("", "its name would be %s: Amazon S3 takes 3 to 63 lower-case letters, digits, dots and dashes", b.BucketName)
		}
		// What is done with objects later, or by others, is not seen by a request. Public
		// access is refused in any case.
		r.without("BucketName", "BucketNamePrefix", "BucketNamespace", "LifecycleConfiguration",
			"PublicAccessBlockConfiguration", "OwnershipControls", "AccessControl", "LoggingConfiguration", "Tags",
			"InventoryConfigurations", "MetricsConfigurations", "AnalyticsConfigurations", "IntelligentTieringConfigurations",
			"NotificationConfiguration", "ReplicationConfiguration")
		if encryption, ok := r.object("BucketEncryption"); ok {
			encryption.objects("ServerSideEncryptionConfiguration", func(r *reader) {
				r.without("BucketKeyEnabled", "BlockedEncryptionTypes")
				if by, ok := r.object("ServerSideEncryptionByDefault"); ok {
					by.oneOf("SSEAlgorithm", "", "AES256") // with KMS the function needs rights to the key, too
					by.finish()
				}
			})
			encryption.finish()
		}
		if cors, ok := r.object("CorsConfiguration"); ok {
			cors.objects("CorsRules", func(r *reader) {
				r.without("Id")
				rule := CORSRule{
					Origins: r.texts("AllowedOrigins"), Methods: r.texts("AllowedMethods"), Headers: r.texts("AllowedHeaders"),
					Exposed: r.texts("ExposedHeaders"), MaxAge: r.number("MaxAge", -1),
				}
				rule.check(r)
				b.CORS = append(b.CORS, rule)
			})
			cors.finish()
		}
	})
}

// corsMethods are those that Amazon S3 takes. Documented.
var corsMethods = []string{"GET", "PUT", "POST", "DELETE", "HEAD"}

// check refuses what Amazon S3 refuses when the bucket is deployed.
func (rule *CORSRule) check(r *reader) {
	for _, method := range rule.Methods {
		if !slices.Contains(corsMethods, method) {
			r.fail("AllowedMethods", " has %s: Amazon S3 takes %q", method, corsMethods)
		}
	}
	single := func(name string, patterns []string) {
		for _, pattern := range patterns {
			if strings.Count(pattern, "*") > 1 {
				r.fail(name, " has %s: Amazon S3 takes one * in each", pattern)
			}
		}
	}
	single("AllowedOrigins", rule.Origins)
	single("AllowedHeaders", rule.Headers)
}

// readPolicies looks for a Deny in the policies of the bucket. Those against plain HTTP
// are known, and met: the local chain counts as TLS. Any other cannot be evaluated here.
// An Allow gives nothing here, which is the stricter side: a role's own policies have to
// say it, too.
func (b *Bucket) readPolicies(a *assembly.Assembly) error {
	policies, err := a.OfType("AWS::S3::BucketPolicy")
	if err != nil {
		return err
	}
	for _, res := range policies {
		name, err := res.Stack.Resolve(res.RawProperties()["Bucket"])
		if err != nil || name != b.BucketName {
			continue
		}
		statements, err := rawStatements(res.Stack, res.RawProperties()["PolicyDocument"])
		if err != nil {
			return fmt.Errorf("%s: PolicyDocument: %w", res.Name(), err)
		}
		for i, s := range statements {
			effect, err := res.Stack.Unwrap(s["Effect"])
			if err != nil || effect == "Allow" {
				continue
			}
			if condition, err := res.Stack.Resolve(s["Condition"]); err != nil || !refusesPlainHTTP(condition) {
				return fmt.Errorf("%s: PolicyDocument.Statement[%d] denies more than plain HTTP, which the local chain does not model; remove it or test this on AWS", res.Name(), i)
			}
		}
	}
	return nil
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
