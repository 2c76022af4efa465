package fronts

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
	"github.com/streamfront/streamfront/infra/internal/warning"
)

const doorsVariable = "STREAMFRONT_DOORS"

// mark is the type of the metadata that record a function's doors, since the variable holds
// all of them.
const mark = "streamfront:door"

// door is what a function has to know about a front door: how its events look, and the value
// that streamhttp.Serve reads.
type door struct{ kind, name string }

// doorsOf returns the doors that a function has.
func doorsOf(function awslambda.IFunction) []door {
	var doors []door
	for _, known := range *function.Node().Metadata() {
		if *known.Type == mark {
			kind, name, _ := strings.Cut(known.Data.(string), " ")
			doors = append(doors, door{kind, name})
		}
	}
	return doors
}

// validateFunction finds that there is no function, or that it has a door whose events look
// the same and mean something else.
func (d door) validateFunction(found *problems.List, property string, function awslambda.IFunction) {
	if function == nil {
		found.Add("%s is required; pass the function that answers the requests", property)
		return
	}
	for _, known := range doorsOf(function) {
		if known.kind == d.kind && known.name != d.name {
			found.Add("%s %q is behind the doors %s and %s, whose events look alike; define a function for each", property, *function.Node().Path(), known.name, d.name)
		}
	}
}

// addTo tells the function about the door.
func (d door) addTo(function awslambda.IFunction) {
	doors := doorsOf(function)
	if slices.Contains(doors, d) {
		return
	}
	function.Node().AddMetadata(jsii.String(mark), d.kind+" "+d.name, nil)
	own, ok := function.(awslambda.Function)
	if !ok {
		warning.Add(function, "doors", fmt.Sprintf(
			"the environment of an alias or an imported function cannot be set here; set its variable %s to %s where the function is defined", doorsVariable, d.name))
		return
	}
	var names []string
	for _, known := range append(doors, d) {
		names = append(names, known.name)
	}
	own.AddEnvironment(jsii.String(doorsVariable), jsii.String(strings.Join(names, ",")), nil)
}

// throttle fills in the limits, which apply to a stage as a whole and not to each caller.
func throttle(found *problems.List, props string, rate, burst *float64) (*float64, *float64) {
	if rate == nil {
		rate = jsii.Number(100)
	}
	if burst == nil {
		burst = jsii.Number(200)
	}
	if !unresolved(rate) && *rate <= 0 || !unresolved(burst) && *burst < 1 {
		found.Add("%s.ThrottlingRateLimit is %v and ThrottlingBurstLimit is %v, which admits no requests; use a rate above 0 and a burst of 1 or more", props, *rate, *burst)
	} else if !unresolved(burst) && *burst != math.Trunc(*burst) {
		found.Add("%s.ThrottlingBurstLimit is %v; use a whole number", props, *burst)
	}
	return rate, burst
}

// validateDuration finds a duration that is out of range, or not known yet. The bounds are in
// seconds.
func validateDuration(found *problems.List, property string, d awscdk.Duration, least, most float64) {
	if *d.IsUnresolved() {
		found.Add("%s is a token, whose value is not known yet; pass a number of seconds", property)
		return
	}
	if s := seconds(d); s < least || s > most {
		found.Add("%s is %v seconds; use %v to %v seconds", property, s, least, most)
	}
}

func seconds(d awscdk.Duration) float64 {
	return *d.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
}
