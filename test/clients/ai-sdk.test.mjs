// Vercel's AI SDK, by its default settings: @ai-sdk/openai asks for responses,
// @ai-sdk/openai-compatible for chat completions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { z } from 'zod';
import {
  answer, apiKey, cityAnswer, collect, fails, limited, longPrompt, model, picture, prompt, timeout, tooLarge, useSample,
} from './sample.mjs';

const sample = useSample();
const city = z.object({ city: z.string(), population: z.number().int(), visited: z.boolean() });

const clients = {
  '@ai-sdk/openai': (key = apiKey) => createOpenAI({ baseURL: sample.baseURL, apiKey: key })(model),
  '@ai-sdk/openai, chat': (key = apiKey) => createOpenAI({ baseURL: sample.baseURL, apiKey: key }).chat(model),
  '@ai-sdk/openai-compatible': (key = apiKey) => createOpenAICompatible({ name: 'streamfront', baseURL: sample.baseURL, apiKey: key })(model),
};

test('@ai-sdk/openai-compatible gets an object that follows a schema, told that it can', { timeout }, async () => {
  const provider = createOpenAICompatible({ name: 'streamfront', baseURL: sample.baseURL, apiKey, supportsStructuredOutputs: true });
  const { output } = await generateText({ model: provider(model), prompt, output: Output.object({ schema: city }) });
  assert.deepEqual(output, cityAnswer);
});

for (const [name, client] of Object.entries(clients)) {
  test(`${name} streams`, { timeout }, async () => {
    const { textStream, usage, finishReason } = streamText({ model: client(), prompt });
    const words = await collect(textStream);
    assert.deepEqual(words.filter(Boolean), ['You', ' said:', ' Why', ' is', ' the', ' sky', ' blue?']);
    assert.equal(await finishReason, 'stop');
    if (name !== '@ai-sdk/openai-compatible') { // which asks for no usage unless told
      assert.equal((await usage).outputTokens, 7);
    }
  });

  test(`${name} answers as a whole`, { timeout }, async () => {
    const { text, usage, finishReason, response } = await generateText({ model: client(), system: 'Be brief.', prompt });
    assert.equal(text, answer);
    assert.deepEqual([usage.inputTokens, usage.outputTokens, finishReason], [7, 7, 'stop']);
    assert.ok(response.headers['x-request-id'], 'the id of the request');
  });

  test(`${name} ends for length`, { timeout }, async () => {
    const { text, finishReason } = await generateText({ model: client(), prompt, maxOutputTokens: 2 });
    assert.deepEqual([text, finishReason], ['You said:', 'length']);
  });

  for (const streamed of [false, true]) {
    test(`${name} calls a tool and sends its result, ${streamed ? 'streamed' : 'as a whole'}`, { timeout }, async () => {
      const called = [];
      const options = {
        model: client(), prompt, stopWhen: stepCountIs(3),
        tools: {
          look_up: tool({
            description: 'Looks a city up.', inputSchema: city,
            execute: (input) => {
              called.push(input);
              return { found: true };
            },
          }),
        },
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'auto' }),
      };
      const result = streamed ? streamText(options) : await generateText(options);
      if (streamed) {
        await result.consumeStream();
      }
      assert.equal(await result.text, answer);
      assert.equal((await result.steps).length, 2);
      assert.deepEqual(called, [cityAnswer]);
    });

    test(`${name} gets an object that follows a schema, ${streamed ? 'streamed' : 'as a whole'}`, { timeout }, async () => {
      // By its default settings the compatible one asks for JSON and tells no schema: the
      // model's own object is { text }.
      const [schema, want] = name === '@ai-sdk/openai-compatible' ? [z.object({ text: z.string() }), { text: prompt }] : [city, cityAnswer];
      const options = { model: client(), prompt, output: Output.object({ schema }) };
      const result = streamed ? streamText(options) : await generateText(options);
      if (streamed) {
        await result.consumeStream();
      }
      assert.deepEqual(await result.output, want);
    });
  }

  test(`${name} shows an image`, { timeout }, async () => {
    const { text } = await generateText({
      model: client(),
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Look:' }, { type: 'image', image: Buffer.from(picture, 'base64'), mediaType: 'image/png' }] }],
    });
    assert.equal(text, `You said: Look: [png image of ${Buffer.from(picture, 'base64').length} bytes]`);
  });

  test(`${name} aborts`, { timeout }, async () => {
    const abort = new AbortController();
    const parts = [];
    for await (const part of streamText({ model: client(), prompt: longPrompt, abortSignal: abort.signal }).fullStream) {
      parts.push(part.type);
      if (parts.filter((type) => type === 'text-delta').length === 3) {
        abort.abort();
      }
    }
    assert.equal(parts.at(-1), 'abort');
    assert.equal((await generateText({ model: client(), prompt })).text, answer, 'the endpoint goes on to serve');
  });

  for (const [what, key, text, status, message] of [
    ['a wrong key', 'wrong', prompt, 401, /API key/],
    ['a body too large for the edge', apiKey, tooLarge, 413, /x-amz-content-sha256/],
    ['a limit', apiKey, limited, 429, /\[\[limit\]\]/],
  ]) {
    test(`${name} raises ${what}`, { timeout }, async () => {
      await assert.rejects(generateText({ model: client(key), prompt: text, maxRetries: 0 }), (error) => {
        assert.ok(APICallError.isInstance(error), `${error}`);
        assert.equal(error.statusCode, status);
        assert.match(error.message, message);
        if (status === 429) {
          assert.equal(error.responseHeaders['retry-after'], '1');
        }
        return true;
      });
    });
  }

  test(`${name} raises an error in mid-stream`, { timeout }, async () => {
    let said = '';
    let raised;
    for await (const part of streamText({ model: client(), prompt: fails, maxRetries: 0, onError() {} }).fullStream) {
      said += part.type === 'text-delta' ? part.text : '';
      raised = part.type === 'error' ? part.error : raised;
    }
    assert.equal(said, 'You said: one two');
    assert.match(JSON.stringify(raised) + raised?.message, /model failed|model_failed/);
  });
}
