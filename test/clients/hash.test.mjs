// What functions/streamhttp/client sends, from a real browser, and through the chain.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import OpenAI from 'openai';
import { createFetch, edgeLimit } from '../../functions/streamhttp/client/streamfront.mjs';
import { cases } from '../../functions/streamhttp/client/testdata/bodies.mjs';
import { startServer } from '../../functions/streamhttp/client/testdata/server.mjs';
import { root, startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';

const module = (path) => ({ type: 'text/javascript', content: readFileSync(join(root, 'functions/streamhttp/client', path)) });
const files = {
  '/': { type: 'text/html; charset=utf-8', content: '<!doctype html><title>A page</title>' },
  '/streamfront.mjs': module('streamfront.mjs'),
  '/bodies.mjs': module('testdata/bodies.mjs'),
};

test('every kind of body arrives from Chromium as it is, with its hash', { timeout: 240_000 }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const url = await startServer(t, files);
  const page = await browser.newPage();
  await page.goto(url);
  for (const name of Object.keys(cases)) {
    await t.test(name, async () => {
      const wrong = await page.evaluate(async ([name, url]) => {
        const [{ createFetch }, { cases, check }] = await Promise.all([import('/streamfront.mjs'), import('/bodies.mjs')]);
        return check(createFetch(), url, cases[name]);
      }, [name, `${url}/echo`]);
      assert.deepEqual(wrong, []);
    });
  }
  await t.test('all else arrives as by the fetch of the browser', async () => {
    const [own, other] = await page.evaluate(async () => {
      const { createFetch } = await import('/streamfront.mjs');
      const send = async (fetch) => {
        const init = {
          method: 'POST', body: 'x', headers: { authorization: 'Bearer key' }, referrer: '/referrer?q=1', referrerPolicy: 'unsafe-url', cache: 'no-store', priority: 'low',
        };
        const { headers } = await (await fetch('/echo', init)).json();
        delete headers['x-amz-content-sha256'];
        return headers;
      };
      return [await send(fetch), await send(createFetch())];
    });
    assert.match(own.referer, /\/referrer\?q=1$/);
    assert.deepEqual(other, own);
  });
});

test('Chromium names the page that has no crypto.subtle', { timeout: 240_000 }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const page = await browser.newPage();
  // An origin without https that is not localhost, without asking the network for it.
  await page.route('http://insecure.test/**', (route) => {
    const { type, content } = files[new URL(route.request().url()).pathname];
    return route.fulfill({ contentType: type, body: content });
  });
  await page.goto('http://insecure.test/');
  const message = await page.evaluate(async () => {
    const { createFetch } = await import('/streamfront.mjs');
    return createFetch()('/echo', { method: 'POST', body: 'x' }).catch((error) => error.message);
  });
  assert.match(message, /^no SHA-256 at http:\/\/insecure\.test: browsers have crypto\.subtle for https and localhost only$/);
});

// The app's assembly without its signer, which is what PayloadHash CLIENT makes of a route.
function withoutSigner(t) {
  const assembly = mkdtempSync(join(tmpdir(), 'streamfront-client-'));
  t.after(() => rmSync(assembly, { recursive: true }));
  cpSync(join(root, 'cdk.out'), assembly, { recursive: true });
  for (const name of readdirSync(assembly).filter((name) => name.endsWith('.template.json'))) {
    const path = join(assembly, name);
    const template = JSON.parse(readFileSync(path, 'utf8'));
    for (const resource of Object.values(template.Resources)) {
      if (resource.Type === 'AWS::CloudFront::Distribution') {
        const { DefaultCacheBehavior, CacheBehaviors = [] } = resource.Properties.DistributionConfig;
        for (const behavior of [DefaultCacheBehavior, ...CacheBehaviors]) {
          delete behavior.LambdaFunctionAssociations;
        }
      }
    }
    writeFileSync(path, JSON.stringify(template));
  }
  return assembly;
}

test('a route without a signer takes what carries its hash, and nothing else', { timeout: 240_000 }, async (t) => {
  const chain = await startChain({ assembly: withoutSigner(t) });
  t.after(() => chain.close());
  const url = `${chain.url}/nothing-here`;
  const hashingFetch = createFetch();

  // The function URL verifies the hash; what comes through is unknown to the sample.
  for (const [name, { arguments: make }] of Object.entries(cases)) {
    await t.test(name, async () => assert.notEqual((await hashingFetch(...make(url))).status, 403));
  }
  await t.test('no hash', async () => assert.equal((await fetch(url, { method: 'POST', body: 'x' })).status, 403));
  await t.test('another hash', async () => {
    const headers = { 'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };
    assert.equal((await fetch(url, { method: 'POST', body: 'x', headers })).status, 403);
  });

  await t.test('the OpenAI client streams by it', async () => {
    const client = new OpenAI({ baseURL: `${chain.url}/v1`, apiKey: 'any', fetch: hashingFetch, maxRetries: 0 });
    const stream = await client.chat.completions.create({
      model: 'streamfront-echo', stream: true, messages: [{ role: 'user', content: 'Grüße' }],
    });
    let answer = '';
    for await (const chunk of stream) {
      answer += chunk.choices[0]?.delta.content ?? '';
    }
    assert.match(answer, /Grüße/);
  });

  await t.test('from Chromium', async (t) => {
    const browser = await openBrowser(t);
    if (!browser) {
      return;
    }
    const page = await browser.newPage();
    await page.goto(`${chain.url}/healthz`);
    await page.route('**/streamfront.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: files['/streamfront.mjs'].content }));
    const statuses = await page.evaluate(async () => {
      const { createFetch } = await import('/streamfront.mjs');
      const send = async (fetch) => (await fetch('/nothing-here', { method: 'POST', body: new Blob(['\u00ff']) })).status;
      return [await send(createFetch()), await send(fetch)];
    });
    assert.notEqual(statuses[0], 403);
    assert.equal(statuses[1], 403);
  });
});

test('a route with a signer needs the hash of what the edge does not see', { timeout: 240_000 }, async (t) => {
  const chain = await startChain();
  t.after(() => chain.close());
  const edgeFetch = createFetch({ onlyAbove: edgeLimit });
  for (const [name, init, refused] of [
    ['a small body', { method: 'POST', body: 'x' }, 404],
    ['over 1 MiB', { method: 'POST', body: new Uint8Array(1048577) }, 413],
    ['DELETE with a body', { method: 'DELETE', body: 'x' }, 403],
    ['DELETE', { method: 'DELETE' }, 404],
  ]) {
    await t.test(name, async () => {
      const statusBy = async (fetch) => (await fetch(`${chain.url}/nothing-here`, init)).status;
      assert.deepEqual([await statusBy(fetch), await statusBy(edgeFetch)], [refused, 404]);
    });
  }
});
