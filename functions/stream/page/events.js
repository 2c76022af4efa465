'use strict';

/**
 * EventReader takes the data of server-sent events out of a stream, however it is cut:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.
 * Comments and fields other than data are read over.
 */
class EventReader {
  #decoder = new TextDecoder(); // keeps the first bytes of a character for the next chunk
  #line = '';
  #data = []; // of the event that has begun
  #afterCR = false;

  /** push returns the data of the events that end with this chunk of bytes. */
  push(bytes) {
    const complete = [];
    let text = this.#decoder.decode(bytes, { stream: true });
    if (this.#afterCR && text.startsWith('\n')) {
      text = text.slice(1); // of a line break that was cut in two
    }
    if (text) {
      this.#afterCR = text.endsWith('\r');
    }
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = this.#line + lines[0];
    this.#line = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length) {
          complete.push(this.#data.join('\n'));
        }
        this.#data = [];
      } else if (line === 'data' || line.startsWith('data:')) {
        this.#data.push(line.slice(5).replace(/^ /, ''));
      }
    }
    return complete;
  }
}

/** events yields the data of each event of a response's body. */
async function* events(body) {
  const reader = body.getReader();
  const parser = new EventReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => {}); // a caller that stops reading wants no more
  }
}

if (typeof module === 'object') { // in tests, which are not in a browser
  module.exports = { EventReader, events };
}
