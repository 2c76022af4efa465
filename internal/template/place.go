package template

import (
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
)

// A Place is where something stands: a resource, or a property of it.
type Place struct {
	Resource *assembly.Resource
	// Property is the path of the property, such as "DistributionConfig.Origins[0].Id"; ""
	// if the resource as a whole is meant.
	Property string
}

// At is the place of a property of the object that stands here.
func (p Place) At(name string) Place {
	return Place{p.Resource, strings.TrimPrefix(p.Property+"."+name, ".")}
}

// String returns "Stack/LogicalId: Property".
func (p Place) String() string {
	if p.Resource == nil {
		return p.Property
	}
	return strings.TrimSuffix(p.Resource.Name()+": "+p.Property, ": ")
}
