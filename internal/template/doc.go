// Package template turns the properties of resources into typed values, and collects what
// is found in them. It knows how templates are written, and of no service.
//
// A [Reader] goes through the properties of one resource. What it reads is a [Value]: it
// carries the [Place] where it stands, and says why it is not known where only a deployment
// could know it. The options of a reading say what AWS takes (Required, OneOf, Between) and
// what the local chain models (Models), so that the code that reads a resource is the table
// of its properties. A property that nobody reads is one that the chain does not model.
//
// What is wrong becomes a [Finding] in a [Log], and each finding is of one [Kind]:
//
//	Refused     AWS refuses the deployment
//	Hole        AWS takes it, and it lets in who should not be, or fails when it is called
//	Unknown     a value that decides is not known before the deployment
//	Unseen      that value is a part of the way, such as an origin: all of it is not looked at
//	Unmodelled  the local chain cannot serve it; AWS may
//
// What concerns one property is found while it is read. What concerns several, or several
// resources, is a [Rule]: an id, which is that of its cause in package causes, a kind, and
// a function over the model. 'streamfront check' reports all kinds but the last;
// 'streamfront run' starts unless there is something Refused or Unmodelled. Both read the
// same log, so they cannot disagree.
//
// The services' own folders, internal/aws/<service>, say what their part of a template is:
// model.go reads it, rules.go judges it, the rest serves it.
//
// The services import it, and it imports none of them.
package template
