'use strict';

/** A SignInError is one that the reader can understand. */
class SignInError extends Error {}

/**
 * A Session is that of a reader with an issuer of OpenID Connect: the Authorization Code flow
 * with PKCE (RFC 7636), for a public client. The access token stays in memory; what outlives a
 * reload, until the tab is closed, is the refresh token.
 */
class Session {
  #config;
  #endpoints;
  #access = '';
  #idToken = ''; // of the reader, whom a sign-out names by it
  #until = 0; // when the access token ends, by this machine's clock
  #refreshing; // the refresh that is on its way: a refresh token may be good once

  constructor(config) {
    this.#config = config;
  }

  get signedIn() {
    return Boolean(this.#access || sessionStorage.getItem('refresh-token'));
  }

  get name() {
    return sessionStorage.getItem('user') ?? '';
  }

  /** token returns an access token that is good for a while yet, or '' if nobody is signed in. */
  async token() {
    return this.#access && Date.now() < this.#until - 30_000 ? this.#access : this.refresh();
  }

  /** refresh returns a new access token, or '' if there is none to be had. */
  async refresh() {
    this.#refreshing ??= this.#refresh().finally(() => { this.#refreshing = undefined; });
    return this.#refreshing;
  }

  async #refresh() {
    const token = sessionStorage.getItem('refresh-token');
    if (!token) {
      return '';
    }
    const answer = await this.#ask({ grant_type: 'refresh_token', refresh_token: token, ...this.#resource() });
    if (answer.error) { // withdrawn, or too old
      this.forget();
      return '';
    }
    this.#keep(answer);
    return this.#access;
  }

  /** signIn leaves the page for the issuer's. */
  async signIn() {
    const { authorize, scopes } = await this.#discover();
    const [verifier, state, nonce] = [random(), random(), random()];
    sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state, nonce }));
    const { clientId, audience, scope = '' } = this.#config;
    location.assign(`${authorize}${authorize.includes('?') ? '&' : '?'}${new URLSearchParams({
      response_type: 'code', client_id: clientId, redirect_uri: redirect(), state, nonce,
      scope: scope || ['openid', 'email', ...(scopes.includes('offline_access') ? ['offline_access'] : [])].join(' '),
      code_challenge: await challengeOf(verifier), code_challenge_method: 'S256', ...(audience && { audience }), ...this.#resource(),
    })}`);
  }

  /** resume ends a sign-in that has led back to the page. It returns whether there was one. */
  async resume() {
    const answer = new URLSearchParams(location.search);
    if (!answer.has('code') && !answer.has('error')) {
      return false;
    }
    history.replaceState(null, '', redirect()); // the code is nobody else's business
    const asked = JSON.parse(sessionStorage.getItem('sign-in') ?? 'null');
    sessionStorage.removeItem('sign-in');
    const { loginUrl, issuer } = this.#config;
    const other = !loginUrl && answer.has('iss') && answer.get('iss') !== issuer; // RFC 9207
    if (!asked || answer.get('state') !== asked.state || other) { // somebody else's sign-in, or an old one
      throw new SignInError('This sign-in was not begun here, or was begun again elsewhere. Sign in once more.');
    }
    if (answer.has('error')) {
      throw new SignInError(answer.get('error') === 'access_denied' ? 'The sign-in was cancelled.' : `The sign-in failed: ${answer.get('error_description') ?? answer.get('error')}.`);
    }
    const tokens = await this.#ask({ grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: redirect(), code_verifier: asked.verifier, ...this.#resource() });
    if (tokens.error) {
      throw new SignInError('The sign-in took too long, or was used already. Sign in once more.');
    }
    const claims = tokens.id_token ? claimsOf(tokens.id_token) : {};
    if (claims.nonce !== undefined && claims.nonce !== asked.nonce) {
      throw new SignInError('The issuer answered another sign-in. Sign in once more.');
    }
    sessionStorage.setItem('user', claims.email ?? claims.name ?? claims.preferred_username ?? '');
    this.#keep(tokens);
    return true;
  }

  forget() {
    this.#access = this.#idToken = '';
    sessionStorage.removeItem('refresh-token');
    sessionStorage.removeItem('user');
  }

  /** signOut ends the session here and with the issuer, and leaves the page for that if it can. */
  async signOut() {
    const token = sessionStorage.getItem('refresh-token');
    const hint = !this.#config.loginUrl && this.#idToken;
    this.forget();
    const { revoke, logout } = await this.#discover().catch(() => ({}));
    if (revoke && token) {
      await fetch(revoke, { method: 'POST', body: new URLSearchParams({ client_id: this.#config.clientId, token }) }).catch(() => {});
    }
    if (logout) {
      location.assign(`${logout}${logout.includes('?') ? '&' : '?'}${new URLSearchParams({ client_id: this.#config.clientId, logout_uri: redirect(), post_logout_redirect_uri: redirect(), ...(hint && { id_token_hint: hint }) })}`);
    }
  }

  #keep({ access_token: access, expires_in: seconds = 300, refresh_token: refresh, id_token: id }) {
    this.#access = access;
    this.#idToken = id ?? this.#idToken;
    this.#until = Date.now() + seconds * 1000;
    if (refresh) {
      sessionStorage.setItem('refresh-token', refresh);
    }
  }

  /** #resource names what the token is for, if that is a URL (RFC 8707, 2). */
  #resource() {
    const { audience } = this.#config;
    return /^https:\/\//.test(audience) ? { resource: audience } : {};
  }

  async #ask(form) {
    const { token } = await this.#discover();
    let response;
    try {
      response = await fetch(token, { method: 'POST', body: new URLSearchParams({ client_id: this.#config.clientId, ...form }), cache: 'no-store' });
    } catch {
      throw new SignInError('The sign-in service cannot be reached. Check the connection, then try again.');
    }
    if (response.status >= 500) {
      throw new SignInError(`The sign-in service failed (${response.status}). Try again.`);
    }
    return response.json().catch(() => ({ error: 'no JSON' }));
  }

  async #discover() {
    const { issuer, issuerOrigins, loginUrl } = this.#config;
    if (loginUrl) {
      const at = `${loginUrl}/oauth2`;
      return { authorize: `${at}/authorize`, token: `${at}/token`, revoke: `${at}/revoke`, logout: `${loginUrl}/logout`, scopes: [] };
    }
    this.#endpoints ??= endpoints(issuer, await documentOf(issuer), issuerOrigins);
    return this.#endpoints;
  }
}

async function documentOf(issuer) {
  let response;
  try {
    response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  } catch {
    throw new SignInError('The sign-in service cannot be reached. Check the connection, then try again.');
  }
  if (!response.ok) {
    throw new SignInError(`The sign-in service failed (${response.status}). Try again.`);
  }
  return response.json().catch(() => ({}));
}

/**
 * endpoints reads a discovery document, which must be of the issuer (OpenID Connect Discovery 1.0,
 * 4.3). The page's Content-Security-Policy lets it ask the issuer and issuerOrigins, which are
 * separated by spaces.
 */
function endpoints(issuer, document, issuerOrigins = '') {
  const { issuer: named, scopes_supported: scopes, ...more } = document ?? {};
  const at = (name) => (URL.canParse(more[name]) && new URL(more[name]).protocol === 'https:' ? more[name] : undefined);
  const [authorize, token] = [at('authorization_endpoint'), at('token_endpoint')];
  if (named !== issuer || !authorize || !token) {
    throw new SignInError(`What ${issuer} says about itself is of another issuer, or names no place to sign in. Tell whoever runs this server.`);
  }
  const revoke = at('revocation_endpoint');
  const origins = new Set(issuerOrigins.split(' ').filter(Boolean).map(originOf));
  const missing = [token, ...(revoke ? [revoke] : [])].map(originOf).filter((origin) => origin !== originOf(issuer) && !origins.has(origin));
  if (missing.length > 0) {
    const all = new Set([...origins, ...missing]);
    throw new SignInError(`The issuer ${issuer} gives or revokes its tokens at ${[...new Set(missing)].join(' and ')}, which this page may not ask. Tell whoever runs this server to deploy it with -c issuerOrigins=${[...all].join(',')}.`);
  }
  return { authorize, token, revoke, logout: at('end_session_endpoint'), scopes: Array.isArray(scopes) ? scopes : [] };
}

function originOf(url) {
  return new URL(url).origin;
}

/** redirect is the page's own address, without what a sign-in adds to it. */
function redirect() {
  return location.origin + location.pathname;
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** claimsOf reads an ID token, which came straight from the issuer. */
function claimsOf(token) {
  try {
    const text = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}

if (typeof module === 'object') {
  module.exports = { Session, SignInError, challengeOf, claimsOf, endpoints };
}
