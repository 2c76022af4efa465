// Package cognito stands in for user pools of Amazon Cognito. It is an OpenID Connect provider
// with the endpoints, flows and tokens of a pool and its managed login, and with test users
// instead of real ones.
//
// Sources: Amazon Cognito Developer Guide, "User pool endpoints and managed login reference",
// "Understanding user pool JSON web tokens".
package cognito

import (
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// A Pool is a user pool.
type Pool struct {
	template.Place

	Name    string // "Stack/LogicalId"
	ID      string
	Region  string
	Domain  string // host of its managed login; "" if it has none
	Clients []*Client
	// Triggers are the Lambda functions that would change what the pool does.
	Triggers []string
}

// Host is where the issuer's documents are.
func (p *Pool) Host() string { return "cognito-idp." + p.Region + ".amazonaws.com" }

// Issuer is the claim iss of the pool's tokens.
func (p *Pool) Issuer() string { return "https://" + p.Host() + "/" + p.ID }

func (p *Pool) client(id string) *Client {
	for _, c := range p.Clients {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// A Client is an app client of a pool.
type Client struct {
	template.Place

	ID        string
	Secret    string         // "": a public client
	Flows     template.Texts // "code", "implicit", "client_credentials"
	Scopes    template.Texts // that it may ask for
	Callbacks template.Texts // where a sign-in may end
	Logouts   template.Texts // where a sign-out may end
	Access    time.Duration  // of access tokens
	IDTokens  time.Duration  // of ID tokens
	Refresh   time.Duration  // of refresh tokens
	Revokes   bool           // tokens may be revoked
	enabled   template.Bool  // the flows are on
}

// Read finds the pools of the assembly. Nothing of them stops the chain: what is not known
// before deployment is left out.
func Read(a *assembly.Assembly) []*Pool {
	quiet := &template.Log{}
	var pools []*Pool
	for _, res := range template.Each(a, "AWS::Cognito::UserPool", quiet) {
		id, err := res.Attribute("")
		if err != nil {
			continue
		}
		p := &Pool{Place: template.Place{Resource: res}, Name: res.Name(), ID: id, Region: res.Stack.Region}
		template.Read(res, quiet, func(r *template.Reader) {
			p.Triggers = r.Object("LambdaConfig").Names()
			r.SkipAll()
		})
		pools = append(pools, p)
	}
	of := func(r *template.Reader) *Pool {
		id := r.Text("UserPoolId")
		for _, p := range pools {
			if id.Is(p.ID) {
				return p
			}
		}
		return nil
	}
	for _, res := range template.Each(a, "AWS::Cognito::UserPoolClient", quiet) {
		template.Read(res, quiet, func(r *template.Reader) {
			if p := of(r); p != nil {
				if c := readClient(res, r); c != nil {
					p.Clients = append(p.Clients, c)
				}
			}
			r.SkipAll()
		})
	}
	for _, res := range template.Each(a, "AWS::Cognito::UserPoolDomain", quiet) {
		template.Read(res, quiet, func(r *template.Reader) {
			domain := r.Text("Domain")
			if p := of(r); p != nil && domain.Known() {
				p.Domain = domain.V
				if !strings.Contains(domain.V, ".") { // else a domain of one's own
					p.Domain += ".auth." + p.Region + ".amazoncognito.com"
				}
			}
			r.SkipAll()
		})
	}
	return pools
}

func readClient(res *assembly.Resource, r *template.Reader) *Client {
	id, err := res.Attribute("")
	if err != nil {
		return nil
	}
	c := &Client{
		Place: template.Place{Resource: res}, ID: id,
		Flows: r.Texts("AllowedOAuthFlows"), Scopes: r.Texts("AllowedOAuthScopes"),
		Callbacks: r.Texts("CallbackURLs"), Logouts: r.Texts("LogoutURLs"),
		enabled: r.Bool("AllowedOAuthFlowsUserPoolClient"),
	}
	if r.Bool("GenerateSecret").V {
		c.Secret, _ = res.Attribute("ClientSecret")
	}
	units := r.Object("TokenValidityUnits")
	// The defaults are documented: an hour, and 30 days.
	c.Access = validity(r, units, "AccessToken", time.Hour, time.Hour)
	c.IDTokens = validity(r, units, "IdToken", time.Hour, time.Hour)
	c.Refresh = validity(r, units, "RefreshToken", 24*time.Hour, 30*24*time.Hour)
	c.Revokes = r.Bool("EnableTokenRevocation", template.Default(true)).V
	return c
}

// validity reads how long a kind of token lives: without a unit hours, and days for refresh
// tokens.
func validity(r, units *template.Reader, token string, unit, otherwise time.Duration) time.Duration {
	n := r.Number(token + "Validity")
	switch units.Text(token).V {
	case "seconds":
		unit = time.Second
	case "minutes":
		unit = time.Minute
	case "hours":
		unit = time.Hour
	case "days":
		unit = 24 * time.Hour
	}
	if !n.Known() || n.V == 0 {
		return otherwise
	}
	return time.Duration(n.V) * unit
}
