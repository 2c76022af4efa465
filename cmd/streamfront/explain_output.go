package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/tools/explain"
	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/internal/trace"
)

// A causeReport is a cause in JSON.
type causeReport struct {
	ID         string   `json:"id"`
	Fit        string   `json:"fit,omitempty"` // certain, likely or possible
	Because    []string `json:"because,omitempty"`
	Title      string   `json:"title"`
	Answer     string   `json:"answer"`
	Why        string   `json:"why"`
	Confidence string   `json:"confidence"`
	Source     string   `json:"source"`
	Diagnose   []string `json:"diagnose"` // commands of a shell
	Fix        string   `json:"fix"`
}

func (x *explanation) report(c *causes.Cause) causeReport {
	return causeReport{
		ID: string(c.ID), Title: c.Title, Answer: c.Answer, Why: c.Why, Confidence: string(c.Confidence), Source: c.Source,
		Diagnose: strings.Split(c.Diagnose, "\n"), Fix: c.Fix.In(x.language),
	}
}

type probeReport struct {
	What   string `json:"what"`
	Sent   bool   `json:"sent"`
	Status int    `json:"status,omitempty"`
	Says   string `json:"says"`
}

type answerReport struct {
	Method    string `json:"method,omitempty"`
	URL       string `json:"url,omitempty"`
	Status    int    `json:"status,omitempty"`
	ErrorType string `json:"errorType,omitempty"`
	From      string `json:"from,omitempty"`
	Broken    bool   `json:"broken,omitempty"`
}

// writeAnswer writes what fits the answer; without a finding what to collect.
func (x *explanation) writeAnswer(a *explain.Answer, found []explain.Finding, probes []explain.Probe) error {
	if found == nil {
		found = explain.Explain(a)
	}
	var err error
	if x.asJSON {
		err = x.writeAnswerJSON(a, found, probes)
	} else {
		err = x.writeAnswerText(a, found, probes)
	}
	if err == nil && len(found) == 0 && !fine(a) {
		err = errShown
	}
	return err
}

func (x *explanation) writeAnswerJSON(a *explain.Answer, found []explain.Finding, probes []explain.Probe) error {
	report := struct {
		Answer  answerReport  `json:"answer"`
		Causes  []causeReport `json:"causes"`
		Probes  []probeReport `json:"probes,omitempty"`
		Collect []string      `json:"collect,omitempty"`
	}{
		Answer: answerReport{a.Request.Method, trace.MaskURL(a.Request.URL), a.Status, a.ErrorType(), a.From(), a.Broken},
		Causes: []causeReport{},
	}
	for _, f := range found {
		c := x.report(f.Cause)
		c.Fit, c.Because, c.Diagnose = string(f.Fit), f.Because, diagnose(f.Cause, a)
		report.Causes = append(report.Causes, c)
	}
	for _, p := range probes {
		report.Probes = append(report.Probes, probeReport(struct {
			What   string
			Sent   bool
			Status int
			Says   string
		}{p.What, p.Sent, p.Status, p.Says}))
	}
	if len(found) == 0 && !fine(a) {
		report.Collect = collect(a)
	}
	return writeJSON(x.io, report)
}

var fitStyles = map[explain.Fit][]terminal.Style{
	explain.Certain:  {terminal.Green, terminal.Bold},
	explain.Likely:   {terminal.Yellow},
	explain.Possible: {terminal.Dim},
}

func (x *explanation) writeAnswerText(a *explain.Answer, found []explain.Finding, probes []explain.Probe) error {
	out := x.io.Out
	fmt.Fprintf(out, "%s\n\n", out.Paint(terminal.Escape(headline(a)), terminal.Bold))
	if len(probes) > 0 {
		t := terminal.Table{Indent: 2}
		for _, p := range probes {
			status := "-"
			if p.Status != 0 {
				status = fmt.Sprint(p.Status)
			}
			t.Row(p.What, status, p.Says)
		}
		fmt.Fprintln(out, "Asked further:")
		if err := out.Table(t); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	switch {
	case len(found) == 0 && fine(a):
		_, err := fmt.Fprintln(out, "Nothing is known to be wrong with this answer.")
		return err
	case len(found) == 0:
		fmt.Fprintln(out, "None of the known causes fits. To find out more:")
		for _, line := range collect(a) {
			fmt.Fprintln(out, "  "+line)
		}
		return nil
	}
	for i, f := range found {
		fmt.Fprintf(out, "%d. %s  %s\n", i+1, out.Paint(string(f.Cause.ID), terminal.Bold, terminal.Cyan), out.Paint(string(f.Fit), fitStyles[f.Fit]...))
		if err := out.Paragraph(f.Cause.Title, "   ", "   "); err != nil {
			return err
		}
		t := terminal.Table{Indent: 3}
		name := out.Paint("fits", terminal.Dim)
		for _, because := range f.Because {
			t.Row(name, because)
			name = ""
		}
		t.Row(out.Paint("why", terminal.Dim), f.Cause.Why)
		t.Row(out.Paint("fix", terminal.Dim), f.Cause.Fix.In(x.language))
		if err := out.Table(t); err != nil {
			return err
		}
		writeDiagnose(out, diagnose(f.Cause, a))
		fmt.Fprintln(out)
	}
	return nil
}

// headline says what was answered, by whom, and to what.
func headline(a *explain.Answer) string {
	parts := []string{"an answer without a status"}
	if a.Status != 0 {
		parts[0] = strings.TrimSpace(fmt.Sprint(a.Status, " ", http.StatusText(a.Status)))
	}
	if kind := a.ErrorType(); kind != "" {
		parts[0] += ", " + kind
	}
	if from := a.From(); from != "" {
		parts = append(parts, from)
	}
	if a.Request.Method != "" {
		parts = append(parts, strings.TrimSpace("for "+a.Request.Method+" "+trace.MaskURL(a.Request.URL)))
	}
	if a.Broken {
		parts = append(parts, "cut off")
	}
	return strings.Join(parts, ", ")
}

// writeDiagnose writes commands, which are not wrapped: they are to be copied.
func writeDiagnose(out *terminal.Stream, commands []string) {
	fmt.Fprintln(out, "   "+out.Paint("diagnose", terminal.Dim))
	for _, line := range commands {
		command, note, noted := strings.Cut(line, "  # ")
		if noted {
			note = "  " + out.Paint("# "+note, terminal.Dim)
		}
		fmt.Fprintf(out, "     %s%s\n", command, note)
	}
}

// diagnose is the commands of a cause with the address that is known.
func diagnose(c *causes.Cause, a *explain.Answer) []string {
	commands := c.Diagnose
	if isURL(a.Request.URL) {
		commands = strings.ReplaceAll(commands, `"$URL"`, quoteURL(a.Request.URL))
	}
	return strings.Split(commands, "\n")
}

// quoteURL makes an argument for a shell of a URL. One with credentials stays a variable: who
// reports a problem copies what is printed.
func quoteURL(url string) string {
	if trace.MaskURL(url) != url {
		return `"$URL"`
	}
	return quote(url)
}

// quote makes an argument for a shell of a text.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// collect says what would show more of an answer that nothing fits.
func collect(a *explain.Answer) []string {
	url := `"$URL"`
	if isURL(a.Request.URL) {
		url = quoteURL(a.Request.URL)
	}
	return []string{
		"curl -sS -i " + url + " | streamfront explain  # with the method and the body that fail; the headers say who answered",
		`aws logs tail "/aws/lambda/$FUNCTION"  # no line for the request: it did not get to the function`,
		"streamfront check cdk.out  # what is wrong in the template",
		"streamfront run cdk.out  # the same request there: the hop that refuses it says why",
	}
}

// writeCause describes one cause.
func (x *explanation) writeCause(c *causes.Cause) error {
	if x.asJSON {
		return writeJSON(x.io, x.report(c))
	}
	out := x.io.Out
	fmt.Fprintln(out, out.Paint(string(c.ID), terminal.Bold, terminal.Cyan))
	if err := out.Paragraph(c.Title, "   ", "   "); err != nil {
		return err
	}
	t := terminal.Table{Indent: 3}
	for _, row := range [][2]string{
		{"answer", c.Answer}, {"why", c.Why}, {"known", string(c.Confidence) + ": " + c.Source}, {"fix", c.Fix.In(x.language)},
	} {
		t.Row(out.Paint(row[0], terminal.Dim), row[1])
	}
	if err := out.Table(t); err != nil {
		return err
	}
	writeDiagnose(out, strings.Split(c.Diagnose, "\n"))
	return nil
}

// writeList lists all causes.
func (x *explanation) writeList() error {
	if x.asJSON {
		list := []causeReport{}
		for i := range causes.All {
			list = append(list, x.report(&causes.All[i]))
		}
		return writeJSON(x.io, list)
	}
	t := terminal.Table{Header: []string{"cause", "what is wrong"}}
	for _, c := range causes.All {
		t.Row(x.io.Out.Paint(string(c.ID), terminal.Cyan), c.Title)
	}
	if err := x.io.Out.Table(t); err != nil {
		return err
	}
	_, err := fmt.Fprintln(x.io.Out, "\n'streamfront explain CAUSE' says why, how to diagnose it, and how to fix it.")
	return err
}
