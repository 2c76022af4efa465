package apigateway

import (
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
)

// Limits of REST APIs.
//
// Sources: Amazon API Gateway Developer Guide, "Quotas for configuring and running a REST API"
// and "Stream the integration response for your proxy integrations" (November 2026).
// Documented.
const (
	minTimeout     = 50      // ms, of an integration
	defaultTimeout = 29_000  // ms; more takes a higher quota, which edge-optimized APIs do not get
	maxStreamTime  = 900_000 // ms
	maxBody        = 10 << 20
	defaultTTL     = 300  // seconds, of what an authorizer's function answers
	maxARN         = 1600 // bytes, of a method that an authorizer's function is asked about

	idleRegional = 5 * time.Minute
	idleEdge     = 30 * time.Second
)

// streamRate is how fast a streamed response goes: 10 MB at any speed, then 2 MB a second.
// Documented in MB, which are taken for MiB, as Lambda's are.
var streamRate = answer.Rate{Burst: 10 << 20, Bandwidth: 2 << 20}

// maxStreamed is Lambda's own limit of a streamed response.
//
// Source: AWS Lambda Developer Guide, "Response streaming for Lambda functions". Documented.
const maxStreamed = 200 << 20

// Limits of HTTP APIs.
//
// Source: Amazon API Gateway Developer Guide, "Quotas for configuring and running an HTTP API"
// (November 2026). Documented.
const maxHTTPTimeout = 30_000 // ms, the default, too
