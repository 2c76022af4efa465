// A stateless MCP server, as docs/web-adapter.md says.

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { z } from 'zod';

function newServer() {
  const server = new McpServer({ name: 'test', version: '1.0.0' });
  server.registerTool('count', { description: 'Counts slowly.', inputSchema: { to: z.number().int() } }, async ({ to }, extra) => {
    for (let i = 1; i <= to; i++) {
      await extra.sendNotification({ method: 'notifications/progress', params: { progressToken: extra._meta.progressToken, progress: i, total: to } });
      if (extra.signal.aborted) {
        break;
      }
    }
    return { content: [{ type: 'text', text: `counted to ${to}` }] };
  });
  server.registerTool('fail', {}, async () => {
    throw new Error('it failed');
  });
  return server;
}

const app = express();
app.use(express.json({ limit: '6mb' }));
app.post('/mcp', async (request, response) => {
  // Without a key the authorizer at the edge has verified who asks.
  if (process.env.API_KEY && request.get('authorization') !== `Bearer ${process.env.API_KEY}`) {
    response.status(401).json({ jsonrpc: '2.0', error: { code: -32001, message: 'wrong key' }, id: null });
    return;
  }
  const server = newServer();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.all('/mcp', (_, response) => response.status(405).set('Allow', 'POST').end());
app.listen(process.env.PORT);
