// What functions/streamhttp/sse writes, as a parser of others reads it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createParser } from 'eventsource-parser';
import { root } from './chain.mjs';

const testdata = join(root, 'functions/streamhttp/sse/testdata');
const stream = readFileSync(join(testdata, 'stream.txt'), 'utf8');
const sent = JSON.parse(readFileSync(join(testdata, 'events.json'), 'utf8'));

for (const size of [stream.length, 1, 7]) {
  test(`the stream is read as it was meant, ${size} characters at a time`, () => {
    const events = [];
    const retries = [];
    const errors = [];
    const parser = createParser({
      onEvent: ({ event, id, data }) => events.push({ name: event, id, data }),
      onRetry: (ms) => retries.push(ms),
      onError: (error) => errors.push(error),
    });
    for (let at = 0; at < stream.length; at += size) {
      parser.feed(stream.slice(at, at + size));
    }
    const dispatched = sent.filter((e) => e.name || e.data || e.json).map(({ name, id, data = '', json }) => ({
      name, id, data: json ? JSON.stringify(json).replace('\u2028', '\\u2028') : data.replace(/\r\n|\r/g, '\n'),
    }));
    assert.deepEqual(events, dispatched);
    assert.deepEqual(retries, sent.filter((e) => e.retryMS).map((e) => e.retryMS));
    assert.deepEqual(errors, []);
  });
}
