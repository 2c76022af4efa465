'use strict';

/**
 * blocks splits a text at blank lines and at fences of code. Every block but the last one
 * stays as it is when the text grows: only that has to be drawn again.
 *
 * It returns [{ code: boolean, text, end }], where end is the offset after the block; a
 * fence that is not closed yet is code.
 */
function blocks(text) {
  const found = [];
  let start = 0; // of the block
  let fence = ''; // that ends the block, if it is code
  const add = (end, next) => {
    const content = text.slice(start, Math.max(start, end));
    if (fence || content.trim()) {
      found.push({ code: fence !== '', text: content, end: next });
    }
    start = next;
  };
  for (let at = 0, next; at < text.length; at = next) {
    const newline = text.indexOf('\n', at);
    next = newline < 0 ? text.length : newline + 1;
    const line = text.slice(at, next).trim();
    if (fence) {
      if (line === fence) {
        add(at - 1, next); // without the line break before the fence
        fence = '';
      }
      continue;
    }
    const opening = line.match(/^(`{3,}|~{3,})[^`]*$/);
    if (opening) {
      add(at, at);
      start = next;
      fence = opening[1];
    } else if (line === '' && newline >= 0) {
      add(at, next);
    }
  }
  if (start < text.length || fence) {
    add(text.length, text.length);
  }
  return found;
}

/** Drawing shows a text that grows. It makes text nodes only: nothing in it is markup. */
class Drawing {
  #drawn = 0; // blocks that are final
  #offset = 0; // where the first that is not begins

  constructor(element) {
    this.element = element;
  }

  update(text) {
    const open = blocks(text.slice(this.#offset));
    while (this.element.childNodes.length > this.#drawn) {
      this.element.lastChild.remove();
    }
    for (const [i, block] of open.entries()) {
      this.element.append(block.code ? code(block.text) : paragraph(block.text));
      if (i < open.length - 1) {
        this.#drawn++;
      }
    }
    if (open.length > 1) {
      this.#offset += open[open.length - 2].end;
    }
  }
}

function code(text) {
  const pre = document.createElement('pre');
  pre.tabIndex = 0; // so that the keyboard can scroll it
  pre.append(document.createElement('code'));
  pre.firstChild.textContent = text;
  return pre;
}

function paragraph(text) {
  const p = document.createElement('p');
  for (const [i, part] of text.trimEnd().split(/(?<!`)`([^`\n]+)`(?!`)/).entries()) {
    if (i % 2) {
      const inline = document.createElement('code');
      inline.textContent = part;
      p.append(inline);
    } else {
      p.append(part);
    }
  }
  return p;
}

if (typeof module === 'object') { // in tests, which are not in a browser
  module.exports = { blocks };
}
