// Package client sends the SHA-256 of request bodies along, in x-amz-content-sha256. A
// Lambda function URL behind CloudFront with origin access control refuses a body without
// it, and where nobody hashes at the edge the caller has to: on routes with the payload
// hash CLIENT, and for bodies over 1 MB, and those of DELETE, on routes with EDGE.
//
// [Transport] does so for Go; [Module] is an ES module that does so for browsers and for
// Node.js 20 or newer:
//
//	import { createFetch } from './streamfront.mjs';
//	const fetch = createFetch(); // and use it as ever
//
// A page of another origin may only send the header if the answer to its preflight request
// names it in Access-Control-Allow-Headers.
//
// # Limits
//
// An invocation of a function takes 6 MiB, and a body that is not text stands in it as
// base64, a third longer (documented; how AWS counts is a field report). Both clients
// refuse what is certain to be too large, over 6 MiB of text or JSON or 4.5 MiB of anything
// else, before they send it. A little less may still be answered with 413, as the event
// around the body counts too.
//
// The package needs the standard library only.
package client

import _ "embed"

// Module is the code of streamfront.mjs, for a handler that serves it to its pages with the
// Content-Type text/javascript.
//
//go:embed streamfront.mjs
var Module string

// EdgeLimit is the size in bytes up to which a body is hashed at the edge, on routes with the
// payload hash EDGE: 1 MB (documented). AWS does not say whether that is 1,000,000 bytes or
// 1 MiB; this is the smaller one, as a hash that is not needed does no harm.
const EdgeLimit = 1_000_000
