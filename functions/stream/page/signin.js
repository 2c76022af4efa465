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
    const answer = await this.#ask({ grant_type: 'refresh_token', refresh_token: token });
    if (answer.error) { // withdrawn, or too old
      this.forget();
      return '';
    }
    this.#keep(answer);
    return this.#access;
  }

  /** signIn leaves the page for the issuer's. */
  async signIn() {
    const { authorize } = await this.#discover();
    const [verifier, state, nonce] = [random(), random(), random()];
    sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state, nonce }));
    location.assign(`${authorize}${authorize.includes('?') ? '&' : '?'}${new URLSearchParams({
      response_type: 'code', client_id: this.#config.clientId, redirect_uri: redirect(), scope: 'openid email', state, nonce,
      code_challenge: await challengeOf(verifier), code_challenge_method: 'S256',
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
    if (!asked || answer.get('state') !== asked.state) { // somebody else's sign-in, or an old one
      throw new SignInError('This sign-in was not begun here, or was begun again elsewhere. Sign in once more.');
    }
    if (answer.has('error')) {
      throw new SignInError(answer.get('error') === 'access_denied' ? 'The sign-in was cancelled.' : `The sign-in failed: ${answer.get('error_description') ?? answer.get('error')}.`);
    }
    const tokens = await this.#ask({ grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: redirect(), code_verifier: asked.verifier });
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
    this.#access = '';
    sessionStorage.removeItem('refresh-token');
    sessionStorage.removeItem('user');
  }

  /** signOut ends the session here and with the issuer, and leaves the page for that if it can. */
  async signOut() {
    const token = sessionStorage.getItem('refresh-token');
    this.forget();
    const { revoke, logout } = await this.#discover().catch(() => ({}));
    if (revoke && token) {
      await fetch(revoke, { method: 'POST', body: new URLSearchParams({ client_id: this.#config.clientId, token }) }).catch(() => {});
    }
    if (logout) {
      location.assign(`${logout}?${new URLSearchParams({ client_id: this.#config.clientId, logout_uri: redirect(), post_logout_redirect_uri: redirect() })}`);
    }
  }

  #keep({ access_token: access, expires_in: seconds = 300, refresh_token: refresh }) {
    this.#access = access;
    this.#until = Date.now() + seconds * 1000;
    if (refresh) {
      sessionStorage.setItem('refresh-token', refresh);
    }
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
    const { issuer, loginUrl } = this.#config;
    if (loginUrl) {
      const at = `${loginUrl}/oauth2`;
      return { authorize: `${at}/authorize`, token: `${at}/token`, revoke: `${at}/revoke`, logout: `${loginUrl}/logout` };
    }
    try {
      this.#endpoints ??= await (await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)).json();
    } catch {
      throw new SignInError('The sign-in service cannot be reached. Check the connection, then try again.');
    }
    const { authorization_endpoint: authorize, token_endpoint: token, revocation_endpoint: revoke, end_session_endpoint: logout } = this.#endpoints;
    return { authorize, token, revoke, logout };
  }
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
  module.exports = { Session, SignInError, challengeOf, claimsOf };
}
