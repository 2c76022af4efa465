// What handlers throw and return that nobody expects of them.
const thrown = {
  null: null,
  undefined,
  symbol: Symbol('s'),
  bigint: 10n,
  'an object without a prototype': Object.create(null),
  'an object that throws as text': { toString() { throw new Error('no text'); } },
  'a name that is not text': Object.assign(new Error('m'), { name: Symbol('n') }),
  'a name with line ends': Object.assign(new Error('m'), { name: 'A\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1' }),
  'a name that is too long': Object.assign(new Error('m'), { name: 'N'.repeat(2 << 20) }),
  'a name that throws': Object.defineProperty(new Error('m'), 'name', { get() { throw new Error('no name'); } }),
  'an empty name': Object.assign(new Error('m'), { name: '' }),
  'a message that is not text': Object.assign(new Error('m'), { message: 10n }),
  'a message that throws': Object.defineProperty(new Error('m'), 'message', { get() { throw new Error('no message'); } }),
  'a message that is too long': new Error('m'.repeat(8 << 20)),
  'a message with half a character': new Error('\ud800'),
  'a stack that throws': Object.defineProperty(new Error('m'), 'stack', { get() { throw new Error('no stack'); } }),
  'a printer that throws': Object.assign(new Error('m'), { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('not printed'); } }),
  'a proxy that throws': new Proxy({}, { get() { throw new Error('a trap'); }, getPrototypeOf() { throw new Error('a trap'); } }),
};
const returned = {
  bigint: 10n,
  circular: (() => { const a = {}; a.a = a; return a; })(),
  'a toJSON that throws': { toJSON() { throw new Error('no JSON'); } },
  'deep': (() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a; })(),
};
const act = (event) => {
  if (event.throws) throw thrown[event.throws];
  return event.returns ? returned[event.returns] : 'calm';
};

export const handler = async (event) => act(event);
export const streamed = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('begun');
  act(event);
  stream.end();
});
