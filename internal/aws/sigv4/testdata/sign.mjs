// Signs random requests with two public signers of the npm registry, and prints each
// request as it goes over the wire, as one line of JSON. The Go test beside it verifies
// them. What signers and specification are asked to agree on is made by random*(); where
// they do not agree, the comment there says so.
//
//   node sign.mjs '{"seed": 1, "count": 10, "date": "2026-11-21T23:58:00Z", "region": "eu-west-1", "credentials": [...]}'

import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import aws4 from 'aws4'

const options = JSON.parse(process.argv[2])
const host = `abc.lambda-url.${options.region}.on.aws`

// A small generator with a seed (mulberry32): the same batch in every run.
let state = options.seed
function random(n) {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) % n
}
const pick = (...from) => from[random(from.length)]
const many = (most, make) => Array.from({ length: random(most + 1) }, make)

// No empty segments, "." or "..": the specification normalizes these away for every
// service but Amazon S3, and so do these two signers; the Go library leaves them, and the
// verifier with it. What a function URL does is not known.
function randomPath() {
  const piece = () => pick('a', 'Z', '0', '%20', '+', '(', ')', '%C3%BC', '%c3%bc', '%2F', '%25', '~', '-', '_', ':', '@', '!', '$', '*', "'", ',', '=', ';', '&')
  const segments = many(3, () => pick('a', 'B', '1', '%20', '*') + many(4, piece).join(''))
  return '/' + segments.join('/') + (segments.length > 0 ? pick('', '', '/') : '')
}

function randomQuery() {
  const name = () => pick('', 'a', 'b', 'A', 'a1', 'a-', 'key', 'f[0]', 'f%5B0%5D', 'x*', '%C3%BC', 'x%20y', 'x+y', "(q')", 'z_', 'z~', '10', '9')
  const piece = () => pick('v', 'V', '0', '+', '%20', '%2B', '%2F', '%2f', '/', '%C3%BC', '%c3%bc', '=', '[', ']', '*', '!', "'", '(', ')', '~', ':', '@', ',', ';', '?', '%26', '%25', '%3D')
  return many(5, () => name() + pick('', '=', '=' + many(4, piece).join(''), '=' + piece())).join('&')
}

// Spaces only: both signers fold tabs, too, of which the specification does not speak. The
// verifier is the stricter.
function randomHeaders() {
  const headers = {}
  const names = ['Accept', 'Content-Type', 'X-Amz-Meta', 'x-amz-source-arn', 'X-Custom', 'x-a', 'X-A-B', 'Via', 'X-Forwarded-For', 'User-Agent', 'X-Amzn-Trace-Id', 'Range', 'Cache-Control']
  for (const name of many(5, () => pick(...names))) {
    headers[name] = many(6, () => pick('a', 'B c', ' ', '  ', '"x  y"', ',', ', ', ';=/', '%20', '(z)')).join('') + pick('', ' ', '  ')
  }
  return headers
}

function randomRequest() {
  const body = Buffer.from(many(20, () => pick(0, 10, 32, 97, 98, 99, 195, 255)))
  const headers = randomHeaders()
  if (random(2) === 0) {
    headers[pick('X-Amz-Content-Sha256', 'x-amz-content-sha256')] = createHash('sha256').update(body).digest('hex')
  }
  if (body.length > 0) headers['Content-Length'] = String(body.length)
  return {
    method: pick('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    path: randomPath(), query: randomQuery(), headers, body, credentials: pick(...options.credentials),
  }
}

// Smithy signs parsed parameters, however they are written: here as they were generated,
// as by a client that hands its URL to fetch.
async function bySmithy({ method, path, query, headers, body, credentials }) {
  const parameters = {}
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? [].concat(parameters[name], value) : value
  }
  const signer = new SignatureV4({ service: 'lambda', region: options.region, credentials, sha256: Sha256, applyChecksum: random(2) === 0 })
  const request = { method, protocol: 'https:', hostname: host, path, query: parameters, headers: { ...headers, Host: host }, body }
  const signed = await signer.sign(request, { signingDate: new Date(options.date) })
  return { target: path + (query && '?' + query), headers: signed.headers }
}

// What SignatureV4 wants for a hash, from Node.js.
class Sha256 {
  constructor(key) { this.hash = key ? createHmac('sha256', key) : createHash('sha256') }
  update(data) { this.hash.update(data) }
  async digest() { return new Uint8Array(this.hash.digest()) }
}

// aws4 writes the query anew, fully escaped, and adds headers of its own.
function byAws4({ method, path, query, headers, body, credentials }) {
  const date = options.date.replace(/[-:]/g, '')
  const signed = aws4.sign({
    host, method, path: path + (query && '?' + query), headers: { ...headers, 'X-Amz-Date': date },
    body: body.length > 0 ? body : undefined, service: 'lambda', region: options.region,
  }, credentials)
  return { target: signed.path, headers: signed.headers }
}

for (let i = 0; i < options.count; i++) {
  const request = randomRequest()
  for (const [signer, sign] of Object.entries({ '@smithy/signature-v4': bySmithy, aws4: byAws4 })) {
    const { target, headers } = await sign(request)
    console.log(JSON.stringify({
      signer, method: request.method, target, headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      body: request.body.toString('base64'), accessKey: request.credentials.accessKeyId,
    }))
  }
}
