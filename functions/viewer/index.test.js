'use strict';

// The viewer function, in its six variants, over a table of CloudFront Functions
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
  'accept-encoding', 'authorization', 'x-amz-content-sha256', 'x-forwarded-authorization', 'x-forwarded-host',
];

const variants = {
  'streamed signed': variant({ STREAMED: true, SIGNED: true, ANONYMOUS: false }),
  'streamed unsigned': variant({ STREAMED: true, SIGNED: false, ANONYMOUS: false }),
  'streamed anonymous': variant({ STREAMED: true, SIGNED: false, ANONYMOUS: true }),
  'buffered signed': variant({ STREAMED: false, SIGNED: true, ANONYMOUS: false }),
  'buffered unsigned': variant({ STREAMED: false, SIGNED: false, ANONYMOUS: false }),
  'buffered anonymous': variant({ STREAMED: false, SIGNED: false, ANONYMOUS: true }),
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

/** Runs the code with nothing but the language around it: no module, no require. */
function run(code, event) {
  const context = vm.createContext(Object.create(null));
  vm.runInContext(code, context);
  context.input = JSON.stringify(event);
  return JSON.parse(vm.runInContext('JSON.stringify(handler(JSON.parse(input)))', context));
}

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
