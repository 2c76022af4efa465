// The reader's uploads on the chat page, in a browser, through the local chain: a file is put
// into the bucket, the bucket's event has it registered, and the page lists it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withVariables } from './assembly.mjs';
import { startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';

const timeout = 240_000;
const text = 'a file that was uploaded before\n';

/** openPage opens the chat page, and collects what goes wrong in it. */
async function openPage(browser, url, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
      errors.push(message.text());
    }
  });
  await page.goto(url);
  return { page, errors };
}

/** upload sends a file as any client would, by a ticket, and returns its id. */
async function upload(url, name, key) {
  const authorization = key ? { authorization: `Bearer ${key}` } : {};
  const asked = await fetch(`${url}/uploads`, {
    method: 'POST', headers: { ...authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name, type: 'text/plain', size: text.length }),
  });
  assert.equal(asked.status, 200);
  const ticket = await asked.json();
  const { 'content-length': _, host: __, ...headers } = ticket.headers;
  const put = await fetch(ticket.url, { method: 'PUT', headers, body: text });
  assert.equal(put.status, 200, await put.text());
  return ticket.id;
}

const opener = (page) => page.getByRole('button', { name: 'Uploads' });
const panel = (page) => page.getByRole('region', { name: 'Your uploads' });
const rows = (page) => panel(page).getByRole('listitem');
const names = async (page) => (await rows(page).locator('.name').allInnerTexts());
const message = (page) => page.getByRole('textbox', { name: 'Message' });

/** listed waits until the panel has so many rows. */
async function listed(page, count) {
  await panel(page).getByText(new RegExp(`^${count}( or more)? uploads?, the newest first`)).waitFor();
}

/** registered waits until the server lists so many uploads of a caller. */
async function registered(url, count, key) {
  for (let tries = 0; tries < 600; tries++) {
    const response = await fetch(`${url}/uploads?limit=100`, { headers: key ? { authorization: `Bearer ${key}` } : {} });
    assert.equal(response.status, 200);
    const { data } = await response.json();
    if (data.length === count) {
      return data;
    }
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`there are not ${count} uploads`);
}

test('uploads on the chat page', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: withVariables(t, { MODEL_DELAY: '1ms' }) });
  t.after(() => chain.close());

  await t.test('nothing yet, then what the page has sent, by the keyboard alone', async () => {
    const { page, errors } = await openPage(browser, chain.url);
    await opener(page).focus();
    await page.keyboard.press('Enter');
    await panel(page).getByText('Nothing yet.').waitFor();
    assert.equal(await opener(page).getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('Escape');
    assert.equal(await panel(page).count(), 0, 'Escape closes the panel');
    assert.equal(await opener(page).getAttribute('aria-expanded'), 'false');

    await page.getByLabel('Files to attach').setInputFiles([{ name: 'größe.txt', mimeType: 'text/plain', buffer: Buffer.from('many words '.repeat(100_000)) }]);
    await message(page).fill('Read it.');
    await message(page).press('Enter');
    await page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('begin of file'));
    await opener(page).focus();
    await page.keyboard.press('Enter');
    await listed(page, 1);
    assert.match((await rows(page).first().innerText()).replaceAll('\n', ' '), /größe\.txt 1\.1 MB, .*\d{4}.* Use/);
    assert.ok(Date.now() - Date.parse(await rows(page).locator('time').getAttribute('datetime')) < timeout);
    assert.deepEqual(errors, []);
  });

  await t.test('another day: the newest first, to be used in a question', async () => {
    const ids = [];
    for (const name of ['one.txt', 'two.txt', '<b>three</b>.txt']) {
      ids.push(await upload(chain.url, name));
    }
    await registered(chain.url, 4);
    const { page, errors } = await openPage(browser, chain.url);
    const bodies = [];
    page.on('request', (request) => request.url().endsWith('/completions') && bodies.push(request.postDataJSON()));
    await opener(page).click();
    await listed(page, 4);
    assert.deepEqual(await names(page), ['<b>three</b>.txt', 'two.txt', 'one.txt', 'größe.txt']);

    // From the button on: Refresh, then the first row.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Use <b>three</b>.txt');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await panel(page).count(), 0, 'the panel has closed');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'input');
    await page.getByRole('list', { name: 'Attached files' }).getByText('two.txt').waitFor();
    await page.getByRole('status').getByText('two.txt attached.').waitFor({ state: 'attached' });
    await opener(page).click();
    await panel(page).getByRole('button', { name: 'Use two.txt' }).click();
    await page.getByText('two.txt is attached already.').waitFor();
    await message(page).fill('What is in it?');
    await message(page).press('Enter');
    await page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('begin of file "two.txt" --- a file that was uploaded before'));
    assert.deepEqual(bodies[0].messages[0].content, [{ type: 'file', file: { file_id: ids[1] } }, { type: 'text', text: 'What is in it?' }]);

    await opener(page).click();
    await page.getByRole('heading', { name: 'streamfront' }).click();
    assert.equal(await panel(page).count(), 0, 'a click elsewhere closes the panel');
    assert.deepEqual(errors, []);
  });

  await t.test('many, a page at a time', async () => {
    const { page, errors } = await openPage(browser, chain.url);
    const all = Array.from({ length: 3 }, (_, i) => ({ id: `file-${i}`, name: `${i}.txt`, type: 'text/plain', size: 9_000_000 * (i === 2), created_at: 1_795_000_000 - i }));
    const asked = [];
    await page.route('**/uploads?*', (route) => {
      const query = new URL(route.request().url()).searchParams;
      asked.push(query.get('after'));
      const at = query.get('after') ? 2 : 0;
      route.fulfill({ json: { object: 'list', data: all.slice(at, at + 2), has_more: at === 0 } });
    });
    await opener(page).click();
    await listed(page, 2);
    await panel(page).getByRole('button', { name: 'Show more' }).press('Enter');
    await listed(page, 3);
    assert.deepEqual(asked, [null, 'file-1']);
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Use 2.txt', 'the focus is on what is new');
    await page.keyboard.press('Enter');
    await page.getByText('2.txt is too large: it has 9.0 MB').waitFor();
    assert.deepEqual(errors, []);
  });

  await t.test('says what went wrong, and asks again', async () => {
    const { page } = await openPage(browser, chain.url);
    for (const [answer, want] of [
      [(route) => route.abort(), 'The uploads could not be listed. The server cannot be reached.'],
      [(route) => route.fulfill({ status: 500, json: { error: { message: 'See the log.' } } }), 'The uploads could not be listed. The server failed (500). See the log.'],
      [(route) => route.fulfill({ status: 401, json: {} }), 'The uploads could not be listed. The API key is missing or wrong.'],
    ]) {
      await page.route('**/uploads?*', answer, { times: 1 });
      await opener(page).click();
      await panel(page).getByText(want).waitFor();
      await panel(page).getByRole('button', { name: 'Refresh' }).click();
      await listed(page, 4);
      await page.keyboard.press('Escape');
    }
  });

  await t.test('fits into a narrow window, light and dark', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await openPage(browser, chain.url, { colorScheme, viewport: { width: 320, height: 640 } });
      await opener(page).click();
      await listed(page, 4);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
      const box = await panel(page).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= 320 && box.y + box.height <= 640, JSON.stringify(box));
    }
  });
});

test('uploads of a caller are nobody else\'s to see', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: withVariables(t, { API_KEY: 'the key of all', MODEL_DELAY: '1ms' }) });
  t.after(() => chain.close());
  await upload(chain.url, 'mine.txt', 'the key of all');
  await registered(chain.url, 1, 'the key of all');
  const { page } = await openPage(browser, chain.url);
  await page.getByText('This server asks for an API key.').waitFor();
  await opener(page).click();
  await panel(page).getByText('The API key is missing or wrong.').waitFor();
  assert.equal(await rows(page).count(), 0);
  await page.keyboard.press('Escape');
  await page.locator('summary').click();
  await page.getByLabel('API key').fill('the key of all');
  await page.getByRole('button', { name: 'Done' }).click();
  await opener(page).click();
  await listed(page, 1);
  assert.deepEqual(await names(page), ['mine.txt']);
  // Whoever comes after without the key sees nothing of it.
  await page.keyboard.press('Escape');
  assert.equal(await page.getByText('mine.txt').count(), 0);
});

test('uploads of a user are nobody else\'s to see', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: withVariables(t, { MODEL_DELAY: '1ms' }, 'bin/signin.out') });
  t.after(() => chain.close());
  const signIn = async (name) => {
    const { page, errors } = await openPage(browser, chain.url);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: new RegExp(`^Continue as ${name}@example\\.com`) }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    return { page, errors };
  };
  const alice = await signIn('alice');
  await alice.page.getByLabel('Files to attach').setInputFiles([{ name: 'alice.txt', mimeType: 'text/plain', buffer: Buffer.from('many words '.repeat(100_000)) }]);
  await message(alice.page).fill('Read it.');
  await message(alice.page).press('Enter');
  await alice.page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('begin of file'));
  await opener(alice.page).click();
  await listed(alice.page, 1);

  const bob = await signIn('bob');
  await opener(bob.page).click();
  await panel(bob.page).getByText('Nothing yet.').waitFor();
  // With another token, and in another browser, it is the same user.
  const again = await signIn('alice');
  await opener(again.page).click();
  await listed(again.page, 1);
  assert.deepEqual(await names(again.page), ['alice.txt']);
  await again.page.keyboard.press('Escape');
  await again.page.getByRole('button', { name: 'Sign out' }).click();
  await again.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  assert.equal(await again.page.getByText('alice.txt').count(), 0, 'nothing stays on the page');
  assert.deepEqual([...alice.errors, ...bob.errors], []);
});

test('without uploads the page says nothing of them', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  for (const variables of [{ UPLOADS_BUCKET: '', UPLOADS_REGISTERED: '' }, { UPLOADS_REGISTERED: '' }]) {
    const chain = await startChain({ assembly: withVariables(t, variables) });
    try {
      const { page, errors } = await openPage(browser, chain.url);
      await page.waitForFunction(() => document.querySelector('#model').value.length > 1);
      assert.equal(await opener(page).count(), 0);
      assert.equal((await fetch(`${chain.url}/uploads`)).status, 501);
      assert.deepEqual(errors, []);
    } finally {
      await chain.close();
    }
  }
});
