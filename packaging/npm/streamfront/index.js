'use strict';

const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');
const { program } = require('./program.js');

const keptTraces = 1000;
const keptLog = 64 * 1024; // characters of what functions print
const endsWithin = 15_000; // ms from SIGTERM, then it is killed

/**
 * start serves a synthesized CDK app on free ports of localhost, by 'streamfront run'. With the
 * context of a test (node:test) it ends with the test, and one that fails shows the requests
 * that failed. What it returns is described in index.d.ts.
 */
async function start({ assembly = 'cdk.out', args = [], env = {}, cwd = process.cwd() } = {}, test) {
  const child = spawn(program(), ['run', '--json', '--port', '0', ...args, assembly], {
    cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let broken;
  // 'close' comes when all that it has printed was read, too.
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      broken = error;
      resolve();
    });
    child.once('close', resolve);
  }).finally(() => process.removeListener('exit', kill));

  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log = (log + text).slice(-keptLog);
  });
  const traces = [];
  const served = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) {
        log += `${line}\n`; // of a program in STREAMFRONT_PROGRAM that is none of ours
        return;
      }
      const { event, ...fields } = JSON.parse(line);
      if (event === 'started') {
        resolve(fields);
      } else if (event === 'request') {
        traces.push(fields);
        traces.splice(0, traces.length - keptTraces);
      }
    });
    ended.then(() => reject(new Error(`streamfront run does not start: ${broken?.message ?? log.trim()}`)));
  });

  let closing;
  const chain = {
    ...served,
    url: served.frontDoors[0].url,
    traces,
    close: () => (closing ??= stop(child, ended)),
  };
  test?.after(async () => {
    await chain.close();
    if (test.error) {
      show(test, traces.filter(failed), log);
    }
  });
  return chain;
}

/** stop ends the chain as Ctrl-C does, and returns when it is gone. */
async function stop(child, ended) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endsWithin);
  await ended;
  clearTimeout(timer);
}

const failed = ({ status, hops }) => !status || status >= 400 || hops.some((hop) => hop.refused);

/** show says in the output of a test which requests failed, and what functions printed. */
function show(test, traces, log) {
  for (const { method, target, status, hops, cause } of traces.slice(-20)) {
    const lines = hops.filter((hop) => !hop.minor).map(({ name, decision }) => `  ${name.padEnd(15)}  ${decision}`);
    if (cause) {
      lines.push(`  cause  ${cause.title} (${cause.id})`, `  fix    ${cause.fix.replaceAll('\n', '\n         ')}`);
    }
    test.diagnostic([`${method} ${target}  ${status || 'no answer'}`, ...lines].join('\n'));
  }
  if (log) {
    test.diagnostic(`functions printed:\n${log}`);
  }
}

exports.start = start;
