package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A pair is a distribution and a function URL behind it, which asks for signatures.
type pair struct {
	model        *Model
	distribution *Distribution
	url          *functionurl.URL
}

// PairRules are those about the permissions of a distribution to call a function URL.
var PairRules = []template.Rule[*pair]{
	{ID: causes.GrantURLMissing, Kind: template.Hole, Level: template.Error, Look: func(p *pair, r *template.Report) { p.missing(functionurl.InvokeURL, r) }},
	{ID: causes.GrantFunctionMissing, Kind: template.Hole, Level: template.Error, Look: func(p *pair, r *template.Report) { p.missing(functionurl.InvokeFunction, r) }},
	{ID: causes.GrantOtherDistribution, Kind: template.Hole, Level: template.Error, Look: otherDistributions},
}

func (m *Model) judgeGrants(log *template.Log) {
	for _, d := range m.Distributions {
		var done []*functionurl.URL
		for _, o := range d.Origins {
			if u := o.URL; u != nil && !u.Public() && !o.signedAtTheEdge() && u.ARN != "" && !slices.Contains(done, u) {
				done = append(done, u)
				template.Judge(PairRules, &pair{m, d, u}, log)
			}
		}
	}
}

// Why a permission does not let the distribution call the URL.
const (
	isForAnotherDistribution = "is for another distribution"
	isForAnotherFunction     = "is for another function"
)

// look goes through the permissions of an action: it is granted, or may be; or there are
// some for other distributions, or some that come near.
func (p *pair) look(action string) (granted bool, others []*functionurl.Grant, near []string) {
	u := p.url
	for _, g := range p.model.urls.Grants {
		if !g.ForViewers() || !g.Covers(action) {
			continue
		}
		unsure := !g.SourceARN.Known() || !g.SourceAccount.Known() || !g.URLAuthType.Known()
		miss := p.miss(g)
		switch {
		case miss == "" || g.Function == "" || unsure && g.Function == u.ARN:
			return true, nil, nil // granted, or not known, which was found
		case g.Function == u.ARN && !g.Public() && miss == isForAnotherDistribution:
			if p.forNobody(g) {
				others = append(others, g)
			}
		case miss != isForAnotherFunction || p.comesNear(g):
			near = append(near, g.Name+" "+miss)
		}
	}
	return false, others, near
}

func (p *pair) missing(action string, r *template.Report) {
	granted, others, near := p.look(action)
	if granted || len(others) > 0 {
		return
	}
	but := ""
	if len(near) > 0 {
		but = "; " + strings.Join(near, "; ")
	}
	r.Error(p.url.Place, "no permission lets %s use %s%s", p.distribution.Name, action, but)
}

func otherDistributions(p *pair, r *template.Report) {
	for _, action := range []string{functionurl.InvokeURL, functionurl.InvokeFunction} {
		_, others, _ := p.look(action)
		for _, g := range others {
			r.Error(g.SourceARN.Place, "is %s, which is not %s, the distribution before %s", g.SourceARN.V, p.distribution.Name, p.url.Name)
		}
	}
}

// comesNear reports whether a permission for another function may have been meant for this
// one: it is for the distribution, and its function has no URL that would need it.
func (p *pair) comesNear(g *functionurl.Grant) bool {
	return !g.Public() && g.URL == nil && g.SourceARN.V != "" && p.distribution.Is(g.SourceARN.V)
}

// miss says why a permission does not let the distribution call the URL; "" if it does.
func (p *pair) miss(g *functionurl.Grant) string {
	u, d := p.url, p.distribution
	function, _ := lambda.SplitARN(u.ARN)
	switch named, qualifier := lambda.SplitARN(g.Function); {
	case g.Function == u.ARN:
	case named == function && qualifier == "":
		return "is for the function without the alias that the URL is of"
	case named == function:
		return "is for the qualifier " + qualifier + ", and the URL is not of that"
	default:
		return isForAnotherFunction
	}
	switch stack := d.Resource.Stack; {
	case g.URLAuthType.V != "" && g.URLAuthType.V != u.AuthType.V && u.AuthType.Known():
		return "is for URLs with AuthType " + g.URLAuthType.V
	case g.SourceAccount.V != "" && stack.Own(g.SourceAccount.V) != stack.Account:
		return "is for the account " + g.SourceAccount.V
	case g.SourceARN.V != "" && !d.Is(g.SourceARN.V):
		return isForAnotherDistribution
	}
	return ""
}

// forNobody reports whether a permission is for none of the distributions before the URL.
func (p *pair) forNobody(g *functionurl.Grant) bool {
	return !slices.ContainsFunc(p.model.Distributions, func(d *Distribution) bool {
		return d.Is(g.SourceARN.V) && slices.ContainsFunc(d.Origins, func(o *Origin) bool { return o.URL == p.url })
	})
}
