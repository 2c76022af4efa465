import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChain } from './chain.mjs';
import { find, openBrowser } from './chromium.mjs';

test('a browser reaches the chain', { timeout: 240_000 }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain();
  t.after(() => chain.close());
  const page = await browser.newPage();
  const response = await page.goto(`${chain.url}/healthz`, { timeout: 60_000 });
  assert.match((await response.allHeaders()).via, /cloudfront/);
  assert.match(chain.output(), /GET \/healthz/);
});

test('the packaged Chromium starts where none is installed', { timeout: 240_000 }, async (t) => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    t.skip('the package is for Linux x64');
    return;
  }
  const { PATH, CHROMIUM } = process.env;
  process.env.PATH = '';
  delete process.env.CHROMIUM;
  t.after(() => {
    process.env.PATH = PATH;
    if (CHROMIUM) {
      process.env.CHROMIUM = CHROMIUM;
    }
  });
  const found = await find();
  assert.match(found.path, /node_modules\/\.chromium-/);
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  await page.setContent('<h1>here</h1>');
  assert.equal(await page.textContent('h1'), 'here');
});
