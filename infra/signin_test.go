package main

import (
	"strings"
	"testing"
)

// Who signs in is known to the edge, the function and the page; the page itself is for all.
func TestSignIn(t *testing.T) {
	t.Chdir("..") // where cdk.json is
	for name, test := range map[string]struct {
		props  stackProps
		issuer string
		want   map[string]string // variables of the function: a part of each
	}{
		"cognito": {
			stackProps{sample: "go", uploads: "false", auth: "cognito", callback: "https://d1.cloudfront.net/", allowedOrigins: "https://a.example,https://b.example"},
			"ProviderName",
			map[string]string{"AUTH_ISSUER": "https://", "AUTH_CLIENT_ID": "${", "AUTH_AUDIENCE": "${", "AUTH_TOKEN_USE": "access", "AUTH_URL": ".auth.eu-west-1.amazoncognito.com"},
		},
		"jwt": {
			stackProps{sample: "go", uploads: "false", auth: "jwt", issuer: "https://idp.example.com/", audience: "api,web", clientID: "web", scope: "openid chat", issuerOrigins: "https://tokens.example.com", allowedOrigins: "https://a.example,https://b.example"},
			"https://idp.example.com/",
			map[string]string{"AUTH_ISSUER": "https://idp.example.com/", "AUTH_AUDIENCE": "api,web", "AUTH_CLIENT_ID": "web", "AUTH_SCOPE": "openid chat", "AUTH_ISSUER_ORIGINS": "https://tokens.example.com"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			template := synthesize(t, test.props)
			variables := environment(t, template)
			for variable, part := range test.want {
				if got, _ := variables[variable].(string); !strings.Contains(got, part) {
					t.Errorf("%s = %q, want %q in it", variable, got, part)
				}
			}
			for variable := range variables {
				if strings.HasPrefix(variable, "API_KEY") {
					t.Errorf("the function asks for an API key, too: %s", variable)
				}
			}
			guarded, open := 0, 0
			for _, resource := range template["Resources"].(object) {
				properties, _ := resource.(object)["Properties"].(object)
				config, ok := properties["DistributionConfig"].(object)
				if !ok {
					continue
				}
				for _, o := range config["Origins"].([]any) {
					if headers := flat(o.(object)["OriginCustomHeaders"]); strings.Contains(headers, "x-streamfront-jwt-issuer") && strings.Contains(headers, test.issuer) {
						guarded++
						if !strings.Contains(headers, "https://a.example https://b.example") {
							t.Errorf("pages of allowed origins cannot read a refusal: %s", headers)
						}
					} else {
						open++
					}
				}
				var paths []string
				for _, b := range config["CacheBehaviors"].([]any) {
					paths = append(paths, b.(object)["PathPattern"].(string))
				}
				if got := strings.Join(paths, " "); got != "/ /healthz" {
					t.Errorf("routes %s, want / and /healthz, which are open", got)
				}
			}
			if guarded != 1 || open != 1 {
				t.Errorf("%d origins with the authorizer's configuration and %d without, want one of each", guarded, open)
			}
		})
	}
}
