// CloudFront Function at viewer-request (cloudfront-js-2.0).
const STREAMED = true; // the route streams: nothing may buffer it to compress it
const SIGNED = true; // a signer follows at origin-request and moves Authorization
const CACHED = true; // responses are kept: nothing of the viewer may shape them unkeyed
const ANONYMOUS = true; // the cache is shared by all viewers: nothing may tell them apart
const READS = ['GET', 'HEAD', 'OPTIONS'];
// Names that AWS or the edge sets, which applications trust.
const TRUSTED = /^(x-forwarded-|x-amz|x-real-ip$|x-streamfront-|cloudfront-|client-cert)/;
// What a query may not hold raw (RFC 3986), and "$", which function URLs refuse.
const RAW = /[^A-Za-z0-9\-._~!&'()*+,;=:@\/?%]+/g;

/**
 * Keeps for the application what CloudFront and OAC overwrite on the way to a
 * Function URL. A viewer's own copies of the headers used for it are dropped.
 *
 * @param {object} event CloudFront Functions viewer-request event
 * @returns {object} the request
 */
function handler(event) {
  const request = event.request;
  const headers = request.headers;

  // WSGI and CGI read underscores in names as hyphens.
  Object.keys(headers).forEach((name) => {
    if (name.includes('_') && TRUSTED.test(name.replace(/_/g, '-'))) delete headers[name];
  });
  delete headers['x-forwarded-host'];
  if (headers.host) headers['x-forwarded-host'] = { value: headers.host.value };

  delete headers['x-streamfront-claims']; // of an authorizer at the edge
  delete headers['x-forwarded-authorization'];
  if (ANONYMOUS) {
    delete headers.authorization;
    request.cookies = {};
  } else if (!SIGNED && headers.authorization) {
    headers['x-forwarded-authorization'] = headers.authorization;
    delete headers.authorization;
  }
  // CloudFront forwards it unkeyed. It then has the address that CloudFront adds, alone.
  if (CACHED) delete headers['x-forwarded-for'];
  // Nothing to hash: a wrong hash would get a 403, which CloudFront keeps for all viewers.
  if (!SIGNED && READS.includes(request.method)) delete headers['x-amz-content-sha256'];

  // As text, since the parsed query has lost its order. There is none in a test of AWS's page.
  if (!SIGNED && request.rawQueryString) {
    const query = request.rawQueryString() || '';
    const encoded = query.replace(RAW, encodeURIComponent);
    if (encoded !== query) request.querystring = encoded;
  }

  // Read-only at origin-request, so this is the only place.
  if (STREAMED) delete headers['accept-encoding'];
  return request;
}
