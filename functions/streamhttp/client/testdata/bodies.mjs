// Requests with every kind of body that fetch takes, for Node.js and browsers. Each has
// arguments(url), which makes the arguments of fetch, and says what has to arrive: the
// bytes (a function of what arrived, for those that cannot be known), and the type.

const bytes = Uint8Array.from({ length: 256 * 300 }, (_, i) => i ^ (i >> 8)); // no valid UTF-8
const text = 'Grüße 🌍\r\n\u0000';
const utf8 = new TextEncoder().encode(text);

const post = (body, rest = {}) => (url) => [url, { method: 'POST', body, ...rest }];

function streamOf(...chunks) {
  return new ReadableStream({
    pull(controller) {
      if (chunks.length === 0) {
        controller.close();
      } else {
        controller.enqueue(chunks.shift());
      }
    },
  });
}

function form() {
  const form = new FormData();
  form.append('text', 'Grüße');
  form.append('file', new File([bytes], 'ü x.bin', { type: 'image/png' }));
  form.append('file', new Blob([utf8]), 'b.txt');
  return form;
}

const plain = 'text/plain;charset=UTF-8';

export const cases = {
  'string': { arguments: post(text), bytes: utf8, type: plain },
  'string with a type': { arguments: post('{"a":"ü"}', { headers: { 'Content-Type': 'application/json' } }), bytes: new TextEncoder().encode('{"a":"ü"}'), type: 'application/json' },
  'string, empty': { arguments: post(''), bytes: new Uint8Array(), type: plain },
  'string with a lone surrogate': { arguments: post('a\uD800'), bytes: new TextEncoder().encode('a\uFFFD'), type: plain },
  'URLSearchParams': { arguments: post(new URLSearchParams({ q: 'ü +&', r: '' })), bytes: new TextEncoder().encode('q=%C3%BC+%2B%26&r='), type: 'application/x-www-form-urlencoded;charset=UTF-8' },
  'FormData with files': { arguments: (url) => post(form())(url), form: true, type: /^multipart\/form-data; ?boundary=/ },
  'Blob': { arguments: post(new Blob([bytes, text])), bytes: new Uint8Array([...bytes, ...utf8]), type: null },
  'Blob with a type': { arguments: post(new Blob([bytes], { type: 'image/png' })), bytes, type: 'image/png' },
  'File': { arguments: post(new File([bytes], 'x.bin', { type: 'application/pdf' })), bytes, type: 'application/pdf' },
  'ArrayBuffer': { arguments: post(bytes.slice().buffer), bytes, type: null },
  'Uint8Array with an offset': { arguments: post(bytes.subarray(7, 1000)), bytes: bytes.slice(7, 1000), type: null },
  'Uint16Array with an offset': { arguments: post(new Uint16Array(bytes.slice().buffer, 8, 100)), bytes: bytes.slice(8, 208), type: null },
  'Float64Array': { arguments: post(new Float64Array([0, -1.5, NaN])), bytes: new Uint8Array(new Float64Array([0, -1.5, NaN]).buffer), type: null },
  'DataView with an offset': { arguments: post(new DataView(bytes.slice().buffer, 3, 500)), bytes: bytes.slice(3, 503), type: null },
  'ReadableStream': { arguments: (url) => post(streamOf(bytes.slice(), utf8.slice()))(url), bytes: new Uint8Array([...bytes, ...utf8]), type: null },
  'ReadableStream with a type': { arguments: (url) => post(streamOf(utf8.slice()), { duplex: 'half', headers: [['content-type', 'text/x']] })(url), bytes: utf8, type: 'text/x' },
  'ReadableStream, empty': { arguments: (url) => post(streamOf())(url), bytes: new Uint8Array(), type: null },
  'null': { arguments: post(null), bytes: new Uint8Array(), type: null },
  'none': { arguments: (url) => [url, { method: 'DELETE' }], bytes: new Uint8Array(), type: null, method: 'DELETE' },
  'URL object': { arguments: (url) => [new URL(url), { method: 'PUT', body: text }], bytes: utf8, type: plain, method: 'PUT' },
  'Request': { arguments: (url) => [new Request(url, { method: 'PATCH', body: bytes, headers: { 'x-own': '1' } })], bytes, type: null, method: 'PATCH' },
  'Request with FormData': { arguments: (url) => [new Request(url, { method: 'POST', body: form() })], form: true, type: /^multipart\/form-data; ?boundary=/ },
  'Request with another body': { arguments: (url) => [new Request(url, { method: 'POST', body: 'not this' }), { body: bytes }], bytes, type: plain },
  'Request as init': { arguments: (url) => [url, new Request(url, { method: 'POST', body: bytes })], bytes, type: null },
  'a wrong hash of its own': { arguments: post(text, { headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } }), bytes: utf8, type: plain },
  'over 1 MiB': { arguments: (url) => post(new Uint8Array(1048577).fill(0xff))(url), bytes: new Uint8Array(1048577).fill(0xff), type: null },
};

/**
 * check sends one case by a fetch to a server that answers with what arrived, in JSON:
 * method, sha256 (of the body), hash (of the header), type, length. It returns what is
 * wrong, or nothing.
 */
export async function check(fetch, url, test) {
  const wrong = [];
  const expect = (what, got, want) => {
    if (want instanceof RegExp ? !want.test(got) : got !== want) {
      wrong.push(`${what} = ${got}, want ${want}`);
    }
  };
  const response = await fetch(...test.arguments(url));
  if (!response.ok) {
    return [`status ${response.status}: ${await response.text()}`];
  }
  const got = await response.json();
  expect('method', got.method, test.method ?? 'POST');
  expect('hash', got.hash, got.sha256);
  expect('type', got.type, test.type);
  if (test.form) {
    // Read back with the boundary of the header that arrived.
    const read = await new Response(Uint8Array.from(atob(got.body), (c) => c.charCodeAt(0)), { headers: { 'content-type': got.type } }).formData();
    const [file, second] = read.getAll('file');
    expect('text', read.get('text'), 'Grüße');
    expect('file', [file.name, file.type, file.size].join(), ['ü x.bin', 'image/png', bytes.length].join());
    expect('bytes of the file', String(new Uint8Array(await file.arrayBuffer())), String(bytes));
    expect('second file', await second.text(), text);
  } else {
    expect('length', got.length, test.bytes.length);
    expect('sha256', got.sha256, await sha256(test.bytes));
  }
  return wrong;
}

async function sha256(bytes) {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((b) => b.toString(16).padStart(2, '0')).join('');
}
