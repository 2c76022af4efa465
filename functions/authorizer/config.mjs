// The configuration of an authorizer. Lambda@Edge has no environment: it comes as custom
// headers of the origin, which the stack of the distribution resolves and no viewer can set.

const PREFIX = 'x-streamfront-jwt-';

const words = (text) => text.split(' ').filter(Boolean);

/**
 * Takes the configuration out of the origin's custom headers: what is left goes to the origin.
 *
 * @param {object} request Lambda@Edge origin-request event's request
 * @returns {object} the configuration; `open` where a route asks for no token
 * @throws {Error} if there is none, or not enough: nothing may pass then
 */
export function takeConfig(request) {
  const headers = request.origin?.custom?.customHeaders ?? {};
  const given = {};
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(PREFIX)) continue;
    given[name.slice(PREFIX.length)] = headers[name].map(({ value }) => value).join(' ');
    delete headers[name];
  }
  if (given.open === 'true') return { open: true };
  if (!given.issuer?.startsWith('https://')) throw new Error(`the origin's header ${PREFIX}issuer is ${given.issuer ?? 'missing'}: want an https URL`);
  const config = {
    issuer: given.issuer,
    audience: words(given.audience ?? ''),
    tokenUse: given['token-use'] ?? '',
    scopes: words(given.scopes ?? ''),
    jwksURI: given['jwks-uri'] ?? '',
    jwks: given.jwks ?? '',
    metadata: given['resource-metadata'] ?? '',
    scheme: given.scheme ?? '',
    origins: words(given.origins ?? ''),
  };
  // A token for another application of the same issuer is not a token for this one.
  if (config.audience.length === 0) throw new Error(`the origin's header ${PREFIX}audience is missing`);
  return config;
}
