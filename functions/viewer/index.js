// CloudFront Function at viewer-request (cloudfront-js-2.0).
const STREAMED = true; // the route streams: nothing may buffer it to compress it
const SIGNED = true; // a signer follows at origin-request and moves Authorization
const ANONYMOUS = true; // the cache is shared by all viewers: nothing may tell them apart
const READS = ['GET', 'HEAD', 'OPTIONS'];

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

  delete headers['x-forwarded-host'];
  if (headers.host) headers['x-forwarded-host'] = { value: headers.host.value };

  delete headers['x-forwarded-authorization'];
  if (ANONYMOUS) {
    delete headers.authorization;
    request.cookies = {};
  } else if (!SIGNED && headers.authorization) {
    headers['x-forwarded-authorization'] = headers.authorization;
    delete headers.authorization;
  }
  // Nothing to hash: a wrong hash would get a 403, which CloudFront keeps for all viewers.
  if (!SIGNED && READS.includes(request.method)) delete headers['x-amz-content-sha256'];

  // Read-only at origin-request, so this is the only place.
  if (STREAMED) delete headers['accept-encoding'];
  return request;
}
