package local

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/invoke"
)

// callers returns those who sign requests: the functions of the assembly by their roles; with
// Options.Credentials whose credentials the functions have, if they stand in the environment.
func (c *Chain) callers(m *aws.Model) func(accessKey string) (door.Caller, bool) {
	functions := m.Functions()
	return func(accessKey string) (door.Caller, bool) {
		if c.options.Credentials {
			own := iam.Credentials{
				AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), Token: os.Getenv("AWS_SESSION_TOKEN"),
			}
			return door.Caller{Credentials: own, Name: "the credentials of this process"}, own.AccessKey != "" && own.AccessKey == accessKey
		}
		name, credentials, ok := c.keys.Function(accessKey)
		i := slices.IndexFunc(functions, func(f *lambda.Definition) bool { return f.Name == name })
		if !ok || i < 0 {
			return door.Caller{}, false
		}
		return door.Caller{Credentials: credentials, Name: name, Role: &functions[i].Role}, true
	}
}

// invokeServer serves the Invoke API of AWS Lambda if a WebSocket API is there, whose functions
// go on with a message by it, or if a function may invoke another one. It adds the variable by
// which functions find it.
func (c *Chain) invokeServer(g *generation, m *aws.Model, variables map[string]string) error {
	all := targets(m)
	wanted := slices.ContainsFunc(openDoors(m), func(d door.Door) bool {
		_, ok := d.(door.WebSocket)
		return ok
	})
	for _, t := range all {
		wanted = wanted || slices.ContainsFunc(all, func(other door.Target) bool { return t.Function.Role.Allows("lambda:InvokeFunction", other.ARN) })
	}
	if !wanted {
		return nil
	}
	const name = "AWS Lambda"
	site, err := c.site(name, 0, nil, nil)
	if err != nil {
		return err
	}
	server := &invoke.Server{
		Recorder: &c.recorder, Now: c.options.Now,
		Caller: func(accessKey string) (iam.Credentials, string, *iam.Role, bool) {
			caller, ok := g.caller(accessKey)
			return caller.Credentials, caller.Name, caller.Role, ok
		},
		Go:       func(run func()) { g.requests.Go(run) }, // called by one, so that the count is not 0
		Function: g.invoked,
	}
	var names []string
	for _, t := range all {
		server.Targets = append(server.Targets, invoke.Target{ARN: t.ARN, Region: t.Function.Region})
		names = append(names, t.Function.Name)
	}
	g.handlers[name] = server
	variables["AWS_ENDPOINT_URL_LAMBDA"] = site.url
	g.notes = append(g.notes, fmt.Sprintf("%s stands in for AWS Lambda's operation Invoke with %s; an asynchronous invocation that fails is not tried again", site.url, strings.Join(names, ", ")))
	return nil
}
