// The Node.js side of an execution environment: asks the runtime API for events and runs
// a handler on them, one at a time.
//
//   node runtime.mjs lambda FILE MAJOR         exports the handler that _HANDLER names;
//                                              declared for this major version of Node.js
//   node runtime.mjs cloudfront-function FILE  a script with a function named handler
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

const [kind, file, major] = process.argv.slice(2);
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const require = createRequire(import.meta.url);

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}`, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.end(body);
  });
}

const errorObject = (error) => JSON.stringify({
  errorType: error?.name ?? 'Error',
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? '').split('\n'),
});

// What a handler may ask about its invocation.
const contextOf = (headers) => ({
  awsRequestId: headers['lambda-runtime-aws-request-id'],
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  getRemainingTimeInMillis: () => Number(headers['lambda-runtime-deadline-ms']) - Date.now(),
});

// Both kinds of handler as a function from event text to result text.
const load = {
  async lambda() {
    const name = process.env._HANDLER.split('.').pop();
    const handler = (file.endsWith('.mjs') ? await import(pathToFileURL(file)) : require(file))[name];
    if (typeof handler !== 'function') throw new Error(`${process.env._HANDLER} is not a function`);
    // Lambda's Node.js runtimes take no callback any more from 24 on.
    if (handler.length >= 3 && Number(major) >= 24) {
      throw new Error('callback handlers are not supported by nodejs24.x and later: make the handler async');
    }
    return async (event, headers) => {
      const result = await new Promise((resolve, reject) => {
        const callback = (error, value) => (error ? reject(error) : resolve(value));
        const returned = handler(JSON.parse(event), contextOf(headers), callback);
        // Until 22 only a promise counts as a result, and else the callback. A handler that
        // does neither ends with null once there is nothing to wait for.
        if (Number(major) >= 24 || returned instanceof Promise) resolve(returned);
        else if (handler.length < 3) resolve(null);
      });
      return JSON.stringify(result) ?? 'null';
    };
  },

  // A context of its own: no module system, no timers, no network, no code from text, as in
  // CloudFront Functions. What those have beyond the language is crypto, querystring and
  // Buffer.
  'cloudfront-function'() {
    const allowed = ['crypto', 'querystring', 'buffer'];
    const context = vm.createContext({
      console: { log: (...values) => console.log(...values) },
      Buffer,
      require(name) {
        if (!allowed.includes(name)) throw new Error(`module ${name} is not available to CloudFront Functions`);
        return require(`node:${name}`);
      },
    }, { codeGeneration: { strings: false, wasm: false } });
    vm.runInContext(readFileSync(file, 'utf8'), context, { filename: 'function.js' });
    // The query as it came is what a method of the request returns (runtime 2.0); undefined
    // if there is none.
    return vm.runInContext(`async (text) => {
      const event = JSON.parse(text);
      const query = event.request.rawQueryString;
      event.request.rawQueryString = () => query;
      return JSON.stringify(await handler(event)) ?? 'null';
    }`, context);
  },
};

let run;
try {
  run = await load[kind]();
} catch (error) {
  console.error(error);
  await call('POST', 'init/error', errorObject(error), { 'Lambda-Runtime-Function-Error-Type': 'Runtime.InitError' });
  process.exit(1);
}

for (;;) {
  const next = await call('GET', 'invocation/next').catch(() => process.exit(0)); // the chain has ended
  const path = `invocation/${next.headers['lambda-runtime-aws-request-id']}`;
  try {
    const result = await run(next.body, next.headers);
    await call('POST', `${path}/response`, result, { 'Content-Type': 'application/json' });
  } catch (error) {
    console.error(error);
    await call('POST', `${path}/error`, errorObject(error), { 'Lambda-Runtime-Function-Error-Type': 'Function.Error' });
  }
}
