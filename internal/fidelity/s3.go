package fidelity

var s3 = []Row{
	{
		Name:       "s3-requests",
		AWS:        "Presigned and signed requests are verified with their expiry, signed size and type, and body hash.",
		Confidence: Documented | FieldReport,
		Tests:      []string{"TestS3Examples", "TestS3RefusesTampering", "TestS3Refuses", "TestConditionsOfThePresignedURL", "FuzzVerify"},
	},
	{
		Name:       "s3-roles",
		AWS:        "A function's role decides what the function may do with a bucket; Deny wins. An unsigned request is 403. A missing key is 403 to callers who may not list the bucket.",
		Confidence: Documented,
		Tests:      []string{"TestRole", "TestRolesOfFunctions", "TestUnsignedIsRefused", "TestMissingKey"},
	},
	{
		Name:       "s3-cors",
		AWS:        "The bucket's CORS rules apply.",
		Confidence: Documented,
		Tests:      []string{"TestCORS"},
	},
	{
		Name:       "s3-origins",
		AWS:        "A bucket can be an origin, by origin access control or identity. Without a bucket policy with `AWS:SourceArn` the answer is 403 `AccessDenied`. A missing key is 404 only to those who may list the bucket.",
		Confidence: Documented,
		Tests:      []string{"TestTheBucketPolicyDecides", "TestASinglePageAppIsServed", "TestOriginAccessIdentityAndKeyValueStore"},
	},
	{
		Name:       "s3-websites",
		AWS:        "The website of a bucket serves by plain HTTP what everybody may read, with index and error documents, redirects and routing rules; a policy may require a `Referer`. A missing key is 404, although nobody may list the bucket (field report). A redirect leaves off the query (assumed).",
		Chain:      "The same, for distributions. Redirects in the metadata of objects are not modelled. Redirects without a host lead to the name on AWS.",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestWebsiteOfABucket"},
	},
	{
		Name:       "s3-operations",
		AWS:        "Amazon S3 has many operations.",
		Chain:      "PUT, GET and HEAD of single objects, and ListObjectsV2 by prefix and page, without folders. Conditional headers, ranges, checksums and ACLs are answered 501 and named. The start refuses KMS keys and versioning.",
		Confidence: Documented,
		Tests:      []string{"TestWhatIsNotModelled", "TestBucketsThatAreRefused", "TestList", "TestListIsBounded"},
	},
	{
		Name:       "s3-list-prefix",
		AWS:        "The right to list a bucket can be bound to `s3:prefix`. A list for no prefix has no such key, so that a condition on it is not met. Nor has a request for an object: with that right alone a missing key stays 403.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestListIsRefused", "TestRole"},
	},
	{
		Name:       "s3-conditional-allows",
		AWS:        "An Allow may have conditions, policy variables or a permissions boundary.",
		Chain:      "An Allow with a condition other than `StringEquals` and `StringLike` on `s3:prefix`, on a resource with a policy variable, in a bucket policy, in a policy managed by AWS, or under a permissions boundary is ignored.",
		Confidence: Assumed,
		Tests:      []string{"TestRole"},
	},
	{
		Name:       "s3-bucket-policies",
		AWS:        "Bucket policies may have any condition.",
		Chain:      "An Allow of a bucket policy is ignored if it has conditions other than `aws:SourceArn` and `aws:SourceAccount`, or if it is for everybody and public access is blocked.",
		Confidence: Assumed,
		Tests:      []string{"TestTheBucketPolicyDecides"},
	},
	{
		Name:       "s3-lifetime",
		AWS:        "Lifecycle rules expire objects.",
		Chain:      "Objects do not expire, and are gone when the chain ends. Pages of the name localhost count as the endpoint's.",
		Confidence: Documented,
		Tests:      []string{"TestUploadsAreGoneAtTheEnd", "TestCORS"},
	},
	{
		Name:       "s3-presigned-dates",
		AWS:        "A presigned URL dated 15 minutes ahead is refused, and so is a request with unsigned `x-amz-*` headers.",
		Confidence: Assumed,
		Tests:      []string{"TestS3Refuses"},
	},
	{
		Name:       "s3-notifications",
		AWS:        "A bucket notifies functions of objects at least once. Lambda repeats a failed invocation twice, after one and after two more minutes. Amazon S3 refuses a notification for a function that it may not invoke.",
		Chain:      "Functions behind a front door are notified once of each object that is put; a failure is repeated at once, and what finds no free environment waits. A chain of 16 events stops, unless `RecursiveLoop` is Allow, if its writes pass on the trace ID, as those of AWS's SDKs do. There are no queues, topics, EventBridge and event source mappings, so nothing sends messages of SQS or records of DynamoDB.",
		Confidence: Documented,
		Tests:      []string{"TestNotificationsOfABucket", "TestEventsAreQueued", "TestALoopIsStopped"},
	},
	{
		Name:       "s3-deployments",
		AWS:        "Files of a `BucketDeployment` have the content types that the AWS CLI guesses with Python 3.13, which knows no fonts.",
		Chain:      "The same; `Extract: false` is answered 501. Of other libraries' deployments it has those of cdk-nextjs-standalone, without values in the server's code. Files that nothing in the assembly uploads come by `--bucket`.",
		Confidence: Assumed,
		Tests:      []string{"TestDeploy", "TestFolderInABucket", "TestDeploymentsOfNextjsStandalone"},
	},
}
