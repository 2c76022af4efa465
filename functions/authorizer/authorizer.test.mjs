import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { authorization, cases, issuer, keySet, rotatedKeySet } from './testdata/tokens.mjs';

const require = createRequire(import.meta.url);
const signing = require('./dist/signing.cjs');
const checking = require('./dist/checking.cjs');
const installed = existsSync(new URL('node_modules/aws-jwt-verify', import.meta.url));
const source = { skip: installed || process.env.CI ? false : 'aws-jwt-verify is not installed: run npm ci in functions/authorizer' };

const now = () => Math.floor(Date.now() / 1000);
const field = (name, ...values) => ({ [name]: values.map((value) => ({ key: name, value })) });

function eventOf(one, more = {}) {
  const { audience = ['app'], scopes = [], tokenUse = '' } = one.config ?? {};
  const values = authorization(one, now());
  const config = {
    'x-streamfront-jwt-issuer': issuer, 'x-streamfront-jwt-audience': audience.join(' '), 'x-streamfront-jwt-scopes': scopes.join(' '),
    'x-streamfront-jwt-token-use': tokenUse, 'x-streamfront-jwt-jwks': JSON.stringify(keySet(...(one.withdraw ? ['rsa'] : []))), ...more,
  };
  const request = {
    method: one.method ?? 'GET', uri: '/v1/chat', querystring: '', clientIp: '203.0.113.7',
    headers: {
      ...field('host', 'x.lambda-url.us-east-1.on.aws'), ...field('x-forwarded-host', 'chat.example.com'), ...field('x-streamfront-claims', 'of-the-viewer'),
      ...(values.length > 0 && field('authorization', ...values)),
    },
    origin: { custom: { customHeaders: { ...field('x-of-the-user', '1') }, domainName: 'x.lambda-url.us-east-1.on.aws' } },
  };
  for (const [name, value] of Object.entries(config)) if (value) Object.assign(request.origin.custom.customHeaders, field(name, value));
  return { Records: [{ cf: { config: { eventType: 'origin-request' }, request } }] };
}

function check(one, result) {
  if (one.status === 200) {
    assert.equal(result.status, undefined, JSON.stringify(result));
    assert.deepEqual(Object.keys(result.origin.custom.customHeaders), ['x-of-the-user'], 'the configuration goes no further');
    const claims = result.headers['x-streamfront-claims'];
    if (result.method === 'OPTIONS') {
      assert.equal(claims, undefined);
      return assert.equal(result.headers['x-forwarded-authorization'], undefined, 'what was not verified does not pass');
    }
    assert.equal(claims.length, 1);
    assert.equal(JSON.parse(Buffer.from(claims[0].value, 'base64url')).sub, 'user-1');
    assert.equal(result.headers.authorization, undefined);
    assert.match(result.headers['x-forwarded-authorization'][0].value, /^bearer /i);
    return undefined;
  }
  assert.equal(result.status, String(one.status), JSON.stringify(result));
  const { headers, body } = result;
  const { code, detail } = JSON.parse(body);
  assert.deepEqual({ code, detail }, { code: one.error, detail: one.detail });
  assert.equal(headers['cache-control'][0].value, 'no-store');
  assert.equal(headers['content-type'][0].value, 'application/problem+json');
  const asks = headers['www-authenticate']?.[0].value;
  // RFC 6750, 3: neither quotation marks nor backslashes within.
  if (asks) assert.match(asks, /^Bearer( \w+="[ !#-\[\]-~]+"(, \w+="[ !#-\[\]-~]+")*)?$/);
  if (one.status === 503) return assert.equal(headers['retry-after'][0].value, '10');
  if (one.error === 'token_required') return assert.equal(asks, 'Bearer'); // RFC 6750, 3.1: no error code without a token
  assert.ok(asks.startsWith(`Bearer error="${one.error}"`), asks);
  if (one.error === 'insufficient_scope') assert.ok(asks.includes(`scope="${one.config.scopes.join(' ')}"`), asks);
  return undefined;
}

for (const [name, bundle] of Object.entries({ signing, checking })) {
  for (const one of cases.filter(({ rotate, issuer: broken }) => !rotate && !broken)) {
    test(`${name}: ${one.name}`, async () => check(one, await bundle.handler(eventOf(one))));
  }
}

test('the signer signs what may pass', async () => {
  const event = eventOf({ method: 'POST' });
  Object.assign(event.Records[0].cf.request, { body: { inputTruncated: false, action: 'read-only', encoding: 'base64', data: 'aGk=' } });
  const request = await signing.handler(event);
  assert.equal(request.headers['x-amz-content-sha256'][0].value, '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4');
  // Where the caller hashes, the edge leaves the hash alone.
  const sent = eventOf({ method: 'POST' });
  Object.assign(sent.Records[0].cf.request.headers, field('x-amz-content-sha256', 'of-the-caller'));
  assert.equal((await checking.handler(sent)).headers['x-amz-content-sha256'][0].value, 'of-the-caller');
  assert.equal((await checking.handler(eventOf({ method: 'POST' }))).headers['x-amz-content-sha256'], undefined);
  const read = eventOf({});
  Object.assign(read.Records[0].cf.request.headers, field('x-amz-content-sha256', 'of-the-caller'));
  assert.equal((await checking.handler(read)).headers['x-amz-content-sha256'], undefined);
  // All else is the signer's, too.
  for (const { handler } of [signing, checking]) {
    const odd = eventOf({});
    odd.Records[0].cf.request.querystring = 'a[]=1';
    Object.assign(odd.Records[0].cf.request.headers, field('x_forwarded_host', 'evil.example.com'), field('x-forwarded-authorization', 'Bearer forged'));
    const { querystring, headers } = await handler(odd);
    assert.equal(querystring, 'a%5B%5D=1');
    assert.equal(headers.x_forwarded_host, undefined);
    assert.equal(headers['x-forwarded-authorization'].length, 1);
    assert.notEqual(headers['x-forwarded-authorization'][0].value, 'Bearer forged');
  }
});

test('without a whole configuration nothing passes', async () => {
  const without = (...names) => {
    const event = eventOf({});
    for (const name of names) delete event.Records[0].cf.request.origin.custom.customHeaders[name];
    return event;
  };
  await assert.rejects(signing.handler(without('x-streamfront-jwt-issuer')), /issuer is missing/);
  await assert.rejects(signing.handler(without('x-streamfront-jwt-audience')), /audience is missing/);
  await assert.rejects(signing.handler(eventOf({}, { 'x-streamfront-jwt-issuer': 'http://issuer.example.com' })), /want an https URL/);
  const event = eventOf({});
  delete event.Records[0].cf.request.origin;
  await assert.rejects(checking.handler(event));
  // A viewer's headers are no configuration.
  const forged = without('x-streamfront-jwt-issuer');
  Object.assign(forged.Records[0].cf.request.headers, field('x-streamfront-jwt-open', 'true'), field('x-streamfront-jwt-issuer', issuer));
  await assert.rejects(signing.handler(forged), /issuer is missing/);
});

test('an open route asks for nothing, and forged claims do not pass', async () => {
  const event = eventOf({ authorization: [] }, { 'x-streamfront-jwt-open': 'true' });
  Object.assign(event.Records[0].cf.request.headers, field('x_streamfront_claims', 'x'), field('x-streamfront_claims', 'x'), field('x-streamfront-jwt-open', 'x'));
  const request = await signing.handler(event);
  assert.deepEqual(Object.keys(request.headers).filter((name) => name.includes('streamfront')), []);
});

test('pages of origins that the route allows may read a refusal', async () => {
  for (const [allowed, origin, want] of [
    ['https://a.example.com https://b.example.com', 'https://b.example.com', 'https://b.example.com'],
    ['*', 'https://b.example.com', '*'],
    ['https://a.example.com', 'https://b.example.com', undefined],
    ['', 'https://b.example.com', undefined],
  ]) {
    const event = eventOf({ authorization: [] }, { 'x-streamfront-jwt-origins': allowed });
    Object.assign(event.Records[0].cf.request.headers, field('origin', origin));
    const { headers } = await signing.handler(event);
    assert.equal(headers['access-control-allow-origin']?.[0].value, want);
    assert.equal(headers['access-control-expose-headers']?.[0].value, want && 'WWW-Authenticate, Retry-After');
  }
  // Whatever is refused.
  const { authorize } = installed ? await import('./authorize.mjs') : {};
  for (const one of [...new Map(cases.filter(({ error }) => error).map((each) => [each.error, each])).values()]) {
    const event = eventOf(one, { 'x-streamfront-jwt-origins': '*', ...(one.issuer && { 'x-streamfront-jwt-jwks': '' }) });
    Object.assign(event.Records[0].cf.request.headers, field('origin', 'https://b.example.com'));
    if (one.issuer && !authorize) continue;
    const { status, headers } = one.issuer ? await authorize(event.Records[0].cf.request, { known: new Map(), fetch: async () => { throw new Error('down'); } }) : await signing.handler(event);
    assert.equal(status, String(one.status));
    assert.equal(headers['access-control-allow-origin'][0].value, '*', one.error);
    assert.equal(headers['cache-control'][0].value, 'no-store', one.error);
  }
});

test('resource metadata, RFC 9728', async () => {
  const more = { 'x-streamfront-jwt-resource-metadata': 'edge', 'x-streamfront-jwt-scopes': 'read write' };
  const root = '/.well-known/oauth-protected-resource';
  const send = (uri, method = 'GET') => {
    const event = eventOf({ authorization: [], method }, more);
    event.Records[0].cf.request.uri = uri;
    return signing.handler(event);
  };
  // The client compares the resource with the address that it asked for (RFC 9728, 3.3).
  for (const [path, named, resource] of [['/', '', ''], ['/mcp', '/mcp', '/mcp'], ['/a/b"c\\', '/a/b%22c%5C', '/a/b%22c%5C'], ['/ü🎉', '/%C3%BC%F0%9F%8E%89', '/%C3%BC%F0%9F%8E%89']]) {
    const refused = await send(path);
    assert.equal(refused.headers['www-authenticate'][0].value, `Bearer resource_metadata="https://chat.example.com${root}${named}"`);
    const { status, body, headers } = await send(root + named);
    assert.equal(status, '200');
    assert.equal(headers['access-control-allow-origin'][0].value, '*');
    assert.deepEqual(JSON.parse(body), {
      resource: `https://chat.example.com${resource}`, authorization_servers: [issuer], bearer_methods_supported: ['header'], scopes_supported: ['read', 'write'],
    });
  }
  assert.equal(JSON.parse((await send(`${root}/`)).body).resource, 'https://chat.example.com');
  assert.equal((await send(root, 'HEAD')).body, '');
  const preflight = await send(root, 'OPTIONS');
  assert.equal(preflight.status, '204');
  assert.equal(preflight.headers['access-control-allow-headers'][0].value, '*');
  // Nothing else is public.
  for (const [uri, method] of [[root, 'POST'], [`${root}s`, 'GET'], [`/x${root}`, 'GET'], [`${root}.json`, 'GET']]) assert.equal((await send(uri, method)).status, '401', uri);
  const elsewhere = await signing.handler(eventOf({ authorization: [] }, { 'x-streamfront-jwt-resource-metadata': 'https://docs.example.com/metadata' }));
  assert.ok(elsewhere.headers['www-authenticate'][0].value.includes('resource_metadata="https://docs.example.com/metadata"'));
});

// The local chain serves plain HTTP on loopback, and says so where no viewer can.
test('the scheme of the resource', async () => {
  const forged = { ...field('x-forwarded-proto', 'http'), ...field('cloudfront-forwarded-proto', 'http'), ...field('x-streamfront-jwt-scheme', 'http') };
  for (const [scheme, host, want] of [
    ['http', 'localhost:8080', 'http'], ['http', 'app.localhost:8080', 'http'], ['http', '127.0.0.1', 'http'], ['http', '[::1]:80', 'http'],
    ['http', 'chat.example.com', 'https'], ['http', 'localhost.attacker.example', 'https'], ['http', '127.0.0.1.attacker.example', 'https'],
    ['', 'localhost:8080', 'https'], ['HTTP', 'localhost:8080', 'https'], ['ftp', 'localhost:8080', 'https'],
  ]) {
    const at = (event) => {
      Object.assign(event.Records[0].cf.request.headers, forged, field('x-forwarded-host', host));
      return signing.handler(event);
    };
    const more = { 'x-streamfront-jwt-resource-metadata': 'edge', 'x-streamfront-jwt-scheme': scheme };
    const refused = await at(eventOf({ authorization: [] }, more));
    assert.equal(refused.headers['www-authenticate'][0].value, `Bearer resource_metadata="${want}://${host}/.well-known/oauth-protected-resource/v1/chat"`);
    const asked = eventOf({}, more);
    asked.Records[0].cf.request.uri = '/.well-known/oauth-protected-resource/mcp';
    assert.equal(JSON.parse((await at(asked)).body).resource, `${want}://${host}/mcp`);
    // A token that is bound to the resource is bound to its scheme, too.
    for (const bound of ['http', 'https']) {
      const claims = { aud: `${bound}://${host}/mcp`, client_id: 'app', token_use: 'access' };
      const { status } = await at(eventOf({ claims, config: { tokenUse: 'access' } }, more));
      assert.equal(status, bound === want ? undefined : '401', `${bound} for ${want}://${host}`);
    }
  }
});

// Neither on the way nor in an error, which Lambda logs with its fields, and which then is of
// the configuration.
test('nothing of a token is logged', async (t) => {
  const said = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace']) t.mock.method(console, method, (...values) => said.push(values.join(' ')));
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    t.mock.method(stream, 'write', (text, ...more) => (/authoriz|eyJ/i.test(String(text)) ? said.push(String(text)) : write(text, ...more)));
  }
  for (const { handler } of [signing, checking]) {
    for (const one of cases.filter(({ rotate, issuer: broken }) => !rotate && !broken)) await handler(eventOf(one));
    for (const more of [{ 'x-streamfront-jwt-issuer': 'http://x' }, { 'x-streamfront-jwt-jwks': 'not JSON' }, { 'x-streamfront-jwt-jwks': '{}' }]) {
      const result = await handler(eventOf({}, more)).catch((error) => error);
      const shown = inspect(result, { depth: 10, showHidden: true }) + JSON.stringify(result);
      assert.ok(result instanceof Error || ['401', '503'].includes(result.status), shown);
      assert.doesNotMatch(shown, /eyJ|user-1/);
    }
  }
  assert.deepEqual(said, []);
});

// The same property as the fuzz target of functions/streamhttp/jwt has: whatever is sent, only
// the signed words pass. The seed makes a failure one that can be repeated.
test('random values', async () => {
  let seed = Number(process.env.SEED ?? 20261128);
  const random = (n) => { // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
  const good = cases.filter(({ status, config, authorization: sent, method, rotate }) => status === 200 && !config && !sent && !method && !rotate);
  const values = good.map((one) => authorization(one, now())[0]);
  const letters = 'ABCxyz019-_.=, \t"+/%\u0000\u00fc{}';
  const parts = (value) => value.replace(/^bearer +/i, '').trim().split('.');
  const mutations = [
    (v, at) => v.slice(0, at) + letters[random(letters.length)] + v.slice(at + 1),
    (v, at) => v.slice(0, at) + letters[random(letters.length)] + v.slice(at),
    (v, at) => v.slice(0, at) + v.slice(at + 1 + random(20)),
    (v) => { // the parts of two good tokens
      const [one, other] = [parts(v), parts(values[random(values.length)])];
      return `Bearer ${one.map((part, i) => (random(2) ? part : other[i] ?? '')).join('.')}`;
    },
  ];
  let passed = 0;
  for (let i = 0; i < 3000; i++) {
    let value = values[random(values.length)];
    for (let n = random(3); n >= 0; n--) value = mutations[random(mutations.length)](value, random(value.length));
    const result = await signing.handler(eventOf({ authorization: [value] }));
    if (result.status !== undefined) {
      assert.match(result.status, /^40[01]$/, value);
      assert.ok(result.headers['www-authenticate'], value);
      continue;
    }
    passed++;
    const [header, payload, signature] = parts(value);
    const same = values.map(parts).some((one) => one[0] === header && one[1] === payload && Buffer.from(one[2], 'base64url').equals(Buffer.from(signature, 'base64url')));
    assert.ok(same, `${value} passes`);
  }
  assert.ok(passed > 0, 'no value was a good one: the table tells nothing');
});

// An issuer whose answers and clock are the test's.
async function lifeOfKeys(steps) {
  const { authorize } = await import('./authorize.mjs');
  let clock = Date.now();
  let answer = keySet();
  const asked = [];
  const config = { 'x-streamfront-jwt-jwks': '' };
  const options = {
    known: new Map(),
    now: () => clock,
    fetch: async (uri) => {
      asked.push(uri);
      if (answer instanceof Error) throw answer;
      return uri.endsWith('openid-configuration') ? { issuer, jwks_uri: `${issuer}/keys` } : answer;
    },
  };
  const ask = (one) => authorize(eventOf(one, config).Records[0].cf.request, options);
  const send = async (one) => (await ask(one))?.status ?? '200';
  await steps({ ask, send, asked, pass: (seconds) => { clock += seconds * 1000; }, answer: (next) => { answer = next; } });
}

const rotated = { header: { kid: 'rotated' }, key: 'rotated' };

for (const one of cases.filter(({ rotate, issuer: broken }) => rotate || broken)) {
  test(`with an issuer: ${one.name}`, source, () => lifeOfKeys(async ({ ask, send, pass, answer }) => {
    if (one.rotate) {
      assert.equal(await send({}), '200');
      answer(rotatedKeySet());
      pass(11);
      return assert.equal(await send(one), '200');
    }
    answer(one.issuer === 'down' ? new Error('connection refused') : { not: 'keys' });
    return check(one, await ask(one));
  }));
}

test('routes share the keys of an issuer', source, () => lifeOfKeys(async ({ send, asked, pass, answer }) => {
  const routes = [{}, { config: { scopes: ['read'] }, claims: { scope: 'read' } }, { config: { audience: ['app', 'other'] } }];
  for (const route of routes) assert.equal(await send(route), '200');
  assert.equal(asked.length, 2);
  answer(rotatedKeySet());
  pass(11);
  for (const route of routes) assert.equal(await send({ ...route, header: { kid: 'made-up' } }), '401');
  assert.equal(asked.length, 3, 'an unknown key is asked for once');
  for (const route of routes) assert.equal(await send({ ...route, ...rotated }), '200', 'what one route has learned, all know');
}));

test('keys are fetched once, by discovery', source, () => lifeOfKeys(async ({ send, asked }) => {
  assert.deepEqual(await Promise.all([send({}), send({}), send({})]), ['200', '200', '200']);
  assert.deepEqual(asked, [`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`]);
}));

test('a key that comes later is asked for, at a bounded rate', source, () => lifeOfKeys(async ({ send, asked, pass, answer }) => {
  assert.equal(await send({}), '200');
  answer(rotatedKeySet());
  assert.equal(await send(rotated), '401', 'within the pause nobody is asked');
  for (let i = 0; i < 50; i++) assert.equal(await send({ header: { kid: `made-up-${i}` } }), '401');
  assert.equal(asked.length, 2);
  pass(11);
  assert.equal(await send(rotated), '200');
  assert.equal(asked.length, 3);
}));

test('a withdrawn key stops to count', source, () => lifeOfKeys(async ({ send, pass, answer }) => {
  assert.equal(await send({}), '200');
  answer(keySet('rsa'));
  pass(14 * 60);
  assert.equal(await send({}), '200', 'until the keys are old');
  pass(2 * 60);
  assert.equal(await send({}), '401');
}));

test('an issuer that is down is no answer', source, () => lifeOfKeys(async ({ send, asked, pass, answer }) => {
  answer(new Error('connection refused'));
  assert.equal(await send({}), '503');
  assert.equal(await send({}), '503');
  assert.equal(asked.length, 1, 'asked once in the pause');
  answer({ not: 'keys' });
  pass(11);
  assert.equal(await send({}), '503');
  answer(keySet());
  pass(11);
  assert.equal(await send({}), '200');
  answer(new Error('connection refused'));
  pass(20 * 60);
  assert.equal(await send({}), '200', 'keys that are old serve while the issuer is down');
  pass(45 * 60);
  assert.equal(await send({}), '503', 'but not for ever');
  pass(11);
  assert.equal(await send({ header: { kid: 'made-up' } }), '503');
}));

test('a discovery document of another issuer does not count', source, async () => {
  const { authorize } = await import('./authorize.mjs');
  const request = eventOf({}, { 'x-streamfront-jwt-jwks': '' }).Records[0].cf.request;
  const fetch = async () => ({ issuer: 'https://attacker.example.com', jwks_uri: `${issuer}/keys`, ...keySet() });
  assert.equal((await authorize(request, { fetch, known: new Map() })).status, '503');
});

test('the bundles are those of the source', source, async () => {
  const { bundle, bundles } = await import('./build.mjs');
  const dir = mkdtempSync(join(tmpdir(), 'authorizer-'));
  try {
    for (const name of bundles) {
      await bundle(name, dir);
      const read = (file) => readFileSync(file, 'utf8');
      assert.ok(read(join(dir, `${name}.cjs`)) === read(new URL(`dist/${name}.cjs`, import.meta.url)), `${name}.cjs is old: run "npm run build" in functions/authorizer`);
      assert.ok(read(join(dir, `${name}.cjs`)).length < 64 * 1024);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
