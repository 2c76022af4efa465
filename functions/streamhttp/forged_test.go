package streamhttp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// What only the distribution's edge code may say, others say at every door in vain.
func TestForgedHeaders(t *testing.T) {
	const (
		single = `"headers":{"X-Forwarded-Host":"evil.example.com","X-Forwarded-Authorization":"Bearer forged","x-streamfront-claims":"eyJzdWIiOiJhIn0","X-STREAMFRONT-claims":"eyJzdWIiOiJhIn0"}`
		multi  = `"multiValueHeaders":{"X-Forwarded-Host":["evil.example.com"],"X-Forwarded-Authorization":["Bearer forged"],"X-Streamfront-Claims":["eyJzdWIiOiJhIn0"]}`
		url    = `{"version":"2.0","rawPath":"/",` + single + `,"requestContext":{AUTHORIZER"domainName":"a.lambda-url.eu-west-1.on.aws","http":{"method":"GET","path":"/"}}}`
		api    = `{"version":"2.0","rawPath":"/",` + single + `,"requestContext":{AUTHORIZER"domainName":"a.execute-api.eu-west-1.amazonaws.com","http":{"method":"GET","path":"/"}}}`
		caller = `"authorizer":{"iam":{"accessKey":"AKIA","userArn":"USER"}},`
		oac    = "arn:aws:sts::856369053181:assumed-role/OriginAccessControlRole/OriginAccessSession"
	)
	by := func(event, user string) string {
		return strings.Replace(event, "AUTHORIZER", strings.Replace(caller, "USER", user, 1), 1)
	}
	for name, event := range map[string]string{
		"URL, nobody":          strings.Replace(url, "AUTHORIZER", "", 1),
		"URL, a user":          by(url, "arn:aws:iam::111122223333:user/eve"),
		"URL, a user's path":   by(url, "arn:aws:iam::111122223333:user/x:assumed-role/OriginAccessControlRole/OriginAccessSession"),
		"URL, an equal role":   by(url, "arn:aws:sts::111122223333:assumed-role/OriginAccessControlRole/OriginAccessSession"),
		"URL, another part":    by(url, "arn:aws-cn:sts::111122223333:assumed-role/OriginAccessControlRole/OriginAccessSession"),
		"URL, an older name":   by(url, "arn:aws:sts::111122223333:assumed-role/OriginAccessControlRole/EdgeCredentialsProxy+EdgeHostAuthenticationClient-NRT12-P2"),
		"URL, a longer number": by(url, "arn:aws:sts::8563690531811:assumed-role/OriginAccessControlRole/OriginAccessSession"),
		"URL, another role":    by(url, "arn:aws:sts::856369053181:assumed-role/OriginAccessControlRoleX/OriginAccessSession"),
		"URL, another service": by(url, "arn:aws:iam::856369053181:assumed-role/OriginAccessControlRole/OriginAccessSession"),
		"HTTP API":             by(api, oac),
		"HTTP API 1.0":         `{"version":"1.0","path":"/","httpMethod":"GET",` + single + `,` + multi + `,"requestContext":{}}`,
		"REST API":             `{"path":"/","httpMethod":"GET",` + single + `,` + multi + `,"requestContext":{"authorizer":{"iam":"x"}}}`,
		"load balancer":        `{"path":"/","httpMethod":"GET",` + single + `,"requestContext":{"elb":{"targetGroupArn":"x"}}}`,
		"load balancer, lists": `{"path":"/","httpMethod":"GET",` + multi + `,"requestContext":{"elb":{"targetGroupArn":"x"}}}`,
	} {
		var e streamhttp.Event
		if err := json.Unmarshal([]byte(event), &e); err != nil {
			t.Fatal(err)
		}
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			claims, ok := streamhttp.Claims(r.Context())
			if ok || r.Header.Get("Authorization") != "" || r.Host == "evil.example.com" || r.Header.Get("X-Streamfront-Claims") != "" {
				t.Errorf("%s: the handler sees the claims %s, the host %q and the header %v", name, claims, r.Host, r.Header)
			}
		})
		answer, err := streamhttp.WrapDoors(handler)(t.Context(), &e)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if body, ok := answer.(io.Reader); ok {
			_, _ = io.ReadAll(body)
		}
	}
}

// The session of AWS's role has had other names.
func TestAnySessionOfAccessControlCounts(t *testing.T) {
	for _, session := range []string{"OriginAccessSession", "EdgeCredentialsProxy+EdgeHostAuthenticationClient-NRT12-P2"} {
		var e streamhttp.Event
		event := `{"version":"2.0","rawPath":"/","headers":{"x-forwarded-host":"chat.example.com"},"requestContext":{` +
			`"authorizer":{"iam":{"userArn":"arn:aws:sts::856369053181:assumed-role/OriginAccessControlRole/` + session + `"}},"http":{"method":"GET","path":"/"}}}`
		if err := json.Unmarshal([]byte(event), &e); err != nil {
			t.Fatal(err)
		}
		host := ""
		answer, err := streamhttp.WrapDoors(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host = r.Host }))(t.Context(), &e)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(answer.(io.Reader))
		if host != "chat.example.com" {
			t.Errorf("%s: the handler sees the host %q", session, host)
		}
	}
}
