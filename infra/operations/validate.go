package operations

import (
	"math"
	"regexp"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// required finds that a property that has no default is not set.
func required(found *problems.List, given bool, property, remedy string) {
	if !given {
		found.Add("%s is required; %s", property, remedy)
	}
}

// between finds a number that is known and out of its range.
func between(found *problems.List, value *float64, low, high float64, property string) {
	if value == nil || *awscdk.Token_IsUnresolved(value) {
		return
	}
	if *value < low || *value > high {
		found.Add("%s is %s; use a number from %s to %s", property, text(*value), text(low), text(high))
	}
}

// whole finds a number that is known and not a whole one.
func whole(found *problems.List, value *float64, property string) {
	if value != nil && !*awscdk.Token_IsUnresolved(value) && *value != math.Trunc(*value) {
		found.Add("%s is %s; use a whole number", property, text(*value))
	}
}

// regionName is the form of the names of regions.
var regionName = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)

func quoted(text *string) string {
	if text == nil {
		return "nil"
	}
	return strconv.Quote(*text)
}

func text(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// requireRegion finds that the stack of scope has no explicit region.
func requireRegion(found *problems.List, scope constructs.Construct, what string) {
	if *awscdk.Token_IsUnresolved(awscdk.Stack_Of(scope).Region()) {
		found.Add("%s needs a stack with an explicit region, since a part of it is placed in us-east-1; set StackProps.Env.Region", what)
	}
}

// orDefault returns a number, or the default if it is not set.
func orDefault(value *float64, fallback float64) *float64 {
	if value == nil {
		return &fallback
	}
	return value
}
