// Quotas of API keys, counted in a DynamoDB that is not AWS's: dynalite checks what the sample
// writes by DynamoDB's own grammar, and its conditions hold between the processes of a function.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import dynalite from 'dynalite';
import OpenAI from 'openai';
import { withVariables } from './assembly.mjs';
import { startChain } from './chain.mjs';
import { apiKey, model, prompt, timeout } from './sample.mjs';

const cleanups = [];
const table = 'quotas';
let endpoint;
let dynamoDB;

/** call is one of DynamoDB's API. */
async function call(operation, input) {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: JSON.stringify(input),
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20261128T120000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261128/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

/** sample runs the chain with a quota, and returns a client of it. */
async function sample(variables) {
  const assembly = withVariables({ after: (f) => cleanups.push(f) }, {
    API_KEY: apiKey, MODEL_DELAY: '5ms', QUOTA_TABLE: table, AWS_ENDPOINT_URL_DYNAMODB: endpoint, ...variables,
  });
  const chain = await startChain({ assembly });
  cleanups.unshift(() => chain.close());
  return new OpenAI({ baseURL: `${chain.url}/v1`, apiKey, timeout }); // which tries again, as it does by default
}

const ask = (client) => client.chat.completions.create({ model, messages: [{ role: 'user', content: prompt }] });

before(async () => {
  dynamoDB = dynalite({ createTableMs: 0 });
  await new Promise((resolve) => dynamoDB.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${dynamoDB.address().port}`;
  await call('CreateTable', {
    TableName: table, BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
  });
  while ((await call('DescribeTable', { TableName: table })).Table.TableStatus !== 'ACTIVE');
}, { timeout });

after(async () => {
  for (const cleanup of cleanups) {
    await cleanup();
  }
  if (dynamoDB.listening) {
    await new Promise((resolve) => dynamoDB.close(resolve));
  }
});

test('as many requests pass as there are, whoever counts them', { timeout: 240_000 }, async () => {
  const client = await sample({ QUOTA_REQUESTS: '5' });
  const results = await Promise.allSettled(Array.from({ length: 9 }, () => ask(client)));
  const refused = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  assert.equal(refused.length, 4, String(refused[0]));
  for (const error of refused) {
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.match(error.message, /has used its 5 requests of this day|has used its requests/);
    assert.ok(Number(error.headers.get('retry-after')) > 0);
  }
  const { Items } = await call('Scan', { TableName: table });
  assert.equal(Items.length, 1);
  assert.equal(Items[0].requests.N, '5');
  assert.match(Items[0].key.S, /^[0-9a-f]{32}#\d{4}-\d\d-\d\d$/);
  assert.ok(!JSON.stringify(Items).includes(apiKey));
  assert.ok(Number(Items[0].expires.N) > Date.now() / 1000 + 86_400);
});

test('tokens count when an answer has ended', { timeout: 240_000 }, async () => {
  const [{ key }] = (await call('Scan', { TableName: table })).Items;
  await call('DeleteItem', { TableName: table, Key: { key } });
  const client = await sample({ QUOTA_TOKENS: '1' });
  const { usage } = await ask(client);
  const [item] = (await call('Scan', { TableName: table })).Items;
  assert.equal(Number(item.tokens.N), usage.total_tokens);
  await assert.rejects(ask(client), { status: 429, code: 'rate_limit_exceeded' });
});

test('without the table a request is refused, or passes, by choice', { timeout: 240_000 }, async () => {
  const closed = await sample({ QUOTA_REQUESTS: '100' });
  const open = await sample({ QUOTA_REQUESTS: '100', QUOTA_FAILURE: 'open' });
  await new Promise((resolve) => dynamoDB.close(resolve));
  await assert.rejects(ask(new OpenAI({ baseURL: closed.baseURL, apiKey, timeout, maxRetries: 0 })), { status: 503, code: 'quota_unavailable' });
  assert.ok((await ask(open)).choices[0].message.content.includes(prompt));
});
