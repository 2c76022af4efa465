// The list of requests, those that run among them, kept up to date, and which one is shown.

import { row, detail, facts, outline, placeholder, statusText } from './view.js';

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
source.onopen = () => {
  run([]); // what ran before a break is sent again, if it still runs
  connect(true);
};
source.onerror = () => connect(false);
source.onmessage = (message) => {
  put(JSON.parse(message.data));
  count();
  select();
};
source.addEventListener('running', (message) => run(JSON.parse(message.data)));

function connect(is) {
  connected = is;
  count();
}

/** run takes all requests that run, as far as they have come. */
function run(running) {
  const ids = new Set(running.map((r) => r.id));
  for (const request of [...requests.values()]) {
    if (request.running && !ids.has(request.id)) {
      remove(request); // it comes again once it has finished
    }
  }
  running.forEach(put);
  count();
  select();
}

/** put adds a request on top, or brings the one in the list up to date. */
function put(request) {
  const item = row(request);
  const old = rows.get(request.id);
  requests.set(request.id, request);
  if (old) {
    old.firstElementChild.replaceChildren(...item.firstElementChild.childNodes); // keeps the focus
    old.hidden = !matches(request);
    return;
  }
  rows.set(request.id, item);
  item.hidden = !matches(request);
  list.prepend(item);
  if (requests.size > most) {
    remove([...requests.values()].find((r) => !r.running));
  }
}

function remove(request) {
  requests.delete(request.id);
  rows.get(request.id).remove();
  rows.delete(request.id);
}

function count() {
  const all = [...requests.values()];
  const visible = all.filter(matches).length;
  const refused = all.filter((r) => r.cause || r.hops.some((h) => h.refused)).length;
  const running = all.filter((r) => r.running).length;
  const text = `${visible < all.length ? `${visible} of ` : ''}${all.length} requests, ${refused} refused${running ? `, ${running} running` : ''}`;
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
  show(requests.get(id));
}

/** show shows a request; of one that runs it leaves alone what did not change. */
function show(request) {
  if (request && request === shown) {
    return;
  }
  const same = request && shown?.id === request.id;
  if (same && outline(request) === outline(shown)) {
    main.querySelector('.facts').replaceWith(facts(request));
  } else {
    const open = same ? [...main.querySelectorAll('.hop')].map((hop) => hop.querySelector('details')?.open) : [];
    main.replaceChildren(...(request ? detail(request) : placeholder(chosen())));
    main.querySelectorAll('.hop').forEach((hop, i) => open[i] && hop.querySelector('details')?.setAttribute('open', ''));
  }
  shown = request;
  document.title = request ? `${statusText(request)} ${request.method} ${request.target}` : 'Requests through the local chain';
}

/** matches reports whether every word of the filter fits: a status, its class, or any text. */
function matches(request) {
  return filter.value.toLowerCase().split(/\s+/).filter(Boolean).every((word) => {
    const status = String(request.status ?? '');
    if (/^[1-5]xx$/.test(word)) {
      return status[0] === word[0];
    }
    if (/^[1-5]\d\d$/.test(word)) {
      return status === word;
    }
    return `${request.method} ${request.target} ${request.cause?.id ?? ''} ${request.running ? 'running' : ''}`.toLowerCase().includes(word);
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
