// LangChain, by its default settings, and with responses, which some of its options switch
// to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import {
  answer, apiKey, cityAnswer, fails, limited, longPrompt, model, picture, prompt, timeout, tooLarge, useSample,
} from './sample.mjs';

const sample = useSample();
const city = z.object({ city: z.string(), population: z.number().int(), visited: z.boolean() });

for (const useResponsesApi of [undefined, true]) {
  const client = (key = apiKey, options = {}) => new ChatOpenAI({
    model, apiKey: key, configuration: { baseURL: sample.baseURL }, ...(useResponsesApi && { useResponsesApi }), ...options,
  });
  const name = useResponsesApi ? 'LangChain with responses' : 'LangChain';

  test(`${name} streams`, { timeout }, async () => {
    const words = [];
    let usage;
    for await (const chunk of await client().stream(prompt)) {
      words.push(chunk.text);
      usage = chunk.usage_metadata ?? usage;
    }
    assert.deepEqual(words.filter(Boolean), ['You', ' said:', ' Why', ' is', ' the', ' sky', ' blue?']);
    assert.equal(usage.output_tokens, 7);
  });

  test(`${name} answers as a whole, and again with what was said`, { timeout }, async () => {
    const first = await client().invoke(prompt);
    assert.equal(first.text, answer);
    assert.equal(first.usage_metadata.output_tokens, 7);
    const second = await client().invoke([new HumanMessage(prompt), first, new HumanMessage('And at night?')]);
    assert.equal(second.text, 'You said: And at night?');
  });

  test(`${name} calls a tool and sends its result`, { timeout }, async () => {
    const lookUp = tool(async () => 'found', { name: 'look_up', description: 'Looks a city up.', schema: city });
    const asked = await client().bindTools([lookUp], { tool_choice: 'look_up' }).invoke(prompt);
    assert.deepEqual(asked.tool_calls.map(({ name, args }) => ({ name, args })), [{ name: 'look_up', args: cityAnswer }]);
    const result = await lookUp.invoke(asked.tool_calls[0]);
    const told = await client().bindTools([lookUp]).invoke([new HumanMessage(prompt), asked, result]);
    assert.equal(told.text, answer);
  });

  test(`${name} gets an object that follows a schema`, { timeout }, async () => {
    for (const options of [undefined, { method: 'functionCalling' }]) {
      assert.deepEqual(await client().withStructuredOutput(city, options).invoke(prompt), cityAnswer);
    }
    assert.deepEqual(await client().withStructuredOutput(z.object({ text: z.string() }), { method: 'jsonMode' }).invoke(prompt), { text: prompt });
  });

  test(`${name} shows an image`, { timeout }, async () => {
    const { text } = await client().invoke([new HumanMessage({
      content: [{ type: 'text', text: 'Look:' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }],
    })]);
    assert.equal(text, `You said: Look: [png image of ${Buffer.from(picture, 'base64').length} bytes]`);
  });

  test(`${name} aborts`, { timeout }, async () => {
    const abort = new AbortController();
    let words = 0;
    await assert.rejects(async () => {
      for await (const _ of await client().stream(longPrompt, { signal: abort.signal })) {
        if (++words === 3) {
          abort.abort();
        }
      }
    }, /abort/i);
    assert.ok(words >= 3 && words < 4000, `${words} words`);
    assert.equal((await client().invoke(prompt)).text, answer, 'the endpoint goes on to serve');
  });

  for (const [what, key, text, status, message] of [
    ['a wrong key', 'wrong', prompt, 401, /API key/],
    ['a body too large for the edge', apiKey, tooLarge, 413, /x-amz-content-sha256/],
    ['a limit', apiKey, limited, 429, /\[\[limit\]\]/],
  ]) {
    test(`${name} raises ${what}`, { timeout }, async () => {
      await assert.rejects(client(key, { maxRetries: 0 }).invoke(text), (error) => {
        assert.equal(error.status, status, `${error}`);
        assert.match(error.message, message);
        if (status === 429) {
          assert.equal(error.headers.get('retry-after'), '1');
        }
        return true;
      });
    });
  }

  test(`${name} raises an error in mid-stream`, { timeout }, async () => {
    let said = '';
    await assert.rejects(async () => {
      for await (const chunk of await client().stream(fails)) {
        said += chunk.text;
      }
    }, /model failed/);
    assert.equal(said, 'You said: one two');
  });
}
