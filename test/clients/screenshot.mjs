// Screenshots for docs, which 'make screenshots' takes: it sets SCREENSHOTS to their
// folder. PNGs of 256 colours are a third as large as what a browser writes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** skipped is the option of a test that takes a screenshot. Its name begins with "screenshot". */
export const skipped = process.env.SCREENSHOTS ? false : "'make screenshots' takes it";

/** screenshot writes what the page shows into the folder. */
export async function screenshot(page, name) {
  const png = await page.screenshot({ animations: 'disabled' });
  const blank = await page.context().browser().newPage();
  try {
    const { width, height, palette, pixels } = await blank.evaluate(quantize, png.toString('base64'));
    writeFileSync(join(process.env.SCREENSHOTS, name), encode(width, height, Buffer.from(palette), Buffer.from(pixels, 'base64')));
  } finally {
    await blank.close();
  }
}

/** quantize runs in a browser. It keeps the most frequent colours and maps the others to them. */
async function quantize(png) {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const data = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const color of data) {
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const channels = (c) => [c & 255, (c >> 8) & 255, (c >> 16) & 255];
  const kept = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([color]) => channels(color));
  const index = new Map();
  for (const color of counts.keys()) {
    const [r, g, b] = channels(color);
    let best = 0;
    let least = Infinity;
    kept.forEach(([r2, g2, b2], i) => {
      const distance = (r - r2) ** 2 + (g - g2) ** 2 + (b - b2) ** 2;
      if (distance < least) {
        [least, best] = [distance, i];
      }
    });
    index.set(color, best);
  }
  let pixels = '';
  for (const color of data) {
    pixels += String.fromCharCode(index.get(color));
  }
  return { width, height, palette: kept.flat(), pixels: btoa(pixels) };
}

/** encode writes a PNG with a palette (https://www.w3.org/TR/png-3/). */
function encode(width, height, palette, pixels) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, with palette
  const rows = Buffer.alloc((width + 1) * height); // each begins with its filter, 0: none
  for (let y = 0; y < height; y++) {
    pixels.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header), chunk('PLTE', palette), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

function crc(bytes) {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    }
  }
  return ~c >>> 0;
}
