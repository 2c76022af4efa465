package local

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/s3"
)

// bucketServer serves the buckets that functions use, and those that are origins; nil if there
// are none. Files of the assembly that are not there as they are deployed are written below dir.
func (c *Chain) bucketServer(g *generation, m *aws.Model, dir string) (*bucketServer, error) {
	if err := c.fill(m, dir); err != nil {
		return nil, err
	}
	if len(m.Buckets) == 0 {
		return nil, nil
	}
	const name = "Amazon S3"
	site, err := c.site(name, 0, nil, nil)
	if err != nil {
		return nil, err
	}
	server := &s3.Server{
		Buckets: m.Buckets, Functions: m.Functions(), Keys: &c.keys, Store: &c.objects,
		Origins: map[string]string{}, Recorder: &c.recorder, Now: c.options.Now,
		Function: g.invoked,
		Go:       func(run func()) { g.requests.Go(run) }, // called by a request, so that the count is not 0
	}
	g.handlers[name] = server
	if err := server.Deploy(dir, g.addresses()); err != nil {
		return nil, err
	}
	for _, b := range m.Buckets {
		g.notes = append(g.notes, b.Notes...)
		if n := server.Deployed(b); n > 0 {
			objects := "objects"
			if n == 1 {
				objects = "object"
			}
			g.notes = append(g.notes, fmt.Sprintf("%s has %d %s at the start", b.Name, n, objects))
		} else if o := originOf(m, b); o != nil && o.Address == "" {
			g.notes = append(g.notes, fmt.Sprintf("%s is an origin and empty: no BucketDeployment of the assembly copies files there; give a folder by --bucket %s=FOLDER, or a server by --origin %s=http://localhost:PORT", b.Name, b.Name, o.ID.V))
		}
	}
	url := site.url
	g.notes = append(g.notes, fmt.Sprintf("%s stands in for Amazon S3 with %s: single objects and their list only, gone at the end", url, strings.Join(bucketNames(m), ", ")))
	for _, f := range m.Functions() {
		g.notes = append(g.notes, f.Role.Notes...)
	}
	return &bucketServer{url: url, site: site, server: server}, nil
}

// originOf is the first origin that the bucket is; nil if it is none.
func originOf(m *aws.Model, b *s3.Bucket) *cloudfront.Origin {
	for _, d := range m.Distributions {
		for _, o := range d.Origins {
			if o.Bucket == b || o.Website == b && b.Website != nil && b.Website.Everywhere == nil {
				return o
			}
		}
	}
	return nil
}

// A bucketServer is what stands in for Amazon S3, and where.
type bucketServer struct {
	url    string
	site   *site
	server *s3.Server
}

// names adds where the buckets are, by their domain names.
func (b *bucketServer) names(sites map[string]*site) {
	if b == nil {
		return
	}
	for _, bucket := range b.server.Buckets {
		for _, domain := range slices.Concat(bucket.Domains(), bucket.WebsiteDomains()) {
			sites[domain] = b.site
		}
	}
}

// admit lets a distribution sign for the buckets, as itself and as the origin access
// identities of its origins, whose credentials it returns.
func (c *Chain) admit(d *cloudfront.Distribution, own iam.Credentials) map[string]iam.Credentials {
	c.keys.Admit(s3.Caller{
		Name: d.Name, Service: "cloudfront.amazonaws.com", SourceARN: d.ARN, SourceAccount: d.Account,
	}, own)
	identities := map[string]iam.Credentials{}
	for _, o := range d.Origins {
		if o.Identity != nil {
			credentials := iam.NewCredentials()
			c.keys.Admit(s3.Caller{Name: o.Identity.Resource.Name(), Identity: o.Identity.ID, CanonicalUser: o.Identity.CanonicalUser}, credentials)
			identities[o.Identity.ID] = credentials
		}
	}
	return identities
}

// serves says where the pages of a front door come from here.
func (b *bucketServer) serves(at here) {
	if b != nil {
		b.server.Origins["https://"+at.domain] = at.site.url
	}
}

// localEnvironment returns what a function finds in its environment: its own variables,
// the word that it does not run on AWS, and credentials of its role, which are made up, so
// that no library goes and finds real ones on this machine.
func (c *Chain) localEnvironment(f *lambda.Definition, buckets *bucketServer) map[string]string {
	variables := map[string]string{"STREAMFRONT_LOCAL": "true"}
	maps.Copy(variables, f.Values()) // the template may say otherwise
	maps.Copy(variables, c.options.Environment)
	if c.options.Credentials {
		maps.Copy(variables, realCredentials())
		return variables
	}
	keys := c.keys.Issue(f.Name)
	variables["AWS_ACCESS_KEY_ID"] = keys.AccessKey
	variables["AWS_SECRET_ACCESS_KEY"] = keys.SecretKey
	variables["AWS_SESSION_TOKEN"] = keys.Token
	if buckets != nil {
		variables["AWS_ENDPOINT_URL_S3"] = buckets.url
	}
	return variables
}

// credentialVariables are what AWS's SDKs find credentials by.
//
// Source: AWS SDKs and Tools Reference Guide, "Environment variables".
var credentialVariables = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CA_BUNDLE",
	"HOME", "USERPROFILE", // where profiles are
}

func realCredentials() map[string]string {
	found := map[string]string{}
	for _, name := range credentialVariables {
		if value, ok := os.LookupEnv(name); ok {
			found[name] = value
		}
	}
	return found
}
