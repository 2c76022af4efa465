// The runtime client for handlers in Node.js: buffered ones and those of
// awslambda.streamifyResponse, one event at a time.
//
// Names of errors and exit statuses are those of AWS's client.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import http from 'node:http';
import Module, { createRequire, register } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const { AWS_LAMBDA_RUNTIME_API, _HANDLER, LAMBDA_TASK_ROOT } = process.env;
const major = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1]);
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true });
const api = (rest) => ({ agent, host, port, path: `/2018-06-01/runtime/${rest}` });

const errorTypeHeader = 'Lambda-Runtime-Function-Error-Type';
const errorBodyHeader = 'Lambda-Runtime-Function-Error-Body';

class RuntimeError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = `Runtime.${kind}`;
  }
}

// What is thrown may be anything, may throw when it is looked at, and may be of any size.
function attempt(look, otherwise) {
  try {
    return String(look());
  } catch {
    return otherwise;
  }
}

const isError = (thrown) => attempt(() => thrown instanceof Error, 'false') === 'true';
const typeOf = (thrown) => attempt(() => (isError(thrown) ? thrown.name : typeof thrown), 'Error').slice(0, 256) || 'Error';
const messageOf = (thrown) => attempt(() => (isError(thrown) ? thrown.message : thrown), 'an error whose message throws').slice(0, 64 << 10);
const stackOf = (thrown) => attempt(() => thrown.stack, '').slice(0, 64 << 10);
const errorObject = (thrown) => ({ errorType: typeOf(thrown), errorMessage: messageOf(thrown), trace: isError(thrown) ? stackOf(thrown).split('\n') : [] });

const headerText = (text) => text.replace(/[^\x20-\x7e]/g, '').trim() || 'Error';

// Trailers have some 4 KB together.
function trailersOf(thrown) {
  let object = errorObject(thrown);
  const tooLong = () => Buffer.byteLength(JSON.stringify(object)) > 2000;
  if (tooLong()) object = { ...object, trace: [] };
  if (tooLong()) object = { ...object, errorType: object.errorType.slice(0, 100), errorMessage: object.errorMessage.slice(0, 200) };
  return { [errorTypeHeader]: headerText(object.errorType), [errorBodyHeader]: Buffer.from(JSON.stringify(object)).toString('base64') };
}

function print(thrown) {
  try {
    console.error(thrown);
  } catch {
    console.error(`${typeOf(thrown)}: ${messageOf(thrown)}`);
  }
}

// The log. In the format JSON what console writes is an object in a line, with the fields of
// AWS's client; below the level nothing is written.

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function logAsJSON(least) {
  const fields = (values) => {
    const [first] = values;
    if (values.length === 1 && first instanceof Error) {
      return { message: { errorType: first.name, errorMessage: first.message, stackTrace: String(first.stack).split('\n') } };
    }
    return { message: values.length === 1 && typeof first === 'object' && first !== null ? first : format(...values) };
  };
  const writer = (level) => (...values) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const head = { timestamp: new Date().toISOString(), level, ...(current && { requestId: current }) };
    let line;
    try {
      line = JSON.stringify({ ...head, ...fields(values) });
    } catch {
      line = JSON.stringify({ ...head, message: format(...values) });
    }
    process.stdout.write(`${line}\n`);
  };
  Object.assign(console, { trace: writer('TRACE'), debug: writer('DEBUG'), info: writer('INFO'), log: writer('INFO'), warn: writer('WARN'), error: writer('ERROR') });
}

// The handlers.

const streaming = Symbol.for('aws.lambda.runtime.handler.streaming');
const integration = 'application/vnd.awslambda.http-integration-response';

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[streaming] = 'response';
    return handler;
  },
  HttpResponseStream: {
    // The metadata goes out with the first write. As with AWS's client, end() alone, with or
    // without a chunk, is no write: then the metadata is lost.
    from(stream, metadata) {
      stream.setContentType(integration);
      stream._onBeforeFirstWrite = (write) => {
        write(JSON.stringify(metadata));
        write(Buffer.alloc(8));
      };
      return stream;
    },
  },
};

function isModule(file) {
  if (path.extname(file) !== '.js') return path.extname(file) === '.mjs';
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const settings = path.join(folder, 'package.json');
    if (existsSync(settings)) return JSON.parse(readFileSync(settings, 'utf8')).type === 'module';
    if (folder === path.dirname(folder)) return false;
  }
}

async function loadModule(folder, name) {
  const file = path.resolve(LAMBDA_TASK_ROOT, folder, name);
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    if (!existsSync(file + extension) || (extension === '' && existsSync(`${file}/.`))) continue;
    if (isModule(file + extension)) importAsOnAWS();
    return import(pathToFileURL(file + extension));
  }
  const require = createRequire(path.join(LAMBDA_TASK_ROOT, 'handler.js'));
  return require(require.resolve(`./${path.join(folder, name)}`));
}

// Modules are found beside the code and in layers, which are all that is there on AWS: not in
// the node_modules of the project that the assembly lies in, except for the AWS SDK, which AWS's
// runtime has. Node.js itself looks into NODE_PATH for require only, AWS for import, too.
//
// Source: AWS Compute Blog, "Node.js 18.x runtime now available in AWS Lambda". Documented.

const inRuntime = /^@(aws-sdk|smithy|aws-crypto|aws)\//;
const root = realpathSync(LAMBDA_TASK_ROOT);
const outside = Module._nodeModulePaths(path.dirname(root)).filter((folder) => existsSync(folder));

function requireAsOnAWS() {
  const lookup = Module._resolveLookupPaths;
  Module._resolveLookupPaths = (name, parent) => {
    const folders = lookup(name, parent);
    if (!folders || inRuntime.test(name) || !parent?.filename?.startsWith(root + path.sep)) return folders;
    return folders.filter((folder) => !outside.includes(folder));
  };
}

// It starts a thread, which takes as long as Node.js itself: handlers that are no modules go without.
function importAsOnAWS() {
  const layers = (process.env.NODE_PATH ?? '').split(path.delimiter).filter(existsSync);
  if (layers.length === 0 && outside.length === 0) return;
  const url = (folder) => `${pathToFileURL(folder).href}/`;
  const known = {
    root: url(root), outside: outside.map((folder) => url(realpathSync(folder))), layers: layers.map((folder) => url(path.join(folder, '..'))), inRuntime: inRuntime.source,
  };
  register(`data:text/javascript,${encodeURIComponent(`
    const { root, outside, layers, inRuntime } = ${JSON.stringify(known)};
    const ours = new RegExp(inRuntime);
    export async function resolve(name, context, next) {
      let failed;
      try {
        const found = await next(name, context);
        if (ours.test(name) || !context.parentURL?.startsWith(root) || !outside.some((folder) => found.url.startsWith(folder))) return found;
        failed = Object.assign(new Error(\`Cannot find package '\${name}' imported from \${context.parentURL}\`), { code: 'ERR_MODULE_NOT_FOUND' });
      } catch (error) {
        if (error?.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^[a-z]+:/.test(name)) throw error;
        failed = error;
      }
      for (const parentURL of layers) {
        try {
          return await next(name, { ...context, parentURL });
        } catch (error) {
          if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
        }
      }
      throw failed;
    }`)}`);
}

async function loadHandler() {
  if (_HANDLER.includes('..')) throw new RuntimeError('MalformedHandlerName', `'${_HANDLER}' is not a valid handler name`);
  const folder = path.dirname(_HANDLER);
  const [, name, property] = /^([^.]+)\.(.+)$/.exec(path.basename(_HANDLER)) ?? [];
  if (!property) throw new RuntimeError('MalformedHandlerName', `'${_HANDLER}' is not of the form file.export`);
  let module;
  try {
    requireAsOnAWS();
    module = await loadModule(folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', error.stack);
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') throw new RuntimeError('ImportModuleError', missing(error));
    throw error;
  }
  const find = (root) => property.split('.').reduce((value, key) => (value && typeof value === 'object' ? value[key] : undefined), root);
  const handler = find(module) ?? find(module?.default);
  if (typeof handler !== 'function') throw new RuntimeError('HandlerNotFound', `${_HANDLER} is undefined or not a function`);
  if (handler[streaming] && handler[streaming] !== 'response') throw new RuntimeError('MalformedStreamingHandler', 'only responses can be streamed');
  if (handler.length >= 3 && !handler[streaming] && major >= 24) {
    throw new RuntimeError('CallbackHandlerDeprecated', `nodejs${major}.x takes no handlers with a callback: make ${_HANDLER} async`);
  }
  return handler;
}

function missing({ message }) {
  if (message.includes('@aws-sdk/')) return `${message}\nAWS's runtime has the AWS SDK; this machine does not: install it beside the function, or bundle it`;
  const [, name] = /'((?:@[^/']+\/)?[^./'@][^/']*)[^']*'/.exec(message) ?? [];
  const where = name && outside.find((folder) => existsSync(path.join(folder, name)));
  return where ? `${message}\n${where} has it, and is no part of the function's code: bundle it (NodejsFunction does), or install it beside the code` : message;
}

// The runtime API.

// A client for whole messages over one connection, one at a time, which is all that the API
// needs but for streams. http.request does the same in twice the time.
class Connection {
  #socket;
  #waiting; // resolve and reject of the call that is on its way
  #received = [];
  #size = 0;
  #headEnd = -1;
  #head;

  call(method, rest, body = '', headers = {}) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket ??= this.#connect();
      this.#socket.ref(); // a handler that ends with the event loop must not wait for this one
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
      this.#socket.write(`${method} /2018-06-01/runtime/${rest} HTTP/1.1\r\nHost: ${AWS_LAMBDA_RUNTIME_API}\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  #connect() {
    const socket = net.connect({ host, port: Number(port), noDelay: true });
    const fail = (error) => {
      if (this.#socket !== socket) return;
      this.#socket = this.#head = undefined;
      this.#received = [];
      this.#size = 0;
      this.#waiting?.reject(error ?? new Error('the runtime API closed the connection'));
      this.#waiting = undefined;
    };
    return socket.on('data', (data) => this.#take(data)).on('error', fail).on('close', () => fail());
  }

  #take(data) {
    if (!this.#waiting) {
      this.#socket.destroy(); // an answer to nothing
      return;
    }
    this.#received.push(data);
    this.#size += data.length;
    if (!this.#head) {
      const all = this.#join();
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) return;
      const [status, ...lines] = all.toString('latin1', 0, end).split('\r\n');
      this.#headEnd = end + 4;
      this.#head = { status: Number(status.split(' ')[1]), headers: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])) };
    }
    const length = Number(this.#head.headers['content-length'] ?? 0);
    if (this.#size < this.#headEnd + length) return;
    const reply = { ...this.#head, body: this.#join().toString('utf8', this.#headEnd, this.#headEnd + length) };
    this.#received = [];
    this.#size = 0;
    this.#head = undefined;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    this.#socket.unref();
    resolve(reply);
  }

  #join() {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)];
    return this.#received[0];
  }
}

const connection = new Connection();
const call = (...args) => connection.call(...args);

const report = (rest, error, by = connection) => {
  const object = errorObject(error);
  return by.call('POST', rest, JSON.stringify(object), { [errorTypeHeader]: headerText(object.errorType) });
};

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// Buffered handlers.

// Up to nodejs22.x a handler may answer by callback. The invocation then ends with the event
// loop, unless the handler said that it does not wait for that. One that neither returns a
// promise nor calls back ends with null.
function invokeBuffered(handler, event, context) {
  return new Promise((resolve, reject) => {
    let called = false;
    let end = () => resolve(null);
    const callback = (error, value) => {
      if (called) return;
      called = true;
      end = () => (error === undefined || error === null ? resolve(value) : reject(error));
      if (!context.callbackWaitsForEmptyEventLoop) end();
    };
    if (major < 24) Object.assign(context, { done: callback, succeed: (value) => callback(null, value), fail: (error) => callback(error ?? new Error('handled')) });
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
    else if (major >= 24) resolve(returned);
    else process.once('beforeExit', () => end());
  });
}

async function answerBuffered(handler, event, context) {
  const result = await invokeBuffered(handler, event, context);
  let body;
  try {
    body = JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new RuntimeError('JSONStringifyError', 'unable to stringify the response body');
  }
  const { status, body: reason } = await call('POST', `invocation/${context.awsRequestId}/response`, body, { 'Content-Type': 'application/json' });
  if (status >= 400) console.error(`the runtime API refused the response: ${status} ${reason}`);
}

// Streaming handlers.

// The stream that a handler writes to is the request to the runtime API. Only write() is ours:
// it sends the metadata first, and makes text of what is neither text nor bytes.
function responseStream(requestID) {
  const request = http.request({
    ...api(`invocation/${requestID}/response`), method: 'POST',
    headers: {
      'Content-Type': 'application/octet-stream', 'Transfer-Encoding': 'chunked', Trailer: `${errorTypeHeader}, ${errorBodyHeader}`,
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
    },
  });
  const done = new Promise((resolve, reject) => {
    request.on('error', reject).on('response', (response) => response.resume().on('end', resolve).on('error', reject));
  });
  done.catch(() => {}); // its waiter hears of it
  let written = false;
  const write = request.write.bind(request);
  request.write = (chunk, ...rest) => {
    if (!written) request._onBeforeFirstWrite?.(write);
    written = true;
    return write(typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk), ...rest);
  };
  request.setContentType = (type) => {
    if (written) throw new RuntimeError('InvalidStreamingOperation', 'cannot set the content type after the first write');
    request.setHeader('Content-Type', type);
  };
  return { request, done };
}

async function answerStreaming(handler, event, context) {
  const { request, done } = responseStream(context.awsRequestId);
  try {
    const returned = handler(event, request, context);
    if (typeof returned?.then !== 'function') throw new Error('a streaming handler must be async');
    if (await returned !== undefined) console.warn('the value that a streaming handler returns is ignored');
    // A handler that never ends its stream keeps the invocation until the function's timeout.
    await done;
  } catch (error) {
    print(error);
    request.addTrailers(trailersOf(error));
    request.end();
    await done.catch(() => {});
  }
}

// The life of an execution environment.

let current; // the invocation that runs

async function fatal(kind, status, error) {
  const wrapped = Object.assign(new RuntimeError(kind, messageOf(error)), { stack: stackOf(error) });
  print(error);
  // The connection may be waiting for the next event.
  await report(current ? `invocation/${current}/error` : 'init/error', wrapped, new Connection()).catch(() => {});
  process.exit(status);
}
process.on('uncaughtException', (error) => fatal('UncaughtException', 129, error));
process.on('unhandledRejection', (error) => fatal('UnhandledPromiseRejection', 128, error));

if (process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON') logAsJSON(process.env.AWS_LAMBDA_LOG_LEVEL);

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  print(error);
  await report('init/error', error);
  process.exit(1);
}

for (;;) {
  const next = await call('GET', 'invocation/next').catch(() => process.exit(0)); // the chain has ended
  if (next.status !== 200) process.exit(1);
  const context = contextOf(next.headers);
  current = context.awsRequestId;
  process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'] ?? '';
  process.removeAllListeners('beforeExit');
  try {
    const event = JSON.parse(next.body);
    if (handler[streaming]) await answerStreaming(handler, event, context);
    else await answerBuffered(handler, event, context);
  } catch (error) {
    print(error);
    await report(`invocation/${current}/error`, error).catch(() => process.exit(1));
  }
}
