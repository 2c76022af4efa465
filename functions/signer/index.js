'use strict';

// Lambda@Edge at origin-request, body included. CloudFront signs what leaves here (OAC);
// a Function URL refuses a body without its SHA-256. Nothing is logged: requests carry
// credentials.
const { createHash, hash } = require('node:crypto');
const HASH = 'x-amz-content-sha256';
const RELOCATED = 'x-forwarded-authorization';
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const WRITES = new Set(['POST', 'PUT', 'PATCH']);
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
// Names of AWS and the edge, which applications trust.
const TRUSTED = /^(x-forwarded-|x-amz|x-real-ip$|x-streamfront-|cloudfront-|client-cert)/;
// What a query may not hold raw (RFC 3986), and "$": Function URLs refuse it.
const RAW = /[^A-Za-z0-9\-._~!&'()*+,;=:@/?%]+/g;

/**
 * Sets the payload hash, moves Authorization out of the way of the signature, encodes what
 * stands raw in the query. An error becomes a 503: a request never goes on unsigned.
 *
 * @param {object} event Lambda@Edge origin-request event
 * @returns {Promise<object>} the request to send on, or a 413 response
 */
exports.handler = async (event) => {
  const { request } = event.Records[0].cf;
  const { headers, method, body } = request;

  // Not the viewer's: applications trust these. WSGI and CGI read underscores as hyphens.
  delete headers[RELOCATED];
  delete headers['x-streamfront-claims'];
  for (const name in headers) {
    if (name.includes('_') && TRUSTED.test(name.replaceAll('_', '-'))) delete headers[name];
  }
  if (headers.authorization) {
    headers[RELOCATED] = headers.authorization.map(({ value }) => ({ key: RELOCATED, value }));
    delete headers.authorization;
  }

  if (request.querystring) request.querystring = request.querystring.replace(RAW, encodeURIComponent);

  const sent = sentHash(headers[HASH]);
  let digest;
  if (body?.inputTruncated) {
    // The first 1 MiB is here, the whole goes on: the Function URL verifies the hash.
    if (!sent) return TOO_LARGE;
    digest = sent;
  } else if (body?.data) {
    digest = sha256(body);
  } else if (WRITES.has(method)) {
    digest = EMPTY_SHA256;
  } else if (!READS.has(method)) {
    digest = sent; // a DELETE may have a body that is not exposed here
  }
  if (digest) headers[HASH] = [{ key: HASH, value: digest }];
  else delete headers[HASH];
  return request;
};

// The viewer's hash, if it is one. In lower case, as what the Function URL compares it
// with (assumed: case counts).
function sentHash(values) {
  if (!values || values.length !== 1) return undefined;
  return /^[0-9a-f]{64}$/i.test(values[0].value) ? values[0].value.toLowerCase() : undefined;
}

// Of the bytes, never of text, which would corrupt binary bodies. Small ones by one call,
// others in pieces that fit the processor's cache.
const PIECE = 65536; // characters
const scratch = Buffer.allocUnsafeSlow((PIECE / 4) * 3);

function sha256({ data, encoding }) {
  if (encoding !== 'base64') throw new Error(`body encoding ${encoding}: want base64`);
  if (data.length <= PIECE) return hash('sha256', scratch.subarray(0, scratch.write(data, 'base64')), 'hex');
  const whole = createHash('sha256');
  for (let at = 0; at < data.length; at += PIECE) whole.update(data.slice(at, at + PIECE), 'base64');
  return whole.digest('hex');
}

const REASON =
  `A body over 1 MiB (1048576 bytes) cannot be hashed at the edge. Send ${HASH}, the SHA-256 of the whole ` +
  'body in hex: up to 6 MiB pass then, near 4.5 MB if binary. Or upload by a presigned S3 URL.';

const TOO_LARGE = {
  status: '413',
  statusDescription: 'Content Too Large',
  headers: {
    'content-type': [{ key: 'Content-Type', value: 'application/problem+json' }],
    'cache-control': [{ key: 'Cache-Control', value: 'no-store' }],
  },
  body: JSON.stringify({
    type: 'about:blank', title: 'Content Too Large', status: 413, // RFC 9457; OpenAI's
    code: 'payload_hash_required', limit: 1048576, detail: REASON,
    error: { message: REASON, type: 'invalid_request_error', param: null, code: 'payload_hash_required' },
  }),
};
