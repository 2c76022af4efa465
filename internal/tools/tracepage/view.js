// The elements of a request. All that comes from a request becomes text, never markup.

import { changes, parts } from './diff.js';

/** el makes an element; children are elements or text. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children.filter((c) => c !== undefined));
  return element;
}

/** duration writes milliseconds with three digits at most. */
export function duration(ms) {
  if (ms >= 1000) {
    return `${(ms / 1000).toPrecision(3)} s`;
  }
  return ms >= 1 ? `${Number(ms.toPrecision(3))} ms` : `${Math.round(ms * 1000)} µs`;
}

/** statusText is what the client got, so far. */
export const statusText = (r) => (r.status ? String(r.status) : r.running ? 'running' : 'no answer');

const statusOf = (r) => el('span', { class: r.running ? 'status running' : `status s${String(r.status ?? 0)[0]}` }, statusText(r));

/** row is a request in the list. */
export function row(r) {
  return el('li', {}, el('a', { href: `#${encodeURIComponent(r.id)}` },
    statusOf(r),
    el('span', { class: 'method' }, r.method),
    el('span', { class: 'target' }, r.target),
    el('span', { class: 'took' }, duration(r.tookMs)),
    r.cause ? el('span', { class: 'why' }, r.cause.title) : undefined,
    r.running ? el('span', { class: 'why' }, `runs: ${r.hops.findLast((h) => h.running)?.name ?? 'between two hops'}, ${r.sentBytes} bytes sent`) : undefined,
  ));
}

/** placeholder is shown where there is no request. */
export function placeholder(id) {
  const text = id
    ? 'This request is not, or no longer, among the last 200.'
    : 'No request has come yet. Send one to the address of this page, without /.streamfront/.';
  return [el('p', { class: 'placeholder' }, text)];
}

/** outline reports whether more than the facts of a request has changed. */
export const outline = (r) => JSON.stringify([r.status, r.running, r.hops.map((h) => [h.name, h.running, h.decision])]);

/** facts are its times and sizes. */
export function facts(r) {
  const all = [
    ['started', new Date(r.start).toLocaleTimeString()],
    [r.running ? 'runs for' : 'took', duration(r.tookMs)],
    r.firstByteMs ? ['first byte', duration(r.firstByteMs)] : undefined,
    ['received', `${r.receivedBytes} bytes`],
    ['sent', `${r.sentBytes} bytes`],
    ['id', r.id],
  ].filter(Boolean);
  return el('dl', { class: 'facts' }, ...all.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

/** detail is all of a request. */
export function detail(r) {
  return [
    el('h2', {}, statusOf(r), ' ', r.method, ' ', el('span', { class: 'target' }, r.target)),
    facts(r),
    r.cause ? cause(r.cause) : undefined,
    r.signature ? signature(r.signature) : undefined,
    hops(r),
  ].filter(Boolean);
}

function cause(c) {
  return el('section', { class: 'cause', 'aria-label': 'Cause' },
    el('h3', {}, c.title),
    el('p', {}, c.why),
    el('p', {}, el('strong', {}, 'Fix:')),
    el('ul', {}, ...c.fix.split('\n').map(part)),
    el('p', { class: 'note' }, el('code', {}, c.id), ` · ${c.confidence}`),
  );
}

/** part is a line of a fix, such as "CDK in Python: ...": what comes before the text is a label. */
function part(line) {
  const [, label, text] = /^((?:CDK in \S+|streamfront in Go|CloudFormation): )?(.*)$/.exec(line);
  return el('li', {}, label ? el('strong', {}, label) : '', text);
}

/**
 * signature sets the canonical requests side by side and marks where they part. The line of
 * a header is its name, in the first column, and its value.
 */
function signature(s) {
  const differing = s.lines.filter((l) => l.differs);
  const lines = s.lines.map((l) => {
    const header = (l.signed || l.computed).startsWith(`${l.part}:`) && l.part;
    const value = (line = '') => (header ? line.slice(l.part.length + 1) : line);
    const [left, right] = l.differs ? parts(value(l.signed), value(l.computed)) : [];
    return el('tr', l.differs ? { class: 'differs' } : {},
      el('th', { scope: 'row', class: header ? 'header' : 'part' }, header ? `${l.part}:` : l.part,
        l.differs ? el('span', { class: 'mark' }, ' differs') : undefined),
      s.signerKnown ? el('td', {}, ...(left ? marked(left) : [value(l.signed)])) : undefined,
      el('td', {}, ...(right ? marked(right) : [value(l.computed)])),
    );
  });
  const head = el('tr', {}, el('th', { scope: 'col' }, 'line'),
    s.signerKnown ? el('th', { scope: 'col' }, 'signed by the origin access control') : undefined,
    el('th', { scope: 'col' }, 'computed by the function URL'));
  const summary = s.signerKnown
    ? (differing.length ? `The two differ in: ${differing.map((l) => l.part).join(', ')}.` : 'The two agree: the secret keys differ.')
    : 'The caller signed on its own. Compare this with the canonical request that its library logs.';
  return el('section', { class: 'signature', 'aria-label': 'Canonical requests' },
    el('h3', {}, 'Canonical requests'), el('p', {}, summary),
    el('table', {}, el('thead', {}, head), el('tbody', {}, ...lines)));
}

const marked = ([start, differs, end]) => [start, el('mark', {}, differs || '(nothing)'), end];

/** hops draws what each hop took on one scale, with what it changed below. */
function hops(r) {
  const total = Math.max(r.tookMs, ...r.hops.map((h) => h.beganMs + h.tookMs), 0.001);
  return el('section', { class: 'hops', 'aria-label': 'Hops' }, el('h3', {}, 'Hops'),
    el('ol', {}, ...r.hops.map((h) => hop(h, total))));
}

function hop(h, total) {
  const bar = el('span', { class: 'bar' });
  bar.style.marginInlineStart = `${(100 * h.beganMs) / total}%`;
  bar.style.inlineSize = `${(100 * h.tookMs) / total}%`;
  const line = [
    el('span', { class: 'name' }, h.name),
    el('span', { class: 'scale', 'aria-hidden': 'true' }, bar),
    el('span', { class: 'took' }, h.running ? '' : duration(h.tookMs)),
    el('span', { class: 'decision' }, h.running ? 'running' : h.decision),
  ];
  const more = [
    h.detail ? el('pre', {}, h.detail) : undefined,
    h.before && h.after ? diff(h.before, h.after) : undefined,
  ].filter(Boolean);
  const classes = `hop${h.refused ? ' refused' : ''}${h.minor ? ' minor' : ''}${h.running ? ' running' : ''}`;
  if (more.length === 0) {
    return el('li', { class: classes }, el('div', { class: 'line' }, ...line));
  }
  return el('li', { class: classes }, el('details', {}, el('summary', { class: 'line' }, ...line), ...more));
}

function diff(before, after) {
  const { changed, same } = changes(before, after);
  const what = after.status ? 'response' : 'request';
  const body = el('tbody', {}, ...changed.map(diffRow), ...same.map(diffRow));
  const caption = changed.length ? `What the hop changed in the ${what}, then what it left` : `The hop changed nothing in the ${what}`;
  return el('table', { class: 'diff' }, el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...['', 'before', 'after'].map((t) => el('th', { scope: 'col' }, t)))), body);
}

function diffRow({ name, before, after }) {
  const kind = before === after ? 'same' : before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const cell = (value, mark) => (value === undefined ? el('td') : el('td', {}, kind === 'same' ? value : el(mark, {}, value)));
  return el('tr', { class: kind }, el('th', { scope: 'row' }, name, kind === 'same' ? undefined : el('span', { class: 'kind' }, ` ${kind}`)),
    cell(before, 'del'), cell(after, 'ins'));
}
