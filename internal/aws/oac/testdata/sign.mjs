// Signs the requests of standard input, one line of JSON each, with two public signers of
// the npm registry, and prints their Authorization headers as one line of JSON.
import { createHash, createHmac } from 'node:crypto'
import { createInterface } from 'node:readline'
import { SignatureV4 } from '@smithy/signature-v4'
import aws4 from 'aws4'

// What SignatureV4 wants for a hash, from Node.js.
class Sha256 {
  constructor(key) { this.hash = key ? createHmac('sha256', key) : createHash('sha256') }
  update(data) { this.hash.update(data) }
  async digest() { return new Uint8Array(this.hash.digest()) }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { method, path, query, host, headers, date, region, credentials } = JSON.parse(line)
  const parameters = {}
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? [].concat(parameters[name], value) : value
  }
  const smithy = new SignatureV4({ service: 'lambda', region, credentials, sha256: Sha256, applyChecksum: false })
  const signed = await smithy.sign(
    { method, protocol: 'https:', hostname: host, path, query: parameters, headers: { ...headers, host } },
    { signingDate: new Date(date) },
  )
  // It encodes the percent signs of a target that has brackets a second time, against the specification.
  const escaped = query.replace(/[[\]]/g, encodeURIComponent)
  const other = aws4.sign({
    host, method, path: path + (query && '?' + escaped), service: 'lambda', region,
    headers: { ...headers, Host: host, 'X-Amz-Date': date.replace(/[-:]/g, ''), 'X-Amz-Security-Token': credentials.sessionToken },
  }, credentials)
  console.log(JSON.stringify({ smithy: signed.headers.authorization, aws4: other.headers.Authorization }))
}
