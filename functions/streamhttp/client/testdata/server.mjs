// A server that answers with what arrived, its hash computed anew.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** startServer serves files, by their paths, sends /moved elsewhere, and echoes all else; closed after the test t. */
export async function startServer(t, files = {}) {
  const server = createServer(async (request, response) => {
    const file = files[request.url];
    if (file) {
      response.writeHead(200, { 'content-type': file.type }).end(file.content);
      return;
    }
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    if (request.url === '/moved') {
      response.writeHead(307, { location: '/here' }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
      method: request.method,
      sha256: createHash('sha256').update(body).digest('hex'),
      hash: request.headers['x-amz-content-sha256'] ?? null,
      type: request.headers['content-type'] ?? null,
      length: body.length,
      headers: request.headers,
      body: body.toString('base64'),
    }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
