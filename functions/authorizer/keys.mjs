// The keys of an issuer: fetched once, kept for a while, and asked for again when a token
// names a key that is not among them.
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { safeJsonParse } from 'aws-jwt-verify/safe-json-parse';

// After FRESH a withdrawn key is noticed; until STALE an issuer may be down. Whatever tokens
// ask for, an issuer hears from an execution environment once in PAUSE at most.
export const FRESH = 15 * 60_000; // milliseconds
export const STALE = 60 * 60_000;
export const PAUSE = 10_000;

/** The issuer cannot be asked: a 503, not an answer about the token. */
export class IssuerUnavailable extends Error {}

export class Keys {
  #config;
  #fetch;
  #now;
  #set; // the keys, as the issuer has them
  #since = -Infinity; // when they came
  #tried = -Infinity; // when they were asked for
  #failed; // why the last try failed
  #asking; // the try that is on its way

  constructor(config, { fetch = fetchJSON, now = Date.now } = {}) {
    this.#config = config;
    this.#fetch = fetch;
    this.#now = now;
    if (config.jwks) {
      this.#set = safeJsonParse(config.jwks);
      this.#since = Infinity; // baked in: they last as long as the deployment
    }
  }

  /** Returns the keys that there are, asking for them if they are missing or old. */
  async current() {
    const age = this.#now() - this.#since;
    if (this.#set && age < FRESH) return this.#set;
    await this.#ask();
    if (this.#set && this.#now() - this.#since < STALE) return this.#set;
    throw new IssuerUnavailable(this.#failed?.message ?? 'the issuer has not answered');
  }

  /** Returns newer keys than those given, or the same if it is too soon to ask. */
  async newer(than) {
    if (this.#since === Infinity) return this.#set;
    await this.#ask();
    if (this.#set === than && this.#failed) throw new IssuerUnavailable(this.#failed.message);
    return this.#set;
  }

  async #ask() {
    if (!this.#asking && this.#now() - this.#tried < PAUSE) return;
    this.#asking ??= this.#try().finally(() => { this.#asking = undefined; });
    await this.#asking;
  }

  async #try() {
    this.#tried = this.#now();
    try {
      const set = await this.#fetch(await this.#uri());
      if (!Array.isArray(set?.keys)) throw new Error('what the issuer answered is not a set of keys');
      this.#set = set;
      this.#since = this.#now();
      this.#failed = undefined;
    } catch (error) {
      this.#failed = error;
    }
  }

  async #uri() {
    if (this.#config.jwksURI) return this.#config.jwksURI;
    const { issuer, jwks_uri: uri } = await this.#fetch(`${this.#config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    // OpenID Connect Discovery 1.0, 4.3: the document must be about this issuer.
    if (issuer !== this.#config.issuer || typeof uri !== 'string' || !uri.startsWith('https://')) throw new Error('the discovery document is of another issuer, or names no keys');
    return (this.#config.jwksURI = uri);
  }
}

// Two tries of 1.5 s each: the viewer waits meanwhile, and Lambda@Edge has 30 s.
const fetcher = new SimpleFetcher({ defaultRequestOptions: { timeout: 1500, responseTimeout: 1500 } });

async function fetchJSON(uri) {
  return safeJsonParse(new TextDecoder().decode(await fetcher.fetch(uri)));
}
