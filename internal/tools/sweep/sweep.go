// Package sweep finds and deletes what a destroyed deployment leaves behind: edge functions, which
// Lambda does not delete while CloudFront has replicas of them, and their log groups in every
// region where they ran.
package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cloudformationtypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

// Options say what to look for.
type Options struct {
	// Profile is the one of the AWS configuration.
	// Default: AWS_PROFILE, or the default one.
	Profile string
	// Stack is the name of the stack that the functions were of, or of its edge stack.
	// Default: any.
	Stack string
	// Functions are names of edge functions, also of ones that are gone already and have
	// left their logs, or of ones that streamfront did not define.
	// Default: those that streamfront defined.
	Functions []string
	// Regions are where to look for log groups.
	// Default: all that are enabled for the account.
	Regions []string
}

// State is what became of a thing, or what would.
type State string

const (
	// Left is what is to be deleted.
	Left State = "left"
	// Deleted is what was.
	Deleted State = "deleted"
	// InUse is a function that a stack has: nothing of it is touched.
	InUse State = "in use"
	// Replicated is a function that Lambda refuses to delete yet, and its log groups.
	Replicated State = "replicated"
	// Gone is a function that was deleted before, by name.
	Gone State = "gone"
	// Failed is what could not be deleted.
	Failed State = "failed"
)

// A Function is one of Lambda@Edge.
type Function struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Stack       string     `json:"stack,omitempty"`
	State       State      `json:"state"`
	Why         string     `json:"why,omitempty"`
	LogGroups   []LogGroup `json:"logGroups"`
}

// A LogGroup is where a function wrote in a region.
type LogGroup struct {
	Region string `json:"region"`
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	State  State  `json:"state"`
	Why    string `json:"why,omitempty"`
}

// A Plan is what there is, and what became of it.
type Plan struct {
	Regions   []string    `json:"regions"` // where logs were looked for
	Functions []*Function `json:"functions"`
	Kept      []Kept      `json:"kept,omitempty"` // by templates

	aws  aws.Config
	lock sync.Mutex // of what side by side calls find
}

// edgeRegion is where edge functions are made and deleted.
const edgeRegion = "us-east-1"

// mark is how the descriptions of our functions begin.
const mark = "streamfront: "

// parallel is how many calls are under way at once.
const parallel = 8

// Left says how many functions and log groups there are to delete, or could not be yet.
func (p *Plan) Left() (functions, logGroups int) {
	for _, f := range p.Functions {
		if f.State == Left || f.State == Replicated || f.State == Failed {
			functions++
		}
		for _, g := range f.LogGroups {
			if g.State == Left || g.State == Replicated || g.State == Failed {
				logGroups++
			}
		}
	}
	return functions, logGroups
}

// Failures says how many deletions failed for another reason than replicas.
func (p *Plan) Failures() (n int) {
	for _, f := range p.Functions {
		if f.State == Failed {
			n++
		}
		for _, g := range f.LogGroups {
			if g.State == Failed {
				n++
			}
		}
	}
	return n
}

// Look finds what is left, and changes nothing.
func Look(ctx context.Context, o Options) (*Plan, error) {
	with := []func(*config.LoadOptions) error{config.WithRegion(edgeRegion)}
	if o.Profile != "" {
		with = append(with, config.WithSharedConfigProfile(o.Profile))
	}
	c, err := config.LoadDefaultConfig(ctx, with...)
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	p := &Plan{aws: c, Functions: []*Function{}}
	if p.Functions, err = p.functions(ctx, o); err != nil {
		return nil, err
	}
	if len(p.Functions) == 0 {
		return p, nil
	}
	if p.Regions = o.Regions; len(p.Regions) == 0 {
		if p.Regions, err = p.enabledRegions(ctx); err != nil {
			return nil, err
		}
	}
	return p, p.logGroups(ctx)
}

// functions are those of the options, with their states.
func (p *Plan) functions(ctx context.Context, o Options) ([]*Function, error) {
	found := []*Function{}
	pages := lambda.NewListFunctionsPaginator(lambda.NewFromConfig(p.aws), &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure("lambda:ListFunctions", edgeRegion, err)
		}
		for _, f := range page.Functions {
			name, description := aws.ToString(f.FunctionName), aws.ToString(f.Description)
			asked := slices.Contains(o.Functions, name)
			if !asked && (len(o.Functions) > 0 || !strings.HasPrefix(description, mark)) {
				continue
			}
			one := &Function{Name: name, Description: description, State: Left}
			if err := p.ask(ctx, one, aws.ToString(f.FunctionArn), asked); err != nil {
				return nil, err
			}
			if o.Stack == "" || one.Stack == o.Stack {
				found = append(found, one)
			}
		}
	}
	for _, name := range o.Functions {
		if !slices.ContainsFunc(found, func(f *Function) bool { return f.Name == name }) && o.Stack == "" {
			found = append(found, &Function{Name: name, State: Gone})
		}
	}
	return found, nil
}

// ask finds out which stack a function is or was of, and whether that still has it.
// CloudFormation leaves its tags at what it retains.
func (p *Plan) ask(ctx context.Context, f *Function, arn string, asked bool) error {
	tags, err := lambda.NewFromConfig(p.aws).ListTags(ctx, &lambda.ListTagsInput{Resource: &arn})
	if err != nil {
		return failure("lambda:ListTags", edgeRegion, err)
	}
	f.Stack = tags.Tags["aws:cloudformation:stack-name"]
	resources, err := cloudformation.NewFromConfig(p.aws).DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{PhysicalResourceId: &f.Name})
	if err != nil {
		var api smithy.APIError
		if errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist") {
			if f.Stack == "" && !asked {
				f.State, f.Why = InUse, "CloudFormation did not make it: name it, if it is to be deleted"
			}
			return nil
		}
		return failure("cloudformation:DescribeStackResources", edgeRegion, err)
	}
	for _, r := range resources.StackResources {
		if aws.ToString(r.PhysicalResourceId) == f.Name && r.ResourceStatus != cloudformationtypes.ResourceStatusDeleteSkipped && r.ResourceStatus != cloudformationtypes.ResourceStatusDeleteComplete {
			f.State, f.Why = InUse, "the stack "+aws.ToString(r.StackName)+" has it"
		}
	}
	return nil
}

func (p *Plan) enabledRegions(ctx context.Context) (regions []string, err error) {
	pages := account.NewListRegionsPaginator(account.NewFromConfig(p.aws), &account.ListRegionsInput{
		RegionOptStatusContains: []accounttypes.RegionOptStatus{accounttypes.RegionOptStatusEnabled, accounttypes.RegionOptStatusEnabledByDefault},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w; or name the regions with --region", failure("account:ListRegions", edgeRegion, err))
		}
		for _, r := range page.Regions {
			regions = append(regions, aws.ToString(r.RegionName))
		}
	}
	slices.Sort(regions)
	return regions, nil
}

// logGroups looks for those of all functions in all regions.
func (p *Plan) logGroups(ctx context.Context) error {
	return p.each(func(f *Function, region string) error {
		if f.State == InUse {
			return nil
		}
		// Lambda@Edge names them so, after the region of the function.
		// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html (documented)
		names := []string{"/aws/lambda/" + edgeRegion + "." + f.Name}
		if region == edgeRegion {
			names = append(names, "/aws/lambda/"+f.Name) // of a test in the console
		}
		for _, name := range names {
			found, err := cloudwatchlogs.NewFromConfig(p.in(region)).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
			if err != nil {
				return failure("logs:DescribeLogGroups", region, err)
			}
			for _, g := range found.LogGroups {
				if aws.ToString(g.LogGroupName) == name { // and no other of that prefix
					p.lock.Lock()
					f.LogGroups = append(f.LogGroups, LogGroup{Region: region, Name: name, Bytes: aws.ToInt64(g.StoredBytes), State: Left})
					p.lock.Unlock()
				}
			}
		}
		return nil
	})
}

// each calls for each function and region, some at once.
func (p *Plan) each(call func(*Function, string) error) error {
	slots := make(chan struct{}, parallel)
	var wait sync.WaitGroup
	var failed []error
	for _, f := range p.Functions {
		for _, region := range p.Regions {
			slots <- struct{}{}
			wait.Go(func() {
				defer func() { <-slots }()
				if err := call(f, region); err != nil {
					p.lock.Lock()
					failed = append(failed, err)
					p.lock.Unlock()
				}
			})
		}
	}
	wait.Wait()
	for _, f := range p.Functions {
		slices.SortFunc(f.LogGroups, func(a, b LogGroup) int { return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name)) })
	}
	return errors.Join(failed...)
}

func (p *Plan) in(region string) aws.Config {
	c := p.aws.Copy()
	c.Region = region
	return c
}

// Delete deletes what is left: a function first, and its log groups once it is gone, since what
// still runs would write them anew.
func (p *Plan) Delete(ctx context.Context, told func(*Function)) {
	for _, f := range p.Functions {
		if f.State == Left {
			p.deleteFunction(ctx, f)
		}
		for i := range f.LogGroups {
			g := &f.LogGroups[i]
			switch f.State {
			case Deleted, Gone:
				p.deleteLogGroup(ctx, g)
			case Replicated:
				g.State = Replicated
			}
		}
		told(f)
	}
}

func (p *Plan) deleteFunction(ctx context.Context, f *Function) {
	_, err := lambda.NewFromConfig(p.aws).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &f.Name})
	var refused *lambdatypes.InvalidParameterValueException
	var missing *lambdatypes.ResourceNotFoundException
	switch {
	case err == nil, errors.As(err, &missing):
		f.State = Deleted
	case errors.As(err, &refused) && strings.Contains(refused.ErrorMessage(), "replicated function"):
		f.State, f.Why = Replicated, "CloudFront still has replicas, which go within hours of its last use: try again later"
	default:
		f.State, f.Why = Failed, failure("lambda:DeleteFunction", edgeRegion, err).Error()
	}
}

func (p *Plan) deleteLogGroup(ctx context.Context, g *LogGroup) {
	_, err := cloudwatchlogs.NewFromConfig(p.in(g.Region)).DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &g.Name})
	var missing *logstypes.ResourceNotFoundException
	if err == nil || errors.As(err, &missing) {
		g.State = Deleted
		return
	}
	g.State, g.Why = Failed, failure("logs:DeleteLogGroup", g.Region, err).Error()
}

// failure is an error of a call in one line.
func failure(operation, region string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return fmt.Errorf("%s in %s: %s: %s", operation, region, api.ErrorCode(), api.ErrorMessage())
	}
	return fmt.Errorf("%s in %s: %w", operation, region, err)
}
