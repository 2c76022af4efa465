// The official OpenAI client, unmodified, given a base URL and a key only.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, test } from 'node:test';
import OpenAI from 'openai';
import { root, startChain } from './chain.mjs';

const apiKey = 'the-key-of-this-test';
const model = 'streamfront-echo';
const timeout = 60_000; // ms

let chain;
let assembly;
let client;

before(async () => {
  assembly = withKey(join(root, 'cdk.out'));
  chain = await startChain({ assembly });
  client = new OpenAI({ baseURL: `${chain.url}/v1`, apiKey, maxRetries: 0, timeout });
}, { timeout: 240_000 });

after(async () => {
  await chain?.close();
  if (assembly) {
    rmSync(assembly, { recursive: true });
  }
});

/** withKey copies an assembly and sets the sample's key, as STREAMFRONT_API_KEY would have. */
function withKey(original) {
  const copy = mkdtempSync(join(tmpdir(), 'streamfront-openai-'));
  cpSync(original, copy, { recursive: true });
  let functions = 0;
  for (const name of readdirSync(copy).filter((n) => n.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(copy, name), 'utf8'));
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type === 'AWS::Lambda::Function' && Properties.Runtime === 'provided.al2023') {
        Properties.Environment ??= {};
        Properties.Environment.Variables = { ...Properties.Environment.Variables, API_KEY: apiKey, MODEL_DELAY: '20ms' };
        functions++;
      }
    }
    writeFileSync(join(copy, name), JSON.stringify(template));
  }
  assert.equal(functions, 1, 'functions of the sample in the assembly');
  return copy;
}

const messages = [{ role: 'user', content: 'Why is the sky blue?' }];

test('streams', { timeout }, async () => {
  const url = chain.url;
  const written = [];
  const process = { stdout: { write: (text) => written.push(text) } };

  // What follows is in the README.
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
  const wrongKey = new OpenAI({ baseURL: `${chain.url}/v1`, apiKey: 'wrong', maxRetries: 0, timeout });
  const expected = [
    [() => wrongKey.chat.completions.create({ model, messages, stream: true }), OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    [() => client.chat.completions.create({ model: 'other', messages }), OpenAI.NotFoundError, { status: 404, code: 'model_not_found', param: 'model' }],
    [() => client.chat.completions.create({ model, messages, temperature: 3 }), OpenAI.BadRequestError, { status: 400, param: 'temperature', type: 'invalid_request_error' }],
    [() => client.chat.completions.create({ model, messages, stream: true, n: 2 }), OpenAI.BadRequestError, { status: 400, param: 'n' }],
    [() => client.embeddings.create({ model, input: 'x' }), OpenAI.NotFoundError, { status: 404, code: 'unknown_url' }],
    [() => client.chat.completions.create({ model, messages: [{ role: 'user', content: '[[fail]]' }] }), OpenAI.InternalServerError, { status: 500, code: 'model_failed' }],
  ];
  for (const [call, type, fields] of expected) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof type, `${error} is no ${type.name}`);
      for (const [name, value] of Object.entries(fields)) {
        assert.equal(error[name], value, `${name} of ${error}`);
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
