package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

const (
	invokeURL      = "lambda:InvokeFunctionUrl"
	invokeFunction = "lambda:InvokeFunction"
	service        = "cloudfront.amazonaws.com"
)

// A grant is an AWS::Lambda::Permission for CloudFront or for everybody.
type grant struct {
	properties    value
	function      string // the ARN that it is about; "": not known
	action        string
	public        bool // for every principal
	sourceARN     string
	sourceAccount string
	urlAuthType   string
	viaURL        bool
	unsure        bool // a condition is not known: it may let through
}

// readGrant returns nil for a permission of somebody else: of all services CloudFront
// alone calls function URLs.
func (c *checker) readGrant(res *assembly.Resource) *grant {
	p := c.properties(res)
	principal := p.at("Principal").text()
	if principal != service && principal != "*" {
		return nil
	}
	action := p.at("Action").text()
	if !allows(action, invokeURL) && !allows(action, invokeFunction) {
		return nil
	}
	g := &grant{
		properties: p, action: action, public: principal == "*",
		sourceARN:     p.at("SourceArn").text(),
		sourceAccount: p.at("SourceAccount").text(),
		urlAuthType:   p.at("FunctionUrlAuthType").text(),
		viaURL:        p.at("InvokedViaFunctionUrl").yes(),
	}
	for _, name := range []string{"SourceArn", "SourceAccount", "FunctionUrlAuthType"} {
		g.unsure = g.unsure || p.at(name).there() && p.at(name).text() == ""
	}
	switch name := p.at("FunctionName").text(); {
	case name == "":
	case strings.HasPrefix(name, "arn:"):
		g.function = name
	case strings.Contains(name, ":function:"):
		g.function = fmt.Sprintf("arn:aws:lambda:%s:%s", res.Stack.Region, name)
	default:
		g.function = fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", res.Stack.Region, res.Stack.Account, name)
	}
	return g
}

// allows tells whether a permission's action has the other in it.
func allows(action, want string) bool {
	return action == want || action == "lambda:*" || action == "*"
}

// checkGrants looks at each permission, and then at each pair of a distribution and a
// function URL behind it.
func (c *checker) checkGrants() {
	for _, g := range c.grants {
		c.checkGrant(g)
	}
	for _, d := range c.distributions {
		var done []*functionURL
		for _, o := range d.origins {
			if u := o.url; u != nil && !u.public() && !o.signed && !slices.Contains(done, u) {
				done = append(done, u)
				c.checkPair(d, u, invokeURL, causes.GrantURLMissing)
				c.checkPair(d, u, invokeFunction, causes.GrantFunctionMissing)
			}
		}
	}
}

func (c *checker) checkGrant(g *grant) {
	u := c.urlOf(g)
	if g.public {
		c.checkPublicGrant(g, u)
		return
	}
	arn := g.properties.at("SourceArn")
	own := g.sourceAccount != ""
	if parts := strings.SplitN(g.sourceARN, ":", 6); len(parts) == 6 {
		own = own || !strings.ContainsAny(parts[4], "*?") && parts[4] != ""
	}
	level := Error
	among := "of any account"
	if own {
		level, among = Warning, "of the account"
	}
	switch {
	case !arn.there():
		arn.find(causes.GrantTooWide, level, "is missing: every distribution %s may use %s", among, g.action)
	case strings.ContainsAny(g.sourceARN, "*?"):
		arn.find(causes.GrantTooWide, level, "is %s: every distribution %s that fits may use %s", g.sourceARN, among, g.action)
	}
	if allows(g.action, invokeFunction) && !g.viaURL {
		via := g.properties.at("InvokedViaFunctionUrl")
		if !via.unknown {
			via.find(causes.GrantWithoutViaURL, Warning, "is not true: the permission holds for the Invoke API, too")
		}
	}
	if g.action == invokeFunction && g.urlAuthType != "" {
		g.properties.at("FunctionUrlAuthType").find(causes.GrantFunctionMissing, Error, "is %s: Lambda takes it for %s only and refuses this permission", g.urlAuthType, invokeURL)
	}
}

// checkPublicGrant judges a permission for every principal.
func (c *checker) checkPublicGrant(g *grant, u *functionURL) {
	at := g.properties.at("Principal")
	switch {
	case g.sourceARN != "" || g.sourceAccount != "" || g.properties.at("PrincipalOrgID").there():
		// Somebody, though not CloudFront alone.
	case u != nil && u.public():
		// It goes with AuthType NONE, which is told at the URL.
	case g.urlAuthType == "NONE" && u != nil:
		at.find(causes.URLPublic, Warning, "is *, for URLs with AuthType NONE: as soon as %s has it, anyone calls the function", u.properties.res.Name())
	default:
		at.find(causes.URLPublic, Error, "is *: anyone may use %s", g.action)
	}
}

func (c *checker) urlOf(g *grant) *functionURL {
	i := slices.IndexFunc(c.urls, func(u *functionURL) bool { return u.target != "" && u.target == g.function })
	if i < 0 {
		return nil
	}
	return c.urls[i]
}

// checkPair finds out whether a distribution may use an action on the function of a URL.
func (c *checker) checkPair(d *distribution, u *functionURL, action string, rule causes.ID) {
	if u.target == "" {
		return // told where it was read
	}
	var others []*grant
	var misses []string
	for _, g := range c.grants {
		if !allows(g.action, action) {
			continue
		}
		miss := g.misses(d, u)
		switch {
		case miss == "" || g.function == "" || g.unsure && g.function == u.target:
			return // granted, or not known, which was told
		case g.function == u.target && !g.public && miss == otherDistribution:
			if c.forNobody(g, u) {
				others = append(others, g)
			}
		case miss != otherFunction || c.comesNear(g, d):
			misses = append(misses, g.properties.res.Name()+" "+miss)
		}
	}
	if len(others) > 0 {
		for _, g := range others {
			g.properties.at("SourceArn").find(causes.GrantOtherDistribution, Error, "is %s, which is not %s, the distribution before %s", g.sourceARN, d.properties.res.Name(), u.properties.res.Name())
		}
		return
	}
	but := ""
	if len(misses) > 0 {
		but = "; " + strings.Join(misses, "; ")
	}
	u.properties.find(rule, Error, "no permission lets %s use %s%s", d.properties.res.Name(), action, but)
}

const (
	otherDistribution = "is for another distribution"
	otherFunction     = "is for another function"
)

// comesNear tells whether a permission for another function may have been meant for this
// one: it is for the distribution, and its function has no URL that would need it.
func (c *checker) comesNear(g *grant, d *distribution) bool {
	return !g.public && c.urlOf(g) == nil && g.sourceARN != "" && d.is(g.sourceARN)
}

// misses says why a permission does not let the distribution call the URL; "" if it does.
func (g *grant) misses(d *distribution, u *functionURL) string {
	function, _ := splitARN(u.target)
	switch named, qualifier := splitARN(g.function); {
	case g.function == u.target:
	case named == function && qualifier == "":
		return "is for the function without the alias that the URL is of"
	case named == function:
		return "is for the qualifier " + qualifier + ", and the URL is not of that"
	default:
		return otherFunction
	}
	switch {
	case g.urlAuthType != "" && g.urlAuthType != u.authType:
		return "is for URLs with AuthType " + g.urlAuthType
	case g.sourceAccount != "" && d.properties.res.Stack.Own(g.sourceAccount) != d.properties.res.Stack.Account:
		return "is for the account " + g.sourceAccount
	case g.sourceARN != "" && !d.is(g.sourceARN):
		return otherDistribution
	}
	return ""
}

// forNobody tells whether a permission is for none of the distributions before the URL.
func (c *checker) forNobody(g *grant, u *functionURL) bool {
	return !slices.ContainsFunc(c.distributions, func(d *distribution) bool {
		return d.is(g.sourceARN) && slices.ContainsFunc(d.origins, func(o *origin) bool { return o.url == u })
	})
}
