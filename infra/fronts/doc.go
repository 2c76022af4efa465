// Package fronts defines the other doors in front of a function that serves an http.Handler
// by package streamhttp: what package streamfront does not need CloudFront for. Each construct
// takes a function and gives an address.
//
//	Url                     function URL alone; streams
//	RestApi                 REST API of Amazon API Gateway; streams, or answers whole
//	HttpApi                 HTTP API; answers whole, within 30 seconds
//	WebSocketApi            WebSocket API; a message becomes a request
//	LoadBalancer            Application Load Balancer; answers whole, up to 1 MB
//	LoadBalancedService     Fargate tasks behind a load balancer; streams, without Lambda
//
// docs/which-front.md compares them with each other and with CloudFront.
//
// What no event says, such as whether the door streams, a construct gives the function in the
// environment variable STREAMFRONT_DOORS, which streamhttp.Serve reads. An alias or an imported
// function cannot get it: set the variable where the function is defined. A function may be
// behind several doors, but not behind two of the same kind that differ in this.
//
// Access logs are on wherever the door has them. They have no query, which may hold what is
// not for logs, and no header. Requests are limited wherever the door can, and an authorizer
// and a web ACL are taken wherever the door takes one.
//
// It imports the CDK, and neither local, functions nor anything below internal.
package fronts
