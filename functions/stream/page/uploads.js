'use strict';

/**
 * An UploadPanel shows what the reader has uploaded before, the newest first, a page at a time.
 * It asks when it is opened, so that a page that is only read costs nothing.
 */
class UploadPanel {
  #button = document.getElementById('uploads-button');
  #panel = document.getElementById('uploads');
  #state = document.getElementById('uploads-state');
  #list = document.getElementById('uploads-list');
  #more = document.getElementById('uploads-more');
  #awaited = new Set(); // ids of what this page has sent, until they are listed
  #load; // load(after) returns a page
  #use;
  #asked = 0; // counts the questions: an answer to an older one is of no use
  #timer = 0;

  constructor({ load, use }) {
    this.#load = load;
    this.#use = use;
    this.#button.hidden = false;
    this.#button.addEventListener('click', () => (this.open ? this.close() : this.#open()));
    document.getElementById('uploads-refresh').addEventListener('click', () => this.#refresh());
    this.#more.addEventListener('click', () => this.#extend());
  }

  get open() {
    return !this.#panel.hidden;
  }

  contains(node) {
    return this.#panel.contains(node) || this.#button.contains(node);
  }

  /** close also forgets what was shown: the next reader may be another. */
  close() {
    const focused = this.#panel.contains(document.activeElement);
    this.#asked++;
    clearTimeout(this.#timer);
    this.#panel.hidden = true;
    this.#button.ariaExpanded = 'false';
    this.#list.replaceChildren();
    this.#more.hidden = true;
    this.#say('');
    if (focused) {
      this.#button.focus();
    }
  }

  /** expect waits for an upload: the storage tells of it a moment after it has come. */
  expect(id) {
    this.#awaited.add(id);
    if (this.open) {
      this.#refresh();
    }
  }

  #open() {
    this.#panel.hidden = false;
    this.#button.ariaExpanded = 'true';
    this.#refresh();
  }

  #say(text, bad = false) {
    this.#state.textContent = text;
    this.#state.classList.toggle('bad', bad);
  }

  /** refresh shows the first page, and looks again for a while for what is still awaited. */
  async #refresh(tries = 10) {
    clearTimeout(this.#timer);
    if (!this.#list.childElementCount) {
      this.#say('Loading…');
    }
    const page = await this.#ask('');
    if (!page) {
      return;
    }
    this.#list.replaceChildren(...page.data.map((upload) => this.#row(upload)));
    this.#more.hidden = !page.has_more;
    for (const { id } of page.data) {
      this.#awaited.delete(id);
    }
    this.#describe(page.has_more);
    if (this.#awaited.size && tries > 1) {
      this.#timer = setTimeout(() => this.#refresh(tries - 1), 1000);
    }
  }

  async #extend() {
    const page = await this.#ask(this.#list.lastElementChild.dataset.id);
    if (!page) {
      return;
    }
    const rows = page.data.map((upload) => this.#row(upload));
    this.#list.append(...rows);
    this.#more.hidden = !page.has_more;
    this.#describe(page.has_more);
    (rows[0]?.querySelector('button') ?? this.#button).focus(); // "Show more" may be gone
  }

  /** ask returns a page of uploads, or nothing if that failed or is of no use any more. */
  async #ask(after) {
    const asked = ++this.#asked;
    try {
      const page = await this.#load(after);
      return asked === this.#asked ? page : undefined;
    } catch (error) {
      if (asked === this.#asked) {
        this.#say(`The uploads could not be listed. ${error.message}`, true);
      }
      return undefined;
    }
  }

  #describe(more) {
    const count = this.#list.childElementCount;
    const awaited = this.#awaited.size ? ' What was just sent appears here in a moment.' : '';
    if (!count) {
      this.#say(awaited.trim() || 'Nothing yet. A file that is too large for a message is uploaded when the message is sent.');
    } else {
      this.#say(`${count}${more ? ' or more' : ''} upload${count === 1 && !more ? '' : 's'}, the newest first.${awaited}`);
    }
  }

  #row(upload) {
    const { id, name, size: bytes, created_at: seconds } = upload;
    const made = new Date(seconds * 1000);
    const row = element('li', {});
    row.dataset.id = id;
    const time = element('time', { dateTime: made.toISOString(), textContent: made.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }) });
    const facts = element('span', { className: 'hint' });
    facts.append(`${size(bytes)}, `, time);
    const what = element('div', {});
    what.append(element('span', { className: 'name', textContent: name }), facts);
    const use = button('Use', () => this.#use(upload));
    use.ariaLabel = `Use ${name}`;
    row.append(what, use);
    return row;
  }
}
