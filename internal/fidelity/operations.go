package fidelity

var operations = []Row{
	{
		Name:       "beside-the-way",
		AWS:        "Alarms, dashboards, log deliveries, budgets, deployments and networks do what their documentation says.",
		Chain:      "They are not on the path of a request, and the chain ignores them. A function in a VPC runs on this machine's network.",
		Confidence: Documented,
		Tests:      []string{"TestTheFullAppPassesCheckAndAnswers"},
	},
	{
		Name:       "reserved-zero",
		AWS:        "A function with a reserved concurrency of 0 runs nothing, and its URL answers 429. That is how `CostGuard` closes.",
		Confidence: Documented,
		Tests:      []string{"TestAClosedEndpointAnswers429"},
	},
	{
		Name:       "provisioned-before-closing",
		AWS:        "Lambda refuses a reserved concurrency below the provisioned one, so `CostGuard` removes the provisioned one first.",
		Chain:      "No part of the chain. The function that closes is tested against a server that speaks Lambda's API and refuses the other order.",
		Confidence: Assumed,
		Tests:      []string{"TestWhatTheGuardMayDo"},
	},
	{
		Name:       "budget-topic",
		AWS:        "AWS Budgets publishes to a topic of any region of the account.",
		Chain:      "No part of the chain.",
		Confidence: Assumed,
		Tests:      []string{"TestBudgetCloses"},
	},
	{
		Name:       "log-delivery-region",
		AWS:        "The source, the destination and the delivery of CloudFront's standard logs are made in us-east-1 (documented). A log group that gets them must be there as well (assumed); a bucket may be anywhere.",
		Chain:      "No part of the chain.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestAccessLogsAreDeliveredInUsEast1", "TestAccessLogsToABucketOfAnotherRegion"},
	},
	{
		Name:       "edge-log-regions",
		AWS:        "Lambda@Edge functions at origin events run, log and count in the 13 regions of CloudFront's regional edge caches.",
		Chain:      "They run on this machine.",
		Confidence: FieldReport,
		Tests:      []string{"TestEdgeLogsExpireInEveryRegion"},
	},
	{
		Name:       "alias-of-a-url",
		AWS:        "The attribute `FunctionArn` of a function URL of an alias ends in the alias. The constructs also grant by the alias's own ARN.",
		Confidence: Assumed,
		Tests:      []string{"TestAliasBehindTheURL", "TestUrlAndGrantsAreOnTheAlias"},
	},
	{
		Name:       "alias-metrics",
		AWS:        "The metrics of a function URL also exist for an alias, with the dimension Resource, so that an alarm of a `Release` sees its failures.",
		Chain:      "No part of the chain.",
		Confidence: Assumed,
		Tests:      []string{"TestReleaseMovesByACanaryAndRollsBack"},
	},
	{
		Name:       "alias-weights",
		AWS:        "While CodeDeploy moves an alias, each request goes to one of the versions at random.",
		Chain:      "`--deployed` runs both. Requests are spread evenly, and each version has the function's concurrency for itself, which on AWS they share.",
		Confidence: Documented,
		Tests:      []string{"TestTwoVersionsSideBySide", "TestRequestsAreSharedEvenly"},
	},
	{
		Name:       "streams-and-deployments",
		AWS:        "A deployment does not end invocations: a stream continues with the version and the edge functions with which it began.",
		Chain:      "The same at a reload.",
		Confidence: Assumed,
		Tests:      []string{"TestReloadDropsNoStream"},
	},
}
