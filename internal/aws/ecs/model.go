// Package ecs runs the tasks of Amazon ECS services behind a load balancer: the program of the
// container that the load balancer calls, as a process of this machine. The program is the same
// server as on AWS, and streams as it does there.
//
// No container is run. The program is built from a Dockerfile that builds one in Go, or it is a
// command that the user gives.
package ecs

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// A Service is a service with a load balancer.
type Service struct {
	template.Place

	Name         string // "Stack/LogicalId"
	Registration []Registration
	Task         *Task
	Container    *Container // that the load balancer asks; nil: the task has none of that name
	Grace        template.Duration
	Replaced     bool // somebody gives the program
	Program      *Program

	Notes []string
	Log   *template.Log // what was found in it
}

// A Registration is a target group that the tasks of a service are in.
type Registration struct {
	template.Place

	Group     string // the ARN
	Container template.Text
	Port      template.Number
}

// Registers reports whether the tasks of the service are in a target group.
func (s *Service) Registers(group string) bool {
	return slices.ContainsFunc(s.Registration, func(r Registration) bool { return r.Group == group })
}

// A Task is a task definition.
type Task struct {
	template.Place

	Network     template.Text
	CPU, Memory template.Text
	Fargate     bool
	Containers  []*Container

	Log *template.Log // what was found in it
}

// A Container is one of a task.
type Container struct {
	template.Place

	Name      template.Text
	Image     template.Text
	Ports     []int
	Variables map[string]template.Text
	Secrets   []string // variables whose values are in Secrets Manager or Systems Manager
	Entry     template.Texts
	Command   template.Texts
	Stop      template.Duration // between SIGTERM and SIGKILL
}

// Values are the container's variables.
func (c *Container) Values() map[string]string {
	values := map[string]string{}
	for name, v := range c.Variables {
		values[name] = v.V
	}
	return values
}

// Port is the port by which the container is asked.
func (s *Service) Port() int {
	for _, r := range s.Registration {
		return r.Port.V
	}
	return 0
}

// Called reports whether people mean this service by a name: "Stack/LogicalId" or the logical id
// of the service or of its task definition, with or without the digits that CDK appends, or the
// path of a construct.
func (s *Service) Called(name string) bool {
	resources := []*assembly.Resource{s.Resource}
	if s.Task != nil {
		resources = append(resources, s.Task.Resource)
	}
	return slices.ContainsFunc(resources, func(res *assembly.Resource) bool { return lambda.Calls(res, name) })
}

// Read reads the services of the assembly that have a load balancer. Replaced are the names of
// those whose program somebody gives.
func Read(a *assembly.Assembly, replaced []string) []*Service {
	var services []*Service
	for _, res := range template.Each(a, "AWS::ECS::Service", &template.Log{}) {
		if s := readService(a, res); s != nil {
			s.Replaced = slices.ContainsFunc(replaced, s.Called)
			s.findProgram()
			services = append(services, s)
		}
	}
	return services
}

func readService(a *assembly.Assembly, res *assembly.Resource) *Service {
	s := &Service{Place: template.Place{Resource: res}, Name: res.Name(), Log: &template.Log{}}
	template.Read(res, s.Log, func(of *template.Reader) {
		defer of.SkipAll() // where and how many of them run is not seen by a request
		balancers, _ := of.Objects("LoadBalancers", template.Spare)
		for _, b := range balancers {
			s.Registration = append(s.Registration, Registration{
				Place: b.Place, Group: b.Text("TargetGroupArn", template.Spare).V,
				Container: b.Text("ContainerName", template.Required), Port: b.Number("ContainerPort", template.Required, template.Between(1, 65535)),
			})
			b.SkipAll()
		}
		s.Grace = of.Seconds("HealthCheckGracePeriodSeconds", template.Spare)
		if len(s.Registration) == 0 {
			return
		}
		launch := of.Text("LaunchType", template.Spare).V
		strategies, _ := of.Objects("CapacityProviderStrategy", template.Spare)
		fargate := launch == "FARGATE"
		for _, strategy := range strategies {
			fargate = fargate || strings.HasPrefix(strategy.Text("CapacityProvider", template.Spare).V, "FARGATE")
			strategy.SkipAll()
		}
		definition := of.Text("TaskDefinition", template.Required)
		if !definition.Known() || definition.V == "" {
			return
		}
		task, err := a.Find("AWS::ECS::TaskDefinition", "", definition.V)
		if err != nil || task == nil {
			of.Unmodelled("TaskDefinition", "is %s, which is not of this cloud assembly", definition.V)
			return
		}
		s.Task = readTask(task)
		s.Task.Fargate = s.Task.Fargate || fargate
	})
	if len(s.Registration) == 0 {
		return nil
	}
	if s.Task == nil {
		s.Task = &Task{Place: s.Place, Log: &template.Log{}}
		return s
	}
	for _, c := range s.Task.Containers {
		if c.Name.Is(s.Registration[0].Container.V) {
			s.Container = c
		}
	}
	return s
}

func readTask(res *assembly.Resource) *Task {
	t := &Task{Place: template.Place{Resource: res}, Log: &template.Log{}}
	template.Read(res, t.Log, func(of *template.Reader) {
		defer of.SkipAll() // a process of this machine has its disks, its network and its user
		t.Network = of.Text("NetworkMode", template.Default("bridge"), template.OneOf("awsvpc", "bridge", "host", "none"))
		t.CPU, t.Memory = of.Text("Cpu", template.Spare), of.Text("Memory", template.Spare)
		t.Fargate = of.Texts("RequiresCompatibilities", template.Spare).Has("FARGATE")
		containers, _ := of.Objects("ContainerDefinitions", template.Required)
		for _, c := range containers {
			t.Containers = append(t.Containers, readContainer(c))
		}
	})
	return t
}

func readContainer(of *template.Reader) *Container {
	c := &Container{Place: of.Place, Variables: map[string]template.Text{}}
	defer of.SkipAll()
	c.Name = of.Text("Name", template.Required)
	c.Image = of.Text("Image", template.Required, template.Spare)
	c.Entry, c.Command = of.Texts("EntryPoint", template.Quiet), of.Texts("Command", template.Quiet)
	c.Stop = of.Seconds("StopTimeout", template.Default(defaultStop), template.Between(0, maxStop))
	ports, _ := of.Objects("PortMappings", template.Spare)
	for _, p := range ports {
		c.Ports = append(c.Ports, p.Number("ContainerPort", template.Between(0, 65535)).V)
		p.SkipAll()
	}
	variables, _ := of.Objects("Environment", template.Carried)
	for _, v := range variables {
		if name := v.Text("Name", template.Required); name.V != "" {
			c.Variables[name.V] = v.Text("Value", template.Carried)
		}
		v.SkipAll()
	}
	secrets, _ := of.Objects("Secrets", template.Spare)
	for _, v := range secrets {
		if name := v.Text("Name", template.Required); name.V != "" {
			c.Secrets = append(c.Secrets, name.V)
		}
		v.SkipAll()
	}
	return c
}
