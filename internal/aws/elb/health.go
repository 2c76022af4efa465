package elb

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
)

// well reports whether a status is one of a target that is well.
func (h *Health) well(status int) bool {
	for part := range strings.SplitSeq(h.Codes, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from, err := strconv.Atoi(first)
		if err != nil {
			continue
		}
		to := from
		if isRange {
			if to, err = strconv.Atoi(last); err != nil {
				continue
			}
		}
		if from <= status && status <= to {
			return true
		}
	}
	return false
}

// checkHealth invokes the functions of groups that look whether they are well, again and again.
// What comes of it is only seen in the trace: a group whose only target is unwell sends it
// requests all the same (documented as failing open).
func (s *server) checkHealth() {
	ctx, cancel := context.WithCancel(context.Background())
	s.OnClose(cancel)
	for _, rule := range s.listener.Rules {
		if len(rule.Unserved()) > 0 {
			continue
		}
		for _, g := range rule.Groups() {
			if g.Function != nil && g.Health.Enabled && g.Permitted && s.Function(g.Target.V) != nil {
				go s.checkAgain(ctx, g)
			}
		}
	}
}

func (s *server) checkAgain(ctx context.Context, g *Group) {
	ticker := time.NewTicker(g.Health.Interval)
	defer ticker.Stop()
	for {
		s.check(ctx, g)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// check asks the function once.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "Use Lambda
// functions as targets", the event of a health check. Documented.
func (s *server) check(ctx context.Context, g *Group) {
	e := &Event{HTTPMethod: "GET", Path: g.Health.Path}
	e.RequestContext.ELB.TargetGroupARN = g.ARN
	if g.MultiValues.V {
		e.MultiValueHeaders, e.MultiValueQueryStringParameters = map[string][]string{"user-agent": {checker}}, map[string][]string{}
	} else {
		e.Headers, e.QueryStringParameters = map[string]string{"user-agent": checker}, map[string]string{}
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return
	}
	rec, _ := s.Recorder.Join(event.RequestID(), e.HTTPMethod, e.Path)
	defer rec.Leave()
	hop := rec.Hop("health check")
	answered, err := s.Function(g.Target.V).Invoke(ctx, event.RequestID(), event.TraceID(), payload)
	if ctx.Err() != nil {
		hop.Pass("%s: the chain ends", g.Resource.Name())
		return
	}
	var got *response
	if err == nil {
		got, err = g.read(answered)
	}
	switch {
	case err != nil:
		hop.Warn(causes.FunctionFailed, "%s is unwell: %v", g.Function.Name, err)
	case !g.Health.well(got.status):
		hop.Warn(causes.FunctionFailed, "%s is unwell: it answers %d, and %s is asked for", g.Function.Name, got.status, g.Health.Codes)
	default:
		hop.Pass("%s is well: %d", g.Function.Name, got.status)
	}
}

const checker = "ELB-HealthChecker/2.0"
