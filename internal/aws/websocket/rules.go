package websocket

import (
	"slices"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are those about one API.
var Rules = []template.Rule[*API]{
	{ID: causes.RouteUnknown, Kind: template.Hole, Level: template.Warning, Look: nothingDeployed},
	{ID: causes.ManageConnectionsMissing, Kind: template.Hole, Level: template.Warning, Look: noAnswers},
}

// RouteRules are those about one route.
var RouteRules = []template.Rule[*Route]{
	{ID: causes.APIGrantMissing, Kind: template.Hole, Level: template.Error, Look: grantMissing},
	{ID: causes.APIGrantMissing, Kind: template.Hole, Level: template.Error, Look: authorizerGrantMissing},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: roleOfOthers},
}

// judged are the kinds of findings that are reported. What is Unmodelled stops nothing but its
// own routes.
var judged = []template.Kind{template.Refused, template.Hole, template.Unknown, template.Unseen}

// Judge finds what is wrong with the APIs.
func (m *Model) Judge(log *template.Log) {
	for _, a := range m.APIs {
		log.Take(a.Log, judged...)
		template.Judge(Rules, a, log)
		for _, r := range a.Routes {
			log.Take(r.Log, judged...)
			if r.Authorizer != nil {
				log.Take(r.Authorizer.Log, judged...)
				if f := r.Authorizer.Function.Definition; f != nil {
					log.Take(f.Log, judged...)
				}
			}
			if r.Integration != nil {
				log.Take(r.Integration.Log, judged...)
			}
			if r.invokes() {
				log.Take(r.Integration.Function.Log, judged...)
			}
			template.Judge(RouteRules, r, log)
		}
	}
	for _, d := range m.Domains {
		log.Take(d.Log, judged...)
	}
}

// nothingDeployed finds an API that no stage serves.
func nothingDeployed(a *API, r *template.Report) {
	if !slices.ContainsFunc(a.Stages, func(s *Stage) bool { return s.Deployed }) {
		r.Warn(a.Place, "has no stage with a deployment: nobody can connect")
	}
}

// noAnswers finds an API none of whose functions may write to a connection, and none of whose
// routes replies. One with an unknown role is left alone.
func noAnswers(a *API, r *template.Report) {
	for _, route := range a.Routes {
		if !route.invokes() || route.Key.V == connectKey || route.Key.V == disconnectKey {
			continue
		}
		f := route.Integration.Function
		for _, s := range a.Stages {
			resource := "arn:aws:execute-api:" + a.Region + ":" + a.Account + ":" + a.ID + "/" + s.Name.V + "/POST/@connections/x"
			if route.Replies || !f.Trust.Known || f.Role.Allows(manages, resource) {
				return
			}
		}
		if len(a.Stages) > 0 {
			r.Warn(route.Place, "invokes %s, whose role does not allow %s: no message reaches a client", f.Name, manages)
			return
		}
	}
}

func grantMissing(route *Route, r *template.Report) {
	i := route.Integration
	if !route.invokes() || i.Credentials.Given || !route.Key.Known() {
		return
	}
	for _, s := range route.API.Stages {
		if s.Name.Known() && !route.API.permits(i.ARN, i.Function, s.Name.V, route.Key.V) {
			r.Error(route.Place, "invokes %s, and no AWS::Lambda::Permission lets %s do so for %s of the stage %s", i.Function.Name, service, route.Key.V, s.Name.V)
			return
		}
	}
}

func authorizerGrantMissing(route *Route, r *template.Report) {
	if a := route.Authorizer; a != nil {
		a.Function.JudgeGrant(route.API.permissions, route.API.arn(), r)
	}
}

// roleOfOthers finds a role that Lambda may not assume.
func roleOfOthers(route *Route, r *template.Report) {
	if !route.invokes() {
		return
	}
	if f := route.Integration.Function; f.Trust.Known && !f.Trust.Given {
		r.Error(f.Trust.Place, "does not let lambda.amazonaws.com assume the role of %s: Lambda refuses a function whose role it may not assume", f.Name)
	}
}
