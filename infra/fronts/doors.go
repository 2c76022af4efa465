package fronts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/warning"
)

const doorsVariable = "STREAMFRONT_DOORS"

// mark is the type of the metadata that keep the doors of a function, since the variable holds
// all of them.
const mark = "streamfront:door"

// tell gives the function a door that it is behind. Of the same kind are those whose events
// are alike.
func tell(function awslambda.IFunction, kind, door string) {
	var doors []string
	for _, known := range *function.Node().Metadata() {
		if *known.Type != mark {
			continue
		}
		knownKind, name, _ := strings.Cut(known.Data.(string), " ")
		if knownKind == kind && name != door {
			panic(fmt.Sprintf("streamfront: the function %s is behind the doors %s and %s, whose events are alike; define a function for each", *function.Node().Path(), name, door))
		}
		doors = append(doors, name)
	}
	if slices.Contains(doors, door) {
		return
	}
	function.Node().AddMetadata(jsii.String(mark), kind+" "+door, nil)
	own, ok := function.(awslambda.Function)
	if !ok {
		warning.Add(function, "doors", fmt.Sprintf(
			"the function cannot learn what it is behind; set its environment variable %s to %s where it is defined", doorsVariable, door))
		return
	}
	own.AddEnvironment(jsii.String(doorsVariable), jsii.String(strings.Join(append(doors, door), ",")), nil)
}

// required panics unless the construct has what it stands in front of.
func required(present bool, prop string) {
	if !present {
		panic(fmt.Sprintf("streamfront: %s is nil; pass what is to be served", prop))
	}
}

// throttle fills in the limits, which are of a whole stage and not of a caller.
func throttle(props string, rate, burst *float64) (*float64, *float64) {
	if rate == nil {
		rate = jsii.Number(100)
	}
	if burst == nil {
		burst = jsii.Number(200)
	}
	if *rate <= 0 || *burst < 1 {
		panic(fmt.Sprintf("streamfront: %s.ThrottlingRateLimit is %v and ThrottlingBurstLimit %v, which would let nobody in; want a rate over 0 and a burst from 1 on", props, *rate, *burst))
	}
	return rate, burst
}
