package fronts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// RestApiCaching are the properties of a RestApi's cache. Authorization, Cookie, X-Api-Key and the
// path are always in the cache key, so that no caller gets a response made for another. API Gateway
// caches every response, whatever its Cache-Control says.
//
// The key has one value of each header and parameter that it names, but API Gateway sends the
// function all of them. A response must not depend on anything outside the key, or one caller
// decides what the others get. Package streamhttp therefore hides from handlers of GET all other
// headers (Origin, User-Agent and X-Forwarded-For among them), parameters that QueryStrings does
// not name, all but the last of repeated values, and bodies. It reads the key from
// STREAMFRONT_DOORS. A function that does not use streamhttp must follow the same rule itself.
//
// A caller that sends Cache-Control: max-age=0 needs the permission execute-api:InvalidateCache to
// renew an entry, and otherwise gets the cached one. That is how CloudFormation sets up stages; it
// has no property for it. A Lambda authorizer must not allow execute-api:*, which includes that
// permission.
type RestApiCaching struct {
	// Ttl is how long a response is kept. From a second to an hour.
	// Default: awscdk.Duration_Minutes(5).
	Ttl awscdk.Duration
	// QueryStrings are the query parameters that responses depend on. Two requests that differ in
	// other parameters get the same response.
	// Required; an empty list if responses depend on none.
	QueryStrings *[]*string
	// Headers are the headers that responses depend on, besides Authorization, Cookie and
	// X-Api-Key. If the authorizer reads another header, add it here.
	// Default: - Accept.
	Headers *[]*string
	// CacheClusterSize is the size of the cluster in GB.
	// Default: "0.5".
	CacheClusterSize *string
}

// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
var clusterSizes = []string{"0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"}

// validateCaching also sets the defaults.
func (p *RestApiProps) validateCaching(found *problems.List) {
	if p.Caching == nil {
		return
	}
	c := *p.Caching
	p.Caching = &c
	if p.streams() {
		found.Add("RestApiProps.Caching is set, but API Gateway does not cache streams; set ResponseTransferMode to BUFFERED, or leave Caching out")
	}
	if c.QueryStrings == nil {
		found.Add("RestApiCaching.QueryStrings is required; name the parameters that responses depend on, or pass an empty list if there are none")
		c.QueryStrings = jsii.Strings()
	}
	if c.Ttl == nil {
		c.Ttl = awscdk.Duration_Minutes(jsii.Number(5))
	}
	validateDuration(found, "RestApiCaching.Ttl", c.Ttl, 1, 3600)
	if c.Headers == nil {
		c.Headers = jsii.Strings("Accept")
	}
	c.validateNames(found)
	if c.CacheClusterSize == nil {
		c.CacheClusterSize = jsii.String("0.5")
	}
	if !slices.Contains(clusterSizes, *c.CacheClusterSize) {
		found.Add("RestApiCaching.CacheClusterSize is %q; use one of %s", *c.CacheClusterSize, strings.Join(clusterSizes, ", "))
	}
}

// parameterNames are the names that API Gateway accepts for parameters of a method, and that the
// function can see.
var parameterNames = regexp.MustCompile(`^[A-Za-z0-9._$-]+$`)

func (c *RestApiCaching) validateNames(found *problems.List) {
	for _, list := range []struct {
		property string
		names    *[]*string
	}{{"QueryStrings", c.QueryStrings}, {"Headers", c.Headers}} {
		for _, name := range *list.names {
			if !parameterNames.MatchString(*name) {
				found.Add("RestApiCaching.%s has %q; use names of letters, digits and ._$-", list.property, *name)
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
		// The options of a method replace all options of the stage.
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

// cacheParameters declares the parameters of the key for the method, as API Gateway requires. Only
// the path is mandatory.
func (p *RestApiProps) cacheParameters(path bool) *map[string]*bool {
	parameters := map[string]*bool{}
	for _, key := range *p.cacheKey(path) {
		parameters[*key] = jsii.Bool(*key == "method.request.path.proxy")
	}
	return &parameters
}
