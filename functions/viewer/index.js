// CloudFront Function at viewer-request (cloudfront-js-2.0).
const STREAMED = true; // the route streams: nothing may buffer it to compress it
const SIGNED = true; // a signer follows at origin-request and moves Authorization

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
  if (!SIGNED && headers.authorization) {
    headers['x-forwarded-authorization'] = headers.authorization;
    delete headers.authorization;
  }

  // Read-only at origin-request, so this is the only place.
  if (STREAMED) delete headers['accept-encoding'];
  return request;
}
