// The sample in front of another endpoint that speaks OpenAI's API, which here is the sample
// in another chain: the clients see no difference.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { withVariables } from './assembly.mjs';
import { startChain } from './chain.mjs';
import { answer, apiKey, collect, fails, longPrompt, model, prompt, timeout, tooLarge, useSample } from './sample.mjs';

const cleanups = [];
let client;
let wrongUpstreamKey;

const ready = new Promise((resolve) => useSample(resolve));

before(async () => {
  const { baseURL } = await ready;
  const front = async (key) => {
    const assembly = withVariables({ after: (f) => cleanups.push(f) }, { API_KEY: 'key-of-the-front', UPSTREAM_URL: baseURL, UPSTREAM_KEY: key });
    const chain = await startChain({ assembly });
    cleanups.unshift(() => chain.close());
    return new OpenAI({ baseURL: `${chain.url}/v1`, apiKey: 'key-of-the-front', maxRetries: 0, timeout });
  };
  client = await front(apiKey);
  wrongUpstreamKey = await front('wrong');
}, { timeout: 240_000 });

after(async () => {
  for (const cleanup of cleanups) {
    await cleanup();
  }
});

test('streams in both protocols', { timeout }, async () => {
  const chunks = await collect(await client.chat.completions.create({ model, stream: true, messages: [{ role: 'user', content: prompt }] }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), answer);
  const response = await client.responses.stream({ model, input: prompt }).finalResponse();
  assert.equal(response.output_text, answer);
});

test('answers as a whole, and lists the models', { timeout }, async () => {
  assert.equal((await client.responses.create({ model, input: prompt })).output_text, answer);
  assert.deepEqual((await collect(await client.models.list())).map(({ id }) => id), [model]);
});

test('aborts', { timeout }, async () => {
  let events = 0;
  const stream = await client.responses.create({ model, input: longPrompt, stream: true });
  for await (const _ of stream) {
    if (++events === 6) {
      break;
    }
  }
  assert.equal((await client.responses.create({ model, input: prompt })).output_text, answer, 'the endpoint goes on to serve');
});

test('raises errors', { timeout }, async () => {
  await assert.rejects(client.responses.create({ model, input: prompt, previous_response_id: 'resp_1' }), { status: 400, param: 'previous_response_id' });
  await assert.rejects(client.responses.create({ model, input: tooLarge }), { status: 413 });
  await assert.rejects(client.responses.create({ model, input: '[[limit]]' }), (error) => error.status === 429 && error.headers.get('retry-after') === '1');
  await assert.rejects(wrongUpstreamKey.responses.create({ model, input: prompt }), { status: 502, code: 'model_access_denied' });
  await assert.rejects(async () => collect(await client.responses.create({ model, input: fails, stream: true })), { code: 'model_failed' });
});
