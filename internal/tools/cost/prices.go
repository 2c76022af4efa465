package cost

// A price in both regions, in US dollars, and how it is known.
type price struct {
	item          string
	unit          string
	usEast, tokyo float64
	known         string // date and kind of the source; "memory" wants checking before one relies on it
}

func (p price) in(r region) float64 {
	if r == tokyo {
		return p.tokyo
	}
	return p.usEast
}

type region string

const (
	usEast region = "us-east-1"
	tokyo  region = "ap-northeast-1"
)

var regions = []region{usEast, tokyo}

// What AWS asks for. Free tiers, savings plans and flat-rate plans are left out.
var (
	cloudFrontOut      = price{"CloudFront, data out, first 10 TB", "GB", 0.085, 0.114, "copy of the price page, before 2026-11-28"}
	cloudFrontRequests = price{"CloudFront, HTTPS requests", "million", 1.00, 1.20, "2026-06; Tokyo memory"}
	cloudFrontToOrigin = price{"CloudFront, bodies to the origin", "GB", 0.020, 0.060, "memory; Tokyo field report"}
	cloudFrontFunction = price{"CloudFront Functions", "million", 0.10, 0.10, "copy of the price page, before 2026-11-28"}
	edgeRequests       = price{"Lambda@Edge, requests", "million", 0.60, 0.60, "memory"}
	edgeDuration       = price{"Lambda@Edge, duration", "GB-s", 0.00005001, 0.00005001, "list of 2021-11"}
	lambdaDuration     = price{"Lambda, duration, arm64", "GB-s", 0.0000133334, 0.0000133334, "list of 2025"}
	lambdaRequests     = price{"Lambda, requests", "million", 0.20, 0.20, "documentation"}
	regionOut          = price{"data out of the region, first 10 TB", "GB", 0.09, 0.114, "memory"}
	restRequests       = price{"REST API, requests; streams by 10 MB each", "million", 3.50, 4.25, "2026-09-20"}
	httpRequests       = price{"HTTP API, requests; by 512 KB each", "million", 1.00, 1.29, "2026-09-20"}
	webSocketMessages  = price{"WebSocket API, messages; by 32 KB each", "million", 1.00, 1.26, "2026-09-20"}
	webSocketMinutes   = price{"WebSocket API, connections", "million minutes", 0.25, 0.315, "2026-09-20; Tokyo memory"}
	balancerHour       = price{"load balancer", "hour", 0.0225, 0.0243, "list of 2026-08-27"}
	balancerUnit       = price{"load balancer, capacity unit", "hour", 0.008, 0.008, "list of 2026-08-27"}
	fargateCPU         = price{"Fargate, vCPU, arm64", "hour", 0.03238, 0.04045, "2026-09-23"}
	fargateMemory      = price{"Fargate, memory, arm64", "GB-hour", 0.00356, 0.00442, "list of 2026-08-27"}
	publicAddress      = price{"public IPv4 address", "hour", 0.005, 0.005, "memory"}
)

var prices = []price{
	cloudFrontOut, cloudFrontRequests, cloudFrontToOrigin, cloudFrontFunction, edgeRequests, edgeDuration,
	lambdaDuration, lambdaRequests, regionOut, restRequests, httpRequests, webSocketMessages, webSocketMinutes,
	balancerHour, balancerUnit, fargateCPU, fargateMemory, publicAddress,
}
