package loopback_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/loopback"
)

func TestAdmit(t *testing.T) {
	t.Parallel()
	distribution := loopback.Rule{Names: []string{"d1.cloudfront.net", "Chat.example.com", "*.example.org"}}
	url := loopback.Rule{Names: []string{"id.lambda-url.us-east-1.on.aws"}, OwnPort: true}
	runtime := loopback.Rule{OwnPort: true, NoBrowser: true}
	for name, test := range map[string]struct {
		rule   loopback.Rule
		host   string
		header string // "Name: value"
		admits bool
	}{
		"localhost":                        {distribution, "localhost", "", true},
		"localhost with a port":            {distribution, "localhost:8080", "", true},
		"localhost as it is not written":   {distribution, "LocalHost:8080", "", true},
		"another port, forwarded to ours":  {distribution, "localhost:9999", "", true},
		"below localhost":                  {distribution, "app.localhost:8080", "", true},
		"127.0.0.1":                        {distribution, "127.0.0.1:8080", "", true},
		"another address of loopback":      {distribution, "127.1.2.3:8080", "", true},
		"::1":                              {distribution, "[::1]:8080", "", true},
		"::1 without a port":               {distribution, "[::1]", "", true},
		"IPv4 in IPv6":                     {distribution, "[::ffff:127.0.0.1]:8080", "", true},
		"its own name":                     {distribution, "d1.cloudfront.net", "", true},
		"an alias":                         {distribution, "chat.example.com", "", true},
		"an alias with a port":             {distribution, "chat.example.com:8080", "", true},
		"an alias in capitals":             {distribution, "CHAT.EXAMPLE.COM", "", true},
		"a wildcard":                       {distribution, "a.example.org", "", true},
		"a browser":                        {distribution, "localhost:8080", "Sec-Fetch-Site: cross-site", true},
		"two labels for an asterisk":       {distribution, "a.b.example.org", "", false},
		"no label for an asterisk":         {distribution, "example.org", "", false},
		"an empty label for an asterisk":   {distribution, ".example.org", "", false},
		"the asterisk itself":              {distribution, "*.example.org", "", true},
		"somebody else's":                  {distribution, "evil.example", "", false},
		"somebody else's, at our port":     {distribution, "evil.example:8080", "", false},
		"ends like localhost":              {distribution, "evillocalhost", "", false},
		"begins like localhost":            {distribution, "localhost.evil.example", "", false},
		"begins like an address":           {distribution, "127.0.0.1.evil.example", "", false},
		"begins like an alias":             {distribution, "chat.example.com.evil.example", "", false},
		"ends like an alias":               {distribution, "evilchat.example.com", "", false},
		"a fully qualified localhost":      {distribution, "localhost.", "", false},
		"every address":                    {distribution, "0.0.0.0:8080", "", false},
		"every address of IPv6":            {distribution, "[::]:8080", "", false},
		"an address of the network":        {distribution, "192.168.1.2:8080", "", false},
		"a short address":                  {distribution, "127.1", "", false},
		"an address as one number":         {distribution, "2130706433", "", false},
		"an address in octal":              {distribution, "0177.0.0.1", "", false},
		"an address with a zone":           {distribution, "[::1%25lo]:8080", "", false},
		"none":                             {distribution, "", "", false},
		"only a port":                      {distribution, ":8080", "", false},
		"a user before it":                 {distribution, "localhost@evil.example", "", false},
		"two ports":                        {distribution, "localhost:1:2", "", false},
		"a list":                           {distribution, "localhost, evil.example", "", false},
		"its name on AWS":                  {url, "id.lambda-url.us-east-1.on.aws", "", true},
		"its own port":                     {url, "127.0.0.1:1234", "", true},
		"its own port by name":             {url, "localhost:1234", "", true},
		"the port of another":              {url, "127.0.0.1:8080", "", false},
		"no port":                          {url, "localhost", "", false},
		"a page at a function URL":         {url, "127.0.0.1:1234", "Origin: https://a.example", true},
		"a runtime":                        {runtime, "127.0.0.1:1234", "", true},
		"a runtime that uses fetch":        {runtime, "127.0.0.1:1234", "Sec-Fetch-Mode: cors", true},
		"a page":                           {runtime, "127.0.0.1:1234", "Sec-Fetch-Site: same-origin", false},
		"a page that navigates":            {runtime, "127.0.0.1:1234", "Sec-Fetch-Dest: document", false},
		"a page of another origin":         {runtime, "127.0.0.1:1234", "Origin: https://evil.example", false},
		"a page without an origin":         {runtime, "127.0.0.1:1234", "Origin: null", false},
		"a rebound name at a runtime":      {runtime, "evil.example:1234", "", false},
		"a later header of browsers":       {runtime, "127.0.0.1:1234", "Sec-Fetch-Storage-Access: none", false},
		"its name on AWS, by another rule": {runtime, "id.lambda-url.us-east-1.on.aws", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1234}
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, here), "GET", "/", nil)
			r.Host = test.host
			if name, value, ok := strings.Cut(test.header, ": "); ok {
				r.Header.Set(name, value)
			}
			if err := test.rule.Admit(r); (err == nil) != test.admits {
				t.Errorf("Admit = %v, want admitted: %v", err, test.admits)
			} else if err != nil && test.header == "" && test.host != "" && !strings.Contains(err.Error(), test.host) {
				t.Errorf("Admit = %v, want it to name the host", err)
			}
		})
	}
}
