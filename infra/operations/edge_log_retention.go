package operations

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

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
	// Endpoint has the functions, those of the routes that it has by now.
	// Required.
	Endpoint streamfront.Endpoint
	// Retention is how long the logs are kept.
	// Default: awslogs.RetentionDays_ONE_MONTH.
	Retention awslogs.RetentionDays
	// Regions are where CloudFront runs the functions.
	// Default: - the 13 regions of CloudFront's regional edge caches.
	Regions *[]*string
}

type edgeLogRetention struct {
	constructs.Construct
	names []*string
}

// NewEdgeLogRetention defines an EdgeLogRetention. Lambda@Edge logs in the region that served
// the request, into a log group that AWS makes without an end; here each of them is made, and
// given one, by CDK's function for that. When the stack is destroyed the log groups stay.
//
// An opt-in region among Regions has to be enabled in the account.
func NewEdgeLogRetention(scope constructs.Construct, id *string, props *EdgeLogRetentionProps) EdgeLogRetention {
	var p EdgeLogRetentionProps
	if props != nil {
		p = *props
	}
	required(p.Endpoint != nil, "EdgeLogRetentionProps.Endpoint", "pass the endpoint whose functions at the edge log")
	if p.Retention == "" {
		p.Retention = awslogs.RetentionDays_ONE_MONTH
	}
	regions := edgeRegions
	if p.Regions != nil {
		regions = nil
		for _, region := range *p.Regions {
			if slices.Contains(regions, *region) {
				panic(fmt.Sprintf("streamfront: EdgeLogRetentionProps.Regions has %s twice; name it once", *region))
			}
			regions = append(regions, *region)
		}
	}
	functions := edgeFunctionsOf(p.Endpoint)
	if len(functions) == 0 {
		panic("streamfront: EdgeLogRetentionProps.Endpoint has no Lambda@Edge function, hence no logs of one; leave the EdgeLogRetention out")
	}

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
