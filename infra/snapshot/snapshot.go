// Package snapshot refuses changes of a template that would change an address, because they replace or
// delete a distribution, a function URL, an API or a load balancer. CloudFormation then makes a new
// resource with another DNS name, and callers are left with the old name.
//
// It compares two templates in JSON, as the CDK writes them in any language, and needs neither the CDK nor
// an account. A test of an app keeps the template that is deployed:
//
//	var update = flag.Bool("update", false, "record the template of what is deployed")
//
//	func TestAddressesStay(t *testing.T) {
//		dir := synthesize(t) // by your app, or by 'cdk synth --output'
//		snapshot.Keep(t, "testdata/Chat.template.json", filepath.Join(dir, "Chat.template.json"), *update)
//	}
package snapshot

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A Replacement is a resource with an address that a deployment would replace or delete.
type Replacement struct {
	LogicalID string
	Type      string // such as AWS::CloudFront::Distribution
	Reason    string
}

// String is one line: what is lost, why, and what to do.
func (r Replacement) String() string {
	return fmt.Sprintf("%s, %s, would change: %s", r.LogicalID, addresses[r.Type], r.Reason)
}

// addresses are the types with an address, each with the name of that address.
var addresses = map[string]string{
	"AWS::CloudFront::Distribution":             "the domain name of the distribution",
	"AWS::Lambda::Url":                          "the address of the function URL",
	"AWS::ApiGateway::RestApi":                  "the address of the REST API",
	"AWS::ApiGateway::Stage":                    "the address of the REST API's stage",
	"AWS::ApiGatewayV2::Api":                    "the address of the API",
	"AWS::ApiGatewayV2::Stage":                  "the address of the API's stage",
	"AWS::ElasticLoadBalancingV2::LoadBalancer": "the name of the load balancer",
}

// createOnly are the properties whose change makes CloudFormation replace a resource: of the addresses, and
// of what function URLs refer to. A test compares them with CloudFormation's schemas.
var createOnly = func() map[string][]string {
	var table map[string][]string
	if err := json.Unmarshal(createOnlyJSON, &table); err != nil {
		panic(err) // a test reads it, too
	}
	return table
}()

//go:embed createonly.json
var createOnlyJSON []byte

// Keep compares the template in a file with the recorded one in another, and fails the test for each
// address that would change. Other changes pass. With update it records the template; use that after a
// deployment, or for an intended change.
func Keep(t testing.TB, recorded, file string, update bool) {
	t.Helper()
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(recorded)
	switch {
	case os.IsNotExist(err) && !update:
		t.Fatalf("%s is not there; record it with -update, and commit it", recorded)
	case err != nil && !os.IsNotExist(err):
		t.Fatal(err)
	case err == nil:
		replacements, err := Compare(before, now)
		if err != nil {
			t.Fatalf("%s, %s: %v", recorded, file, err)
		}
		for _, r := range replacements {
			if update {
				t.Logf("recorded: %v", r)
			} else {
				t.Errorf("%v; if this is meant, record it with -update", r)
			}
		}
	}
	if update {
		if err := os.MkdirAll(filepath.Dir(recorded), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(recorded, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Compare returns the addresses that a deployment of one template over another would change, in
// the order of their logical ids.
func Compare(before, now []byte) ([]Replacement, error) {
	c := &comparison{reasons: map[string]string{}}
	var err error
	if c.before, err = read(before); err != nil {
		return nil, fmt.Errorf("the template before: %w", err)
	}
	if c.now, err = read(now); err != nil {
		return nil, fmt.Errorf("the template now: %w", err)
	}
	var found []Replacement
	for _, id := range slices.Sorted(maps.Keys(c.before)) {
		typ := c.before[id].Type
		if addresses[typ] == "" {
			continue
		}
		if reason := c.reason(id); reason != "" {
			found = append(found, Replacement{id, typ, reason})
		}
	}
	return found, nil
}

type resource struct {
	Type       string
	Properties map[string]any
}

func read(text []byte) (map[string]resource, error) {
	var template struct{ Resources map[string]resource }
	if err := json.Unmarshal(text, &template); err != nil {
		return nil, fmt.Errorf("not a template in JSON: %w", err)
	}
	if template.Resources == nil {
		return nil, fmt.Errorf("not a template: it has no Resources")
	}
	return template.Resources, nil
}

type comparison struct {
	before, now map[string]resource
	reasons     map[string]string // by logical id
}

// reason says why a resource is replaced or deleted; "" if it stays.
func (c *comparison) reason(id string) string {
	if reason, known := c.reasons[id]; known {
		return reason
	}
	c.reasons[id] = "" // a template has no circles, but may be wrong
	reason := c.judge(id)
	c.reasons[id] = reason
	return reason
}

func (c *comparison) judge(id string) string {
	before := c.before[id]
	now, there := c.now[id]
	switch {
	case !there:
		return "it is deleted" + c.instead(before.Type)
	case now.Type != before.Type:
		return fmt.Sprintf("its logical id is now that of a resource of type %s", now.Type)
	}
	for _, property := range createOnly[before.Type] {
		was, is := before.Properties[property], now.Properties[property]
		if !reflect.DeepEqual(was, is) {
			return fmt.Sprintf("%s was %s and is %s, which CloudFormation changes by a replacement; leave it as it was", property, text(was), text(is))
		}
		for _, other := range referred(is) {
			if _, existed := c.before[other]; !existed {
				continue
			}
			if reason := c.reason(other); reason != "" {
				return fmt.Sprintf("%s is of %s, which is replaced itself: %s", property, other, reason)
			}
		}
	}
	return ""
}

// instead names new resources of a type: the deleted one may be among them under another id.
func (c *comparison) instead(typ string) string {
	var added []string
	for id, r := range c.now {
		if _, existed := c.before[id]; r.Type == typ && !existed {
			added = append(added, id)
		}
	}
	slices.Sort(added)
	if len(added) == 0 {
		return "; keep the construct that defines it"
	}
	return fmt.Sprintf(", and %s is new; a logical id comes from the ids on the path of the construct, so give them back the names they had", strings.Join(added, ", "))
}

// referred returns the logical ids that a value refers to.
func referred(value any) []string {
	var ids []string
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			ids = append(ids, referred(element)...)
		}
	case map[string]any:
		for key, element := range v {
			switch e := element.(type) {
			case string:
				switch key {
				case "Ref":
					ids = append(ids, e)
				case "Fn::GetAtt":
					id, _, _ := strings.Cut(e, ".")
					ids = append(ids, id)
				case "Fn::Sub":
					ids = append(ids, substituted(e)...)
				}
			case []any:
				if name, ok := first(e).(string); ok && key == "Fn::GetAtt" {
					ids = append(ids, name)
					continue
				}
				if pattern, ok := first(e).(string); ok && key == "Fn::Sub" {
					ids = append(ids, substituted(pattern)...)
				}
				ids = append(ids, referred(e)...)
			default:
				ids = append(ids, referred(e)...)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// substituted returns what stands in ${} of a pattern, up to the name of an attribute.
func substituted(pattern string) []string {
	var ids []string
	for _, part := range strings.Split(pattern, "${")[1:] {
		name, _, closed := strings.Cut(part, "}")
		if closed && !strings.HasPrefix(name, "!") {
			id, _, _ := strings.Cut(name, ".")
			ids = append(ids, id)
		}
	}
	return ids
}

func text(value any) string {
	if value == nil {
		return "not there"
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was JSON before
	}
	return string(encoded)
}
