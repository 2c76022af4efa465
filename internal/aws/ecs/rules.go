package ecs

import (
	"slices"
	"strconv"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are those about one service.
var Rules = []template.Rule[*Service]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: containerMissing},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: portNotMapped},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: sizeOfFargate},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: networkOfFargate},
}

// Judge finds what is wrong with the service and its task.
func (s *Service) Judge(log *template.Log) {
	log.Take(s.Log, template.Refused, template.Hole, template.Unknown, template.Unseen)
	log.Take(s.Task.Log, template.Refused, template.Hole, template.Unknown, template.Unseen)
	template.Judge(Rules, s, log)
}

// containerMissing finds a load balancer for a container that the task does not have. ECS
// refuses the service (documented).
func containerMissing(s *Service, r *template.Report) {
	for _, one := range s.Registration {
		if one.Container.Known() && one.Container.V != "" && len(s.Task.Containers) > 0 && !slices.ContainsFunc(s.Task.Containers, func(c *Container) bool { return !c.Name.Known() || c.Name.V == one.Container.V }) {
			r.Error(one.Container.Place, "is %s, and the task definition %s has no container of that name", one.Container.V, s.Task.Resource.Name())
		}
	}
}

// portNotMapped finds a port that the container does not map, which ECS refuses (documented).
func portNotMapped(s *Service, r *template.Report) {
	for _, one := range s.Registration {
		for _, c := range s.Task.Containers {
			if one.Container.V == c.Name.V && one.Port.Known() && len(c.Ports) > 0 && !slices.Contains(c.Ports, one.Port.V) {
				r.Error(one.Port.Place, "is %d, and the container %s maps %v alone", one.Port.V, c.Name.V, c.Ports)
			}
		}
	}
}

// sizeOfFargate finds a size that Fargate does not have.
func sizeOfFargate(s *Service, r *template.Report) {
	t := s.Task
	cpu, errCPU := strconv.Atoi(t.CPU.V)
	size, errMemory := strconv.Atoi(t.Memory.V)
	if !t.Fargate || !t.CPU.Known() || !t.Memory.Known() || errCPU != nil || errMemory != nil {
		return // or in the form "1 vCPU"
	}
	m, ok := sizes[cpu]
	switch {
	case !ok:
		r.Error(t.CPU.Place, "is %d: Fargate accepts 256, 512, 1024, 2048, 4096, 8192 and 16384", cpu)
	case cpu == 256 && size == 1536, size < m.least, size > m.most, size%m.step != 0:
		r.Error(t.Memory.Place, "is %d, which Fargate does not have with %d of processor: it takes %d to %d in steps of %d", size, cpu, m.least, m.most, m.step)
	}
}

// networkOfFargate finds a network mode that Fargate does not have.
func networkOfFargate(s *Service, r *template.Report) {
	if t := s.Task; t.Fargate && t.Network.IsNot("awsvpc") && t.Network.IsNot("") {
		r.Error(t.Network.Place, "is %s: Fargate accepts awsvpc", t.Network.V)
	}
}
