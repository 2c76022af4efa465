package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/tools/explain"
	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// An explanation is what explain is asked for.
type explanation struct {
	io   *terminal.IO
	curl *explain.Curl

	status          int
	errorType, body string
	probe           bool
	maxTime         time.Duration
	asJSON          bool
	list            bool
	language        cdk.Language
}

func newExplainCommand(io *terminal.IO) *cobra.Command {
	x := &explanation{io: io}
	command := &cobra.Command{
		Use:   "explain [flags] [URL | file | cause]",
		Short: "Say which known causes fit a failing answer, how to distinguish them, and how to fix them",
		Long: `Says which known causes fit a failing answer, the likeliest first. For each cause it shows the
evidence in the answer, the commands that distinguish it from others, and the fix: with the
constructs of the CDK in the language of the app in the working directory, with those of
streamfront in Go, and in CloudFormation.

The answer comes from standard input or a file (the output of curl -i or -v, headers copied from
a browser, the error that a client printed, or only a body), from --status, --error-type and
--body, or from a URL, which is requested once, as curl does with the same flags.

If several causes give the same answer, further requests to the URL distinguish them. Requests
that repeat a POST, PUT, PATCH or DELETE are sent only with --probe, because the function may run
again.

With the name of a cause as the argument, explain describes that cause. --list lists all causes.`,
		Example: `  curl -sS -i -X POST -d '{}' https://d111111abcdef8.cloudfront.net/v1/chat | streamfront explain
  streamfront explain https://d111111abcdef8.cloudfront.net/v1/chat -d '{}' --probe
  streamfront explain --status 403 --error-type AccessDeniedException --body '{"Message":null}'
  streamfront explain payload-hash-missing`,
		Annotations:       map[string]string{exitNote: "0 if a cause fits or the answer is fine, 1 if none fits"},
		Args:              x.checkArgs,
		ValidArgsFunction: completeCauses,
		RunE:              x.run,
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.IntVar(&x.status, "status", 0, "status of the answer")
	flags.StringVar(&x.errorType, "error-type", "", "x-amzn-errortype of the answer")
	flags.StringVar(&x.body, "body", "", "body of the answer")
	x.curl = explain.BindCurl(flags)
	flags.BoolVar(&x.probe, "probe", false, "also repeat requests that may have effects, to distinguish causes")
	flags.DurationVar(&x.maxTime, "max-time", 200*time.Second, "how long a request to the URL may take; three read timeouts of 60 s, and more")
	flags.BoolVar(&x.asJSON, "json", false, "print the explanation as JSON")
	flags.BoolVar(&x.list, "list", false, "list all causes")
	addLanguage(command, &x.language)
	for _, name := range []string{"status", "error-type", "body", "header", "data-raw", "max-time"} {
		complete(command, name, completeNothing)
	}
	complete(command, "request", cobra.FixedCompletions([]cobra.Completion{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// requestFlags are the flags that only a URL gives a meaning.
var requestFlags = []string{"request", "header", "data", "data-binary", "data-raw", "head", "probe", "max-time"}

// answerFlags are those that are the answer.
var answerFlags = []string{"status", "error-type", "body"}

func (x *explanation) checkArgs(command *cobra.Command, args []string) error {
	given := func(names []string) string {
		for _, name := range names {
			if command.Flags().Changed(name) {
				return "--" + name
			}
		}
		return ""
	}
	request, answer := given(requestFlags), given(answerFlags)
	switch {
	case len(args) > 1:
		return usagef("explain takes one URL, file or cause, got %d arguments: put quotes around an argument with spaces", len(args))
	case x.list && (len(args) > 0 || request != "" || answer != ""):
		return usagef("--list lists all causes: leave out the answer")
	case answer != "" && len(args) > 0:
		return usagef("%s is the answer: leave out %q", answer, args[0])
	case request != "" && (len(args) == 0 || !isURL(args[0])):
		return usagef("%s describes a request: give the URL, as https://name/path", request)
	case x.maxTime <= 0:
		return usagef("--max-time is %s, want more than 0", x.maxTime)
	case command.Flags().Changed("status") && (x.status < 100 || x.status > 599):
		return usagef("--status is %d, want one from 100 to 599", x.status)
	}
	return nil
}

func (x *explanation) run(command *cobra.Command, args []string) error {
	ctx := command.Context()
	flags := command.Flags()
	if x.language == "" {
		x.language = languageHere()
	}
	switch {
	case x.list:
		return x.writeList()
	case flags.Changed("status") || flags.Changed("error-type") || flags.Changed("body"):
		return x.writeAnswer(x.fromFlags(), nil, nil)
	case len(args) == 1 && isURL(args[0]):
		return x.explainURL(ctx, args[0])
	case len(args) == 1 && causes.Get(causes.ID(args[0])) != nil:
		return x.writeCause(causes.Get(causes.ID(args[0])))
	case len(args) == 1 && args[0] != "-":
		text, err := os.ReadFile(args[0])
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%q is not a URL, a file or a known cause: 'streamfront explain --list' lists the causes, and a URL begins with https://", args[0])
		}
		if err != nil {
			return err
		}
		return x.explainText(string(text))
	}
	text, err := x.read(command.InOrStdin())
	if err != nil {
		return err
	}
	return x.explainText(text)
}

func isURL(arg string) bool {
	return strings.HasPrefix(arg, "https://") || strings.HasPrefix(arg, "http://")
}

// read reads a paste; at a terminal it asks for one.
func (x *explanation) read(in io.Reader) (string, error) {
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprintln(x.io.Err, "Paste the answer, such as the output of 'curl -i', then press Ctrl-D (Ctrl-Z and Enter on Windows):")
	}
	text, err := io.ReadAll(io.LimitReader(in, explain.MaxPaste))
	return string(text), err
}

func (x *explanation) fromFlags() *explain.Answer {
	a := &explain.Answer{Status: x.status, Body: x.body, Request: explain.Request{Length: -1}}
	if x.errorType != "" {
		// The type alone: that other headers are not here means nothing.
		a.Body = strings.TrimSpace(x.body + "\n" + x.errorType)
	}
	return a
}

func (x *explanation) explainText(text string) error {
	answer, err := explain.Parse(text)
	if err != nil {
		return err
	}
	return x.writeAnswer(answer, explain.Explain(answer), nil)
}

func (x *explanation) explainURL(ctx context.Context, address string) error {
	request, err := x.curl.Request(address)
	if err != nil {
		return usageError{err}
	}
	progress := x.io.Progress("waiting for " + address)
	defer progress.Done()
	client := &explain.Client{UserAgent: "streamfront/" + versionName(), Timeout: x.maxTime}
	answer, err := client.Ask(ctx, request)
	if err != nil {
		next := "Check the address, and that it answers at all: curl -sS -i " + quoteURL(address)
		if found := explain.Explain(&explain.Answer{Body: err.Error(), Request: *request}); len(found) > 0 {
			next = fmt.Sprintf("Probable cause: %s: %s", found[0].Cause.ID, found[0].Cause.Title)
		}
		return fmt.Errorf("%w\n%s", err, next)
	}
	progress.Update("asking further")
	probes, found, err := client.Probe(ctx, answer, explain.Explain(answer), x.probe)
	if err != nil {
		return err
	}
	progress.Done()
	return x.writeAnswer(answer, found, probes)
}

func completeCauses(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []cobra.Completion
	for _, c := range causes.All {
		ids = append(ids, cobra.CompletionWithDesc(string(c.ID), c.Title))
	}
	return ids, cobra.ShellCompDirectiveDefault
}

// fine reports whether nothing about the answer asks for an explanation.
func fine(a *explain.Answer) bool {
	return a.Status >= http.StatusOK && a.Status < http.StatusBadRequest && !a.Broken
}
