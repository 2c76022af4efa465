// The list of requests, kept up to date, and which one is shown.

import { row, detail, placeholder } from './view.js';

const most = 200; // as many as the chain keeps
const list = document.getElementById('requests');
const state = document.getElementById('state');
const filter = document.getElementById('filter');
const main = document.getElementById('detail');

const requests = new Map(); // by id, oldest first
const rows = new Map();
let shown; // what main shows
let connected = false;

const source = new EventSource('events');
source.onopen = () => connect(true);
source.onerror = () => connect(false);
source.onmessage = (message) => add(JSON.parse(message.data));

function connect(is) {
  connected = is;
  count();
}

function add(request) {
  rows.get(request.id)?.remove();
  requests.delete(request.id);
  requests.set(request.id, request);
  const item = row(request);
  rows.set(request.id, item);
  item.hidden = !matches(request);
  list.prepend(item);
  if (requests.size > most) {
    const [oldest] = requests.keys();
    requests.delete(oldest);
    rows.get(oldest).remove();
    rows.delete(oldest);
  }
  count();
  select();
}

function count() {
  const all = [...requests.values()];
  const visible = all.filter(matches).length;
  const refused = all.filter((r) => r.cause || r.hops.some((h) => h.refused)).length;
  const text = `${visible < all.length ? `${visible} of ` : ''}${all.length} requests, ${refused} refused`;
  state.textContent = connected ? text : `${text}; the chain is not running`;
}

/** chosen is the id in the address, which is a link to that request; '' for the newest. */
function chosen() {
  const hash = location.hash.slice(1);
  try {
    return hash === 'detail' ? shown?.id ?? '' : decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

function select() {
  const id = chosen() || visibleIDs()[0];
  for (const [other, item] of rows) {
    const link = item.firstElementChild;
    if (other === id) {
      link.setAttribute('aria-current', 'true');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  const request = requests.get(id);
  if (request && request === shown) {
    return;
  }
  shown = request;
  main.replaceChildren(...(request ? detail(request) : placeholder(chosen())));
  document.title = request ? `${request.status ?? 'no answer'} ${request.method} ${request.target}` : 'Requests through the local chain';
}

/** matches tells whether every word of the filter fits: a status, its class, or any text. */
function matches(request) {
  return filter.value.toLowerCase().split(/\s+/).filter(Boolean).every((word) => {
    const status = String(request.status ?? '');
    if (/^[1-5]xx$/.test(word)) {
      return status[0] === word[0];
    }
    if (/^[1-5]\d\d$/.test(word)) {
      return status === word;
    }
    return `${request.method} ${request.target} ${request.cause?.id ?? ''}`.toLowerCase().includes(word);
  });
}

/** visibleIDs are the requests of the list as they stand there, newest first. */
function visibleIDs() {
  return [...requests.values()].filter(matches).map((r) => r.id).reverse();
}

filter.addEventListener('input', () => {
  for (const [id, item] of rows) {
    item.hidden = !matches(requests.get(id));
  }
  count();
  select();
});

// Who looks into a request wants it to stay when the next one comes.
main.addEventListener('click', () => {
  if (shown && !chosen()) {
    history.replaceState(null, '', `#${encodeURIComponent(shown.id)}`);
  }
});

addEventListener('hashchange', () => {
  select();
  rows.get(chosen())?.scrollIntoView({ block: 'nearest' });
});

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const typing = event.target === filter;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? (typing ? undefined : { j: 1, k: -1 }[event.key]);
  if (step && !main.contains(event.target)) {
    event.preventDefault();
    const ids = visibleIDs();
    const at = ids.indexOf(shown?.id);
    const next = ids[Math.min(Math.max(at + step, 0), ids.length - 1)];
    if (next) {
      location.hash = encodeURIComponent(next);
      rows.get(next).firstElementChild.focus();
    }
  } else if (event.key === '/' && !typing) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === 'Escape') {
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
    history.replaceState(null, '', location.pathname);
    select();
  }
});

select();
