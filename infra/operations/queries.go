package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// query is a query of CloudWatch Logs Insights.
type query struct{ id, text string }

// accessQueries are about CloudFront's access logs in JSON.
var accessQueries = []query{
	{"Slowest", "fields @timestamp, `time-to-first-byte`, `time-taken`, `sc-status`, `cs-method`, `cs-uri-stem`, `c-country`, `x-edge-location`, `x-edge-request-id`\n" +
		"| filter `x-edge-result-type` not like /Hit/\n| sort `time-to-first-byte` desc\n| limit 50"},
	{"Refused", "filter `sc-status` in [\"401\", \"403\", \"413\", \"429\"] or `sc-status` in [401, 403, 413, 429]\n" +
		"| stats count(*) as requests by `sc-status`, `x-edge-detailed-result-type`, `cs-method`, `cs-uri-stem`\n| sort requests desc\n| limit 50"},
	{"Failed", "filter `sc-status` >= 500\n" +
		"| stats count(*) as requests by bin(5m), `sc-status`, `x-edge-detailed-result-type`\n| sort requests desc\n| limit 100"},
	{"ByCountry", "stats count(*) as requests, pct(`time-to-first-byte`, 50) as half, pct(`time-to-first-byte`, 90) as nineOfTen, sum(`sc-bytes`) as bytes by `c-country`\n" +
		"| sort requests desc\n| limit 50"},
	{"ByAddress", "stats count(*) as requests, sum(`sc-bytes`) as bytes by `c-ip`, `c-country`\n| sort requests desc\n| limit 50"},
	{"FirstByte", "filter `cs-method` = \"POST\"\n" +
		"| stats pct(`time-to-first-byte`, 50) as half, pct(`time-to-first-byte`, 90) as nineOfTen, pct(`time-to-first-byte`, 99) as worst, count(*) as requests by bin(15m)"},
}

// functionQueries are about the logs of functions that log as the sample does: a line in JSON
// for each request, and one in the embedded metric format for each answer.
var functionQueries = []query{
	{"SlowestRequests", "filter msg = \"request\"\n| sort milliseconds desc\n" +
		"| fields @timestamp, milliseconds, method, path, status, bytes, completed, requestId, traceId\n| limit 50"},
	{"RefusedRequests", "filter msg = \"request\" and status >= 400\n" +
		"| stats count(*) as requests by status, method, path\n| sort requests desc\n| limit 50"},
	{"ByKey", "filter ispresent(key)\n| stats count(*) as requests by key, status\n| sort requests desc\n| limit 50"},
	{"ByModel", "filter ispresent(TimeToFirstToken) or ispresent(OutputTokens)\n" +
		"| stats count(*) as answers, sum(Errors) as failed, sum(InputTokens) as input, sum(OutputTokens) as output, pct(TimeToFirstToken, 90) as firstToken, max(LongestGap) as longestGap by Model"},
	{"Failures", "filter level = \"ERROR\" or @message like /panic|Task timed out|Runtime exited/\n" +
		"| fields @timestamp, @message\n| sort @timestamp desc\n| limit 50"},
}

// saveQueries saves queries of some log groups. Slashes in their names make folders.
func saveQueries(scope constructs.Construct, groups []awslogs.ILogGroup, queries []query) {
	var names []any
	for _, g := range groups {
		names = append(names, g.LogGroupName())
	}
	for _, q := range queries {
		awslogs.NewCfnQueryDefinition(scope, jsii.String("Query"+q.id), &awslogs.CfnQueryDefinitionProps{
			Name:          jsii.String(*scope.Node().Path() + "/" + q.id),
			QueryString:   jsii.String(q.text),
			LogGroupNames: &names,
		})
	}
}
