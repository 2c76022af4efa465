import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import test, { after, before } from 'node:test';

process.env.WORD_DELAY_MS = '0';
const { server } = await import('./server.mjs');
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

let url;
before(() => new Promise((resolve) => {
  server.listen(0, '127.0.0.1', () => {
    url = `http://127.0.0.1:${server.address().port}`;
    resolve();
  });
}));
after(() => server.close());

const chat = (body, headers) => fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers });
const question = (content) => JSON.stringify({ messages: [{ role: 'user', content }] });

test('the question comes back word by word', async () => {
  const response = await chat(question('why is\nthe sky  blue?'));
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const events = (await response.text()).trimEnd().split('\n\n').map((e) => e.replace(/^data: /, ''));
  assert.equal(events.pop(), '[DONE]');
  const deltas = events.map((e) => JSON.parse(e).choices[0].delta.content ?? '');
  assert.equal(deltas.join(''), 'You asked: why is\nthe sky  blue?');
  assert.ok(deltas.length > 5, `${deltas.length} events`);
});

test('without a key no page of another site is served', async () => {
  for (const [site, status] of [['cross-site', 401], ['same-site', 401], ['same-origin', 200], ['none', 200]]) {
    const response = await chat(question('hello'), { 'sec-fetch-site': site });
    assert.equal(response.status, status, site);
    await response.text();
  }
});

test('echo tells what arrived, and no secrets', async () => {
  const body = Buffer.from([0, 255, 195, 40]);
  const response = await fetch(`${url}/echo?b=1&a=%20`, {
    method: 'PUT', body, headers: { authorization: 'Bearer a secret', 'x-forwarded-host': 'chat.example.com' },
  });
  assert.deepEqual(await response.json(), {
    method: 'PUT', host: 'chat.example.com', path: '/echo', query: 'b=1&a=%20', bodyLength: 4, bodySha256: sha256(body),
    authorization: { scheme: 'Bearer', sha256: sha256('a secret') },
  });
});

test('without credentials there is no authorization', async () => {
  const echoed = await (await fetch(`${url}/echo`)).json();
  assert.equal(echoed.authorization, undefined);
  assert.equal(echoed.host, new URL(url).host);
});

const cases = {
  'readiness': [() => fetch(`${url}/healthz`), 200],
  'unknown path': [() => fetch(`${url}/nothing`), 404],
  'wrong method': [() => fetch(`${url}/v1/chat/completions`), 405],
  'no JSON': [() => chat('{'), 400],
  'JSON of another kind': [() => chat('null'), 400],
  'no user message': [() => chat('{"messages":[{"role":"system","content":"x"}]}'), 400],
  'content of another kind': [() => chat(question(5)), 400],
  'body over 6 MiB': [() => chat('x'.repeat((6 << 20) + 1)), 413],
};
for (const [name, [send, want]] of Object.entries(cases)) {
  test(name, async () => assert.equal((await send()).status, want));
}

test('a configured key is asked for', async (t) => {
  process.env.API_KEY = 'the-key';
  t.after(() => delete process.env.API_KEY);
  const wrong = await chat(question('x'), { authorization: 'Bearer another' });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.headers.get('www-authenticate'), 'Bearer');
  assert.equal((await fetch(`${url}/healthz`)).status, 200); // the adapter has no key
  assert.equal((await chat(question('x'), { authorization: 'Bearer the-key' })).status, 200);
});

test('the catalog may be kept by caches, nothing else', async () => {
  const cacheControl = async (path) => (await fetch(`${url}${path}`)).headers.get('cache-control');
  assert.equal(await cacheControl('/catalog'), 'public, max-age=60');
  assert.equal(await cacheControl('/echo'), 'no-store');
});

test('run.sh can be executed', () => accessSync(new URL('run.sh', import.meta.url), constants.X_OK));

test('on Lambda it does not start without a key', () => {
  const env = { PATH: process.env.PATH, AWS_LAMBDA_FUNCTION_NAME: 'chat' };
  const program = new URL('server.mjs', import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8', timeout: 30_000 });
  assert.equal(status, 1);
  assert.match(stderr, /API_KEY is not set/);
});
