package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/tools/doctor"
	"github.com/streamfront/streamfront/internal/tools/terminal"
)

func newDoctorCommand(io *terminal.IO) *cobra.Command {
	var options doctor.Options
	var asJSON, acceptUnknown bool
	command := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Examine what a deployment needs: programs, credentials, bootstrap, quotas",
		Long: `Examines, before a deployment, what it needs: Go, Node.js and the CDK's command line, credentials
and their account, the CDK's bootstrap in the region of the endpoint and in us-east-1 (where the
signer goes), quotas that an endpoint can exceed and, on request, a certificate and the access to
a model of Amazon Bedrock. Each line that is not ok names the command that fixes it.

It only reads, and changes nothing. It uses the configuration of the AWS command line, and needs
ssm:GetParameter, servicequotas:GetServiceQuota, servicequotas:ListServiceQuotas,
lambda:GetAccountSettings, acm:ListCertificates, bedrock:GetInferenceProfile and
bedrock:GetFoundationModelAvailability. What it may not read is "unknown".`,
		Example: `  streamfront doctor
  streamfront doctor --region eu-west-1 --domain chat.example.com --model eu.amazon.nova-pro-v1:0
  streamfront doctor --json | jq -r '.findings[] | select(.state == "FAIL") | .fix'`,
		Annotations:       map[string]string{exitNote: "0 if nothing fails, even with warnings, 1 if something does, 2 if something could not be examined"},
		Args:              cobra.NoArgs,
		ValidArgsFunction: completeNothing,
		RunE: func(command *cobra.Command, _ []string) error {
			report := examine(command.Context(), io, options)
			if err := command.Context().Err(); err != nil {
				return err
			}
			var err error
			if asJSON {
				err = writeJSON(io, report)
			} else {
				err = writeExamination(io.Out, report)
			}
			switch unknown := report.Count(doctor.Unknown); {
			case err != nil:
				return err
			case report.Count(doctor.Fail) > 0:
				return errShown
			case unknown > 0 && !acceptUnknown:
				return fmt.Errorf("%s could not be examined: see above, or accept it with --accept-unknown", plural(unknown, "point"))
			}
			return nil
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Region, "region", "", "`region` of the endpoint (default that of the AWS configuration, else us-east-1)")
	flags.StringVar(&options.Profile, "profile", "", "`name` of a profile of the AWS configuration")
	flags.StringVar(&options.Qualifier, "qualifier", "", "`qualifier` of the CDK's bootstrap stack (default hnb659fds)")
	flags.StringVar(&options.Domain, "domain", "", "domain `name` for the endpoint, which needs a certificate in us-east-1")
	flags.StringVar(&options.Model, "model", "", "`id` or ARN of the model or inference profile of Amazon Bedrock for the endpoint")
	flags.BoolVar(&acceptUnknown, "accept-unknown", false, "do not fail if something could not be examined")
	flags.BoolVar(&asJSON, "json", false, "print the report as JSON")
	for _, name := range []string{"region", "profile", "qualifier", "domain", "model"} {
		complete(command, name, completeNothing)
	}
	return command
}

func examine(ctx context.Context, io *terminal.IO, options doctor.Options) *doctor.Report {
	progress := io.Progress("looking at what a deployment needs")
	defer progress.Done()
	return doctor.Run(ctx, options)
}

var stateStyles = map[doctor.State][]terminal.Style{
	doctor.OK:      {terminal.Green},
	doctor.Warn:    {terminal.Yellow},
	doctor.Fail:    {terminal.Red, terminal.Bold},
	doctor.Unknown: {terminal.Yellow},
	doctor.Skip:    {terminal.Dim},
}

// writeExamination writes a line for each check, and the fix below it.
func writeExamination(out *terminal.Stream, r *doctor.Report) error {
	var t terminal.Table
	for _, f := range r.Findings {
		t.Row(out.Paint(string(f.State), stateStyles[f.State]...), f.Check, f.Says)
		if f.Fix != "" && f.State != doctor.OK {
			t.Row("", "", out.Paint("fix", terminal.Dim)+"  "+f.Fix)
		}
	}
	return out.Table(t)
}
