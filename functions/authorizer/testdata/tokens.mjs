// Makes the tokens that cases.json describes. The Go implementation has the same in Go.
import { createHmac, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

export const { keys } = read('keys.json');
export const cases = read('cases.json');
export const issuer = 'https://issuer.example.com';

// The keys that the issuer has at first: neither the stranger's nor the one that comes later.
export const keySet = (...without) => ({
  keys: Object.entries(keys).filter(([kid]) => !['stranger', 'rotated', ...without].includes(kid)).map(([, { jwk }]) => jwk),
});
export const rotatedKeySet = () => ({ keys: [...keySet().keys, keys.rotated.jwk] });

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// Null takes a default away, and "+60" is in a minute.
function merge(defaults, given, now) {
  const out = { ...defaults, ...given };
  for (const [name, value] of Object.entries(out)) {
    if (value === null) delete out[name];
    else if (['exp', 'nbf', 'iat'].includes(name) && /^[+-]/.test(value)) out[name] = now + Number(value);
    else if (value === '{stranger}') out[name] = keys.stranger.jwk;
  }
  return out;
}

const HASHES = { RS384: 'sha384', RS512: 'sha512', ES384: 'sha384', ES512: 'sha512' };

function signature(input, alg, key, encoding) {
  if (keys[key].private.includes('MC4CAQAwBQYDK2Vw')) return sign(null, input, keys[key].private);
  return sign((Object.hasOwn(HASHES, alg) && HASHES[alg]) || 'sha256', input, { key: keys[key].private, dsaEncoding: encoding });
}

/** Returns the values of Authorization that a case sends. */
export function authorization(test, now) {
  const header = merge({ alg: 'RS256', kid: 'rsa', typ: 'JWT' }, test.header, now);
  const claims = merge({ iss: issuer, aud: 'app', sub: 'user-1', exp: '+300', nbf: '-10', iat: '-10' }, test.claims, now);
  const key = test.key ?? 'rsa';
  let [first, second] = [encode(header), encode(claims)];
  const input = Buffer.from(`${first}.${second}`);
  let third = signature(input, header.alg, key, test.tamper === 'der' ? 'der' : 'ieee-p1363');
  switch (test.tamper) {
    case 'signature': third[20] ^= 1; break;
    case 'payload': second = encode({ ...claims, sub: 'user-2' }); break;
    case 'header': first = encode({ ...header, x: 1 }); break;
    case 'cut': third = third.subarray(0, third.length - 1); break;
    case 'other': third = signature(Buffer.from('another.token'), header.alg, key); break;
    case 'zeros': third = Buffer.alloc(64); break;
    case 'unsigned': third = Buffer.alloc(0); break;
    case 'hmac': {
      const pem = createPublicKey({ key: keys.rsa.jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
      third = createHmac(`sha${header.alg.slice(2)}`, pem).update(input).digest();
    }
  }
  const parts = { header: first, payload: second, signature: third.toString('base64url') };
  const token = `${parts.header}.${parts.payload}.${parts.signature}`;
  return (test.authorization ?? ['Bearer {token}']).map((text) =>
    text.replace(/\{(\w+)\}/g, (all, name) => (name === 'token' ? token : parts[name] ?? all)) + 'x'.repeat(20 * (test.repeat ?? 0)));
}
