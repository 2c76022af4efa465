// The sample with an issuer in front, through the local chain: people in a browser, with a user
// pool of Amazon Cognito (-c auth=cognito) and with an issuer of their own (-c auth=jwt), and an
// MCP client that knows nothing of it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { withApplication, withVariables } from './assembly.mjs';
import { root, startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';
import { audience, issuer, startProvider, tokens } from './provider.mjs';

const timeout = 240_000;
const variables = { MODEL_DELAY: '10ms' };

/**
 * The issuers that people sign in with. Each starts the sample, and returns { chain, at, token,
 * revoke, context, alice, cancel, leave, spoil, spoiled, mend, asked, discovery }: its own
 * address, its endpoints, the options of a browser that finds it, its button for a user, what
 * ends a sign-in or a session on its own page, what makes the edge refuse the tokens of a page,
 * why, and what ends that, what the page asks it for, and the document by which the page finds
 * it, if it does.
 */
const issuers = {
  async cognito(t) {
    const chain = await startChain({ assembly: withVariables(t, variables, 'bin/signin.out'), args: ['--json'] });
    t.after(() => chain.close());
    const [{ url }] = chain.userPools;
    return {
      chain, at: url, token: `${url}/oauth2/token`, revoke: `${url}/oauth2/revoke`, context: {}, alice: 'Continue as alice@example.com (admin)',
      cancel: (page) => page.goto(`${chain.url}/?error=access_denied&state=${new URL(page.url()).searchParams.get('state')}`), // it has no button
      leave: async () => {}, // it asks nothing
      asked: { scope: 'openid email', resource: null, audience: null },
      spoil: (page) => page.route('**/v1/**', async (route) => {
        const headers = await route.request().allHeaders();
        await route.continue({ headers: { ...headers, authorization: headers.authorization?.replace(/.{9}$/, 'withdrawn') } });
      }),
      spoiled: 'the signature of the token does not hold (RS256)',
      mend: (page) => page.unroute('**/v1/**'),
    };
  },

  jwt: (t) => startWithProvider(t, { tokensAt: issuer }),

  'jwt, tokens on another host': (t) => startWithProvider(t, { tokensAt: tokens, more: { AUTH_ISSUER_ORIGINS: tokens } }),
};

async function startWithProvider(t, { tokensAt, more = {} }) {
  const provider = await startProvider(t, tokensAt);
  const at = [issuer, tokens].flatMap((origin) => ['--issuer', `${origin}=${provider.url}`]);
  const chain = await startChain({ assembly: withVariables(t, { ...variables, ...more }, 'bin/jwt.out'), args: ['--json', ...at] });
  t.after(() => chain.close());
  provider.serve(chain.url);
  return {
    chain, at: issuer, token: `${tokensAt}/token`, revoke: `${tokensAt}/token/revocation`, alice: 'Continue as alice@example.com',
    // Programs of this machine find the issuer by the chain's proxy, and so does a browser.
    context: { ignoreHTTPSErrors: true, proxy: { server: chain.issuerEnvironment.HTTPS_PROXY, bypass: chain.issuerEnvironment.NO_PROXY } },
    cancel: (page) => page.getByRole('button', { name: 'Continue as nobody' }).click(),
    asked: { scope: 'openid email offline_access', resource: audience, audience },
    discovery: `${issuer}/.well-known/openid-configuration`,
    leave: (page) => page.getByRole('button', { name: 'Yes, sign me out' }).click(),
    spoil: async () => { provider.expired = true; },
    spoiled: 'the token has expired',
    mend: async () => { provider.expired = false; },
  };
}

for (const [kind, start] of Object.entries(issuers)) {
  test(`people sign in, chat, and sign out: ${kind}`, { timeout }, async (t) => {
    const browser = await openBrowser(t);
    if (!browser) {
      return;
    }
    await signingIn(t, browser, await start(t));
  });
}

test('an issuer whose tokens are on a host that the page may not ask', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const { chain, context } = await startWithProvider(t, { tokensAt: tokens });
  const page = await (await browser.newContext(context)).newPage();
  const document = await page.goto(chain.url);
  assert.doesNotMatch(document.headers()['content-security-policy'], /tokens\.example\.com|https:[ ;]/);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const said = `The issuer ${issuer} gives or revokes its tokens at ${tokens}, which this page may not ask. Tell whoever runs this server to deploy it with -c issuerOrigins=${tokens}.`;
  await page.getByRole('alert').filter({ hasText: said }).waitFor({ timeout: 60_000 });
});

async function signingIn(t, browser, its) {
  const { chain } = its;
  async function open(path = '/') {
    const context = await browser.newContext(its.context);
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
    await button(page, its.alice).click();
    await button(page, 'Sign out').waitFor();
  };

  await t.test('with the keyboard alone, and a draft is not lost', async () => {
    const { page, errors } = await open();
    await notice(page, 'Sign in to chat.');
    assert.equal(await focused(page), 'sign-in', 'where the reader has to go on has the focus');
    await page.getByRole('textbox', { name: 'Message' }).fill('a draft');
    await button(page, 'Sign in').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${its.at}/**`);
    await button(page, its.alice).focus();
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

  await t.test('the issuer is asked for what the application needs, with PKCE', async () => {
    const { page } = await open();
    const request = page.waitForRequest((asked) => new URL(asked.url()).searchParams.has('code_challenge'));
    await button(page, 'Sign in').click();
    const asked = new URL((await request).url()).searchParams;
    assert.deepEqual({ scope: asked.get('scope'), resource: asked.get('resource'), audience: asked.get('audience') }, its.asked);
    assert.equal(asked.get('code_challenge_method'), 'S256');
    assert.match(asked.get('code_challenge'), /^[\w-]{43}$/);
    await button(page, its.alice).waitFor();
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
    const { page } = await open();
    await signIn(page);
    assert.equal(await page.evaluate(async ([revoke, client]) => {
      const token = sessionStorage.getItem('refresh-token');
      const { status } = await fetch(revoke, { method: 'POST', body: new URLSearchParams({ token, client_id: client }) });
      const { now } = Date;
      Date.now = () => now() + 3_600_000; // no access token lasts longer
      return status;
    }, [its.revoke, await page.evaluate(() => document.body.dataset.clientId)]), 200);
    await send(page, 'too late');
    await notice(page, 'Your session has expired. Sign in again.');
    assert.equal(await focused(page), 'sign-in');
    assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), 'too late');
    await page.context().clearCookies(); // the issuer asks again
    await signIn(page);
    assert.equal(await page.getByRole('textbox', { name: 'Message' }).inputValue(), 'too late');
    await page.keyboard.press('Tab');
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await said(page, 'too late');
  });

  await t.test('tokens that the edge refuses, new ones too, end the session and say why', async () => {
    const { page } = await open();
    await its.spoil(page);
    await button(page, 'Sign in').click();
    await button(page, its.alice).click();
    await notice(page, `The server does not accept your sign-in: ${its.spoiled}.`);
    assert.equal(await focused(page), 'sign-in');
    assert.equal(await button(page, 'Sign out').isVisible(), false);
    await its.mend(page);
    await button(page, 'Sign in').click(); // the issuer knows who it is
    await button(page, 'Sign out').waitFor();
    await send(page, 'once more');
    await said(page, 'once more');
  });

  await t.test('signing out ends the session with the issuer, too', async () => {
    const { page } = await open();
    await signIn(page);
    await button(page, 'Sign out').click();
    await its.leave(page);
    await page.waitForURL(`${chain.url}/`);
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
    await page.waitForURL(`${its.at}/**`);
    await its.cancel(page);
    await notice(page, 'The sign-in was cancelled.');
    await page.route(its.token, (route) => route.abort());
    await button(page, 'Sign in').click();
    await button(page, 'Continue as bob@example.com').click();
    await notice(page, 'The sign-in service cannot be reached.');
  });

  if (!its.discovery) {
    return;
  }
  await t.test('an issuer that does not say who it is', async () => {
    const { page } = await open();
    const good = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: its.token };
    for (const [answer, said] of [
      [{ status: 503 }, 'The sign-in service failed (503). Try again.'],
      [{ body: '<p>not JSON' }, `What ${issuer} says about itself is of another issuer`],
      [{ json: { ...good, issuer: 'https://attacker.example.com' } }, `What ${issuer} says about itself is of another issuer`],
      [{ json: { ...good, authorization_endpoint: 'javascript:alert(1)' } }, 'names no place to sign in'],
      [{ json: { ...good, token_endpoint: 'https://elsewhere.example.com/token' } }, `The issuer ${issuer} gives or revokes its tokens at https://elsewhere.example.com, which this page may not ask.`],
    ]) {
      await page.route(its.discovery, (route) => route.fulfill({ headers: { 'access-control-allow-origin': '*' }, ...answer }));
      await button(page, 'Sign in').click();
      await notice(page, said);
      assert.equal(await focused(page), 'sign-in');
      await page.unroute(its.discovery);
    }
    await page.route(its.discovery, (route) => route.abort());
    await button(page, 'Sign in').click();
    await notice(page, 'The sign-in service cannot be reached.');
    await page.unroute(its.discovery);
    await signIn(page); // without a reload
    // Somebody else's answer, with the state of this sign-in.
    await button(page, 'Sign out').click();
    await its.leave(page);
    await notice(page, 'Sign in to chat.');
    await page.route(`${issuer}/auth?**`, (route) => route.abort());
    const begun = page.waitForRequest(`${issuer}/auth?**`);
    await button(page, 'Sign in').click();
    const state = new URL((await begun).url()).searchParams.get('state');
    await page.goto(`${chain.url}/?code=x&state=${state}&iss=https%3A%2F%2Fattacker.example.com`);
    await notice(page, 'This sign-in was not begun here');
  });
}

for (const [scheme, args] of [['http', []], ['https', ['--tls']]]) {
  test(`an MCP client finds the issuer from the 401 by ${scheme}, and gets through`, { timeout }, async (t) => {
    const server = join(root, 'test/clients/frameworks/mcp.mjs');
    const chain = await startChain({ assembly: withApplication(t, `exec node '${server}'`, {}, 'bin/signin.out'), args: ['--json', ...args] });
    t.after(() => chain.close());
    const [client] = chain.userPools[0].clients;
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'test/clients/frameworks/mcp-client.mjs'), `${chain.url}/mcp`, client], {
      env: { ...process.env, ...chain.issuerEnvironment }, timeout: 120_000,
    });
    assert.ok(chain.url.startsWith(`${scheme}://`));
    assert.deepEqual(JSON.parse(stdout), { asked: true, tools: ['count', 'fail'], resource: `${chain.url}/mcp` });
  });
}
