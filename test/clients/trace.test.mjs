import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { root, startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';
import { screenshot, skipped } from './screenshot.mjs';

const timeout = 240_000;
const patience = { timeout: 30_000 };
const chat = '{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"Hello"}]}';

// The chain runs the app as it is, and once more without its signer: then the body of a POST
// has no hash, and the function URL refuses the signature.
const dir = mkdtempSync(join(tmpdir(), 'streamfront-trace-'));
let chain;
before(async () => {
  chain = await startChain({ assembly: withoutSigner(), args: ['--invoker-key', 'AKIALOCAL:secret'] });
}, { timeout });
after(async () => {
  await chain?.close();
  rmSync(dir, { recursive: true });
});

function withoutSigner() {
  const assembly = join(dir, 'cdk.out');
  cpSync(join(root, 'cdk.out'), assembly, { recursive: true });
  let removed = 0;
  for (const name of readdirSync(assembly).filter((n) => n.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(assembly, name), 'utf8'));
    for (const resource of Object.values(template.Resources ?? {})) {
      const config = resource.Properties?.DistributionConfig;
      for (const behavior of [config?.DefaultCacheBehavior, ...(config?.CacheBehaviors ?? [])]) {
        if (behavior?.LambdaFunctionAssociations) {
          delete behavior.LambdaFunctionAssociations;
          removed++;
        }
      }
    }
    writeFileSync(join(assembly, name), JSON.stringify(template));
  }
  assert.ok(removed > 0, 'the template has a signer to remove');
  return assembly;
}

/** send sends a request as it stands, also what fetch would refuse, and returns its id. */
function send(method, path, headers = {}, body = '', url = chain.url) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const length = body ? { 'content-length': Buffer.byteLength(body) } : {}; // Node frames no body of a GET itself
    const r = request({ hostname, port, method, path, headers: { ...headers, ...length } }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode, id: response.headers['x-amz-cf-id'] }));
    });
    r.on('error', reject).end(body);
  });
}

const post = (headers = {}) => send('POST', '/v1/chat/completions', { 'content-type': 'application/json', ...headers }, chat);

/** open shows the page, and fails the test on an error in it. */
async function open(t, hash = '', options = {}) {
  const browser = await openBrowser(t);
  if (!browser) {
    return undefined;
  }
  const page = await browser.newPage(options);
  page.setDefaultTimeout(patience.timeout);
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('dialog', (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (r) => r.url().startsWith(`${chain.url}/.streamfront/`) || r.url().startsWith('data:') || wrong.push(`asks for ${r.url()}`));
  t.after(() => assert.deepEqual(wrong, []));
  await page.goto(`${chain.url}/.streamfront/${hash}`);
  return page;
}

const link = (id) => `#${encodeURIComponent(id)}`;

test('a signature that does not match is explained', { timeout }, async (t) => {
  const { status, id } = await post();
  assert.equal(status, 403);
  const page = await open(t, link(id));
  if (!page) {
    return;
  }
  // WHEN the page shows the request that the link names
  await page.locator('main h2', { hasText: '403 POST /v1/chat/completions' }).waitFor();
  // THEN one line differs: the payload, unsigned on one side, the SHA-256 of the body on the other
  const differing = page.locator('.signature tr.differs');
  assert.equal(await differing.count(), 1);
  assert.match(await differing.locator('th').innerText(), /^payload hash differs$/);
  const [signed, computed] = await differing.locator('td').allInnerTexts();
  assert.equal(signed, 'UNSIGNED-PAYLOAD');
  assert.match(computed, /^[0-9a-f]{64}$/);
  const lines = await page.locator('.signature tbody tr').count();
  assert.ok(lines > 8, `${lines} lines are side by side, want all of the canonical request`);
  // AND the cause with its fix
  assert.match(await page.locator('.cause').innerText(), /without the hash of the body[\s\S]*Fix:[\s\S]*CDK in TypeScript: [\s\S]*CloudFormation: [\s\S]*payload-hash-missing/);
  // AND the terminal links here
  assert.match(chain.output(), /cause +A request with a body comes without the hash of the body/);
  assert.ok(chain.output().includes(`/.streamfront/${link(id)}`));
});

test('of a caller who signs on its own, what the function URL computed', { timeout }, async (t) => {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const target = `/signed-${now}`;
  const { status } = await send('GET', target, {
    'x-amz-date': now,
    authorization: `AWS4-HMAC-SHA256 Credential=AKIALOCAL/${now.slice(0, 8)}/us-east-1/lambda/aws4_request, ` +
      `SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
  }, '', chain.functionURLs[0]);
  assert.equal(status, 403);
  const page = await open(t);
  if (!page) {
    return;
  }
  await page.locator('#requests a', { hasText: target }).click();
  await page.locator('.signature', { hasText: 'The caller signed on its own.' }).waitFor();
  assert.equal(await page.locator('.signature tr.differs').count(), 0);
  assert.deepEqual(await page.locator('.signature tbody tr').first().locator('th, td').allInnerTexts(), ['method', 'GET']);
  assert.match(await page.locator('.cause').innerText(), /signature-mismatch/);
});

test('what a hop changed is a diff', { timeout }, async (t) => {
  const { id } = await send('GET', '/healthz?a=b', { 'x-api-key': 'the key', cookie: 'session=abc' });
  const page = await open(t, link(id));
  if (!page) {
    return;
  }
  await page.locator('.hop summary', { hasText: 'oac' }).click();
  const oac = page.locator('.hop', { hasText: 'oac' }).first();
  const added = (await oac.locator('tr.added th').allInnerTexts()).map((s) => s.replace(' added', ''));
  for (const name of ['authorization', 'x-amz-date', 'x-amz-security-token']) {
    assert.ok(added.includes(name), `${name} is among the added headers ${added}`);
  }
  // Credentials are masked, everywhere.
  const all = await page.locator('main').evaluate((main) => main.textContent);
  assert.match(all, /session=\(3 bytes, sha256 ba7816bf\)/);
  assert.doesNotMatch(all, /the key|session=abc/);
});

test('what a viewer sends stays text', { timeout }, async (t) => {
  const hostile = '"><img/src=x/onerror=alert(1)><script>alert(2)</script>';
  const { id } = await send('GET', `/<script>alert(3)</script>?${hostile}`, { 'x-hostile': hostile, 'x-long': 'y'.repeat(3000) });
  assert.ok(id, 'the chain answered');
  const page = await open(t, link(id));
  if (!page) {
    return;
  }
  await page.locator('main h2', { hasText: '<script>alert(3)</script>' }).waitFor();
  for (const summary of await page.locator('.hop summary').all()) {
    await summary.click();
  }
  assert.match(await page.locator('main').evaluate((main) => main.textContent), /onerror=alert\(1\)><script>alert\(2\)/);
  assert.equal(await page.locator('main img, main script, main iframe').count(), 0);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, 'a long value makes the page scroll sideways');
});

test('another origin learns nothing', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  // GIVEN pages of another port, which counts as the same site, and of another name
  for (const origin of [chain.functionURLs[0], chain.url.replace('127.0.0.1', 'localhost')]) {
    const page = await browser.newPage();
    page.setDefaultTimeout(patience.timeout);
    await page.goto(`${origin}/`);
    assert.equal(await page.evaluate(() => location.origin), new URL(origin).origin);
    // WHEN they ask for the events, in every way that a page has
    const got = await page.evaluate(async (base) => {
      const how = (promise) => promise.then(() => 'got it', () => 'refused');
      const element = (name, attributes) => how(new Promise((resolve, reject) => {
        document.documentElement.append(Object.assign(document.createElement(name), { onload: resolve, onerror: reject, ...attributes }));
      }));
      return {
        fetch: await how(fetch(`${base}events`)),
        'no-cors': await how(fetch(base, { mode: 'no-cors' })),
        events: await how(new Promise((resolve, reject) => Object.assign(new EventSource(`${base}events`), { onopen: resolve, onerror: reject }))),
        script: await element('script', { src: `${base}page.js` }),
        style: await element('link', { rel: 'stylesheet', href: `${base}style.css` }),
      };
    }, `${chain.url}/.streamfront/`);
    // THEN none gets anything
    assert.deepEqual(got, { fetch: 'refused', 'no-cors': 'refused', events: 'refused', script: 'refused', style: 'refused' }, `from ${origin}`);
    // AND a frame stays empty
    const frame = await page.evaluate(async (base) => {
      const frame = document.createElement('iframe');
      const loaded = new Promise((resolve) => { frame.onload = resolve; });
      frame.src = base;
      document.documentElement.append(frame);
      await loaded;
      try {
        return frame.contentDocument?.title ?? 'out of reach';
      } catch {
        return 'out of reach';
      }
    }, `${chain.url}/.streamfront/`);
    assert.equal(frame, 'out of reach');
    assert.equal(await page.frames().at(-1).locator('#requests').count(), 0);
  }
});

test('requests appear, and can be filtered', { timeout }, async (t) => {
  const page = await open(t);
  if (!page) {
    return;
  }
  const marker = `/live-${Date.now()}`;
  await page.locator('#state', { hasText: 'requests' }).waitFor();
  await send('GET', `${marker}/one`);
  await page.locator('#requests li', { hasText: `${marker}/one` }).waitFor();
  await page.locator('main h2', { hasText: `${marker}/one` }).waitFor(); // the newest is shown
  await send('POST', `${marker}/two`, {}, 'body');
  await page.locator('#requests li', { hasText: `${marker}/two` }).waitFor();

  // What is looked into stays, until Escape.
  await page.locator('main h2', { hasText: `${marker}/two` }).waitFor();
  await page.locator('.hop summary').first().click();
  await send('GET', `${marker}/three`);
  await page.locator('#requests li', { hasText: `${marker}/three` }).waitFor();
  assert.match(await page.locator('main h2').innerText(), /two$/);
  assert.equal(await page.locator('.hop details[open]').count(), 1);
  await page.keyboard.press('Escape');
  await page.locator('main h2', { hasText: `${marker}/three` }).waitFor();

  const visible = () => page.locator('#requests li:visible .target').allInnerTexts();
  await page.fill('#filter', `${marker} 403`);
  assert.deepEqual(await visible(), [`${marker}/two`]);
  await page.fill('#filter', `get ${marker}`);
  assert.deepEqual(await visible(), [`${marker}/three`, `${marker}/one`]);
  await page.fill('#filter', `${marker} 5xx`);
  assert.deepEqual(await visible(), []);
});

test('a request that hangs is shown while it does', { timeout }, async (t) => {
  const page = await open(t);
  if (!page) {
    return;
  }
  // GIVEN a body of which the last byte does not come
  const target = `/hangs-${Date.now()}`;
  const { hostname, port } = new URL(chain.url);
  const ended = new Promise((resolve, reject) => {
    const r = request({ hostname, port, method: 'POST', path: `${target}?api_key=abc`, headers: { 'content-length': 2 } }, (response) => {
      response.resume().on('end', resolve);
    });
    r.on('error', reject).write('x');
    t.after(() => r.destroy());
    page.locator('#requests li', { hasText: target }).waitFor().then(() => page.locator('.hop summary').first().click()).then(async () => {
      // THEN the page says where it is, and for how long
      assert.match(await page.locator('#requests a', { hasText: target }).innerText(), /^running[\s\S]*runs: /);
      await page.locator('main h2', { hasText: `running POST ${target}` }).waitFor();
      assert.equal(await page.locator('.hop.running').count(), 1);
      await page.locator('#state', { hasText: '1 running' }).waitFor();
      const took = await page.locator('.facts dd').nth(1).innerText();
      await page.waitForFunction((before) => document.querySelectorAll('.facts dd')[1].innerText !== before, took);
      // WHEN it ends
      r.end('y');
    }).catch(reject);
  });
  await ended;
  // THEN it has its status, in the same place, and what was open is
  await page.locator('main h2', { hasText: `403 POST ${target}` }).waitFor();
  assert.equal(await page.locator('#requests li', { hasText: target }).count(), 1);
  assert.equal(await page.locator('.hop details[open]').count(), 1);
  assert.equal(await page.locator('.hop.running').count(), 0);
  assert.doesNotMatch(await page.locator('#state').innerText(), /running/);
  assert.doesNotMatch(await page.locator('body').innerText(), /api_key=abc/);
});

test('the keyboard is enough', { timeout }, async (t) => {
  const marker = `/keys-${Date.now()}`;
  for (const name of ['a', 'b', 'c']) {
    await send('GET', `${marker}/${name}`);
  }
  const page = await open(t);
  if (!page) {
    return;
  }
  const shows = (name) => page.locator('main h2', { hasText: `${marker}/${name}` }).waitFor();
  await shows('c');
  await page.keyboard.press('/');
  await page.keyboard.type(marker);
  await page.keyboard.press('ArrowDown');
  await shows('b');
  await page.keyboard.press('j');
  await shows('a');
  await page.keyboard.press('ArrowUp');
  await shows('b');
  const current = page.locator('#requests a[aria-current=true]');
  assert.match(await current.innerText(), /\/b/);
  assert.equal(await current.evaluate((a) => a === document.activeElement), true);
  // A hop opens by Enter.
  await page.locator('.hop summary').first().focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.hop details[open] table.diff').count(), 1);
  await page.keyboard.press('Escape');
  await shows('c');
  assert.equal(await page.inputValue('#filter'), '');
});

test('a screen reader finds its way', { timeout }, async (t) => {
  const { id } = await post();
  const page = await open(t, link(id));
  if (!page) {
    return;
  }
  await page.getByRole('heading', { name: '403 POST /v1/chat/completions' }).waitFor();
  await page.getByRole('navigation', { name: 'Requests' }).getByRole('searchbox', { name: 'Filter' }).waitFor();
  await page.getByRole('main').getByRole('region', { name: 'Cause' }).waitFor();
  await page.getByRole('region', { name: 'Canonical requests' }).getByRole('columnheader', { name: /^computed by the function URL/ }).waitFor();
  await page.getByRole('row', { name: /^payload hash differs UNSIGNED-PAYLOAD/ }).waitFor();
});

test('both colour schemes can be read', { timeout }, async (t) => {
  const { id } = await post();
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(t, link(id), { colorScheme });
    if (!page) {
      return;
    }
    await page.locator('.cause').waitFor();
    for (const selector of ['main h2', '.cause p', '.signature td', '.hop .took', '.hop.refused .decision', '#state', 'mark']) {
      const ratio = await page.locator(selector).first().evaluate(contrast);
      assert.ok(ratio >= 4.5, `${selector} has a contrast of ${ratio.toFixed(2)} in ${colorScheme}, want 4.5`);
    }
  }
});

/** contrast is the contrast of an element's text with its ground, as WCAG 2 counts it. */
function contrast(element) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (color) => {
    const [r, g, b] = [...rgb(color)].slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = element;
  while (ground.parentElement && rgb(getComputedStyle(ground).backgroundColor)[3] === 0) {
    ground = ground.parentElement;
  }
  const [low, high] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(ground).backgroundColor)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test('--json prints objects and nothing else', { timeout }, async (t) => {
  const other = await startChain({ args: ['--json', '--trace-page=false'] });
  const { id, status } = await send('GET', '/healthz', { cookie: 'a=abc' }, '', other.url);
  const { status: unsigned } = await send('POST', '/', {}, 'x', other.functionURLs[0]);
  assert.deepEqual([status, unsigned], [200, 403]);
  await other.close();
  const events = other.stdout().trim().split('\n').map((line) => JSON.parse(line));
  // A trace may come after its answer, and after the word that the chain stops.
  assert.deepEqual(events.map((e) => e.event).sort(), ['request', 'request', 'started', 'stopping']);
  const [passed, refused] = ['/healthz', '/'].map((path) => events.find((e) => e.target === path));
  assert.equal(passed.id, id);
  assert.deepEqual(passed.hops.find((h) => h.name === 'oac').before.headers.cookie, ['a=(3 bytes, sha256 ba7816bf)']);
  assert.equal(refused.cause.id, 'unsigned-direct-call');
});

test('screenshot of a signature explained', { timeout, skip: skipped }, async (t) => {
  await send('GET', '/healthz');
  await send('GET', '/v1/models');
  await send('DELETE', '/v1/files/9');
  await send('GET', '/healthz', { 'content-type': 'text/plain' }, 'body');
  const { id } = await post({ authorization: 'Bearer sk-local' });
  const page = await open(t, link(id), { viewport: { width: 1360, height: 1080 }, deviceScaleFactor: 2, colorScheme: 'light' });
  assert.ok(page, 'a screenshot needs a browser');
  await page.locator('.signature .differs').waitFor();
  await screenshot(page, 'trace.png');
});
