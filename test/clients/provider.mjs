// An issuer of OpenID Connect that is not of the chain: a certified provider library, strict as
// those that people have. Refresh tokens are good once, tokens are for the resource that was
// asked for, and only registered addresses are gone back to.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

export const issuer = 'https://idp.example.com';
/** Where the issuer gives its tokens if it has another host for them, as Google and Amazon Cognito do. */
export const tokens = 'https://tokens.example.com';
export const client = 'page';
export const audience = 'https://chat.example.com/v1';

/**
 * startProvider serves the issuer on a free port of this machine by plain HTTP, until the end of
 * t: for clients that something leads from https://idp.example.com to there.
 *
 * Its discovery document names token and revocation endpoint at the origin that tokensAt is.
 *
 * It returns { url, serve, expired }. serve(origin) begins to answer, for pages of that origin.
 * While expired is true, the tokens that it gives have expired before.
 */
export async function startProvider(t, tokensAt = issuer) {
  const provider = { expired: false, tokensAt };
  let answer = (request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  }));
  provider.url = `http://127.0.0.1:${server.address().port}`;
  provider.serve = (origin) => { answer = answering(provider, origin); };
  return provider;
}

function answering(state, origin) {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...key, kid: 'of-the-provider', use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['of this test alone'] },
    clients: [{
      client_id: client, token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'ES256',
      redirect_uris: [`${origin}/`], post_logout_redirect_uris: [`${origin}/`],
    }],
    claims: { openid: ['sub'], email: ['email'] },
    conformIdTokenClaims: false, // the address of the user is in the ID token
    clientBasedCORS: (ctx, from) => from === origin,
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: consented,
    issueRefreshToken: () => true, // also without prompt=consent
    ttl: { AccessToken: 300, Grant: 3600, IdToken: 300, Interaction: 3600, RefreshToken: 3600, Session: 3600 },
    features: {
      devInteractions: { enabled: false }, // which loads a font from elsewhere
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => { ctx.body = `${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`; } },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: '', audience, accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
      },
    },
    formats: {
      customizers: {
        jwt: (ctx, token, { payload }) => {
          if (state.expired) {
            payload.exp = payload.iat - 600;
          }
        },
      },
    },
  });
  provider.proxy = true;
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'discovery') {
      Object.assign(ctx.body, { token_endpoint: `${state.tokensAt}/token`, revocation_endpoint: `${state.tokensAt}/token/revocation` });
    }
  });
  const handler = provider.callback();
  return (request, response) => (request.url.startsWith('/interaction/') ? interaction(provider, request, response) : handler(request, response));
}

/** consented grants what is asked for: consent is the provider's business, not the client's. */
async function consented({ oidc }) {
  const { client: { clientId }, session: { accountId }, params } = oidc;
  const grant = new oidc.provider.Grant({ clientId, accountId });
  grant.addOIDCScope(params.scope);
  grant.addResourceScope(params.resource ?? '', '');
  await grant.save();
  return grant;
}

/** interaction is the page where people sign in: a name is enough. */
async function interaction(provider, request, response) {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><title>Sign in</title><form method="post">
      ${['alice@example.com', 'bob@example.com', 'nobody'].map((name) => `<button name="user" value="${name}">Continue as ${name}</button>`).join('')}</form>`);
    return;
  }
  let form = '';
  for await (const part of request) {
    form += part;
  }
  const user = new URLSearchParams(form).get('user');
  await provider.interactionFinished(request, response, user === 'nobody' ? { error: 'access_denied' } : { login: { accountId: user } });
}
