package cloudfront

import (
	"crypto/tls"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestWhichHeadersAboutTheViewerCount(t *testing.T) {
	t.Parallel()
	everything := slices.Sorted(maps.Keys(aboutViewer))
	named := Selection{Names: []string{"Accept", "Cloudfront-Viewer-Address", "Cloudfront-Viewer-Country", "Cloudfront-Is-Mobile-Viewer"}}
	for name, test := range map[string]struct {
		cache, policy Selection
		want, unmade  []string
	}{
		"none":                {},
		"all":                 {policy: Selection{All: true}, want: everything},
		"all but one":         {policy: Selection{All: true, Names: []string{"Cloudfront-Forwarded-Proto", "Cloudfront-Viewer-Asn"}}, want: everything[1:]},
		"named by the policy": {policy: named, want: []string{"Cloudfront-Is-Mobile-Viewer", "Cloudfront-Viewer-Address"}, unmade: []string{"Cloudfront-Viewer-Country"}},
		"in the cache key":    {cache: named, want: []string{"Cloudfront-Is-Mobile-Viewer", "Cloudfront-Viewer-Address"}, unmade: []string{"Cloudfront-Viewer-Country"}},
		"in both":             {cache: named, policy: named, want: []string{"Cloudfront-Is-Mobile-Viewer", "Cloudfront-Viewer-Address"}, unmade: []string{"Cloudfront-Viewer-Country"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &Behavior{Cache: &CachePolicy{Headers: test.cache}, Policy: &OriginRequestPolicy{CloudFront: test.policy}}
			got := viewerHeaders(&http.Request{Proto: "HTTP/1.1", RemoteAddr: "127.0.0.1:4711", Header: http.Header{}}, b)
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, test.want) {
				t.Errorf("headers = %q, want %q", names, test.want)
			}
			if unmade := Unmade(b); !slices.Equal(unmade, test.unmade) {
				t.Errorf("unmade = %q, want %q", unmade, test.unmade)
			}
		})
	}
}

func TestHeadersAboutTheViewer(t *testing.T) {
	t.Parallel()
	all := &Behavior{Cache: &CachePolicy{}, Policy: &OriginRequestPolicy{CloudFront: Selection{All: true}}}
	got := viewerHeaders(&http.Request{
		Proto: "HTTP/2.0", RemoteAddr: "127.0.0.1:4711", Header: http.Header{"A": {"1", "2"}, "B": {"3"}},
		TLS: &tls.ConnectionState{Version: tls.VersionTLS12, CipherSuite: tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, DidResume: true},
	}, all)
	for name, want := range map[string]string{
		"Cloudfront-Viewer-Http-Version": "2.0", "Cloudfront-Viewer-Address": "127.0.0.1:4711", "Cloudfront-Viewer-Header-Count": "4",
		"Cloudfront-Viewer-Tls": "TLSv1.2:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:sessionResumed", "Cloudfront-Forwarded-Proto": "https",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	for agent, want := range map[string]string{
		"": "desktop", "curl/8.5.0": "desktop",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":            "desktop",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148": "ios mobile",
		"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148":          "ios tablet",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":      "android mobile",
		"Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":             "android tablet",
		"Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/8.0 TV Safari/537.36":               "smarttv",
	} {
		got := viewerHeaders(&http.Request{Header: http.Header{"User-Agent": {agent}}}, all)
		var is []string
		for _, kind := range []string{"android", "desktop", "ios", "mobile", "smarttv", "tablet"} {
			if got[http.CanonicalHeaderKey("Cloudfront-Is-"+kind+"-Viewer")] == "true" {
				is = append(is, kind)
			}
		}
		if strings.Join(is, " ") != want {
			t.Errorf("%s: %q, want %q", agent, is, want)
		}
	}
}
