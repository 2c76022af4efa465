// The sample behind the doors that are no distribution: the same handler, client and page.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { WebSocket } from 'ws';
import { startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';
import { answer, apiKey, longPrompt, model, prompt } from './sample.mjs';

const timeout = 240_000;
const messages = [{ role: 'user', content: prompt }];

/** startFront runs the sample behind a door until the end of t. */
async function startFront(t, front, variables) {
  const args = Object.entries({ MODEL_DELAY: '5ms', ...variables }).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const chain = await startChain({ assembly: `bin/${front}.front.out`, args: ['--json', ...args] });
  t.after(() => chain.close());
  return chain;
}

for (const [front, streams] of Object.entries({ url: true, rest: true, http: false, alb: false, ecs: true })) {
  test(`an OpenAI client behind ${front}`, { timeout }, async (t) => {
    const { url, outputs } = await startFront(t, front, { API_KEY: apiKey });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 60_000 });
    let said = '';
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      said += chunk.choices[0].delta.content ?? '';
    }
    assert.equal(said, answer);
    assert.equal((await client.responses.create({ model, input: prompt })).output_text, answer);
    const other = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(other.models.list(), OpenAI.AuthenticationError);
    const tried = outputs.find(({ name }) => name.endsWith('.Try')).value;
    assert.ok(tried.includes(`${url}/v1/chat/completions`), `the line to try asks ${url}: ${tried}`);
    const { stdout } = await promisify(execFile)('sh', ['-c', tried], { env: { ...process.env, API_KEY: apiKey } });
    assert.match(stdout, /"content":" blue\?"[^]*data: \[DONE\]/);
    if (streams) { // the answer takes minutes as a whole
      for await (const chunk of await client.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: longPrompt }] })) {
        if (chunk.choices[0].delta.content?.includes('word')) {
          break;
        }
      }
    }
  });
}

test('the chat page behind rest', { timeout }, async (t) => {
  const browser = await openBrowser(t);
  if (!browser) {
    return;
  }
  const { url } = await startFront(t, 'rest', { MODEL_DELAY: '40ms' });
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  for (const address of [`${url}/`, url]) { // people type either
    await page.goto(address);
    await page.waitForFunction(() => document.querySelector('#model').value.length > 1);
    await page.evaluate(() => {
      window.lengths = new Set();
      new MutationObserver(() => window.lengths.add(document.querySelector('.answer .said')?.textContent.length))
        .observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.getByRole('textbox', { name: 'Message' }).fill(prompt);
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await page.waitForFunction((whole) => document.querySelector('.answer .said')?.textContent.trim() === whole, answer);
    assert.ok(await page.evaluate(() => window.lengths.size) > 3, 'the answer grows word by word');
  }
});

test('a WebSocket client behind websocket', { timeout }, async (t) => {
  const { outputs } = await startFront(t, 'websocket', { API_KEY: apiKey });
  const tried = outputs.find(({ name }) => name.endsWith('.Try')).value;
  const [, url, message] = tried.match(/ -c (\S+) .* -x '(.*)'$/);
  const socket = new WebSocket(url);
  t.after(() => socket.terminate());
  const frames = [];
  await new Promise((resolve, reject) => {
    socket.on('error', reject).on('close', () => reject(new Error('closed')));
    socket.on('open', () => socket.send(message.replace(`'"$API_KEY"'`, apiKey))); // as a shell does
    socket.on('message', (text) => {
      const frame = JSON.parse(text);
      frames.push(frame);
      if (frame.end || frame.error) {
        resolve();
      }
    });
  });
  assert.equal(frames[0].status, 200);
  const events = frames.map((frame) => frame.data ?? '').join('').split('\n').filter((line) => line.startsWith('data: {'));
  assert.equal(events.map((line) => JSON.parse(line.slice('data: '.length)).choices[0]?.delta.content ?? '').join(''), answer);
});
