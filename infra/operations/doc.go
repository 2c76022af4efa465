// Package operations defines what an endpoint of package streamfront needs in production: a
// dashboard and alarms, access logs, a guard against costs, releases that roll back, and a private
// network.
//
//	Monitoring        dashboard, alarms, and a composite alarm "endpoint unhealthy"
//	AccessLogs        CloudFront's standard logs, version 2, with saved queries
//	EdgeLogRetention  an expiry for the logs that Lambda@Edge writes in every region
//	CostGuard         reserved concurrency, and a budget that closes the endpoint
//	Release           an alias with a canary deployment, and alarms that roll it back
//	Network           private subnets for the function, and endpoints for what it calls
//
// Each works on its own. The constructs take an endpoint and its functions, and change no logical
// ids of theirs. Each constructor reports all problems of its properties in one panic.
//
// # Regions
//
// CloudFront keeps its metrics and log sources in us-east-1, and an alarm must be where its metric
// is. If the endpoint's stack is in another region, that part goes into a second stack with the same
// name plus "-Operations", which the app deploys as well. The second stack refers to the
// distribution: set StackProps.CrossRegionReferences on the endpoint's stack.
package operations
