package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/local"
)

func newRunCommand(io *terminal.IO) *cobra.Command {
	options := local.Options{Parameters: map[string]string{}}
	watch, asJSON := false, false
	var language cdk.Language
	command := &cobra.Command{
		Use:   "run [flags] [cdk.out]",
		Short: "Serve the front doors of a synthesized CDK app on 127.0.0.1",
		Long: `Serves the front doors of a synthesized CDK app on 127.0.0.1 until Ctrl-C: its distributions, APIs
and function URLs, with their functions and edge functions. It shows each request hop by hop. A
page below /.streamfront/ of each front door shows all details.

With --json, standard output has one JSON object on a line for each event: first "started", then
"request" with hops, headers, times in milliseconds, sizes in bytes, cause and signature.`,
		Example: `  cdk synth -q && streamfront run cdk.out --port 0
  streamfront run --watch --source ../functions
  API_KEY=... streamfront run --tls --env API_KEY
  streamfront run --function App/Server='npm start' --env-file .env
  streamfront run --invoker-key AKIALOCAL:secret   # for signed calls to the function URLs
  streamfront run --json | jq 'select(.status >= 400) | .cause.fix'`,
		Annotations:       map[string]string{exitNote: "0 when ended by Ctrl-C"},
		Args:              oneAssembly,
		ValidArgsFunction: completeAssembly,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				options.Assembly = args[0]
			}
			switch {
			case options.Port < 0 || options.Port > 65535:
				return usagef("--port is %d, want one from 0 to 65535", options.Port)
			case options.EnvironmentConcurrency < 1:
				return usagef("--environment-concurrency is %d, want 1 or more", options.EnvironmentConcurrency)
			case options.Canary < 0 || options.Canary > 100:
				return usagef("--canary is %d, want a percentage from 0 to 100", options.Canary)
			case command.Flags().Changed("canary") && options.Deployed == "":
				return usagef("--canary is %d, want --deployed with it, the folder of the assembly that is deployed now", options.Canary)
			case command.Flags().Changed("signature-window") && options.SignatureWindow <= 0:
				return usagef("--signature-window is %s, want more than 0", options.SignatureWindow)
			}
			options.Language = string(language)
			return run(command.Context(), io, options, watch, asJSON)
		},
	}
	flags := command.Flags()
	flags.IntVar(&options.Port, "port", 8080, "`port` on 127.0.0.1 of the first front door; 0 chooses a free one")
	flags.StringVar(&options.Deployed, "deployed", "", "`folder` of the assembly that is deployed now; functions behind an alias run in both versions")
	flags.IntVar(&options.Canary, "canary", 10, "`percent` of requests that go to the new version, with --deployed")
	complete(command, "deployed", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	flags.BoolVar(&options.TLS, "tls", false, "serve HTTPS, with a certificate made at the start that no client trusts (curl -k)")
	flags.StringVar(&options.Node, "node", "node", "`program` that runs the edge functions, and functions on a Node.js runtime")
	flags.StringVar(&options.Python, "python", "python3", "`program` that runs functions on a Python runtime")
	flags.BoolVar(&options.Credentials, "credentials", false, "pass the AWS credentials of this shell to the functions, which then call the real AWS")
	flags.Func("function", "`command` as NAME='npm start' that runs in place of a function, as a web application, or of the container of an ECS service; with NAME='lambda:COMMAND' it calls the runtime API itself; may be repeated", func(text string) error {
		name, command, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.TrimPrefix(command, "lambda:") == "" {
			return errors.New("want NAME=COMMAND")
		}
		if options.Functions == nil {
			options.Functions = map[string]string{}
		}
		options.Functions[name] = command
		return nil
	})
	flags.Func("env-file", "`file` of lines NAME=VALUE for functions; --env wins", func(name string) error {
		variables, err := readEnvFile(name)
		if err != nil {
			return err
		}
		if options.Environment == nil {
			options.Environment = map[string]string{}
		}
		for name, value := range variables {
			if _, given := options.Environment[name]; !given {
				options.Environment[name] = value
			}
		}
		return nil
	})
	flags.BoolVar(&options.ExposeDeleteBody, "expose-delete-body", false, "show bodies of DELETE requests to Lambda@Edge (contested: docs/fidelity.md, delete-bodies)")
	flags.BoolVar(&options.HangEmptyStreams, "hang-empty-streams", false, "let streamed responses without a body hang, as users report of AWS, until CloudFront answers 504")
	flags.BoolVar(&options.CutFailedStreams, "cut-failed-streams", false, "cut the connection if a function reports an error in mid-stream, instead of ending the stream as if it were complete")
	flags.BoolVar(&options.UnlimitedRate, "unlimited-rate", false, "let streamed responses go faster than 2 MiB/s after their first 6 MiB")
	flags.IntVar(&options.EnvironmentConcurrency, "environment-concurrency", 1, "`invocations` that an execution environment serves at once; more than 1, for load tests, differs from AWS")
	flags.DurationVar(&options.SignatureWindow, "signature-window", 0, "how far the date of a signature may be off (default 5m, or what --settled says)")
	flags.StringVar(&options.Settled, "settled", "", "`file` of 'smoke --record': behave as that endpoint on AWS did")
	flags.BoolVar(&watch, "watch", false, "serve the assembly again when it changes, and rebuild Go functions when their sources change")
	flags.BoolVar(&options.TracePage, "trace-page", true, "serve a page with the last 200 requests below "+local.TracePagePath+", a path that then reaches no function")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object for each request, and for start and reload")
	flags.Func("issuer", "local `address` of an issuer of tokens, as https://ISSUER=http://localhost:1234; may be repeated", func(text string) error {
		issuer, address, ok := strings.Cut(text, "=")
		if !ok || issuer == "" || address == "" {
			return errors.New("want https://ISSUER=http://localhost:1234")
		}
		if options.Issuers == nil {
			options.Issuers = map[string]string{}
		}
		options.Issuers[issuer] = address
		return nil
	})
	flags.Func("invoker-key", "invented access `key` as ID:SECRET that may sign direct calls to the function URLs", func(key string) error {
		id, secret, ok := strings.Cut(key, ":")
		if !ok || id == "" || secret == "" {
			return errors.New("want ID:SECRET")
		}
		options.InvokerKey = &local.InvokerKey{ID: id, Secret: secret}
		return nil
	})
	flags.Func("env", "`variable` as NAME=VALUE for functions, or NAME to pass the value in this shell; may be repeated", func(text string) error {
		name, value, given := strings.Cut(text, "=")
		if !variableName.MatchString(name) {
			return errors.New("want NAME=VALUE or NAME")
		}
		if !given {
			var set bool
			if value, set = os.LookupEnv(name); !set {
				return fmt.Errorf("%s is not set here: want NAME=VALUE", nameOrNone(name))
			}
		}
		if options.Environment == nil {
			options.Environment = map[string]string{}
		}
		options.Environment[name] = value
		return nil
	})
	flags.Func("layer", "`folder` as NAME=FOLDER of a layer that is not in the assembly, or NAME= to run the functions without it; may be repeated", func(text string) error {
		name, folder, given := strings.Cut(text, "=")
		if !given || name == "" {
			return errors.New("want NAME=FOLDER, or NAME= to run without the layer")
		}
		if folder != "" {
			if _, err := os.Stat(folder); err != nil {
				return err
			}
		}
		if options.Layers == nil {
			options.Layers = map[string]string{}
		}
		options.Layers[name] = folder
		return nil
	})
	flags.Func("bucket", "`folder` as NAME=FOLDER whose files are in a bucket, as 'aws s3 sync' would put them there; may be repeated", func(text string) error {
		name, folder, given := strings.Cut(text, "=")
		if !given || name == "" || folder == "" {
			return errors.New("want NAME=FOLDER")
		}
		if info, err := os.Stat(folder); err != nil {
			return err
		} else if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", folder)
		}
		if options.Buckets == nil {
			options.Buckets = map[string]string{}
		}
		options.Buckets[name] = folder
		return nil
	})
	flags.Func("origin", "`address` of an origin as ID=http://localhost:3000, in place of the one in the template; may be repeated", func(text string) error {
		id, address, given := strings.Cut(text, "=")
		if !given || id == "" || address == "" {
			return errors.New("want ID=http://localhost:3000")
		}
		if options.Origins == nil {
			options.Origins = map[string]string{}
		}
		options.Origins[id] = address
		return nil
	})
	flags.Func("kvs", "`file` with the values of a key-value store as NAME=file.json; may be repeated", func(text string) error {
		name, file, given := strings.Cut(text, "=")
		if !given || name == "" || file == "" {
			return errors.New("want NAME=file.json")
		}
		if options.KeyValueStores == nil {
			options.KeyValueStores = map[string]string{}
		}
		options.KeyValueStores[name] = file
		return nil
	})
	flags.FuncP("context", "c", "", func(text string) error {
		return fmt.Errorf("a synthesized app takes no context any more: run 'cdk synth -q -c %s' first; give what only a deployment knows by --parameter", text)
	})
	_ = flags.MarkHidden("context")
	flags.StringArrayVar(&options.Sources, "source", nil, "`folder` with the Go modules of functions to build for this host; may be repeated (default .)")
	complete(command, "source", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	addLanguage(command, &language)
	addParameter(command, options.Parameters)
	for _, name := range []string{"port", "canary", "environment-concurrency", "signature-window", "invoker-key", "env", "function", "issuer", "origin", "kvs", "bucket"} {
		complete(command, name, completeNothing)
	}
	return command
}

// variableName is what Lambda takes for the name of a variable, and shells, too.
var variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

// nameOrNone leaves out what is more likely a value than the name of a variable.
func nameOrNone(name string) string {
	if usualName.MatchString(name) {
		return name
	}
	return "a variable of that name"
}

var usualName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// run serves an assembly until ctx ends.
func run(ctx context.Context, io *terminal.IO, options local.Options, watch, asJSON bool) error {
	ctx, stop := whileRead(ctx)
	defer stop() // after the chain's Close
	report := &report{out: io.Out, json: asJSON}
	options.Log = &functionLog{w: io.Err, failed: report.logFailed}
	options.Trace, options.TraceDetails = report.request, asJSON
	if watch {
		options.Watch = report.reloaded
	}
	progress := io.Progress("starting the chain")
	defer progress.Done()
	options.Progress = progress.Update
	chain, err := local.Start(ctx, options)
	progress.Done()
	switch {
	case chain == nil && ctx.Err() != nil:
		return nil // Ctrl-C came while it started
	case err != nil:
		return err
	}
	defer chain.Close()
	report.started(servedBy(chain))
	<-ctx.Done()
	report.stopping()
	return nil
}

// functionLog is where functions print. That nothing more fits there, on a full disk, is said
// once, and is not the functions' failure.
type functionLog struct {
	w      io.Writer
	failed func(error)
	once   sync.Once
}

func (l *functionLog) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if err != nil {
		l.once.Do(func() { l.failed(err) })
	}
	return n, err
}

// banner says what is served and what to try: the app's own outputs, which after a
// deployment say the same of AWS. Variables in them, such as $API_KEY, stay variables: what is
// printed ends in logs and on shared screens.
func banner(s *served) string {
	var b strings.Builder
	if s.Certificate != "" {
		fmt.Fprintln(&b, "note: the certificate is made for this run: use curl with -k, and let the browser go on past its warning")
	}
	for _, note := range s.Notes {
		fmt.Fprintln(&b, "note:", note)
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, u := range s.FunctionURLs {
		fmt.Fprintf(table, "function url\t%s  %s\n", u.URL, u.Name)
	}
	for _, d := range s.FrontDoors {
		if !slices.ContainsFunc(s.FunctionURLs, func(u address) bool { return u.Name == d.Name }) {
			fmt.Fprintf(table, "%s\t%s  %s\n", d.Kind, d.URL, d.Name)
		}
	}
	if s.TracePage != "" {
		fmt.Fprintf(table, "trace page\t%s\n", s.TracePage)
	}
	table.Flush()
	if len(s.Outputs) == 0 {
		insecure := ""
		if s.Certificate != "" {
			insecure = "k"
		}
		fmt.Fprintf(&b, "\nTry this, since no output of the app leads here; Ctrl-C stops.\n\n  curl -N%s %s/\n\n", insecure, s.FrontDoors[0].URL)
		return b.String()
	}
	fmt.Fprint(&b, "\nThe app's outputs; Ctrl-C stops.\n\n")
	for _, o := range s.Outputs {
		fmt.Fprintf(&b, "%s\n  %s\n", o.Name, o.Value)
	}
	fmt.Fprintln(&b)
	return b.String()
}
