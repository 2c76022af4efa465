// The official MCP client against a stateless server behind the web adapter, through the
// local chain.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { withApplication } from './assembly.mjs';
import { root, startChain } from './chain.mjs';

const timeout = 60_000; // ms
const key = 'the-key-of-this-test';
const cleanups = [];
let chain;

before(async () => {
  const program = join(root, 'test/clients/frameworks/mcp.mjs');
  const assembly = withApplication({ after: (f) => cleanups.push(f) }, `exec node '${program}'`, { API_KEY: key });
  chain = await startChain({ assembly });
  cleanups.unshift(() => chain.close());
}, { timeout: 240_000 });

after(async () => {
  for (const cleanup of cleanups) {
    await cleanup();
  }
});

async function connect(t, token = key) {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${chain.url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  }));
  t.after(() => client.close());
  return client;
}

test('lists tools and calls one, whose progress streams', { timeout }, async (t) => {
  const client = await connect(t);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name), ['count', 'fail']);
  const progress = [];
  const result = await client.callTool({ name: 'count', arguments: { to: 3 } }, undefined, { onprogress: (p) => progress.push(p.progress) });
  assert.deepEqual(result.content, [{ type: 'text', text: 'counted to 3' }]);
  assert.deepEqual(progress, [1, 2, 3]);
});

test('is told that a tool failed', { timeout }, async (t) => {
  const client = await connect(t);
  const result = await client.callTool({ name: 'fail', arguments: {} });
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /it failed/);
});

test('aborts a call, and the server goes on', { timeout }, async (t) => {
  const client = await connect(t);
  const abort = new AbortController();
  await assert.rejects(client.callTool({ name: 'count', arguments: { to: 500 } }, undefined, {
    signal: abort.signal, onprogress: () => abort.abort(new Error('enough')),
  }), /enough/);
  const result = await (await connect(t)).callTool({ name: 'count', arguments: { to: 1 } }, undefined, { onprogress() {} });
  assert.deepEqual(result.content, [{ type: 'text', text: 'counted to 1' }]);
});

test('raises a wrong key and a body too large for the edge', { timeout }, async (t) => {
  await assert.rejects(connect(t, 'wrong'), /401|Unauthorized|wrong key/);
  const client = await connect(t);
  await assert.rejects(client.callTool({ name: 'count', arguments: { to: 1, pad: 'x'.repeat(1_100_000) } }), /x-amz-content-sha256/);
});
