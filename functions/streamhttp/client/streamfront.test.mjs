import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyTooLargeError, createFetch, edgeLimit } from './streamfront.mjs';
import { cases, check } from './testdata/bodies.mjs';
import { startServer } from './testdata/server.mjs';

globalThis.File ??= (await import('node:buffer')).File;
const hashingFetch = createFetch();
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('every kind of body arrives as it is, with its hash', async (t) => {
  const url = await startServer(t);
  for (const [name, body] of Object.entries(cases)) {
    await t.test(name, async () => assert.deepEqual(await check(hashingFetch, url, body), []));
  }
});

test('what the platform sends arrives the same', async (t) => {
  const url = await startServer(t);
  const seen = [];
  for (const fetch of [globalThis.fetch, hashingFetch]) {
    const response = await fetch(`${url}/path?q=1`, {
      method: 'POST', body: 'x', headers: { authorization: 'Bearer key', 'x-own': '1' }, referrerPolicy: 'origin', credentials: 'include', redirect: 'manual',
    });
    const { headers, ...rest } = await response.json();
    delete headers['x-amz-content-sha256'];
    seen.push({ headers, ...rest, hash: null });
  }
  assert.deepEqual(seen[1], seen[0]);
});

test('a redirect is followed with the body', async (t) => {
  const url = await startServer(t);
  for (const body of ['text', Uint8Array.of(0, 255), new Blob(['blob']), new Blob(['stream']).stream()]) {
    const got = await (await hashingFetch(`${url}/moved`, { method: 'POST', body })).json();
    assert.ok(got.length > 0);
    assert.equal(got.hash, got.sha256);
  }
});

test('GET and HEAD go as they are', async (t) => {
  const url = await startServer(t);
  assert.equal((await (await hashingFetch(url)).json()).hash, null);
  assert.equal((await hashingFetch(url, { method: 'HEAD' })).status, 200);
});

test('onlyAbove leaves the hash of small bodies to the edge', async (t) => {
  const url = await startServer(t);
  const edgeFetch = createFetch({ onlyAbove: edgeLimit });
  const hashOf = async (body, method = 'POST') => (await (await edgeFetch(url, { method, body })).json()).hash;
  assert.equal(await hashOf(null), null);
  assert.equal(await hashOf(new Uint8Array(edgeLimit)), null);
  assert.match(await hashOf(new Uint8Array(edgeLimit + 1)), /^[0-9a-f]{64}$/);
  assert.match(await hashOf('x', 'DELETE'), /^[0-9a-f]{64}$/);
  assert.equal(await hashOf(null, 'DELETE'), null);
});

test('a fetch of its own gets the request', async () => {
  const sent = [];
  const fetch = createFetch({ fetch: async (request) => sent.push(request) });
  const controller = new AbortController();
  await fetch('http://example.com/', { method: 'POST', signal: controller.signal, keepalive: true });
  assert.equal(sent[0].headers.get('x-amz-content-sha256'), empty);
  assert.equal(sent[0].keepalive, true);
  controller.abort();
  assert.equal(sent[0].signal.aborted, true);
});

for (const [name, type, limit] of [
  ['text', 'text/plain; charset=utf-8', 6291456],
  ['JSON', 'application/json', 6291456],
  ['a variant of JSON', 'application/vnd.api+json;v=1', 6291456],
  ['a variant of XML', 'image/svg+xml', 6291456],
  ['a sequence of JSON', 'application/json-seq', 4718592],
  ['a form', 'application/x-www-form-urlencoded', 4718592],
  ['binary', 'application/octet-stream', 4718592],
  ['an unknown type', undefined, 4718592],
]) {
  test(`${name} is bounded by what a function takes`, async () => {
    let sent = 0;
    const fetch = createFetch({ fetch: async () => { sent++; } });
    const headers = type ? { 'content-type': type } : {};
    await fetch('http://example.com/', { method: 'POST', headers, body: new Uint8Array(limit) });
    assert.equal(sent, 1);
    await assert.rejects(fetch('http://example.com/', { method: 'POST', headers, body: new Uint8Array(limit + 1) }), (error) => {
      assert.ok(error instanceof BodyTooLargeError);
      assert.equal(error.limit, limit);
      assert.match(error.message, /^the body has over \d+ bytes, .* (text|binary) body: upload it to S3 by a presigned URL/);
      return true;
    });
    assert.equal(sent, 1);
  });
}

test('a stream without end is left at the limit', async () => {
  let canceled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65536)),
    cancel: () => { canceled = true; },
  });
  const fetch = createFetch({ fetch: () => assert.fail('the request is sent') });
  await assert.rejects(fetch('http://example.com/', { method: 'POST', body: endless }), BodyTooLargeError);
  assert.equal(canceled, true);
});

test('a stream fails as it does for fetch', async () => {
  const fetch = createFetch({ fetch: () => assert.fail('the request is sent') });
  const send = (start) => fetch('http://example.com/', { method: 'POST', body: new ReadableStream({ start }) });
  await assert.rejects(send((c) => c.error(new Error('disk on fire'))), /disk on fire/);
  await assert.rejects(send((c) => c.enqueue('text')), /TypeError: .* a chunk of type string: want Uint8Array/);
});

test('the signal ends the reading of a body', async () => {
  const fetch = createFetch({ fetch: () => assert.fail('the request is sent') });
  for (const inRequest of [false, true]) {
    const controller = new AbortController();
    let canceled;
    const silent = new ReadableStream({ cancel: (reason) => { canceled = reason; } });
    const init = { method: 'POST', body: silent, duplex: 'half', signal: controller.signal };
    const result = inRequest ? fetch(new Request('http://example.com/', init)) : fetch('http://example.com/', init);
    controller.abort(new Error('stopped by the user'));
    await assert.rejects(result, /stopped by the user/);
    assert.equal(canceled.message, 'stopped by the user');
  }
  await assert.rejects(fetch('http://example.com/', { method: 'POST', body: 'x', signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('no crypto.subtle: an insecure page is named', async (t) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
  globalThis.location = { origin: 'http://192.0.2.1' };
  t.after(() => {
    Object.defineProperty(globalThis, 'crypto', before);
    delete globalThis.location;
  });
  await assert.rejects(hashingFetch('http://example.com/', { method: 'POST', body: 'x' }),
    /no SHA-256 at http:\/\/192\.0\.2\.1: browsers have crypto\.subtle for https and localhost only/);
});
