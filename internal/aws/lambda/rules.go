package lambda

import "github.com/streamfront/streamfront/internal/template"

// JudgeHandler finds a handler that the code does not have. Where the function stands, behind
// a URL or at the edge, makes no difference to it.
func (d *Definition) JudgeHandler(r *template.Report) {
	if missing := d.MissingHandler(); missing != "" {
		r.Error(d.Handler.Place, "%s", missing)
	}
}

// JudgeLogs finds a role that lets nobody see why the function fails.
func (d *Definition) JudgeLogs(r *template.Report) {
	if d.Logs.Known && !d.Logs.Given {
		r.Note(d.Logs.Place, "does not allow logs:PutLogEvents: %s leaves no logs", d.Name)
	}
}
