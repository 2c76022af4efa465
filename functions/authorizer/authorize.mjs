// Authorization at origin-request, before the function is reached and billed. Nothing of a
// token is ever logged.
import { takeConfig } from './config.mjs';
import { IssuerUnavailable, Keys } from './keys.mjs';
import { Refused, Verifier } from './verify.mjs';

// The claims of the verified token, as JSON in base64url: streamhttp reads it.
export const CLAIMS = 'x-streamfront-claims';
const METADATA = '/.well-known/oauth-protected-resource'; // RFC 9728, 3.1

// An execution environment verifies for as many routes and issuers as come to it: one verifier
// for a configuration, and one set of keys for an issuer, which routes share, so that it hears
// of an unknown key once.
const made = new Map();

function once(known, what, make) {
  const id = JSON.stringify(what);
  if (!known.has(id)) known.set(id, make());
  return known.get(id);
}

function verifierFor(config, { known = made, ...options } = {}) {
  const { issuer, jwksURI, jwks } = config;
  return once(known, config, () => new Verifier(config, once(known, { issuer, jwksURI, jwks }, () => new Keys({ issuer, jwksURI, jwks }, options))));
}

/**
 * Lets a request through, with the claims of its token, or answers in the function's place.
 *
 * @param {object} request Lambda@Edge origin-request event's request; the configuration
 *   leaves it
 * @param {object} options for tests: `fetch` of a JSON document, the clock `now`, and what is
 *   `known` of issuers
 * @returns {Promise<object|undefined>} the answer to a request that may not pass
 */
export async function authorize(request, options) {
  const config = takeConfig(request);
  dropForged(request.headers);
  if (config.open) return undefined;
  if (config.metadata === 'edge' && request.uri.startsWith(METADATA)) {
    const answer = metadata(request, config);
    if (answer) return answer;
  }
  if (request.method === 'OPTIONS') {
    // A preflight carries no token, and the application answers it. What is there was not
    // verified, and would be taken for it.
    delete request.headers.authorization;
    return undefined;
  }
  try {
    const token = bearer(request.headers.authorization);
    const claims = await verifierFor(config, options).claims(token, resource(request, config));
    request.headers[CLAIMS] = [{ key: CLAIMS, value: Buffer.from(JSON.stringify(claims)).toString('base64url') }];
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return refusal(request, config, error);
    if (error instanceof IssuerUnavailable) return unavailable(request, config);
    throw error; // a 503: nothing passes
  }
}

// What a viewer sends under our names, in every spelling that an application may read as them.
function dropForged(headers) {
  for (const name of Object.keys(headers)) {
    if (name.replaceAll('_', '-').startsWith('x-streamfront-')) delete headers[name];
  }
}

// Who sends nothing, or what another scheme asks for, is told what is asked for here, and no
// error (RFC 6750, 3.1).
function bearer(values = []) {
  if (values.length > 1) throw new Refused('invalid_request', 'there are several Authorization headers');
  if (values.length === 0 || !/^Bearer(\s|$)/i.test(values[0].value)) throw new Refused(undefined, 'a bearer token is required');
  const [, token] = /^Bearer +([^\s,]+) *$/i.exec(values[0].value) ?? [];
  if (!token) throw new Refused('invalid_request', 'Authorization is not the word Bearer and one token');
  return token;
}

const LOOPBACK = /^(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

// What a token may be for: this distribution, by the name that the viewer knows it by. Who
// serves plain HTTP, as the local chain does, says so in the configuration, never in a
// viewer's header; and it counts on loopback only.
function resource({ headers }, { scheme }) {
  const host = headers['x-forwarded-host']?.[0]?.value ?? headers.host?.[0]?.value;
  return `${scheme === 'http' && LOOPBACK.test(host) ? 'http' : 'https'}://${host}`;
}

// RFC 9728, 3.2: which issuer gives tokens for a resource, whose path follows the well-known
// one. It is public, and pages of any origin may read it.
function metadata(request, config) {
  const path = request.uri.slice(METADATA.length);
  if (path !== '' && !path.startsWith('/')) return undefined;
  const all = { ...config, origins: ['*'] };
  switch (request.method) {
    case 'OPTIONS':
      return respond(request, all, 204, { 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Allow-Headers': '*', 'Access-Control-Max-Age': '3600' });
    case 'GET': case 'HEAD':
      return respond(request, all, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'max-age=300' }, {
        resource: resource(request, config) + (path === '/' ? '' : path),
        authorization_servers: [config.issuer],
        bearer_methods_supported: ['header'],
        ...(config.scopes.length > 0 && { scopes_supported: config.scopes }),
      });
    default:
      return undefined;
  }
}

// The client compares the resource with the address that it asked for (RFC 9728, 3.3). What a
// quoted string may not hold raw is encoded.
function metadataURL(request, config) {
  const { metadata: place } = config;
  if (place !== 'edge') return place.startsWith('/') ? resource(request, config) + place : place;
  const path = request.uri === '/' ? '' : request.uri.replace(/[^\w\-.~!$&'()*+,;=:@/%]/gu, encodeURIComponent);
  return resource(request, config) + METADATA + path;
}

const STATUS = { invalid_request: 400, insufficient_scope: 403 };

function refusal(request, config, { error, message, scopes }) {
  const status = STATUS[error] ?? 401;
  const parameters = [];
  if (error) parameters.push(`error="${error}"`, `error_description="${message}"`);
  if (scopes) parameters.push(`scope="${scopes.join(' ')}"`);
  if (config.metadata) parameters.push(`resource_metadata="${metadataURL(request, config)}"`);
  return problem(request, config, status, error ?? 'token_required', message, {
    'WWW-Authenticate': parameters.length > 0 ? `Bearer ${parameters.join(', ')}` : 'Bearer',
  });
}

function unavailable(request, config) {
  return problem(request, config, 503, 'issuer_unavailable', 'the keys of the issuer cannot be fetched: try again', { 'Retry-After': '10' });
}

const REASONS = { 200: 'OK', 204: 'No Content', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 503: 'Service Unavailable' };

// RFC 9457.
function problem(request, config, status, code, detail, headers) {
  return respond(request, config, status, { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers }, {
    type: 'about:blank', title: REASONS[status], status, code, detail,
  });
}

function respond(request, { origins }, status, fields, body) {
  const origin = request.headers.origin?.[0]?.value;
  if (origins.includes('*') || (origin && origins.includes(origin))) {
    fields['Access-Control-Allow-Origin'] = origins.includes('*') ? '*' : origin;
    fields['Access-Control-Expose-Headers'] = 'WWW-Authenticate, Retry-After';
    fields.Vary = 'Origin';
  }
  const headers = {};
  for (const [key, value] of Object.entries(fields)) headers[key.toLowerCase()] = [{ key, value }];
  return {
    status: String(status), statusDescription: REASONS[status], headers,
    body: request.method === 'HEAD' || !body ? '' : JSON.stringify(body),
  };
}
