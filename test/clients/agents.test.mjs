// OpenAI's Agents SDK, by its default settings: it asks for responses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents';
import { z } from 'zod';
import {
  answer, apiKey, cityAnswer, collect, fails, limited, longPrompt, model, picture, prompt, timeout, tooLarge, useSample,
} from './sample.mjs';

const sample = useSample();
const city = z.object({ city: z.string(), population: z.number().int(), visited: z.boolean() });

// Traces go to OpenAI, whoever answers.
const runner = (key = apiKey) => new Runner({
  modelProvider: new OpenAIProvider({ baseURL: sample.baseURL, apiKey: key }), tracingDisabled: true,
});
const agent = (options) => new Agent({ name: 'Test', instructions: 'Be brief.', model, ...options });

test('streams', { timeout }, async () => {
  const result = await runner().run(agent(), prompt, { stream: true });
  const words = await collect(result.toTextStream());
  await result.completed;
  assert.deepEqual(words.filter(Boolean), ['You', ' said:', ' Why', ' is', ' the', ' sky', ' blue?']);
  assert.equal(result.finalOutput, answer);
  assert.equal(result.rawResponses[0].usage.outputTokens, 7);
});

test('answers as a whole, and again with what was said', { timeout }, async () => {
  const first = await runner().run(agent(), prompt);
  assert.equal(first.finalOutput, answer);
  const second = await runner().run(agent(), [...first.history, { role: 'user', content: 'And at night?' }]);
  assert.equal(second.finalOutput, 'You said: And at night?');
});

for (const stream of [false, true]) {
  test(`calls a tool and sends its result, ${stream ? 'streamed' : 'as a whole'}`, { timeout }, async () => {
    const called = [];
    const lookUp = tool({
      name: 'look_up', description: 'Looks a city up.', parameters: city,
      execute: async (input) => {
        called.push(input);
        return 'found';
      },
    });
    const result = await runner().run(agent({ tools: [lookUp], modelSettings: { toolChoice: 'required' } }), prompt, { stream });
    if (stream) {
      await result.completed;
    }
    assert.deepEqual(called, [cityAnswer]);
    assert.equal(result.finalOutput, answer);
  });

  test(`gets an object that follows a schema, ${stream ? 'streamed' : 'as a whole'}`, { timeout }, async () => {
    const result = await runner().run(agent({ outputType: city }), prompt, { stream });
    if (stream) {
      await result.completed;
    }
    assert.deepEqual(result.finalOutput, cityAnswer);
  });
}

test('shows an image', { timeout }, async () => {
  const result = await runner().run(agent(), [{
    role: 'user', content: [{ type: 'input_text', text: 'Look:' }, { type: 'input_image', image: `data:image/png;base64,${picture}` }],
  }]);
  assert.equal(result.finalOutput, `You said: Look: [png image of ${Buffer.from(picture, 'base64').length} bytes]`);
});

test('aborts', { timeout }, async () => {
  const abort = new AbortController();
  const result = await runner().run(agent(), longPrompt, { stream: true, signal: abort.signal });
  let words = 0;
  try {
    for await (const _ of result.toTextStream()) {
      if (++words === 3) {
        abort.abort();
      }
    }
    await result.completed;
  } catch (error) {
    assert.match(`${error.name} ${error.message}`, /abort/i);
  }
  assert.ok(words >= 3 && words < 4000, `${words} words`);
  assert.equal((await runner().run(agent(), prompt)).finalOutput, answer, 'the endpoint goes on to serve');
});

for (const [what, key, text, status, message] of [
  ['a wrong key', 'wrong', prompt, 401, /API key/],
  ['a body too large for the edge', apiKey, tooLarge, 413, /x-amz-content-sha256/],
  ['a limit', apiKey, limited, 429, /\[\[limit\]\]/],
]) {
  test(`raises ${what}`, { timeout }, async () => {
    await assert.rejects(runner(key).run(agent(), text), (error) => {
      assert.equal(error.status, status, `${error}`);
      assert.match(error.message, message);
      if (status === 429) {
        assert.equal(error.headers.get('retry-after'), '1');
      }
      return true;
    });
  });
}

test('raises an error in mid-stream', { timeout }, async () => {
  let said = '';
  await assert.rejects(async () => {
    const result = await runner().run(agent(), fails, { stream: true });
    for await (const word of result.toTextStream()) {
      said += word;
    }
    await result.completed;
  }, /model failed/);
  assert.equal(said, 'You said: one two');
});
