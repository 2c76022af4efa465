// The rules for a token, RFC 7519 and 9068: aws-jwt-verify checks form, signature, issuer and
// time; what it leaves open is below.
import { JwtExpiredError, JwtInvalidClaimError, JwtNotBeforeError, KidNotFoundInJwksError } from 'aws-jwt-verify/error';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { JwtVerifier } from 'aws-jwt-verify/jwt-verifier';
import { IssuerUnavailable } from './keys.mjs';

// How far the issuer's clock and ours may differ.
export const LEEWAY = 60; // seconds

// Which key goes with an algorithm (RFC 7518, 3.1; RFC 8037). None is symmetric, and there is
// no "none".
const ALGORITHMS = {
  RS256: ['RSA'], RS384: ['RSA'], RS512: ['RSA'],
  ES256: ['EC', 'P-256'], ES384: ['EC', 'P-384'], ES512: ['EC', 'P-521'],
  EdDSA: ['OKP', 'Ed25519'],
};

/** A token that is refused, by the words of RFC 6750, 3.1. */
export class Refused extends Error {
  constructor(error, reason, scopes) {
    super(reason);
    this.error = error;
    this.scopes = scopes;
  }
}

const invalid = (reason) => new Refused('invalid_token', reason);

export class Verifier {
  #config;
  #keys;
  #verifier;
  #held; // the keys that the verifier has

  constructor(config, keys) {
    this.#config = config;
    this.#keys = keys;
    this.#verifier = JwtVerifier.create({ issuer: config.issuer, audience: null, jwksUri: config.issuer, graceSeconds: LEEWAY });
  }

  /**
   * Returns the claims of a token that is good for this route.
   *
   * @param {string} token
   * @param {string} resource the distribution's URL, which a token may be bound to
   * @throws {Refused} if it is not
   * @throws {IssuerUnavailable} if that cannot be told
   */
  async claims(token, resource) {
    const algorithm = decompose(token).header.alg;
    let payload;
    try {
      payload = await this.#signed(token);
    } catch (error) {
      if (error instanceof IssuerUnavailable) throw error;
      if (error instanceof JwtExpiredError) throw invalid('the token has expired');
      if (error instanceof JwtNotBeforeError) throw invalid('the token is not valid yet');
      if (error instanceof JwtInvalidClaimError) throw invalid('the token is of another issuer');
      if (error instanceof KidNotFoundInJwksError) throw invalid('the token is signed by a key that the issuer does not have');
      throw invalid(`the signature of the token does not hold (${algorithm})`);
    }
    this.#meant(payload, resource);
    return payload;
  }

  async #signed(token) {
    const keys = await this.#keys.current();
    try {
      return this.#by(keys, token);
    } catch (error) {
      if (!(error instanceof KidNotFoundInJwksError)) throw error;
    }
    return this.#by(await this.#keys.newer(keys), token);
  }

  #by(keys, token) {
    if (this.#held !== keys) {
      this.#verifier.cacheJwks(keys);
      this.#held = keys;
    }
    return this.#verifier.verifySync(token, { customJwtCheck: ({ header, jwk }) => fits(header, jwk) });
  }

  // A token of this issuer, in time: is it for this application, and for this use?
  #meant(claims, resource) {
    const { audience, tokenUse, scopes } = this.#config;
    if (claims.exp === undefined) throw invalid('the token has no expiry');
    // Access tokens of Cognito have client_id in place of aud, or beside it: then aud is
    // the resource that the client asked for (RFC 8707), as MCP clients do.
    const meant = claims.aud === undefined ? [claims.client_id] : [claims.aud].flat();
    const bound = tokenUse === 'access' && audience.includes(claims.client_id) && meant.some((one) => within(one, resource));
    if (!bound && !meant.some((one) => audience.includes(one))) throw invalid('the token is for another audience');
    if (tokenUse && claims.token_use !== tokenUse) throw invalid(`the token is not one for ${tokenUse}`);
    if (scopes.length > 0 && !granted(claims).some((scope) => scopes.includes(scope))) {
      throw new Refused('insufficient_scope', 'the token lacks the scope', scopes);
    }
  }
}

const within = (url, resource) => url === resource || (typeof url === 'string' && url.startsWith(`${resource}/`));

function decompose(token) {
  let parts;
  try {
    parts = decomposeUnverifiedJwt(token);
  } catch {
    throw invalid('this is not a JSON Web Token');
  }
  const { header } = parts;
  if (!Object.hasOwn(ALGORITHMS, header.alg ?? '')) throw invalid('the algorithm of the token is not accepted');
  // RFC 7515, 4.1.11: what is critical must be understood; nothing is here.
  if (header.crit !== undefined || header.b64 !== undefined) throw invalid('the token has critical header parameters that are not understood');
  if (typeof header.kid !== 'string') throw invalid('the token does not name its key');
  return parts;
}

function fits(header, jwk) {
  const [type, curve] = ALGORITHMS[header.alg];
  if (jwk.kty !== type || (curve && jwk.crv !== curve)) throw new Error('the key does not fit the algorithm');
}

// Scopes stand in scope (RFC 8693), scp (Okta, Entra ID) or permissions (Auth0), as text with
// spaces or as a list.
function granted(claims) {
  return [claims.scope, claims.scp, claims.permissions]
    .flatMap((value) => (typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []))
    .filter((scope) => typeof scope === 'string' && scope !== '');
}
