// What the check of a token costs the signer: `node functions/authorizer/bench.mjs`.
//
// The signer without and with the authorizer take turns in every round, on the same events, so
// that a busy machine counts against both; what is shown are medians over the rounds. Loading
// is measured in processes of their own, in turns, too.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { authorization, issuer, keySet } from './testdata/tokens.mjs';

const require = createRequire(import.meta.url);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const plain = here('../signer/index.js');
const handlers = { signer: require(plain).handler, signing: require('./dist/signing.cjs').handler, checking: require('./dist/checking.cjs').handler };

const against = (own, floor, digits) => `${own.toFixed(digits)} (+${(own - floor).toFixed(digits)}, ${(own / floor).toFixed(2)} times)`;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const field = (name, value) => ({ [name]: [{ key: name, value }] });

function event(alg) {
  const [token] = authorization(alg === 'RS256' ? {} : { header: { alg, kid: 'p256' }, key: 'p256' }, Math.floor(Date.now() / 1000));
  return JSON.stringify({ Records: [{ cf: { config: { eventType: 'origin-request' }, request: {
    method: 'POST', uri: '/v1/chat/completions', querystring: '', clientIp: '203.0.113.7',
    headers: { ...field('host', 'x.lambda-url.us-east-1.on.aws'), ...field('x-forwarded-host', 'chat.example.com'), ...field('authorization', token) },
    body: { inputTruncated: false, action: 'read-only', encoding: 'base64', data: Buffer.alloc(1024, 'a').toString('base64') },
    origin: { custom: { domainName: 'x.lambda-url.us-east-1.on.aws', customHeaders: {
      ...field('x-streamfront-jwt-issuer', issuer), ...field('x-streamfront-jwt-audience', 'app'), ...field('x-streamfront-jwt-jwks', JSON.stringify(keySet())),
    } } },
  } } }] });
}

async function measure(text, rounds = 400, count = 10) {
  const samples = Object.fromEntries(Object.keys(handlers).map((name) => [name, []]));
  const names = Object.keys(handlers);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length];
      const batch = Array.from({ length: count }, () => JSON.parse(text));
      const start = process.hrtime.bigint();
      for (const one of batch) {
        const result = await handlers[name](one);
        if (result.status) throw new Error(`${name} refused: ${result.body}`);
      }
      if (round > rounds / 8) samples[name].push(Number(process.hrtime.bigint() - start) / 1e6 / count);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name])]));
}

function loading(file) {
  const code = `const t = process.hrtime.bigint(); require(${JSON.stringify(file)}); console.log(Number(process.hrtime.bigint() - t) / 1e6)`;
  return Number(spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stdout);
}

console.log(`authorizer on Node.js ${process.version}, ${process.arch}: medians in milliseconds`);
for (const alg of ['RS256', 'ES256']) {
  const { signer, signing, checking } = await measure(event(alg));
  console.log(`  ${alg}: signer ${signer.toFixed(4)}, with authorizer ${against(signing, signer, 4)}, authorizer of unsigned routes ${checking.toFixed(4)}`);
}
const size = (name) => readFileSync(here(`dist/${name}.cjs`)).length;
const loads = { [plain]: [], [here('dist/signing.cjs')]: [] };
for (let i = 0; i < 15; i++) for (const file of Object.keys(loads)) loads[file].push(loading(file));
const [without, with_] = Object.values(loads).map(median);
console.log(`  load: signer ${without.toFixed(1)}, with authorizer ${against(with_, without, 1)}`);
for (const name of ['signing', 'checking']) console.log(`  ${name}.cjs: ${size(name)} bytes, ${(size(name) / 65536).toFixed(2)} of 64 KB`);
console.log('goals: the check adds at most 0.25 ms, and loading 60 ms; a bundle has less than 65,536 bytes');
