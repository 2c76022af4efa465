package fidelity

var commands = []Row{
	{
		Name:       "trace-page",
		AWS:        "CloudFront has no such page.",
		Chain:      "`run` keeps the paths under `/.streamfront/` for its trace page, which answers at loopback names only (`--trace-page=false`; off in `go test`). Traces keep headers and no bodies. Credentials, recognized by a name or by the shape of a value, appear as scheme, length and fingerprint. The page shows what is running, and the last 200 requests or 32 MiB.",
		Confidence: Documented,
		Tests:      []string{"TestTracePage", "TestWhoIsAnswered", "TestMaskedHeaders", "TestMaskedQueries", "TestSecretsByNameAndByShape", "TestRunningRequests", "TestLargeRequestsAreFewer"},
	},
	{
		Name:       "edge-code-is-read",
		AWS:        "Only what a signer does matters, not what its code looks like.",
		Chain:      "`check` looks for the header's name in edge code and does not understand the code: a signer that hashes text instead of bytes passes. Code that names `aws4` or `SignatureV4` counts as signing itself.",
		Confidence: Assumed,
		Tests:      []string{"TestAppsOfStrangers"},
	},
	{
		Name:       "unseen-parts",
		AWS:        "In a deployment every value is known.",
		Chain:      "Nested stacks, references across regions and `AwsCustomResource` look-ups of SSM parameters are followed within the assembly, SAM functions are expanded, and a template with `Fn::ForEach` or `Fn::Transform` is refused. The status is 2 where an origin, an edge function, a nested template or a macro could not be examined: `--parameter` gives the value (`STACK.NAME=`, `ssm:NAME=`, `export:NAME=`), and `--accept-unknown` or a suppression accepts it.",
		Confidence: Documented,
		Tests:      []string{"TestAppsOfStrangers", "TestUnseen"},
	},
	{
		Name:       "any-account",
		AWS:        "A grant names an account.",
		Chain:      "For an app that leaves its account open, `check` and `run` treat any account that a grant names as the app's own.",
		Confidence: Assumed,
		Tests:      []string{"TestAppsForAnyEnvironment", "TestGrantsOfAnAppForAnyAccount"},
	},
	{
		Name:       "intentions",
		AWS:        "A template does not say what its author meant.",
		Chain:      "`check` treats a read timeout of 60 s or more on a stream as deliberate, a literal distribution id that is not in the assembly as a mistake, and a value that is known only after deployment as a warning.",
		Confidence: Assumed,
		Tests:      []string{"TestRules", "TestUnknownValuesAreNamed"},
	},
	{
		Name:       "likeliest-cause",
		AWS:        "Several causes give the same answer.",
		Chain:      "`explain` lists first the cause that field reports name most.",
		Confidence: Assumed,
		Tests:      []string{"TestExplain"},
	},
	{
		Name:       "settled-file",
		AWS:        "An endpoint shows what AWS does.",
		Chain:      "`run --settled` and `Options.Settled` follow the results of `smoke --record`. If an assumption is refuted and the chain has no alternative, a note says so. How old a signature may be is settled as 5 or 15 minutes, or not at all.",
		Confidence: Assumed,
		Tests:      []string{"TestRefutedAssumptionsAreGivenUp", "TestRefutedCrash", "TestSettledSignatureWindow", "TestTheAgeOfASignature"},
	},
	{
		Name:       "doctor-quotas",
		AWS:        "Service Quotas names CloudFront's quotas as AWS's General Reference does, and lists none that has its default value in some accounts.",
		Chain:      "`doctor` finds them by these names, the read timeout by its code, and assumes AWS's default for a quota that is not listed. For concurrency it uses the smaller of the values of Service Quotas and Lambda.",
		Confidence: FieldReport | Assumed,
		Tests:      []string{"TestFindings"},
	},
	{
		Name:       "sweep-orphans",
		AWS:        "A function that CloudFormation retained keeps its tags, and DescribeStackResources no longer finds it, or as `DELETE_SKIPPED`. Lambda refuses to delete one with replicas: `InvalidParameterValueException`, \"replicated function\".",
		Chain:      "`sweep` deletes edge functions for which this holds.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestLookChangesNothing", "TestDelete"},
	},
}
