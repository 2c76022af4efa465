'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { SignInError, challengeOf, claimsOf, endpoints } = require('./signin.js');

test('the challenge is that of RFC 7636, appendix B', async () => {
  assert.equal(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('claims of an ID token', () => {
  const token = (claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  assert.deepEqual(claimsOf(token({ email: 'aé日@example.com', nonce: '?>~' })), { email: 'aé日@example.com', nonce: '?>~' });
  for (const bad of ['', 'x', 'e30..x', 'e30.!.x']) {
    assert.deepEqual(claimsOf(bad), {});
  }
});

const issuer = 'https://idp.example.com/realm';
const good = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };

test('a discovery document', () => {
  assert.deepEqual(endpoints(issuer, good), { authorize: `${issuer}/auth`, token: `${issuer}/token`, revoke: undefined, logout: undefined, scopes: [] });
  const more = { ...good, revocation_endpoint: `${issuer}/revoke`, end_session_endpoint: `${issuer}/logout`, scopes_supported: ['openid', 'offline_access'] };
  assert.deepEqual(endpoints(issuer, more), {
    authorize: `${issuer}/auth`, token: `${issuer}/token`, revoke: `${issuer}/revoke`, logout: `${issuer}/logout`, scopes: ['openid', 'offline_access'],
  });
  assert.equal(endpoints(issuer, { ...good, end_session_endpoint: 'javascript:alert(1)' }).logout, undefined);
});

for (const [name, document] of Object.entries({
  nothing: null,
  'no object': 'x',
  'another issuer': { ...good, issuer: 'https://idp.example.com' },
  'no issuer': { ...good, issuer: undefined },
  'nowhere to sign in': { ...good, authorization_endpoint: undefined },
  'a script': { ...good, authorization_endpoint: 'javascript:alert(1)' },
  'plain HTTP': { ...good, token_endpoint: 'http://idp.example.com/realm/token' },
  'no URL': { ...good, token_endpoint: 'https://' },
  'tokens from elsewhere': { ...good, token_endpoint: 'https://tokens.example.com/' },
})) {
  test(`a discovery document that is not one: ${name}`, () => assert.throws(() => endpoints(issuer, document), SignInError));
}

test('tokens from another host, which the page has to be allowed to ask', () => {
  const google = { ...good, token_endpoint: 'https://oauth2.googleapis.com/token', revocation_endpoint: 'https://revoke.example.com/' };
  const refused = (origins, ...said) => assert.throws(() => endpoints(issuer, google, origins), ({ message }) => said.every((text) => message.includes(text)));
  refused('', 'at https://oauth2.googleapis.com and https://revoke.example.com,', '-c issuerOrigins=https://oauth2.googleapis.com,https://revoke.example.com.');
  refused('https://oauth2.googleapis.com', 'at https://revoke.example.com,', '-c issuerOrigins=https://oauth2.googleapis.com,https://revoke.example.com.');
  refused('https://oauth2.googleapis.com.attacker.example https://x.revoke.example.com', 'at https://oauth2.googleapis.com and https://revoke.example.com,');
  const { token, revoke } = endpoints(issuer, google, 'https://OAuth2.googleapis.com:443 https://revoke.example.com');
  assert.deepEqual([token, revoke], [google.token_endpoint, google.revocation_endpoint]);
});
