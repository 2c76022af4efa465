// A fetch that sends the SHA-256 of the body along, in x-amz-content-sha256: what a Lambda
// function URL behind CloudFront with origin access control asks for where nobody hashes at
// the edge. For browsers and for Node.js 20 or newer; no dependencies.

/**
 * The size in bytes up to which a body is hashed at the edge, on a route with payload hash
 * EDGE: 1 MB (documented). AWS does not say whether that is 1 MiB; this is the smaller one,
 * as a hash that is not needed does no harm.
 */
export const edgeLimit = 1000000;

// An invocation takes 6 MiB; a binary body stands in it as base64, a third longer.
const textLimit = 6291456;
const binaryLimit = textLimit / 4 * 3;
const textType = /^\s*(text\/|(application\/(json|xml|javascript)|[^\s;]+\+(json|xml))\s*(;|$))/i;

/** The body is larger than what a function takes, so the request was not sent. */
export class BodyTooLargeError extends Error {
  constructor(limit, kind) {
    super(`the body has over ${limit} bytes, the most that a Lambda function takes of a ${kind} body: `
      + 'upload it to S3 by a presigned URL and send a reference');
    this.name = 'BodyTooLargeError';
    this.limit = limit;
  }
}

/**
 * createFetch returns a fetch that hashes the bodies of all requests but GET and HEAD.
 *
 * onlyAbove: bodies of up to so many bytes go without a hash. For EDGE routes set edgeLimit:
 * only larger bodies need one there, and those of DELETE, which have one all the same since
 * the edge may not see them. Default 0: every body gets one, as on CLIENT routes.
 * fetch: what sends the request. Default: the fetch of the platform.
 *
 * A body is read as a whole before it is sent, a stream too. The promise is rejected with a
 * BodyTooLargeError if it is over 6 MiB of text or JSON, or 4.5 MiB of anything else.
 */
export function createFetch({ onlyAbove = 0, fetch = globalThis.fetch } = {}) {
  return async (input, init) => {
    // Not every browser takes a stream for a Request, so it is read past it.
    const stream = !(init instanceof Request) && init?.body instanceof ReadableStream ? init.body : undefined;
    const request = new Request(input, stream ? { ...init, body: new Uint8Array() } : init);
    const { method, headers, signal, referrer, referrerPolicy } = request;
    if (method === 'GET' || method === 'HEAD') {
      return fetch(request);
    }
    // This type is the one that is sent, with the boundary of a FormData in it.
    const [limit, kind] = textType.test(headers.get('content-type')) ? [textLimit, 'text'] : [binaryLimit, 'binary'];
    const source = stream ?? request.body;
    // A Blob, for Node.js 20 cannot send an ArrayBuffer again after a redirect.
    const body = source ? await read(source, limit, kind, signal) : await request.blob();
    if (body.size > limit) {
      throw new BodyTooLargeError(limit, kind);
    }
    if (onlyAbove === 0 || body.size > onlyAbove || (method === 'DELETE' && body.size > 0)) {
      headers.set('x-amz-content-sha256', await sha256(await body.arrayBuffer()));
    }
    // A Request that is made of another keeps all but the referrer.
    return fetch(new Request(request, { body, headers, referrer, referrerPolicy }));
  };
}

// By hand, for the limit and the signal to end a stream that does not end by itself.
async function read(stream, limit, kind, signal) {
  const reader = stream.getReader();
  const cancel = () => reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', cancel);
  try {
    const chunks = [];
    for (let size = 0; ;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) {
        return new Blob(chunks);
      }
      if (Object.prototype.toString.call(value) !== '[object Uint8Array]') {
        throw new TypeError(`the stream of the body has a chunk of type ${typeof value}: want Uint8Array, as of TextEncoderStream`);
      }
      size += value.byteLength;
      if (size > limit) {
        throw new BodyTooLargeError(limit, kind);
      }
      chunks.push(value);
    }
  } catch (error) {
    cancel();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) {
    throw new Error(`no SHA-256 at ${globalThis.location?.origin}: browsers have crypto.subtle for https and localhost only`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
