package edge

// Bounds of functions at the edge.
//
// Source: Amazon CloudFront Developer Guide, "Quotas on CloudFront Functions" and "Quotas on
// Lambda@Edge" (November 2026). Documented.
const (
	maxViewerCode  = 10 << 10 // bytes of a CloudFront Function
	maxTimeout     = 30       // seconds at origin events
	maxEdgeStorage = 512      // MB of /tmp

	MaxViewerTimeout = 5        // seconds at viewer events
	MaxViewerMemory  = 128      // MB at viewer events
	MaxViewerBody    = 40 << 10 // bytes that a function at viewer-request gets to see
)
