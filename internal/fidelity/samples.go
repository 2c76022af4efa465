package fidelity

var samples = []Row{
	{
		Name:       "bedrock-openai",
		AWS:        "Amazon Bedrock's OpenAI-compatible endpoint accepts a signature for `bedrock`, and requires `bedrock:InvokeModel` and `bedrock:InvokeModelWithResponseStream` on the model.",
		Chain:      "Follows the documentation, and was never called.",
		Confidence: Documented,
		Tests:      []string{"TestBySignature", "TestTheFunctionMayDoWhatItNeedsAndNothingElse"},
	},
	{
		Name:       "bedrock-converse",
		AWS:        "`ConverseStream` has the requests and events that AWS's SDK sends and reads. An inference profile needs the policy that its documentation shows.",
		Chain:      "Compared with the SDK, and never called.",
		Confidence: Documented,
		Tests:      []string{"TestConverseStreamIsThatOfTheSDK", "TestTheFunctionMayDoWhatItNeedsAndNothingElse"},
	},
	{
		Name:       "bedrock-conversations",
		AWS:        "Converse refuses blank texts, and tool calls without tools. A model that is asked for JSON without a schema, for which Converse has no parameter, answers in JSON. Field reports have the text with which Converse refuses a conversation that is too long.",
		Confidence: FieldReport,
		Tests:      []string{"TestRequest", "TestConversationsThatAreTooLong"},
	},
	{
		Name:       "ssm-default-key",
		AWS:        "A SecureString parameter under the key `alias/aws/ssm` needs no grant for the key.",
		Chain:      "The sample's role has none.",
		Confidence: Assumed,
		Tests:      []string{"TestTheFunctionMayDoWhatItNeedsAndNothingElse"},
	},
	{
		Name:       "quota-counts",
		AWS:        "DynamoDB accepts the conditional updates that count the quotas of API keys, and returns the item of a condition that does not hold.",
		Chain:      "It counts in memory, unless `AWS_ENDPOINT_URL_DYNAMODB` names another DynamoDB. The updates are tested against dynalite (`test/clients/quota.test.mjs`) and were never sent to AWS.",
		Confidence: Documented,
		Tests:      []string{"TestUpdates", "TestWhatTheTableSays"},
	},
}
