// Package client sends the SHA-256 of request bodies in x-amz-content-sha256. A Lambda function URL
// behind CloudFront with origin access control refuses a body without it. Callers must send it where the
// edge does not hash: on routes with the payload hash CLIENT, and on routes with EDGE for bodies over 1
// MB and bodies of DELETE.
//
// [Transport] is for Go. [Module] is an ES module for browsers and for Node.js 20 or newer:
//
//	import { createFetch } from './streamfront.mjs';
//	const fetch = createFetch(); // use it as usual
//
// A page of another origin may only send the header if the answer to its preflight request
// names it in Access-Control-Allow-Headers.
//
// # Limits
//
// The event of an invocation may have 6 MiB. A body that is not text is in base64 there, a third longer
// (documented; how AWS counts is a field report). Both clients refuse a body that is certainly too large
// before they send it: over 6 MiB of text or JSON, or 4.5 MiB of anything else. A slightly smaller body
// may still be answered with 413, because the rest of the event counts too.
//
// The package needs only the standard library.
package client

import _ "embed"

// Module is the code of streamfront.mjs. A handler can serve it to its pages with the Content-Type
// text/javascript.
//
//go:embed streamfront.mjs
var Module string

// EdgeLimit is the size in bytes up to which the edge hashes a body on routes with the payload hash EDGE:
// 1 MB (documented). AWS does not say whether that is 1,000,000 bytes or 1 MiB. EdgeLimit is the smaller
// one, because a hash that is not needed does no harm.
const EdgeLimit = 1_000_000
