// An MCP client that signs in as the SDK has it: it knows the server's address and a client id,
// and finds the rest from the 401. Its user is a program here: it goes where the client sends
// it, and takes the first user of the login page.
//
//   node mcp-client.mjs https://server/mcp CLIENT_ID

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [, , server, clientId] = process.argv;
const kept = {};
const provider = {
  redirectUrl: 'http://localhost:8080/',
  clientMetadata: { client_name: 'test', redirect_uris: ['http://localhost:8080/'], scope: 'openid email' },
  clientInformation: () => ({ client_id: clientId }),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: (url) => { kept.url = url; },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
};
const transport = () => new StreamableHTTPClientTransport(new URL(server), { authProvider: provider });

let asked = false;
const first = transport();
try {
  await new Client({ name: 'test', version: '1.0.0' }).connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  asked = true;
  const login = new URL(kept.url);
  login.pathname = '/login';
  const answer = await fetch(login, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ username: 'alice@example.com' }) });
  await first.finishAuth(new URL(answer.headers.get('location')).searchParams.get('code'));
}
const client = new Client({ name: 'test', version: '1.0.0' });
await client.connect(transport());
const { tools } = await client.listTools();
await client.close();
console.log(JSON.stringify({ asked, tools: tools.map(({ name }) => name), resource: kept.url.searchParams.get('resource') }));
