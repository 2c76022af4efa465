'use strict';

// The signer over a table of Lambda@Edge events, testdata/*.json: each file holds a
// whole origin-request event and what becomes of it ("set" and "removed" headers, the
// "status" of a response, or an "error"). All else must come out as it went in.
// Digests were made with sha256sum, never with the code under test: see "vector".

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { handler } = require('./index.js');

const HASH = 'x-amz-content-sha256';
const AUTHORIZATION = 'authorization';
const RELOCATED = 'x-forwarded-authorization';
const MIB = 1024 * 1024;

// Headers which an origin-request function may not add, change or delete: CloudFront
// answers 502 (documented, CloudFront Developer Guide, "Restrictions on edge functions").
const READ_ONLY = [
  'accept-encoding', 'cdn-loop', 'content-length', 'if-modified-since', 'if-none-match',
  'if-range', 'if-unmodified-since', 'transfer-encoding', 'via',
];
const DISALLOWED = [
  'client-cert', 'client-cert-chain', 'cloudfront-viewer-cert-pem', 'connection', 'expect',
  'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'trailer',
  'upgrade', 'x-accel-buffering', 'x-accel-charset', 'x-accel-limit-rate', 'x-accel-redirect',
  'x-amzn-auth', 'x-amzn-cf-billing', 'x-amzn-cf-id', 'x-amzn-cf-xff', 'x-amzn-errortype',
  'x-amzn-fle-profile', 'x-amzn-header-count', 'x-amzn-header-order',
  'x-amzn-lambda-integration-tag', 'x-amzn-requestid', 'x-cache', 'x-forwarded-proto', 'x-real-ip',
];
const DISALLOWED_PREFIXES = ['x-amz-cf-', 'x-edge-'];

const cases = fs
  .readdirSync(path.join(__dirname, 'testdata'))
  .map((file) => ({ file, ...load(file) }));

function load(file) {
  return JSON.parse(fs.readFileSync(path.join(__dirname, 'testdata', file), 'utf8'));
}

/** The request of an event file, to be changed and wrapped again by eventOf. */
function requestOf(file) {
  return load(file).event.Records[0].cf.request;
}

function eventOf(request) {
  const event = load('get.json').event;
  event.Records[0].cf.request = request;
  return event;
}

/** Runs the handler as Lambda does, on JSON in and out; anything it prints is a failure. */
async function run(t, event) {
  const printed = [];
  const spy = (...args) => printed.push(args);
  const spies = Object.keys(console)
    .filter((name) => typeof console[name] === 'function')
    .map((name) => t.mock.method(console, name, spy));
  for (const stream of [process.stdout, process.stderr]) spies.push(t.mock.method(stream, 'write', spy));
  try {
    return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(event)))));
  } finally {
    for (const { mock } of spies) mock.restore();
    assert.deepEqual(printed, [], 'the signer printed something');
  }
}

/** Header values by name, once the shape is checked against Lambda@Edge's rules. */
function values(headers) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, list]) => {
      assert.equal(name, name.toLowerCase());
      assert.ok(Array.isArray(list) && list.length > 0, `${name} is a non-empty list`);
      for (const { key, value } of list) {
        assert.equal((key ?? name).toLowerCase(), name);
        assert.equal(typeof value, 'string');
      }
      return [name, list.map(({ value }) => value)];
    }),
  );
}

/** Fails unless got is the request of the event with exactly the wanted header changes. */
function assertRequest(got, event, want) {
  const { headers: gotHeaders, ...gotRest } = got;
  const { headers: sentHeaders, ...sentRest } = event.Records[0].cf.request;
  const wantHeaders = { ...values(sentHeaders), ...want.set };
  for (const name of want.removed) delete wantHeaders[name];
  assert.deepEqual(values(gotHeaders), wantHeaders);
  assert.deepEqual(gotRest, sentRest);
}

/** Fails unless got is a generated response that CloudFront takes from origin-request. */
function assertResponse(got, status) {
  assert.equal(got.status, status, 'the status is a string');
  assert.match(got.status, /^[2-5]\d\d$/);
  assert.equal(typeof got.body, 'string');
  const fields = ['body', 'bodyEncoding', 'headers', 'status', 'statusDescription'];
  for (const field of Object.keys(got)) assert.ok(fields.includes(field), `response field ${field}`);
  assert.ok(Buffer.byteLength(JSON.stringify(got)) < 1e6, 'CloudFront takes at most 1 MB');
  for (const name of Object.keys(values(got.headers))) assertAllowed(name);
}

function assertAllowed(name) {
  assert.ok(!READ_ONLY.includes(name), `${name} is read-only`);
  assert.ok(!DISALLOWED.includes(name), `${name} is disallowed`);
  for (const prefix of DISALLOWED_PREFIXES) assert.ok(!name.startsWith(prefix), `${name} is disallowed`);
}

describe('event files', () => {
  for (const { file, name, event, want } of cases) {
    test(`${file}: ${name}`, async (t) => {
      if (want.error) {
        await assert.rejects(run(t, event), (err) => err.message.includes(want.error));
        return;
      }
      const got = await run(t, event);
      if (want.status) assertResponse(got, want.status);
      else assertRequest(got, event, want);
    });
  }
});

describe('bodies up to the limit', () => {
  // A body of exactly 1 MiB is exposed whole. Where it ends, base64 padding differs.
  const vectors = {
    'head -c 1048576 /dev/zero | sha256sum': [
      Buffer.alloc(MIB),
      '30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58',
    ],
    'yes streamfront | head -c 1048576 | sha256sum': [
      Buffer.alloc(MIB, 'streamfront\n'),
      'd1935ab02997843fa9c721c7475f8af124f0d5d1c9051ecebdaf8c6bf8192e67',
    ],
    'yes streamfront | head -c 1048575 | sha256sum': [
      Buffer.alloc(MIB - 1, 'streamfront\n'),
      'b69addea2ed27a988a83dc653429b6ad2a6957a03b18eddae60ba8148200bfd1',
    ],
  };
  for (const [command, [bytes, digest]] of Object.entries(vectors)) {
    test(command, async (t) => {
      const request = requestOf('put-binary.json');
      request.headers['content-length'][0].value = String(bytes.length);
      request.body.data = bytes.toString('base64');
      const event = eventOf(request);
      assertRequest(await run(t, event), event, { set: { [HASH]: [digest] }, removed: [] });
    });
  }

  test('1 MiB + 1 byte, cut by CloudFront: the hash of the whole is not replaced', async (t) => {
    const request = requestOf('post-truncated-sent-hash.json');
    request.body.data = Buffer.alloc(MIB).toString('base64');
    const { want } = load('post-truncated-sent-hash.json');
    const event = eventOf(request);
    assertRequest(await run(t, event), event, want);
  });
});

describe('the query', () => {
  // What stands raw in a query is encoded, once; all else stays as it is, in its order.
  for (const [query, want] of Object.entries(require('../testdata/queries.json'))) {
    for (const file of ['get.json', 'post-abc.json']) {
      test(`${query} of ${file}`, async (t) => {
        const request = requestOf(file);
        request.querystring = query;
        const got = await run(t, eventOf(request));
        assert.equal(got.querystring, want);
        assert.deepEqual([...new URLSearchParams(got.querystring)], [...new URLSearchParams(query)], 'it decodes to the same');
        assert.equal((await run(t, eventOf(got))).querystring, want, 'never twice');
        assert.equal(got.uri, request.uri);
      });
    }
  }

  test('of half a character: rejects', async (t) => {
    const request = requestOf('get.json');
    request.querystring = 'q=\ud800';
    await assert.rejects(run(t, eventOf(request)), URIError);
  });
});

describe('underscores', () => {
  const spoofed = [
    'x_forwarded_authorization', 'x-forwarded_authorization', 'x_forwarded_host', 'x_forwarded_for', 'x_forwarded_proto', 'x_amz_content_sha256',
    'x_amzn_trace_id', 'x-amzn_request_context', 'x_real_ip', 'cloudfront_viewer_address', 'cloudfront-viewer_country', 'client_cert',
    'x-streamfront-claims', 'x_streamfront_claims',
  ];
  for (const file of ['get-authorization.json', 'post-authorization.json', 'delete-no-body.json']) {
    test(`${file}: no header differs from a trusted one by underscores alone`, async (t) => {
      const { want } = load(file);
      const request = requestOf(file);
      for (const name of ['x_request_id', 'api_key', '_', 'x_forwarded']) request.headers[name] = [{ key: name, value: 'own' }];
      const event = eventOf(JSON.parse(JSON.stringify(request)));
      for (const name of spoofed) event.Records[0].cf.request.headers[name] = [{ key: name, value: 'spoofed' }];
      assertRequest(await run(t, event), eventOf(request), want);
    });
  }
});

describe("the viewer's hash", () => {
  const digits = '0123456789abcdef'.repeat(4);
  const malformed = {
    empty: '',
    '63 digits': digits.slice(1),
    '65 digits': `${digits}0`,
    'a letter past f': `${digits.slice(1)}g`,
    'a space before': ` ${digits}`,
    'a line feed after': `${digits}\n`,
    'two joined by a comma': `${digits},${digits}`,
    'in base64': 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
    streaming: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  };
  for (const [name, value] of Object.entries(malformed)) {
    test(`${name}: 413 for a truncated POST, removed from a DELETE`, async (t) => {
      const post = requestOf('post-truncated-sent-hash.json');
      post.headers[HASH][0].value = value;
      assertResponse(await run(t, eventOf(post)), '413');

      const del = requestOf('delete-no-body-sent-hash.json');
      del.headers[HASH][0].value = value;
      const event = eventOf(del);
      assertRequest(await run(t, event), event, { set: {}, removed: [HASH] });
    });
  }
});

describe('the rules of CloudFront', () => {
  const exposed = { inputTruncated: false, action: 'read-only', encoding: 'base64', data: 'YWJj' };
  const bodies = {
    'no body': undefined,
    'a body': exposed,
    'a truncated body': { ...exposed, inputTruncated: true },
  };
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    for (const [name, body] of Object.entries(bodies)) {
      test(`${method} with ${name}: only the three headers of the contract change`, async (t) => {
        const request = requestOf('post-truncated-sent-hash.json');
        request.method = method;
        request.body = body;
        request.headers[RELOCATED] = [{ value: 'Bearer spoofed' }];
        for (const header of READ_ONLY) request.headers[header] = [{ value: 'as sent' }];
        const got = await run(t, eventOf(request));

        const before = values(request.headers);
        const after = values(got.headers);
        const changed = Object.keys({ ...before, ...after }).filter(
          (header) => String(before[header]) !== String(after[header]),
        );
        for (const header of changed) {
          assertAllowed(header);
          assert.ok([HASH, AUTHORIZATION, RELOCATED].includes(header), `${header} changed`);
        }
        assert.deepEqual(after[RELOCATED], ['Bearer token-1']);
        assert.equal(after[AUTHORIZATION], undefined);
      });
    }
  }

  test('every method and all event files are covered', () => {
    const methods = new Set(cases.map(({ event }) => event.Records[0].cf.request.method));
    assert.deepEqual([...methods].sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
  });
});

describe('413', () => {
  test('is a problem document that says the limit and both ways out', async (t) => {
    const got = await run(t, load('post-truncated.json').event);
    assertResponse(got, '413');
    assert.equal(got.statusDescription, 'Content Too Large');
    assert.deepEqual(values(got.headers), {
      'content-type': ['application/problem+json'],
      'cache-control': ['no-store'],
    });
    assert.equal(got.bodyEncoding ?? 'text', 'text');

    const { detail, error, ...problem } = JSON.parse(got.body);
    assert.deepEqual(error, { message: detail, type: 'invalid_request_error', param: null, code: 'payload_hash_required' });
    assert.deepEqual(problem, {
      type: 'about:blank',
      title: 'Content Too Large',
      status: 413,
      code: 'payload_hash_required',
      limit: MIB,
    });
    for (const words of [HASH, 'SHA-256', 'hex', '1 MiB', '1048576', '6 MiB', '4.5 MB', 'presigned']) {
      assert.ok(detail.includes(words), `detail says ${words}: ${detail}`);
    }
  });

  test('says nothing of the request', async (t) => {
    const one = await run(t, load('post-truncated.json').event);
    assert.deepEqual(await run(t, load('delete-truncated.json').event), one);
    assert.ok(!JSON.stringify(one).includes('token-1'));
  });
});

describe('errors', () => {
  // Lambda@Edge turns a rejected promise into a 503; only a request that comes back goes on.
  const malformed = {
    'no records': () => ({}),
    'no headers': () => eventOf({ ...requestOf('post-abc.json'), headers: undefined }),
    'a body without encoding': () => eventOf({ ...requestOf('post-abc.json'), body: { data: 'YWJj' } }),
    'an encoding in upper case': () => {
      const request = requestOf('post-abc.json');
      request.body.encoding = 'BASE64';
      return eventOf(request);
    },
  };
  for (const [name, make] of Object.entries(malformed)) {
    test(`${name}: rejects`, async (t) => {
      await assert.rejects(run(t, make()));
    });
  }

  test('a change that does not take effect throws', async () => {
    const { event } = load('post-abc.json');
    Object.freeze(event.Records[0].cf.request.headers);
    await assert.rejects(handler(event), TypeError);
  });

  test('the message holds nothing of the body', async (t) => {
    const { event } = load('post-text-encoding.json');
    event.Records[0].cf.request.body.data = 'secret';
    await assert.rejects(run(t, event), (err) => !err.message.includes('secret'));
  });
});
