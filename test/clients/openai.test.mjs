// The official OpenAI client, unmodified, given a base URL and a key only.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import {
  answer, apiKey, cityAnswer, collect, fails, limited, longPrompt, model, picture, prompt, timeout, tooLarge, useSample,
} from './sample.mjs';

let client;
const sample = useSample(({ baseURL }) => {
  client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout });
});

const messages = [{ role: 'user', content: 'Why is the sky blue?' }];

test('streams', { timeout }, async () => {
  const url = sample.baseURL.slice(0, -'/v1'.length);
  const written = [];
  const process = { stdout: { write: (text) => written.push(text) } };

  // What follows is in docs/sample.md.
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey });
  const stream = await client.chat.completions.create({
    model: 'streamfront-echo',
    messages: [{ role: 'user', content: 'Why is the sky blue?' }],
    stream: true,
  });
  for await (const chunk of stream) {
    process.stdout.write(chunk.choices[0].delta.content ?? '');
  }
  // Up to here.

  assert.deepEqual(written.filter(Boolean), ['You', ' said:', ' Why', ' is', ' the', ' sky', ' blue?']);
});

test('streams word by word', { timeout }, async () => {
  // The answer takes minutes as a whole; its first words are here long before.
  const stream = await client.chat.completions.create({
    model, stream: true, messages: [{ role: 'user', content: 'word '.repeat(4000) }],
  });
  let said = '';
  for await (const chunk of stream) {
    said += chunk.choices[0].delta.content ?? '';
    if (said.endsWith('word word')) {
      break; // the client cancels the request
    }
  }
  assert.equal(said, 'You said: word word');
});

test('counts tokens in the last chunk', { timeout }, async () => {
  const stream = await client.chat.completions.create({
    model, messages, stream: true, stream_options: { include_usage: true }, max_completion_tokens: 3,
  });
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  assert.deepEqual(chunks.at(-1).usage, { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 });
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-2).choices[0].finish_reason, 'length');
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
});

test('answers as a whole', { timeout }, async () => {
  const completion = await client.chat.completions.create({ model, messages, stop: ' blue' });
  assert.equal(completion.choices[0].message.content, 'You said: Why is the sky');
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.equal(completion.usage.completion_tokens, 6);
});

const tools = [{
  type: 'function',
  function: {
    name: 'look_up',
    description: 'Looks something up.',
    parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  },
}];

test('calls a tool', { timeout }, async () => {
  const stream = client.chat.completions.stream({ model, messages, tools, tool_choice: 'required' });
  const completion = await stream.finalChatCompletion();
  const { finish_reason: reason, message } = completion.choices[0];
  assert.equal(reason, 'tool_calls');
  assert.equal(message.tool_calls[0].function.name, 'look_up');
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { text: 'Why is the sky blue?' });
  // The result goes back, as people's loops do it.
  const answer = await client.chat.completions.create({
    model, tools, messages: [...messages, message, { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'Rayleigh' }],
  });
  assert.equal(answer.choices[0].finish_reason, 'stop');
});

test('lists the models', { timeout }, async () => {
  const ids = [];
  for await (const { id } of await client.models.list()) {
    ids.push(id);
  }
  assert.deepEqual(ids, [model]);
  assert.equal((await client.models.retrieve(model)).id, model);
  await assert.rejects(client.models.retrieve('other'), OpenAI.NotFoundError);
});

test('raises its own errors', { timeout }, async () => {
  const wrongKey = new OpenAI({ baseURL: sample.baseURL, apiKey: 'wrong', maxRetries: 0, timeout });
  const expected = [
    [() => wrongKey.chat.completions.create({ model, messages, stream: true }), OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    [() => client.chat.completions.create({ model: 'other', messages }), OpenAI.NotFoundError, { status: 404, code: 'model_not_found', param: 'model' }],
    [() => client.chat.completions.create({ model, messages, temperature: 3 }), OpenAI.BadRequestError, { status: 400, param: 'temperature', type: 'invalid_request_error' }],
    [() => client.chat.completions.create({ model, messages, stream: true, n: 2 }), OpenAI.BadRequestError, { status: 400, param: 'n' }],
    [() => client.embeddings.create({ model, input: 'x' }), OpenAI.NotFoundError, { status: 404, code: 'unknown_url' }],
    [() => client.chat.completions.create({ model, messages, seed: 1 }), OpenAI.BadRequestError, { status: 400, param: 'seed' }],
    [() => client.responses.create({ model, input: prompt, previous_response_id: 'resp_1' }), OpenAI.BadRequestError, { status: 400, param: 'previous_response_id' }],
    [() => client.responses.retrieve('resp_1'), OpenAI.NotFoundError, { status: 404, code: 'unknown_url' }],
    [() => client.responses.create({ model, input: tooLarge }), OpenAI.APIError, { status: 413, code: 'payload_hash_required' }],
    [() => client.responses.create({ model, input: limited, stream: true }), OpenAI.RateLimitError, { status: 429, code: 'rate_limit_exceeded' }],
    [() => client.chat.completions.create({ model, messages: [{ role: 'user', content: '[[fail]]' }] }), OpenAI.InternalServerError, { status: 500, code: 'model_failed' }],
  ];
  for (const [call, type, fields] of expected) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof type, `${error} is no ${type.name}`);
      for (const [name, value] of Object.entries(fields)) {
        assert.equal(error[name], value, `${name} of ${error}`);
      }
      if (error.status !== 413) { // which the edge answers
        assert.ok(error.requestID, `no request id: ${error}`);
      }
      if (error.status === 429) {
        assert.equal(error.headers.get('retry-after'), '1');
      }
      return true;
    });
  }
});

test('raises an error in mid-stream', { timeout }, async () => {
  const stream = await client.chat.completions.create({
    model, stream: true, messages: [{ role: 'user', content: 'one two [[fail]] three' }],
  });
  let said = '';
  await assert.rejects(async () => {
    for await (const chunk of stream) {
      said += chunk.choices[0].delta.content ?? '';
    }
  }, (error) => error instanceof OpenAI.APIError && error.code === 'model_failed' && error.type === 'server_error');
  assert.equal(said, 'You said: one two');
});

test('aborts', { timeout }, async () => {
  const abort = new AbortController();
  const stream = await client.chat.completions.create(
    { model, stream: true, messages: [{ role: 'user', content: 'word '.repeat(4000) }] },
    { signal: abort.signal },
  );
  let chunks = 0;
  for await (const _ of stream) {
    if (++chunks === 3) {
      abort.abort(); // ends the loop
    }
  }
  assert.equal(chunks, 3);
  // The endpoint goes on to serve.
  assert.equal((await client.chat.completions.create({ model, messages })).choices.length, 1);
});

const city = z.object({ city: z.string(), population: z.number().int(), visited: z.boolean() });

test('parses an object that follows a schema', { timeout }, async () => {
  const completion = await client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(city, 'city') });
  assert.deepEqual(completion.choices[0].message.parsed, cityAnswer);
  const response = await client.responses.parse({ model, input: prompt, text: { format: zodTextFormat(city, 'city') } });
  assert.deepEqual(response.output_parsed, cityAnswer);
  const any = await client.chat.completions.create({ model, messages, response_format: { type: 'json_object' } });
  assert.deepEqual(JSON.parse(any.choices[0].message.content), { text: prompt });
});

test('gets a refusal', { timeout }, async () => {
  const input = 'say [[refuse]]';
  const response = await client.responses.stream({ model, input }).finalResponse();
  assert.match(response.output[0].content[0].refusal, /refuse/);
  const completion = await client.chat.completions.stream({ model, messages: [{ role: 'user', content: input }] }).finalChatCompletion();
  assert.match(completion.choices[0].message.refusal, /refuse/);
  assert.equal(completion.choices[0].message.content || null, null);
});

test('shows an image', { timeout }, async () => {
  const want = `You said: Look: [png image of ${Buffer.from(picture, 'base64').length} bytes]`;
  const url = `data:image/png;base64,${picture}`;
  const completion = await client.chat.completions.create({
    model, messages: [{ role: 'user', content: [{ type: 'text', text: 'Look:' }, { type: 'image_url', image_url: { url } }] }],
  });
  assert.equal(completion.choices[0].message.content, want);
  const response = await client.responses.create({
    model, input: [{ role: 'user', content: [{ type: 'input_text', text: 'Look:' }, { type: 'input_image', detail: 'auto', image_url: url }] }],
  });
  assert.equal(response.output_text, want);
});

test('responses stream', { timeout }, async () => {
  const events = await collect(await client.responses.create({ model, input: prompt, stream: true }));
  const words = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
  assert.deepEqual(words, ['You', ' said:', ' Why', ' is', ' the', ' sky', ' blue?']);
  assert.equal(events.at(-1).type, 'response.completed');
  // The client's own bookkeeping of items, parts and indexes finds nothing wrong.
  const final = await client.responses.stream({ model, input: prompt }).finalResponse();
  assert.equal(final.output_text, answer);
  assert.deepEqual([final.usage.input_tokens, final.usage.output_tokens], [5, 7]);
});

test('responses answer as a whole', { timeout }, async () => {
  const response = await client.responses.create({ model, input: prompt, instructions: 'Be brief.', max_output_tokens: 2 });
  assert.equal(response.output_text, 'You said:');
  assert.equal(response.status, 'incomplete');
  assert.deepEqual(response.incomplete_details, { reason: 'max_output_tokens' });
  assert.ok(response._request_id, 'the id of the request');
});

test('responses call a tool', { timeout }, async () => {
  const tools = [{ type: 'function', name: 'look_up', strict: true, parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false } }];
  const { output } = await client.responses.stream({ model, input: prompt, tools, tool_choice: 'required' }).finalResponse();
  assert.equal(output[0].type, 'function_call');
  assert.deepEqual(JSON.parse(output[0].arguments), { text: prompt });
  const response = await client.responses.create({
    model, tools, input: [{ role: 'user', content: prompt }, ...output, { type: 'function_call_output', call_id: output[0].call_id, output: 'Rayleigh' }],
  });
  assert.equal(response.output_text, answer);
});

test('responses raise an error in mid-stream', { timeout }, async () => {
  let said = '';
  await assert.rejects(async () => {
    for await (const event of await client.responses.create({ model, input: fails, stream: true })) {
      said += event.type === 'response.output_text.delta' ? event.delta : '';
    }
  }, (error) => error instanceof OpenAI.APIError && error.code === 'model_failed' && error.type === 'server_error');
  assert.equal(said, 'You said: one two');
});

test('responses abort', { timeout }, async () => {
  const abort = new AbortController();
  const stream = await client.responses.create({ model, input: longPrompt, stream: true }, { signal: abort.signal });
  let events = 0;
  for await (const _ of stream) {
    if (++events === 6) {
      abort.abort();
    }
  }
  assert.equal(events, 6);
  assert.equal((await client.responses.create({ model, input: prompt })).output_text, answer, 'the endpoint goes on to serve');
});
