package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// stackProps are the choices of the person who deploys the app.
type stackProps struct {
	// name must differ for each region: the CDK derives the name of the edge stack in us-east-1 from
	// it, and two regions with one name would overwrite each other's edge stack.
	name         string
	account      string // "" is the account of the credentials that deploy
	region       string
	architecture awslambda.Architecture
	sample       string // "go" or "node"
	front        string // what the sample is behind

	// Of a load balancer: both, or none for plain HTTP.
	certificate, domainName string

	// At most one of these is set. Without any the app generates a key.
	apiKey          string // in plain text
	apiKeySecret    string // ARN of a secret in Secrets Manager
	apiKeyParameter string // name of a parameter in SSM

	bedrockModel string // "" is the built-in model

	upstream       string // base URL; "" is none
	upstreamKey    string // ARN of a secret; "" for Amazon Bedrock, by the function's role
	upstreamModels string // with commas in between; "" is all

	uploads string // "true" or "false"; the Node.js sample has none

	auth          string // "key", "cognito" or "jwt"
	issuer        string // of jwt
	audience      string // of jwt, with commas in between
	clientID      string // of jwt; "": the page does not sign in
	issuerOrigins string // of jwt, with commas in between; "": the issuer's own alone
	scope         string // of jwt, with spaces in between; "": the page's own choice
	callback      string // of cognito, with commas in between; "": localhost alone

	quotaRequests, quotaTokens string // for each key and day; "" is no limit
	quotaFailure               string // "closed" or "open"
	maxDuration                string // of an answer; "": as long as the function may run

	allowedOrigins string // with commas in between; "" is no other than the endpoint's

	full          string // "true": all that package operations has
	vpc           string // "true": the function is in private subnets
	alarmEmail    string // of full; "" notifies nobody
	monthlyBudget string // of full, in US dollars
}

// setting is one choice: a key of the CDK context, else the first environment variable
// that is not empty, else the default.
type setting struct {
	context     string
	environment []string
	fallback    string
	pattern     *regexp.Regexp
	want        string
}

// The CDK would refuse most of what the patterns refuse, but with a stack trace.
var (
	stackName = setting{
		context:     "stackName",
		environment: []string{"STREAMFRONT_STACK_NAME"},
		fallback:    "Streamfront",
		pattern:     regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`),
		want:        "a letter and then up to 127 letters, digits and hyphens",
	}
	region = setting{
		context:     "region",
		environment: []string{"STREAMFRONT_REGION", "CDK_DEFAULT_REGION"},
		fallback:    "us-east-1",
		pattern:     regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`),
		want:        "an AWS region such as eu-west-1",
	}
	architecture = setting{
		context:     "architecture",
		environment: []string{"STREAMFRONT_ARCHITECTURE"},
		fallback:    "arm64",
		pattern:     regexp.MustCompile(`^(arm64|x86_64)$`),
		want:        "arm64 or x86_64",
	}
	sample = setting{
		context:     "sample",
		environment: []string{"STREAMFRONT_SAMPLE"},
		fallback:    "go",
		pattern:     regexp.MustCompile(`^(go|node)$`),
		want:        "go or node",
	}
	front = setting{
		context:     "front",
		environment: []string{"STREAMFRONT_FRONT"},
		fallback:    "cloudfront",
		pattern:     regexp.MustCompile(`^(cloudfront|url|rest|http|websocket|alb|ecs)$`),
		want:        "cloudfront, url, rest, http, websocket, alb or ecs",
	}
	certificate = setting{
		context:     "certificate",
		environment: []string{"STREAMFRONT_CERTIFICATE"},
		pattern:     regexp.MustCompile(`^$|^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$`),
		want:        "the ARN of a certificate in AWS Certificate Manager",
	}
	domainName = setting{
		context:     "domainName",
		environment: []string{"STREAMFRONT_DOMAIN_NAME"},
		pattern:     regexp.MustCompile(`^$|^[a-z0-9-]+(\.[a-z0-9-]+)+$`),
		want:        "a domain name such as chat.example.com",
	}
	uploads = setting{
		context:     "uploads",
		environment: []string{"STREAMFRONT_UPLOADS"},
		fallback:    "true",
		pattern:     regexp.MustCompile(`^(true|false)$`),
		want:        "true or false",
	}
)

var allowedOrigins = setting{
	context:     "allowedOrigins",
	environment: []string{"STREAMFRONT_ALLOWED_ORIGINS"},
	pattern:     regexp.MustCompile(`^$|^https?://[^/,*\s]+(,https?://[^/,*\s]+)*$`),
	want:        "origins separated by commas, such as https://app.example.com, without paths and wildcards",
}

var (
	apiKeySecret = setting{
		context:     "apiKeySecret",
		environment: []string{"STREAMFRONT_API_KEY_SECRET"},
		pattern:     regexp.MustCompile(`^$|^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$`),
		want:        "the ARN of a secret, with the six characters that Secrets Manager adds to its name",
	}
	apiKeyParameter = setting{
		context:     "apiKeyParameter",
		environment: []string{"STREAMFRONT_API_KEY_PARAMETER"},
		pattern:     regexp.MustCompile(`^$|^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`),
		want:        "the name of a parameter in SSM, such as /chat/key",
	}
)

// readProps reads the choices from the CDK context and the environment.
func readProps(context func(key *string) any) (*stackProps, error) {
	props := &stackProps{
		account: os.Getenv("CDK_DEFAULT_ACCOUNT"), // set by the CDK CLI
		apiKey:  os.Getenv("STREAMFRONT_API_KEY"),
	}
	name := ""
	for _, choice := range []struct {
		setting *setting
		value   *string
	}{
		{&stackName, &props.name},
		{&region, &props.region},
		{&sample, &props.sample},
		{&front, &props.front},
		{&certificate, &props.certificate},
		{&domainName, &props.domainName},
		{&apiKeySecret, &props.apiKeySecret},
		{&apiKeyParameter, &props.apiKeyParameter},
		{&bedrockModel, &props.bedrockModel},
		{&upstream, &props.upstream},
		{&upstreamKey, &props.upstreamKey},
		{&upstreamModels, &props.upstreamModels},
		{&uploads, &props.uploads},
		{&allowedOrigins, &props.allowedOrigins},
		{&auth, &props.auth},
		{&issuer, &props.issuer},
		{&audience, &props.audience},
		{&clientID, &props.clientID},
		{&scope, &props.scope},
		{&issuerOrigins, &props.issuerOrigins},
		{&callback, &props.callback},
		{&full, &props.full},
		{&vpc, &props.vpc},
		{&alarmEmail, &props.alarmEmail},
		{&monthlyBudget, &props.monthlyBudget},
		{&quotaRequests, &props.quotaRequests},
		{&quotaTokens, &props.quotaTokens},
		{&quotaFailure, &props.quotaFailure},
		{&maxDuration, &props.maxDuration},
		{&architecture, &name},
	} {
		var err error
		if *choice.value, err = choice.setting.read(context); err != nil {
			return nil, err
		}
	}
	props.architecture = awslambda.Architecture_ARM_64()
	if name == "x86_64" {
		props.architecture = awslambda.Architecture_X86_64()
	}
	return props, props.validate()
}

// validate checks what single settings cannot show.
func (p *stackProps) validate() error {
	var keys []string
	for name, value := range map[string]string{
		"STREAMFRONT_API_KEY": p.apiKey, "apiKeySecret": p.apiKeySecret, "apiKeyParameter": p.apiKeyParameter,
	} {
		if value != "" {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	if len(keys) > 1 {
		return fmt.Errorf("streamfront: %s are set; choose one, or none to have a key generated", strings.Join(keys, " and "))
	}
	if p.sample == "node" && p.apiKeySecret+p.apiKeyParameter != "" {
		return fmt.Errorf("streamfront: %s is set, which the Node.js sample cannot read; set STREAMFRONT_API_KEY, or use the Go sample", keys[0])
	}
	if p.sample == "node" && p.bedrockModel != "" {
		return fmt.Errorf("streamfront: bedrockModel is %q, which the Node.js sample does not call; use the Go sample", p.bedrockModel)
	}
	if p.sample == "node" && p.allowedOrigins != "" {
		return fmt.Errorf("streamfront: allowedOrigins is %q, which the Node.js sample ignores; use the Go sample", p.allowedOrigins)
	}
	if err := p.validateFront(); err != nil {
		return err
	}
	if part := strings.Split(p.bedrockModel, ":"); part[0] == "arn" && part[3] != p.region {
		return fmt.Errorf("streamfront: bedrockModel is %q, and the function calls Bedrock in its own region %s; name one of that region", p.bedrockModel, p.region)
	}
	if err := p.validateAuth(); err != nil {
		return err
	}
	if err := p.validateOperations(); err != nil {
		return err
	}
	if err := p.validateBounds(); err != nil {
		return err
	}
	return p.validateUpstream()
}

func (p *stackProps) validateFront() error {
	if p.front != "" && p.front != "cloudfront" && p.sample == "node" {
		return fmt.Errorf("streamfront: front is %q, which the Node.js sample does not support; use the Go sample", p.front)
	}
	if p.front == "ecs" && p.bedrockModel != "" {
		return fmt.Errorf("streamfront: bedrockModel is %q with the front ecs, where the sample has no credentials to call it with; use another front", p.bedrockModel)
	}
	if p.front == "ecs" && p.upstream != "" {
		return fmt.Errorf("streamfront: upstream is %q with the front ecs, where the sample has no credentials to read its key with; use another front", p.upstream)
	}
	if balanced := p.front == "alb" || p.front == "ecs"; !balanced && p.certificate+p.domainName != "" {
		return fmt.Errorf("streamfront: certificate is %q and domainName %q, which are for the fronts alb and ecs; leave them out, or see the properties of the construct", p.certificate, p.domainName)
	}
	if (p.certificate == "") != (p.domainName == "") {
		return fmt.Errorf("streamfront: certificate is %q and domainName %q; set both, or none for plain HTTP", p.certificate, p.domainName)
	}
	return nil
}

func (s *setting) read(context func(key *string) any) (string, error) {
	source, value := s.find(context)
	text, ok := value.(string)
	if !ok || !s.pattern.MatchString(text) {
		return "", fmt.Errorf("streamfront: %s is %#v; want %s", source, value, s.want)
	}
	return text, nil
}

func (s *setting) find(context func(key *string) any) (source string, value any) {
	if value := context(&s.context); value != nil {
		return "context " + s.context, value
	}
	for _, name := range s.environment {
		if value := os.Getenv(name); value != "" {
			return name, value
		}
	}
	return "the default of " + s.context, s.fallback
}
