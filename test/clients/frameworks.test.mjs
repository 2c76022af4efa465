// Web frameworks behind the web adapter, through the local chain: what docs/web-adapter.md
// says that each needs to see the viewer's host.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withApplication } from './assembly.mjs';
import { root, startChain } from './chain.mjs';

const timeout = 240_000;
const guide = readFileSync(join(root, 'docs/web-adapter.md'), 'utf8');
const { devDependencies: versions } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

const frameworks = {
  express: { named: 'Express', setting: "app.set('trust proxy', true)" },
  fastify: { named: 'Fastify', setting: '{ trustProxy: true }' },
  koa: { named: 'Koa', setting: 'app.proxy = true' },
  hono: { named: 'Hono', setting: "url.host = request.headers.get('x-forwarded-host') ?? url.host;", posts: true },
};

for (const [framework, { named, setting, posts }] of Object.entries(frameworks)) {
  const program = join(root, 'test/clients/frameworks', `${framework}.mjs`);
  const start = async (t, variables) => {
    const chain = await startChain({ assembly: withApplication(t, `exec node '${program}'`, variables) });
    t.after(() => chain.close());
    return chain;
  };

  test(`${framework} without a setting sees the function URL, and the trace says so`, { timeout }, async (t) => {
    const chain = await start(t, {});
    const { host } = await (await fetch(`${chain.url}/where`)).json();
    assert.match(host, /\.lambda-url\..*\.on\.aws$/);
    const { status, headers } = await fetch(`${chain.url}/redirect`, { redirect: 'manual' });
    assert.equal(status, 302);
    assert.equal(new URL(headers.get('location')).host, host);
    await chain.close(); // which prints what is left
    assert.match(chain.output(), /location-function-url/);
  });

  test(`${framework} with its setting sees the viewer's host`, { timeout }, async (t) => {
    const chain = await start(t, { TRUST: 'true' });
    const want = { host: new URL(chain.url).host, protocol: 'https' };
    assert.deepEqual(await (await fetch(`${chain.url}/where`)).json(), want);
    const spoofed = await fetch(`${chain.url}/where`, { headers: { 'x-forwarded-host': 'spoofed.example' } });
    assert.deepEqual(await spoofed.json(), want);
    const { headers } = await fetch(`${chain.url}/redirect`, { redirect: 'manual' });
    assert.equal(headers.get('location'), `https://${want.host}/where`);
    if (posts) {
      assert.equal(await (await fetch(`${chain.url}/where`, { method: 'POST', body: 'a body' })).text(), 'a body');
    }
    await chain.close();
    assert.doesNotMatch(chain.output(), /location-function-url/);
  });

  test(`the guide has the setting of ${framework}, and the version that is tried here`, () => {
    assert.ok(readFileSync(program, 'utf8').includes(setting.replace(/^\{ | \}$/g, '')), `${program} has no ${setting}`);
    assert.ok(guide.includes(setting), `docs/web-adapter.md has no ${setting}`);
    assert.match(guide, new RegExp(`\\| ${named} ${versions[framework].replaceAll('.', '\\.')} \\|`));
  });
}
