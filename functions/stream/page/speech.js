'use strict';

/**
 * Speech gives a screen reader whole sentences, not tokens, and not too often. It looks at
 * each piece of an answer once: an answer without the end of a sentence is as long as any.
 */
class Speech {
  #announce;
  #now;
  #last = 0; // when it spoke
  #sentences = ''; // what was not said yet, up to the end of a sentence
  #begun = ''; // what follows that
  #before = ''; // the last character of it

  constructor(announce, now = () => performance.now()) {
    this.#announce = announce;
    this.#now = now;
  }

  say(piece) {
    const text = this.#before + piece; // what ends a sentence is known by what follows it
    let end = -1;
    for (const { index } of text.matchAll(/[.!?:\n](?=\s)/g)) {
      end = index + 1 - this.#before.length;
    }
    if (end >= 0) {
      this.#sentences += this.#begun + piece.slice(0, end);
      this.#begun = '';
      piece = piece.slice(end);
    }
    this.#begun += piece;
    this.#before = text.slice(-1);
    if (this.#sentences && this.#now() - this.#last > 2000) {
      this.#last = this.#now();
      this.#announce(this.#sentences);
      this.#sentences = '';
    }
  }

  end(remark) {
    this.#announce(`${this.#sentences}${this.#begun} ${remark}`);
  }
}

if (typeof module === 'object') { // in tests, which are not in a browser
  module.exports = { Speech };
}
