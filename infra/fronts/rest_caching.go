package fronts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"
)

// RestApiCaching are the properties of a RestApi's cache. Authorization, Cookie and X-Api-Key are
// always in the cache key, with the path: nobody gets what was made for somebody else. API Gateway
// caches every answer, whatever its Cache-Control says.
//
// The key has one value of each header and parameter that it names, and API Gateway sends the
// function everything. What is not in the key must not shape an answer, or one caller shapes it for
// the others. Package streamhttp therefore hides it from handlers of GET: all other headers,
// Origin, User-Agent and X-Forwarded-For among them, parameters that QueryStrings does not name,
// all but the last of repeated values, and bodies. The function learns the key by
// STREAMFRONT_DOORS; one that does not use streamhttp must keep to it by itself.
//
// A caller who sends Cache-Control: max-age=0 needs the permission execute-api:InvalidateCache to
// renew an entry, and gets it from the cache without: this is the setting of stages that
// CloudFormation makes, which has no property for it. A Lambda authorizer must not allow
// execute-api:*, which includes it.
type RestApiCaching struct {
	// Ttl is how long an answer is kept. Up to an hour.
	// Default: awscdk.Duration_Minutes(5).
	Ttl awscdk.Duration
	// QueryStrings are the parameters of queries that answers depend on. Two requests that differ
	// in others get the same answer.
	// Required; an empty list if answers depend on none.
	QueryStrings *[]*string
	// Headers are the headers that answers depend on, besides Authorization, Cookie and
	// X-Api-Key. A key that the authorizer reads in another header belongs here.
	// Default: - Accept.
	Headers *[]*string
	// CacheClusterSize is the size of the cluster in GB.
	// Default: "0.5".
	CacheClusterSize *string
}

// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
var clusterSizes = []string{"0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"}

// validateCaching fills in the defaults, too.
func (p *RestApiProps) validateCaching() {
	if p.Caching == nil {
		return
	}
	c := *p.Caching
	p.Caching = &c
	if p.streams() {
		panic("streamfront: RestApiProps.Caching is set, and API Gateway does not cache what streams; set ResponseTransferMode to BUFFERED, or leave the caching out")
	}
	if c.QueryStrings == nil {
		panic("streamfront: RestApiCaching.QueryStrings is nil; name the parameters that answers depend on, with an empty list if there are none")
	}
	if c.Ttl == nil {
		c.Ttl = awscdk.Duration_Minutes(jsii.Number(5))
	}
	if s := *c.Ttl.ToSeconds(nil); s < 1 || s > 3600 {
		panic(fmt.Sprintf("streamfront: RestApiCaching.Ttl is %v s; API Gateway keeps answers for 1 s to an hour", s))
	}
	if c.Headers == nil {
		c.Headers = jsii.Strings("Accept")
	}
	c.validateNames()
	if c.CacheClusterSize == nil {
		c.CacheClusterSize = jsii.String("0.5")
	}
	if !slices.Contains(clusterSizes, *c.CacheClusterSize) {
		panic(fmt.Sprintf("streamfront: RestApiCaching.CacheClusterSize is %q; want one of %v", *c.CacheClusterSize, clusterSizes))
	}
}

// Names that API Gateway takes for parameters of a method, and that the function can see.
var parameterNames = regexp.MustCompile(`^[A-Za-z0-9._$-]+$`)

func (c *RestApiCaching) validateNames() {
	for _, list := range []struct {
		property string
		names    *[]*string
	}{{"QueryStrings", c.QueryStrings}, {"Headers", c.Headers}} {
		for _, name := range *list.names {
			if !parameterNames.MatchString(*name) {
				panic(fmt.Sprintf("streamfront: RestApiCaching.%s has %q; want names of letters, digits and ._$-", list.property, *name))
			}
		}
	}
}

func (p *RestApiProps) cacheStage(stage *awsapigateway.StageOptions) {
	if p.Caching == nil {
		return
	}
	stage.CacheClusterEnabled, stage.CacheClusterSize = jsii.Bool(true), p.Caching.CacheClusterSize
	cached := &awsapigateway.MethodDeploymentOptions{
		CachingEnabled: jsii.Bool(true), CacheTtl: p.Caching.Ttl, CacheDataEncrypted: jsii.Bool(true),
		// A method's options take the place of the stage's, all of them.
		LoggingLevel: stage.LoggingLevel, MetricsEnabled: stage.MetricsEnabled,
		ThrottlingRateLimit: stage.ThrottlingRateLimit, ThrottlingBurstLimit: stage.ThrottlingBurstLimit,
	}
	stage.MethodOptions = &map[string]*awsapigateway.MethodDeploymentOptions{"//GET": cached, "/{proxy+}/GET": cached}
}

// cacheKey returns the parameters of the key, nil without caching.
func (p *RestApiProps) cacheKey(path bool) *[]*string {
	if p.Caching == nil {
		return nil
	}
	keys := jsii.Strings("method.request.header.Authorization", "method.request.header.Cookie", "method.request.header.X-Api-Key")
	if path {
		*keys = append(*keys, jsii.String("method.request.path.proxy"))
	}
	for _, name := range *p.Caching.Headers {
		if !slices.ContainsFunc(*keys, func(key *string) bool { return strings.EqualFold(*key, "method.request.header."+*name) }) {
			*keys = append(*keys, jsii.Sprintf("method.request.header.%s", *name))
		}
	}
	for _, name := range *p.Caching.QueryStrings {
		*keys = append(*keys, jsii.Sprintf("method.request.querystring.%s", *name))
	}
	return keys
}

// cacheKeyOfDoor says in STREAMFRONT_DOORS what is in the key; see streamhttp.WithDoors.
func (p *RestApiProps) cacheKeyOfDoor() string {
	if p.Caching == nil {
		return ""
	}
	var text strings.Builder
	for _, key := range *p.cacheKey(true) {
		text.WriteString(";" + strings.TrimPrefix(*key, "method.request."))
	}
	return text.String()
}

// cacheParameters declares them for the method, as API Gateway wants it; only the path must be
// there.
func (p *RestApiProps) cacheParameters(path bool) *map[string]*bool {
	parameters := map[string]*bool{}
	for _, key := range *p.cacheKey(path) {
		parameters[*key] = jsii.Bool(*key == "method.request.path.proxy")
	}
	return &parameters
}
