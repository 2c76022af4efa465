'use strict';

const $ = (id) => document.getElementById(id);

// Lambda@Edge hashes bodies of up to 1 MB, of which AWS does not say which it means: what is
// over the smaller one goes by an upload.
const maxBody = 1_000_000;

// The files of a conversation go with each of its requests, which has a limit for them.
const maxFileBytes = Number(document.body.dataset.maxFileBytes) || maxBody;

const turns = []; // { text, files, answer, view }
let attached = []; // { name, type, size, content } and, once uploaded, id
let running = null; // AbortController of the answer that is being written

/** A Failure is one that the reader can understand. */
class Failure extends Error {
  constructor(message, { needsKey = false, needsSignIn = false, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { needsKey, needsSignIn, retryAfter });
  }
}

// Who the reader is, where readers sign in rather than enter a key.
const { clientId, issuer, issuerOrigins, loginUrl, audience, scope } = document.body.dataset;
const session = clientId ? new Session({ clientId, issuer, issuerOrigins, loginUrl, audience, scope }) : null;

// Requests

// What the path begins with where the page is: a stage of an API, or nothing.
const stage = location.pathname.replace(/\/$/, '');

/** request returns the response if its status is 2xx, and throws a Failure else. */
async function request(path, options = {}) {
  const key = $('key').value.trim();
  if (/[^ -~]/.test(key)) { // of which fetch would say that the network failed
    throw new Failure('The API key has characters that no key has. Copy it again, and enter it in Settings.', { needsKey: true });
  }
  const ask = async (token) => {
    const headers = { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) };
    try {
      return await fetch(stage + path, { ...options, headers, cache: 'no-store' });
    } catch (error) {
      throw error.name === 'AbortError' ? error : new Failure(unreachable());
    }
  };
  if (session) {
    return withToken(ask);
  }
  const response = await ask(key);
  if (!response.ok) {
    throw await refusal(response);
  }
  return response;
}

/** withToken asks with the reader's token, and once more with a new one if that is refused. */
async function withToken(ask) {
  const had = session.signedIn;
  let response;
  let reason = had ? 'Your session has expired. Sign in again.' : 'Sign in to chat.';
  try {
    const token = await session.token();
    response = token && await ask(token);
    if (response?.status === 401) {
      const fresh = await session.refresh();
      response = fresh && await ask(fresh);
      if (response?.status === 401) { // a new token: it is not its age
        reason = `The server does not accept your sign-in: ${await said(response) || 'it says no more'}. Sign in again, or tell whoever runs it.`;
      }
    }
  } catch (error) {
    throw error instanceof SignInError ? new Failure(error.message) : error;
  }
  if (!response || response.status === 401) {
    session.forget();
    showSession();
    throw new Failure(reason, { needsSignIn: true });
  }
  if (!response.ok) {
    throw await refusal(response);
  }
  return response;
}

function unreachable() {
  return navigator.onLine ? 'The server cannot be reached. Check the connection, then try again.'
    : 'You are offline. Try again once you are connected.';
}

/** said is the reason in an answer: OpenAI's error object, a problem document, or neither. */
async function said(response) {
  return await response.json().then((body) => body?.error?.message ?? body?.detail ?? body?.title, () => undefined) ?? '';
}

/** refusal makes a Failure of an answer. */
async function refusal(response) {
  const { status } = response;
  const reason = await said(response);
  if (status === 401) {
    return new Failure('The API key is missing or wrong. Enter it in Settings.', { needsKey: true });
  }
  if (status === 413) {
    return new Failure(`That is too large for one message. ${reason}`.trim());
  }
  if (status === 429 || status === 503) {
    const seconds = Math.min(Number(response.headers.get('retry-after')) || 0, 600);
    const what = status === 429 ? 'Too many requests at the moment.' : 'The server is not available at the moment.';
    return new Failure(`${what} ${reason}`.trim(), { retryAfter: seconds });
  }
  if (status >= 500) {
    return new Failure(`The server failed (${status}). ${reason}`.trim());
  }
  return new Failure(reason || `The server refused the request (${status}).`);
}

let listing; // the list of models that is on its way, or was the last

async function listModels() {
  const { data } = await (await request('/v1/models')).json();
  const before = $('model').value;
  $('model').replaceChildren(...data.map(({ id }) => new Option(id, id, false, id === before)));
  $('model').disabled = data.length < 2;
}

/** chosenModel waits for the list, and asks for it once more where it could not be had. */
async function chosenModel() {
  await listing;
  if (!$('model').value) {
    await listModels();
  }
  return $('model').value;
}

function loadModels() {
  listing = showModels();
  return listing;
}

async function showModels() {
  try {
    await listModels();
    note('');
  } catch (error) {
    if (error.needsSignIn) {
      askToSignIn(error.message);
    } else if (error.needsKey) {
      askForKey($('key').value ? 'That API key is not right.' : 'This server asks for an API key.');
    } else {
      note(`The models could not be listed. ${error.message}`);
    }
  }
}

// Answers

async function send() {
  const text = $('input').value.trim();
  if (running || !text && !attached.length) {
    return;
  }
  turns.at(-1)?.view.drop();
  const turn = { text, files: attached, answer: '' };
  turn.view = new TurnView(turn);
  turns.push(turn);
  attached = [];
  $('input').value = '';
  fit();
  showFiles();
  $('welcome').hidden = true;
  $('conversation').append(turn.view.element);
  follow(true);
  await answer(turn);
}

/** answer asks for the answer to the last turn, and shows what becomes of it. */
async function answer(turn) {
  running = new AbortController();
  const { signal } = running;
  const meter = new Meter();
  const speech = new Speech(announce);
  const { view } = turn;
  turn.answer = '';
  busy(true);
  view.begin();
  try {
    const body = await bodyFor(signal, (file, part) => view.status(`Uploading ${file.name}: ${Math.round(part * 100)} %`));
    view.status('');
    meter.start();
    const response = await request('/v1/chat/completions', {
      method: 'POST', body, signal, headers: { 'content-type': 'application/json' },
    });
    const finish = await read(response.body, (piece) => {
      turn.answer += piece;
      meter.token();
      speech.say(piece);
      view.grow(piece, meter);
    }, (usage) => meter.count(usage));
    view.end(meter);
    const remark = { length: 'The answer ends here because it reached its limit of tokens.', content_filter: 'The rest of the answer was withheld by a filter.' }[finish];
    if (remark) {
      view.status(remark);
    }
    speech.end('Answer complete.');
  } catch (error) {
    view.end(meter);
    if (signal.aborted) {
      view.stopped();
      speech.end('Stopped.');
    } else {
      view.fail(error instanceof Failure ? error : new Failure(`Something went wrong in this page: ${error.message}`));
      speech.end('');
      if (error.needsKey) {
        askForKey(error.message);
      }
      if (error.needsSignIn) {
        $('input').value ||= turn.text; // what was not answered is not lost by signing in
        $('sign-in').focus(); // the answer says why
      }
    }
  } finally {
    running = null;
    busy(false);
  }
}

/** read passes on the pieces of a streamed answer, and returns why it ended. */
async function read(stream, onText, onUsage) {
  let finish = '';
  try {
    for await (const data of events(stream)) {
      if (data === '[DONE]') {
        return finish;
      }
      const { error, choices, usage } = JSON.parse(data);
      if (error) {
        throw new Failure(`The answer broke off. ${error.message ?? ''}`.trim());
      }
      if (choices?.[0]?.delta?.content) {
        onText(choices[0].delta.content);
      }
      finish = choices?.[0]?.finish_reason ?? finish;
      if (usage) {
        onUsage(usage);
      }
    }
  } catch (error) {
    if (error instanceof Failure || error.name === 'AbortError') {
      throw error;
    }
    throw new Failure(error instanceof SyntaxError ? 'The answer broke off: the server sent something that is not an answer.'
      : `The connection broke before the answer was complete. ${navigator.onLine ? '' : 'You are offline.'}`.trim());
  }
  throw new Failure('The connection ended before the answer was complete.');
}

/** bodyFor makes the request, and uploads files as long as it is too large. */
async function bodyFor(signal, onProgress) {
  const temperature = $('temperature').dataset.set ? { temperature: Number($('temperature').value) } : {};
  for (;;) {
    const body = new TextEncoder().encode(JSON.stringify({
      model: await chosenModel(), messages: messages(), stream: true, stream_options: { include_usage: true }, ...temperature,
    }));
    if (body.length <= maxBody) {
      return body;
    }
    const [file] = turns.flatMap((turn) => turn.files).filter((f) => !f.id).sort((a, b) => b.size - a.size);
    if (!file) {
      throw new Failure('The conversation has become too long to send. Start a new one.');
    }
    await upload(file, signal, (part) => onProgress(file, part));
  }
}

function messages() {
  const list = [];
  const system = $('system').value.trim();
  if (system) {
    list.push({ role: 'system', content: system });
  }
  for (const { text, files, answer: said } of turns) {
    const parts = files.map((file) => (file.id ? { type: 'file', file: { file_id: file.id } }
      : { type: 'text', text: `File "${file.name}":\n${file.content}\n\n` }));
    list.push({ role: 'user', content: parts.length ? [...parts, ...(text ? [{ type: 'text', text }] : [])] : text });
    if (said) {
      list.push({ role: 'assistant', content: said });
    }
  }
  return list;
}

/** upload gives the file an id: it goes to a presigned address, past the limits of requests. */
async function upload(file, signal, onProgress) {
  onProgress(0);
  const response = await request('/uploads', {
    method: 'POST', signal, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: file.name, type: file.type, size: file.size }),
  }).catch((error) => {
    throw error instanceof Failure && !error.needsKey ? new Failure(`${file.name} is too large to send as it is, and could not be uploaded. ${error.message}`) : error;
  });
  const ticket = await response.json();
  await new Promise((resolve, reject) => {
    const transfer = new XMLHttpRequest(); // fetch does not report its progress
    transfer.open(ticket.method, ticket.url);
    for (const [name, value] of Object.entries(ticket.headers ?? {})) {
      if (!/^(content-length|host)$/i.test(name)) { // the browser's own
        transfer.setRequestHeader(name, value);
      }
    }
    transfer.upload.onprogress = (event) => onProgress(event.loaded / file.size);
    transfer.onload = () => (transfer.status >= 200 && transfer.status < 300 ? resolve()
      : reject(new Failure(`${file.name} was not taken by the storage (${transfer.status}). Try again.`)));
    transfer.onerror = () => reject(new Failure(`${file.name} could not be uploaded: the storage cannot be reached.`));
    signal.addEventListener('abort', () => {
      transfer.abort();
      reject(signal.reason);
    }, { once: true });
    transfer.send(file.blob);
  });
  onProgress(1);
  file.id = ticket.id;
  uploads?.expect(file.id);
}

// Views

/** A TurnView is a question with its answer. */
class TurnView {
  #answer = element('div', { className: 'answer', role: 'group', ariaLabel: 'Answer' });
  #said = element('div', { className: 'said' });
  #metrics = element('span', { className: 'metrics' });
  #status = element('span', {});
  #copy = button('Copy', () => navigator.clipboard.writeText(this.#turn.answer).then(() => announce('Copied.'), () => announce('Not copied.')));
  #again = button('Try again', () => this.#retry());
  #failure = element('div', { className: 'failure', hidden: true });
  #under = element('div', { className: 'under' });
  #turn;
  #frame = 0;
  #drawing;
  #waiting = ''; // pieces for the next frame
  #countdown = 0;

  constructor(turn) {
    this.#turn = turn;
    const question = element('div', { className: 'question', role: 'group', ariaLabel: 'Your message' });
    const text = element('div', { className: 'said' });
    const drawing = new Drawing(text);
    drawing.write(turn.text);
    drawing.end();
    question.append(text);
    if (turn.files.length) {
      const list = element('ul', { className: 'attachments' });
      list.append(...turn.files.map((file) => element('li', { textContent: `${file.name}, ${size(file.size)}` })));
      question.append(list);
    }
    this.#under.append(this.#metrics, this.#status, this.#copy, this.#again);
    this.#answer.append(this.#said, this.#failure, this.#under);
    this.element = element('li', { className: 'turn' });
    this.element.append(question, this.#answer);
  }

  begin() {
    clearInterval(this.#countdown);
    this.#drawing = new Drawing(this.#said);
    this.#waiting = '';
    this.#said.replaceChildren();
    this.#failure.hidden = this.#copy.hidden = this.#again.hidden = true;
    this.#metrics.textContent = '';
    this.status('');
    this.element.classList.add('running');
    this.#answer.ariaBusy = 'true';
  }

  status(text) {
    this.#status.textContent = text;
  }

  /** grow draws once a frame, however many pieces come. */
  grow(piece, meter) {
    this.#waiting += piece;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw(meter);
    });
  }

  #draw(meter, ended = false) {
    const stay = follows();
    this.#drawing.write(this.#waiting);
    this.#waiting = '';
    if (ended) {
      this.#drawing.end();
    }
    this.#metrics.textContent = meter.text();
    follow(stay);
  }

  end(meter) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.element.classList.remove('running');
    this.#answer.ariaBusy = 'false';
    this.#copy.hidden = !this.#turn.answer;
    this.#draw(meter, true);
  }

  stopped() {
    this.status('Stopped');
    this.#again.hidden = turns.at(-1) !== this.#turn;
  }

  /** fail says what happened, and offers to try again: at once, or when the server says. */
  fail({ message, retryAfter }) {
    const stay = follows();
    const again = button('Try again', () => this.#retry());
    const text = element('p', { textContent: message, role: 'alert' });
    this.#failure.replaceChildren(text, again);
    this.#failure.hidden = false;
    if (retryAfter) {
      const until = Date.now() + retryAfter * 1000;
      const tick = () => {
        const left = Math.ceil((until - Date.now()) / 1000);
        again.disabled = left > 0;
        again.textContent = left > 0 ? `Try again in ${left} s` : 'Try again';
        if (left <= 0) {
          clearInterval(this.#countdown);
        }
      };
      this.#countdown = setInterval(tick, 500);
      tick();
    }
    follow(stay);
  }

  /** drop takes the way back from a turn that another has followed. */
  drop() {
    clearInterval(this.#countdown);
    this.#again.hidden = true;
    for (const again of this.#failure.querySelectorAll('button')) {
      again.remove();
    }
  }

  #retry() {
    if (!running && turns.at(-1) === this.#turn) {
      $('input').focus();
      answer(this.#turn);
    }
  }
}

/** A Meter knows how fast an answer is. */
class Meter {
  #tokens = 0;
  #usage;
  #started;
  #first;
  #last;

  start() {
    this.#started = performance.now();
  }

  token() {
    this.#last = performance.now();
    this.#first ??= this.#last;
    this.#tokens++;
  }

  count(usage) {
    this.#usage = usage.completion_tokens;
  }

  text() {
    if (this.#first === undefined) {
      return '';
    }
    const tokens = this.#usage ?? this.#tokens;
    const seconds = (this.#last - this.#first) / 1000;
    const parts = [`first token after ${Math.round(this.#first - this.#started)} ms`, `${tokens} token${tokens === 1 ? '' : 's'}`];
    if (tokens > 1 && seconds > 0) {
      parts.push(`${((tokens - 1) / seconds).toFixed(1)} tokens/s`); // the first one began the time
    }
    return parts.join(' · ');
  }
}

function announce(text) {
  if (text.trim()) {
    $('announcer').append(element('p', { textContent: text.trim() }));
    while ($('announcer').childElementCount > 3) {
      $('announcer').firstChild.remove(); // has been read
    }
  }
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function button(text, onclick) {
  return element('button', { type: 'button', className: 'quiet', textContent: text, onclick });
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// The page

function busy(is) {
  const focused = document.activeElement === $('stop');
  $('send').hidden = is;
  $('stop').hidden = !is;
  if (focused) {
    $('input').focus();
  }
}

function note(text) {
  $('notice').textContent = text;
  $('notice').hidden = !text;
}

function askForKey(text) {
  note(text);
  $('settings').open = true;
  $('key').focus();
}

function askToSignIn(text) {
  note(text);
  $('sign-in').focus();
}

function showSession() {
  $('sign-in').hidden = !session || session.signedIn;
  $('sign-out').hidden = !session?.signedIn;
  $('user').hidden = !session?.signedIn || !session.name;
  $('user').textContent = session?.name ?? '';
  $('key-settings').hidden = session !== null;
}

/** startSession ends a sign-in that has led back here, and shows who is signed in. */
async function startSession() {
  try {
    if (await session.resume()) {
      announce(session.name ? `Signed in as ${session.name}.` : 'Signed in.');
    }
  } catch (error) {
    showSession();
    askToSignIn(error instanceof SignInError ? error.message : `Signing in failed: ${error.message}`);
    return;
  }
  $('input').value = sessionStorage.getItem('draft') ?? '';
  sessionStorage.removeItem('draft');
  fit();
  showSession();
  await loadModels();
}

async function signIn() {
  try {
    sessionStorage.setItem('draft', $('input').value);
    await session.signIn();
  } catch (error) {
    askToSignIn(error.message);
  }
}

/** follows reports whether the reader is at the end, and wants to stay there. */
function follows() {
  const { scrollTop, scrollHeight, clientHeight } = $('main');
  return scrollHeight - scrollTop - clientHeight < 80;
}

function follow(stay) {
  if (stay) {
    $('main').scrollTop = $('main').scrollHeight;
  }
  $('latest').hidden = follows();
}

/** fit makes the field as high as its text, where the style sheet cannot. */
function fit() {
  if (!CSS.supports('field-sizing', 'content')) {
    $('input').style.height = 'auto';
    $('input').style.height = `${$('input').scrollHeight}px`;
  }
}

// What the reader has uploaded before, where the server registers that.
const uploads = document.body.dataset.listsUploads === 'true' ? new UploadPanel({ load: listUploads, use: attachUpload }) : null;

async function listUploads(after) {
  return (await request(`/uploads?${new URLSearchParams({ limit: 20, ...(after && { after }) })}`)).json();
}

/** attachUpload takes a file that is in the storage, and that messages name by its id. */
function attachUpload({ id, name, type, size: bytes }) {
  if (attached.some((file) => file.id === id)) {
    note(`${name} is attached already.`);
  } else if (fits({ name, size: bytes })) {
    attached.push({ id, name, type, size: bytes });
    note('');
    announce(`${name} attached.`);
  }
  uploads.close();
  showFiles();
  $('input').focus();
}

/** fits says of a file that is too large for the conversation, and returns whether it is not. */
function fits(file) {
  const before = [...turns.flatMap((turn) => turn.files), ...attached].reduce((sum, other) => sum + other.size, 0);
  if (before + file.size <= maxFileBytes) {
    return true;
  }
  note(`${file.name} is too large: it has ${size(file.size)}, and the files of a conversation may have ${size(maxFileBytes)} together${
    before ? `, of which ${size(before)} are in use` : ''}.`);
  return false;
}

/** attach takes files that are text in UTF-8, as many as a request may have. */
async function attach(list) {
  for (const blob of list) {
    if (!fits(blob)) {
      continue;
    }
    try {
      const content = new TextDecoder('utf-8', { fatal: true }).decode(await blob.arrayBuffer());
      const type = /^(text\/|application\/(json|xml|yaml))/.test(blob.type) ? blob.type : 'text/plain';
      attached.push({ name: blob.name, type, size: blob.size, content, blob });
      note('');
    } catch {
      note(`${blob.name} is not a text file in UTF-8, and nothing else can be attached.`);
    }
  }
  showFiles();
  $('input').focus();
}

function showFiles() {
  $('files').replaceChildren(...attached.map((file) => {
    const item = element('li', {});
    const remove = button('Remove', () => {
      attached = attached.filter((f) => f !== file);
      showFiles();
      $('input').focus();
    });
    remove.ariaLabel = `Remove ${file.name}`;
    item.append(file.name, element('span', { textContent: size(file.size) }), remove);
    return item;
  }));
  $('files').hidden = attached.length === 0;
}

function clear() {
  running?.abort();
  turns.length = 0;
  $('conversation').replaceChildren();
  $('welcome').hidden = false;
  $('latest').hidden = true;
  note('');
  $('input').focus();
}

function rememberKey() {
  if ($('keep').checked) {
    sessionStorage.setItem('api-key', $('key').value);
  } else {
    sessionStorage.removeItem('api-key');
  }
}

$('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
$('input').addEventListener('keydown', (event) => {
  // Enter also ends the input of a character of many keys, as in Japanese.
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $('composer').requestSubmit();
  }
});
$('input').addEventListener('input', fit);
$('stop').addEventListener('click', () => running?.abort());
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') {
    return;
  }
  if (uploads?.open) {
    uploads.close();
  } else if ($('settings').open) {
    closeSettings();
  } else {
    running?.abort();
  }
});
$('new').addEventListener('click', clear);
$('latest').addEventListener('click', () => follow(true));
$('main').addEventListener('scroll', () => {
  $('latest').hidden = follows();
}, { passive: true });

$('attach').addEventListener('click', () => $('picker').click());
$('picker').addEventListener('change', async () => {
  await attach($('picker').files);
  $('picker').value = ''; // the same file may come again
});
for (const [name, over] of [['dragover', true], ['dragleave', false], ['drop', false]]) {
  document.addEventListener(name, (event) => {
    if (event.dataTransfer?.types.includes('Files')) {
      event.preventDefault();
      document.body.classList.toggle('dropping', over);
      attach(name === 'drop' ? event.dataTransfer.files : []);
    }
  });
}
for (const example of $('examples').querySelectorAll('button')) {
  example.addEventListener('click', () => {
    $('input').value = example.textContent;
    $('input').focus();
    $('composer').requestSubmit();
  });
}

function closeSettings() {
  $('settings').open = false;
  $('input').focus();
}
$('settings-form').addEventListener('submit', (event) => {
  event.preventDefault();
  closeSettings();
});
$('key').addEventListener('change', () => {
  rememberKey();
  loadModels();
});
$('keep').addEventListener('change', rememberKey);
$('temperature').addEventListener('input', () => {
  $('temperature').dataset.set = 'yes';
  $('temperature-value').value = $('temperature').value;
});
$('reset').addEventListener('click', () => {
  delete $('temperature').dataset.set;
  $('temperature').value = 0.5;
  $('temperature-value').value = 'default';
});
document.addEventListener('click', (event) => {
  if ($('settings').open && !$('settings').contains(event.target)) {
    $('settings').open = false;
  }
  if (uploads?.open && !uploads.contains(event.target)) {
    uploads.close();
  }
}, true); // before the click has its effect, which may be to open them

$('sign-in').addEventListener('click', signIn);
$('sign-out').addEventListener('click', async () => {
  clear();
  uploads?.close();
  await session.signOut();
  showSession();
  askToSignIn('You are signed out.'); // where the issuer has no page for it
});

$('key').value = sessionStorage.getItem('api-key') ?? '';
$('keep').checked = $('key').value !== '';
showSession();
if (session) {
  startSession();
} else {
  loadModels();
}
