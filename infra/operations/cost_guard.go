package operations

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbudgets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/guard"
	"github.com/streamfront/streamfront/infra/internal/problems"
)

// CostGuard limits what functions may cost: by a limit for requests at once, and by a monthly budget
// that closes them.
type CostGuard interface {
	constructs.Construct
	// Function returns the function that closes and opens.
	Function() awslambda.Function
	// CloseTopic returns the topic. Each message to it closes the functions, so an alarm of your own
	// may publish to it.
	CloseTopic() awssns.Topic
	// OpenCommand returns a shell command that opens the functions again.
	OpenCommand() *string
	// CloseCommand returns a shell command that closes the functions now.
	CloseCommand() *string
}

// CostGuardProps are the properties of a CostGuard.
type CostGuardProps struct {
	// Functions are the functions to guard. They must be in the stack's region. For an alias, pass
	// its function.
	// Required.
	Functions *[]awslambda.Function
	// MonthlyBudget is what a calendar month may cost, in US dollars. At 100, 150 and 200
	// percent of it the functions are closed.
	// Required.
	MonthlyBudget *float64
	// CostFilters select the costs that count, as in AWS::Budgets::Budget, for instance
	// {"TagKeyValue": ["user:app$chat"]} for a cost allocation tag. Amazon Bedrock bills models of
	// other providers as services of their own, which a filter by service misses.
	// Default: - all costs of the account.
	CostFilters *map[string]*[]*string
	// ReservedConcurrentExecutions is how many requests each function may have at once, unless the
	// function sets that itself. AWS takes it from the account's quota, of which 100 must remain: an
	// account whose quota is 10 cannot reserve any.
	// Default: 10.
	ReservedConcurrentExecutions *float64
	// RequestsPerHour closes the functions once they have had that many requests within an hour, all
	// together. It acts within minutes, a budget only after hours.
	// Default: - no such limit.
	RequestsPerHour *float64
	// Releases are the releases of Functions with provisioned concurrency. It is removed while the
	// functions are closed, and restored afterwards.
	// Default: - none.
	Releases *[]Release
	// Email gets a message at 80 percent of the budget, when the forecast exceeds it, and when the
	// functions are closed or could not be. The last subscription must be confirmed once.
	// Default: - nobody; subscribe to a topic of your own.
	Email *string
}

type costGuard struct {
	constructs.Construct
	function   awslambda.Function
	closeTopic awssns.Topic
}

// NewCostGuard defines a CostGuard.
//
// The actions of AWS Budgets attach IAM or service control policies, or stop EC2 and RDS instances.
// None of them closes an endpoint, because CloudFront calls the function as a service, to which no
// identity's policy applies. So the budget publishes to a topic, and a function sets the reserved
// concurrency of the guarded functions to 0. From then on Lambda answers 429 and bills nothing.
// CloudFront, the edge functions and AWS WAF are still billed for each request. Streams in progress
// run to their end.
//
// AWS learns of costs some 8 to 12 hours late. Until then ReservedConcurrentExecutions, the rate rule
// of a Firewall, and RequestsPerHour limit the loss.
//
// OpenCommand opens the functions. A deployment does not, unless it changes the reserved concurrency.
func NewCostGuard(scope constructs.Construct, id *string, props *CostGuardProps) CostGuard {
	var p CostGuardProps
	if props != nil {
		p = *props
	}
	var found problems.List
	p.validate(&found)
	found.Report()
	p.ReservedConcurrentExecutions = orDefault(p.ReservedConcurrentExecutions, 10)

	g := &costGuard{}
	constructs.NewConstruct_Override(g, scope, id)
	g.function = g.newFunction(&p, p.guarded())
	g.closeTopic = newTopic(g, "CloseTopic", nil, alarms, budgets)
	g.closeTopic.AddSubscription(awssnssubscriptions.NewLambdaSubscription(g.function, nil))
	g.newBudget(&p)
	if p.RequestsPerHour != nil {
		g.newFloodAlarm(&p)
	}
	return g
}

func (p *CostGuardProps) validate(found *problems.List) {
	required(found, p.Functions != nil && len(*p.Functions) > 0, "CostGuardProps.Functions", "pass the functions to guard")
	required(found, p.MonthlyBudget != nil, "CostGuardProps.MonthlyBudget", "pass what a month may cost in US dollars")
	between(found, p.MonthlyBudget, 1, 1e9, "CostGuardProps.MonthlyBudget")
	between(found, p.ReservedConcurrentExecutions, 1, 1e6, "CostGuardProps.ReservedConcurrentExecutions")
	whole(found, p.ReservedConcurrentExecutions, "CostGuardProps.ReservedConcurrentExecutions")
	between(found, p.RequestsPerHour, 1, 1e9, "CostGuardProps.RequestsPerHour")
	if p.Functions == nil {
		return
	}
	for i, f := range *p.Functions {
		if f == nil {
			found.Add("CostGuardProps.Functions has nil at index %d; remove it", i)
			continue
		}
		if slices.Contains((*p.Functions)[:i], f) {
			found.Add("CostGuardProps.Functions has %q twice; remove one", *f.Node().Path())
			continue
		}
		if _, ok := f.Node().DefaultChild().(awslambda.CfnFunction); !ok {
			found.Add("CostGuardProps.Functions has %q, which is imported; guard it in the stack that defines it", *f.Node().Path())
		}
	}
	if p.Releases == nil {
		return
	}
	for i, r := range *p.Releases {
		if r == nil {
			found.Add("CostGuardProps.Releases has nil at index %d; remove it", i)
			continue
		}
		if !p.has(r.(*release).function) {
			found.Add("CostGuardProps.Releases has %q, whose function is not among Functions; add it there", *r.Node().Path())
		}
	}
}

func (p *CostGuardProps) has(function awslambda.Function) bool {
	for _, f := range *p.Functions {
		if f == function {
			return true
		}
	}
	return false
}

// guarded reserves concurrency, and returns the configuration of the guard's function.
func (p *CostGuardProps) guarded() []map[string]any {
	var list []map[string]any
	for _, f := range *p.Functions {
		resource := f.Node().DefaultChild().(awslambda.CfnFunction)
		if resource.ReservedConcurrentExecutions() == nil {
			resource.SetReservedConcurrentExecutions(p.ReservedConcurrentExecutions)
		}
		one := map[string]any{"name": f.FunctionName(), "reserved": resource.ReservedConcurrentExecutions()}
		if r := p.releaseOf(f); r != nil && r.provisioned != nil {
			one["alias"], one["provisioned"] = r.alias.AliasName(), r.provisioned
		}
		list = append(list, one)
	}
	return list
}

func (p *CostGuardProps) releaseOf(f awslambda.Function) *release {
	if p.Releases != nil {
		for _, r := range *p.Releases {
			if r := r.(*release); r.function == f {
				return r
			}
		}
	}
	return nil
}

func (g *costGuard) Function() awslambda.Function { return g.function }

func (g *costGuard) CloseTopic() awssns.Topic { return g.closeTopic }

func (g *costGuard) OpenCommand() *string { return g.command("open") }

func (g *costGuard) CloseCommand() *string { return g.command("close") }

func (g *costGuard) command(action string) *string {
	return jsii.Sprintf(`aws lambda invoke --region %s --function-name %s --cli-binary-format raw-in-base64-out --payload '{"action":"%s"}' /dev/stdout`,
		*awscdk.Stack_Of(g).Region(), *g.function.FunctionName(), action)
}

func (g *costGuard) newFunction(p *CostGuardProps, guarded []map[string]any) awslambda.Function {
	props := &awslambda.FunctionProps{
		Description:  jsii.String("streamfront: closes functions that cost too much, and opens them"),
		Runtime:      awslambda.Runtime_NODEJS_24_X(),
		Architecture: awslambda.Architecture_ARM_64(),
		Handler:      jsii.String("index.handler"),
		Code:         awslambda.Code_FromInline(jsii.String(guard.Source)),
		Timeout:      awscdk.Duration_Seconds(jsii.Number(60)),
		Environment: &map[string]*string{
			"FUNCTIONS": awscdk.Stack_Of(g).ToJsonString(guarded, nil),
		},
		LogGroup: awslogs.NewLogGroup(g, jsii.String("Logs"), &awslogs.LogGroupProps{
			Retention: awslogs.RetentionDays_ONE_YEAR, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		}),
	}
	if p.Email != nil {
		topic := newTopic(g, "Topic", p.Email)
		props.OnSuccess, props.OnFailure = awslambdadestinations.NewSnsDestination(topic), awslambdadestinations.NewSnsDestination(topic)
	}
	function := awslambda.NewFunction(g, jsii.String("Function"), props)
	for _, f := range *p.Functions {
		actions, resources := jsii.Strings("lambda:PutFunctionConcurrency"), &[]*string{f.FunctionArn()}
		function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: actions, Resources: resources}))
		if r := p.releaseOf(f); r != nil && r.provisioned != nil {
			function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions:   jsii.Strings("lambda:DeleteProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig"),
				Resources: &[]*string{r.alias.FunctionArn()},
			}))
		}
	}
	return function
}

// newBudget makes the budget, which may have five notifications. Each of the last three closes the
// functions, so that functions that were opened again within the month stay guarded.
// https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
func (g *costGuard) newBudget(p *CostGuardProps) {
	mail := []any{}
	if p.Email != nil {
		mail = append(mail, &awsbudgets.CfnBudget_SubscriberProperty{SubscriptionType: jsii.String("EMAIL"), Address: p.Email})
	}
	notify := func(kind string, percent float64, subscribers []any) any {
		return &awsbudgets.CfnBudget_NotificationWithSubscribersProperty{
			Notification: &awsbudgets.CfnBudget_NotificationProperty{
				NotificationType: &kind, ComparisonOperator: jsii.String("GREATER_THAN"),
				Threshold: &percent, ThresholdType: jsii.String("PERCENTAGE"),
			},
			Subscribers: subscribers,
		}
	}
	var notifications []any
	if len(mail) > 0 {
		notifications = append(notifications, notify("ACTUAL", 80, mail), notify("FORECASTED", 100, mail))
	}
	closing := append([]any{&awsbudgets.CfnBudget_SubscriberProperty{SubscriptionType: jsii.String("SNS"), Address: g.closeTopic.TopicArn()}}, mail...)
	for _, percent := range []float64{100, 150, 200} {
		notifications = append(notifications, notify("ACTUAL", percent, closing))
	}
	data := &awsbudgets.CfnBudget_BudgetDataProperty{
		BudgetType: jsii.String("COST"), TimeUnit: jsii.String("MONTHLY"),
		BudgetLimit: &awsbudgets.CfnBudget_SpendProperty{Amount: p.MonthlyBudget, Unit: jsii.String("USD")},
	}
	if p.CostFilters != nil {
		data.CostFilters = p.CostFilters
	}
	awsbudgets.NewCfnBudget(g, jsii.String("Budget"), &awsbudgets.CfnBudgetProps{
		Budget: data, NotificationsWithSubscribers: notifications,
	})
}

// newFloodAlarm closes the functions by their number of requests, which CloudWatch knows within
// minutes.
func (g *costGuard) newFloodAlarm(p *CostGuardProps) {
	metrics, sum := map[string]awscloudwatch.IMetric{}, ""
	for i, f := range *p.Functions {
		id := fmt.Sprintf("requests%d", i)
		metrics[id] = f.Metric(jsii.String("Invocations"), &awscloudwatch.MetricOptions{
			Statistic: jsii.String("Sum"), Period: awscdk.Duration_Hours(jsii.Number(1)),
		})
		if sum != "" {
			sum += " + "
		}
		sum += "FILL(" + id + ", 0)"
	}
	awscloudwatch.NewAlarm(g, jsii.String("Flood"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String("More requests within an hour than are allowed; the functions are closed"),
		Metric: awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression: &sum, UsingMetrics: &metrics, Period: awscdk.Duration_Hours(jsii.Number(1)), Label: jsii.String("requests"),
		}),
		Threshold: p.RequestsPerHour, EvaluationPeriods: jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	}).AddAlarmAction(awscloudwatchactions.NewSnsAction(g.closeTopic))
}
