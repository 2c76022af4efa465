// Package streamhttp serves an http.Handler from a Lambda function URL with response
// streaming, the same handler behind every other door that AWS has for a function, and as an
// ordinary HTTP server everywhere else.
//
//	func main() {
//		if err := streamhttp.Serve(handler); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// It is made for functions behind CloudFront with origin access control, where the
// request that reaches the function is not the one the viewer sent: CloudFront has put
// its own signature into Authorization and the function URL's domain into Host.
//
// # What the handler sees on Lambda
//
//   - Host is X-Forwarded-Host, else the domain of the function URL.
//   - Authorization is X-Forwarded-Authorization. A value of Authorization in the event
//     itself can only be a signature and is dropped.
//   - Both forwarded headers are consumed: they are not in [http.Request.Header].
//   - The claims of a token that an authorizer at the edge has verified are in the context;
//     see [Claims].
//   - All headers that start with X-Amz- are removed. AWS signs requests with this
//     prefix: X-Amz-Security-Token is a credential, and new ones may join it without
//     notice. A viewer's own headers of that prefix, such as those of SNS, go with them;
//     [RequestFromContext] still has them.
//   - RemoteAddr is the last entry of X-Forwarded-For, the one that CloudFront or, on a
//     direct call, the function URL added (recorded on AWS by others); earlier entries are
//     the viewer's claims. Its port is 0, since nobody forwards it.
//   - TLS is not nil if X-Forwarded-Proto is https. It was ended before Lambda, so only
//     Version, HandshakeComplete and ServerName are set.
//   - Headers of the same name are one value, joined by commas: Lambda does that.
//   - Everything else is as an [http.Server] would have it: URL holds path and query
//     only, RequestURI both unparsed, ContentLength the true length of the body.
//   - The context ends shortly before Lambda stops the function, when the handler
//     returns, and when the response can no longer be sent. It does not end when the
//     viewer leaves: Lambda does not notice a disconnect, so set your own limits.
//
// The forwarded headers are trusted, because the function URL can be called by the
// distribution alone (AWS_IAM) and the edge code deletes a viewer's own copies. [Serve] and
// [WrapDoors] trust them only in events that AWS has marked as signed by CloudFront's origin
// access control, or if [WithDoors] says cloudfront; from others a handler sees what the
// caller has sent, as on a server. [Wrap] trusts every event: do not use it behind a function
// URL that others can call, unless the handler checks no Authorization and builds nothing
// from Host.
//
// # Other doors
//
// [Serve] recognizes by the event through which door a request came: a function URL, a REST API,
// an HTTP API or a WebSocket API of Amazon API Gateway, or an Application Load Balancer. What no
// event says, it learns from [WithDoors]: whether the door streams, and how long it waits.
//
//   - Streamed: a function URL with invoke mode RESPONSE_STREAM, and a REST API whose
//     integration has the response transfer mode STREAM.
//   - Buffered: everything else over HTTP. The response is collected, up to 6 MB in the JSON
//     that the door takes, 1 MB for a load balancer; a longer one becomes 502 and a line in the
//     log. Server-sent events arrive all at once, at the end: a client works, but waits. The
//     context of a request ends before the door gives up, so that a handler can still answer.
//     Where nothing was sent yet, a panic always answers 500.
//   - WebSocket: a message becomes a request, and what is written goes out as messages; see
//     [WithConnections].
//
// Behind these doors Authorization is the viewer's, unless the request was signed for AWS; Host
// is what the viewer asked for; RemoteAddr is the caller that API Gateway names, or the last
// entry of X-Forwarded-For, which a load balancer appends (its default); a header that came
// twice has two values, unless the door joins them (HTTP API) or drops one (target group without
// multi-value headers, with the values of queries). X-Forwarded-Host and
// X-Forwarded-Authorization are ordinary headers that any client can set. The path is without
// the stage of the API, and with the base path of a domain name of its own, which
// [http.StripPrefix] takes off. What an authorizer of the API has found out is in the context;
// see [AuthorizerFromContext].
//
// # Events that are not requests
//
// The same function can take the notifications of a bucket, the messages of a queue and the
// stream of a table, next to its requests; see [WithS3], [WithSQS] and [WithDynamoDB]. What is
// delivered twice is served twice: being idempotent is up to the application.
//
// # What the handler can do on Lambda
//
//   - Each Write is on its way at once, whether flushed or not. Writes that come faster
//     than the network takes them travel together; past 32 KiB they wait, at most until the
//     context of the request ends. Flush works, by [http.Flusher] and by
//     [http.ResponseController], and sends the header if nothing is written yet. The
//     controller's EnableFullDuplex has nothing to do. Its deadlines and Hijack give
//     [http.ErrNotSupported], so that an upgrade to WebSocket fails with an error.
//   - Status and header are fixed by WriteHeader or the first Write, as on a server. A
//     missing Content-Type is detected from the first Write alone. Informational statuses
//     (1xx) and trailers are ignored: there is no way to send them. Header values travel in
//     JSON, where bytes that are not UTF-8 become U+FFFD, and with the status they must fit
//     in 16 KiB (documented for Amazon API Gateway, whose format this is).
//   - A function URL renames Date (assumed), Server, Connection and Content-Length (field
//     reports) to x-amzn-remapped-..., and its own Date takes the place of the handler's.
//   - Do not compress: a function URL that streams drops Content-Encoding (field report), and
//     the viewer cannot read the body. The first compressed response of a process is logged.
//   - A redirect or an error without a body gets a line feed for one, since responses without
//     a body are reported to hang; see [WithFilledBodies].
//   - A panic answers 500 if nothing was sent yet. Later it ends the response as broken,
//     by the error trailer of the runtime API. So do panic([http.ErrAbortHandler]), which is
//     the way to say that a stream has failed (httputil.ReverseProxy does when its upstream
//     breaks off), and less than the declared Content-Length. Each is logged by [log/slog]
//     with request ID and trace ID, a panic with its stack; the next invocation is served
//     by the same process.
//   - Server-sent events are best written by package sse, which keeps a silent stream alive.
//   - Paths with an invalid percent-escape are answered with 400, without the handler,
//     as [http.Server] does.
//
// # Streams that fail
//
// Lambda counts a response as successful once it has begun, and sends the error that the
// trailer reports to the logs (documented). What the viewer sees of it is not documented; the
// local chain assumes a clean end. So a viewer may not see that a stream was aborted: to curl,
// fetch and an EventSource it looks complete. On a plain server the same panic cuts the
// connection.
//
// Give a stream an end mark of its own, and let clients treat a stream without it as failed:
// a last event such as "data: [DONE]", a last line of JSON, or a trailing checksum. Where
// there is still something to say, send the error as an event before the panic.
// 'streamfront run --cut-failed-streams' shows a client the other ending, a connection that
// is cut.
//
// # Outside Lambda
//
// Nothing is rewritten and nothing is trusted: the forwarded headers are ordinary headers
// that any client can set, and only the Authorization and Host of the request count.
//
// # Imports
//
// It imports the standard library and the runtime client of aws-lambda-go, so that a function
// which imports it brings nothing else along.
package streamhttp
