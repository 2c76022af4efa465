package cost

import (
	"fmt"
	"strings"
)

// A Guard is what bounds a flood: the limits of an endpoint, and what lies behind them.
type Guard struct {
	Memory      float64 // MB of the function
	Concurrency float64 // that is reserved for it
	Rate        float64 // requests of an IP address in five minutes
	Keys        float64 // that are in the wrong hands
	Requests    float64 // that a key may send in a day
	Tokens      float64 // that a key may use in a day
	MaxTokens   float64 // of an answer
	Seconds     float64 // that an answer may last
	PerSecond   float64 // tokens that the model writes in a second, for each answer
	Dollars     float64 // that a million of its tokens cost
}

// Defaults is the Guard of docs/flood.md: the sample, NewCostGuard and NewFirewall as they are,
// and a model of round numbers.
var Defaults = Guard{
	Memory: 512, Concurrency: 10, Rate: 2000, Keys: 10, Requests: 1000, Tokens: 200_000, MaxTokens: 4096, Seconds: 900, PerSecond: 50, Dollars: 1,
}

// Validate reports what of the guard cannot be.
func (g Guard) Validate() error {
	for _, of := range []struct {
		name  string
		value float64
	}{
		{"memory", g.Memory},
		{"concurrency", g.Concurrency},
		{"rate", g.Rate},
		{"keys", g.Keys},
		{"requests", g.Requests},
		{"tokens", g.Tokens},
		{"max-tokens", g.MaxTokens},
		{"seconds", g.Seconds},
		{"per-second", g.PerSecond},
		{"dollars", g.Dollars},
	} {
		if !(of.value > 0) {
			return fmt.Errorf("%s is %v; want a number over 0", of.name, of.value)
		}
	}
	return nil
}

// Prices that only a flood has to pay.
var (
	webACLRequests = price{"AWS WAF, requests", "million", 0.60, 0.60, "memory"}
	tableWrites    = price{"DynamoDB, on-demand writes", "million", 0.625, 0.715, "articles of 2025; Tokyo memory"}
)

// A statement is what the arithmetic rests on besides prices.
type statement struct{ says, confidence, source string }

var statements = []statement{
	{
		"CloudFront asks nothing for a request that the web ACL blocks, whatever it answers; AWS WAF asks for each that it inspects", "documented",
		"[AWS, What's New, 2024-11](https://aws.amazon.com/about-aws/whats-new/2024/11/amazon-cloudfront-charges-requests-blocked-aws-waf/), on requests since 2024-10-25",
	},
	{
		"Lambda asks nothing for an invocation that it throttles", "documented",
		"[Lambda Developer Guide, \"Types of metrics\"](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html): Invocations equals the requests billed, and a throttled one is none",
	},
	{
		"What CloudFront refuses by a function at the edge is paid as a request and as a run of that function", "assumed",
		"the price page knows no exception for it",
	},
	{
		"A write whose condition fails is paid as any other", "documented",
		"[DynamoDB Developer Guide, \"Working with items and attributes\"](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html), conditional writes",
	},
	{
		"A budget knows of costs 8 to 12 hours after they arose", "documented",
		"[AWS Cost Management User Guide, \"Managing your costs with AWS Budgets\"](https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html)",
	},
}

const (
	refusing = 0.01        // seconds, of a function that refuses a request
	refused  = 1 << 10     // bytes, in and out
	day      = 24 * 3600.0 // seconds
	days     = 30.0        // of a month
	delay    = 12 * 3600.0 // seconds until a budget knows: AWS updates costs up to three times a day, 8 to 12 hours apart (documented)
	account  = 1000.0      // concurrency of an account by default (documented)
	window   = 5 * 60.0    // seconds, of the rate rule
	writes   = 1.0         // of a request that a quota refuses: a condition that fails costs a write, too (documented)
	answer   = 15.0        // seconds, of an answer that nobody bounds further
)

// An ending is where a request ends, and what is paid for it until then.
type ending struct {
	where, paid string
	million     func(g Guard, r region) float64 // dollars for a million requests
}

var endings = []ending{
	{"the web ACL blocks it", "AWS WAF; CloudFront asks nothing for it", func(_ Guard, r region) float64 { return webACLRequests.in(r) }},
	{"the authorizer at the edge refuses it", "WAF, CloudFront, viewer function, signer", atEdge},
	{"no execution is free: 429", "the same; a throttled invocation is free", atEdge},
	{"the function refuses it: 401", "and the function for 10 ms", func(g Guard, r region) float64 { return atEdge(g, r) + invoked(g, r, refusing) }},
	{"the quota refuses it: 429", "and a write of DynamoDB", func(g Guard, r region) float64 {
		return atEdge(g, r) + invoked(g, r, refusing) + writes*tableWrites.in(r)
	}},
	{"it is answered, in 15 s", "and the function for 15 s; the model comes on top", func(g Guard, r region) float64 {
		return atEdge(g, r) + invoked(g, r, answer) + writes*tableWrites.in(r)
	}},
}

// atEdge is a million requests that come as far as the signer and its answer.
func atEdge(_ Guard, r region) float64 {
	w := Workload{Requests: million, In: refused, Out: refused}
	return webACLRequests.in(r) + cloudFrontRequests.in(r) + cloudFrontFunction.in(r) + signer(w, r) + million*refused/gb*cloudFrontOut.in(r)
}

// invoked is a million invocations.
func invoked(g Guard, r region, seconds float64) float64 {
	return lambda(Workload{Requests: million, Seconds: seconds, Memory: g.Memory}, r)
}

// running is what so many executions cost that run for a time without a pause, which is the
// same in both regions.
func (g Guard) running(concurrency, seconds float64) float64 {
	return concurrency * seconds * g.Memory / 1024 * lambdaDuration.in(usEast)
}

// model is what the tokens cost that the model writes meanwhile.
func (g Guard) model(concurrency, seconds float64) float64 {
	return concurrency * seconds * g.PerSecond / million * g.Dollars
}

// ofKeys are the tokens that the keys get out of a day: the quota, and what the last answers go
// beyond it, since tokens are counted when an answer has ended.
func (g Guard) ofKeys() float64 {
	beyond := min(g.Concurrency, g.Requests*g.Keys) * g.MaxTokens
	return g.Keys*g.Tokens + beyond
}

// secondsOfKeys is how long executions run for the keys in a day, at most.
func (g Guard) secondsOfKeys() float64 {
	return min(g.Keys*g.Requests*g.Seconds, g.Concurrency*day)
}

// Flood computes what a flood costs, by what stops it.
func Flood(g Guard) string {
	var b strings.Builder
	b.WriteString("### A million requests, by where they end\n\n| where | what is paid | us-east-1, $ | ap-northeast-1, $ |\n|---|---|---:|---:|\n")
	for _, e := range endings {
		fmt.Fprintf(&b, "| %s | %s | %.2f | %.2f |\n", e.where, e.paid, e.million(g, usEast), e.million(g, tokyo))
	}
	b.WriteString("\nWhat these sums, and those below, rest on besides prices:\n\n| statement | confidence | source |\n|---|---|---|\n")
	for _, s := range statements {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s.says, s.confidence, s.source)
	}

	fmt.Fprintf(&b, "\n### Reserved concurrency: a function of %v MB that never rests\n\n", g.Memory)
	fmt.Fprintf(&b, "| at once | function, $ a month | model, $ a month | both until a budget of AWS knows, 12 h, $ |\n|---:|---:|---:|---:|\n")
	for _, n := range []float64{g.Concurrency, 10 * g.Concurrency, account} {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", count(n), dollars(g.running(n, days*day)), dollars(g.model(n, days*day)),
			dollars(g.running(n, delay)+g.model(n, delay)))
	}
	fmt.Fprintf(&b, "\nThe model writes %v tokens a second for each answer, at $%s a million; the tokens that it reads come on top. %s at once are what an account has by default.\n",
		g.PerSecond, number(g.Dollars), count(account))

	fmt.Fprintf(&b, "\n### The rate rule: addresses that send %s requests in five minutes, and are not blocked\n\n", count(g.Rate))
	b.WriteString("| addresses | requests a month | refused by the function, $ a month | refused for want of executions, $ a month |\n|---:|---:|---:|---:|\n")
	for _, n := range []float64{1, 100, 10_000} {
		requests := n * g.Rate * days * day / window
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", count(n), count(requests), dollars(requests/million*endings[3].million(g, usEast)), dollars(requests/million*endings[2].million(g, usEast)))
	}

	fmt.Fprintf(&b, "\n### Quotas: %v keys that use all of theirs\n\n", g.Keys)
	b.WriteString("| for each key and day | tokens a day, at most | model, $ a month | function, $ a month, at most |\n|---|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| %s requests, %s tokens | %s | %s | %s |\n", count(g.Requests), count(g.Tokens), count(g.ofKeys()),
		dollars(days*g.ofKeys()/million*g.Dollars), dollars(g.running(1, days*g.secondsOfKeys())))
	fmt.Fprintf(&b, "| no quota, %v at once | %s | %s | %s |\n", g.Concurrency, count(g.Concurrency*day*g.PerSecond),
		dollars(g.model(g.Concurrency, days*day)), dollars(g.running(g.Concurrency, days*day)))
	fmt.Fprintf(&b, "\nTokens count when an answer has ended, so that as many answers of %s tokens as run at once go beyond the quota, with what the model reads for them. An answer lasts %v s at most.\n", count(g.MaxTokens), g.Seconds)

	b.WriteString("\n### Prices besides those of [which front](which-front.md#what-it-costs)\n\n| price, $ | for each | us-east-1 | ap-northeast-1 | known from |\n|---|---|---:|---:|---|\n")
	for _, p := range []price{webACLRequests, tableWrites} {
		fmt.Fprintf(&b, "| %s | %s | %v | %v | %s |\n", p.item, p.unit, number(p.usEast), number(p.tokyo), p.known)
	}
	return b.String()
}

// dollars are whole from 100 on: more digits would promise more than prices hold.
func dollars(f float64) string {
	if f < 100 {
		return fmt.Sprintf("%.2f", f)
	}
	return count(f)
}
