package fidelity

var cache = []Row{
	{
		Name:       "caching",
		AWS:        "The cache has TTLs, keys, validation and gzip, and keeps errors for 10 s.",
		Chain:      "It keeps 256 MiB with what is in transit, at most 64 MiB for one answer, and nothing across restarts.",
		Confidence: Documented,
		Tests:      []string{"TestResponsesAreKeptAsTheOriginSays", "TestLifetime", "TestTheOldestMakeRoom", "TestCopiesCount"},
	},
	{
		Name:       "caching-extras",
		AWS:        "CloudFront compresses with Brotli, too, answers ranges, collapses equal requests and serves stale responses when the origin fails.",
		Chain:      "It compresses with gzip only, answers a range with the whole, collapses nothing and serves nothing stale. It does not cache responses that edge functions generate, nor errors where caching is disabled (unverified).",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestCompression"},
	},
}
