package aws_test

import (
	"strings"
	"testing"
)

// corsConfig is one that CloudFront takes.
func corsConfig(more object) object {
	items := func(values ...any) object { return object{"Items": values} }
	c := object{
		"AccessControlAllowOrigins": items("https://*.example.com", "http://localhost:3000"), "AccessControlAllowMethods": items("GET", "POST"),
		"AccessControlAllowHeaders": items("Authorization"), "AccessControlExposeHeaders": items("X-Id"), "AccessControlMaxAgeSec": 600,
		"AccessControlAllowCredentials": true, "OriginOverride": true,
	}
	for name, v := range more {
		c[name] = v
	}
	return c
}

// Every part of a policy is served; of each property what AWS refuses is refused.
func TestResponseHeadersPolicies(t *testing.T) {
	t.Parallel()
	items := func(values ...any) object { return object{"Items": values} }
	for name, test := range map[string]struct {
		policy object
		want   string // where, and what; "": it is served
	}{
		"CORS":                       {object{"CorsConfig": corsConfig(nil)}, ""},
		"CORS for everyone":          {object{"CorsConfig": corsConfig(object{"AccessControlAllowOrigins": items("*"), "AccessControlAllowHeaders": items("*"), "AccessControlAllowMethods": items("ALL"), "AccessControlAllowCredentials": false})}, ""},
		"Server-Timing":              {object{"ServerTimingHeadersConfig": object{"Enabled": true, "SamplingRate": 12.3456}}, ""},
		"removed headers":            {object{"RemoveHeadersConfig": items(object{"Header": "X-Powered-By"}, object{"Header": "Server"}, object{"Header": "Date"})}, ""},
		"custom headers":             {object{"CustomHeadersConfig": items(object{"Header": "X-A", "Value": "a", "Override": true}, object{"Header": "X-B", "Override": false})}, ""},
		"a method that is none":      {object{"CorsConfig": corsConfig(object{"AccessControlAllowMethods": items("GET", "PROPFIND")})}, `CorsConfig.AccessControlAllowMethods has "PROPFIND": CloudFront accepts DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, or ALL`},
		"any method by star":         {object{"CorsConfig": corsConfig(object{"AccessControlAllowMethods": items("*")})}, `CorsConfig.AccessControlAllowMethods has "*": CloudFront accepts DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, or ALL`},
		"a star on the right":        {object{"CorsConfig": corsConfig(object{"AccessControlAllowOrigins": items("https://example.*")})}, `CorsConfig.AccessControlAllowOrigins has "https://example.*": CloudFront accepts a * as the leftmost part of a name only, as in https://*.example.com`},
		"a star in a name":           {object{"CorsConfig": corsConfig(object{"AccessControlAllowOrigins": items("exa*mple.org")})}, `CorsConfig.AccessControlAllowOrigins has "exa*mple.org": CloudFront accepts a * as the leftmost part of a name only, as in https://*.example.com`},
		"everyone's credentials":     {object{"CorsConfig": corsConfig(object{"AccessControlAllowOrigins": items("*")})}, "CorsConfig.AccessControlAllowOrigins has *, and AccessControlAllowCredentials is true: CloudFront accepts only one of the two"},
		"credentials and any header": {object{"CorsConfig": corsConfig(object{"AccessControlAllowHeaders": items("*")})}, "CorsConfig.AccessControlAllowHeaders has *, and AccessControlAllowCredentials is true: CloudFront accepts only one of the two"},
		"no origins":                 {object{"CorsConfig": corsConfig(object{"AccessControlAllowOrigins": object{"Items": list{}}})}, "CorsConfig.AccessControlAllowOrigins is empty: CloudFront accepts a policy with at least one value there"},
		"no word of credentials":     {object{"CorsConfig": corsConfig(object{"AccessControlAllowCredentials": nil})}, "CorsConfig.AccessControlAllowCredentials is missing"},
		"a negative age":             {object{"CorsConfig": corsConfig(object{"AccessControlMaxAgeSec": -1})}, "CorsConfig.AccessControlMaxAgeSec is -1: CloudFront accepts 0 and more"},
		"a rate over 100":            {object{"ServerTimingHeadersConfig": object{"Enabled": true, "SamplingRate": 100.5}}, "ServerTimingHeadersConfig.SamplingRate is 100.5: CloudFront accepts 0 to 100"},
		"a rate in words":            {object{"ServerTimingHeadersConfig": object{"Enabled": true, "SamplingRate": "half"}}, "ServerTimingHeadersConfig.SamplingRate is half: CloudFront accepts 0 to 100"},
		"a header that stays":        {object{"RemoveHeadersConfig": items(object{"Header": "x-amzn-RequestId"})}, "RemoveHeadersConfig.Items[0].Header is x-amzn-RequestId: CloudFront does not take it as a header to remove"},
		"one of CloudFront's":        {object{"RemoveHeadersConfig": items(object{"Header": "X-Amz-Cf-Pop"})}, "RemoveHeadersConfig.Items[0].Header is X-Amz-Cf-Pop: CloudFront does not take it as a header to remove"},
		"a long policy": {
			object{"SecurityHeadersConfig": object{"ContentSecurityPolicy": object{"ContentSecurityPolicy": strings.Repeat("x", 1784), "Override": true}}},
			"SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy has 1784 bytes: AWS accepts 1783",
		},
		"block and report": {
			object{"SecurityHeadersConfig": object{"XSSProtection": object{"Protection": true, "ModeBlock": true, "ReportUri": "https://a.example", "Override": true}}},
			"SecurityHeadersConfig.XSSProtection.ReportUri is set, and ModeBlock is true: CloudFront accepts one of them",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			test.policy["Name"] = "headers"
			f.site["Headers"] = object{"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": object{"ResponseHeadersPolicyConfig": test.policy}}
			f.behavior()["ResponseHeadersPolicyId"] = ref("Headers")
			m, err := f.read(t)
			if test.want == "" {
				if missing := m.Distributions[0].Behaviors[len(m.Distributions[0].Behaviors)-1].Unserved(); err != nil || len(missing) > 0 {
					t.Errorf("error = %v, not served: %v", err, missing)
				}
				return
			}
			if want := "Site/Headers: ResponseHeadersPolicyConfig." + test.want; err == nil || err.Error() != want {
				t.Errorf("error = %v\nwant    %s", err, want)
			}
		})
	}
}
