'use strict';

// The viewer function, in its eight variants, over a table of CloudFront Functions
// events, testdata/*.json: each file holds a whole viewer-request event and, for every
// variant, the headers that are set and removed. All else must come out as it went in,
// but the cookies of the anonymous ones.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const source = fs.readFileSync(path.join(__dirname, 'index.js'), 'utf8');

// Headers which a viewer-request function may not add, change or delete: CloudFront
// answers 502 (documented, CloudFront Developer Guide, "Restrictions on edge functions").
const READ_ONLY = ['cdn-loop', 'content-length', 'host', 'transfer-encoding', 'via'];
const CONTRACT = [
  'accept-encoding', 'authorization', 'x-amz-content-sha256', 'x-forwarded-authorization', 'x-forwarded-for', 'x-forwarded-host',
  'x-streamfront-claims',
];

const variants = {
  'streamed signed': variant({ STREAMED: true, SIGNED: true, CACHED: false, ANONYMOUS: false }),
  'streamed unsigned': variant({ STREAMED: true, SIGNED: false, CACHED: false, ANONYMOUS: false }),
  'streamed cached': variant({ STREAMED: true, SIGNED: false, CACHED: true, ANONYMOUS: false }),
  'streamed anonymous': variant({ STREAMED: true, SIGNED: false, CACHED: true, ANONYMOUS: true }),
  'buffered signed': variant({ STREAMED: false, SIGNED: true, CACHED: false, ANONYMOUS: false }),
  'buffered unsigned': variant({ STREAMED: false, SIGNED: false, CACHED: false, ANONYMOUS: false }),
  'buffered cached': variant({ STREAMED: false, SIGNED: false, CACHED: true, ANONYMOUS: false }),
  'buffered anonymous': variant({ STREAMED: false, SIGNED: false, CACHED: true, ANONYMOUS: true }),
};

/** The code of a route, made the way Route.Source in viewer.go makes it. */
function variant(flags) {
  let code = source;
  for (const [name, value] of Object.entries(flags)) {
    assert.equal(source.split(`const ${name} = true;`).length, 2, `one declaration of ${name}`);
    if (!value) code = code.replace(`const ${name} = true;`, `const ${name} = false;`);
  }
  return code;
}

/**
 * Runs the code with nothing but the language around it: no module, no require. With a
 * query the request has the method of the runtime that returns it raw.
 */
function run(code, event, query) {
  const context = vm.createContext(Object.create(null));
  vm.runInContext(code, context);
  context.input = JSON.stringify(event);
  context.query = query;
  const request = '(query === undefined ? {} : { rawQueryString: () => query })';
  return JSON.parse(
    vm.runInContext(`const event = JSON.parse(input); Object.assign(event.request, ${request}); JSON.stringify(handler(event))`, context),
  );
}

// What stands raw in a query, and what the application gets to decode.
const queries = require('../testdata/queries.json');

// Names that applications behind WSGI or CGI take for those of AWS or of the edge.
const UNDERSCORED = [
  'x_forwarded_authorization', 'x-forwarded_authorization', 'x_forwarded_host', 'x_forwarded_for', 'x_forwarded_proto', 'x_amz_content_sha256',
  'x_amzn_trace_id', 'x-amzn_request_context', 'x_real_ip', 'cloudfront_viewer_address', 'cloudfront-viewer_country', 'client_cert',
];

const cases = fs.readdirSync(path.join(__dirname, 'testdata')).map((file) => ({ file, ...load(file) }));

function load(file) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, 'testdata', file), 'utf8'));
}

for (const [route, code] of Object.entries(variants)) {
  describe(route, () => {
    for (const { file, name, event, want } of cases) {
      test(`${file}: ${name}`, () => {
        assert.deepEqual(Object.keys(want).sort(), Object.keys(variants).sort());
        const { set, removed } = want[route];
        const headers = { ...event.request.headers, ...set };
        for (const header of removed) delete headers[header];
        const cookies = route.endsWith('anonymous') ? {} : event.request.cookies;
        assert.deepEqual(run(code, event), { ...event.request, headers, cookies });
      });
    }

    test('only the headers of the contract change, and no read-only one', () => {
      const { event } = load('post.json');
      const sent = event.request.headers;
      for (const name of [...READ_ONLY, ...CONTRACT]) sent[name] = { value: 'as sent' };
      const got = run(code, event).headers;
      for (const name of Object.keys({ ...sent, ...got })) {
        if (JSON.stringify(got[name]) === JSON.stringify(sent[name])) continue;
        assert.ok(CONTRACT.includes(name), `${name} changed`);
        assert.ok(!READ_ONLY.includes(name), `${name} is read-only`);
      }
    });

    test('no header differs from a trusted one by underscores alone', () => {
      const { event } = load('post.json');
      const { headers } = event.request;
      for (const name of UNDERSCORED) headers[name] = { value: 'spoofed', multiValue: [{ value: 'spoofed' }, { value: 'again' }] };
      for (const name of ['x_request_id', 'api_key', '_', 'x_forwarded']) headers[name] = { value: 'the application\'s own' };
      const got = run(code, event).headers;
      for (const name of UNDERSCORED) assert.equal(got[name], undefined, name);
      for (const name of ['x_request_id', 'api_key', '_', 'x_forwarded']) assert.deepEqual(got[name], headers[name], name);
    });

    for (const [query, want] of Object.entries(queries)) {
      test(`query ${query}`, () => {
        const { event } = load('post.json');
        const encodes = !route.endsWith(' signed') && query !== want;
        assert.deepEqual(run(code, event, query).querystring, encodes ? want : event.request.querystring);
      });
    }

    test('without a query, or where the console knows none, the parsed one stays', () => {
      const { event } = load('post.json');
      assert.deepEqual(run(code, event, '').querystring, event.request.querystring);
      assert.deepEqual(run(code, event).querystring, event.request.querystring);
    });

    test('a second run, as on a warm instance, gives the same', () => {
      const context = vm.createContext(Object.create(null));
      vm.runInContext(code, context);
      const { event } = load('spoofed-and-authorization.json');
      context.input = JSON.stringify(event);
      const call = () => vm.runInContext('JSON.stringify(handler(JSON.parse(input)))', context);
      assert.equal(call(), call());
    });
  });
}
