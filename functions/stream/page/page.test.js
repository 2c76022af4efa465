'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { EventReader, events } = require('./events.js');
const { blocks } = require('./render.js');

const streams = {
  'line feeds': ['data: a\n\ndata: b\n\n', ['a', 'b']],
  'carriage returns and line feeds': ['data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  'carriage returns': ['data: a\r\rdata: b\r\r', ['a', 'b']],
  'several lines of data': ['data: a\ndata: b\n\n', ['a\nb']],
  'one space is not data': ['data:a\n\ndata:  b\n\n', ['a', ' b']],
  'empty data': ['data\n\ndata:\n\n', ['', '']],
  'comments, as heartbeats are': [': ping\n\ndata: a\n: ping\ndata: b\n\n:\n\n', ['a\nb']],
  'other fields': ['event: x\nid: 1\nretry: 5\ndata: a\n\nid: 2\n\n', ['a']],
  'no end': ['data: a\n\ndata: b\n', ['a']],
  'characters of several bytes': ['data: "für 日本 🎉"\n\n', ['"für 日本 🎉"']],
  'byte order mark': ['\ufeffdata: a\n\n', ['a']],
  'nothing': ['', []],
};
for (const [name, [text, want]] of Object.entries(streams)) {
  test(`events, however they are cut: ${name}`, () => {
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size <= bytes.length + 1; size++) {
      const reader = new EventReader();
      const got = [];
      for (let at = 0; at < bytes.length; at += size) {
        got.push(...reader.push(bytes.subarray(at, at + size)));
        got.push(...reader.push(new Uint8Array()));
      }
      assert.deepEqual(got, want, `in chunks of ${size}`);
    }
  });
}

test('an event is there as soon as its last byte is', () => {
  const reader = new EventReader();
  const push = (text) => reader.push(new TextEncoder().encode(text));
  assert.deepEqual(push('data: a\n'), []);
  assert.deepEqual(push('\n'), ['a']);
  assert.deepEqual(push('data: b\r\n\r'), ['b']); // what follows the last \r cannot matter
  assert.deepEqual(push('\ndata: c\n\n'), ['c']);
});

test('who stops reading closes the stream', async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
    cancel: () => { cancelled = true; },
  });
  for await (const data of events(body)) {
    assert.equal(data, 'a');
    break;
  }
  assert.ok(cancelled);
});

const p = (text) => ({ code: false, text });
const c = (text) => ({ code: true, text });
const texts = {
  'one paragraph': ['a\nb', [p('a\nb')]],
  'two paragraphs': ['a\n\nb', [p('a\n'), p('b')]],
  'many blank lines': ['\n\na\n\n\nb\n\n', [p('a\n'), p('b\n')]],
  'code': ['a\n```js\nx\n\ny\n```\nb', [p('a\n'), c('x\n\ny'), p('b')]],
  'code that goes on': ['```\nx\n', [c('x\n')]],
  'code that begins': ['```', [c('')]],
  'empty code': ['```\n```\n', [c('')]],
  'other fences inside': ['````\n```\nx\n```\n````\n', [c('```\nx\n```')]],
  'tildes': ['~~~\nx\n~~~', [c('x')]],
  'no fence': ['use ```x``` here', [p('use ```x``` here')]],
};
for (const [name, [text, want]] of Object.entries(texts)) {
  test(`blocks: ${name}`, () => assert.deepEqual(blocks(text).map(({ code, text: t }) => ({ code, text: t })), want));
}

// Drawing relies on this.
test('blocks before the last stay as they are when the text grows', () => {
  const whole = Object.values(texts).map(([text]) => text).join('\n\n') + '\n';
  for (let length = 0; length < whole.length; length++) {
    const before = blocks(whole.slice(0, length)).slice(0, -1);
    assert.deepEqual(blocks(whole.slice(0, length + 1)).slice(0, before.length), before, JSON.stringify(whole.slice(0, length + 1)));
    const last = before.at(-1);
    if (last) {
      const rest = blocks(whole.slice(last.end)).map(({ code, text }) => ({ code, text }));
      const all = blocks(whole).map(({ code, text }) => ({ code, text }));
      assert.deepEqual(all.slice(before.length), rest, 'from the end of the last of them');
    }
  }
});
