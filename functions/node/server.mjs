// The sample web application: an ordinary HTTP server that knows nothing of Lambda. The
// AWS Lambda Web Adapter passes it the requests, and its responses on as they are written.

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const maxBody = 6 << 20; // what Lambda lets through, so that the limit is the same everywhere
const wordDelay = Number(process.env.WORD_DELAY_MS ?? 40);
const sha256 = (data) => createHash('sha256').update(data).digest();

/** Serves one request; whatever it throws has a status. */
async function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/healthz') return send(response, 200, 'ok\n');
  // The same for everyone, so that a route may cache it.
  if (pathname === '/catalog') return send(response, 200, '{"models":["streamfront-echo"]}\n', 'application/json', 'public, max-age=60');
  if (pathname !== '/echo' && pathname !== '/v1/chat/completions') return send(response, 404, 'not found\n');
  if (!isAuthorized(request)) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    return send(response, 401, 'the key is missing or wrong\n');
  }
  if (pathname === '/echo') return echo(request, response, await read(request));
  if (request.method !== 'POST') return send(response, 405, 'POST only\n');
  return chat(response, parse(await read(request)));
}

/** Compares hashes, which have one length, so that the time reveals nothing. */
function isAuthorized(request) {
  const key = process.env.API_KEY;
  // Without a key, for what this machine does: not for pages of other sites in its browser.
  if (!key) return ['same-origin', 'none', undefined].includes(request.headers['sec-fetch-site']);
  return timingSafeEqual(sha256(request.headers.authorization ?? ''), sha256(`Bearer ${key}`));
}

/** What the request looked like when it arrived; hashes stand for what is large or secret. */
function echo(request, response, body) {
  const [scheme, credentials] = (request.headers.authorization ?? '').split(/ (.*)/s);
  const [path, query = ''] = request.url.split(/\?(.*)/s);
  send(response, 200, JSON.stringify({
    method: request.method,
    host: request.headers['x-forwarded-host'] ?? request.headers.host, // the adapter leaves Host alone
    path,
    query,
    bodyLength: body.length,
    bodySha256: sha256(body).toString('hex'),
    ...(credentials && { authorization: { scheme, sha256: sha256(credentials).toString('hex') } }),
  }), 'application/json');
}

/** Streams the question back, word by word, in the format of OpenAI's chat completions. */
async function chat(response, { messages }) {
  const question = messages?.findLast((m) => m.role === 'user')?.content;
  if (typeof question !== 'string') throw Object.assign(new Error('no user message'), { status: 400 });
  const event = (delta, finish_reason = null) => `data: ${JSON.stringify({
    object: 'chat.completion.chunk', model: 'streamfront-echo', choices: [{ index: 0, delta, finish_reason }],
  })}\n\n`;
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(event({ role: 'assistant', content: '' }));
  for (const word of `You asked: ${question}`.match(/\s*\S+/g)) {
    await sleep(wordDelay);
    if (response.destroyed) return; // nobody reads any more
    response.write(event({ content: word }));
  }
  response.end(`${event({}, 'stop')}data: [DONE]\n\n`);
}

async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    if ((length += chunk.length) > maxBody) throw Object.assign(new Error('the body is over 6 MiB'), { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    throw Object.assign(new Error('the body is no JSON'), { status: 400 });
  }
}

function send(response, status, text, type = 'text/plain', cacheControl = 'no-store') {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': cacheControl }).end(text);
}

export const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    if (!error.status) console.error(error);
    if (response.headersSent) response.destroy(); // a stream that breaks off must not look whole
    else send(response, error.status ?? 500, `${error.status ? error.message : 'internal error'}\n`);
  });
});

if (process.argv[1] === import.meta.filename) {
  const { API_KEY, AWS_LAMBDA_FUNCTION_NAME, AWS_LWA_PORT, PORT = '8080', STREAMFRONT_LOCAL } = process.env;
  if (!API_KEY && AWS_LAMBDA_FUNCTION_NAME && STREAMFRONT_LOCAL !== 'true') {
    console.error('API_KEY is not set, and without a key anyone could use this function: deploy with STREAMFRONT_API_KEY set');
    process.exit(1);
  }
  server.listen(Number(AWS_LWA_PORT ?? PORT), '127.0.0.1');
}
