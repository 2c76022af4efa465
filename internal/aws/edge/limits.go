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

// Sizes in bytes at origin events.
//
// Source: Amazon CloudFront Developer Guide, "Restrictions on Lambda@Edge". Documented.
const (
	// MaxBody is how much of a request body the function gets to see: 1 MB, taken for 1 MiB
	// (assumed). The signer, the clients that hash their bodies and the sample's page have this
	// figure, too.
	MaxBody = 1 << 20
	// maxGenerated is the size of a generated response with its headers.
	maxGenerated = 1 << 20
	// maxURI is the length of uri and query together, exclusive.
	maxURI = 8192
)
