// Presigns random uploads to Amazon S3 with a public signer of the npm registry, and prints
// each as one line of JSON: its target and the headers to send with it.
//
//   node presign.mjs '{"count": 10, "date": "2026-11-21T23:58:00Z", "region": "eu-west-1", "credentials": {...}}'

import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'

// What SignatureV4 wants for a hash, from Node.js.
class Sha256 {
  constructor(key) { this.hash = key ? createHmac('sha256', key) : createHash('sha256') }
  update(data) { this.hash.update(data) }
  async digest() { return new Uint8Array(this.hash.digest()) }
}

const options = JSON.parse(process.argv[2])
// Amazon S3 alone: the path is encoded once, and is not normalised.
const signer = new SignatureV4({
  service: 's3', region: options.region, credentials: options.credentials, sha256: Sha256,
  uriEscapePath: false, applyChecksum: false,
})
const keys = ['a', 'uploads/file-ABC', 'a%20b', '%C3%BC', 'a%2Bb', 'x//y', 'x/../y', '%28q%29', 'a~b', '%25']
const types = ['text/plain', 'text/plain; charset=UTF-8', 'application/json', 'text/csv;  header=present']
for (let i = 0; i < options.count; i++) {
  const headers = {
    host: 's3.local:9', 'content-length': String(1 + i * 977), 'content-type': types[i % types.length],
    'x-amz-meta-name': encodeURIComponent(`Übersicht ${i}.txt`),
  }
  const signed = await signer.presign({
    method: 'PUT', protocol: 'http:', hostname: 's3.local', port: 9, path: '/my-bucket/' + keys[i % keys.length], query: {},
    headers: { ...headers, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }, // goes into the query
  }, {
    signingDate: new Date(options.date), expiresIn: 300,
    signableHeaders: new Set(['content-length', 'content-type', 'host', 'x-amz-meta-name']),
    unhoistableHeaders: new Set(['x-amz-meta-name']),
  })
  const query = Object.entries(signed.query).map(([name, value]) => encodeURIComponent(name) + '=' + encodeURIComponent(value)).join('&')
  console.log(JSON.stringify({ target: signed.path + '?' + query, headers }))
}
