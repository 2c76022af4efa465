'use strict';

// The challenge function over a table of Lambda@Edge events, testdata/*.json, made after
// the event structure in the CloudFront Developer Guide: each file holds a whole
// origin-response event, and which headers are set and removed. All else must come out as
// it went in.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { handler } = require('./index.js');

// Headers which an origin-response function may not add, change or delete: CloudFront
// answers 502 (documented, CloudFront Developer Guide, "Restrictions on edge functions").
const READ_ONLY = ['transfer-encoding', 'via'];

const cases = fs.readdirSync(path.join(__dirname, 'testdata')).map((file) => ({ file, ...load(file) }));

function load(file) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, 'testdata', file), 'utf8'));
}

/** Runs the handler as Lambda does, on JSON in and out; anything it prints is a failure. */
async function run(t, event) {
  const printed = [];
  const spies = Object.keys(console)
    .filter((name) => typeof console[name] === 'function')
    .map((name) => t.mock.method(console, name, (...args) => printed.push(args)));
  try {
    return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(event)))));
  } finally {
    for (const { mock } of spies) mock.restore();
    assert.deepEqual(printed, [], 'the function printed something');
  }
}

function values(headers) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, list]) => {
      for (const { key } of list) assert.equal(key.toLowerCase(), name);
      return [name, list.map(({ value }) => value)];
    }),
  );
}

describe('event files', () => {
  for (const { file, name, event, want } of cases) {
    test(`${file}: ${name}`, async (t) => {
      const { headers: gotHeaders, ...got } = await run(t, event);
      const { headers: sentHeaders, ...sent } = event.Records[0].cf.response;
      const wantHeaders = { ...values(sentHeaders), ...want.set };
      for (const header of want.removed) delete wantHeaders[header];
      assert.deepEqual(values(gotHeaders), wantHeaders);
      assert.deepEqual(got, sent);
      for (const header of [...Object.keys(want.set), ...want.removed]) assert.ok(!READ_ONLY.includes(header));
    });
  }

  test('an event without a response rejects, which CloudFront answers with 503', async (t) => {
    await assert.rejects(run(t, {}));
  });
});
