// A function as people write it: it streams, on a managed runtime, without a framework.
import { setTimeout as pause } from 'node:timers/promises';

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const body = event.body ? Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8').toString() : '';
  const stream = awslambda.HttpResponseStream.from(responseStream, {
    statusCode: 200,
    headers: { 'content-type': 'text/event-stream', 'x-host': event.headers['x-forwarded-host'] ?? '' },
    cookies: ['seen=1; Secure'],
  });
  for (const word of ['You', 'said:', ...body.split(' ')]) {
    stream.write(`data: ${word}\n\n`);
    await pause(10);
  }
  stream.end('data: [DONE]\n\n');
});
