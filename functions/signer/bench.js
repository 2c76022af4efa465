'use strict';

// What the signer costs, as ratios measured in one run: `node functions/signer/bench.js`.
//
// At each size the floor is what no signer can avoid on this Node: SHA-256 of the raw
// bytes plus the base64 decoding of the same data. An empty async handler is the floor
// at 0 B. Candidates take turns in every round, and medians over the rounds are shown.

const { createHash, randomBytes } = require('node:crypto');
const { readFileSync } = require('node:fs');
const path = require('node:path');

const { handler } = require('./index.js');

const ROWS = [
  { label: '0 B', size: 0, file: 'post-empty-data.json' },
  { label: '0 B, token', size: 0, file: 'post-authorization.json' },
  { label: '1 KiB', size: 1024, file: 'post-abc.json' },
  { label: '16 KiB', size: 16 * 1024, file: 'post-abc.json' },
  { label: '100 KiB', size: 100 * 1024, file: 'post-abc.json' },
  { label: '1 MiB', size: 1024 * 1024, file: 'post-abc.json' },
];
const WARM_UP_SECONDS = 0.5; // of each row
const SECONDS = 2.5; // of each row
const ROUND_US = 2000; // about, for one candidate

let sink; // keeps results alive, so that nothing is optimised away

/** The timed candidates: functions of a number of calls that return microseconds per call. */
function candidates({ size, file }) {
  const raw = randomBytes(size);
  const { event } = JSON.parse(readFileSync(path.join(__dirname, 'testdata', file), 'utf8'));
  event.Records[0].cf.request.body.data = '';
  const json = JSON.stringify(event);
  const data = JSON.parse(JSON.stringify(raw.toString('base64'))); // a string as JSON.parse makes it

  // Every call gets an event of its own, fresh from JSON, since the handler changes it.
  const calls = (fn) => async (count) => {
    const batch = Array.from({ length: count }, () => JSON.parse(json));
    for (const one of batch) one.Records[0].cf.request.body.data = data;
    const start = process.hrtime.bigint();
    for (const one of batch) sink = await fn(one);
    return microseconds(start) / count;
  };
  const floor = async (count) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      sink = createHash('sha256').update(raw).digest('hex');
      sink = Buffer.from(data, 'base64');
    }
    return microseconds(start) / count;
  };
  return { signer: calls(handler), empty: calls(async (one) => one.Records[0].cf.request), floor };
}

function microseconds(start) {
  return Number(process.hrtime.bigint() - start) / 1000;
}

/** Medians by candidate. The order within a round turns, so that none always runs first. */
async function measure(row) {
  const runs = candidates(row);
  const names = Object.keys(runs);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  const count = Math.max(1, Math.round(ROUND_US / (2 + row.size / 1000)));
  const warm = performance.now() + WARM_UP_SECONDS * 1000;
  const end = warm + SECONDS * 1000;
  for (let round = 0; performance.now() < end; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length];
      const us = await runs[name](count);
      if (performance.now() > warm) samples[name].push(us);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name])]));
}

function median(list) {
  return list.sort((a, b) => a - b)[list.length >> 1];
}

async function main() {
  console.log(`signer on Node.js ${process.version}, ${process.arch}: medians in microseconds per event`);
  console.log('  body            signer      floor  signer/floor  over an empty handler');
  for (const row of ROWS) {
    const { signer, empty, floor } = await measure(row);
    const columns = [
      `  ${row.label}`.padEnd(12),
      signer.toFixed(2).padStart(11),
      (row.size ? floor.toFixed(2) : '-').padStart(11),
      (row.size ? `${(signer / floor).toFixed(2)}` : '-').padStart(14),
      `+${(signer - empty).toFixed(2)}`.padStart(23),
    ];
    console.log(columns.join(''));
  }
  console.log('goals: at most 1.00 times the floor at every size; at 0 B under 1 us over an empty handler');
}

main();
