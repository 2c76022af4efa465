'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { EventReader, events } = require('./events.js');
const { Drawing } = require('./render.js');
const { Speech } = require('./speech.js');

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

// A document of as much as Drawing uses.

class FakeText {
  nodeType = 3;

  constructor(data) {
    this.data = data;
  }

  get length() {
    return this.data.length;
  }

  appendData(text) {
    effort.nodes += this.data.length + text.length; // as a browser copies it
    this.data += text;
  }

  remove() {
    const siblings = this.parent.children;
    siblings.splice(siblings.lastIndexOf(this), 1);
  }
}

class FakeElement {
  children = [];

  constructor(name) {
    this.name = name;
  }

  get lastChild() {
    return this.children.at(-1);
  }

  append(...nodes) {
    for (const node of nodes) {
      effort.nodes += 1 + (node.length ?? 0);
      node.parent = this;
      this.children.push(node);
    }
  }

  /** outline is [name, ...children], where texts that follow each other are one. */
  get outline() {
    const list = [this.name];
    for (const child of this.children) {
      if (child instanceof FakeText && typeof list.at(-1) === 'string' && list.length > 1) {
        list.push(list.pop() + child.data);
      } else {
        list.push(child instanceof FakeText ? child.data : child.outline);
      }
    }
    return list;
  }
}
FakeElement.prototype.remove = FakeText.prototype.remove;

const effort = { nodes: 0, strings: 0 };
global.document = { createElement: (name) => new FakeElement(name), createTextNode: (text) => new FakeText(text) };

/** drawn is what a text looks like that comes in pieces. */
function drawn(pieces) {
  const root = new FakeElement('div');
  const drawing = new Drawing(root);
  for (const piece of pieces) {
    drawing.write(piece);
  }
  drawing.end();
  return root.outline.slice(1);
}

const cut = (text, size) => Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
const p = (...content) => ['p', ...content];
const inline = (text) => ['code', text];
const c = (...text) => ['pre', ['code', ...text]];
const texts = {
  'nothing': ['', []],
  'white space': [' \n \n', []],
  'one paragraph': ['a\nb', [p('a\nb')]],
  'two paragraphs': ['a\n\nb', [p('a'), p('b')]],
  'many blank lines': ['\n\na\n \n\nb\n\n', [p('a'), p('b')]],
  'white space around lines': ['  a \n  b  \n', [p('  a \n  b')]],
  'carriage returns': ['a\r\nb\r\n\r\nc\r\n', [p('a\r\nb'), p('c')]],
  'markup': ['<b>&amp;</b>', [p('<b>&amp;</b>')]],
  'code': ['a\n```js\nx\n\ny\n```\nb', [p('a'), c('x\n\ny'), p('b')]],
  'code that goes on': ['```\nx\n', [c('x')]],
  'code that begins': ['```', [c()]],
  'empty code': ['```\n```\n', [c()]],
  'code that ends the text': ['```\nx\n```', [c('x')]],
  'code that is indented': ['  ```\n  x\n  ```\n', [c('  x')]],
  'other fences inside': ['````\n```\nx\n```\n````\n', [c('```\nx\n```')]],
  'tildes': ['~~~\nx\n~~~', [c('x')]],
  'almost the end of code': ['```\nx\n``\n```y\n```', [c('x\n``\n```y')]],
  'no fence': ['use ```x``` here', [p('use ```x``` here')]],
  'no fence at the begin of a line': ['```x``` here\n~~\n``', [p('```x``` here\n~~\n``')]],
  'no fence, since it is too long': [`~~~${'x'.repeat(300)}\na`, [p(`~~~${'x'.repeat(300)}\na`)]],
  'inline code': ['a `b` c', [p('a ', inline('b'), ' c')]],
  'inline code all over': ['`a``b`\n`c` `d`', [p('`a``b`\n', inline('c'), ' ', inline('d'))]],
  'inline code with white space': ['` a `  \n', [p(inline(' a '))]],
  'inline code is on one line': ['a `b\nc` d `e` f', [p('a `b\nc', ['code', ' d '], 'e` f')]],
  'inline code that goes on': ['a `b', [p('a `b')]],
  'two backticks': ['``a`` b `` ` c', [p('``a`` b `` ` c')]],
  'a backtick too many': ['`a`` `b` c', [p('`a`` ', inline('b'), ' c')]],
};
for (const [name, [text, want]] of Object.entries(texts)) {
  test(`a text, however it is cut: ${name}`, () => {
    for (let size = 1; size <= text.length + 1; size++) {
      assert.deepEqual(drawn(cut(text, size)), want, `in pieces of ${size}`);
    }
  });
}

test('all texts, one after the other', () => {
  const list = Object.values(texts).filter(([text]) => !/^```\n?[^]?\n?$/.test(text)); // without code that goes on
  const whole = list.map(([text]) => text).join('\n\n');
  for (const size of [1, 2, 3, 7, 64, whole.length]) {
    assert.deepEqual(drawn(cut(whole, size)), list.flatMap(([, want]) => want), `in pieces of ${size}`);
  }
});

test('a text shows while it grows, and what has been shown stays', () => {
  const root = new FakeElement('div');
  const drawing = new Drawing(root);
  drawing.write('a `b');
  assert.deepEqual(root.outline, ['div', p('a `b')]);
  const [paragraph] = root.children;
  drawing.write('c` d\n\n```\nx');
  assert.deepEqual(root.outline, ['div', p('a ', inline('bc'), ' d'), c('x')]);
  assert.equal(root.children[0], paragraph);
});

test('a character is not cut in two where a text node ends', () => {
  const root = new FakeElement('div');
  const drawing = new Drawing(root);
  const text = '🎉'.repeat(6000);
  for (const half of text.split('')) {
    drawing.write(half);
  }
  const nodes = root.children[0].children;
  assert.ok(nodes.length > 1);
  assert.equal(nodes.map(({ data }) => data).join(''), text);
  for (const { data } of nodes) {
    assert.ok(data.isWellFormed?.() ?? true);
  }
});

test('whole sentences are told, at most every two seconds', () => {
  const told = [];
  let now = 10_000;
  const speech = new Speech((text) => told.push(text), () => now);
  for (const piece of ['One', '. Tw', 'o.', ' Three. Four', '']) {
    speech.say(piece);
  }
  assert.deepEqual(told, ['One.']);
  now += 2001;
  speech.say(' 4.5');
  assert.deepEqual(told, ['One.', ' Two. Three.']);
  now += 2001;
  speech.say(' and');
  speech.end('Answer complete.');
  assert.deepEqual(told, ['One.', ' Two. Three.', ' Four 4.5 and Answer complete.']);
});

/** counted runs f, and counts the characters that it gives to functions of strings. */
function counted(f) {
  const { exec } = RegExp.prototype;
  const own = {};
  effort.nodes = effort.strings = 0;
  RegExp.prototype.exec = function counting(text) {
    effort.strings += String(text).length - this.lastIndex;
    return exec.call(this, text);
  };
  for (const name of ['slice', 'split', 'trim', 'trimStart', 'trimEnd', 'indexOf', 'lastIndexOf', 'startsWith', 'endsWith', 'includes', 'at', 'charAt']) {
    own[name] = String.prototype[name];
    String.prototype[name] = function counting(...args) {
      effort.strings += this.length;
      return own[name].apply(this, args);
    };
  }
  try {
    f();
  } finally {
    RegExp.prototype.exec = exec;
    Object.assign(String.prototype, own);
  }
  return effort.nodes + effort.strings;
}

const endless = {
  'no end of a sentence': 'word ',
  'no white space': 'x',
  'sentences in one paragraph': 'A sentence. ',
  'lines': 'a line\n',
  'paragraphs': 'a line\n\n',
  'inline code': 'a `b` c ',
  'inline code that goes on': ['`', 'word '],
  'code': ['```\n', 'a line of code;\n'],
  'one line of code': ['```\n', 'x '],
  'a fence that does not end': ['~~~', 'x '],
  'white space that does not end': ' ',
  'blank lines': '\n',
  'backticks': '`',
};
for (const [name, unit] of Object.entries(endless)) {
  const [begin, again] = Array.isArray(unit) ? unit : ['', unit];
  for (const [what, use] of Object.entries({
    drawn,
    spoken: (pieces) => {
      const speech = new Speech(() => {}, () => 0); // never time to speak, which keeps the most
      pieces.forEach((piece) => speech.say(piece));
      speech.end('');
    },
    'read from a stream': (pieces) => {
      const reader = new EventReader();
      const encoder = new TextEncoder();
      pieces.forEach((piece) => reader.push(encoder.encode(piece)));
    },
  })) {
    test(`twice the answer is twice the work: ${name}, ${what}`, () => {
      const work = [20_000, 40_000, 80_000].map((length) => {
        const pieces = cut(begin + again.repeat(length / again.length), 5);
        return counted(() => use(pieces));
      });
      for (const [i, more] of work.slice(1).entries()) {
        assert.ok(more < 2.5 * work[i], `${work.join(', ')} characters looked at or copied for 20, 40 and 80 thousand`);
      }
    });
  }
}
