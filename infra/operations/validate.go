package operations

import (
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// required panics if a property that has no default is not set.
func required(given bool, property, remedy string) {
	if !given {
		panic(fmt.Sprintf("streamfront: %s is required; %s", property, remedy))
	}
}

// between panics if a number is known and out of its range.
func between(value *float64, low, high float64, property, who string) {
	if value == nil || *awscdk.Token_IsUnresolved(value) {
		return
	}
	if *value < low || *value > high {
		panic(fmt.Sprintf("streamfront: %s is %v; %s takes numbers from %v to %v", property, *value, who, low, high))
	}
}

// whole panics if a number is known and not a whole one.
func whole(value *float64, property string) {
	if value != nil && !*awscdk.Token_IsUnresolved(value) && *value != math.Trunc(*value) {
		panic(fmt.Sprintf("streamfront: %s is %v; it has to be a whole number", property, *value))
	}
}

// orDefault returns a number, or the default of one that is not set.
func orDefault(value *float64, fallback float64) *float64 {
	if value == nil {
		return &fallback
	}
	return value
}
