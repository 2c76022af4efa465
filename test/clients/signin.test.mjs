// The sample with a user pool in front, through the local chain: people in a browser, and an
// MCP client that knows nothing of it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { withApplication, withVariables } from './assembly.mjs';
import { root, startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';

const timeout = 240_000;
const assembly = 'bin/signin.out';

test('people sign in, chat, and sign out', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: withVariables(t, { MODEL_DELAY: '10ms' }, assembly), args: ['--json'] });
  t.after(() => chain.close());
  const [pool] = chain.userPools;

  async function open(path = '/') {
    const context = await browser.newContext();
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
        errors.push(message.text());
      }
    });
    await page.goto(chain.url + path);
    return { page, context, errors };
  }
  const notice = (page, text) => page.getByRole('alert').filter({ hasText: text }).waitFor();
  const button = (page, name) => page.getByRole('button', { name, exact: true });
  const focused = (page) => page.evaluate(() => document.activeElement.id);
  const send = async (page, text) => {
    const message = page.getByRole('textbox', { name: 'Message' });
    await message.fill(text);
    await message.press('Enter');
  };
  const said = (page, text) => page.getByRole('group', { name: 'Answer' }).last().getByText(`You said: ${text}`).waitFor();
  const signIn = async (page) => {
    await button(page, 'Sign in').click();
    await button(page, 'Continue as alice@example.com (admin)').click();
    await button(page, 'Sign out').waitFor();
  };

  await t.test('with the keyboard alone, and a draft is not lost', async () => {
    const { page, errors } = await open();
    await notice(page, 'Sign in to chat.');
    assert.equal(await focused(page), 'sign-in', 'where the reader has to go on has the focus');
    await page.getByRole('textbox', { name: 'Message' }).fill('a draft');
    await button(page, 'Sign in').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${pool.url}/**`);
    await button(page, 'Continue as alice@example.com (admin)').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${chain.url}/`); // without the code
    await page.getByRole('status').getByText('Signed in as alice@example.com.').waitFor({ state: 'attached' });
    assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), 'a draft');
    assert.equal(await page.locator('#user').innerText(), 'alice@example.com');
    await page.locator('summary').click();
    assert.equal(await page.getByLabel('API key').isVisible(), false, 'a key is asked for');
    await page.keyboard.press('Escape');
    await send(page, 'hello');
    await said(page, 'hello');
    assert.deepEqual(errors, []);
  });

  await t.test('a reload keeps the session, by the refresh token', async () => {
    const { page, errors } = await open();
    await signIn(page);
    await page.reload();
    await button(page, 'Sign out').waitFor();
    await send(page, 'after a reload');
    await said(page, 'after a reload');
    assert.deepEqual(errors, []);
  });

  await t.test('a token that is refused is replaced once', async () => {
    const { page } = await open();
    await signIn(page);
    let refused = 0;
    await page.route('**/v1/chat/completions', (route) => (refused++ ? route.continue() : route.fulfill({ status: 401, json: { code: 'invalid_token' } })));
    await send(page, 'again');
    await said(page, 'again');
    assert.equal(refused, 2);
  });

  await t.test('an expired session is said, and what was written is kept', async () => {
    const { page, context } = await open();
    await signIn(page);
    const refresh = await page.evaluate(() => sessionStorage.getItem('refresh-token'));
    const revoked = await fetch(`${pool.url}/oauth2/revoke`, {
      method: 'POST', body: new URLSearchParams({ token: refresh, client_id: await page.evaluate(() => document.body.dataset.clientId) }),
    });
    assert.equal(revoked.status, 200);
    // No access token expires within a test: five minutes are the shortest that a pool has. One
    // that is no longer good makes the edge answer as it does then.
    await page.route('**/v1/chat/completions', async (route) => {
      const headers = await route.request().allHeaders();
      await route.continue({ headers: { ...headers, authorization: headers.authorization.replace(/.{9}$/, 'withdrawn') } });
    });
    await send(page, 'too late');
    await notice(page, 'Your session has expired. Sign in again.');
    assert.equal(await focused(page), 'sign-in');
    assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), 'too late');
    await page.unroute('**/v1/chat/completions');
    await context.clearCookies();
    await signIn(page);
    assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), 'too late');
    await page.keyboard.press('Tab');
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await said(page, 'too late');
  });

  await t.test('signing out ends the session with the issuer, too', async () => {
    const { page } = await open();
    await signIn(page);
    await button(page, 'Sign out').click();
    await notice(page, 'Sign in to chat.');
    assert.equal(await page.evaluate(() => sessionStorage.getItem('refresh-token')), null);
    await button(page, 'Sign in').click();
    await button(page, 'Continue as bob@example.com').waitFor(); // asked anew
  });

  await t.test('what goes wrong is said', async () => {
    const { page } = await open('/?code=stolen&state=of-somebody-else');
    await notice(page, 'This sign-in was not begun here');
    assert.equal(new URL(page.url()).search, '', 'the code stays in the address');
    await button(page, 'Sign in').click();
    await page.waitForURL(`${pool.url}/**`);
    const state = new URL(page.url()).searchParams.get('state');
    await page.goto(`${chain.url}/?error=access_denied&state=${state}`);
    await notice(page, 'The sign-in was cancelled.');
    await page.route(`${pool.url}/oauth2/token`, (route) => route.abort());
    await button(page, 'Sign in').click();
    await button(page, 'Continue as bob@example.com').click();
    await notice(page, 'The sign-in service cannot be reached.');
  });
});

for (const [scheme, args] of [['http', []], ['https', ['--tls']]]) {
  test(`an MCP client finds the issuer from the 401 by ${scheme}, and gets through`, { timeout }, async (t) => {
    const server = join(root, 'test/clients/frameworks/mcp.mjs');
    const chain = await startChain({ assembly: withApplication(t, `exec node '${server}'`, {}, assembly), args: ['--json', ...args] });
    t.after(() => chain.close());
    const [client] = chain.userPools[0].clients;
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'test/clients/frameworks/mcp-client.mjs'), `${chain.url}/mcp`, client], {
      env: { ...process.env, ...chain.issuerEnvironment }, timeout: 120_000,
    });
    assert.ok(chain.url.startsWith(`${scheme}://`));
    assert.deepEqual(JSON.parse(stdout), { asked: true, tools: ['count', 'fail'], resource: `${chain.url}/mcp` });
  });
}
