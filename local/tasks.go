package local

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/loopback"
)

const (
	startTime = time.Minute     // that a task has at least until it is well
	endTime   = 3 * time.Second // that a task has at most to end, since all of its streams are cut off
)

// startTasks starts a task of each service that a door asks, and waits until it is well.
func (c *Chain) startTasks(ctx context.Context, g *generation, m *aws.Model, p *programmer, led map[string]string) error {
	for _, d := range openDoors(m) {
		front, ok := d.(door.Front)
		if !ok {
			continue
		}
		for _, t := range front.Tasks() {
			if g.tasks[t.Service.Name] != nil {
				continue
			}
			server, err := c.startTask(ctx, g, t, p, led)
			if err != nil && ctx.Err() == nil && len(m.Distributions)+len(m.URLs) > 0 {
				// That it cannot be run here keeps the rest of such an app from nothing.
				g.notes = append(g.notes, fmt.Sprintf("what leads to %s is answered 503: %v", t.Service.Name, err))
				continue
			}
			if err != nil {
				return err
			}
			g.tasks[t.Service.Name] = server
		}
	}
	return nil
}

// asked returns where a task of a service is asked.
func (g *generation) asked(service string) string {
	if s := g.tasks[service]; s != nil {
		return s.Address()
	}
	return ""
}

func (c *Chain) startTask(ctx context.Context, g *generation, t door.Task, p *programmer, led map[string]string) (*ecs.Server, error) {
	s := t.Service
	config := ecs.Config{
		Name: s.Name, Health: t.Health, Start: max(startTime, s.Grace.V), Stop: min(endTime, s.Container.Stop.V),
		Log: c.log.Open(), Environment: ecs.Variables(s.Resource.Stack.Region),
	}
	if err := p.program(ctx, s, &config); err != nil {
		return nil, err
	}
	maps.Copy(config.Environment, g.issued(c.taskEnvironment(s), led))
	reserved, release := context.WithCancel(context.Background())
	g.onClose(release)
	var err error
	if config.Port, err = loopback.ReservePort(reserved); err != nil {
		return nil, err
	}
	if port := config.Environment["PORT"]; port != "" && port != strconv.Itoa(s.Port()) {
		p.note("%s has PORT %s, and its load balancer asks the port %d: here PORT is %s, and the load balancer asks that", s.Name, port, s.Port(), config.Port)
	}
	config.Environment["PORT"] = config.Port
	if missing := c.withoutValue(s); len(missing) > 0 {
		p.note("%s does not get %s, whose values AWS keeps: give them by --env", s.Name, strings.Join(missing, ", "))
	}
	if len(s.Task.Containers) > 1 {
		p.note("%s runs the container %s here, and none of the others", s.Name, s.Container.Name.V)
	}
	server, err := ecs.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	g.onClose(server.Close)
	return server, nil
}

// program finds the program of a service.
func (p *programmer) program(ctx context.Context, s *ecs.Service, c *ecs.Config) error {
	for _, name := range slices.Sorted(maps.Keys(p.options.Functions)) {
		if !s.Called(name) {
			continue
		}
		command := p.options.Functions[name]
		if strings.HasPrefix(command, runtimeProgram) {
			return fmt.Errorf("%s: %q asks the runtime API for events, which a task of Amazon ECS does not have: give a server (--function)", s.Name, command)
		}
		var err error
		c.Command = inShell(command)
		c.Dir, err = os.Getwd()
		p.note("%s: runs %q in place of its container, one task", s.Name, command)
		return err
	}
	program := s.Program
	built, err := p.builder.Package(ctx, s.Name, program.Dir, program.Package)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(built.Path)
	if err != nil {
		return err
	}
	c.Command, c.Dir = append([]string{path}, program.Arguments...), p.dir
	maps.Copy(c.Environment, program.Variables)
	p.note("%s: runs the program that its Dockerfile builds, %s, built for this host, one task", s.Name, program.Package)
	return nil
}

// taskEnvironment returns what a task finds in its environment; see localEnvironment.
func (c *Chain) taskEnvironment(s *ecs.Service) map[string]string {
	variables := map[string]string{"STREAMFRONT_LOCAL": "true"}
	maps.Copy(variables, s.Container.Values())
	maps.Copy(variables, c.options.Environment)
	if c.options.Credentials {
		maps.Copy(variables, realCredentials())
		return variables
	}
	keys := c.keys.Issue(s.Name)
	variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], variables["AWS_SESSION_TOKEN"] = keys.AccessKey, keys.SecretKey, keys.Token
	return variables
}

// withoutValue are the variables whose values are secrets of AWS and that nobody has given.
func (c *Chain) withoutValue(s *ecs.Service) []string {
	return slices.DeleteFunc(slices.Clone(s.Container.Secrets), func(name string) bool {
		return cmp.Or(c.options.Environment[name], s.Container.Variables[name].V) != ""
	})
}
