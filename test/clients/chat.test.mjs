// The chat page in a browser, through the local chain.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { withVariables } from './assembly.mjs';
import { startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';
import { screenshot, skipped } from './screenshot.mjs';

const timeout = 240_000;

/** openChat opens the page, and watches over what no page may do. */
async function openChat(browser, url, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const seen = { errors: [], hosts: new Set(), urls: [] };
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => {
    // The browser itself writes a line for every status from 400 on.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) {
      seen.errors.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) {
      seen.hosts.add(new URL(request.url()).host);
    }
    seen.urls.push(request.url());
  });
  await page.goto(url);
  await page.waitForFunction(() => document.querySelector('#model').value.length > 1 || !document.querySelector('#notice').hidden);
  return { page, context, seen };
}

const message = (page) => page.getByRole('textbox', { name: 'Message' });
const answer = (page) => page.getByRole('group', { name: 'Answer' }).last();
const said = (page) => answer(page).locator('.said').innerText();
const finished = (page) => page.getByRole('button', { name: 'Send' }).waitFor();

async function say(page, text) {
  await message(page).fill(text);
  await message(page).press('Enter');
}

test('the chat page', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: withVariables(t, { MODEL_DELAY: '40ms' }) });
  t.after(() => chain.close());

  await t.test('streams, measures, and asks nobody else', async () => {
    const { page, seen } = await openChat(browser, chain.url);
    await page.evaluate(() => {
      window.lengths = new Set();
      new MutationObserver(() => {
        const text = document.querySelector('.answer .said')?.textContent ?? '';
        window.lengths.add(text.length);
        window.stoppable ||= text && !document.querySelector('#stop').hidden;
      }).observe(document.querySelector('#conversation'), { childList: true, subtree: true, characterData: true });
    });
    const words = Array.from({ length: 20 }, (_, i) => `word${i}`).join(' ');
    await say(page, words);
    await finished(page);
    assert.equal(await said(page), `You said: ${words}`);
    const drawn = await page.evaluate(() => ({ times: window.lengths.size, stoppable: window.stoppable }));
    assert.ok(drawn.times > 5, `the answer was drawn ${drawn.times} times, want it to grow`);
    assert.ok(drawn.stoppable, 'it could not be stopped while it grew');
    assert.match(await answer(page).locator('.metrics').innerText(), /^first token after \d+ ms · 22 tokens · [\d.]+ tokens\/s$/);
    assert.deepEqual([...seen.hosts], [new URL(chain.url).host]);
    assert.deepEqual(seen.errors, []);
  });

  await t.test('a message may be sent before the models are known, or though they could not be had', async () => {
    for (const early of [(route) => route.continue(), (route) => route.abort()]) {
      const page = await (await browser.newContext()).newPage();
      page.setDefaultTimeout(60_000);
      let release;
      const sent = new Promise((resolve) => { release = resolve; });
      await page.route('**/v1/models', async (route) => {
        await sent;
        await early(route);
      }, { times: 1 });
      await page.goto(chain.url);
      await say(page, 'early');
      release();
      await answer(page).getByText('You said: early').waitFor();
      await page.context().close();
    }
  });

  await t.test('keeps the conversation, the system prompt and the temperature', async () => {
    const { page } = await openChat(browser, chain.url);
    const bodies = [];
    page.on('request', (request) => request.method() === 'POST' && bodies.push(request.postDataJSON()));
    await say(page, 'first');
    await finished(page);
    await page.locator('summary').click();
    await page.getByRole('textbox', { name: 'System prompt' }).fill('Be brief.');
    await page.getByRole('slider', { name: /^Temperature/ }).fill('0.2');
    await page.getByRole('button', { name: 'Done' }).click();
    await say(page, 'second');
    await finished(page);
    assert.deepEqual(bodies[0].messages, [{ role: 'user', content: 'first' }]);
    assert.equal('temperature' in bodies[0], false);
    assert.deepEqual(bodies[1].messages, [
      { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'first' },
      { role: 'assistant', content: 'You said: first' }, { role: 'user', content: 'second' },
    ]);
    assert.equal(bodies[1].temperature, 0.2);
    await page.getByRole('button', { name: 'New chat' }).click();
    assert.equal(await page.getByRole('group', { name: 'Answer' }).count(), 0);
    await say(page, 'third');
    await finished(page);
    assert.equal(bodies[2].messages.length, 2);
  });

  await t.test('works with the keyboard alone, and stops', async () => {
    const { page, seen } = await openChat(browser, chain.url);
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id);
    assert.equal(await focused(), 'input', 'the message has the focus at first');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two '.repeat(500));
    assert.match(await message(page).inputValue(), /^one\ntwo /);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('two two'));
    await page.keyboard.press('Escape');
    await finished(page);
    await answer(page).getByText('Stopped').waitFor();
    assert.ok((await said(page)).length < 1000, 'the answer went on');
    assert.equal(await focused(), 'input');

    // The button, too; the focus goes back to the message.
    await page.keyboard.type('three '.repeat(500));
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Stop');
    await page.keyboard.press('Enter');
    await finished(page);
    assert.equal(await focused(), 'input');
    await page.keyboard.type('four');
    await page.keyboard.press('Enter');
    await finished(page);
    assert.equal(await said(page), 'You said: four');
    assert.deepEqual(seen.errors, []);
  });

  await t.test('says what went wrong, and tries again', async (t) => {
    // Begins an answer, and leaves the rest to the test.
    let begun;
    const other = createServer((_, response) => {
      begun = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event('half'));
    }).listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const event = (content) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}]}\n\n`;
    const sse = { status: 200, contentType: 'text/event-stream' };
    const error = (status, text, headers = {}) => ({ status, headers, json: { error: { message: text } } });
    for (const [name, { fulfill, abort, url, offline, want, partial = '' }] of Object.entries({
      'an error in mid-stream': { fulfill: { ...sse, body: `${event('half')}data: {"error":{"message":"The model failed."}}\n\n` }, want: 'The answer broke off. The model failed.', partial: 'half' },
      'a stream that ends early': { fulfill: { ...sse, body: event('half') }, want: 'The connection ended before the answer was complete.', partial: 'half' },
      'a connection that breaks': { url: `http://127.0.0.1:${other.address().port}/`, want: 'The connection broke before the answer was complete.', partial: 'half' },
      'no stream at all': { fulfill: { ...sse, body: 'data: <html>\n\n' }, want: 'The answer broke off: the server sent something that is not an answer.' },
      'no connection': { abort: 'connectionreset', want: 'The server cannot be reached.' },
      'no network': { offline: true, want: 'You are offline.' },
      'too much': { fulfill: { status: 413, contentType: 'application/problem+json', body: '{"title":"Too large","detail":"Over 1 MiB."}' }, want: 'That is too large for one message. Over 1 MiB.' },
      'too often': { fulfill: error(429, 'Slow down.', { 'retry-after': '1' }), want: 'Too many requests at the moment. Slow down.' },
      'a failure': { fulfill: { status: 502, body: 'Internal Server Error' }, want: 'The server failed (502).' },
      'a refusal': { fulfill: error(400, 'temperature is 9.'), want: 'temperature is 9.' },
    })) {
      await t.test(name, async () => {
        const { page, context, seen } = await openChat(browser, chain.url);
        await context.setOffline(Boolean(offline));
        if (!offline) {
          await page.route('**/v1/chat/completions', (route) => (
            abort ? route.abort(abort) : url ? route.continue({ url }) : route.fulfill(fulfill)));
        }
        await say(page, 'hello');
        if (url) {
          await answer(page).getByText('half').waitFor();
          begun.destroy();
        }
        const alert = answer(page).getByRole('alert');
        await alert.waitFor();
        assert.ok((await alert.innerText()).startsWith(want), await alert.innerText());
        assert.equal(await said(page), partial);
        await context.setOffline(false);
        await page.unroute('**/v1/chat/completions');
        await message(page).press('Enter'); // says nothing, and takes nothing away
        await answer(page).getByRole('button', { name: /^Try again$/ }).click(); // waits until it is enabled
        await finished(page);
        assert.equal(await said(page), 'You said: hello');
        assert.equal(await alert.count(), 0);
        assert.deepEqual(seen.errors, []);
      });
    }
  });

  await t.test('keeps what there was of an answer that the model breaks off', async () => {
    const { page } = await openChat(browser, chain.url);
    await say(page, 'one two [[fail]] three');
    await answer(page).getByRole('alert').getByText('The answer broke off. The model failed').waitFor();
    assert.equal(await said(page), 'You said: one two');
    await say(page, 'four');
    await finished(page);
    assert.equal(await said(page), 'You said: four');
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0, 'a turn that another has followed');
  });

  await t.test('says to a screen reader what it shows, by sentences', async () => {
    const { page } = await openChat(browser, chain.url);
    assert.equal(await page.getByRole('heading', { name: 'streamfront' }).count(), 1);
    assert.equal(await page.getByRole('combobox', { name: 'Model' }).count(), 1);
    assert.equal(await page.getByRole('list', { name: 'Conversation' }).count(), 1);
    await page.evaluate(() => {
      window.spoken = [];
      new MutationObserver((records) => records.forEach((r) => r.addedNodes.forEach((n) => window.spoken.push(n.textContent))))
        .observe(document.querySelector('[role=status]'), { childList: true });
    });
    const sentence = `${'word '.repeat(15)}end.`;
    await say(page, `${sentence} ${sentence}`);
    await finished(page);
    const spoken = await page.evaluate(() => window.spoken);
    assert.ok(spoken.length < 5, `${spoken.length} announcements`);
    assert.equal(spoken.join(' ').replace(/\s+/g, ' '), `You said: ${sentence} ${sentence} Answer complete.`);
    // Whoever can do without sight has a name for everything that can be used.
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea, summary')]
      .filter((e) => !(e.ariaLabel || e.labels?.length || e.textContent.trim())).map((e) => e.outerHTML));
    assert.deepEqual(nameless, []);
  });

  await t.test('shows code as code, and markup as text', async () => {
    const { page, seen } = await openChat(browser, chain.url);
    const text = 'Look: `x`\n```html\n<b>bold</b>\n```\n<img src=x onerror="document.title = 1">';
    await page.route('**/v1/chat/completions', (route) => route.fulfill({
      status: 200, contentType: 'text/event-stream',
      body: [...text].map((c) => `data: ${JSON.stringify({ choices: [{ delta: { content: c } }] })}\r\n\r\n`).join('') + 'data: [DONE]\n\n',
    }));
    await say(page, 'show');
    await finished(page);
    assert.equal(await answer(page).locator('pre').innerText(), '<b>bold</b>');
    assert.equal(await answer(page).locator('p code').innerText(), 'x');
    assert.match(await answer(page).locator('p').last().innerText(), /^<img src=x/);
    assert.equal(await page.title(), 'streamfront chat');
    assert.deepEqual(seen.errors, []);
  });

  await t.test('can be read, light and dark, wide and narrow', async () => {
    const grounds = [];
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await openChat(browser, chain.url, { colorScheme, viewport: { width: 320, height: 640 } });
      await say(page, `${'unbreakable'.repeat(20)} \`${'code'.repeat(40)}\``);
      await finished(page);
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(wide, 320, `${colorScheme}: ${wide} pixels of width in a window of 320`);
      await page.locator('summary').click();
      // WCAG 2.2, 1.4.3: 4.5 to 1.
      const faint = await page.evaluate(() => {
        const rgb = (color) => color.match(/[\d.]+/g).map(Number);
        const light = (color) => rgb(color).slice(0, 3).map((v) => v / 255)
          .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const ground = (e) => {
          const color = getComputedStyle(e).backgroundColor;
          return (rgb(color)[3] ?? 1) === 0 ? ground(e.parentElement) : color;
        };
        return [...document.querySelectorAll('h1, button, summary, p, label, .hint, .said, .metrics, code')]
          .filter((e) => e.checkVisibility() && e.textContent.trim() && !e.disabled)
          .map((e) => [light(getComputedStyle(e).color), light(ground(e)), e])
          .map(([a, b, e]) => [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 60)])
          .filter(([ratio]) => ratio < 4.5);
      });
      assert.deepEqual(faint, [], colorScheme);
    }
    assert.notEqual(grounds[0], grounds[1]);
  });

  await t.test('attaches small files as they are, and refuses what is no text', async () => {
    const { page } = await openChat(browser, chain.url);
    const bodies = [];
    page.on('request', (request) => request.method() === 'POST' && bodies.push(request.postDataJSON()));
    const picker = page.getByLabel('Files to attach');
    await picker.setInputFiles([{ name: 'image.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0xff]) }]);
    await page.getByText('image.png is not a text file in UTF-8').waitFor();
    await picker.setInputFiles([{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('für') }, { name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('b') }]);
    await page.getByRole('button', { name: 'Remove b.txt' }).click();
    await say(page, 'What is in it?');
    await finished(page);
    assert.deepEqual(bodies[0].messages[0].content, [{ type: 'text', text: 'File "a.txt":\nfür\n\n' }, { type: 'text', text: 'What is in it?' }]);
  });

  await t.test('refuses files that no request may have, before it uploads them', async () => {
    const { page, seen } = await openChat(browser, chain.url);
    const picker = page.getByLabel('Files to attach');
    const file = (name, megabytes) => ({ name, mimeType: 'text/plain', buffer: Buffer.alloc(megabytes * 1e6, 'a') });
    await picker.setInputFiles([file('large.txt', 9)]);
    await page.getByText('large.txt is too large: it has 9.0 MB, and the files of a conversation may have 8.0 MB together.').waitFor();
    await picker.setInputFiles([file('a.txt', 5), file('b.txt', 4)]);
    await page.getByText('b.txt is too large: it has 4.0 MB, and the files of a conversation may have 8.0 MB together, of which 5.0 MB are in use.').waitFor();
    assert.deepEqual(await page.locator('#files li').allInnerTexts().then((all) => all.map((text) => text.split(/\s/)[0])), ['a.txt']);
    assert.equal(seen.urls.some((url) => url.endsWith('/uploads')), false);
  });

  await t.test('uploads what is too large for a request', async () => {
    const { page, seen } = await openChat(browser, chain.url);
    const bodies = [];
    page.on('request', (request) => request.url().endsWith('/completions') && bodies.push(request.postDataJSON()));
    const line = 'a large file has many lines of text in it\n';
    await page.getByLabel('Files to attach').setInputFiles([
      { name: 'größe.txt', mimeType: 'text/plain', buffer: Buffer.from(line.repeat(24_000)) }, // 1.01 MB, and less than 1 MiB
      { name: 'small.txt', mimeType: 'text/plain', buffer: Buffer.from('small') },
    ]);
    await say(page, 'Count the lines.');
    await page.waitForFunction(() => document.querySelector('.answer .said')?.textContent.includes('begin of file "größe.txt" --- a large file'));
    await page.keyboard.press('Escape');
    await finished(page);
    const [large, small, question] = bodies[0].messages[0].content;
    assert.equal(large.type, 'file');
    assert.ok(large.file.file_id);
    assert.equal(small.text, 'File "small.txt":\nsmall\n\n');
    assert.equal(question.text, 'Count the lines.');
    assert.equal(seen.hosts.size, 2, 'the server, and what stands in for Amazon S3');
    assert.deepEqual(seen.errors, []);
    // Once is enough.
    const before = seen.urls.filter((url) => url.endsWith('/uploads')).length;
    await say(page, 'And the words.');
    await answer(page).getByText('You said: And the words.').waitFor();
    assert.equal(seen.urls.filter((url) => url.endsWith('/uploads')).length, before);
  });
});

test('the chat page and the API key', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const chain = await startChain({ assembly: withVariables(t, { API_KEY: 'right key', MODEL_DELAY: '1ms' }) });
  t.after(() => chain.close());
  const { page, seen } = await openChat(browser, chain.url);
  const key = page.getByLabel('API key');
  await page.getByText('This server asks for an API key.').waitFor();
  assert.ok(await key.evaluate((e) => e === document.activeElement), 'the key has the focus');
  await key.fill('wrong key');
  await key.press('Enter');
  await page.getByText('That API key is not right.').waitFor();
  await page.keyboard.press('Escape');
  await say(page, 'hello');
  await answer(page).getByRole('alert').getByText('The API key is missing or wrong.').waitFor();
  await key.fill('sk-…key'); // as a page shows a key that it hides
  await key.press('Enter');
  await answer(page).getByRole('button', { name: 'Try again' }).click();
  await answer(page).getByRole('alert').getByText('The API key has characters that no key has.').waitFor();
  await key.fill('right key');
  await key.press('Enter');
  await answer(page).getByRole('button', { name: 'Try again' }).click();
  await finished(page);
  assert.equal(await said(page), 'You said: hello');

  const kept = () => page.evaluate(() => [JSON.stringify({ ...sessionStorage }), JSON.stringify({ ...localStorage }), document.cookie]);
  assert.deepEqual(await kept(), ['{}', '{}', '']);
  await page.locator('summary').click();
  await page.getByLabel('Keep it until this tab is closed').check();
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#model').value === 'streamfront-echo');
  assert.deepEqual(await kept(), ['{"api-key":"right key"}', '{}', '']);
  assert.deepEqual(seen.urls.filter((url) => url.includes('key')), []);
  assert.deepEqual(seen.errors, []);
});

test('screenshot of the chat page', { timeout, skip: skipped }, async (t) => {
  const browser = await openBrowser(t);
  assert.ok(browser, 'a screenshot needs a browser');
  const chain = await startChain({ assembly: withVariables(t, { MODEL_DELAY: '50ms' }) });
  t.after(() => chain.close());
  const { page } = await openChat(browser, chain.url, { viewport: { width: 1000, height: 720 }, deviceScaleFactor: 2, colorScheme: 'light' });
  await say(page, 'A `POST` streams through CloudFront: the edge function hashes its body, origin access control signs it, and the words come back one by one.');
  await finished(page);
  await say(page, 'While the model pauses, a heartbeat keeps the connection open. If the answer breaks off all the same, the page says so, keeps what there was, and offers to try again.');
  await answer(page).getByText('the page says so').waitFor();
  await screenshot(page, 'chat.png');
});
