package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The custom resources by which CDK hands values from one region to another, by way of
// parameters of Systems Manager.
const (
	stringReader = "Custom::CrossRegionStringParameterReader" // of EdgeFunction
	exportWriter = "Custom::CrossRegionExportWriter"          // of crossRegionReferences
	exportReader = "Custom::CrossRegionExportReader"
	sdkCaller    = "Custom::AWS" // AwsCustomResource
)

// stored returns the value of a parameter of Systems Manager, if a stack of the assembly
// leaves it in the region of the account.
func (r *resolver) stored(name, account, region string) (any, error) {
	if v, ok := r.stack.assembly.given[storedPrefix+name]; ok {
		return v, nil
	}
	inner, err := r.enter(r.stack, "SSM parameter "+name+" in "+region)
	if err != nil {
		return nil, err
	}
	for _, s := range r.stack.nearest() {
		if s.Account != account {
			continue
		}
		other := inner.at(s)
		for res := range s.ofType("AWS::SSM::Parameter") {
			if s.Region != region || !other.is(res.properties["Name"], name) {
				continue
			}
			if exists, err := other.exists(res); err == nil && exists {
				return other.attribute(res, "Value")
			}
		}
		for res := range s.ofType(exportWriter) {
			writer, _ := res.properties["WriterProps"].(map[string]any)
			exports, _ := writer["exports"].(map[string]any)
			if v, ok := exports[name]; ok && other.is(writer["region"], region) {
				return other.resolve(v)
			}
		}
	}
	return nil, fmt.Errorf("no stack in %s has the SSM parameter %s: %s", region, name, option(storedPrefix+name))
}

// is reports whether a value is known to be the text.
func (r *resolver) is(value any, want string) bool {
	plain := r.plain(r.stack) // a name decides: it is not made up
	got, err := plain.text(value)
	return err == nil && got == want
}

// read returns an attribute of a custom resource that reads parameters of Systems Manager.
func (r *resolver) read(reader *Resource, attribute string) (any, error) {
	call, err := r.readerCall(reader, attribute)
	if err != nil {
		return nil, err
	}
	return r.stored(call.name, call.account, call.region)
}

// A storedCall is what a custom resource asks Systems Manager for.
type storedCall struct{ name, account, region string }

func (r *resolver) readerCall(reader *Resource, attribute string) (storedCall, error) {
	call := storedCall{account: r.stack.Account}
	var err error
	switch reader.Type {
	case stringReader:
		if call.region, err = r.text(reader.properties["Region"]); err != nil {
			return call, fmt.Errorf("property Region: %w", err)
		}
		if call.name, err = r.text(reader.properties["ParameterName"]); err != nil {
			return call, fmt.Errorf("property ParameterName: %w", err)
		}
		return call, nil
	case exportReader:
		properties, _ := reader.properties["ReaderProps"].(map[string]any)
		if call.region, err = r.text(properties["region"]); err != nil {
			return call, fmt.Errorf("property ReaderProps.region: %w", err)
		}
		if imports, _ := properties["imports"].(map[string]any); imports[attribute] == nil {
			return call, fmt.Errorf("it does not import %s", attribute)
		}
		call.name = attribute
		return call, nil
	}
	return r.sdkCall(reader)
}

var errOtherCall = errors.New("it calls something else than SSM's getParameter")

// sdkCall reads what an AwsCustomResource calls when it is created.
//
// Source: aws-cdk-lib/custom-resources, AwsSdkCall: the call is JSON in the property Create,
// of onUpdate, too, if there is no onCreate. A name may be an ARN, and a role that it assumes
// is of the account that is asked.
func (r *resolver) sdkCall(res *Resource) (storedCall, error) {
	call := storedCall{account: res.Stack.Account, region: res.Stack.Region}
	if res.Type != sdkCaller {
		return call, errOtherCall
	}
	given, err := r.plain(res.Stack).text(res.properties["Create"])
	if err != nil {
		return call, fmt.Errorf("property Create: %w", err)
	}
	var sdk struct {
		Service, Action, Region string
		AssumedRoleArn          string
		Parameters              struct{ Name string }
	}
	if err := json.Unmarshal([]byte(given), &sdk); err != nil {
		return call, fmt.Errorf("property Create: %w", err)
	}
	service, action := strings.ToLower(sdk.Service), strings.ToLower(sdk.Action)
	if strings.TrimPrefix(service, "@aws-sdk/client-") != "ssm" || strings.TrimSuffix(action, "command") != "getparameter" {
		return call, errOtherCall
	}
	if sdk.Region != "" {
		call.region = sdk.Region
	}
	if role := strings.SplitN(sdk.AssumedRoleArn, ":", 6); len(role) == 6 {
		call.account = role[4]
	}
	call.name = sdk.Parameters.Name
	if arn := strings.SplitN(call.name, ":", 6); len(arn) == 6 {
		call.region, call.account = arn[3], arn[4]
		name := strings.TrimPrefix(arn[5], "parameter")
		if strings.Count(name, "/") == 1 {
			name = name[1:] // one without a path has no slash of its own
		}
		call.name = name
	}
	return call, nil
}

// dynamicReference is a reference that CloudFormation resolves in the text of a property.
//
// Source: AWS CloudFormation User Guide, "Get values stored in other services using dynamic
// references".
var dynamicReference = regexp.MustCompile(`\{\{resolve:([a-z-]+):([^{}]*)\}\}`)

// dynamic replaces the dynamic references in a text that the assembly knows the values of,
// and the others, too, if they may be made up.
func (r *resolver) dynamic(given string) (string, error) {
	if !strings.Contains(given, "{{resolve:") {
		return given, nil
	}
	var failed error
	out := dynamicReference.ReplaceAllStringFunc(given, func(found string) string {
		parts := dynamicReference.FindStringSubmatch(found)
		var v any
		err := errors.New("it is the dynamic reference " + found)
		if parts[1] == "ssm" {
			v, err = r.stored(withoutVersion(parts[2]), r.stack.Account, r.stack.Region)
		}
		if err != nil && r.made == nil {
			return found // its reader says that it is not known
		}
		if err != nil {
			v, err = r.makeUp(err, found, madeUpName(parts[1]+":"+parts[2]))
		}
		if err == nil {
			var value string
			if value, err = text(v); err == nil {
				return value
			}
		}
		failed = err
		return ""
	})
	return out, failed
}

var version = regexp.MustCompile(`:\d+$`)

func withoutVersion(name string) string { return version.ReplaceAllString(name, "") }

var noName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// madeUpName is a value for something of which the name alone is known. It is the same
// wherever it is carried.
func madeUpName(name string) string {
	return "local-" + strings.Trim(noName.ReplaceAllString(name, "-"), "-")
}

// makeUp makes up a value that only a deployment could know, if the value is only carried
// around: the error says why it is not known.
func (r *resolver) makeUp(err error, what string, value any) (any, error) {
	if r.made == nil {
		return nil, err
	}
	*r.made = append(*r.made, what)
	return value, nil
}
