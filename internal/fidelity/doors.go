package fidelity

var doors = []Row{
	{
		Name:       "door-detection",
		AWS:        "An event is CloudFront's if its identity is a session of the role `OriginAccessControlRole` of AWS's account 856369053181; a function URL has `.lambda-url.` in its domain.",
		Chain:      "`streamhttp` relies on both, and takes a role of that name in any other account for a stranger's. If AWS signs by another account, forwarded headers are ignored until `STREAMFRONT_DOORS=cloudfront` is set.",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestDoorRequest", "TestForgedHeaders", "TestAnySessionOfAccessControlCounts"},
	},
	{
		Name:       "door-requests",
		AWS:        "The path of a REST API arrives percent-encoded, and its query decoded. A load balancer appends to `X-Forwarded-For`.",
		Chain:      "`streamhttp` relies on both.",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestDoorRequest"},
	},
	{
		Name:       "door-answers",
		AWS:        "A load balancer takes header names that differ in case as several cookies. A buffered answer counts against 6 MB (1 MB) with its JSON.",
		Chain:      "`streamhttp` relies on both.",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestDoorAnswer", "TestBufferedDoor"},
	},
}
