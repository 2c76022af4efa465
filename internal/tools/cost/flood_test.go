package cost

import (
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
)

// By hand, from the prices.
func TestFloodByHand(t *testing.T) {
	g := Defaults
	// WAF, CloudFront, its function, and a signer of 3 ms in 128 MB; 1 KB out.
	edge := 0.60 + 1.00 + 0.10 + 0.60 + 1e6*0.003*0.125*0.00005001 + 1e6*1024/(1<<30)*0.085
	for name, test := range map[string]struct{ got, want float64 }{
		"blocked":                 {endings[0].million(g, usEast), 0.60},
		"at the edge":             {endings[1].million(g, usEast), edge},
		"no execution is free":    {endings[2].million(g, usEast), edge},
		"refused":                 {endings[3].million(g, usEast), edge + 0.20 + 1e6*0.01*0.5*0.0000133334},
		"over the quota":          {endings[4].million(g, usEast), edge + 0.20 + 1e6*0.01*0.5*0.0000133334 + 0.625},
		"answered":                {endings[5].million(g, usEast), edge + 0.20 + 1e6*15*0.5*0.0000133334 + 0.625},
		"a month of ten":          {g.running(10, 30*86400), 172.80}, // 12,960,000 GB-s
		"its model":               {g.model(10, 30*86400), 1296},     // 1,296 million tokens
		"tokens of ten keys":      {g.ofKeys(), 2_000_000 + 10*4096},
		"seconds of ten keys":     {g.secondsOfKeys(), 864_000}, // the concurrency, less than 10 x 1,000 x 900
		"seconds with short ones": {Guard{Keys: 1, Requests: 10, Seconds: 60, Concurrency: 10}.secondsOfKeys(), 600},
	} {
		if math.Abs(test.got-test.want) > 0.01 {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
	for _, want := range []string{"| 10 | 173 | 1,296 | 24.48 |", "| 1 | 17,280,000 |"} {
		if !strings.Contains(Flood(g), want) {
			t.Errorf("the page has no %q:\n%s", want, Flood(g))
		}
	}
}

// The page is about the endpoint as the constructs make it.
func TestFloodIsThatOfTheConstructs(t *testing.T) {
	for _, of := range []struct {
		file, pattern string
		want          float64
	}{
		{"infra/streamfront/firewall.go", `p\.RateLimit = jsii\.Number\((\d+)\)`, Defaults.Rate},
		{"infra/operations/cost_guard.go", `orDefault\(p\.ReservedConcurrentExecutions, (\d+)\)`, Defaults.Concurrency},
		{"infra/stack.go", `p\.MemorySize = jsii\.Number\((\d+)\)`, Defaults.Memory},
		{"functions/stream/openai/handler.go", `DefaultMaxTokens = (\d+)`, Defaults.MaxTokens},
		{"infra/stack.go", `Duration_Minutes\(jsii\.Number\((\d+)\)\) // Lambda's longest`, Defaults.Seconds / 60},
	} {
		text, err := os.ReadFile("../../../" + of.file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(of.pattern).FindSubmatch(text)
		if m == nil || string(m[1]) != number(of.want) {
			t.Errorf("%s has %q, want %v", of.file, m, of.want)
		}
	}
}

func TestGuardIsChecked(t *testing.T) {
	for want, change := range map[string]func(*Guard){
		"memory is 0":      func(g *Guard) { g.Memory = 0 },
		"keys is -1":       func(g *Guard) { g.Keys = -1 },
		"per-second is Na": func(g *Guard) { g.PerSecond = math.NaN() },
	} {
		g := Defaults
		change(&g)
		if err := g.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
	if err := Defaults.Validate(); err != nil {
		t.Error(err)
	}
	for _, p := range []price{webACLRequests, tableWrites} {
		if p.known == "" || p.usEast <= 0 || p.tokyo <= 0 {
			t.Errorf("%s: %v, %v, %q", p.item, p.usEast, p.tokyo, p.known)
		}
	}
}

// What the arithmetic takes for granted says how sure it is, and where it comes from.
func TestFloodHasItsSources(t *testing.T) {
	page := Flood(Defaults)
	for _, s := range statements {
		switch s.confidence {
		case "documented":
			if !strings.Contains(s.source, "](https://") {
				t.Errorf("%s: source %q; want a page", s.says, s.source)
			}
		case "field report", "assumed":
		default:
			t.Errorf("%s: confidence %q", s.says, s.confidence)
		}
		if s.source == "" || !strings.Contains(page, "| "+s.says+" | "+s.confidence+" | "+s.source+" |") {
			t.Errorf("%s: source %q; want both on the page", s.says, s.source)
		}
	}
	for _, claim := range []string{"asks nothing for a request that the web ACL blocks", "an invocation that it throttles", "condition fails", "A budget knows"} {
		if !strings.Contains(page, claim) {
			t.Errorf("the page does not say where %q comes from", claim)
		}
	}
}
