'use strict';

const assert = require('node:assert/strict');
const { createServer } = require('node:http');
const test = require('node:test');

// A server that speaks as much of Lambda's API as the function calls, and keeps what it is told.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
async function lambda(t, { fail } = {}) {
  const state = { reserved: {}, provisioned: { 'chat:live': 5 }, calls: [] };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url, 'http://localhost');
      const [, date, , name, resource] = pathname.split('/');
      const input = body ? JSON.parse(body) : {};
      state.calls.push(`${request.method} ${name} ${resource}`);
      const answer = (status, value, type) => {
        response.writeHead(status, { 'content-type': 'application/json', ...(type && { 'x-amzn-errortype': type }) });
        response.end(value === undefined ? undefined : JSON.stringify(value));
      };
      if (name === fail) return answer(400, { message: 'no such number' }, 'InvalidParameterValueException');
      if (resource === 'concurrency' && request.method === 'PUT' && date === '2017-10-31') {
        const n = input.ReservedConcurrentExecutions;
        if (Object.entries(state.provisioned).some(([key, p]) => key.startsWith(`${name}:`) && p > n)) {
          return answer(400, { message: 'less than what is provisioned' }, 'InvalidParameterValueException');
        }
        state.reserved[name] = n;
        return answer(200, input);
      }
      const key = `${name}:${searchParams.get('Qualifier')}`;
      if (resource === 'provisioned-concurrency' && request.method === 'DELETE') {
        if (!(key in state.provisioned)) return answer(404, { message: 'none' }, 'ProvisionedConcurrencyConfigNotFoundException');
        delete state.provisioned[key];
        return answer(204);
      }
      if (resource === 'provisioned-concurrency' && request.method === 'PUT') {
        state.provisioned[key] = input.ProvisionedConcurrentExecutions;
        return answer(202, {});
      }
      return answer(404, { message: request.url });
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); server.closeAllConnections(); });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.address().port}`, AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none', AWS_MAX_ATTEMPTS: '1',
    FUNCTIONS: JSON.stringify([{ name: 'chat', reserved: 10, alias: 'live', provisioned: 5 }, { name: 'models', reserved: 20 }]),
  });
  delete require.cache[require.resolve('./index.js')];
  return { state, handler: require('./index.js').handler };
}

const message = { Records: [{ Sns: { Subject: 'AWS Budgets: Test has exceeded your alert threshold', Message: 'text' } }] };

test('a message of the topic closes every function', async (t) => {
  const { state, handler } = await lambda(t);
  assert.deepEqual(await handler(message), { action: 'close', functions: ['chat', 'models'] });
  assert.deepEqual(state.reserved, { chat: 0, models: 0 });
  assert.deepEqual(state.provisioned, {});
});

test('a second message changes nothing', async (t) => {
  const { state, handler } = await lambda(t);
  await handler(message);
  await handler(message);
  assert.deepEqual(state.reserved, { chat: 0, models: 0 });
});

test('open gives back what there was', async (t) => {
  const { state, handler } = await lambda(t);
  await handler({ action: 'close' });
  assert.deepEqual(await handler({ action: 'open' }), { action: 'open', functions: ['chat', 'models'] });
  assert.deepEqual(state.reserved, { chat: 10, models: 20 });
  assert.deepEqual(state.provisioned, { 'chat:live': 5 });
});

test('a function that fails does not keep the others open', async (t) => {
  const { state, handler } = await lambda(t, { fail: 'chat' });
  await assert.rejects(handler(message), /could not close chat: InvalidParameterValueException: no such number/);
  assert.deepEqual(state.reserved, { models: 0 });
});

for (const event of [{}, null, { action: 'reboot' }]) {
  test(`${JSON.stringify(event)} does nothing`, async (t) => {
    const { state, handler } = await lambda(t);
    await assert.rejects(handler(event), /want "open" or "close"/);
    assert.deepEqual(state.calls, []);
  });
}
