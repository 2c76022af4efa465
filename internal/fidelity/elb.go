package fidelity

var balancers = []Row{
	{
		Name:       "balancer-event",
		AWS:        "The event of a load balancer has header names in lower case, `requestContext.elb`, and path and query unchanged. Without lists of values only the last value of each name is left. Bodies that are not text are base64.",
		Confidence: Documented | FieldReport,
		Tests:      []string{"TestLoadBalancerBeforeAFunction", "TestLoadBalancerWithSingleValues"},
	},
	{
		Name:       "balancer-answers",
		AWS:        "A load balancer reads `multiValueHeaders` if its target group has lists of values, else `headers`; the other is ignored (assumed). Without a content type it says `application/octet-stream` (field reports).",
		Chain:      "The same. `statusDescription` is left out: HTTP/2 has none.",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestLoadBalancerBeforeAFunction", "TestLoadBalancerWithSingleValues"},
	},
	{
		Name:       "balancer-limits",
		AWS:        "1 MB of body for a function (413), 1 MB of JSON from it (502), 16 KB of request line (414) or header, 64 KB of headers (400), 30 addresses in `X-Forwarded-For` (463), no upgrade to a function (400). MB are MiB, and the body counts without base64 (assumed).",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestLoadBalancerRefuses"},
	},
	{
		Name:       "balancer-idle",
		AWS:        "The idle timeout limits how long a load balancer waits for a function, as for any other target (assumed); after it the answer is 504. A stream of a task that is silent for longer is cut off.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestLoadBalancerIdleTimeout", "TestServiceIdleTimeout"},
	},
	{
		Name:       "balancer-rules",
		AWS:        "Conditions on path, host, header, method and query; forward, fixed response, redirect.",
		Chain:      "Conditions on the client's address, regular expressions and actions that sign users in are answered 501 where they would be reached; so are targets that are neither functions nor tasks. Weights take turns, without stickiness. The security policy and client certificates are ignored: a listener that verifies certificates is not served.",
		Confidence: Documented,
		Tests:      []string{"TestLoadBalancerRules", "TestLoadBalancerListenerThatIsNotModelled"},
	},
	{
		Name:       "balancer-listeners",
		AWS:        "Each listener is a port of the load balancer.",
		Chain:      "Each listener has an address of its own, and a redirect from one to another leads there. HTTPS is plain HTTP that counts as HTTPS, unless you ask for `--tls`. A web ACL is not evaluated.",
		Confidence: Documented,
		Tests:      []string{"TestLoadBalancerRedirectsToItsOtherListener"},
	},
	{
		Name:       "balancer-health",
		AWS:        "A target group of functions makes health checks if they are enabled, and sends requests to its only function, healthy or not.",
		Chain:      "The same; the trace shows the result of a check.",
		Confidence: Documented,
		Tests:      []string{"TestLoadBalancerHealthChecks"},
	},
	{
		Name:       "tasks",
		AWS:        "A service runs the desired number of tasks in containers.",
		Chain:      "One task, a process of this machine: the Go program that the image's Dockerfile builds, or the command of `--function`. It gets a free port in `PORT`. It does not have the task's other containers, its limits, its read-only root file system and its network. It has no secrets unless `--env` passes them. The chain starts when the task passes the health check of its target group.",
		Confidence: Documented,
		Tests:      []string{"TestServiceBehindALoadBalancer", "TestServiceWithACommand", "TestServiceThatIsNotWell"},
	},
}
