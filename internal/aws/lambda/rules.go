package lambda

import (
	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// RefuseOpen finds versions and aliases that lack what CloudFormation requires of them. Whatever
// names them does not find them then, so that nobody else reads them.
func RefuseOpen(a *assembly.Assembly, log *template.Log) {
	for typ, required := range map[string][]string{
		"AWS::Lambda::Version": {"FunctionName"}, "AWS::Lambda::Alias": {"FunctionName", "FunctionVersion", "Name"},
	} {
		for _, res := range template.Each(a, typ, &template.Log{}) {
			found := &template.Log{}
			template.Read(res, found, func(r *template.Reader) {
				for _, name := range required {
					r.Text(name, template.Required, template.Spare)
				}
			})
			log.Take(found, template.Refused)
		}
	}
}

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
