// Package streamhttp serves an http.Handler from a Lambda function URL with response streaming. It
// serves the same handler behind every other front door that AWS has for a function, and as an
// ordinary HTTP server everywhere else.
//
//	func main() {
//		if err := streamhttp.Serve(handler); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// It is designed for functions behind CloudFront with origin access control. There the request that
// reaches the function differs from the one that the viewer sent: CloudFront puts its own signature
// into Authorization and the function URL's domain into Host.
//
// # What the handler sees on Lambda
//
//   - Host is X-Forwarded-Host, or else the domain of the function URL.
//   - Authorization is X-Forwarded-Authorization. The event's own Authorization can only be a
//     signature and is dropped.
//   - Both forwarded headers are removed from [http.Request.Header].
//   - The claims of a token that an authorizer at the edge verified are in the context; see
//     [Claims].
//   - All headers that start with X-Amz- are removed. AWS signs requests with headers of this
//     prefix: X-Amz-Security-Token is a credential, and AWS may add others without notice. This
//     also removes a viewer's own headers of that prefix, such as those of SNS;
//     [RequestFromContext] still has them.
//   - RemoteAddr is the last entry of X-Forwarded-For, which CloudFront added or, on a direct
//     call, the function URL (recorded on AWS by others). Earlier entries are the viewer's claims.
//     The port is 0, because nothing forwards it.
//   - TLS is not nil if X-Forwarded-Proto is https. TLS ends before Lambda, so only Version,
//     HandshakeComplete and ServerName are set.
//   - Lambda joins headers of the same name by commas into one value.
//   - Everything else is as with an [http.Server]: URL has only path and query, RequestURI both
//     unparsed, ContentLength the true length of the body.
//   - The context ends shortly before Lambda stops the function, when the handler returns, and
//     when the response can no longer be sent. It does not end when the viewer disconnects, which
//     Lambda does not notice. Set your own limits.
//
// The forwarded headers are trusted, because only the distribution can call the function URL
// (AWS_IAM), and the edge code deletes a viewer's own copies. [Serve] and [WrapDoors] trust them only
// in events that AWS marked as signed by CloudFront's origin access control, or if [WithDoors] says
// cloudfront. In other events a handler sees what the caller sent, as on a server. [Wrap] trusts
// every event: do not use it behind a function URL that others can call, unless the handler neither
// checks Authorization nor uses Host.
//
// # Other doors
//
// [Serve] recognizes from the event through which door a request came: a function URL, a REST API, an
// HTTP API or a WebSocket API of Amazon API Gateway, or an Application Load Balancer. Events do not
// say whether the door streams and how long it waits; [WithDoors] does.
//
//   - Streamed: a function URL with invoke mode RESPONSE_STREAM, and a REST API whose
//     integration has the response transfer mode STREAM.
//   - Buffered: everything else over HTTP. The response is collected, up to 6 MB of the door's
//     JSON, or 1 MB for a load balancer. A longer one becomes a 502 and a line in the log.
//     Server-sent events arrive all at once at the end, so clients work but wait. The context of a
//     request ends before the door gives up, so that a handler can still answer. Since nothing was
//     sent before, a panic always answers 500.
//   - WebSocket: a message becomes a request, and writes become messages; see [WithConnections].
//
// Behind these doors Authorization is the viewer's, unless the request was signed for AWS. Host is the
// host that the viewer requested. RemoteAddr is the caller that API Gateway names, or the last entry
// of X-Forwarded-For, which a load balancer appends by default. A header that was sent twice has two
// values, unless the door joins them (HTTP API) or drops one, as it does with parameters of a query
// (target group without multi-value headers). X-Forwarded-Host and X-Forwarded-Authorization are
// ordinary headers that any client can set. The path does not include the stage of the API. It
// includes the base path of a custom domain name, which [http.StripPrefix] removes. The results of an
// authorizer of the API are in the context; see [AuthorizerFromContext].
//
// # Events that are not requests
//
// The same function can also serve the notifications of a bucket, the messages of a queue and the
// stream of a table; see [WithS3], [WithSQS] and [WithDynamoDB]. A record that is delivered twice is
// served twice, so the application must be idempotent.
//
// # What the handler can do on Lambda
//
//   - Each Write is sent at once, flushed or not. Writes that are faster than the network are sent
//     together. Beyond 32 KiB a Write waits, at most until the context of the request ends. Flush
//     works through [http.Flusher] and [http.ResponseController], and sends the header if nothing
//     was written yet. The controller's EnableFullDuplex has no effect. Its deadlines and Hijack
//     return [http.ErrNotSupported], so an upgrade to WebSocket fails with an error.
//   - WriteHeader or the first Write fixes status and header, as on a server. A missing
//     Content-Type is detected from the first Write alone. Informational statuses (1xx) and
//     trailers are ignored, because they cannot be sent. Header values are sent as JSON, where
//     bytes that are not UTF-8 become U+FFFD. Status and header must fit in 16 KiB (documented for
//     Amazon API Gateway, whose format this is).
//   - A function URL renames Date (assumed), Server, Connection and Content-Length (field
//     reports) to x-amzn-remapped-..., and its own Date replaces the handler's.
//   - Do not compress. A function URL that streams drops Content-Encoding (field report), so the
//     viewer cannot read the body. The first compressed response of a process is logged.
//   - A redirect or an error without a body gets a line feed as its body, because responses
//     without a body are reported to hang; see [WithFilledBodies].
//   - A panic answers 500 if nothing was sent yet. Later it breaks off the response, with the error
//     trailer of the runtime API. So do panic([http.ErrAbortHandler]), which reports that a stream
//     has failed (httputil.ReverseProxy uses it when its upstream fails), and a body that is
//     shorter than the declared Content-Length. Each is logged by [log/slog] with request ID and
//     trace ID, a panic also with its stack. The process continues with the next invocation.
//   - Package sse writes server-sent events, and keeps a silent stream alive.
//   - Paths with an invalid percent-escape are answered with 400, without the handler, as
//     [http.Server] does.
//
// # Streams that fail
//
// Lambda considers a response successful once it has begun, and writes the error in the trailer to the
// logs (documented). AWS does not document what the viewer sees. The local chain assumes a clean end,
// so an aborted stream may look complete to curl, fetch and an EventSource. On a plain server the same
// panic cuts the connection.
//
// End each stream with a mark of your own, and let clients treat a stream without it as failed: a last
// event such as "data: [DONE]", a last line of JSON, or a trailing checksum. If possible, send the
// error as an event before the panic. 'streamfront run --cut-failed-streams' shows a client the other
// possible ending, a cut connection.
//
// # Outside Lambda
//
// Nothing is rewritten or trusted: the forwarded headers are ordinary headers that any client can set,
// and only the request's own Authorization and Host count.
//
// # Imports
//
// The package imports the standard library and the runtime client of aws-lambda-go, and nothing else.
package streamhttp
