'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

/**
 * program returns the path of the program for this platform: that of the variable
 * STREAMFRONT_PROGRAM, or that of the package for this platform, which npm installs as an
 * optional dependency.
 */
function program() {
  const own = process.env.STREAMFRONT_PROGRAM;
  if (own) {
    if (!existsSync(own)) {
      throw new Error(`STREAMFRONT_PROGRAM is ${own}, which does not exist`);
    }
    return own;
  }
  const name = `@streamfront/${process.platform}-${process.arch}`;
  const { optionalDependencies = {} } = require('./package.json');
  if (!Object.hasOwn(optionalDependencies, name)) {
    throw new Error(`streamfront has no program for ${process.platform} on ${process.arch}: ` +
      'build one with Go, and give its path in STREAMFRONT_PROGRAM');
  }
  try {
    const file = process.platform === 'win32' ? 'streamfront.exe' : 'streamfront';
    return join(require.resolve(`${name}/package.json`), '..', file);
  } catch {
    throw new Error(`the package ${name} is not installed: install optional dependencies, too ` +
      '(no --omit=optional), on the platform that runs them');
  }
}

module.exports = { program };
