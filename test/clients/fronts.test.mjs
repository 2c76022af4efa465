// The sample behind the doors that are no distribution: the same handler, client and page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { withVariables } from './assembly.mjs';
import { startChain } from './chain.mjs';
import { openBrowser } from './chromium.mjs';
import { answer, apiKey, longPrompt, model, prompt } from './sample.mjs';

const timeout = 240_000;
const messages = [{ role: 'user', content: prompt }];

/** startFront runs the sample behind a door until the end of t. */
async function startFront(t, front, variables) {
  const chain = await startChain({ assembly: withVariables(t, { MODEL_DELAY: '5ms', ...variables }, `bin/${front}.front.out`), args: ['--json'] });
  t.after(() => chain.close());
  return chain;
}

for (const [front, streams] of Object.entries({ url: true, rest: true, http: false })) {
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
