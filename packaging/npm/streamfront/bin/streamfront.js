#!/usr/bin/env node
'use strict';

const { spawn } = require('node:child_process');
const { program } = require('../program.js');

/** fail says why there is no program to run, with the status that the program has for it. */
function fail(error) {
  console.error(`streamfront: ${error.message}`);
  process.exitCode = 2;
}

/** run runs the program in place of this process, as far as Node.js can. */
function run(path) {
  const child = spawn(path, process.argv.slice(2), { stdio: 'inherit' });
  child.once('error', fail);
  // The child decides when both end. Ctrl-C reaches it without us, and twice would end it at
  // once.
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal === 'SIGINT' && atTerminal || child.kill(signal));
  }
  child.once('exit', (status, signal) => {
    if (signal === null) {
      process.exitCode = status;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

try {
  run(program());
} catch (error) {
  fail(error);
}
