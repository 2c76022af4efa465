// Package operations defines what an endpoint of package streamfront needs once people use
// it: a dashboard and alarms, access logs, a guard against costs, releases that roll back, and
// a private network.
//
//	Monitoring        dashboard, alarms, and a composite alarm "endpoint unhealthy"
//	AccessLogs        CloudFront's standard logs, version 2, with saved queries
//	EdgeLogRetention  an end for the logs that Lambda@Edge writes in every region
//	CostGuard         reserved concurrency, a budget, and what closes the endpoint
//	Release           an alias with a canary deployment, and alarms that roll it back
//	Network           private subnets for the function, with what it has to reach
//
// Each stands alone. The constructs take an endpoint and its functions, and change neither's
// logical ids.
//
// # Regions
//
// CloudFront keeps its metrics and the sources of its logs in us-east-1, and an alarm is where
// its metric is. Where the endpoint's stack is in another region, the part in us-east-1 goes
// into a stack of its own, named after the endpoint's with "-Operations" at its end, which the
// app deploys along. That stack has to know the distribution: set
// StackProps.CrossRegionReferences on the endpoint's.
package operations
