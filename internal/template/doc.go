// Package template turns the properties of resources into typed values, and collects findings
// about them. It knows how templates are written, but no service.
//
// A [Reader] reads the properties of one resource. Each property becomes a [Value], which has the
// [Place] of the property and, if only a deployment could know the value, the reason. The options
// of a reading say what AWS accepts (Required, OneOf, Between) and what the local chain models
// (Models), so that the code that reads a resource is also the table of its properties. The chain
// does not model a property that no code reads.
//
// Each problem becomes a [Finding] in a [Log], and has one [Kind]:
//
//	Refused     AWS refuses the deployment
//	Hole        AWS deploys it, but it admits callers that it should not, or fails when called
//	Unknown     a value that matters is not known before the deployment
//	Unseen      that value is a part of the path, such as an origin, which is not examined at all
//	Unmodelled  the local chain cannot serve it; AWS may
//
// A finding about one property is made while the property is read. A [Rule] is about several
// properties or resources: it has an id, which is the id of its cause in package causes, a kind,
// and a function over the model. 'streamfront check' reports all kinds but the last; 'streamfront
// run' starts unless something is Refused or Unmodelled. Both read the same log, so they cannot
// disagree.
//
// The folder of each service, internal/aws/<service>, defines its part of a template: model.go
// reads it, rules.go judges it, and the other files serve it.
//
// The services import it, and it imports none of them.
package template
