package fidelity

var lambda = []Row{
	{
		Name:       "environments",
		AWS:        "Execution environments start on demand, serve one invocation at a time and are reused. There are timeouts and throttling. A failed init is repeated once.",
		Confidence: Documented,
		Tests:      []string{"TestStorm", "TestThrottling", "TestFailedInitIsTriedOnceMore"},
	},
	{
		Name:       "environment-concurrency",
		AWS:        "An execution environment serves one invocation at a time.",
		Chain:      "The same, unless `--environment-concurrency` allows more, for load tests.",
		Confidence: Documented,
		Tests:      []string{"TestConcurrentStreamsShareAnEnvironment"},
	},
	{
		Name:       "function-runtimes",
		AWS:        "AWS's runtimes include the AWS SDK, and layers are in /opt.",
		Chain:      "Our own runtime clients run Node.js and Python functions on this machine's interpreters; the start names a different version. This machine may not have the AWS SDK. Layers are in `NODE_PATH`, `PYTHONPATH` and `PATH`, those of other accounts by `--layer`; without an option only the extension of CloudWatch Lambda Insights is left out. Node.js finds no module in the `node_modules` of the project but the AWS SDK, as long as no CommonJS handler uses `import()`. Python sees the packages of the interpreter.",
		Confidence: Documented,
		Tests:      []string{"TestNodeHandlers", "TestModulesOfTheProject", "TestLayersOfOthers", "TestPythonHandlers", "TestStreamingNodeFunction", "TestBufferedPythonFunction"},
	},
	{
		Name:       "letter-case",
		AWS:        "Names in the answers of functions, edge functions and authorizers are those of the documentation in their letter case: `StatusCode` is not `statusCode`. That others are ignored is a field report for API Gateway, and assumed for the rest.",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestLetterCaseCounts", "TestLetterCaseOfResponses", "TestLetterCaseOfResults", "TestAnswers"},
	},
	{
		Name:       "log-format",
		AWS:        "With `LogFormat` JSON a runtime writes log entries from `ApplicationLogLevel` on as objects with timestamp, level, requestId and message. The exact fields of errors are assumed.",
		Chain:      "The lines of the platform itself, such as REPORT, are left out.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestLogFormatJSON"},
	},
	{
		Name:       "architecture",
		AWS:        "A function runs on the architecture that it declares.",
		Chain:      "A Go function for another architecture is built for this machine from the same package, and the start says so.",
		Confidence: Documented,
		Tests:      []string{"TestAnAssetForAnotherHostIsBuiltAgain"},
	},
	{
		Name:       "web-adapter",
		AWS:        "The Lambda Web Adapter is an extension that starts the web application.",
		Chain:      "A stand-in that follows its source. Each application gets its own port, below the ephemeral ones, and runs with this machine's programs.",
		Confidence: Assumed,
		Tests:      []string{"TestWebApplicationAnswersThroughTheAdapter"},
	},
	{
		Name:       "sandbox",
		AWS:        "A function is isolated, has its role's credentials, and a memory limit.",
		Chain:      "Functions run as your user, on your disk and network, without a memory limit. Their AWS credentials are invented, and valid only for the S3 stand-in. Names of other resources in their environment, secrets, and parameters that `--parameter` does not give are also invented, and named at start.",
		Confidence: Documented,
		Tests:      []string{"TestEventAndEnvironment", "TestFunctionsHaveMadeUpCredentials", "TestParameters"},
	},
	{
		Name:       "local-environment",
		AWS:        "Functions read secrets from Secrets Manager.",
		Chain:      "Functions get `STREAMFRONT_LOCAL=true`, and secrets are not read. The sample requires a key only if `API_KEY` is set, by `--env API_KEY` or `API_KEY=... make run`.",
		Confidence: Documented,
		Tests:      []string{"TestFunctionsAreToldThatTheyRunLocally", "TestAFunctionWithoutItsKeyServesNobody", "TestAKeyOfTheEnvironmentIsAskedFor"},
	},
	{
		Name:       "runtime-api",
		AWS:        "Only the function can reach its runtime API.",
		Chain:      "The runtime API of each environment listens on a random loopback address (on Linux; elsewhere on 127.0.0.1) and refuses pages and other names. Other programs of this machine can reach it.",
		Confidence: Documented,
		Tests:      []string{"TestEveryListenerRefusesOtherNamesAndPages", "TestListenApart"},
	},
	{
		Name:       "stored-parameters",
		AWS:        "A function reads the value of an SSM parameter that was last deployed.",
		Chain:      "A parameter that a stack of the assembly defines has the template's current value, also for a stack that reads it by a dynamic reference or a custom resource.",
		Confidence: Assumed,
		Tests:      []string{"TestStoredParameters"},
	},
}
