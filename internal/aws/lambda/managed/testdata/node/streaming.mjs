// Streaming handlers, as an ES module with an await at the top.
const greeting = await Promise.resolve('hello');
const { streamifyResponse, HttpResponseStream } = awslambda;

export const plain = streamifyResponse(async (event, stream, context) => {
  stream.setContentType('text/plain');
  stream.write(greeting);
  stream.write({ id: context.awsRequestId.length > 0 });
  stream.end('!');
});
export const http = streamifyResponse(async (event, stream) => {
  const response = HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-a': '1' } });
  response.write('first');
  response.end('last');
});
export const endOnly = streamifyResponse(async (event, stream) => HttpResponseStream.from(stream, { statusCode: 302 }).end());
export const fails = streamifyResponse(async (event, stream) => { stream.write('begun'); throw new RangeError('in mid-stream'); });
export const early = streamifyResponse(async () => { throw new RangeError('before the first byte'); });
export const notAsync = streamifyResponse((event, stream) => { stream.end('x'); });
export const returns = streamifyResponse(async (event, stream) => { stream.end('x'); return 1; });
export const late = streamifyResponse(async (event, stream) => { stream.write('x'); stream.setContentType('text/html'); });
export default { inside: async () => 'of the default export' };
