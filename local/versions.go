package local

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
)

// What a function finds in AWS_LAMBDA_FUNCTION_VERSION: without an alias that moves nothing is
// published here.
const (
	unpublished     = "$LATEST"
	deployedVersion = "1"
	newVersion      = "2"
)

// deployed starts the versions that are deployed now, of the aliases behind function URLs, by
// the ARN that they are invoked by. Without Options.Deployed there are none.
func (c *Chain) deployed(ctx context.Context, g *generation, m *aws.Model, p *programmer, environmentOf func(*lambda.Definition) map[string]string) (map[string]*lambda.Function, error) {
	o := &c.options
	if o.Deployed == "" {
		return nil, nil
	}
	if o.Canary < 0 || o.Canary > 100 {
		return nil, fmt.Errorf("Options.Canary is %d; want a percentage from 0 to 100", o.Canary)
	}
	a, err := assembly.LoadWith(o.Deployed, o.Parameters)
	if err != nil {
		return nil, fmt.Errorf("the assembly that is deployed now: %w", err)
	}
	before := aws.Read(a, aws.Options{Replaced: slices.Sorted(maps.Keys(o.Functions))})
	versions := map[string]*lambda.Function{}
	for _, u := range m.URLs {
		if _, alias := lambda.SplitARN(u.ARN); len(u.Unserved()) > 0 {
			continue
		} else if alias == "" {
			p.note("%s is not of an alias: a deployment moves all of its requests at once, and the new version gets them here", u.Name)
			continue
		}
		for _, old := range before.URLs {
			if old.ARN != u.ARN || old.Name != u.Name || old.Function == nil || versions[u.ARN] != nil {
				continue
			}
			t := door.Target{Function: old.Function, ARN: old.ARN, Streams: old.Streams()}
			if versions[u.ARN], err = g.function(ctx, p, c.log, t, deployedVersion, environmentOf(old.Function)); err != nil {
				return nil, fmt.Errorf("the version of %s that is deployed now: %w", u.Name, err)
			}
			p.note("%s: two versions: that of %s, and the new one, which gets %d %% of the requests", u.Name, o.Deployed, o.Canary)
		}
	}
	if len(versions) == 0 {
		return nil, fmt.Errorf("no function URL of an alias is both in %s and in %s, so there are no two versions to run; put an alias behind the URL (operations.NewRelease), or leave --deployed out", o.Deployed, o.Assembly)
	}
	return versions, nil
}
