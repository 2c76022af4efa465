// A page of another origin, which calls the endpoint from a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../../functions/streamhttp/client/testdata/server.mjs';
import { withVariables } from './assembly.mjs';
import { startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';

const page = { '/': { type: 'text/html; charset=utf-8', content: '<!doctype html><title>An application</title>' } };

test('a page of an allowed origin streams, one of another does not', { timeout: 240_000 }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const allowed = await startServer(t, page);
  const other = await startServer(t, page);
  const chain = await startChain({
    assembly: withVariables(t, { API_KEY: 'key', ALLOWED_ORIGINS: `https://app.example.com,${allowed}`, MODEL_DELAY: '1ms' }),
  });
  t.after(() => chain.close());

  const ask = async (origin, key) => {
    const tab = await browser.newPage();
    await tab.goto(origin);
    return tab.evaluate(async ([url, key]) => {
      try {
        const response = await fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-stainless-lang': 'js' },
          body: '{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"Hello"}]}',
        });
        return [response.status, await response.text()];
      } catch (error) {
        return [0, error.message];
      }
    }, [chain.url, key]);
  };

  const [status, text] = await ask(allowed, 'key');
  assert.equal(status, 200, text);
  assert.match(text, /" Hello"[^]*data: \[DONE\]/);
  assert.equal((await ask(allowed, 'wrong'))[0], 401, 'a page can read that its key is wrong');
  assert.deepEqual(await ask(other, 'key'), [0, 'Failed to fetch']);
});
