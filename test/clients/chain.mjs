// The local chain, as a process: what a user runs.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const root = new URL('../..', import.meta.url).pathname;

const startsWithin = 180_000; // ms: a function for another host is compiled first
const endsWithin = 15_000; // ms

/**
 * startChain runs bin/streamfront on a free port until close() or the end of this process.
 *
 * assembly: the cloud assembly; default cdk.out of the repository.
 * args: further arguments of 'streamfront run'.
 * env: what to add to the environment.
 *
 * It resolves to { url, functionURLs, output, stdout, close }: the address of the first
 * front door, those of the function URLs, functions that return all that the chain has
 * printed, on both streams and on one, and one that ends it.
 */
export async function startChain({ assembly = join(root, 'cdk.out'), args = [], env = {} } = {}) {
  const program = join(root, 'bin/streamfront');
  for (const needed of [program, assembly]) {
    if (!existsSync(needed)) {
      throw new Error(`${needed} does not exist: 'make clients' makes it`);
    }
  }
  const child = spawn(program, ['run', '--port', '0', ...args, assembly], {
    cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve); // not 'exit', after which output may still arrive
  });
  exited.then(() => process.removeListener('exit', kill));

  let output = '';
  let stdout = '';
  const served = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        stdout += stream === child.stdout ? text : '';
        if (started(output)) {
          resolve(true);
        }
      });
    }
  });
  const up = await within(startsWithin, Promise.race([served, exited.then(() => false)]));
  if (!up) {
    kill();
    throw new Error(`${program} did not start: ${output}`);
  }
  return {
    ...started(output),
    output: () => output,
    stdout: () => stdout,
    async close() {
      child.kill('SIGTERM');
      if (await within(endsWithin, exited.then(() => true))) {
        return;
      }
      kill();
      await exited;
      throw new Error(`${program} did not end within ${endsWithin} ms of SIGTERM`);
    },
  };
}

/** started reads the addresses from what the chain prints, as text or as JSON. */
function started(output) {
  const event = output.split('\n').slice(0, -1).find((line) => line.startsWith('{"event":"started"'));
  if (event) {
    const { frontDoors, functionUrls, userPools = [], issuerEnvironment = {}, outputs } = JSON.parse(event);
    return { url: frontDoors[0].url, functionURLs: functionUrls.map((u) => u.url), userPools, issuerEnvironment, outputs };
  }
  const url = output.match(/^distribution +(http\S+) .*\n/m)?.[1];
  return url && { url, functionURLs: [...output.matchAll(/^function url +(http\S+)/gm)].map((m) => m[1]) };
}

/** within resolves as the promise does, or to undefined after so many milliseconds. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
