// A stranger's app as CDK synthesized it: a site in a bucket with error pages, a streaming
// Node.js function, a signer in us-east-1 that is found by look-up, and an alias.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';

test('a single-page app and its API run as a whole', { timeout: 240_000 }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: join(root, 'local/testdata/apps/spa') });
  t.after(() => chain.close());

  for (const path of ['/', '/a/link/into/the/app']) {
    const tab = await browser.newPage();
    const response = await tab.goto(chain.url + path);
    assert.equal(response.status(), 200, path);
    assert.equal(await tab.textContent('h1'), 'It loads');
    // The page sends a POST, and shows what streams in.
    await tab.waitForSelector('body[data-done]');
    assert.equal(await tab.getAttribute('body', 'data-done'), '200');
    const words = (await tab.textContent('#answer')).match(/(?<=data: ).*/g);
    assert.deepEqual(words, ['You', 'said:', 'hello', 'from', 'the', 'page', '[DONE]']);
  }
});
