package main

import (
	"strings"
	"testing"
)

const testSecret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat-AbCdEf"

func TestSettings(t *testing.T) {
	for name, test := range map[string]struct {
		setting     setting
		context     any
		environment map[string]string
		want, err   string
	}{
		"default":                      {setting: region, want: "us-east-1"},
		"own variable":                 {setting: region, environment: map[string]string{"STREAMFRONT_REGION": "eu-west-1", "CDK_DEFAULT_REGION": "eu-north-1"}, want: "eu-west-1"},
		"variable of the CDK CLI":      {setting: region, environment: map[string]string{"CDK_DEFAULT_REGION": "eu-north-1"}, want: "eu-north-1"},
		"empty variable":               {setting: stackName, environment: map[string]string{"STREAMFRONT_STACK_NAME": ""}, want: "Streamfront"},
		"context wins":                 {setting: architecture, context: "x86_64", environment: map[string]string{"STREAMFRONT_ARCHITECTURE": "arm64"}, want: "x86_64"},
		"region of a partition":        {setting: region, context: "us-gov-east-1", want: "us-gov-east-1"},
		"bad stack name":               {setting: stackName, context: "my chat", err: `streamfront: context stackName is "my chat"; want a letter and then up to 127 letters, digits and hyphens`},
		"bad region":                   {setting: region, environment: map[string]string{"CDK_DEFAULT_REGION": "moon"}, err: `streamfront: CDK_DEFAULT_REGION is "moon"; want an AWS region such as eu-west-1`},
		"Go's name of an architecture": {setting: architecture, environment: map[string]string{"STREAMFRONT_ARCHITECTURE": "amd64"}, err: `streamfront: STREAMFRONT_ARCHITECTURE is "amd64"; want arm64 or x86_64`},
		"sample":                       {setting: sample, context: "node", want: "node"},
		"bad sample":                   {setting: sample, context: "nodejs", err: `streamfront: context sample is "nodejs"; want go or node`},
		"no secret":                    {setting: apiKeySecret},
		"secret":                       {setting: apiKeySecret, context: testSecret, want: testSecret},
		"secret by name":               {setting: apiKeySecret, context: "chat", err: `streamfront: context apiKeySecret is "chat"; want the ARN of a secret, with the six characters that Secrets Manager adds to its name`},
		"secret without its suffix":    {setting: apiKeySecret, context: strings.TrimSuffix(testSecret, "-AbCdEf"), err: `streamfront: context apiKeySecret is "arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat"; want the ARN of a secret, with the six characters that Secrets Manager adds to its name`},
		"parameter":                    {setting: apiKeyParameter, context: "/chat/key", want: "/chat/key"},
		"parameter without a slash":    {setting: apiKeyParameter, environment: map[string]string{"STREAMFRONT_API_KEY_PARAMETER": "key"}, want: "key"},
		"bad parameter":                {setting: apiKeyParameter, context: "/chat key", err: `streamfront: context apiKeyParameter is "/chat key"; want the name of a parameter in SSM, such as /chat/key`},
		"model":                        {setting: bedrockModel, context: "amazon.nova-lite-v1:0", want: "amazon.nova-lite-v1:0"},
		"model with a window":          {setting: bedrockModel, context: "amazon.nova-pro-v1:0:24k", want: "amazon.nova-pro-v1:0:24k"},
		"profile":                      {setting: bedrockModel, context: "eu.anthropic.claude-haiku-4-5-20251001-v1:0", want: "eu.anthropic.claude-haiku-4-5-20251001-v1:0"},
		"ARN of a model":               {setting: bedrockModel, context: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", want: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"},
		"upstream":                     {setting: upstream, context: "https://api.openai.com/v1", want: "https://api.openai.com/v1"},
		"upstream by plain HTTP":       {setting: upstream, context: "http://api.openai.com/v1", err: `streamfront: context upstream is "http://api.openai.com/v1"; want the base URL of an endpoint that speaks OpenAI's API, by https, such as https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1`},
		"models of an upstream":        {setting: upstreamModels, context: "a, b", err: `streamfront: context upstreamModels is "a, b"; want names of models, separated by commas`},
		"a model's display name":       {setting: bedrockModel, context: "Nova Lite", err: `streamfront: context bedrockModel is "Nova Lite"; want the id or ARN of a foundation model or of an inference profile, such as amazon.nova-lite-v1:0 or eu.amazon.nova-lite-v1:0`},
		"provisioned model":            {setting: bedrockModel, context: "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc", err: `streamfront: context bedrockModel is "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc"; want the id or ARN of a foundation model or of an inference profile, such as amazon.nova-lite-v1:0 or eu.amazon.nova-lite-v1:0`},
		"no uploads":                   {setting: uploads, environment: map[string]string{"STREAMFRONT_UPLOADS": "false"}, want: "false"},
		"bad uploads":                  {setting: uploads, context: "no", err: `streamfront: context uploads is "no"; want true or false`},
		"origins":                      {setting: allowedOrigins, context: "https://a.example,http://localhost:3000", want: "https://a.example,http://localhost:3000"},
		"any origin":                   {setting: allowedOrigins, context: "*", err: `streamfront: context allowedOrigins is "*"; want origins separated by commas, such as https://app.example.com, without paths and wildcards`},
		"auth":                         {setting: auth, want: "key"},
		"scopes":                       {setting: scope, context: "openid api://chat/ask", want: "openid api://chat/ask"},
		"issuer's origins":             {setting: issuerOrigins, context: "https://oauth2.googleapis.com,https://b.example:8443", want: "https://oauth2.googleapis.com,https://b.example:8443"},
		"issuer's origin with a path":  {setting: issuerOrigins, context: "https://a.example/token", err: `streamfront: context issuerOrigins is "https://a.example/token"; want the further origins that the issuer gives and revokes tokens at, separated by commas, such as https://oauth2.googleapis.com, without paths and wildcards`},
		"any issuer's origin":          {setting: issuerOrigins, context: "https:", err: `streamfront: context issuerOrigins is "https:"; want the further origins that the issuer gives and revokes tokens at, separated by commas, such as https://oauth2.googleapis.com, without paths and wildcards`},
		"issuer's origin and a policy": {setting: issuerOrigins, context: "https://a.example;script-src", err: `streamfront: context issuerOrigins is "https://a.example;script-src"; want the further origins that the issuer gives and revokes tokens at, separated by commas, such as https://oauth2.googleapis.com, without paths and wildcards`},
		"bad scopes":                   {setting: scope, context: `openid  "x`, err: `streamfront: context scope is "openid  \"x"; want the scopes that the chat page requests, separated by spaces, such as "openid email"`},
		"bad auth":                     {setting: auth, context: "oidc", err: `streamfront: context auth is "oidc"; want key, cognito (a user pool is made) or jwt (with the context issuer and audience)`},
		"issuer by plain HTTP":         {setting: issuer, context: "http://idp.example.com", err: `streamfront: context issuer is "http://idp.example.com"; want the https URL that the tokens have in the claim iss, such as https://example.eu.auth0.com/`},
		"callbacks":                    {setting: callback, context: "https://a.example/,https://b.example/chat", want: "https://a.example/,https://b.example/chat"},
		"number in cdk.json":           {setting: region, context: 5.0, err: `streamfront: context region is 5; want an AWS region such as eu-west-1`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range test.setting.environment {
				t.Setenv(variable, test.environment[variable])
			}
			got, err := test.setting.read(func(key *string) any {
				if *key == test.setting.context {
					return test.context
				}
				return nil
			})
			if text := errorText(err); got != test.want || text != test.err {
				t.Errorf("read = %q, %q, want %q, %q", got, text, test.want, test.err)
			}
		})
	}
}

func TestChoicesThatDoNotGoTogether(t *testing.T) {
	for name, test := range map[string]struct {
		props stackProps
		want  string
	}{
		"nothing":                 {stackProps{sample: "go"}, ""},
		"sign-in":                 {stackProps{sample: "go", auth: "cognito", callback: "https://d1.cloudfront.net/"}, ""},
		"sign-in, issuer":         {stackProps{sample: "go", auth: "jwt", issuer: "https://i", audience: "a"}, ""},
		"sign-in, no audience":    {stackProps{sample: "go", auth: "jwt", issuer: "https://i"}, `streamfront: auth is "jwt", with issuer "https://i" and audience ""; set both, with -c issuer=URL -c audience=NAME`},
		"sign-in, and a key":      {stackProps{sample: "go", auth: "cognito", apiKey: "k"}, `streamfront: auth is "cognito", and an API key is set, which nothing would check; choose one`},
		"sign-in, node":           {stackProps{sample: "node", auth: "cognito"}, `streamfront: auth is "cognito", which the Node.js sample does not know; use the Go sample`},
		"sign-in, front":          {stackProps{sample: "go", auth: "cognito", front: "http"}, `streamfront: auth is "cognito" and front is "http", but tokens are verified at CloudFront's edge; use the front cloudfront, or auth=key`},
		"origins of nobody":       {stackProps{sample: "go", auth: "key", issuerOrigins: "https://i"}, `streamfront: auth is "key", and issuer, audience, clientId, scope or issuerOrigins is set, which have an effect only with -c auth=jwt`},
		"origins without a page":  {stackProps{sample: "go", auth: "jwt", issuer: "https://i", audience: "a", issuerOrigins: "https://t"}, `streamfront: issuerOrigins is "https://t", which the page may ask for tokens, but clientId is not set, without which the page does not sign in; set both, or neither`},
		"issuer without jwt":      {stackProps{sample: "go", auth: "key", issuer: "https://i"}, `streamfront: auth is "key", and issuer, audience, clientId, scope or issuerOrigins is set, which have an effect only with -c auth=jwt`},
		"scope without jwt":       {stackProps{sample: "go", auth: "cognito", scope: "openid"}, `streamfront: auth is "cognito", and issuer, audience, clientId, scope or issuerOrigins is set, which have an effect only with -c auth=jwt`},
		"scope without a page":    {stackProps{sample: "go", auth: "jwt", issuer: "https://i", audience: "a", scope: "openid"}, `streamfront: scope is "openid", which the page requests, but clientId is not set, without which the page does not sign in; set both, or neither`},
		"callback without a pool": {stackProps{sample: "go", auth: "key", callback: "https://d1.cloudfront.net/"}, `streamfront: auth is "key", and callback is "https://d1.cloudfront.net/", which has an effect only with -c auth=cognito`},
		"two keys":                {stackProps{sample: "go", apiKey: "k", apiKeySecret: testSecret}, "streamfront: STREAMFRONT_API_KEY and apiKeySecret are set; choose one, or none to have a key generated"},
		"all keys":                {stackProps{sample: "go", apiKey: "k", apiKeySecret: testSecret, apiKeyParameter: "/k"}, "streamfront: STREAMFRONT_API_KEY and apiKeyParameter and apiKeySecret are set; choose one, or none to have a key generated"},
		"node, key":               {stackProps{sample: "node", apiKey: "k"}, ""},
		"node, secret": {
			stackProps{sample: "node", apiKeySecret: testSecret},
			"streamfront: apiKeySecret is set, which the Node.js sample cannot read; set STREAMFRONT_API_KEY, or use the Go sample",
		},
		"node, model": {
			stackProps{sample: "node", bedrockModel: "amazon.nova-lite-v1:0"},
			`streamfront: bedrockModel is "amazon.nova-lite-v1:0", which the Node.js sample does not call; use the Go sample`,
		},
		"quota": {stackProps{sample: "go", quotaRequests: "1", quotaFailure: "open"}, ""},
		"node, quota": {
			stackProps{sample: "node", quotaTokens: "9"},
			`streamfront: quotaRequests is "", quotaTokens "9" and maxDuration "", which the Node.js sample does not support; use the Go sample`,
		},
		"ecs, quota": {
			stackProps{sample: "go", front: "ecs", quotaRequests: "9"},
			`streamfront: quotaRequests is "9" and quotaTokens "" with the front ecs, where the sample has no credentials to count with; use another front`,
		},
		"open, and no quota": {
			stackProps{sample: "go", quotaFailure: "open"},
			`streamfront: quotaFailure is "open", but there is nothing to count; set quotaRequests or quotaTokens, or leave it out`,
		},
		"node, origins": {
			stackProps{sample: "node", allowedOrigins: "https://a.example"},
			`streamfront: allowedOrigins is "https://a.example", which the Node.js sample ignores; use the Go sample`,
		},
		"upstream, key":       {stackProps{sample: "go", upstream: "https://api.openai.com/v1", upstreamKey: testSecret}, ""},
		"upstream of Bedrock": {stackProps{sample: "go", upstream: bedrockEndpoint, upstreamModels: "openai.gpt-oss-20b-1:0"}, ""},
		"upstream without a key": {
			stackProps{sample: "go", upstream: "https://api.openai.com/v1"},
			`streamfront: upstream is "https://api.openai.com/v1", which needs a key; set upstreamKey to the ARN of a secret that holds it`,
		},
		"upstream of Bedrock for all models": {
			stackProps{sample: "go", upstream: bedrockEndpoint},
			`streamfront: upstream is "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", of Amazon Bedrock; set upstreamModels to the models that the function may call, such as openai.gpt-oss-20b-1:0`,
		},
		"upstream of Bedrock, wildcard": {
			stackProps{sample: "go", upstream: bedrockEndpoint, upstreamModels: "openai.gpt-oss-20b-1:0,*"},
			`streamfront: upstreamModels has "*"; use the id of a foundation model, such as openai.gpt-oss-20b-1:0`,
		},
		"upstream, model": {
			stackProps{sample: "go", upstream: bedrockEndpoint, upstreamModels: "a.b", bedrockModel: "amazon.nova-lite-v1:0"},
			`streamfront: upstream is "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", and bedrockModel "amazon.nova-lite-v1:0"; choose one`,
		},
		"node, upstream": {
			stackProps{sample: "node", upstream: bedrockEndpoint},
			`streamfront: upstream is "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", which the Node.js sample does not call; use the Go sample`,
		},
		"key of no upstream": {
			stackProps{sample: "go", upstreamKey: testSecret},
			`streamfront: upstreamKey is "` + testSecret + `" and upstreamModels "", but there is no upstream; set it, or leave them out`,
		},
		"model of another region": {
			stackProps{sample: "go", region: "eu-west-1", bedrockModel: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"},
			`streamfront: bedrockModel is "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", and the function calls Bedrock in its own region eu-west-1; name one of that region`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := errorText(test.props.validate()); got != test.want {
				t.Errorf("validate = %q, want %q", got, test.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
