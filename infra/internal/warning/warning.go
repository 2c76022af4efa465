// Package warning adds warnings to constructs, with every CDK that the module supports.
package warning

import (
	"reflect"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// Add warns of something about a construct. The CDK CLI prints the warning and fails on it
// in strict mode, unless the user acknowledges its id, "streamfront:" and the name.
//
// AddWarningV2 has a third parameter, of options, from CDK 2.276.0 on, whose type an older
// CDK does not have. Hence the call by reflection, which leaves out what is optional.
func Add(scope constructs.IConstruct, name, message string) {
	id := "streamfront:" + name
	add := reflect.ValueOf(awscdk.Annotations_Of(scope).AddWarningV2)
	args := []reflect.Value{reflect.ValueOf(&id), reflect.ValueOf(&message)}
	for i := len(args); i < add.Type().NumIn(); i++ {
		args = append(args, reflect.Zero(add.Type().In(i)))
	}
	add.Call(args)
}
