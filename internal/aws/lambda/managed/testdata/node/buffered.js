// Buffered handlers in CommonJS.
const settings = { nested: { handler: async (event) => ({ nested: event.n }) } };

exports.echo = async (event, context) => ({ event, id: context.awsRequestId, name: context.functionName, remaining: context.getRemainingTimeInMillis() > 0 });
exports.settings = settings;
exports.nothing = async () => {};
exports.sync = () => ({ value: 'sync' });
exports.throws = async () => { throw new TypeError('no such thing'); };
exports.text = async () => { throw 'only text'; };
exports.circular = async () => { const a = {}; a.a = a; return a; };
exports.callback = (event, context, callback) => callback(null, { by: 'callback' });
exports.late = (event, context, callback) => { callback(null, { by: 'callback' }); setTimeout(() => console.log('the event loop was waited for'), 20); };
exports.hurried = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; callback(null, { by: 'callback' }); setTimeout(() => console.log('too late'), 1e6).unref(); };
exports.after = (event, context, callback) => setTimeout(() => { callback(null, { by: 'callback' }); callback(null, 'twice'); }, 1);
exports.fails = (event, context, callback) => callback(new RangeError('by callback'));
exports.neither = () => { setTimeout(() => {}, 5); };
exports.succeed = (event, context) => { context.succeed({ by: 'context' }); };
exports.rejects = async () => { Promise.reject(new Error('nobody looks')); await new Promise((resolve) => setTimeout(resolve, 1e5)); };
exports.crashes = async () => { setTimeout(() => { throw new Error('out of turn'); }); await new Promise((resolve) => setTimeout(resolve, 1e5)); };
exports.exits = async () => process.exit(7);
exports.value = 'not a function';
exports.number = async () => [process.env.AWS_EXECUTION_ENV, process.env._HANDLER];
let count = 0;
exports.count = async () => ++count;
exports.layered = async () => require('of-a-layer');
exports.stray = async () => { setTimeout(() => { throw new Error('between invocations'); }, 5); return process.pid; };
