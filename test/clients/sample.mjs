// The sample in the local chain, with a key, for the clients of others. They are given its
// base URL and its key, and nothing else.

import { after, before } from 'node:test';
import { startChain } from './chain.mjs';
import { withVariables } from './assembly.mjs';

export const apiKey = 'the-key-of-this-test';
export const model = 'streamfront-echo';
export const timeout = 60_000; // ms

/**
 * useSample runs the chain for the tests of a file, and returns an object that has its
 * baseURL when the tests run. ready is called with it before they do.
 */
export function useSample(ready = () => {}) {
  const sample = { baseURL: undefined };
  const cleanups = [];
  before(async () => {
    const assembly = withVariables({ after: (f) => cleanups.push(f) }, { API_KEY: apiKey, MODEL_DELAY: '5ms' });
    const chain = await startChain({ assembly });
    cleanups.unshift(() => chain.close());
    sample.baseURL = `${chain.url}/v1`;
    ready(sample);
  }, { timeout: 240_000 });
  after(async () => {
    for (const cleanup of cleanups) {
      await cleanup();
    }
  });
  return sample;
}

// What the clients are asked to do.
export const prompt = 'Why is the sky blue?';
export const answer = `You said: ${prompt}`;
export const longPrompt = 'word '.repeat(4000); // its answer takes 20 s
export const tooLarge = 'x'.repeat(1_100_000); // over what the edge can hash
export const fails = 'one two [[fail]] three'; // words of the built-in model
export const limited = '[[limit]]';
export const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const cityAnswer = { city: prompt, population: 0, visited: true };

/** collect returns all that comes; Array.fromAsync needs Node.js 22. */
export async function collect(things) {
  const all = [];
  for await (const thing of things) {
    all.push(thing);
  }
  return all;
}
