package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
)

// Lambda's quota of concurrent executions: each stream takes one for as long as it lasts.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (documented)
const (
	concurrencyQuota = "L-B99A9384"
	usualConcurrency = 1000
)

// lookAtConcurrency asks Service Quotas for what was granted and Lambda for what holds: of new
// accounts these are reported to differ, and the smaller one counts (field reports).
func lookAtConcurrency(ctx context.Context, e *examination) Finding {
	granted, err := servicequotas.NewFromConfig(e.aws).GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{
		ServiceCode: aws.String("lambda"), QuotaCode: aws.String(concurrencyQuota),
	})
	settings, inForce := lambda.NewFromConfig(e.aws).GetAccountSettings(ctx, nil)
	var values []int
	if err == nil && granted.Quota != nil && granted.Quota.Value != nil {
		values = append(values, int(*granted.Quota.Value))
	}
	if inForce == nil && settings.AccountLimit != nil {
		values = append(values, int(settings.AccountLimit.ConcurrentExecutions))
	}
	if len(values) == 0 {
		if err == nil {
			return e.refused("lambda:GetAccountSettings", e.Region, inForce)
		}
		return e.refused("servicequotas:GetServiceQuota", e.Region, err)
	}
	n := slices.Min(values)
	if n >= usualConcurrency {
		return Finding{State: OK, Says: fmt.Sprintf("%d in %s", n, e.Region)}
	}
	return Finding{
		State: Warn,
		Says:  fmt.Sprintf("%d in %s, where %d are usual: as many streams at once, of all functions together", n, e.Region, usualConcurrency),
		Fix:   increase("lambda", concurrencyQuota, usualConcurrency, e.Region),
	}
}

func increase(service, code string, value float64, region string) string {
	return fmt.Sprintf("aws service-quotas request-service-quota-increase --service-code %s --quota-code %s --desired-value %s --region %s",
		service, code, number(value), region)
}

func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// A quota is one of CloudFront's, which Service Quotas knows in us-east-1.
type quota struct {
	what, unit  string
	code        string   // "" if it is known by its name alone
	names       []string // as Service Quotas has called it over the years
	least       float64  // what an endpoint of the sample takes
	usual       float64  // AWS's default; 0 if it changed over the years
	consequence string   // of one that is smaller than usual
}

// quotas are those that an endpoint can run into. Their names and defaults are documented
// (https://docs.aws.amazon.com/general/latest/gr/cf_region.html); the code is a field report.
var quotas = []quota{
	{
		what: "read timeout", unit: "s", code: "L-AECE9FA7", names: []string{"Response timeout per origin"}, least: 60, usual: 120,
		consequence: "a stream may not be silent for longer",
	},
	{
		what: "behaviors of a distribution", names: []string{"Cache behaviors per distribution"}, least: 2, usual: 25,
		consequence: "each route is one",
	},
	{
		what: "edge functions of a distribution", names: []string{"Triggers per distribution", "Lambda@Edge functions per distribution"}, least: 2, usual: 25,
		consequence: "each route whose bodies the edge hashes has one",
	},
	{
		what: "distributions with edge functions", names: []string{"Distributions per AWS account that you can create triggers for", "Distributions associated with Lambda@Edge functions per AWS account"}, least: 1, usual: 25,
		consequence: "each endpoint with a signer is one",
	},
}

func (q quota) look(ctx context.Context, e *examination) Finding {
	client := servicequotas.NewFromConfig(e.in(edgeRegion))
	pages := servicequotas.NewListServiceQuotasPaginator(client, &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("cloudfront")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return e.refused("servicequotas:ListServiceQuotas", edgeRegion, err)
		}
		for _, listed := range page.Quotas {
			if q.is(listed) && listed.Value != nil {
				return q.judge(*listed.Value, aws.ToString(listed.QuotaCode))
			}
		}
	}
	return Finding{State: OK, Says: fmt.Sprintf("not changed for this account: AWS's default, %s%s or more", number(q.usual), q.suffix())}
}

func (q quota) is(listed types.ServiceQuota) bool {
	return q.code != "" && aws.ToString(listed.QuotaCode) == q.code || slices.Contains(q.names, aws.ToString(listed.QuotaName))
}

func (q quota) suffix() string {
	if q.unit == "" {
		return ""
	}
	return " " + q.unit
}

func (q quota) judge(value float64, code string) Finding {
	says := number(value) + q.suffix()
	fix := increase("cloudfront", code, q.usual, edgeRegion)
	switch {
	case value < q.least:
		return Finding{State: Fail, Says: fmt.Sprintf("%s, and the sample needs %s: %s", says, number(q.least), q.consequence), Fix: fix}
	case value < q.usual:
		return Finding{State: Warn, Says: fmt.Sprintf("%s, where %s are usual: %s", says, number(q.usual), q.consequence), Fix: fix}
	}
	return Finding{State: OK, Says: says}
}
