package operations

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// EdgeLogRetention makes the logs of an endpoint's Lambda@Edge functions expire.
type EdgeLogRetention interface {
	constructs.Construct
	// LogGroupNames returns the names of the log groups, one for each function, which are the
	// same in every region.
	LogGroupNames() *[]*string
}

// EdgeLogRetentionProps are the properties of an EdgeLogRetention.
type EdgeLogRetentionProps struct {
	// Endpoint has the functions. Only its routes so far count.
	// Required.
	Endpoint streamfront.Endpoint
	// Retention is how long the logs are kept.
	// Default: awslogs.RetentionDays_ONE_MONTH.
	Retention awslogs.RetentionDays
	// Regions are the regions in which CloudFront runs the functions.
	// Default: - the 13 regions of CloudFront's regional edge caches.
	Regions *[]*string
}

type edgeLogRetention struct {
	constructs.Construct
	names []*string
}

// NewEdgeLogRetention defines an EdgeLogRetention. Lambda@Edge logs in the region that served the
// request, into a log group that AWS creates without an expiry. The construct creates each of these
// log groups with an expiry, by the CDK's function for that. They stay when the stack is destroyed.
//
// An opt-in region among Regions must be enabled in the account.
func NewEdgeLogRetention(scope constructs.Construct, id *string, props *EdgeLogRetentionProps) EdgeLogRetention {
	var p EdgeLogRetentionProps
	if props != nil {
		p = *props
	}
	var found problems.List
	required(&found, p.Endpoint != nil, "EdgeLogRetentionProps.Endpoint", "pass the endpoint with the edge functions")
	if p.Retention == "" {
		p.Retention = awslogs.RetentionDays_ONE_MONTH
	}
	regions := edgeRegions
	if p.Regions != nil {
		regions = nil
		for i, region := range *p.Regions {
			if region == nil || !regionName.MatchString(*region) && !*awscdk.Token_IsUnresolved(region) {
				found.Add("EdgeLogRetentionProps.Regions has %s at index %d; use names of regions, such as eu-central-1", quoted(region), i)
				continue
			}
			if slices.Contains(regions, *region) {
				found.Add("EdgeLogRetentionProps.Regions has %s twice; remove one", *region)
				continue
			}
			regions = append(regions, *region)
		}
	}
	var functions []experimental.EdgeFunction
	if p.Endpoint != nil {
		if functions = edgeFunctionsOf(p.Endpoint); len(functions) == 0 {
			found.Add("EdgeLogRetentionProps.Endpoint %q has no Lambda@Edge function; leave the EdgeLogRetention out, or define it after the routes that have one", *p.Endpoint.Node().Path())
		}
	}
	found.Report()

	r := &edgeLogRetention{}
	constructs.NewConstruct_Override(r, scope, id)
	for _, function := range functions {
		name := jsii.String("/aws/lambda/" + edgeRegion + "." + *functionNameOf(function))
		r.names = append(r.names, name)
		for _, region := range regions {
			awslogs.NewLogRetention(r, jsii.String(*function.Node().Id()+region), &awslogs.LogRetentionProps{
				LogGroupName:   name,
				LogGroupRegion: jsii.String(region),
				Retention:      p.Retention,
			})
		}
	}
	return r
}

func (r *edgeLogRetention) LogGroupNames() *[]*string { return &r.names }
