package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/tools/smoke"
	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// keyVariable is the environment variable that the app takes the sample's key from, too.
const keyVariable = "STREAMFRONT_API_KEY"

func newSmokeCommand(io *terminal.IO) *cobra.Command {
	options := smoke.Options{}
	var language cdk.Language
	asJSON, sign, record, outputsFile := false, false, "", ""
	command := &cobra.Command{
		Use:   "smoke [flags] URL",
		Short: "Ask a deployed endpoint of the sample, or the local chain, some 100 questions",
		Long: `Sends some 100 requests to an endpoint of the sample, on AWS or on this machine, and compares the
answers with what is expected: methods and bodies up to each limit, credentials, spoofed
headers, paths, queries, cookies, redirects, errors, streams and silences.

On AWS it also verifies what the local chain assumes about AWS: rows of docs/fidelity.md that rest
on field reports and assumptions. It sends some 50 MB, takes about as long as --silence, and
leaves nothing behind. It sends the key only to the URL. Preferably pass the key in the
environment variable STREAMFRONT_API_KEY.

With --record it writes the results to a file for 'streamfront run --settled', which then behaves
as that endpoint did. The file has facts about AWS, and no hosts, credentials or accounts.
docs/settled.md says how to send yours. With --sign it also calls the function URL with the
credentials of the AWS configuration, to find out how old a signature may be. They need
lambda:InvokeFunctionUrl and lambda:InvokeFunction.`,
		Example: `  streamfront smoke http://127.0.0.1:8080
  STREAMFRONT_API_KEY=... streamfront smoke https://d111111abcdef8.cloudfront.net
  streamfront smoke --function-url https://abc.lambda-url.us-east-1.on.aws https://d111111abcdef8.cloudfront.net
  streamfront smoke --record settled.json --sign --function-url https://abc.lambda-url.us-east-1.on.aws https://d111111abcdef8.cloudfront.net
  streamfront smoke --outputs outputs.json --wait 2m   # after 'cdk deploy --outputs-file outputs.json'
  streamfront smoke --quick --only 'chunks*' http://127.0.0.1:8080
  streamfront smoke --json http://127.0.0.1:8080 | jq '.results[] | select(.outcome == "FAIL")'`,
		Annotations: map[string]string{exitNote: "0 if no row fails, 1 if one does"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && (outputsFile == "" || len(args) > 0) {
				return usagef("smoke takes one URL, or --outputs, got %d arguments", len(args))
			}
			return nil
		},
		ValidArgsFunction: completeNothing,
		RunE: func(command *cobra.Command, args []string) error {
			if options.Key == "" {
				options.Key = os.Getenv(keyVariable)
			}
			if len(args) == 1 {
				options.URL = args[0]
			} else if err := fromOutputs(command.Context(), &options, outputsFile); err != nil {
				return fmt.Errorf("--outputs: %w", err)
			}
			if u, err := url.Parse(options.URL); record != "" && err == nil && loopback.IsName(u.Hostname()) {
				return usagef("--record keeps what AWS does, and %s is on this machine", options.URL)
			}
			if sign {
				if options.FunctionURL == "" {
					return usagef("--sign is for calls of the function URL: pass it by --function-url")
				}
				var err error
				if options.Sign, err = functionSigner(command.Context(), options.FunctionURL); err != nil {
					return err
				}
			}
			report, err := runSmoke(command.Context(), io, options)
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(io, report)
			} else {
				err = writeSmoke(io.Out, report, cmp.Or(language, languageHere()))
			}
			if err == nil && record != "" {
				err = writeFacts(io, report, record)
			}
			if err == nil && report.Failed > 0 {
				return errShown
			}
			return err
		},
	}
	flags := command.Flags()
	addLanguage(command, &language)
	flags.StringVar(&options.Key, "key", "", "bearer `key` of the sample (default $"+keyVariable+")")
	flags.StringVar(&options.FunctionURL, "function-url", "", "`address` of the function itself, which must refuse direct calls")
	flags.StringVar(&outputsFile, "outputs", "", "`file` of 'cdk deploy --outputs-file', in place of the URL; the key is read from Secrets Manager or SSM with the credentials of the AWS configuration")
	flags.DurationVar(&options.Wait, "wait", 0, "how long to wait until the endpoint is ready, for use after a deployment")
	flags.StringVar(&record, "record", "", "`file` for what an endpoint on AWS settles, for 'run --settled'")
	flags.BoolVar(&sign, "sign", false, "also call the function URL with signatures of the credentials of the AWS configuration")
	flags.BoolVar(&options.Quick, "quick", false, "skip rows that take longer than 10 s")
	flags.StringVar(&options.Only, "only", "", "ask only the rows whose names contain the `pattern`, or match it with * and ?")
	flags.DurationVar(&options.Silence, "silence", 65*time.Second, "how long streams are silent, at most 150s; must be longer than the distribution's read timeout")
	flags.DurationVar(&options.Timeout, "timeout", time.Minute, "how long a row may take beyond its silence")
	flags.IntVar(&options.Parallel, "parallel", 8, "`rows` to ask at once")
	flags.BoolVar(&asJSON, "json", false, "print the report as JSON")
	for _, name := range []string{"key", "function-url", "only", "silence", "timeout", "parallel", "wait"} {
		complete(command, name, completeNothing)
	}
	return command
}

// fromOutputs asks the endpoint that was deployed, with its key.
func fromOutputs(ctx context.Context, options *smoke.Options, file string) error {
	o, err := readOutputs(file)
	if err != nil {
		return err
	}
	options.URL, options.FunctionURL = o.URL, cmp.Or(options.FunctionURL, o.FunctionURL)
	if options.Key == "" {
		if options.Key, err = o.readKey(ctx); err != nil {
			return fmt.Errorf("the API key cannot be read: %w; give it by %s", err, keyVariable)
		}
	}
	return nil
}

// writeFacts keeps what a run has settled.
func writeFacts(io *terminal.IO, r *smoke.Report, name string) error {
	facts, err := r.Facts(versionName(), time.Now())
	if err != nil {
		return fmt.Errorf("--record: %w", err)
	}
	if err := facts.Write(name); err != nil {
		return fmt.Errorf("--record: %w", err)
	}
	fmt.Fprintf(io.Err, "%s has %s: 'streamfront run --settled %s' follows them\n", name, plural(len(facts.Facts), "fact"), name)
	return nil
}

// functionHost is the host of a function URL, which has its region in it.
var functionHost = regexp.MustCompile(`\.lambda-url\.([a-z0-9-]+)\.on\.aws$`)

// functionSigner signs by the credentials that the AWS command line would take.
func functionSigner(ctx context.Context, functionURL string) (smoke.Signer, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("--sign: the AWS configuration cannot be read: %w", err)
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("--sign: there are no credentials: %w", err)
	}
	region := c.Region
	if u, err := url.Parse(functionURL); err == nil {
		if of := functionHost.FindStringSubmatch(u.Hostname()); of != nil {
			region = of[1]
		}
	}
	signer := v4.NewSigner()
	return func(ctx context.Context, r *http.Request, hash string, at time.Time) error {
		return signer.SignHTTP(ctx, credentials, r, hash, "lambda", region, at)
	}, nil
}

// runSmoke asks, and says how far it is.
func runSmoke(ctx context.Context, io *terminal.IO, options smoke.Options) (*smoke.Report, error) {
	progress := io.Progress("asking " + options.URL)
	defer progress.Done()
	options.Progress = func(p smoke.Progress) {
		text := fmt.Sprintf("%d of %d", p.Done, p.Total)
		if p.Failed > 0 {
			text += fmt.Sprintf(", %d failed", p.Failed)
		}
		if len(p.Running) > 0 {
			text += ": " + p.Running[0]
		}
		progress.Update(text)
	}
	report, err := smoke.Run(ctx, options)
	unfit := (*smoke.UnfitError)(nil)
	switch {
	case errors.Is(err, smoke.ErrOptions):
		return nil, usageError{err}
	case errors.As(err, &unfit) && causes.Get(unfit.Cause) != nil:
		return nil, fmt.Errorf("%w\nprobable cause: %s: %s", err, unfit.Cause, causes.Get(unfit.Cause).Title)
	}
	return report, err
}

var outcomeStyles = map[smoke.Outcome][]terminal.Style{
	smoke.OK:   {terminal.Green},
	smoke.Fail: {terminal.Red, terminal.Bold},
	smoke.Skip: {terminal.Dim},
}

// writeSmoke writes the rows, what they say together, and what they settle.
func writeSmoke(out *terminal.Stream, r *smoke.Report, language cdk.Language) error {
	var t terminal.Table
	t.Right = []int{1}
	for i := range r.Results {
		row := &r.Results[i]
		took := ""
		if row.Outcome != smoke.Skip {
			took = seconds(row.Milliseconds)
		}
		name := row.Name
		if remark := remark(r, row); remark != "" {
			name += out.Paint(" ("+remark+")", terminal.Dim)
		}
		t.Row(out.Paint(string(row.Outcome), outcomeStyles[row.Outcome]...), took, name)
		if row.Outcome == smoke.Fail {
			t.Row("", "", out.Paint("  want", terminal.Dim)+"  "+row.Want)
			t.Row("", "", out.Paint("  seen", terminal.Dim)+"  "+row.Seen)
			if row.Cause != "" {
				t.Row("", "", out.Paint("  cause", terminal.Dim)+" "+string(row.Cause))
			}
		}
	}
	if err := out.Table(t); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n", summarize(out, r))
	if err := writeCauses(out, r, language); err != nil {
		return err
	}
	return writeAssumptions(out, r)
}

// remark is the reason of a skipped row, or which assumptions a row is about.
func remark(r *smoke.Report, row *smoke.Result) string {
	if row.Outcome == smoke.Skip {
		return row.Note
	}
	var remarks []string
	for _, s := range row.Settled {
		switch {
		case r.Local && s.State == smoke.Assumed:
			remarks = append(remarks, "assumed: "+s.Assumption.Row)
		case !r.Local && s.State != smoke.Open:
			remarks = append(remarks, fmt.Sprintf("%s: %s", s.State, s.Assumption.Row))
		}
	}
	return strings.Join(slices.Compact(remarks), ", ")
}

func seconds(milliseconds int64) string {
	if milliseconds < 1000 {
		return fmt.Sprintf("%dms", milliseconds)
	}
	return fmt.Sprintf("%.1fs", float64(milliseconds)/1000)
}

func summarize(out *terminal.Stream, r *smoke.Report) string {
	parts := []string{out.Paint(fmt.Sprintf("%d ok", r.OK), terminal.Green)}
	if r.Failed > 0 {
		parts = append(parts, out.Paint(fmt.Sprintf("%d failed", r.Failed), terminal.Red, terminal.Bold))
	}
	if r.Skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", r.Skipped))
	}
	return fmt.Sprintf("%s: %s, in %s", r.URL, strings.Join(parts, ", "), seconds(r.Milliseconds))
}

// writeCauses names each probable cause once, the one of most failures first.
func writeCauses(out *terminal.Stream, r *smoke.Report, language cdk.Language) error {
	count := map[causes.ID]int{}
	for i := range r.Results {
		if id := r.Results[i].Cause; causes.Get(id) != nil {
			count[id]++
		}
	}
	if len(count) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%s %s\n", out.Paint("Probable causes", terminal.Bold), out.Paint("('streamfront explain CAUSE' distinguishes them from others)", terminal.Dim))
	var t terminal.Table
	t.Indent, t.Right = 2, []int{1}
	for _, c := range causes.All {
		if n := count[c.ID]; n > 0 {
			t.Row(string(c.ID), fmt.Sprint(n), c.Title)
			t.Row("", "", out.Paint("fix", terminal.Dim)+"  "+c.Fix.In(language))
		}
	}
	return out.Table(t)
}

// writeAssumptions says what a run against AWS has settled. On this machine there is
// nothing to settle.
func writeAssumptions(out *terminal.Stream, r *smoke.Report) error {
	if len(r.Assumptions) == 0 {
		return nil
	}
	if r.Local {
		return out.Paragraph(fmt.Sprintf("Assumptions about AWS that these rows rest on (docs/fidelity.md): %d. Run smoke against a deployment to settle them.",
			len(r.Assumptions)), "", "")
	}
	fmt.Fprintf(out, "\n%s\n", out.Paint("What this settles of docs/fidelity.md", terminal.Bold))
	styles := map[smoke.State][]terminal.Style{smoke.Confirmed: {terminal.Green}, smoke.Refuted: {terminal.Yellow, terminal.Bold}, smoke.Open: {terminal.Dim}}
	var t terminal.Table
	t.Indent = 2
	for _, s := range r.Assumptions {
		t.Row(out.Paint(string(s.State), styles[s.State]...), s.Assumption.Row, s.Assumption.Says)
	}
	return out.Table(t)
}
