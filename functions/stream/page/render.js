'use strict';

// A line that opens or closes code is at most this long: to distinguish it from others, its beginning is
// kept until it has ended.
const maxFence = 256;

// Text nodes are not made longer than this, as a browser copies a node to append to it.
const maxNode = 4096;

/**
 * A Drawing shows a text that grows: paragraphs, split at blank lines, and code between
 * fences. It makes text nodes only: nothing in the text is markup. What has been shown stays,
 * so that the work for a text grows with its length, however it is cut into pieces.
 */
class Drawing {
  #element;
  #block = null; // a Paragraph or a Code; null between two
  #fence = ''; // that ends the block, if it is code
  #line = ''; // the begin of a line, as long as it may become a fence or a blank line
  #known = false; // the line is neither: the rest of it is text

  constructor(element) {
    this.#element = element;
  }

  write(piece) {
    const lines = piece.split('\n');
    for (const [i, part] of lines.entries()) {
      this.#part(part);
      if (i < lines.length - 1) {
        this.#newline();
      }
    }
  }

  /** end shows what was kept back because more could have followed. */
  end() {
    if (!this.#known && this.#line && !this.#marks()) {
      this.#text(this.#line);
    }
    this.#block?.end();
  }

  #part(part) {
    if (this.#known) {
      this.#text(part);
      return;
    }
    this.#line += part;
    if (!this.#undecided()) {
      this.#known = true;
      this.#text(this.#line);
    }
  }

  #undecided() {
    if (this.#line.length > maxFence) {
      return false;
    }
    const line = this.#line.trim();
    return this.#fence ? this.#fence.startsWith(line) : /^(`{0,2}|~{0,2}|`{3,}[^`]*|~{3,}[^`]*)$/.test(line);
  }

  #newline() {
    if (this.#known || !this.#marks()) {
      this.#text(this.#known ? '' : this.#line);
      this.#block?.newline();
    }
    this.#line = '';
    this.#known = false;
  }

  /** marks reports whether the whole line is a fence or blank, and does what that means. */
  #marks() {
    const line = this.#line.trim();
    if (this.#fence) {
      if (line !== this.#fence) {
        return false;
      }
      this.#fence = '';
      this.#close();
      return true;
    }
    const [, fence] = line.match(/^(`{3,}|~{3,})[^`]*$/) ?? [];
    if (line && !fence) {
      return false;
    }
    this.#close();
    if (fence) {
      this.#fence = fence;
      this.#block = new Code(this.#element);
    }
    return true;
  }

  #text(text) {
    if (text) {
      this.#block ??= new Paragraph(this.#element);
      this.#block.write(text);
    }
  }

  #close() {
    this.#block?.end();
    this.#block = null;
  }
}

/** Code shows all that it is given, but the last line break. */
class Code {
  #element = document.createElement('code');
  #newline = '';

  constructor(parent) {
    const pre = document.createElement('pre');
    pre.tabIndex = 0; // so that the keyboard can scroll it
    pre.append(this.#element);
    parent.append(pre);
  }

  write(text) {
    append(this.#element, this.#newline + text);
    this.#newline = '';
  }

  newline() {
    append(this.#element, this.#newline);
    this.#newline = '\n';
  }

  end() {}
}

/** A Paragraph shows what is between two backticks as code, and no white space at its end. */
class Paragraph {
  #parent;
  #element = document.createElement('p');
  #space = ''; // shown once something follows
  #before = ''; // what was shown last
  #span = null; // the text after a backtick: { start, text, closed }

  constructor(parent) {
    this.#parent = parent;
  }

  write(text) {
    const shown = text.trimEnd();
    if (shown) {
      this.#show(this.#space + shown);
      this.#space = '';
    }
    this.#space += text.slice(shown.length);
  }

  newline() {
    this.#space += '\n';
  }

  end() {
    this.#settle('');
  }

  // A span is one or more characters, no line break among them, between two backticks that
  // stand alone.
  #show(text) {
    if (!this.#before) {
      this.#parent.append(this.#element);
    }
    for (const part of text.split(/(`|\n)/).filter(Boolean)) {
      this.#settle(part);
      if (part === '`' && !this.#span && this.#before !== '`') {
        const start = document.createTextNode(part);
        this.#span = { start, text: '', closed: false };
        this.#element.append(start);
      } else {
        append(this.#element, part);
        if (part === '`' && this.#span?.text) {
          this.#span.closed = true; // unless another one follows
        } else if (part === '`' || part === '\n') {
          this.#span = null;
        } else if (this.#span) {
          this.#span.text += part;
        }
      }
      this.#before = part;
    }
  }

  /** settle makes code of a span that is closed, now that it is known what follows. */
  #settle(next) {
    if (!this.#span?.closed) {
      return;
    }
    const { start, text } = this.#span;
    this.#span = null;
    if (next !== '`') {
      while (this.#element.lastChild !== start) {
        this.#element.lastChild.remove();
      }
      start.remove();
      const inline = document.createElement('code');
      append(inline, text);
      this.#element.append(inline);
    }
  }
}

/** append adds a text, to the node at the end if there is room. */
function append(element, text) {
  if (!text) {
    return;
  }
  const last = element.lastChild;
  // Half a character has to stay with its other half.
  if (last?.nodeType === 3 && (last.length < maxNode || /[\ud800-\udbff]$/.test(last.data))) {
    last.appendData(text);
  } else {
    element.append(document.createTextNode(text));
  }
}

if (typeof module === 'object') { // in tests, which are not in a browser
  module.exports = { Drawing };
}
