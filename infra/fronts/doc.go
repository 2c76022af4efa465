// Package fronts defines the front doors other than CloudFront, for a function that serves an
// http.Handler through package streamhttp. Each construct takes a function and has an address.
//
//	Url                     function URL alone; streams
//	RestApi                 REST API of Amazon API Gateway; streams or buffers
//	HttpApi                 HTTP API; buffers, within 30 seconds
//	WebSocketApi            WebSocket API; a message becomes a request
//	LoadBalancer            Application Load Balancer; buffers, up to 1 MB
//	LoadBalancedService     Fargate tasks behind a load balancer; streams, without Lambda
//
// docs/which-front.md compares them with each other and with CloudFront.
//
// Events do not say everything about a door, such as whether it streams. A construct tells the
// function in the environment variable STREAMFRONT_DOORS, which streamhttp.Serve reads. The
// construct cannot set it on an alias or an imported function: set it where the function is
// defined. A function may be behind several doors, but not behind two of the same kind that
// differ in this.
//
// Access logs are on wherever the door has them. They contain no query strings and no headers,
// which may hold secrets. Requests are limited wherever the door can limit them, and each door
// that supports an authorizer or a web ACL has a property for it.
//
// Each constructor reports all problems of its properties in one panic.
//
// The package imports the CDK, and neither local, functions nor anything below the module's
// internal folder.
package fronts
