package apigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/template"
)

// A Plan is a usage plan: which keys may call which stages, and how often.
type Plan struct {
	template.Place

	ID     string
	Stages []string // "API stage"
	Keys   []*Key
	Limits throttle.Limits
	Quota  int // requests in a period; 0: any number
	Period string
}

// A Key is an API key.
type Key struct {
	template.Place

	ID      string
	Name    string
	Value   string
	Made    bool // the value is made up here, since API Gateway makes it
	Enabled bool
}

// readPlans reads the usage plans and their keys.
func (r *reading) readPlans() {
	keys := map[string]*Key{}
	for _, res := range r.each("AWS::ApiGateway::ApiKey") {
		id, err := res.Attribute("")
		if err != nil {
			continue
		}
		k := &Key{Place: template.Place{Resource: res}, ID: id, Name: res.Name()}
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			defer of.SkipAll()
			value := of.Text("Value")
			k.Value, k.Enabled = value.V, of.Bool("Enabled").V
			if k.Made = value.V == ""; k.Made {
				sum := sha256.Sum256([]byte("api key " + res.Name() + " " + id))
				k.Value = "local" + hex.EncodeToString(sum[:])[:35]
			}
		})
		keys[id] = k
	}
	plans := map[string]*Plan{}
	var all []*Plan
	for _, res := range r.each("AWS::ApiGateway::UsagePlan") {
		id, err := res.Attribute("")
		if err != nil {
			continue
		}
		p := &Plan{Place: template.Place{Resource: res}, ID: id}
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			defer of.SkipAll()
			p.Limits = throttle.Read(of.Object("Throttle"), "RateLimit", "BurstLimit")
			quota := of.Object("Quota")
			p.Quota, p.Period = quota.Number("Limit").V, quota.Text("Period").V
			stages, _ := of.Objects("ApiStages")
			for _, s := range stages {
				p.Stages = append(p.Stages, s.Text("ApiId").V+" "+s.Text("Stage").V)
			}
		})
		plans[id] = p
		all = append(all, p)
	}
	for _, res := range r.each("AWS::ApiGateway::UsagePlanKey") {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			defer of.SkipAll()
			if p, k := plans[of.Text("UsagePlanId").V], keys[of.Text("KeyId").V]; p != nil && k != nil {
				p.Keys = append(p.Keys, k)
			}
		})
	}
	for _, api := range r.apis {
		api.plans = all
		for _, p := range all {
			if !slices.ContainsFunc(p.Stages, func(s string) bool { return len(s) > len(api.ID) && s[:len(api.ID)+1] == api.ID+" " }) {
				continue
			}
			for _, k := range p.Keys {
				note := fmt.Sprintf("API Gateway makes the value of the API key %s; here it is %s", k.Name, k.Value)
				if k.Made && !slices.Contains(api.Notes, note) {
					api.Notes = append(api.Notes, note)
				}
			}
		}
	}
}

// plan returns the usage plan by which a key may call a stage, and the key; nil if it may not.
func (a *API) plan(stage, value string) (*Plan, *Key) {
	for _, p := range a.plans {
		if !slices.Contains(p.Stages, a.ID+" "+stage) {
			continue
		}
		for _, k := range p.Keys {
			if k.Enabled && value != "" && k.Value == value {
				return p, k
			}
		}
	}
	return nil, nil
}
