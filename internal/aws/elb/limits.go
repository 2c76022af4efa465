package elb

import "time"

// Limits of Application Load Balancers, and of functions behind them.
//
// Sources: Elastic Load Balancing, User Guide for Application Load Balancers, "Edit attributes
// for your Application Load Balancer", "Use Lambda functions as targets", "Quotas for your
// Application Load Balancers" and "HTTP header limits" (November 2026). Documented.
const (
	defaultIdle = 60   // seconds
	maxIdle     = 4000 // seconds

	// maxBody is the largest body of a request to a function, and the largest response of one,
	// which is counted as JSON. Documented in MB, which are taken for MiB.
	maxBody = 1 << 20

	maxLine    = 16 << 10 // bytes of the request line, and of one header
	maxHeaders = 64 << 10 // bytes of all headers of a request
	maxHops    = 30       // addresses in X-Forwarded-For

	maxPriority     = 50_000
	maxFixed        = 1024 // characters of a fixed response
	maxWeight       = 999
	defaultInterval = 35 // seconds between health checks of a function
)

// maxDrained bounds how much of a body that is too large is still read, so that the client gets
// its 413 rather than a broken connection.
const maxDrained = 256 << 20

// connectTime is how long a target may take to accept a connection. Documented.
const connectTime = 10 * time.Second
